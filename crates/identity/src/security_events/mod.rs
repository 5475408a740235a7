//! What concerns the safety of members' accounts, as their workspace sees it: which and when. Where from and the details are
//! the user's alone.

pub mod http;
mod store;

use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something about the safety of a member's account, or of the workspace's audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberSecurityEvent {
    pub id: Uuid,
    /// `password_changed`
    pub event: String,
    /// `low`, `medium`, `high` or `critical`
    pub severity: String,
    /// None for the workspace's own.
    pub user_id: Option<Uuid>,
    pub user_name: Option<String>,
    pub created_at: Timestamp,
}

/// Something about the safety of one's own account.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnSecurityEvent {
    pub id: Uuid,
    /// `password_changed`
    pub event: String,
    /// `low`, `medium`, `high` or `critical`
    pub severity: String,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
}
