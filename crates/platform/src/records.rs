//! Records that other modules know by the name of their kind alone: what conditions test, texts say and workflows change. A module
//! lists its kinds; the binary puts the lists together.

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::time::Timestamp;

/// A kind of record, named as the events about it are: `booking` of `booking.created`.
#[derive(Clone, Copy)]
pub struct RecordKind {
    pub name: &'static str,
    /// Who may read such records may test and mention them.
    pub read_permission: &'static str,
    /// What it takes to have fields set.
    pub write_permission: &'static str,
    pub fields: &'static [Field],
    /// Moments of a record that something can follow or come before: `before_start`.
    pub moments: &'static [&'static str],
    /// None for what does not exist, any more.
    pub read: for<'a> fn(&'a mut Ctx, Uuid) -> BoxFuture<'a, Result<Option<Record>>>,
    /// The latest ones, the newest first, at most so many.
    pub recent: for<'a> fn(&'a mut Ctx, i64) -> BoxFuture<'a, Result<Vec<Sample>>>,
    /// The records whose moment, so many minutes off, is after the one instant and not after the other; with the moment itself.
    pub due: for<'a> fn(&'a mut Ctx, Window) -> BoxFuture<'a, Result<Due>>,
    /// Sets a field that is `settable`, to a value of its type.
    pub set: for<'a> fn(&'a mut Ctx, Uuid, &'a str, &'a str) -> BoxFuture<'a, Result<()>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub settable: bool,
}

impl Field {
    pub const fn of(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, settable: false }
    }

    pub const fn settable(name: &'static str, kind: FieldKind) -> Self {
        Self { name, kind, settable: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    /// RFC 3339.
    Time,
    Choice(&'static [&'static str]),
}

/// A record as others see it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub fields: Map<String, Value>,
    /// Whom it is about.
    pub contact_id: Option<Uuid>,
    /// Who is told of it from outside the workspace.
    pub invitee: Option<Reader>,
    /// The members who look after it.
    pub organizers: Vec<Reader>,
    /// Where the web app shows it.
    pub link: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Reader {
    /// Of a member.
    pub user_id: Option<Uuid>,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub locale: String,
}

/// A record to choose among others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecordSample)]
pub struct Sample {
    pub id: Uuid,
    /// What tells it from others: a name.
    pub name: String,
    pub at: Timestamp,
}

/// Records that are due, each with its moment.
pub type Due = Vec<(Uuid, Timestamp)>;

/// Which records are due.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub moment: &'static str,
    pub minutes: i32,
    pub after: Timestamp,
    pub until: Timestamp,
}
