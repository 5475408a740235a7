//! Plans of the instance, and the subscription by which each tenant has one of them, or none.
//!
//! A trial or a paid period that ends is `past_due`: for two weeks all goes on, while the owners are told. After that, or when a
//! subscription is over, the tenant can be read and not changed (`platform::auth`), and its public pages are closed; nothing is
//! lost. Limits refuse what is added above them, and take nothing away.

pub mod http;
mod job;
pub mod store;
mod subscriptions;

use axum::response::Response;
use platform::ctx::Answer;
use platform::error::{OnConstraint, Problem, Result};
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{SignedIn, TenantId, id};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SecurityEvent, note_security_event};
use crate::owner::AsOwner;
use crate::tenants::currencies;

pub use job::CheckSubscriptions;
pub use subscriptions::SubscriptionUpdated;

const DAY: i64 = 24 * 3600;
/// For how long a tenant goes on as before while it is not paid for.
pub const GRACE_SECONDS: i64 = 14 * DAY;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Plan {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    /// In the currency's smallest unit, for each interval.
    pub price_minor: i64,
    /// ISO 4217
    pub currency: String,
    /// `month` or `year`
    pub interval: String,
    /// Any number of members, where it is null.
    pub member_limit: Option<i32>,
    /// Any number of domains, where it is null.
    pub domain_limit: Option<i32>,
    /// For how long a new workspace tries it.
    pub trial_days: i32,
    /// Whether new workspaces begin with it.
    pub is_default: bool,
    /// How many workspaces have it.
    pub tenants: i64,
    pub version: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    price_minor: i64,
    /// ISO 4217
    currency: String,
    /// `month` or `year`
    interval: String,
    /// Any number, where it is null or left out.
    #[schema(minimum = 1, maximum = 1_000_000)]
    member_limit: Option<i32>,
    /// Any number, where it is null or left out.
    #[schema(minimum = 0, maximum = 1000)]
    domain_limit: Option<i32>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 365)]
    trial_days: i32,
    #[serde(default)]
    is_default: bool,
}

impl PlanInput {
    fn checked(mut self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        self.name = checks.line("name", &self.name, 1, 80);
        self.description = checks.paragraph("description", &self.description, 500);
        if !(0..=1_000_000_000_000).contains(&self.price_minor) {
            checks.add("price_minor", "out_of_range", "must be between 0 and 1000000000000");
        }
        if !currencies::is_known(&self.currency) {
            checks.add("currency", "unknown_currency", "is not a currency code of ISO 4217 such as EUR");
        }
        self.interval = checks.one_of("interval", &self.interval, &["month", "year"]);
        if let Some(limit) = self.member_limit {
            checks.range("member_limit", limit, 1, 1_000_000);
        }
        if let Some(limit) = self.domain_limit {
            checks.range("domain_limit", limit, 0, 1000);
        }
        checks.range("trial_days", self.trial_days, 0, 365);
        checks.done()?;
        Ok(self)
    }
}

/// How a workspace stands with who hosts it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Subscription {
    /// None where the instance asks for nothing: then there are no limits.
    pub plan_id: Option<Uuid>,
    pub plan_name: Option<String>,
    /// `trial`, `active`, `past_due`, `unpaid` or `canceled`
    pub status: String,
    pub trial_ends_at: Option<Timestamp>,
    pub current_period_start: Option<Timestamp>,
    pub current_period_end: Option<Timestamp>,
    /// Whether it is over with the period, and not renewed.
    pub cancel_at_period_end: bool,
    pub past_due_since: Option<Timestamp>,
    pub canceled_at: Option<Timestamp>,
    /// Who pays, where a member is on record for it.
    pub user_id: Option<Uuid>,
    /// The payment provider's name for it.
    pub stripe_subscription_id: Option<String>,
    pub version: i64,
}

