//! The session's cookie: how it is named, set, read and taken back.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use platform::crypto::sha256;
use platform::state::Config;
use zeroize::Zeroizing;

/// `Token::random` makes 32 bytes, which are 43 characters of URL-safe Base64.
const TOKEN_LENGTH: usize = 43;

/// Browsers hold a `__Host-` cookie to this host, to TLS and to the root path, so that no sibling host can plant one.
/// On plain HTTP they refuse it.
fn name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-atrium" } else { "atrium_session" }
}

/// Of the browser that somebody signed in with before.
fn device_name(config: &Config) -> &'static str {
    if config.is_https() { "__Host-atrium-device" } else { "atrium_device" }
}

/// Of the browser that is on its way through a provider, or waits for a mail.
fn errand_name(config: &Config, errand: Errand) -> &'static str {
    match (errand, config.is_https()) {
        (Errand::Provider, true) => "__Host-atrium-provider",
        (Errand::Provider, false) => "atrium_provider",
        (Errand::MailLink, true) => "__Host-atrium-mail-link",
        (Errand::MailLink, false) => "atrium_mail_link",
    }
}

/// What a browser is known by until it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    Provider,
    MailLink,
}

/// `Set-Cookie` for so many seconds. Strict: another site sends the browser back, but to a page of ours, which then asks.
pub fn set_errand(config: &Config, errand: Errand, token: &str, max_age: i64) -> String {
    format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{}; Max-Age={max_age}", errand_name(config, errand), secure(config))
}

/// The presented token itself.
pub fn presented_errand(config: &Config, errand: Errand, headers: &HeaderMap) -> Option<Zeroizing<String>> {
    text(errand_name(config, errand), headers).map(|token| Zeroizing::new(token.to_owned()))
}

/// `Set-Cookie` by which a browser is known, for so many seconds.
pub fn set_device(config: &Config, token: &str, max_age: i64) -> String {
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{}; Max-Age={max_age}", device_name(config), secure(config))
}

/// `Set-Cookie` for a token; `max_age` in seconds, without it the cookie ends with the browser.
pub fn set(config: &Config, token: &str, max_age: Option<i64>) -> String {
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{}={token}; Path=/; HttpOnly; SameSite=Lax{}{age}", name(config), secure(config))
}

/// `Set-Cookie` that removes it.
pub fn clear(config: &Config) -> String {
    format!("{}=; Path=/; HttpOnly; SameSite=Lax{}; Max-Age=0", name(config), secure(config))
}

fn secure(config: &Config) -> &'static str {
    if config.is_https() { "; Secure" } else { "" }
}

/// The hash of the presented token. Two different tokens of the name are none: one of them was planted.
pub fn presented(config: &Config, headers: &HeaderMap) -> Option<[u8; 32]> {
    token(name(config), headers)
}

/// As [`presented`], of the browser's own cookie.
pub fn presented_device(config: &Config, headers: &HeaderMap) -> Option<[u8; 32]> {
    token(device_name(config), headers)
}

fn token(wanted: &str, headers: &HeaderMap) -> Option<[u8; 32]> {
    text(wanted, headers).map(|token| sha256(token.as_bytes()))
}

fn text<'a>(wanted: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut tokens = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, token)| token);
    let token = tokens.next()?;
    let well_formed = token.len() == TOKEN_LENGTH && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    (well_formed && tokens.all(|other| other == token)).then_some(token)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use platform::crypto::Token;

    use super::*;

    fn config(public_url: &str) -> Config {
        Config::of(public_url.to_owned())
    }

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).expect("ascii"))).collect()
    }

    #[test]
    fn behind_tls_the_cookie_is_bound_to_the_host() {
        let https = config("https://atrium.example.com");
        assert_eq!(set(&https, "t", Some(60)), "__Host-atrium=t; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
        assert_eq!(set(&config("http://localhost:8080"), "t", None), "atrium_session=t; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(clear(&https), "__Host-atrium=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
    }

    #[test]
    fn only_our_own_cookie_is_read() {
        let (plain, https) = (config("http://localhost:8080"), config("https://atrium.example.com"));
        let (one, two) = (Token::random(), Token::random());
        let own = format!("theme=dark; atrium_session={}", one.secret.as_str());
        assert_eq!(presented(&plain, &headers(&[&own])), Some(one.hash));
        assert_eq!(presented(&plain, &headers(&["theme=dark", &own])), Some(one.hash));
        assert_eq!(presented(&https, &headers(&[&own])), None, "the plain name means nothing behind TLS");
        let planted = format!("atrium_session={}", two.secret.as_str());
        assert_eq!(presented(&plain, &headers(&[&own, &planted])), None);
        for bad in [
            "",
            "atrium_session",
            "atrium_session=",
            "atrium_session=short",
            &format!("atrium_session={}", "é".repeat(43)),
            &format!("x_atrium_session={}", one.secret.as_str()),
        ] {
            let header = HeaderValue::from_bytes(bad.as_bytes()).expect("bytes");
            assert_eq!(presented(&plain, &HeaderMap::from_iter([(COOKIE, header)])), None, "{bad:?}");
        }
    }
}
