//! Exports of the trail that the web app asks for: written by a job, sealed in parts, offered for a week.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::file::{Manifest, Writer};
use super::{AuditRead, Change};
use crate::auth::Allow;
use crate::crypto::Place;
use crate::ctx::{Answer, Caller, Ctx, TenantId};
use crate::error::{Error, OnConstraint, Problem, Result};
use crate::events::Event;
use crate::extract::{Json, Path, Query};
use crate::jobs::{Attempt, Job, JobError, When};
use crate::page::{Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

mod store;

const KEPT_SECONDS: i64 = 7 * 24 * 3600;
const PART: usize = 1 << 20;
/// Bytes of a file; who needs more asks for shorter periods, or takes the command line.
const MOST: i64 = 512 << 20;

/// A trail as a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditExport {
    pub id: Uuid,
    /// `queued`, `ready` or `failed`
    pub status: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub records: Option<i64>,
    /// Bytes, once it is ready.
    pub size: Option<i64>,
    pub manifest: Option<Manifest>,
    pub created_at: Timestamp,
    /// It is gone then.
    pub expires_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuditExportInput {
    /// Lines from then on; left out, from the first.
    from: Option<Timestamp>,
    /// Lines before then; left out, to the last.
    to: Option<Timestamp>,
}

/// Somebody asked for the trail as a file.
#[derive(Serialize)]
pub struct AuditExported {
    pub export_id: Uuid,
}

impl Event for AuditExported {
    const KIND: &'static str = "audit_export.created";

    fn subject(&self) -> Uuid {
        self.export_id
    }
}

/// JSON lines, the last of which is the manifest.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "only describes the answer; it is sent piece by piece")]
struct AuditExportContent(String);

fn part_place(tenant: TenantId, export: Uuid, part: i32) -> Place<'static> {
    // The part's number in the last bits: parts that changed places do not open.
    let row = Uuid::from_u128(export.as_u128() ^ u128::from(part.unsigned_abs()));
    Place { column: "audit_export_parts.content_ciphertext", tenant: Some(tenant.0), row }
}

/// The whole trail is for a person, and for no program.
fn check_session(ctx: &Ctx) -> Result<(), Problem> {
    match &ctx.caller {
        Caller::Member(session) if session.token.is_none() && session.lease.is_none() => Ok(()),
        _ => Err(Problem { code: "session_required".into(), ..Problem::forbidden() }),
    }
}

/// Somebody in person, who confirmed that lately.
fn check_person(ctx: &Ctx) -> Result<(), Problem> {
    check_session(ctx)?;
    ctx.check_fresh()
}

