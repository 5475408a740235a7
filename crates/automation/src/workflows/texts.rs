//! Texts that workspaces write, with `{{ contact.name }}` and `{% if booking.location %}` and nothing else of the template language:
//! what loops, joins texts or calls functions could take all memory, which no bound on the work of a template prevents.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

/// Steps of the template's machine: some hundred times what a long mail takes.
const FUEL: u64 = 50_000;
/// Characters of what comes out.
const LONGEST: usize = 20_000;

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    // A field that a record does not have is an empty place, as in a letter.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // Plain text: who shows it escapes it.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // What has no value is an empty place as well, and not the word "none".
    environment.set_formatter(|out, state, value| if value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) });
    environment
}

/// # Errors
/// What is wrong with it, in words.
pub fn check(text: &str) -> Result<(), String> {
    check_tags(text)?;
    environment().template_from_str(text).map(drop).map_err(|error| error.to_string())
}

/// # Errors
/// What is wrong with it, in words.
pub fn render(text: &str, values: &Value) -> Result<String, String> {
    check_tags(text)?;
    let said = environment().render_str(text, values).map_err(|error| error.to_string())?;
    if said.chars().count() > LONGEST {
        return Err(format!("the text would be longer than {LONGEST} characters"));
    }
    Ok(said.trim().to_owned())
}

/// Whether all that stands in braces is a field, or a condition on one.
fn check_tags(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let tag = &rest[at..];
        let (close, fits): (&str, fn(&str) -> bool) = if tag.starts_with("{{") { ("}}", is_field) } else { ("%}", is_condition) };
        let end = tag.find(close).ok_or_else(|| format!("a brace is not closed: {}", beginning(tag)))?;
        if !fits(tag[2..end].trim_matches('-').trim()) {
            return Err(format!("only fields and conditions on them can stand in braces, not {}", beginning(&tag[..end + 2])));
        }
        rest = &tag[end + 2..];
    }
    Ok(())
}

fn beginning(tag: &str) -> String {
    tag.chars().take(40).collect()
}

/// `booking.date`
fn is_field(text: &str) -> bool {
    let is_name =
        |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    text.split('.').all(is_name)
}

/// `if booking.location`, `elif not contact.phone`, `if booking.status == "confirmed"`, `else`, `endif`
fn is_condition(text: &str) -> bool {
    let Some((word, asked)) = text.split_once(char::is_whitespace) else { return matches!(text, "else" | "endif") };
    let asked = asked.trim();
    let asked = asked.strip_prefix("not ").unwrap_or(asked);
    let (field, compared) = match asked.split_once("==").or_else(|| asked.split_once("!=")) {
        Some((field, value)) => (field.trim(), Some(value.trim())),
        None => (asked.trim(), None),
    };
    let is_text = |value: &str| {
        let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        inner.is_some_and(|inner| !inner.contains(['"', '\\', '{', '}', '%']))
    };
    matches!(word, "if" | "elif") && is_field(field) && compared.is_none_or(is_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_filled_in_and_missing_ones_are_empty() {
        let values = json!({ "contact": { "name": "Bea <b>", "phone": null, "lifecycle": "lead" } });
        assert_eq!(render("Hello {{ contact.name }}!{{ contact.phone }}{{ contact.x.y }}", &values), Ok("Hello Bea <b>!".to_owned()));
        assert_eq!(render("{% if contact.phone %}a{% else %}b{% endif %}", &values), Ok("b".to_owned()));
        assert_eq!(render("{% if contact.lifecycle == \"lead\" %}a{% endif %}", &values), Ok("a".to_owned()));
        assert_eq!(render("{%- if not contact.phone -%} a {%- endif -%}", &values), Ok("a".to_owned()));
    }

    #[test]
    fn what_could_take_memory_or_reach_outside_is_refused() {
        for text in [
            "{% for a in range(9000) %}x{% endfor %}",
            "{% set x = 'xx' %}",
            "{{ 'x' * 100000000 }}",
            "{{ contact.name ~ contact.name }}",
            "{{ contact.name|indent(99999999999) }}",
            "{{ range(9) }}",
            "{% include '/etc/passwd' %}",
            "{% if contact.name * 9 %}{% endif %}",
            "{% if contact.name == \"a\" ~ \"b\" %}{% endif %}",
            "{# a comment #}",
            "{{ contact.name",
            "{% if contact.name %}",
        ] {
            assert!(check(text).is_err(), "{text}");
            assert!(render(text, &json!({})).is_err(), "{text}");
        }
        assert!(check("{{ contact.name }} { } }} %}").is_ok());
    }
}
