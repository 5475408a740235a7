use platform::Problem;

use super::{Day, Fields, Override, Rule};
use crate::slots::Weeks;

fn rule(day: Day, start: &str, end: &str) -> Rule {
    Rule { day, start: start.parse().expect("a time"), end: end.parse().expect("a time"), weeks: Weeks::Every }
}

fn dated(date: &str, hours: Option<(&str, &str)>) -> Override {
    let time = |text: &str| text.parse().expect("a time");
    Override {
        date: platform::time::Date(date.parse().expect("a date")),
        is_available: hours.is_some(),
        start: hours.map(|(start, _)| time(start)),
        end: hours.map(|(_, end)| time(end)),
    }
}

fn fields(rules: Vec<Rule>, overrides: Vec<Override>) -> Fields {
    Fields { name: "Hours".to_owned(), timezone: "Europe/Amsterdam".to_owned(), make_default: false, rules, overrides }
}

fn named(problem: &Problem) -> Vec<(&str, &str)> {
    problem.errors.iter().map(|error| (error.field.as_str(), error.code)).collect()
}

#[test]
fn windows_that_touch_are_kept_in_order() {
    let checked =
        fields(vec![rule(Day::Tue, "12:00", "24:00"), rule(Day::Mon, "09:00", "10:00"), rule(Day::Tue, "00:00", "12:00")], vec![]);
    let checked = checked.checked().expect("valid");
    assert_eq!(checked.rules, [rule(Day::Mon, "09:00", "10:00"), rule(Day::Tue, "00:00", "12:00"), rule(Day::Tue, "12:00", "24:00")]);
}

#[test]
fn overlaps_are_named_by_their_index() {
    let rules = vec![
        rule(Day::Mon, "09:00", "17:00"),
        rule(Day::Tue, "09:00", "17:00"),
        rule(Day::Mon, "12:00", "13:00"),
        rule(Day::Mon, "16:59", "18:00"),
    ];
    let problem = fields(rules, vec![]).checked().expect_err("refused");
    assert_eq!(named(&problem), [("rules.2.start", "overlap"), ("rules.3.start", "overlap")]);
}

#[test]
fn a_window_must_not_be_empty() {
    let problem = fields(vec![rule(Day::Sun, "10:00", "10:00"), rule(Day::Sun, "11:00", "09:00")], vec![]).checked().expect_err("refused");
    assert_eq!(named(&problem), [("rules.0.end", "invalid"), ("rules.1.end", "invalid")]);
}

#[test]
fn a_day_away_stands_alone_and_has_no_hours() {
    let split =
        vec![dated("2026-12-24", Some(("09:00", "11:00"))), dated("2026-12-24", Some(("13:00", "15:00"))), dated("2026-12-25", None)];
    assert!(fields(vec![], split).checked().is_ok());
    let twice = vec![dated("2026-12-25", None), dated("2026-12-25", Some(("09:00", "11:00")))];
    assert_eq!(named(&fields(vec![], twice).checked().expect_err("refused")), [("overrides.1.date", "duplicate")]);
    let no_hours = Override { is_available: true, ..dated("2026-12-25", None) };
    assert_eq!(named(&fields(vec![], vec![no_hours]).checked().expect_err("refused")), [("overrides.0.start", "required")]);
    let hours = Override { is_available: false, ..dated("2026-12-25", Some(("09:00", "11:00"))) };
    assert_eq!(named(&fields(vec![], vec![hours]).checked().expect_err("refused")), [("overrides.0.start", "invalid")]);
}
