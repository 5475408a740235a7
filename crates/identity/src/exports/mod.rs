//! All that is known of a user, as one JSON document: asked for in person, made by a job, sealed, offered for a week.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::crypto::Place;
use platform::ctx::{Answer, Origin};
use platform::error::{Error, OnConstraint, Problem, Result};
use platform::jobs::{Attempt, Job, JobError, When, enqueue};
use platform::mail::{self, Person};
use platform::personal;
use platform::time::Timestamp;
use platform::{App, Ctx, SignedIn, TenantId, id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use self::store::Log;
use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::mails::notices;
use crate::owner::AsOwner;
use crate::suspicion;

const KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// Bytes of the document.
const MOST: usize = 50 * 1024 * 1024;
/// More of one's own data within a day are refused.
const DAILY: i64 = 5;

/// One export of one's own data.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataExport {
    pub id: Uuid,
    /// `queued`, `ready` or `failed`
    pub status: String,
    /// Bytes, once it is ready.
    pub size: Option<i64>,
    pub created_at: Timestamp,
    pub ready_at: Option<Timestamp>,
    /// It is gone then.
    pub expires_at: Timestamp,
}

fn place(export: Uuid) -> Place<'static> {
    Place { column: "data_exports.content_ciphertext", tenant: None, row: export }
}

/// Asks for an export; the mail says when it is ready.
async fn request(caller: SignedIn) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    session.check_fresh(app.clock.now())?;
    let (user, now, export) = (session.user_id, app.clock.now(), id::new());
    let mut directory = Directory::open(&app, None, claim).await?;
    let lately = store::count_since(directory.db(), user, now.plus_seconds(-24 * 3600)).await?;
    if lately >= DAILY {
        return Err(Problem::conflict("too_many_exports", "You asked for your data five times within a day. Come back tomorrow.").into());
    }
    let written = store::insert(directory.db(), export, user, now, now.plus_seconds(KEPT_SECONDS)).await;
    written.on_constraint("data_exports_one_queued", || Problem::conflict("export_queued", "An export is being made already."))?;
    enqueue(directory.db(), &ExportUser { export_id: export }, When::default()).await?;
    let event = SecurityEvent { user, event: "data_export_requested", severity: "medium", details: json!({ "export_id": export }) };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    suspicion::after_export(directory.db(), &app, &origin, user).await?;
    let made = store::find(directory.db(), user, export, now).await?.ok_or_else(Problem::not_found)?;
    directory.commit_with(Answer::json(StatusCode::ACCEPTED, &made)?).await
}

/// The document of an export that is ready.
async fn content(caller: SignedIn, export: Uuid) -> Result<Response> {
    let SignedIn { app, session, origin, .. } = caller;
    session.check_fresh(app.clock.now())?;
    let mut directory = Directory::open(&app, None, None).await?;
    let sealed = store::content(directory.db(), session.user_id, export, app.clock.now()).await?.ok_or_else(Problem::not_found)?;
    let event = SecurityEvent {
        user: session.user_id,
        event: "data_export_downloaded",
        severity: "medium",
        details: json!({ "export_id": export }),
    };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    directory.commit().await?;
    let plain = app.keys.open(place(export), &sealed).map_err(Error::internal)?;
    let headers = [
        (axum::http::header::CONTENT_TYPE, "application/json"),
        (axum::http::header::CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\""),
        (axum::http::header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, plain.to_vec()).into_response())
}

/// Gathers the document. Another attempt gathers it anew.
#[derive(Serialize, Deserialize)]
pub struct ExportUser {
    pub export_id: Uuid,
}

impl Job for ExportUser {
    const NAME: &'static str = "ExportUser";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let (app, export) = (&at.app, self.export_id);
        let mut owner = AsOwner::open(app, None).await?;
        let Some(user) = store::queued(owner.db(), export).await? else { return Ok(()) };
        let made = match gather(app, user).await {
            Ok(document) => serde_json::to_vec_pretty(&document).map_err(|error| JobError::Fail(error.to_string())),
            Err(error) => Err(JobError::from(error)),
        };
        let made =
            made.and_then(|bytes| if bytes.len() > MOST { Err(JobError::Fail("the document is too large".to_owned())) } else { Ok(bytes) });
        let bytes = match made {
            Ok(bytes) => bytes,
            Err(error) => {
                if at.is_last() || matches!(error, JobError::Fail(_)) {
                    store::fail(owner.db(), export).await?;
                    owner.commit().await?;
                }
                return Err(error);
            }
        };
        let now = app.clock.now();
        let sealed = app.keys.seal(place(export), &bytes);
        store::ready(owner.db(), export, &sealed, i64::try_from(bytes.len()).unwrap_or(i64::MAX), now).await?;
        let event = SecurityEvent { user, event: "data_export_ready", severity: "low", details: json!({ "export_id": export }) };
        note_security_event(owner.db(), app, &Origin::default(), &event).await?;
        if let Some(person) = store::person(owner.db(), user).await? {
            let to = Person { name: person.name, email: person.email };
            let mail = notices::EXPORT_READY.mail(app, &person.locale, to, &[], "/settings/privacy");
            mail::post(owner.db(), &app.keys, None, &mail).await?;
        }
        owner.commit().await.map_err(JobError::from)
    }
}

/// Lines that are read at once.
const PAGE: i64 = 5000;

/// Every line of a log, newest first, however many there are; what is too much for a document fails the export, and is not cut.
async fn all_lines(db: &mut PgConnection, user: Uuid, log: Log) -> Result<Value> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = store::lines(&mut *db, user, log, before, PAGE).await?;
        before = page.last().map(|line| line.id);
        let is_last = (page.len() as i64) < PAGE;
        all.extend(page.into_iter().map(|line| line.line));
        if is_last {
            return Ok(Value::Array(all));
        }
    }
}

/// The account, and what each module holds in each workspace.
async fn gather(app: &App, user: Uuid) -> Result<Value> {
    let mut owner = AsOwner::open(app, None).await?;
    let mut account = store::account(owner.db(), user).await?;
    account["ways_in"] = store::ways_in(owner.db(), user).await?;
    account["sign_ins"] = all_lines(owner.db(), user, Log::SignIns).await?;
    account["security_events"] = all_lines(owner.db(), user, Log::SecurityEvents).await?;
    let workspaces = store::workspaces(owner.db(), user).await?;
    owner.commit().await?;
    let mut tenants = Vec::new();
    for (tenant, name) in workspaces {
        let mut ctx = Ctx::of_program(app.clone(), TenantId(tenant), None);
        let mut data = Map::from_iter([("workspace".to_owned(), Value::from(name))]);
        for module in &app.personal_data {
            for (kind, value) in module.export(&mut ctx, &personal::Person::Member(user)).await? {
                data.insert(kind.to_owned(), value);
            }
        }
        ctx.rollback().await?;
        tenants.push(Value::Object(data));
    }
    Ok(json!({ "made_at": app.clock.now(), "account": account, "workspaces": tenants }))
}