/// The subscription as the workspace sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentSubscription {
    /// Null where the instance asks for nothing.
    pub plan: Option<SubscribedPlan>,
    /// `trial`, `active`, `past_due`, `unpaid` or `canceled`
    pub status: String,
    pub trial_ends_at: Option<Timestamp>,
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    /// Whether the workspace can be read and not changed.
    pub is_read_only: bool,
    /// From when it can only be read, unless it is paid for until then.
    pub read_only_from: Option<Timestamp>,
    pub members: Usage,
    pub domains: Usage,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscribedPlan {
    pub name: String,
    pub description: String,
    /// In the currency's smallest unit, for each interval.
    pub price_minor: i64,
    /// ISO 4217
    pub currency: String,
    /// `month` or `year`
    pub interval: String,
}

/// How much of a limit is used.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    pub used: i64,
    /// Any number, where it is null.
    pub limit: Option<i32>,
}

/// Refuses one more active member where the plan has no place. Under the lock of the memberships.
///
/// # Errors
/// 409 `plan_limit`.
pub async fn check_members(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    let usage = store::members(&mut *db, tenant).await?;
    check(&usage, "The plan of this workspace has no place for another member. Its owners can ask for a larger one.")
}

/// Refuses one more domain where the plan has no place. Under the lock of the tenant.
///
/// # Errors
/// As [`check_members`].
pub async fn check_domains(db: &mut PgConnection, tenant: TenantId) -> Result<()> {
    let usage = store::domains(&mut *db, tenant).await?;
    check(&usage, "The plan of this workspace has no place for another domain. Its owners can ask for a larger one.")
}

fn check(usage: &Usage, detail: &str) -> Result<()> {
    match usage.limit {
        Some(limit) if usage.used >= i64::from(limit) => {
            Err(Problem::conflict("plan_limit", detail).with("limit", limit).with("used", usage.used).into())
        }
        _ => Ok(()),
    }
}

fn name_taken() -> Problem {
    Problem::conflict("name_taken", "Another plan has this name.")
}

/// In the instance's own log: plans are no workspace's.
async fn note(owner: &mut AsOwner, admin: &SignedIn, event: &str, details: serde_json::Value) -> Result<()> {
    let event = SecurityEvent { user: admin.session.user_id, event, severity: "medium", details };
    note_security_event(owner.db(), &admin.app, &admin.origin, &event).await
}

async fn create(mut admin: SignedIn, input: PlanInput) -> Result<Response> {
    admin.session.check_fresh(admin.app.clock.now())?;
    let (input, id) = (input.checked()?, id::new());
    let mut owner = AsOwner::open(&admin.app, admin.claim.take()).await?;
    store::insert(owner.db(), id, &input).await.on_constraint("plans_name", name_taken)?;
    let plan = store::plan(owner.db(), id).await?.ok_or_else(Problem::not_found)?;
    note(&mut owner, &admin, "plan_created", json!({ "plan": plan })).await?;
    owner.commit_with(Answer::created(&plan)?.version(plan.version)).await
}

/// For every workspace that has it.
async fn change(admin: SignedIn, id: Uuid, seen: IfMatch, input: PlanInput) -> Result<Plan> {
    admin.session.check_fresh(admin.app.clock.now())?;
    let input = input.checked()?;
    let mut owner = AsOwner::open(&admin.app, None).await?;
    let before = store::lock(owner.db(), id).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    store::update(owner.db(), id, &input).await.on_constraint("plans_name", name_taken)?;
    let after = store::plan(owner.db(), id).await?.ok_or_else(Problem::not_found)?;
    note(&mut owner, &admin, "plan_changed", json!({ "old": before, "new": after })).await?;
    owner.commit().await?;
    Ok(after)
}

async fn delete(admin: SignedIn, id: Uuid, seen: IfMatch) -> Result<()> {
    admin.session.check_fresh(admin.app.clock.now())?;
    let mut owner = AsOwner::open(&admin.app, None).await?;
    let before = store::lock(owner.db(), id).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    let in_use = || Problem::conflict("plan_in_use", "Workspaces have this plan. Give them another one first.");
    store::delete(owner.db(), id).await.on_constraint("subscriptions_plan_id_fkey", in_use)?;
    note(&mut owner, &admin, "plan_deleted", json!({ "plan": before })).await?;
    owner.commit().await
}
