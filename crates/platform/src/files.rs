//! Files that members upload: their bytes in the storage, one row each beside.

use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::audit::Change;
use crate::auth::Allow;
use crate::ctx::{Answer, Ctx};
use crate::error::{Error, Problem, Result};
use crate::events::{Event, EventKind};
use crate::extract::Path;
use crate::idempotency::{self, Claim};
use crate::jobs::{Attempt, Job, JobError, When};
use crate::state::App;
use crate::time::Timestamp;

mod form;
mod naming;
mod storage;
mod store;
#[cfg(test)]
mod tests;

pub use storage::{FileStore, FileStoreError, S3Config, Upload};

crate::permissions! { FilesRead = "files:read", FilesWrite = "files:write" }

/// Every fact about files, and who may see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: FileCreated::KIND, permission: Some("files:read") },
    EventKind { kind: FileDeleted::KIND, permission: Some("files:read") },
];

/// From the first to the last byte of a form: 25 MiB at 45 KiB/s. Such a request outlasts the time limit of others.
const UPLOAD_TIME_LIMIT: Duration = Duration::from_secs(600);
/// By then an upload has its row or never will.
const ORPHAN_AFTER_SECONDS: i64 = 3600;
/// A file runs nothing, loads nothing and is nobody's frame, whatever it holds.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// A file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct File {
    pub id: Uuid,
    /// Without folders, at most 255 characters.
    pub name: String,
    /// As the bytes show; `application/octet-stream` where they do not.
    pub content_type: String,
    /// Bytes.
    #[schema(minimum = 1)]
    pub size: i64,
    pub created_at: Timestamp,
}

/// A form with one file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the form; it is read piece by piece")]
struct UploadForm {
    /// At most 25 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The bytes of a file, as they were uploaded.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only describes the answer; it is sent piece by piece")]
struct FileContent(Vec<u8>);

#[derive(Serialize)]
struct FileCreated<'a> {
    file_id: Uuid,
    name: &'a str,
    content_type: &'a str,
    size: i64,
    uploaded_by: Option<Uuid>,
}

impl Event for FileCreated<'_> {
    const KIND: &'static str = "file.created";

    fn subject(&self) -> Uuid {
        self.file_id
    }

    fn owner(&self) -> Option<Uuid> {
        self.uploaded_by
    }
}

#[derive(Serialize)]
struct FileDeleted<'a> {
    file_id: Uuid,
    name: &'a str,
    uploaded_by: Option<Uuid>,
}

impl Event for FileDeleted<'_> {
    const KIND: &'static str = "file.deleted";

    fn subject(&self) -> Uuid {
        self.file_id
    }

    fn owner(&self) -> Option<Uuid> {
        self.uploaded_by
    }
}

/// Removes the bytes of a file that was deleted, or whose upload never got a row. A file that has its row stays.
#[derive(Serialize, Deserialize)]
pub struct DeleteFile {
    pub file_id: Uuid,
}

impl Job for DeleteFile {
    const NAME: &'static str = "DeleteFile";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        let in_use = store::find(&mut ctx, self.file_id, None).await?.is_some();
        ctx.rollback().await?;
        if in_use {
            return Ok(());
        }
        at.app.files.remove(&storage_key(&ctx, self.file_id)).await.map_err(|error| JobError::Retry(error.to_string()))
    }
}

/// The tenant stands in every path, and nothing that a user chose does.
fn storage_key(ctx: &Ctx, id: Uuid) -> String {
    format!("{}/{id}", ctx.tenant.0)
}

fn job_key(id: Uuid) -> String {
    format!("delete-file:{id}")
}

