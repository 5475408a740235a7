//! The mailbox page: what was sent or kept, for administrators of the instance only, since it shows secret links.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Sender, build, unseal};
use crate::auth::PlatformAdmin;
use crate::error::{Problem, Result};
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

/// A mail in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailSummary {
    pub id: Uuid,
    pub to: String,
    pub subject: String,
    pub kind: String,
    /// `queued`, `sending`, `sent`, `kept` (no mail server) or `failed`
    pub status: String,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub last_error: Option<String>,
}

/// A mail with what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailDetail {
    #[serde(flatten)]
    pub summary: MailSummary,
    pub from: String,
    pub text: String,
    pub html: String,
    pub attachments: Vec<MailAttachment>,
    /// As it goes over the wire.
    pub raw: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MailAttachment {
    pub filename: String,
    pub content_type: String,
    /// Bytes.
    pub size: usize,
    pub content: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MailFilter {
    /// Part of the recipient's address or of the subject.
    q: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Mails, newest first.
#[utoipa::path(get, path = "/mails", tag = "platform", params(MailFilter), responses((status = 200, body = Page<MailSummary>)), security(("session" = [])))]
async fn list(PlatformAdmin(admin): PlatformAdmin, Query(filter): Query<MailFilter>) -> Result<Json<Page<MailSummary>>> {
    let page = PageParams { cursor: filter.cursor, limit: filter.limit };
    let (limit, before) = (page.limit()?, page.after::<Uuid>()?);
    let rows = sqlx::query_as!(
        MailSummary,
        r#"SELECT id, recipient AS "to", subject, kind, status, created_at, sent_at, last_error
             FROM directory.mails
            WHERE ($1::uuid IS NULL OR id < $1)
              AND ($2::text IS NULL OR strpos(lower(recipient || ' ' || subject), lower($2)) > 0)
            ORDER BY id DESC
            LIMIT $3"#,
        before,
        filter.q,
        limit + 1,
    )
    .fetch_all(&admin.app.pools.owner)
    .await?;
    Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)))
}

/// One mail.
#[utoipa::path(get, path = "/mails/{id}", tag = "platform", params(("id" = Uuid, Path)), responses((status = 200, body = MailDetail)), security(("session" = [])))]
async fn get(PlatformAdmin(admin): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Json<MailDetail>> {
    let app = &admin.app;
    let row = sqlx::query!(
        "SELECT recipient, subject, kind, status, created_at, sent_at, last_error, tenant_id, message_ciphertext
           FROM directory.mails WHERE id = $1",
        id
    )
    .fetch_optional(&app.pools.owner)
    .await?
    .ok_or_else(Problem::not_found)?;
    let mail = unseal(app, id, row.tenant_id, &row.message_ciphertext)?;
    let sender = app.mailer.smtp.as_ref().map_or_else(default_sender, |smtp| smtp.from.clone());
    let raw = build(&mail, &sender, id)?.formatted();
    let attachments = mail
        .calendar
        .iter()
        .map(|calendar| MailAttachment {
            filename: "invite.ics".to_owned(),
            content_type: format!("text/calendar; method={}", calendar.method),
            size: calendar.ics.len(),
            content: calendar.ics.clone(),
        })
        .collect();
    Ok(Json(MailDetail {
        summary: MailSummary {
            id,
            to: row.recipient,
            subject: row.subject,
            kind: row.kind,
            status: row.status,
            created_at: row.created_at,
            sent_at: row.sent_at,
            last_error: row.last_error,
        },
        from: format!("{} <{}>", mail.from_name.as_deref().unwrap_or(&sender.name), sender.address),
        text: mail.text,
        html: mail.html,
        attachments,
        raw: String::from_utf8_lossy(&raw).into_owned(),
    }))
}

fn default_sender() -> Sender {
    Sender { address: "atrium@localhost.localdomain".to_owned(), name: "Atrium".to_owned() }
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}
