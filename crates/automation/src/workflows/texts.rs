//! Texts that workspaces write, with `{{ contact.name }}` and `{% if booking.location %}` and nothing else of the template language:
//! what loops, joins texts or calls functions could take all memory, which no bound on the work of a template prevents.

use messaging::templates::tags;
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
    tags::check(text, |_| false)?;
    environment().template_from_str(text).map(drop).map_err(|error| error.to_string())
}

/// # Errors
/// What is wrong with it, in words.
pub fn render(text: &str, values: &Value) -> Result<String, String> {
    tags::check(text, |_| false)?;
    let said = environment().render_str(text, values).map_err(|error| error.to_string())?;
    if said.chars().count() > LONGEST {
        return Err(format!("the text would be longer than {LONGEST} characters"));
    }
    Ok(said.trim().to_owned())
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
