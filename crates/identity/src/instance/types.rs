//! Tenants, users and health as the administrators of the instance see them.

use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::accounts::StatusLine;
use crate::erasure::Report;
use crate::plans::Subscription;
use crate::tenants::Features;

/// A tenant from outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceTenant {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// `active`, `inactive`, `suspended`, `pending_deletion` or `deleted`
    pub status: String,
    /// Who is on record as its owner.
    pub owner_name: String,
    pub owner_email: String,
    /// Who may get in.
    pub members: i64,
    /// When a member last did something.
    pub last_active_at: Option<Timestamp>,
    /// Bytes of its files.
    pub file_bytes: i64,
    /// Jobs without attempts left.
    pub jobs_failed: i64,
    /// Mails of the last 90 days that could not be sent.
    pub mails_failed: i64,
    pub trial_ends_at: Option<Timestamp>,
    pub deletion_scheduled_at: Option<Timestamp>,
    pub features: Features,
    /// Of the workspace's record, for `If-Match`.
    pub version: i64,
    pub created_at: Timestamp,
}

/// A tenant with what happened to its status, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceTenantDetails {
    pub tenant: InstanceTenant,
    /// Null for an erased one.
    pub subscription: Option<Subscription>,
    pub history: Vec<StatusLine>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspensionInput {
    /// The owners read it.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialInput {
    /// Null where it tries no more.
    pub ends_at: Option<Timestamp>,
}

/// A user from outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceUser {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `active`, `inactive`, `suspended` or `deleted`
    pub status: String,
    pub is_platform_admin: bool,
    /// In how many workspaces he or she is an active member.
    pub workspaces: i64,
    pub last_active_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Who has an address; nobody where null.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundUser {
    pub user: Option<InstanceUser>,
}

/// A user with what happened to the status, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceUserDetails {
    pub user: InstanceUser,
    pub history: Vec<StatusLine>,
}

/// An erasure and what it did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Erasure {
    pub id: Uuid,
    /// `tenant` or `user`
    pub kind: String,
    pub subject_id: Uuid,
    /// The tenant's former name; nothing of a user.
    pub label: String,
    pub started_at: Timestamp,
    /// Null while it is under way.
    pub finished_at: Option<Timestamp>,
    pub report: Report,
}

/// How many of a status there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCount {
    pub status: String,
    pub count: i64,
}

/// How the instance stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstanceHealth {
    pub database_bytes: i64,
    /// Of the disk with the files; null where they live elsewhere.
    pub disk_free_bytes: Option<i64>,
    pub disk_bytes: Option<i64>,
    pub jobs_waiting: i64,
    pub jobs_failed: i64,
    pub mails_waiting: i64,
    /// Of the last 90 days.
    pub mails_failed: i64,
    /// Facts that wait for their reactions.
    pub events_waiting: i64,
    pub tenants: Vec<StatusCount>,
    pub users: Vec<StatusCount>,
}
