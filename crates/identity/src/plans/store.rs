//! Plans and subscriptions in the database. The serving role reads them; what writes runs as the owner.

use platform::TenantId;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::subscriptions::Terms;
use super::{CurrentSubscription, GRACE_SECONDS, Plan, PlanInput, SubscribedPlan, Subscription, Usage};

pub async fn plans(db: &mut PgConnection) -> Result<Vec<Plan>, sqlx::Error> {
    sqlx::query_as!(
        Plan,
        r#"SELECT p.id, p.name, p.description, p.price_minor, p.currency, p.billing_interval AS interval, p.member_limit, p.domain_limit,
                  p.trial_days, p.is_default,
                  (SELECT count(*) FROM directory.subscriptions s WHERE s.plan_id = p.id) AS "tenants!", p.version
             FROM directory.plans p ORDER BY p.is_default DESC, p.price_minor, lower(p.name), p.id"#
    )
    .fetch_all(db)
    .await
}

pub async fn plan(db: &mut PgConnection, id: Uuid) -> Result<Option<Plan>, sqlx::Error> {
    Ok(plans(db).await?.into_iter().find(|plan| plan.id == id))
}

pub async fn lock(db: &mut PgConnection, id: Uuid) -> Result<Option<Plan>, sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.plans WHERE id = $1 FOR UPDATE", id).fetch_optional(&mut *db).await?;
    plan(db, id).await
}

/// Leaves no other plan the one that new workspaces get.
async fn make_room(db: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.plans SET is_default = false WHERE is_default AND id <> $1", id).execute(db).await?;
    Ok(())
}

