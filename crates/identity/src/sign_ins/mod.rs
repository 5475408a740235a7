//! Attempts to sign in: one's own, those of a workspace's members, and those of nobody who is known here.

pub mod http;
mod store;

use platform::auth::Factor;
use platform::places::Place;
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    /// Came from another workspace in a session that was open already.
    Entered,
    Failed,
    /// Not looked at, since a wait or a limit lasted.
    Refused,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Entered => "entered",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// An attempt to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInAttempt {
    pub id: Uuid,
    /// `success`, `entered` (came from another workspace), `failed` or `refused` (not looked at, since a wait or a limit lasted)
    pub outcome: String,
    /// What was shown; of a failure what was not right.
    pub factors: Vec<Factor>,
    /// Why it failed, such as `password`, `second_factor` or `inactive`; `wait` or `limit` of what was refused.
    pub failure_reason: Option<String>,
    /// How many there were in that minute, of those refused; else 1. Above a few it is kept to within a half.
    pub attempts: i32,
    /// The name of the workspace where it led.
    pub workspace: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// Where that address was, as far as it was known then.
    pub place: Option<Place>,
    pub created_at: Timestamp,
}

/// An attempt on a member's account that failed, or that led into the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberSignIn {
    pub user_id: Uuid,
    pub user_name: String,
    #[serde(flatten)]
    pub attempt: SignInAttempt,
}

/// An attempt on no account of this instance.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnknownSignIn {
    #[serde(flatten)]
    pub attempt: SignInAttempt,
    /// Stands for the address that was typed, which is kept nowhere: the same address has the same mark. Null where none was.
    pub email_mark: Option<String>,
}
