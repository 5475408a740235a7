use platform::text::Checks;

use super::{Fields, Kind};

fn number(text: &str) -> Result<Option<String>, String> {
    let mut checks = Checks::new();
    let number = checks.phone("phone", text);
    checks.done().map(|()| number).map_err(|problem| problem.detail)
}

#[test]
fn telephone_numbers_lose_their_punctuation() {
    assert_eq!(number("+31 (6) 12-34.56 78"), Ok(Some("+31612345678".to_owned())));
    assert_eq!(number("0031612345678"), Ok(Some("+31612345678".to_owned())));
    assert_eq!(number("(11) 98765-4321"), Ok(Some("11987654321".to_owned())));
    assert_eq!(number("  "), Ok(None));
    for bad in ["12", "+3161234567890123", "call me", "+31 6 1234 ext 5", "++31612345678", "٣١٦١٢٣٤٥"] {
        assert!(number(bad).is_err(), "{bad}");
    }
}

fn fields() -> Fields {
    Fields { name: " Ana Lima ".to_owned(), source: "manual".to_owned(), ..Fields::default() }
}

#[test]
fn empty_texts_are_none_and_names_are_trimmed() {
    let checked = Fields { email: Some(" ".to_owned()), job_title: Some(String::new()), notes: Some("\n".to_owned()), ..fields() }
        .checked()
        .expect("valid");
    assert_eq!(checked, Fields { name: "Ana Lima".to_owned(), ..fields() });
}

#[test]
fn every_wrong_field_is_named() {
    let wrong = Fields {
        kind: Kind::Company,
        name: String::new(),
        email: Some("ana@example.com\r\nBcc: x@example.com".to_owned()),
        timezone: Some("Mars/Olympus".to_owned()),
        locale: Some("xx".to_owned()),
        company_id: Some(platform::id::new()),
        notes: Some("x".repeat(20_001)),
        ..fields()
    };
    let problem = wrong.checked().expect_err("refused");
    let mut named: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["company_id", "email", "locale", "name", "notes", "timezone"]);
}