pub async fn insert(db: &mut PgConnection, id: Uuid, plan: &PlanInput) -> Result<(), sqlx::Error> {
    if plan.is_default {
        make_room(&mut *db, id).await?;
    }
    sqlx::query!(
        "INSERT INTO directory.plans
                (id, name, description, price_minor, currency, billing_interval, member_limit, domain_limit, trial_days, is_default)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id,
        plan.name,
        plan.description,
        plan.price_minor,
        plan.currency,
        plan.interval,
        plan.member_limit as Option<i32>,
        plan.domain_limit as Option<i32>,
        plan.trial_days,
        plan.is_default,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn update(db: &mut PgConnection, id: Uuid, plan: &PlanInput) -> Result<(), sqlx::Error> {
    if plan.is_default {
        make_room(&mut *db, id).await?;
    }
    sqlx::query!(
        "UPDATE directory.plans
            SET name = $2, description = $3, price_minor = $4, currency = $5, billing_interval = $6, member_limit = $7, domain_limit = $8,
                trial_days = $9, is_default = $10
          WHERE id = $1",
        id,
        plan.name,
        plan.description,
        plan.price_minor,
        plan.currency,
        plan.interval,
        plan.member_limit as Option<i32>,
        plan.domain_limit as Option<i32>,
        plan.trial_days,
        plan.is_default,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM directory.plans WHERE id = $1", id).execute(db).await?;
    Ok(())
}

pub async fn subscription(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Subscription>, sqlx::Error> {
    sqlx::query_as!(
        Subscription,
        r#"SELECT s.plan_id, p.name AS "plan_name?", s.status, s.trial_end AS trial_ends_at, s.current_period_start, s.current_period_end,
                  s.cancel_at_period_end, s.past_due_since, s.canceled_at, s.user_id, s.stripe_subscription_id, s.version
             FROM directory.subscriptions s LEFT JOIN directory.plans p ON p.id = s.plan_id
            WHERE s.tenant_id = $1"#,
        tenant.0,
    )
    .fetch_optional(db)
    .await
}

pub async fn lock_subscription(db: &mut PgConnection, tenant: TenantId) -> Result<Option<Subscription>, sqlx::Error> {
    sqlx::query!("SELECT id FROM directory.subscriptions WHERE tenant_id = $1 FOR UPDATE", tenant.0).fetch_optional(&mut *db).await?;
    subscription(db, tenant).await
}

pub async fn is_member(db: &mut PgConnection, tenant: TenantId, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.members WHERE tenant_id = $1 AND user_id = $2 AND status = 'active') AS "is!""#,
        tenant.0,
        user,
    )
    .fetch_one(db)
    .await
}

/// Another state or another date begins its notices anew.
pub async fn update_subscription(db: &mut PgConnection, tenant: TenantId, terms: &Terms, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.subscriptions
            SET plan_id = $2, status = $3, trial_end = $4,
                trial_start = CASE WHEN $4::timestamptz IS NOT NULL THEN least(coalesce(trial_start, $10), $4) END,
                current_period_start = $5, current_period_end = $6, cancel_at_period_end = $7, user_id = $8, stripe_subscription_id = $9,
                past_due_since = CASE WHEN $3 IN ('past_due', 'unpaid') THEN coalesce(past_due_since, $10) END,
                canceled_at = CASE WHEN $3 = 'canceled' THEN coalesce(canceled_at, $10) END,
                notices = CASE WHEN (status, trial_end, current_period_end, cancel_at_period_end) IS NOT DISTINCT FROM ($3, $4, $6, $7)
                               THEN notices ELSE 0 END
          WHERE tenant_id = $1",
        tenant.0,
        terms.plan_id as Option<Uuid>,
        terms.status,
        terms.trial_ends_at as Option<Timestamp>,
        terms.current_period_start as Option<Timestamp>,
        terms.current_period_end as Option<Timestamp>,
        terms.cancel_at_period_end,
        terms.user_id as Option<Uuid>,
        terms.stripe_subscription_id.as_deref() as Option<&str>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Begins, moves or ends a trial, whatever else there is.
pub async fn set_trial(db: &mut PgConnection, tenant: TenantId, ends_at: Option<Timestamp>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.subscriptions
            SET trial_end = $2, trial_start = CASE WHEN $2::timestamptz IS NOT NULL THEN least(coalesce(trial_start, $3), $2) END, notices = 0,
                status = CASE WHEN $2 IS NOT NULL THEN 'trial' WHEN status = 'trial' THEN 'active' ELSE status END,
                past_due_since = CASE WHEN $2 IS NULL THEN past_due_since END,
                canceled_at = CASE WHEN $2 IS NULL THEN canceled_at END
          WHERE tenant_id = $1",
        tenant.0,
        ends_at as Option<Timestamp>,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the workspace sees of it.
pub async fn current(db: &mut PgConnection, tenant: TenantId) -> Result<CurrentSubscription, sqlx::Error> {
    let (members, domains) = (members(&mut *db, tenant).await?, domains(&mut *db, tenant).await?);
    let row = sqlx::query!(
        r#"SELECT p.name AS "name?", p.description AS "description?", p.price_minor AS "price_minor?", p.currency AS "currency?",
                  p.billing_interval AS "interval?", s.status, s.trial_end, s.current_period_end, s.cancel_at_period_end,
                  directory.is_read_only(s.tenant_id) AS "is_read_only!",
                  CASE WHEN s.status = 'past_due' THEN s.past_due_since + $2 * interval '1 second'
                       WHEN s.status = 'trial' THEN s.trial_end + $2 * interval '1 second'
                       WHEN s.status = 'active' AND s.cancel_at_period_end THEN s.current_period_end
                   END AS "read_only_from: Timestamp"
             FROM directory.subscriptions s LEFT JOIN directory.plans p ON p.id = s.plan_id
            WHERE s.tenant_id = $1"#,
        tenant.0,
        GRACE_SECONDS as f64,
    )
    .fetch_one(db)
    .await?;
    let plan = match (row.name, row.price_minor, row.currency, row.interval) {
        (Some(name), Some(price_minor), Some(currency), Some(interval)) => {
            Some(SubscribedPlan { name, description: row.description.unwrap_or_default(), price_minor, currency, interval })
        }
        _ => None,
    };
    Ok(CurrentSubscription {
        plan,
        status: row.status,
        trial_ends_at: row.trial_end,
        current_period_end: row.current_period_end,
        cancel_at_period_end: row.cancel_at_period_end,
        is_read_only: row.is_read_only,
        read_only_from: row.read_only_from,
        members,
        domains,
    })
}

pub async fn members(db: &mut PgConnection, tenant: TenantId) -> Result<Usage, sqlx::Error> {
    sqlx::query_as!(
        Usage,
        r#"SELECT (SELECT count(*) FROM identity.members m WHERE m.tenant_id = $1 AND m.status = 'active') AS "used!",
                  (SELECT p.member_limit FROM directory.subscriptions s JOIN directory.plans p ON p.id = s.plan_id
                    WHERE s.tenant_id = $1) AS limit"#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

pub async fn domains(db: &mut PgConnection, tenant: TenantId) -> Result<Usage, sqlx::Error> {
    sqlx::query_as!(
        Usage,
        r#"SELECT (SELECT count(*) FROM directory.custom_domains d WHERE d.tenant_id = $1) AS "used!",
                  (SELECT p.domain_limit FROM directory.subscriptions s JOIN directory.plans p ON p.id = s.plan_id
                    WHERE s.tenant_id = $1) AS limit"#,
        tenant.0,
    )
    .fetch_one(db)
    .await
}

/// A subscription that time has something to do with.
pub struct Due {
    pub tenant_id: Uuid,
    pub name: String,
    pub status: String,
    pub cancel_at_period_end: bool,
    pub trial_end: Option<Timestamp>,
    pub current_period_end: Option<Timestamp>,
    pub past_due_since: Option<Timestamp>,
}

/// The next subscription about which something is to be done, under its row's lock; those that another worker has are its. Of a
/// suspended tenant nothing is done.
pub async fn next_due(db: &mut PgConnection, now: Timestamp) -> Result<Option<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        "SELECT s.tenant_id, t.name, s.status, s.cancel_at_period_end, s.trial_end, s.current_period_end, s.past_due_since
           FROM directory.subscriptions s
           JOIN directory.tenants t ON t.id = s.tenant_id AND t.status = 'active'
          CROSS JOIN LATERAL (SELECT CASE WHEN s.status = 'trial' THEN s.trial_end
                                          WHEN s.status = 'active' THEN s.current_period_end
                                          WHEN s.status = 'past_due' THEN s.past_due_since + $2 * interval '1 second' END AS at) AS next
          WHERE next.at <= $1
             -- A week and a day before a trial, or what is not renewed, ends; three days before what is not paid for can only be read.
             OR (s.status = 'trial' OR s.status = 'active' AND s.cancel_at_period_end)
                AND (s.notices < 1 AND next.at <= $1::timestamptz + interval '7 days' OR s.notices < 2 AND next.at <= $1::timestamptz + interval '1 day')
             OR s.status = 'past_due' AND s.notices < 1 AND next.at <= $1::timestamptz + interval '3 days'
          ORDER BY s.id
          LIMIT 1
            FOR UPDATE OF s SKIP LOCKED",
        now,
        GRACE_SECONDS as f64,
    )
    .fetch_optional(db)
    .await
}

pub async fn note_notices(db: &mut PgConnection, tenant: TenantId, notices: i16) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE directory.subscriptions SET notices = $2 WHERE tenant_id = $1", tenant.0, notices).execute(db).await?;
    Ok(())
}

/// What time makes of a subscription.
pub async fn set_status(db: &mut PgConnection, tenant: TenantId, status: &str, since: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE directory.subscriptions
            SET status = $2, notices = 0, past_due_since = CASE WHEN $2 IN ('past_due', 'unpaid') THEN coalesce(past_due_since, $3) END,
                canceled_at = CASE WHEN $2 = 'canceled' THEN $3 END
          WHERE tenant_id = $1",
        tenant.0,
        status,
        since,
    )
    .execute(db)
    .await?;
    Ok(())
}
