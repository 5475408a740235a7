//! Identifiers of rows: UUIDv7, made here and not in the database.

use uuid::Uuid;

/// A new identifier, later than all before it of this process.
pub fn new() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn ids_are_of_version_7_and_cannot_be_told() {
        let ids: Vec<_> = (0..1000).map(|_| super::new()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        // The last 32 bits are drawn anew for each.
        let drawn: HashSet<_> = ids.iter().map(|id| id.as_u128() as u32).collect();
        assert!(drawn.len() > 990, "{}", drawn.len());
    }
}
