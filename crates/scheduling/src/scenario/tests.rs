//! The committed scenarios, against what they expect and against the slow reference.

use std::path::Path;

use super::*;
use crate::slots::agrees_with_reference;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/scenarios"))
}

fn load(name: &str) -> Scenario {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.filter(|name| name.ends_with(".json")).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_scenario_comes_out_as_expected_and_as_the_reference_says() {
    let names = names();
    assert!(names.len() >= 100, "{}", names.len());
    let (mut expected, mut with_slots) = (0, 0);
    for name in &names {
        let scenario = load(name);
        let question = Question::new(&scenario).unwrap_or_else(|error| panic!("{name}: {error}"));
        for event in &question.events {
            assert!(agrees_with_reference(&question.query(event)), "{name}");
        }
        let answer = answer(&question, false).unwrap();
        with_slots += usize::from(!answer.slots.is_empty());
        if let Some(starts) = &scenario.expected {
            expected += 1;
            assert_eq!(answer.slots.iter().map(|slot| slot.start).collect::<Vec<_>>(), *starts, "{name}");
        }
    }
    assert!(expected >= 10 && with_slots * 10 > names.len() * 7, "{expected} expect something, {with_slots} have slots");
}

#[test]
fn the_turn_and_the_reasons_are_told_by_name() {
    let back = answer(&Question::new(&load("hand-back-from-absence.json")).unwrap(), false).unwrap();
    assert_eq!((&back.slots[0].organizers[..], &back.slots[0].assigned[..]), (&["Ana".into(), "Ben".into()][..], &["Ben".into()][..]));

    let room = answer(&Question::new(&load("hand-two-of-three-and-a-room.json")).unwrap(), true).unwrap();
    let why = serde_json::to_value(room.why.unwrap()).unwrap();
    let eleven = why.as_array().unwrap().iter().find(|why| why["start"] == "2026-06-02T11:00:00Z").unwrap();
    assert_eq!(eleven["rooms"]["Blue"][0], serde_json::json!({ "reason": "busy", "kind": "booking", "id": "r" }));
    assert_eq!(eleven["organizers"]["Ana"], serde_json::json!([]));
    let nine = why.as_array().unwrap().iter().find(|why| why["start"] == "2026-06-02T09:00:00Z").unwrap();
    assert_eq!(nine["organizers"]["Eva"][0], serde_json::json!({ "reason": "outside_hours", "date": "2026-06-02" }));

    let full = answer(&Question::new(&load("hand-last-seat.json")).unwrap(), true).unwrap();
    assert_eq!((full.slots[0].seats_left, full.slots[0].session.as_deref()), (1, Some("class")));
    let why = serde_json::to_value(full.why.unwrap()).unwrap();
    let noon = why.as_array().unwrap().iter().find(|why| why["start"] == "2026-06-02T12:00:00Z").unwrap();
    assert_eq!(noon["organizers"]["Ana"], serde_json::json!([{ "reason": "session_full", "id": "full" }]));
}

#[test]
fn what_makes_no_sense_is_named() {
    let with = |change: fn(&mut Scenario)| {
        let mut scenario = load("hand-collective-two-zones.json");
        change(&mut scenario);
        Question::new(&scenario).and_then(|question| answer(&question, true)).unwrap_err().to_string()
    };
    assert_eq!(with(|scenario| scenario.organizers[1].name = "Ana".into()), "two organizers are named Ana");
    assert_eq!(with(|scenario| scenario.organizers[0].timezone = "Mars/Base".into()), "Mars/Base is not an IANA time zone");
    assert_eq!(with(|scenario| scenario.event_type.durations.clear()), "durations must not be empty");
    assert_eq!(with(|scenario| scenario.event_type.needed = Some(1)), "needed must be given in the mode `some`, and in no other");
    assert_eq!(with(|scenario| scenario.event_type.slot_interval_minutes = 0), "slot interval must be 1 minute or more");
    let unknown = serde_json::from_str::<Scenario>(r#"{"now":"2026-06-01T00:00:00Z","later":1}"#).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `later`"), "{unknown}");
}

#[test]
fn the_schema_holds_all_of_the_format() {
    let schema = schema();
    assert_eq!(schema["properties"]["event_type"]["$ref"], "#/$defs/ScenarioEventType");
    let text = schema.to_string();
    for (at, _) in text.match_indices("#/$defs/") {
        let name = text[at + 8..].split('"').next().unwrap();
        assert!(schema["$defs"].get(name).is_some(), "{name} is not in the schema");
    }
    assert!(!text.contains("#/components"));
}
