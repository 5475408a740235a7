//! Domains of workspaces' own, at which their public pages stand. A domain is proven by a TXT record that holds what only this claim
//! was given, and looked at daily from then on.

mod checks;
mod dns;
pub mod http;
mod job;
mod name;
mod store;

use axum::response::Response;
use platform::audit::Change;
use platform::crypto::Token;
use platform::ctx::{Answer, Caller};
use platform::error::{OnConstraint, Problem, Result};
use platform::events::Event;
use platform::mail::Person;
use platform::pool::{Lent, look_up};
use platform::site::Site;
use platform::time::Timestamp;
use platform::{Allow, App, id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::store::Row;
use crate::mails::domains as mails;
use crate::tenants::http::SettingsManage;
use crate::{plans, tenants};

pub use job::CheckDomains;

const DAY: i64 = 24 * 3600;
/// For how long a domain without its record still leads to the pages, and how long one that was added is looked for.
const PATIENCE_SECONDS: i64 = 7 * DAY;
/// Of one workspace, whatever its plan says.
const MOST: i64 = 50;
const PROOF: &str = "atrium-domain=";

/// A domain of the workspace's own, and the record that proves it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomDomain {
    pub id: Uuid,
    /// As DNS has it: other scripts as `xn--…`.
    pub domain: String,
    /// `pending`, `verified` or `failed`
    pub status: String,
    /// What the last look found instead of the record: `no_record`, `other_record`, `no_answer`, or `taken`, where it is another
    /// workspace's as long as that one's record stands too.
    pub problem: Option<String>,
    /// Of the TXT record.
    pub record_name: String,
    pub record_value: String,
    /// Where the domain has to lead, by a CNAME record or as its provider calls it.
    pub target: String,
    pub created_at: Timestamp,
    pub verified_at: Option<Timestamp>,
    pub last_checked_at: Option<Timestamp>,
    /// Until when a verified domain whose record is missing still leads to the pages.
    pub serves_until: Option<Timestamp>,
}

impl CustomDomain {
    fn of(row: &Row, app: &App) -> Self {
        Self {
            id: row.id,
            domain: row.domain.clone(),
            status: row.status.clone(),
            problem: row.problem.clone(),
            record_name: format!("{}{}", name::RECORD, row.domain),
            record_value: row.record(),
            target: app.config.host().to_owned(),
            created_at: row.created_at,
            verified_at: row.verified_at,
            last_checked_at: row.last_checked_at,
            serves_until: row.failing_since.filter(|_| row.status == "verified").map(|since| since.plus_seconds(PATIENCE_SECONDS)),
        }
    }
}

impl Row {
    fn record(&self) -> String {
        format!("{PROOF}{}", self.proof)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomDomainInput {
    /// `book.example.com`
    #[schema(min_length = 4, max_length = 245)]
    domain: String,
}

/// A domain was added, removed, proven or lost.
#[derive(Serialize)]
pub struct DomainUpdated {
    pub custom_domain_id: Uuid,
    pub domain: String,
    /// `removed` beside the others
    pub status: String,
}

impl Event for DomainUpdated {
    const KIND: &'static str = "custom_domain.updated";

    fn subject(&self) -> Uuid {
        self.custom_domain_id
    }
}

impl DomainUpdated {
    fn of(row: &Row, status: &str) -> Self {
        Self { custom_domain_id: row.id, domain: row.domain.clone(), status: status.to_owned() }
    }
}

/// What a request's host leads to: the site of a workspace, or of nobody; None where it is the instance itself.
///
/// # Errors
/// The database's.
pub async fn site_of(app: &App, host: &str) -> Result<Option<Site>> {
    let Some(name) = name::foreign(host, app.config.host()) else { return Ok(None) };
    let at = async |mut db: Lent| {
        let tenant = store::tenant_at(&mut db, &name).await;
        (db, tenant)
    };
    let (_, tenant) = look_up(&app.pools.public, at).await?;
    Ok(Some(Site { tenant, origin: app.config.origin_of(&name) }))
}

async fn add(ctx: &mut Allow<SettingsManage>, input: CustomDomainInput) -> Result<Response> {
    let domain =
        name::normalized(&input.domain, ctx.app.config.host()).map_err(|unfit| Problem::field("domain", unfit.code(), unfit.message()))?;
    let (tenant, now, by) = (ctx.tenant, ctx.now(), ctx.user_id());
    // One after the other, so that no more are added than may be.
    tenants::store::lock(ctx.db().await?, tenant).await?;
    plans::check_domains(ctx.db().await?, tenant).await?;
    if plans::store::domains(ctx.db().await?, tenant).await?.used >= MOST {
        return Err(Problem::conflict("too_many", "A workspace has at most 50 domains. Remove one first.").into());
    }
    let row = Row {
        id: id::new(),
        tenant_id: tenant.0,
        domain,
        proof: Token::random().secret.to_string(),
        status: "pending".to_owned(),
        problem: None,
        created_at: now,
        verified_at: None,
        last_checked_at: None,
        failing_since: None,
        check_at: Some(now.plus_seconds(300)),
    };
    store::insert(ctx.db().await?, &row, by).await.on_constraint("custom_domains_once_each", added_twice)?;
    let added = CustomDomain::of(&row, &ctx.app);
    ctx.audit(Change::created("custom_domain.created", "custom_domain", row.id, &added));
    ctx.publish(&DomainUpdated::of(&row, "pending"))?;
    ctx.commit_with(Answer::created(&added)?).await
}

fn added_twice() -> Problem {
    Problem::conflict("domain_exists", "This workspace has that domain already.")
}

async fn remove(ctx: &mut Allow<SettingsManage>, id: Uuid) -> Result<()> {
    let tenant = ctx.tenant;
    let row = store::find(ctx.db().await?, tenant, id).await?.ok_or_else(Problem::not_found)?;
    store::delete(ctx.db().await?, tenant, id).await?;
    let removed = CustomDomain::of(&row, &ctx.app);
    ctx.audit(Change::deleted("custom_domain.deleted", "custom_domain", id, &removed));
    ctx.publish(&DomainUpdated::of(&row, "removed"))?;
    if row.status == "verified" {
        let workspace = tenants::store::name_of(ctx.db().await?, tenant).await?;
        let person = match &ctx.caller {
            Caller::Member(session) => session.name.clone(),
            Caller::Visitor | Caller::Program { .. } => String::new(),
        };
        let (owners, app) = (tenants::store::owners(ctx.db().await?, tenant, false).await?, ctx.app.clone());
        let values = [("workspace", workspace.as_str()), ("what", row.domain.as_str()), ("person", person.as_str())];
        let mails = owners.into_iter().map(|owner| {
            let to = Person { name: owner.name, email: owner.email };
            mails::DOMAIN_REMOVED.mail(&app, &owner.locale, to, &values, "/settings/domains")
        });
        ctx.mail(mails.collect());
    }
    ctx.commit().await
}
