//! Extractors whose refusals are problems: JSON bodies, query strings, path parameters.

mod objects;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Problem, Result};

/// A JSON body. Texts may not hold NUL, which PostgreSQL cannot store.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let is_json = request
            .headers()
            .get(axum::http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
            .is_some_and(|mime| mime == "application/json" || (mime.starts_with("application/") && mime.ends_with("+json")));
        if !is_json {
            return Err(
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the body as application/json.").into()
            );
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| body_problem(rejection.status()))?;
        parse(&bytes).map(Self)
    }
}

/// # Errors
/// `malformed_body` for what is no JSON, `validation_failed` for JSON of another shape.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if holds_nul(bytes) {
        return Err(Problem::field("body", "invalid", "must not hold a NUL character").into());
    }
    let parsed = axum::Json::<T>::from_bytes(bytes).map(|axum::Json(value)| value);
    if parsed.is_ok() && !objects::are_objects::<T>(bytes) {
        return Err(Problem::field("body", "invalid", "holds an array in the place of an object").into());
    }
    parsed.map_err(|rejection| match rejection {
        JsonRejection::JsonDataError(error) => {
            let text = error.body_text();
            let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
            let (field, message) = reason.split_once(": ").filter(|(path, _)| !path.contains(' ')).unwrap_or(("body", reason));
            let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
            if let Some(missing) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
                // Its path is that of the object that lacks it.
                let path = if field == "body" { missing.to_owned() } else { format!("{field}.{missing}") };
                return Problem::field(&path, "required", "is required").into();
            }
            let code = if message.starts_with("unknown field") { "unknown_field" } else { "invalid" };
            Problem::field(field, code, format!("is not valid: {message}")).into()
        }
        other => Error::from(Problem::malformed(format!(
            "The body is not valid JSON. {}",
            other.body_text().rsplit(": ").next().unwrap_or_default()
        ))),
    })
}

/// A NUL can only come in as an escape. After an odd number of backslashes, the one that looks like its beginning is itself
/// escaped.
fn holds_nul(bytes: &[u8]) -> bool {
    let escape: &[u8] = b"\\u0000";
    let is_escaped = |at: usize| bytes[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
    bytes.windows(escape.len()).enumerate().any(|(at, window)| window == escape && !is_escaped(at))
}

fn body_problem(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body_too_large", "The body is larger than this address takes."),
        _ => Problem::malformed("The body could not be read whole."),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A field that may be left out, or be null, or hold a value: `#[serde(default, deserialize_with = "nullable")]`.
///
/// # Errors
/// The value's own.
pub fn nullable<'de, D: serde::Deserializer<'de>, T: serde::Deserialize<'de>>(from: D) -> std::result::Result<Option<Option<T>>, D::Error> {
    <Option<T> as serde::Deserialize>::deserialize(from).map(Some)
}

/// Query parameters; unknown ones are refused where the type says so.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Problem::field("query", "invalid", "must not hold a NUL character").into());
        }
        axum::extract::Query::<T>::from_request_parts(parts, state).await.map(|axum::extract::Query(value)| Self(value)).map_err(
            |rejection: QueryRejection| {
                let text = rejection.body_text();
                let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
                let (field, message) = reason.split_once(": ").filter(|(path, _)| !path.contains(' ')).unwrap_or(("query", reason));
                Problem::field(field, "invalid", format!("is not valid: {message}")).into()
            },
        )
    }
}

/// Path parameters. What cannot be parsed names nothing: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if parts.uri.path().contains("%00") {
            return Err(Problem::not_found().into());
        }
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| Problem::not_found().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
    }

    fn problem(body: &str) -> Problem {
        match parse::<Body>(body.as_bytes()) {
            Err(Error::Problem(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusals_name_the_field() {
        assert_eq!(problem("{").code, "malformed_body");
        assert!(matches!(problem(&"[".repeat(10_000)).status, 400 | 422));
        let unknown = problem(r#"{"name":"x","more":1}"#);
        assert_eq!((unknown.code.as_ref(), unknown.errors[0].code), ("validation_failed", "unknown_field"));
        let missing = problem("{}");
        assert_eq!((missing.errors[0].field.as_str(), missing.errors[0].code), ("name", "required"));
        assert_eq!(problem(r#"{"name":1}"#).errors[0].field, "name");
        assert_eq!(problem(r#" ["Ana"]"#).errors[0].field, "body", "an array is no object");
        assert_eq!(problem(r#"{"name":"a\u0000"}"#).status, 422);
        assert!(parse::<Body>(br#"{"name":"a\\u0000"}"#).is_ok());
        assert_eq!(problem(r#"{"name":"a\\u0000 b\u0000"}"#).status, 422, "the second is one, though the first is not");
    }
}
