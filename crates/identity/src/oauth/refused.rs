//! Refusals as OAuth writes them (RFC 6749, 5.2).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::{Error, Problem};
use serde_json::json;

pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Why an endpoint for programs did not do what was asked.
#[derive(Debug)]
pub enum Refused {
    /// A code of the standards, and why, for whoever builds the client.
    Asked { status: StatusCode, code: &'static str, description: String, challenge: Option<&'static str>, nonce: Option<String> },
    /// The fault is ours, or there was too much.
    Platform(Error),
}

pub type Result<T> = std::result::Result<T, Refused>;

impl Refused {
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self::Asked { status: StatusCode::BAD_REQUEST, code, description: description.into(), challenge: None, nonce: None }
    }

    pub fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub fn grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    /// `Basic` is what a client that tried nothing could have tried.
    pub fn client(description: impl Into<String>) -> Self {
        Self::Asked {
            status: StatusCode::UNAUTHORIZED,
            code: "invalid_client",
            description: description.into(),
            challenge: Some("Basic realm=\"Atrium\""),
            nonce: None,
        }
    }

    /// An access token that does not do here (RFC 6750, 3; RFC 9449, 7.1).
    pub fn token(status: StatusCode, code: &'static str, description: impl Into<String>) -> Self {
        Self::Asked { status, code, description: description.into(), challenge: Some("Bearer"), nonce: None }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Platform(error)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Platform(problem.into())
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Platform(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, description, challenge, nonce) = match self {
            Self::Platform(error) => return error.into_response(),
            Self::Asked { status, code, description, challenge, nonce } => (status, code, description, challenge, nonce),
        };
        let body = axum::Json(json!({ "error": code, "error_description": description }));
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
        let headers = response.headers_mut();
        let challenge = match challenge {
            Some("Bearer") => Some(format!("Bearer error=\"{code}\"")),
            Some("DPoP") => Some(format!("DPoP error=\"{code}\", algs=\"ES256 RS256 PS256 EdDSA\"")),
            other => other.map(str::to_owned),
        };
        if let Some(value) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        if let Some(value) = nonce.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(DPOP_NONCE, value);
        }
        response
    }
}