/// Uploads a file.
///
/// The form holds the file in its field `file`, at most 25 MiB.
#[utoipa::path(
    post,
    path = "/files",
    tag = "platform",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = File),
        (status = 408, description = "The upload took too long", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
async fn create(mut ctx: Allow<FilesWrite>, headers: HeaderMap, form: Result<Multipart, MultipartRejection>) -> Result<Response> {
    let form = form
        .map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the file as multipart/form-data."))?;
    let idempotency_key = idempotency::key_of(&headers)?;
    let id = crate::id::new();
    let key = storage_key(&ctx, id);
    let upload = ctx.app.files.upload(&key)?;
    let received = tokio::time::timeout(UPLOAD_TIME_LIMIT, form::receive(form, upload)).await.map_err(|_| too_slow())??;

    // Whatever ends this program from here on: where no row follows, the bytes go.
    ctx.claim_as(None);
    let later = ctx.now().plus_seconds(ORPHAN_AFTER_SECONDS);
    ctx.enqueue(&DeleteFile { file_id: id }, When::at(later).keyed(job_key(id)))?;
    ctx.commit().await?;
    received.upload.finish().await.map_err(unavailable)?;

    let sha256 = hex::encode(received.sha256);
    let actor = ctx.user_id().unwrap_or_default().to_string();
    ctx.claim_as(idempotency_key.map(|key| Claim {
        route: "/files".to_owned(),
        key,
        // Not of the form itself, whose boundary differs each time.
        request_hash: crate::crypto::sha256(format!("{}\0{}\0{sha256}", received.name, received.content_type).as_bytes()),
        actor,
    }));
    let file = File { id, name: received.name, content_type: received.content_type.to_owned(), size: received.size, created_at: ctx.now() };
    let recorded = record(&mut ctx, &file, &sha256, &key).await;
    if let Err(error) = &recorded
        && !matches!(error, Error::UnknownOutcome(_))
    {
        // Best effort: the job above comes back to it.
        let _ = ctx.app.files.remove(&key).await;
    }
    recorded
}

/// The row and all that goes with it, in one transaction.
async fn record(ctx: &mut Ctx, file: &File, sha256: &str, key: &str) -> Result<Response> {
    store::insert(ctx, file, sha256, key).await?;
    let uploaded_by = ctx.user_id();
    ctx.audit(Change::created(
        "file.created",
        "file",
        file.id,
        serde_json::json!({ "name": file.name, "content_type": file.content_type, "size": file.size, "sha256": sha256 }),
    ));
    ctx.publish(&FileCreated { file_id: file.id, name: &file.name, content_type: &file.content_type, size: file.size, uploaded_by })?;
    ctx.dequeue(&job_key(file.id)).await?;
    ctx.commit_with(Answer::created(file)?).await
}

/// The bytes of a file.
///
/// As an attachment, but for pictures (PNG, JPEG, WebP, GIF), which a page may show.
#[utoipa::path(
    get,
    path = "/files/{id}",
    tag = "platform",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The bytes, with the file's own Content-Type", content(
        (FileContent = "application/octet-stream"),
        (FileContent = "*/*"),
    ))),
    security(("session" = [])),
)]
async fn download(mut ctx: Allow<FilesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let own = ctx.own_filter();
    let file = store::find(&mut ctx, id, own).await?.ok_or_else(Problem::not_found)?;
    // No connection is held while the bytes go out.
    ctx.rollback().await?;
    let (size, bytes) = ctx.app.files.read(&file.storage_key).await.map_err(unavailable)?;
    if i64::try_from(size) != Ok(file.size) {
        return Err(Error::internal(format!("file {id} has {size} bytes in the storage and {} in its row", file.size)));
    }
    let shown = if naming::is_picture(&file.content_type) { "inline" } else { "attachment" };
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, naming::disposition(shown, &file.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Deletes a file.
#[utoipa::path(delete, path = "/files/{id}", tag = "platform", params(("id" = Uuid, Path)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<FilesWrite>, Path(id): Path<Uuid>) -> Result<StatusCode> {
    let own = ctx.own_filter();
    let file = store::mark_deleted(&mut ctx, id, own).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::deleted(
        "file.deleted",
        "file",
        id,
        serde_json::json!({ "name": file.name, "content_type": file.content_type, "size": file.size }),
    ));
    ctx.publish(&FileDeleted { file_id: id, name: &file.name, uploaded_by: file.uploaded_by })?;
    ctx.enqueue(&DeleteFile { file_id: id }, When::default().keyed(job_key(id)))?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn too_slow() -> Problem {
    let minutes = UPLOAD_TIME_LIMIT.as_secs() / 60;
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "upload_too_slow",
        format!("The upload took more than {minutes} minutes. Try again on a faster connection, or with a smaller file."),
    )
}

/// A fault of the storage may pass; bytes that are missing stay so.
fn unavailable(error: object_store::Error) -> Error {
    if let object_store::Error::NotFound { .. } = error {
        return Error::internal(error);
    }
    tracing::error!(%error, "the storage of files failed");
    Problem::overloaded().into()
}

/// The routes under `/api/v1`, with a body limit of their own.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(download, delete)).layer(DefaultBodyLimit::max(form::FORM_LIMIT))
}
