//! The session's cookie: how it is named, set, read and taken back.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use platform::crypto::sha256;
use platform::state::Config;

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
    (well_formed && tokens.all(|other| other == token)).then(|| sha256(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use platform::crypto::Token;

    use super::*;

    fn config(public_url: &str) -> Config {
        Config {
            public_url: public_url.to_owned(),
            trusted_proxies: Vec::new(),
            rate_limit_factor: 1,
            private_mail_servers: false,
            admin_second_factor: false,
            pool_wait: std::time::Duration::from_secs(2),
        }
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