/// Exports of the last seven days, newest first.
#[utoipa::path(get, path = "/audit-exports", tag = "platform", params(PageParams), responses((status = 200, body = Page<AuditExport>)), security(("session" = [])))]
async fn list_exports(mut ctx: Allow<AuditRead>, Query(page): Query<PageParams>) -> Result<Json<Page<AuditExport>>> {
    check_session(&ctx)?;
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let rows = store::exports(&mut ctx, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// Asks for the trail as a file.
///
/// Each line is a record with its hash; the last one is a signed manifest. `atrium audit verify --file` proves it without
/// the database.
#[utoipa::path(post, path = "/audit-exports", tag = "platform", request_body = AuditExportInput, responses((status = 202, body = AuditExport)), security(("session" = [])))]
async fn create_export(mut ctx: Allow<AuditRead>, Json(input): Json<AuditExportInput>) -> Result<Response> {
    check_person(&ctx)?;
    if input.from.zip(input.to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::field("to", "before_from", "must be after the beginning").into());
    }
    let (id, now) = (crate::id::new(), ctx.now());
    let export = AuditExport {
        id,
        status: "queued".to_owned(),
        from: input.from,
        to: input.to,
        records: None,
        size: None,
        manifest: None,
        created_at: now,
        expires_at: now.plus_seconds(KEPT_SECONDS),
    };
    let by = ctx.user_id().ok_or_else(Problem::forbidden)?;
    let written = store::insert_export(&mut ctx, &export, by).await;
    written.on_constraint("audit_exports_one_queued", || Problem::conflict("export_queued", "An export is being made already."))?;
    ctx.audit(Change::created("audit_export.created", "audit_export", id, json!({ "from": export.from, "to": export.to })));
    ctx.publish(&AuditExported { export_id: id })?;
    ctx.enqueue(&ExportAudit { export_id: id }, When::default())?;
    ctx.commit_with(Answer::json(StatusCode::ACCEPTED, &export)?).await
}

/// The file of an export.
#[utoipa::path(get, path = "/audit-exports/{id}/content", tag = "platform", params(("id" = Uuid, Path)), responses((status = 200, description = "The file", content_type = "application/jsonl", body = AuditExportContent)), security(("session" = [])))]
async fn export_content(mut ctx: Allow<AuditRead>, Path(id): Path<Uuid>) -> Result<Response> {
    check_person(&ctx)?;
    let export = store::export(&mut ctx, id).await?.filter(|export| export.status == "ready").ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("audit_export.downloaded", "audit_export", id, json!({ "records": export.records })));
    ctx.commit().await?;
    let (app, tenant) = (ctx.app.clone(), ctx.tenant);
    let parts = async_stream::try_stream! {
        let mut part = 0;
        // Each in a transaction of its own: a slow reader holds no connection.
        loop {
            let mut ctx = Ctx::of_program(app.clone(), tenant, None);
            let found = store::export_part(&mut ctx, id, part).await?;
            ctx.rollback().await?;
            let Some(sealed) = found else { break };
            let plain = app.keys.open(part_place(tenant, id, part), &sealed).map_err(Error::internal)?;
            yield bytes::Bytes::copy_from_slice(&plain);
            part += 1;
        }
    };
    let parts: std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<bytes::Bytes>> + Send>> = Box::pin(parts);
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl".to_owned()),
        (header::CONTENT_LENGTH, export.size.unwrap_or_default().to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"audit-{id}.jsonl\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_exports, create_export)).routes(routes!(export_content))
}

/// Writes the file. Another attempt writes it anew.
#[derive(Serialize, Deserialize)]
pub struct ExportAudit {
    pub export_id: Uuid,
}

impl Job for ExportAudit {
    const NAME: &'static str = "ExportAudit";
    const MAX_ATTEMPTS: i32 = 5;
    const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(3600);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let tenant = at.tenant.ok_or_else(|| JobError::Fail("an export is a tenant's".to_owned()))?;
        let outcome = write(&at.app, tenant, self.export_id).await;
        if let Err(error) = &outcome
            && (at.is_last() || matches!(error, JobError::Fail(_)))
        {
            let mut ctx = at.ctx()?;
            store::forget_export_parts(&mut ctx, self.export_id).await?;
            store::fail_export(&mut ctx, self.export_id).await?;
            ctx.commit().await?;
        }
        outcome
    }
}

async fn write(app: &App, tenant: TenantId, id: Uuid) -> Result<(), JobError> {
    let mut ctx = Ctx::of_program(app.clone(), tenant, None);
    let Some(export) = store::export(&mut ctx, id).await?.filter(|export| export.status == "queued") else { return Ok(()) };
    store::forget_export_parts(&mut ctx, id).await?;
    ctx.commit().await?;
    let mut writer = Writer::begin(app, tenant, export.from, export.to).await?;
    let (mut pending, mut part, mut size) = (Vec::new(), 0, 0);
    while let Some(lines) = writer.next().await? {
        pending.extend_from_slice(&lines);
        while pending.len() >= PART {
            let rest = pending.split_off(PART);
            size += put(&mut ctx, id, part, &pending).await?;
            (pending, part) = (rest, part + 1);
        }
        if size > MOST {
            return Err(JobError::Fail("the file is too large; ask for a shorter period".to_owned()));
        }
    }
    let (last, signed) = writer.finish().await?;
    pending.extend_from_slice(&last);
    size += put(&mut ctx, id, part, &pending).await?;
    store::ready_export(&mut ctx, id, &signed.manifest, size).await?;
    ctx.commit().await.map_err(JobError::from)
}

async fn put(ctx: &mut Ctx, export: Uuid, part: i32, plain: &[u8]) -> Result<i64> {
    let sealed = ctx.app.keys.seal(part_place(ctx.tenant, export, part), plain);
    store::insert_export_part(ctx, export, part, &sealed).await?;
    ctx.commit().await?;
    i64::try_from(plain.len()).map_err(Error::internal)
}
