//! Who gets nothing more over a channel.

pub mod http;
mod store;

use platform::audit::Change;
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::deliveries::Channel;
use crate::sms::is_e164;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = SuppressionReason)]
pub enum Reason {
    /// By the link in a mail.
    Unsubscribed,
    /// By answering STOP to the provider of SMS, which refuses everything from then on.
    Stopped,
    /// A member wrote it down.
    Manual,
}

/// An address or number to which only what is part of a booking is sent, or nothing where the provider refuses it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Suppression {
    pub id: Uuid,
    /// `email` or `sms`
    pub channel: Channel,
    /// An address in small letters, or a number in E.164.
    pub recipient: String,
    pub reason: Reason,
    pub created_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressionInput {
    channel: Channel,
    recipient: String,
}

/// Notes that somebody wants nothing more; a second time is no error.
pub(crate) async fn add(ctx: &mut Ctx, channel: Channel, recipient: &str, reason: Reason) -> Result<()> {
    if let Some(id) = store::insert(ctx, channel, &email_key(recipient), reason).await? {
        ctx.audit(Change::created("suppression.created", "suppression", id, json!({ "channel": channel, "reason": reason })));
    }
    Ok(())
}

pub(crate) async fn contains(ctx: &mut Ctx, channel: Channel, recipient: &str) -> Result<bool> {
    store::contains(ctx, channel, &email_key(recipient)).await
}

async fn create(ctx: &mut Ctx, input: &SuppressionInput) -> Result<Suppression> {
    let mut checks = Checks::new();
    let recipient = match input.channel {
        Channel::Email => email_key(&checks.email("recipient", &input.recipient)),
        Channel::Sms => {
            let number = checks.phone("recipient", &input.recipient).unwrap_or_default();
            if !is_e164(&number) {
                checks.add("recipient", "invalid", "must be a number with its country, such as +31612345678");
            }
            number
        }
        Channel::Whatsapp | Channel::InApp => {
            checks.add("channel", "invalid", "must be email or sms");
            String::new()
        }
    };
    checks.done()?;
    add(ctx, input.channel, &recipient, Reason::Manual).await?;
    Ok(store::find_recipient(ctx, input.channel, &recipient).await?.ok_or_else(Problem::not_found)?)
}

async fn delete(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let gone = store::delete(ctx, id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::deleted("suppression.deleted", "suppression", id, json!({ "channel": gone.channel, "reason": gone.reason })));
    Ok(())
}
