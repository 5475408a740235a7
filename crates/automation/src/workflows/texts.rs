//! Texts that workspaces write, with `{{ contact.name }}` and the like. A template reaches the values that it is given and nothing
//! else: it loads no other template, calls no function of ours, and ends after so much work.

use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

/// Steps of the template's machine: some hundred times what a long mail takes.
const FUEL: u64 = 50_000;
/// Characters of what comes out.
const LONGEST: usize = 20_000;

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(20);
    // A field that a record does not have is an empty place, as in a letter.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // Plain text: who shows it escapes it.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    // What has no value is an empty place as well, and not the word "none".
    environment.set_formatter(|out, state, value| if value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) });
    environment
}

/// # Errors
/// What is wrong with it, in words.
pub fn check(text: &str) -> Result<(), String> {
    environment().template_from_str(text).map(drop).map_err(|error| error.to_string())
}

/// # Errors
/// What is wrong with it, in words.
pub fn render(text: &str, values: &Value) -> Result<String, String> {
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
        let values = json!({ "contact": { "name": "Bea <b>", "phone": null } });
        assert_eq!(render("Hello {{ contact.name }}!{{ contact.phone }}{{ contact.x.y }}", &values), Ok("Hello Bea <b>!".to_owned()));
        assert_eq!(render("{% if contact.phone %}a{% else %}b{% endif %}", &values), Ok("b".to_owned()));
    }

    #[test]
    fn what_takes_too_long_or_reaches_outside_ends() {
        for text in [
            "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}",
            "{% include '/etc/passwd' %}",
            "{{ 'x' * 100000000 }}",
            "{{ debug_everything() }}",
        ] {
            assert!(render(text, &json!({})).is_err(), "{text}");
        }
        assert!(check("{{ contact.name").is_err());
        assert!(check("{{ contact.name }}").is_ok());
    }
}
