use platform::time::Timestamp;

use super::{Slot, whole_second};
use crate::slots;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

#[test]
fn a_range_that_begins_within_a_second_begins_with_the_next() {
    assert_eq!(whole_second(at("2026-11-21T15:00:00Z")), at("2026-11-21T15:00:00Z").as_second());
    assert_eq!(whole_second(at("2026-11-21T15:00:00.000001Z")), at("2026-11-21T15:00:01Z").as_second());
    assert_eq!(whole_second(at("1969-12-31T23:59:59.5Z")), 0);
}

#[test]
fn slots_are_instants_in_utc() {
    let slot = Slot::from(slots::Slot {
        start: at("2026-11-21T15:00:00Z").as_second(),
        end: at("2026-11-21T15:30:00Z").as_second(),
        seats_left: 1,
        session: None,
    });
    let json = serde_json::to_value(slot).expect("JSON");
    assert_eq!(json, serde_json::json!({ "start": "2026-11-21T15:00:00Z", "end": "2026-11-21T15:30:00Z" }));
}
