//! Notifications in the app: one row for each member that an event is told to.

pub mod http;
mod store;

use platform::events::Recorded;
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{NotificationCreated, NotificationsChanged};

pub use store::holders;
pub(crate) use store::{admins, alerts_admins, inviter};

/// What one can choose channels for. Security cannot be chosen away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = NotificationGroup)]
pub enum Group {
    Bookings,
    /// Members, invitations, ownership, apps.
    Workspace,
    /// What did not work, and what is ready.
    System,
    Security,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = NotificationSeverity)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// What happened, told to one member.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Notification {
    pub id: Uuid,
    /// `booking.created`: what the sentence is to say.
    pub kind: String,
    pub group: Group,
    pub severity: Severity,
    pub subject_type: String,
    pub subject_id: Uuid,
    /// Who did it, where a member did.
    pub actor: Option<Named>,
    /// Whom it is about, where that is a member.
    pub person: Option<Named>,
    /// What the sentence is made of, by kind.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// Where the web app shows more.
    pub link: Option<String>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationMember)]
pub struct Named {
    pub user_id: Uuid,
    pub name: String,
}

/// What a module tells members of.
#[derive(Debug)]
pub struct Notice {
    pub kind: String,
    pub group: Group,
    pub severity: Severity,
    /// The contact or member whom the facts name.
    pub person: Option<Uuid>,
    pub facts: Value,
    pub link: Option<String>,
    /// No second one of it is written while one is unread.
    pub topic: Option<String>,
    /// Of what is told in all workspaces of the account, and read in all of them at once.
    pub notice_id: Option<Uuid>,
}

impl Notice {
    pub fn info(kind: impl Into<String>, group: Group) -> Self {
        Self {
            kind: kind.into(),
            group,
            severity: Severity::Info,
            person: None,
            facts: json!({}),
            link: None,
            topic: None,
            notice_id: None,
        }
    }
}

/// Tells those members of an event, in the transaction of its reaction: who is active, wants to know, and did not do it
/// himself or herself.
///
/// # Errors
/// The database's.
pub async fn notify(ctx: &mut Ctx, event: &Recorded, to: &[Uuid], notice: Notice) -> Result<()> {
    let to: Vec<Uuid> = to.iter().copied().filter(|user| event.actor_id != Some(*user)).collect();
    if to.is_empty() {
        return Ok(());
    }
    for told in store::insert(ctx, event, &to, &notice).await? {
        ctx.publish(&NotificationCreated {
            notification_id: told.id,
            user_id: told.user_id,
            notification_kind: notice.kind.clone(),
            group: notice.group,
            is_quiet: told.is_quiet,
        })?;
    }
    Ok(())
}

/// A message in the app as what [`notify`] tells of, since no event caused it by itself.
pub(crate) fn of_message(ctx: &Ctx, id: Uuid, subject_type: &str, subject_id: Uuid) -> Recorded {
    Recorded {
        tenant: ctx.tenant,
        id,
        seq: 0,
        kind: "message.received".to_owned(),
        subject_type: subject_type.to_owned(),
        subject_id,
        dispatched_at: None,
        owner_id: None,
        co_owners: Vec::new(),
        payload: json!({}),
        actor_id: None,
        created_at: ctx.now(),
    }
}

/// Marks these as read, or all; answers how many were not.
async fn mark_read(ctx: &mut Ctx, user: Uuid, ids: Option<&[Uuid]>) -> Result<i64> {
    let read = store::mark_read(ctx, user, ids).await?;
    if read.iter().any(|is_of_account| *is_of_account) {
        store::read_elsewhere(ctx, user).await?;
    }
    if !read.is_empty() {
        ctx.publish(&NotificationsChanged { user_id: user })?;
    }
    Ok(i64::try_from(read.len()).unwrap_or(i64::MAX))
}

/// Marks one as unread again, in this workspace.
async fn mark_unread(ctx: &mut Ctx, user: Uuid, id: Uuid) -> Result<()> {
    if store::mark_unread(ctx, user, id).await? {
        ctx.publish(&NotificationsChanged { user_id: user })?;
    }
    Ok(())
}

/// # Errors
/// 404 for what is not that member's.
async fn find(ctx: &mut Ctx, user: Uuid, id: Uuid) -> Result<Notification> {
    Ok(store::find(ctx, user, id).await?.ok_or_else(Problem::not_found)?)
}
