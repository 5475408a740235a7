//! `If-Match` on changes: a version that somebody else has moved on is refused.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use crate::error::{Error, Problem, Result};

/// The version that the caller has seen.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(Option<i64>);

impl IfMatch {
    /// # Errors
    /// 412 where the record has moved on; it is checked under the row's lock.
    pub fn check(self, current: i64) -> Result<(), Problem> {
        match self.0 {
            Some(seen) if seen != current => Err(Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "version_conflict",
                "Somebody changed this in the meantime. Load it again and repeat your change.",
            )
            .with("current_version", current)),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(missing().into());
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|digits| digits.parse().ok());
        version.map(|v| Self(Some(v))).ok_or_else(|| {
            Problem::new(StatusCode::PRECONDITION_FAILED, "version_conflict", "If-Match is not a version of this record, such as \"3\".")
                .into()
        })
    }
}

fn missing() -> Problem {
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "version_required", "Send If-Match with the version you have seen, such as \"3\".")
}

/// As [`IfMatch`], where the record may not exist yet.
#[derive(Clone, Copy, Debug)]
pub struct OptionalIfMatch(pub Option<IfMatch>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalIfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if parts.headers.contains_key(header::IF_MATCH) {
            IfMatch::from_request_parts(parts, state).await.map(|seen| Self(Some(seen)))
        } else {
            Ok(Self(None))
        }
    }
}

impl OptionalIfMatch {
    /// # Errors
    /// 428 where none was sent and the record exists.
    pub fn required(self) -> Result<IfMatch, Problem> {
        self.0.ok_or_else(missing)
    }
}
