//! Erasure of a user, tenant by tenant, then of the account itself.

use std::time::Duration;

use platform::jobs::{Attempt, Job, JobError};
use platform::personal::{Outcome, Person};
use platform::{App, Ctx, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::accounts::{self, StatusChange};
use crate::owner::AsOwner;

/// Erases a user whose closing is over.
#[derive(Serialize, Deserialize)]
pub struct EraseUser {
    pub user_id: Uuid,
}

impl Job for EraseUser {
    const NAME: &'static str = "EraseUser";
    const TIME_LIMIT: Duration = Duration::from_secs(600);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, user, now) = (&at.app, self.user_id, at.app.clock.now());
        let mut owner = AsOwner::open(app, None).await?;
        if !store::lock_due_user(owner.db(), user, now).await? {
            return Ok(());
        }
        // From here on the link in the mail brings nobody back.
        store::open_report(owner.db(), "user", user, "", Some(user), now).await?;
        let tenants = store::tenants_of(owner.db(), user).await?;
        owner.commit().await?;
        for tenant in tenants {
            forget_member(app, tenant, user).await?;
        }
        let mut owner = AsOwner::open(app, None).await?;
        if !store::lock_due_user(owner.db(), user, now).await? {
            return Ok(());
        }
        let mut report = store::report(owner.db(), "user", user).await?;
        let facts = store::empty_invitation_facts(owner.db(), user).await?;
        if facts > 0 {
            report.note(Outcome::emptied("platform.events", facts, "show that something happened, without what"));
        }
        for (table, count) in store::remove_user(owner.db(), user).await? {
            *report.tables.entry(table).or_default() += count;
        }
        for (what, count, reason) in store::empty_user(owner.db(), user, now).await? {
            report.note(Outcome::emptied(what, count, reason));
        }
        let change = StatusChange { user, status: "deleted", reason: "erased", by: None };
        accounts::store::note_status(owner.db(), &change, now).await?;
        store::write_report(owner.db(), "user", user, &report).await?;
        store::close_report(owner.db(), "user", user, now).await?;
        owner.commit().await?;
        app.audit_keys.forget(&[user]);
        Ok(())
    }
}

/// What the modules hold of the member in one tenant. Done a second time, after a kill, it finds nothing more, and so counts
/// nothing twice.
async fn forget_member(app: &App, tenant: TenantId, user: Uuid) -> Result<(), JobError> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    let mut outcomes = Vec::new();
    for module in app.personal_data.iter().rev() {
        outcomes.extend(module.erase(&mut ctx, &Person::Member(user)).await?);
    }
    let mut report = store::report(ctx.db().await?, "user", user).await?;
    for outcome in outcomes.into_iter().filter(|outcome| outcome.count > 0) {
        report.note(outcome);
    }
    store::write_report(ctx.db().await?, "user", user, &report).await?;
    ctx.commit().await.map_err(JobError::from)
}
