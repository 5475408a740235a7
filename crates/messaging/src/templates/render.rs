//! Texts of tenants with fields and conditions, rendered within bounds: no files, no other templates, so much work and no more.

use std::collections::BTreeSet;

use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::tags;

/// Steps of the interpreter: a text of the largest size with some loops takes a tenth of it.
const FUEL: u64 = 50_000;
/// Bytes of what comes out.
const LARGEST: usize = 200_000;
/// They part what `button` gives from the rest of a text; no value of a field holds them.
const MARKS: [char; 3] = ['\u{e000}', '\u{e001}', '\u{e002}'];

/// A message in a tenant's words: plain text throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    pub paragraphs: Vec<String>,
    /// Label and address.
    pub button: Option<(String, String)>,
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // The layout escapes all of it: here it is plain text.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_function("button", |label: &str, url: &str| -> Result<String, minijinja::Error> {
        if url.starts_with("https://") || url.starts_with("http://") {
            Ok(format!("{}{label}{}{url}{}", MARKS[0], MARKS[1], MARKS[2]))
        } else {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, "a button leads to an address of https://"))
        }
    });
    environment
}

/// In words for who wrote it.
fn words(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => "takes too much work".to_owned(),
        kind => format!("{line}{}", error.detail().map_or_else(|| kind.to_string(), str::to_owned)),
    }
}

/// `button("Change it", booking.manage_url)`
fn is_button(call: &str) -> bool {
    let inside = call.strip_prefix("button(").and_then(|rest| rest.strip_suffix(')'));
    let parts = inside.and_then(|inside| inside.rsplit_once(','));
    parts.is_some_and(|(label, url)| tags::is_text(label.trim()) && tags::is_field(url.trim()))
}

/// The fields that a text names: `booking.when`.
///
/// # Errors
/// In words, a text that is no template.
pub fn fields(source: &str) -> Result<BTreeSet<String>, String> {
    tags::check(source, is_button)?;
    let environment = environment();
    let template = environment.template_from_str(source).map_err(|error| words(&error))?;
    let is_function = |name: &str| environment.globals().any(|(global, _)| global == name);
    Ok(template.undeclared_variables(true).into_iter().filter(|name| !is_function(name)).collect())
}

/// The first name that `sample` has no value for.
pub fn unknown<'a>(names: &'a BTreeSet<String>, sample: &Value) -> Option<&'a str> {
    let is_known = |name: &str| name.split('.').try_fold(sample, |at, part| at.get(part)).is_some();
    names.iter().map(String::as_str).find(|name| !is_known(name))
}

/// # Errors
/// In words, what is undefined, or takes too much.
pub fn text(source: &str, values: &Value) -> Result<String, String> {
    tags::check(source, is_button)?;
    let text = environment().render_str(source, clean(values)).map_err(|error| words(&error))?;
    if text.len() > LARGEST { Err("becomes too long".to_owned()) } else { Ok(text) }
}

/// # Errors
/// As [`text`].
pub fn render(subject: &str, body: &str, values: &Value) -> Result<Rendered, String> {
    let subject = text(subject, values)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let (body, button) = part(&text(body, values)?);
    let body = body.replace("\r\n", "\n");
    let paragraphs = body.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(str::to_owned).collect();
    Ok(Rendered { subject: subject.replace(MARKS, ""), paragraphs, button })
}

/// The text without its buttons, and the first of them; a further one stays as label and address.
fn part(text: &str) -> (String, Option<(String, String)>) {
    let (mut rest, mut plain, mut button) = (text, String::with_capacity(text.len()), None);
    while let Some((before, after)) = rest.split_once(MARKS[0]) {
        plain.push_str(before);
        let Some(((label, url), after)) =
            after.split_once(MARKS[2]).and_then(|(inside, after)| Some((inside.split_once(MARKS[1])?, after)))
        else {
            rest = after;
            continue;
        };
        if button.is_none() {
            button = Some((label.to_owned(), url.to_owned()));
        } else {
            plain.push_str(&format!("{label}:\n{url}"));
        }
        rest = after;
    }
    plain.push_str(rest);
    (plain.replace(MARKS, ""), button)
}

/// Without the marks, which only `button` may set.
fn clean(values: &Value) -> Value {
    match values {
        Value::String(text) => Value::String(text.replace(MARKS, "")),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (name.clone(), clean(value))).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Value {
        json!({ "invitee": { "name": "Bob <b>\r\nBcc: eve@example.com" }, "booking": { "manage_url": "https://x/b/m/T", "notes": "" } })
    }

    #[test]
    fn a_subject_is_one_line_whatever_people_are_called() {
        let made = render("For {{ invitee.name }}", "Hello", &values()).expect("rendered");
        assert_eq!(made.subject, "For Bob <b> Bcc: eve@example.com");
    }

    #[test]
    fn conditions_and_buttons() {
        let body = "Hello {{ invitee.name }}\n\n{% if booking.notes %}Notes: {{ booking.notes }}{% endif %}\n\n{{ button('Change', booking.manage_url) }}";
        let made = render("S", body, &values()).expect("rendered");
        assert_eq!(made.paragraphs.len(), 1);
        assert_eq!(made.button, Some(("Change".to_owned(), "https://x/b/m/T".to_owned())));
    }

    #[test]
    fn nobody_makes_a_button_by_his_or_her_name() {
        let values = json!({ "name": "\u{e000}Pay\u{e001}https://evil.example\u{e002}" });
        let made = render("{{ name }}", "{{ name }}", &values).expect("rendered");
        assert_eq!((made.button, made.subject.as_str()), (None, "Payhttps://evil.example"));
        assert_eq!(made.paragraphs, ["Payhttps://evil.example"]);
        let script = json!({ "url": "javascript:alert(1)" });
        assert!(render("S", "{{ button('x', url) }}", &script).is_err());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let names = fields("{{ booking.wen }} {% if invitee.name %}{{ invitee.name }}{% endif %}").expect("a template");
        assert_eq!(unknown(&names, &values()), Some("booking.wen"));
        assert!(text("{{ booking.wen }}", &values()).is_err());
        assert!(fields("{% if %}").is_err());
    }

    #[test]
    fn what_takes_memory_or_reads_elsewhere_is_no_text() {
        for source in [
            "{% for a in range(9999) %}x{% endfor %}",
            "{% set a = 'x' %}",
            "{{ 'x' * 100000000 }}",
            "{{ name|indent(99999999999) }}",
            "{{ button('x' * 9, name) }}",
            "{{ button(name, 'https://x') }}",
            "{% include 'x' %}",
            "{% extends 'x' %}",
            "{% import 'x' as x %}",
        ] {
            assert!(text(source, &json!({ "name": "x" })).is_err() && fields(source).is_err(), "{source}");
        }
        let long = "{{ name }}".repeat(3);
        assert_eq!(text(&long, &json!({ "name": "x".repeat(LARGEST / 2) })), Err("becomes too long".to_owned()));
    }
}
