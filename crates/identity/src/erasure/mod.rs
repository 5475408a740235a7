//! Erasure for good: of tenants and users whose grace period is over, by jobs that go on where a killed one stopped, each
//! with a report of what went and what stays.

pub mod store;
mod users;

use std::collections::BTreeMap;
use std::time::Duration;

use platform::error::Error;
use platform::jobs::{Attempt, Job, JobError, When, enqueue};
use platform::mail::{self, Person};
use platform::personal::Outcome;
use platform::{App, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::mails::notices;
use crate::owner::AsOwner;
use crate::tenants;

pub use users::EraseUser;

/// Rows that one transaction removes: few enough for the statement limit, enough for a million a minute.
const BATCH: i32 = 2000;
/// Files that are removed between two notes of how far it got.
const FILES: usize = 200;

/// What an erasure did. It is written with each step, in the step's transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Report {
    /// Rows removed, by table.
    pub tables: BTreeMap<String, i64>,
    pub files: i64,
    /// What stays, and what was emptied instead of removed.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    pub fn note(&mut self, outcome: Outcome) {
        match self.outcomes.iter_mut().find(|known| known.what == outcome.what && known.removed == outcome.removed) {
            Some(known) => known.count += outcome.count,
            None => self.outcomes.push(outcome),
        }
    }
}

/// Finds what is due, and has it erased. Every ten minutes.
#[derive(Serialize, Deserialize)]
pub struct EraseDue {}

impl Job for EraseDue {
    const NAME: &'static str = "EraseDue";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut owner = AsOwner::open(&at.app, None).await?;
        let now = at.app.clock.now();
        for tenant_id in store::due_tenants(owner.db(), now).await? {
            enqueue(owner.db(), &EraseTenant { erased_tenant: tenant_id }, When::default().keyed(format!("erase-tenant:{tenant_id}")))
                .await?;
        }
        for user_id in store::due_users(owner.db(), now).await? {
            enqueue(owner.db(), &EraseUser { user_id }, When::default().keyed(format!("erase-user:{user_id}"))).await?;
        }
        store::forget_exports(owner.db(), now).await?;
        Ok(owner.commit().await?)
    }
}

/// Erases one tenant. A job of the instance: the tenant has none any more.
#[derive(Serialize, Deserialize)]
pub struct EraseTenant {
    /// Not `tenant_id`, by which the queue knows whose job it is.
    pub erased_tenant: Uuid,
}

impl Job for EraseTenant {
    const NAME: &'static str = "EraseTenant";
    const TIME_LIMIT: Duration = Duration::from_secs(3600);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, tenant) = (&at.app, TenantId(self.erased_tenant));
        if !begin(app, tenant).await? {
            return Ok(());
        }
        remove_files(app, tenant).await?;
        let tables = {
            let mut owner = AsOwner::open(app, None).await?;
            store::tenant_tables(owner.db()).await?
        };
        for table in &tables {
            while !erase_some(app, tenant, table).await? {}
        }
        finish(app, tenant).await
    }
}

/// Opens the report, and takes leave of the owners, once. No where the tenant is not to be erased, or is already.
async fn begin(app: &App, tenant: TenantId) -> Result<bool, JobError> {
    let now = app.clock.now();
    let mut owner = AsOwner::open(app, None).await?;
    let Some(label) = store::lock_due_tenant(owner.db(), tenant, now).await? else { return Ok(false) };
    if store::open_report(owner.db(), "tenant", tenant.0, &label, None, now).await? {
        for person in tenants::store::owners(owner.db(), tenant, false).await? {
            let to = Person { name: person.name, email: person.email };
            let mail = notices::TENANT_ERASED.mail(app, &person.locale, to, &[("workspace", &label)], "/");
            mail::post(owner.db(), &app.keys, None, &mail).await?;
        }
    }
    owner.commit().await?;
    Ok(true)
}

/// The bytes first: as long as their rows stand, a killed job finds them again.
async fn remove_files(app: &App, tenant: TenantId) -> Result<(), JobError> {
    loop {
        let removed = app.files.remove_some(&tenant.0.to_string(), FILES).await.map_err(|error| JobError::Retry(error.to_string()))?;
        if removed == 0 {
            return Ok(());
        }
        let mut owner = AsOwner::open(app, None).await?;
        let mut report = store::report(owner.db(), "tenant", tenant.0).await?;
        report.files += i64::try_from(removed).unwrap_or(i64::MAX);
        store::write_report(owner.db(), "tenant", tenant.0, &report).await?;
        owner.commit().await?;
    }
}

/// One batch of one table, with its count in the same transaction; answers whether the table is done.
async fn erase_some(app: &App, tenant: TenantId, table: &str) -> Result<bool, JobError> {
    let mut owner = AsOwner::open(app, None).await?;
    let (erased, is_done) = store::erase_rows(owner.db(), tenant, table, BATCH).await?;
    if erased > 0 {
        let mut report = store::report(owner.db(), "tenant", tenant.0).await?;
        *report.tables.entry(table.to_owned()).or_default() += i64::from(erased);
        store::write_report(owner.db(), "tenant", tenant.0, &report).await?;
    }
    owner.commit().await?;
    Ok(is_done)
}

async fn finish(app: &App, tenant: TenantId) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut owner = AsOwner::open(app, None).await?;
    let mut report = store::report(owner.db(), "tenant", tenant.0).await?;
    let left = store::leave_tenant(owner.db(), tenant, now).await?;
    report.tables.insert("jobs".to_owned(), left.jobs);
    report.note(Outcome::emptied("directory.tenants", 1, "keeps the id that histories refer to; name, settings and looks are gone"));
    report.note(Outcome::emptied("directory.subscriptions", 1, "says which plan the workspace had and until when, and not who paid"));
    report.note(Outcome::emptied("directory.sessions", left.sessions, "belong to their users, who act in no workspace now"));
    report.note(Outcome::emptied("directory.tenant_status_changes", left.changes, "show who suspended and deleted the workspace, and why"));
    store::write_report(owner.db(), "tenant", tenant.0, &report).await?;
    store::close_report(owner.db(), "tenant", tenant.0, now).await?;
    owner.commit().await.map_err(Error::into)
}
