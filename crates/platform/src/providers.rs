//! Providers of identities (OpenID Connect) that the person who hosts lets people sign in with.

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

/// One provider, as its registration there says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name in addresses, such as `google`; the address to register there ends with it.
    pub key: String,
    /// Its name on buttons.
    pub name: String,
    /// `https://accounts.google.com`; the discovery document stands below it.
    pub issuer: String,
    pub client_id: String,
    /// None for a client that has none.
    pub client_secret: Option<SecretString>,
    /// The only domains whose addresses it is believed about; any, where it is empty.
    #[serde(default)]
    pub domains: Vec<String>,
}

/// Whether it is an address that a provider can have.
pub fn is_issuer(text: &str, allows_plain_http: bool) -> bool {
    let is_address = Url::parse(text).is_ok_and(|url| url.scheme() == "https" || (allows_plain_http && url.scheme() == "http"));
    is_address && !text.contains(['?', '#'])
}

/// Reads the file of providers, a JSON array.
///
/// # Errors
/// What is wrong with it, in words for the person who wrote it.
pub fn parse(text: &str, allows_plain_http: bool) -> Result<Vec<Provider>, String> {
    let mut providers: Vec<Provider> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut keys = std::collections::BTreeSet::new();
    for provider in &mut providers {
        let key = &provider.key;
        let is_plain = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_plain || !(1..=40).contains(&key.len()) {
            return Err(format!("the key `{key}` may have lower case letters, digits and hyphens, 40 at most"));
        }
        if !keys.insert(key.clone()) {
            return Err(format!("the key `{key}` stands there twice"));
        }
        if !is_issuer(&provider.issuer, allows_plain_http) {
            return Err(format!("the issuer of `{key}` must be an address that begins with https:// and has neither ? nor #"));
        }
        if provider.name.trim().is_empty() || provider.client_id.is_empty() {
            return Err(format!("`{key}` needs a name and a client_id"));
        }
        for domain in &mut provider.domains {
            *domain = domain.to_lowercase();
        }
    }
    Ok(providers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, issuer: &str) -> String {
        format!(r#"{{ "key": "{key}", "name": "Acme", "issuer": "{issuer}", "client_id": "atrium", "domains": ["Acme.example"] }}"#)
    }

    #[test]
    fn a_file_is_read_and_what_is_wrong_is_named() {
        let read = parse(&format!("[{}]", one("acme", "https://id.acme.example/realms/x")), false).expect("read");
        assert_eq!((read.len(), read[0].domains.as_slice()), (1, ["acme.example".to_owned()].as_slice()));
        for (file, word) in [
            (format!("[{}]", one("Acme", "https://id.example")), "key"),
            (format!("[{}]", one("", "https://id.example")), "key"),
            (format!("[{0}, {0}]", one("acme", "https://id.example")), "twice"),
            (format!("[{}]", one("acme", "http://id.example")), "https"),
            (format!("[{}]", one("acme", "https://id.example/?x=1")), "issuer"),
            (format!("[{}]", one("acme", "id.example")), "issuer"),
            (r#"[{ "key": "acme", "secret": "x" }]"#.to_owned(), "secret"),
            ("{}".to_owned(), "sequence"),
        ] {
            let refused = parse(&file, false).expect_err("refused");
            assert!(refused.contains(word), "{file}: {refused}");
        }
        assert!(parse(&format!("[{}]", one("acme", "http://127.0.0.1:9000")), true).is_ok());
    }
}
