//! What a browser may do with our answers, and which requests from elsewhere we take.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::site::Site;
use platform::{App, Problem};

/// For answers that are no pages: nothing may be loaded, nobody may frame them.
pub const CSP_NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";
/// For public pages: our own styles, scripts and forms.
pub const CSP_PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// For the web app's page; `frame-src 'self'` is for the mailbox, whose frame is sandboxed without any right.
pub fn csp_app(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Sets the headers that every answer carries; an answer's own policy stays.
pub async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_page = request.uri().path().starts_with("/b/");
    let shows_token = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    let is_refused = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, if is_page { CSP_PAGE } else { CSP_NOTHING });
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    set(header::CACHE_CONTROL, "no-store");
    if is_refused {
        // RFC 6750, 3; RFC 9449, 7.1. Who showed no token is told none that is wrong.
        let ways = if shows_token { "Bearer error=\"invalid_token\", DPoP error=\"invalid_token\"" } else { "Bearer, DPoP" };
        set(header::WWW_AUTHENTICATE, ways);
    }
    if app.config.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
    response
}

/// Refuses changes that another site makes a browser send. Browsers tell by `Sec-Fetch-Site`; the few that do not, by
/// `Origin`. A program that sends neither has no cookies to abuse. Where no cookie is looked at, there is nothing to refuse.
pub async fn refuse_cross_site(State(app): State<App>, request: Request, next: Next) -> Response {
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let looks_at_cookies = !identity::oauth::WITHOUT_COOKIES.contains(&request.uri().path());
    // A page of a workspace's own domain is its own site, and the instance is another one to it.
    let site = request.extensions().get::<Site>();
    let origin = site.map_or(app.config.public_url.as_str(), |site| site.origin.as_str());
    if unsafe_method && looks_at_cookies && !is_same_site(request.headers(), origin) {
        return Problem::new(StatusCode::FORBIDDEN, "cross_site", "This change was sent by another site, and is refused.").into_response();
    }
    next.run(request).await
}

fn is_same_site(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    text(header::ORIGIN).is_none_or(|origin| origin == own_origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        is_same_site(&headers, "https://atrium.example.com")
    }

    #[test]
    fn browsers_tell_where_they_come_from() {
        assert!(sent(&[("sec-fetch-site", "same-origin")]));
        assert!(sent(&[("sec-fetch-site", "none")]));
        assert!(!sent(&[("sec-fetch-site", "same-site")]));
        assert!(!sent(&[("sec-fetch-site", "cross-site"), ("origin", "https://atrium.example.com")]));
        assert!(sent(&[("origin", "https://atrium.example.com")]));
        assert!(!sent(&[("origin", "https://evil.example")]));
        assert!(!sent(&[("origin", "null")]));
        assert!(sent(&[]));
    }
}
