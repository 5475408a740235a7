//! What each module holds about a person: how it hands that out, and how it forgets it.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ctx::Ctx;
use crate::error::Result;

/// Whose data it is, within one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// A user as a member of the tenant.
    Member(Uuid),
    Contact(Uuid),
}

/// What became of one kind of record in an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// `scheduling.bookings`
    pub what: String,
    pub count: i64,
    /// Whether the records went; otherwise they stay, with the person's fields emptied.
    pub removed: bool,
    /// Why they stay.
    pub reason: Option<String>,
}

impl Outcome {
    pub fn removed(what: &str, count: u64) -> Self {
        Self { what: what.to_owned(), count: i64::try_from(count).unwrap_or(i64::MAX), removed: true, reason: None }
    }

    pub fn emptied(what: &str, count: u64, reason: &str) -> Self {
        Self { removed: false, reason: Some(reason.to_owned()), ..Self::removed(what, count) }
    }
}

/// One for each module that holds anything about people; the binary lists them, so that none is forgotten by another.
pub trait PersonalData: Send + Sync + 'static {
    /// By name of the kind of record. The context's transaction is that of the tenant.
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>>;

    /// Removes the records, or empties their fields, in the context's transaction, and commits nothing. Doing it twice
    /// changes nothing more.
    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>>;
}
