//! Identifiers of rows: UUIDv7, made here and not in the database.

use uuid::Uuid;

/// A new identifier, later than all before it of this process.
pub fn new() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    Uuid::now_v7()
}
