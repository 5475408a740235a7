//! Parameters of OAuth requests: forms and query strings in which no name may stand twice (RFC 6749, 3.1 and 3.2).

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use platform::App;

use super::refused::{Refused, Result};

/// Sent parameters by their names; what is empty counts as left out.
#[derive(Debug, Default)]
pub struct Form(BTreeMap<String, String>);

/// Of one value; a client assertion or a set of scopes is the longest.
const LONGEST: usize = 8192;

impl Form {
    /// # Errors
    /// A name that stands twice, a value too long, or a NUL, which cannot be stored.
    pub fn parse(text: &[u8]) -> std::result::Result<Self, &'static str> {
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if value.len() > LONGEST || name.len() > LONGEST {
                return Err("A parameter is too long.");
            }
            if value.contains('\0') || value.contains('\u{fffd}') {
                return Err("A parameter is not text.");
            }
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err("A parameter stands there twice.");
            }
        }
        fields.retain(|_, value| !value.is_empty());
        Ok(Self(fields))
    }

    /// As a query string.
    pub fn query(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// # Errors
    /// `invalid_request` where it is missing.
    pub fn need(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| Refused::request(format!("{name} is missing.")))
    }
}

impl FromRequest<App> for Form {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refused::request("Send the parameters as application/x-www-form-urlencoded."));
        }
        let bytes = axum::body::Bytes::from_request(request, app).await.map_err(|_| Refused::request("The body is too long."))?;
        Self::parse(&bytes).map_err(Refused::request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once() {
        let form = Form::parse(b"a=1&b=two+words&c=&d=%2F").expect("a form");
        assert_eq!((form.get("a"), form.get("b"), form.get("c"), form.get("d")), (Some("1"), Some("two words"), None, Some("/")));
        for bad in [&b"a=1&a=1"[..], b"a=&a=1", b"a=%00", b"a=%ff", format!("a={}", "x".repeat(9000)).as_bytes()] {
            assert!(Form::parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
