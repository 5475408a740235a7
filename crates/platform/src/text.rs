//! Texts that people type, as they are stored and compared.

use crate::error::Problem;

/// Checks that collect every field's error before they refuse.
#[derive(Default)]
pub struct Checks(Vec<crate::error::FieldError>);

impl Checks {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(crate::error::FieldError { field: field.to_owned(), code, message: message.into() });
    }

    /// Trimmed, at least `least` characters, one line; sent with at most `most`, as the document says.
    pub fn line(&mut self, field: &str, text: &str, least: usize, most: usize) -> String {
        let trimmed = text.trim();
        if trimmed.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.add(field, "invalid", "must be one line without control characters");
        }
        self.length(field, text, least, most);
        trimmed.to_owned()
    }

    /// Trimmed, several lines allowed; sent with at most `most` characters, as the document says.
    pub fn paragraph(&mut self, field: &str, text: &str, most: usize) -> String {
        let trimmed = text.trim();
        if trimmed.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.add(field, "invalid", "must not hold control characters");
        }
        self.length(field, text, 0, most);
        trimmed.to_owned()
    }

    fn length(&mut self, field: &str, text: &str, least: usize, most: usize) {
        let count = text.trim().chars().count();
        if count < least {
            self.add(
                field,
                if count == 0 { "required" } else { "too_short" },
                if least <= 1 { "is required".to_owned() } else { format!("needs at least {least} characters") },
            );
        } else if text.chars().count() > most {
            self.add(field, "too_long", format!("may have at most {most} characters"));
        }
    }

    /// An address as RFC 5321 writes them, without quoted local parts or comments.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let address = text.trim();
        if address.is_empty() {
            self.add(field, "required", "is required");
        } else if !is_email(address) || text.chars().count() > 254 {
            self.add(field, "invalid", "is not an e-mail address");
        }
        address.to_owned()
    }

    /// A telephone number without the marks that people write between its digits: `+31612345678`. `00` before the country
    /// is the same as `+`; a number without country stays as it is. None for an empty text.
    pub fn phone(&mut self, field: &str, text: &str) -> Option<String> {
        let bare: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '.' | '/')).collect();
        if bare.is_empty() {
            return None;
        }
        let bare = bare.strip_prefix("00").map_or(bare.clone(), |rest| format!("+{rest}"));
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        // E.164 allows 15 digits; the shortest subscriber numbers in use have 4.
        if !(4..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            self.add(field, "invalid", "must be a telephone number such as +31 6 1234 5678");
        }
        Some(bare)
    }

    pub fn zone(&mut self, field: &str, name: &str) -> String {
        if crate::time::zone(name).is_err() {
            self.add(field, "unknown_zone", "is not a time zone such as Europe/Amsterdam");
        }
        name.to_owned()
    }

    pub fn locale(&mut self, field: &str, name: &str) -> String {
        if !LOCALES.contains(&name) {
            self.add(field, "unknown_locale", format!("must be one of {}", LOCALES.join(", ")));
        }
        name.to_owned()
    }

    pub fn slug(&mut self, field: &str, text: &str, least: usize, most: usize) -> String {
        let well_formed = !text.is_empty()
            && text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if !well_formed {
            self.add(field, "invalid", "may hold lower-case letters, digits and single hyphens between them");
        }
        self.length(field, text, least, most);
        text.to_owned()
    }

    pub fn color(&mut self, field: &str, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        if lower.len() != 7 || !lower.starts_with('#') || !lower.bytes().skip(1).all(|b| b.is_ascii_hexdigit()) {
            self.add(field, "invalid", "must be a colour such as #0066cc");
        }
        lower
    }

    pub fn range(&mut self, field: &str, number: i32, least: i32, most: i32) -> i32 {
        if !(least..=most).contains(&number) {
            self.add(field, "out_of_range", format!("must be between {least} and {most}"));
        }
        number
    }

    pub fn one_of(&mut self, field: &str, value: &str, allowed: &[&str]) -> String {
        if !allowed.contains(&value) {
            self.add(field, "invalid", format!("must be one of {}", allowed.join(", ")));
        }
        value.to_owned()
    }

    /// # Errors
    /// `validation_failed` with all that was found.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::validation(self.0)) }
    }
}

/// The languages of the catalogues.
pub const LOCALES: [&str; 3] = ["en", "pt-BR", "nl"];

/// Whether mail can go there, as far as the text says it.
pub fn is_email(address: &str) -> bool {
    // Signs that only look like others (full-width letters, the Kelvin sign) would make one address another's: lower case makes
    // a plain k of the Kelvin sign, and a mail to it would go to somebody else.
    if !unicode_normalization::is_nfkc(address) {
        return false;
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let domain_ok = domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    address.len() <= 254 && local_ok && domain_ok
}

/// The form in which two addresses are the same: trimmed, lower case. (Case in the local part is significant by RFC
/// 5321 and by no provider.)
pub fn email_key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// A text as it is sorted and searched.
pub fn name_key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A slug made from a name: ASCII letters and digits of it, hyphens between words; may be empty.
pub fn slugify(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => "a",
            'é' | 'è' | 'ê' | 'ë' => "e",
            'í' | 'ì' | 'î' | 'ï' => "i",
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
            'ú' | 'ù' | 'û' | 'ü' => "u",
            'ç' => "c",
            'ñ' => "n",
            'ß' => "ss",
            'æ' => "ae",
            _ => "",
        };
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !plain.is_empty() {
            slug.push_str(plain);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(50);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["ana@example.com", "a.b+c@sub.example.co", "josé@exämple.de"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@localhost",
            "a b@example.com",
            "ana@example.com\r\nBcc: x@example.com",
            "a..b@example.com",
            "ana@-x.com",
            "<ana@example.com>",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_most_is_of_what_is_sent_and_the_least_of_what_is_kept() {
        let codes = |check: fn(&mut Checks) -> String| {
            let mut checks = Checks::new();
            check(&mut checks);
            checks.0.iter().map(|error| error.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(|checks| checks.line("x", " a ", 1, 3)), [] as [&str; 0]);
        assert_eq!(codes(|checks| checks.line("x", " a  ", 1, 3)), ["too_long"]);
        assert_eq!(codes(|checks| checks.line("x", "  ", 1, 3)), ["required"]);
        assert_eq!(codes(|checks| checks.paragraph("x", "a\n\n\n", 3)), ["too_long"]);
        assert_eq!(codes(|checks| checks.email("x", &format!("a@example.com{}", " ".repeat(250)))), ["invalid"]);
    }

    #[test]
    fn slugs_from_names() {
        assert_eq!(slugify("Ana Gonçalves & Søn"), "ana-goncalves-son");
        assert_eq!(slugify("日本"), "");
        assert_eq!(slugify("  --  30 min  "), "30-min");
    }
}
