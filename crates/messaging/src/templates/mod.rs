//! Messages in a workspace's own words: one text for each kind, audience, channel and language, an organizer's before the workspace's.
//! What can be said about a record is the product's to know: it names the fields, and what must not be missing.

pub mod render;
mod store;
pub mod tags;

use platform::audit::Change;
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Ctx, OnConstraint, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

pub use render::{Rendered, render};
pub use store::{choose, find, list};

use crate::deliveries::Channel;
use crate::notifications::{self, Group, Notice, Severity};

/// Whom a message is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MessageAudience)]
pub enum Audience {
    Invitee,
    Organizer,
}

/// A text that replaces the one that is sent otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageTemplate {
    pub id: Uuid,
    /// The organizer whose messages it is for; null for all of the workspace that have none of their own.
    pub owner_id: Option<Uuid>,
    pub name: String,
    /// `booking_confirmation`
    pub kind: String,
    pub audience: Audience,
    pub channel: Channel,
    /// BCP 47: `pt-BR`.
    pub language: String,
    pub subject: String,
    /// Plain text with `{{ fields }}` and `{% if conditions %}`.
    pub body: String,
    /// What the body must hold.
    pub required_placeholders: Vec<String>,
    pub version: i64,
    pub updated_at: Timestamp,
}

/// Which text it is, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    pub name: String,
    pub kind: String,
    pub audience: Audience,
    pub channel: Channel,
    pub language: String,
    pub subject: String,
    pub body: String,
    pub required: Vec<String>,
}

/// Signs of a subject and a body.
pub const SUBJECT: usize = 300;
pub const BODY: usize = 20_000;

/// Notes what is wrong with a text: fields that are none, what it must hold, and what does not render with `sample`, which has each field.
pub fn check(checks: &mut Checks, subject: &str, body: &str, sample: &Value, required: &[String]) {
    if subject.trim().is_empty() {
        checks.add("subject", "required", "is required");
    }
    if subject.chars().count() > SUBJECT {
        checks.add("subject", "too_long", format!("must be at most {SUBJECT} characters"));
    }
    if body.trim().is_empty() {
        checks.add("body", "required", "is required");
    }
    if body.chars().count() > BODY {
        checks.add("body", "too_long", format!("must be at most {BODY} characters"));
    }
    for (field, source) in [("subject", subject), ("body", body)] {
        match render::fields(source) {
            Err(error) => checks.add(field, "invalid_template", error),
            Ok(names) => {
                if let Some(unknown) = render::unknown(&names, sample) {
                    checks.add(field, "unknown_placeholder", format!("{{{{ {unknown} }}}} is no field of this message"));
                } else if let Err(error) = render::text(source, sample) {
                    checks.add(field, "invalid_template", error);
                }
                if field == "body"
                    && let Some(missing) = required.iter().find(|required| !names.contains(*required))
                {
                    checks.add(field, "missing_placeholder", format!("must hold {{{{ {missing} }}}}"));
                }
            }
        }
    }
}

fn taken() -> Problem {
    Problem::conflict("template_exists", "There is a text for this message, channel and language already. Change that one.")
}

/// Of that organizer, or of the workspace. What it says is checked already.
///
/// # Errors
/// 409 where there is one already.
pub async fn create(ctx: &mut Ctx, owner: Option<Uuid>, fields: &Fields) -> Result<MessageTemplate> {
    let id = platform::id::new();
    store::insert(ctx, id, owner, fields)
        .await
        .on_constraint("notification_templates_once", taken)
        .on_constraint("notification_templates_tenant_id_owner_id_fkey", || {
            Problem::field("owner_id", "unknown", "must be a member of the workspace")
        })?;
    let made = find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::created("message_template.created", "message_template", id, &made));
    Ok(made)
}

/// Another name, subject and body.
///
/// # Errors
/// 412 where it has changed since.
pub async fn update(
    ctx: &mut Ctx,
    before: &MessageTemplate,
    seen: IfMatch,
    name: &str,
    subject: &str,
    body: &str,
) -> Result<MessageTemplate> {
    seen.check(before.version)?;
    store::update(ctx, before.id, name, subject, body).await?;
    let after = find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("message_template.updated", "message_template", before.id, before, &after));
    Ok(after)
}

/// Back to what is sent otherwise.
///
/// # Errors
/// 412 where it has changed since.
pub async fn delete(ctx: &mut Ctx, before: &MessageTemplate, seen: IfMatch) -> Result<()> {
    seen.check(before.version)?;
    store::delete(ctx, before.id).await?;
    ctx.audit(Change::deleted("message_template.deleted", "message_template", before.id, before));
    Ok(())
}

/// Tells whose text it is that it could not be used, once until that was read.
///
/// # Errors
/// The database's.
pub async fn tell_failed(ctx: &mut Ctx, template: &MessageTemplate, error: &str) -> Result<()> {
    let to = match template.owner_id {
        Some(owner) => vec![owner],
        None => notifications::holders(ctx, "settings:manage").await?,
    };
    let event = notifications::of_message(ctx, platform::id::new(), "message_template", template.id);
    let notice = Notice {
        severity: Severity::Warning,
        facts: json!({ "name": template.name, "error": error }),
        link: Some("/settings/messages".to_owned()),
        topic: Some(format!("template {}", template.id)),
        ..Notice::info("message_template.failed", Group::System)
    };
    notifications::notify(ctx, &event, &to, notice).await
}
