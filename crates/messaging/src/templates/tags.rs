//! What may stand in the braces of a text that a workspace writes: fields and conditions on them. What else the template language knows
//! (loops, joined texts, filters) could take all memory, which no bound on the work of a template prevents.

/// # Errors
/// In words, where something else stands in braces than a field, a condition on one, or what `is_call` knows.
pub fn check(text: &str, is_call: fn(&str) -> bool) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let tag = &rest[at..];
        let is_shown = tag.starts_with("{{");
        let close = if is_shown { "}}" } else { "%}" };
        let end = tag.find(close).ok_or_else(|| format!("a brace is not closed: {}", beginning(tag)))?;
        let inside = tag[2..end].trim_matches('-').trim();
        let fits = if is_shown { is_field(inside) || is_call(inside) } else { is_condition(inside) };
        if !fits {
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
pub fn is_field(text: &str) -> bool {
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
    matches!(word, "if" | "elif") && is_field(field) && compared.is_none_or(is_text)
}

/// `"confirmed"`, `'confirmed'`
pub fn is_text(value: &str) -> bool {
    ['"', '\''].into_iter().any(|quote| {
        let inner = value.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
        inner.is_some_and(|inner| !inner.contains([quote, '\\', '{', '}', '%']))
    })
}
