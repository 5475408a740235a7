//! The subscription of one tenant, changed by an administrator of the instance; payments will do the same.

use platform::audit::{self, Change};
use platform::error::{OnConstraint, Problem, Result};
use platform::etag::IfMatch;
use platform::events::{Event, publish_now};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{SignedIn, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Subscription, store};
use crate::activity::{SecurityEvent, note_security_event};
use crate::instance;
use crate::owner::AsOwner;

/// What is left out is taken away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionInput {
    plan_id: Option<Uuid>,
    /// `trial`, `active`, `past_due`, `unpaid` or `canceled`
    status: String,
    /// Needed for a trial.
    trial_ends_at: Option<Timestamp>,
    current_period_start: Option<Timestamp>,
    /// Until when it is paid for; without, it has no end.
    current_period_end: Option<Timestamp>,
    /// Whether it is over with the period, and not renewed.
    #[serde(default)]
    cancel_at_period_end: bool,
    /// The member who pays.
    user_id: Option<Uuid>,
    #[schema(min_length = 1, max_length = 255)]
    stripe_subscription_id: Option<String>,
}

/// A subscription to be written.
pub struct Terms {
    pub plan_id: Option<Uuid>,
    pub status: String,
    pub trial_ends_at: Option<Timestamp>,
    pub current_period_start: Option<Timestamp>,
    pub current_period_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    pub user_id: Option<Uuid>,
    pub stripe_subscription_id: Option<String>,
}

const STATUSES: [&str; 5] = ["trial", "active", "past_due", "unpaid", "canceled"];

impl SubscriptionInput {
    /// A state that time would end at once is refused: it is a slip, and would tell the owners of an end that nobody meant.
    fn checked(self, now: Timestamp) -> Result<Terms, Problem> {
        let mut checks = Checks::new();
        let status = checks.one_of("status", &self.status, &STATUSES);
        match self.trial_ends_at {
            None if status == "trial" => checks.add("trial_ends_at", "required", "is needed for a trial"),
            Some(at) if status == "trial" && at <= now => checks.add("trial_ends_at", "too_early", "must be in the future"),
            _ => {}
        }
        match (self.current_period_start, self.current_period_end) {
            (Some(start), Some(end)) if start >= end => checks.add("current_period_end", "too_early", "must be after its start"),
            (_, Some(end)) if status == "active" && end <= now => {
                checks.add("current_period_end", "too_early", "must be in the future for an active subscription");
            }
            (_, None) if self.cancel_at_period_end => checks.add("current_period_end", "required", "is needed to end with it"),
            _ => {}
        }
        let stripe_subscription_id = self.stripe_subscription_id.map(|id| checks.line("stripe_subscription_id", &id, 1, 255));
        checks.done()?;
        Ok(Terms {
            plan_id: self.plan_id,
            status,
            trial_ends_at: self.trial_ends_at,
            current_period_start: self.current_period_start,
            current_period_end: self.current_period_end,
            cancel_at_period_end: self.cancel_at_period_end,
            user_id: self.user_id,
            stripe_subscription_id,
        })
    }
}

/// A workspace has another plan, or stands otherwise than before.
#[derive(Serialize)]
pub struct SubscriptionUpdated {
    pub tenant_id: Uuid,
    pub status: String,
}

impl Event for SubscriptionUpdated {
    const KIND: &'static str = "subscription.updated";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}

/// Says which plan a workspace has, and how it stands.
pub(super) async fn change(admin: SignedIn, tenant: TenantId, seen: IfMatch, input: SubscriptionInput) -> Result<Subscription> {
    let SignedIn { app, session, origin, .. } = admin;
    let now = app.clock.now();
    session.check_fresh(now)?;
    let terms = input.checked(now)?;
    let mut owner = AsOwner::open(&app, None).await?;
    instance::store::lock_tenant(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    let before = store::lock_subscription(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    if let Some(user) = terms.user_id
        && !store::is_member(owner.db(), tenant, user).await?
    {
        return Err(Problem::field("user_id", "unknown", "is no member of this workspace").into());
    }
    store::update_subscription(owner.db(), tenant, &terms, now)
        .await
        .on_constraint("subscriptions_plan_id_fkey", || Problem::field("plan_id", "unknown", "is no plan"))
        .on_constraint("subscriptions_stripe_subscription_id_key", || {
            Problem::field("stripe_subscription_id", "taken", "is another workspace's")
        })?;
    let after = store::subscription(owner.db(), tenant).await?.ok_or_else(Problem::not_found)?;
    let change = Change::updated("subscription.updated", "tenant", tenant.0, &before, &after);
    audit::note_now(owner.db(), &app, tenant, &session, &origin, change).await?;
    let details = json!({ "tenant_id": tenant, "plan_id": after.plan_id, "status": after.status });
    let event = SecurityEvent { user: session.user_id, event: "subscription_changed", severity: "high", details };
    note_security_event(owner.db(), &app, &origin, &event).await?;
    tell_screens(owner.db(), tenant, &after.status, Some(session.user_id)).await?;
    owner.commit().await?;
    Ok(after)
}

/// Who looks at the workspace's settings sees it at once.
pub(super) async fn tell_screens(db: &mut PgConnection, tenant: TenantId, status: &str, by: Option<Uuid>) -> Result<()> {
    publish_now(db, tenant, &SubscriptionUpdated { tenant_id: tenant.0, status: status.to_owned() }, by).await
}
