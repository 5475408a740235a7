//! The time that is kept while a visitor fills in the form: the cookie by which a visitor's next page knows it, and giving it back.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::{Problem, Result};
use serde::Deserialize;

use super::event::Open;
use super::form::Fields;
use super::organizer::locate;
use super::views::Kept;
use super::visit::Visit;
use crate::holds::{self, Hold};

const COOKIE: &str = "atrium_hold";

/// The secret of the visitor's last form.
pub(super) fn presented(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let secret = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE)?.1;
    is_well_formed(secret).then(|| secret.to_owned())
}

/// Whether it looks like what a form was given.
pub(super) fn is_well_formed(secret: &str) -> bool {
    (16..=64).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A page that somebody looks at: not one that a browser fetches in case it is wanted.
pub(super) fn is_looked_at(method: &Method, headers: &HeaderMap) -> bool {
    let ahead = ["sec-purpose", "purpose"].iter().filter_map(|name| headers.get(*name)).filter_map(|value| value.to_str().ok());
    *method == Method::GET && !ahead.into_iter().any(|purpose| purpose.contains("prefetch"))
}

/// Lets the visitor's next page know the hold, or that it is the same visitor who asks twice at once. It lasts as long as a hold, and
/// tells nobody anything else.
pub(super) fn remember(visit: &Visit, response: &mut Response, secret: &str) {
    let secure = if visit.app.config.is_https() { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; Path=/b; Max-Age={}; HttpOnly; SameSite=Lax{secure}", holds::KEPT_SECONDS);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// How long it is kept, in the zone in which the form is read.
pub(super) fn shown(visit: &Visit, open: &Open, hold: &Hold, tz: &str) -> Kept {
    let zone = platform::time::zone(tz).unwrap_or(jiff::tz::TimeZone::UTC);
    let (t, language) = (visit.reader.texts(), visit.reader.language);
    Kept {
        text: (t.kept_until)(&language.time(hold.until.in_zone(&zone).time())),
        left: (t.kept_left)("{left}"),
        seconds: hold.until.as_second() - visit.now().as_second(),
        release: format!("/b/{}/{}/release", open.offer.owner.slug, open.offer.slug),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReleaseForm {
    key: String,
}

/// `POST …/release`: the form was left. What the secret does not name stays.
pub(super) async fn release(
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
    form: Result<Fields<ReleaseForm>, Problem>,
) -> Response {
    let made = async {
        let Ok(Path((slug, _))) = path else { return Err(Problem::not_found().into()) };
        let Fields(form) = form?;
        let (tenant, _) = locate(&visit, &slug).await?;
        let mut ctx = visit.ctx(tenant, None);
        holds::leave(&mut ctx, &form.key).await?;
        ctx.commit().await?;
        Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response())
    };
    visit.answer(made.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_and_nonsense_is_not() {
        let with = |text: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
        assert_eq!(presented(&with("a=b; atrium_hold=0123456789abcdef; c=d")).as_deref(), Some("0123456789abcdef"));
        for bad in ["", "atrium_hold=", "atrium_hold=short", "atrium_holds=0123456789abcdef", "atrium_hold=0123456789abc def"] {
            assert_eq!(presented(&with(bad)), None, "{bad}");
        }
    }

    #[test]
    fn what_is_fetched_ahead_is_not_looked_at() {
        let with = |name: &'static str, text: &'static str| {
            HeaderMap::from_iter([(header::HeaderName::from_static(name), HeaderValue::from_static(text))])
        };
        assert!(is_looked_at(&Method::GET, &HeaderMap::new()) && is_looked_at(&Method::GET, &with("accept", "*/*")));
        assert!(!is_looked_at(&Method::HEAD, &HeaderMap::new()));
        assert!(!is_looked_at(&Method::GET, &with("sec-purpose", "prefetch;prerender")));
        assert!(!is_looked_at(&Method::GET, &with("purpose", "prefetch")));
    }
}
