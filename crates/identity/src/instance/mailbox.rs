//! The mailbox page: what became of every mail and, where the instance has no mail server, what the kept ones say. Workspaces'
//! mails are theirs: where they were sent, nobody reads here to whom and about what.

use axum::http::StatusCode;
use platform::App;
use platform::auth::PlatformAdmin;
use platform::error::{Problem, Result};
use platform::extract::{Json, Path, Query};
use platform::mail::{Sender, build, unseal};
use platform::page::{Page, PageParams};
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store;
use crate::activity::{SecurityEvent, note_security_event};
use crate::owner::AsOwner;

/// A mail in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailSummary {
    pub id: Uuid,
    /// Empty where it is hidden.
    pub to: String,
    /// Empty where it is hidden.
    pub subject: String,
    pub kind: String,
    /// `queued`, `sending`, `sent`, `kept` (no mail server) or `failed`
    pub status: String,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// Whether to whom it goes and about what is not shown, since it is a workspace's and goes through a mail server.
    pub is_hidden: bool,
    /// Whether it can be opened: where it is kept for want of a mail server.
    pub can_open: bool,
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
    let mut owner = AsOwner::open(&admin.app, None).await?;
    let has_server = admin.app.mailer.smtp.is_some();
    let rows = store::mails(owner.db(), has_server, None, before, filter.q.as_deref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.summary.id, |row| row.summary)))
}

/// One mail that is kept. Whoever opens it confirms who he or she is, but in a demo, and it is written down: it may hold a link
/// by which one gets in.
#[utoipa::path(get, path = "/mails/{id}", tag = "platform", params(("id" = Uuid, Path)), responses((status = 200, body = MailDetail)), security(("session" = [])))]
async fn get(PlatformAdmin(admin): PlatformAdmin, Path(id): Path<Uuid>) -> Result<Json<MailDetail>> {
    let app = &admin.app;
    let mut owner = AsOwner::open(app, None).await?;
    let found = store::mails(owner.db(), app.mailer.smtp.is_some(), Some(id), None, None, 1).await?.pop().ok_or_else(Problem::not_found)?;
    if !found.summary.can_open {
        return Err(Problem::new(StatusCode::FORBIDDEN, "mail_closed", "This mail is not kept here, so nobody reads it.").into());
    }
    if !store::is_demo(owner.db()).await? {
        admin.session.check_fresh(app.clock.now())?;
    }
    let mail = unseal(app, id, found.tenant_id, &found.message_ciphertext)?;
    let sender = Sender { address: "atrium@localhost.localdomain".to_owned(), name: "Atrium".to_owned() };
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
    let details = json!({ "mail_id": id, "kind": found.summary.kind, "tenant_id": found.tenant_id });
    let event = SecurityEvent { user: admin.session.user_id, event: "mail_opened", severity: "high", details };
    note_security_event(owner.db(), app, &admin.origin, &event).await?;
    owner.commit().await?;
    Ok(Json(MailDetail {
        summary: found.summary,
        from: format!("{} <{}>", mail.from_name.as_deref().unwrap_or(&sender.name), sender.address),
        text: mail.text,
        html: mail.html,
        attachments,
        raw: String::from_utf8_lossy(&raw).into_owned(),
    }))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}
