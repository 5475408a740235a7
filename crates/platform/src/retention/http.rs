//! The policy of retention over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Kept, Kind, RetentionPolicy, Span, store};
use crate::audit::{Change, archive};
use crate::auth::Allow;
use crate::ctx::{Answer, Ctx, TenantId};
use crate::error::Result;
use crate::etag::IfMatch;
use crate::events::{Event, EventKind};
use crate::extract::Json;
use crate::state::App;
use crate::time::Timestamp;

crate::permissions! { PrivacyManage = "privacy:manage" }

/// A count says no more than that there are more.
const MOST_COUNTED: i64 = 100_000;

/// The policy, and what it may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentRetention {
    pub policy: RetentionPolicy,
    pub version: i64,
    /// What there is to decide about.
    pub kinds: Vec<RetainedKind>,
}

/// The instance's bounds of one kind, in days.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetainedKind {
    pub kind: Kind,
    pub least: u32,
    pub most: u32,
    /// What holds where the workspace has chosen nothing; null for good.
    pub default: Option<u32>,
}

/// What a policy would remove.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetentionSimulation {
    pub kinds: Vec<RemovedKind>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RemovedKind {
    pub kind: Kind,
    /// Lines, messages and so on; of the audit trail those that would move to archives, and of the archives the files.
    pub count: i64,
    /// There are more than were counted.
    pub is_more: bool,
    /// What is older goes; null where everything stays.
    pub before: Option<Timestamp>,
}

/// Every fact about it, and who may see it.
pub const EVENTS: &[EventKind] = &[EventKind { kind: RetentionPolicyUpdated::KIND, permission: Some("privacy:manage") }];

/// The workspace keeps things longer or shorter from now on.
#[derive(Serialize)]
struct RetentionPolicyUpdated {
    tenant_id: Uuid,
}

impl Event for RetentionPolicyUpdated {
    const KIND: &'static str = "retention_policy.updated";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}

/// Those that something is kept of.
fn kinds(app: &App) -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| {
        matches!(kind, Kind::Audit | Kind::AuditArchives) || app.retained.iter().any(|rows| rows.kept == Kept::Workspace(*kind))
    })
}

fn current(app: &App, policy: RetentionPolicy, version: i64) -> Result<Response> {
    let bounded = |kind| {
        let bound = app.config.retention.of(kind);
        RetainedKind { kind, least: bound.least, most: bound.most, default: bound.default }
    };
    let current = CurrentRetention { policy, version, kinds: kinds(app).map(bounded).collect() };
    Ok(Answer::json(StatusCode::OK, &current)?.version(version).into_response())
}

/// How long the workspace keeps what has no lasting use.
#[utoipa::path(get, path = "/retention-policy", tag = "platform", responses((status = 200, body = CurrentRetention)), security(("session" = [])))]
async fn get(mut ctx: Allow<PrivacyManage>) -> Result<Response> {
    let (policy, version) = store::find(&mut ctx, false).await?;
    current(&ctx.app, policy, version)
}

/// Sets how long the workspace keeps what has no lasting use; what is older goes with the next nightly run.
///
/// Takes a factor shown within the last ten minutes.
#[utoipa::path(put, path = "/retention-policy", tag = "platform", params(("If-Match" = String, Header)), request_body = RetentionPolicy, responses((status = 200, body = CurrentRetention)), security(("session" = [])))]
async fn put(mut ctx: Allow<PrivacyManage>, seen: IfMatch, Json(policy): Json<RetentionPolicy>) -> Result<Response> {
    ctx.check_fresh()?;
    let policy = policy.checked(&ctx.app.config.retention)?;
    let (before, version) = store::find(&mut ctx, true).await?;
    seen.check(version)?;
    let version = store::save(&mut ctx, &policy).await?;
    let tenant = ctx.tenant.0;
    ctx.audit(Change::updated("retention_policy.updated", "tenant", tenant, json!(before), json!(policy)));
    ctx.publish(&RetentionPolicyUpdated { tenant_id: tenant })?;
    ctx.commit().await?;
    current(&ctx.app, policy, version)
}

/// What a policy would remove in a run of this moment.
#[utoipa::path(post, path = "/retention-policy/simulations", tag = "platform", request_body = RetentionPolicy, responses((status = 200, body = RetentionSimulation)), security(("session" = [])))]
async fn simulate(ctx: Allow<PrivacyManage>, Json(policy): Json<RetentionPolicy>) -> Result<Json<RetentionSimulation>> {
    let policy = policy.checked(&ctx.app.config.retention)?;
    // Mails are no rows that the serving role may read, so this counts as the job does: as the owner, of this workspace.
    let mut owner = ctx.app.pools.owner.acquire().await?;
    let mut removed = Vec::new();
    for kind in kinds(&ctx.app) {
        let before = policy.before(kind, &ctx.app.config.retention, ctx.now());
        let count = match before {
            Some(before) => count(&ctx, &mut owner, kind, before).await?,
            None => 0,
        };
        removed.push(RemovedKind { kind, count: count.min(MOST_COUNTED), is_more: count > MOST_COUNTED, before });
    }
    Ok(Json(RetentionSimulation { kinds: removed }))
}

async fn count(ctx: &Ctx, owner: &mut PgConnection, kind: Kind, before: Timestamp) -> Result<i64> {
    let (tenant, most) = (ctx.tenant, MOST_COUNTED + 1);
    match kind {
        Kind::Audit => Ok(archive::count_due(owner, tenant, before, most).await?),
        Kind::AuditArchives => Ok(store::count_archives(owner, tenant, before).await?),
        _ => {
            let mut all = 0;
            for rows in ctx.app.retained.iter().filter(|rows| rows.kept == Kept::Workspace(kind)) {
                let TenantId(tenant) = tenant;
                let span = Span { tenant, before, now: ctx.now(), most };
                all += i64::try_from((rows.count)(&mut *owner, span).await?).unwrap_or(i64::MAX);
            }
            Ok(all)
        }
    }
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put)).routes(routes!(simulate))
}
