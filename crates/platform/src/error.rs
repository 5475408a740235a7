//! What goes wrong, and how it is answered: problem details (RFC 9457) with stable codes and no internals.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request or a job stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
    /// The connection broke while committing: done or not, nobody knows. The same Idempotency-Key settles it.
    #[error("the outcome of the commit is unknown: {0}")]
    UnknownOutcome(#[source] sqlx::Error),
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The stored answer of an earlier request with the same Idempotency-Key.
    #[error("answered before")]
    Replay(Box<crate::ctx::Answer>),
}

impl Error {
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// One refusal, as RFC 9457 writes it.
#[derive(Debug, Clone, Serialize, ToSchema, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// A relative address that names the code.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// Stable: programs may branch on it.
    pub code: Cow<'static, str>,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(flatten)]
    #[schema(additional_properties, value_type = Object)]
    pub extensions: BTreeMap<String, Value>,
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// What is wrong with one field of the request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// The path of the field, `rules.0.start`.
    pub field: String,
    pub code: &'static str,
    /// To be read after the field's label.
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{code}"),
            title: title(code),
            status: status.as_u16(),
            code: Cow::Borrowed(code),
            detail: detail.into(),
            request_id: None,
            errors: Vec::new(),
            extensions: BTreeMap::new(),
            retry_after: None,
        }
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in to continue.")
    }

    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Your role does not allow this. An owner or administrator of the workspace can change that.",
        )
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here, or it is not yours to see.")
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_body", detail)
    }

    pub fn validation(errors: Vec<FieldError>) -> Self {
        let detail = match errors.first() {
            Some(first) => format!("{} {}.", first.field, first.message),
            None => "The request is not valid.".to_owned(),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", detail) }
    }

    /// One field is wrong.
    pub fn field(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::validation(vec![FieldError { field: field.to_owned(), code, message: message.into() }])
    }

    pub fn rate_limited(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", format!("Too many requests. Try again in {retry_after} s."))
        }
    }

    pub fn overloaded() -> Self {
        Self {
            retry_after: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "The server is busy. Try again in a moment.")
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.extensions.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
}

fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

tokio::task_local! {
    /// Set around each request by the outermost layer.
    pub static REQUEST_ID: Uuid;
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.request_id = REQUEST_ID.try_with(|id| *id).ok();
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")], body).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl Error {
    /// The answer, and one line in the log where the fault is ours.
    pub fn into_problem(self) -> std::result::Result<Problem, Box<crate::ctx::Answer>> {
        Ok(match self {
            Self::Replay(answer) => return Err(answer),
            Self::Problem(problem) => problem,
            Self::UnknownOutcome(error) => {
                tracing::warn!(%error, "the connection broke at commit");
                Problem {
                    retry_after: Some(1),
                    ..Problem::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "unknown_outcome",
                        "The connection to the database broke while saving. Send the same request with the same Idempotency-Key to settle it.",
                    )
                }
            }
            Self::Database(error) => of_database(&error),
            Self::Internal(error) => {
                tracing::error!(error = %chain(error.as_ref()), "request failed");
                internal()
            }
        })
    }
}

fn internal() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side. It has been logged under the request id.",
    )
}

/// 40001 and 40P01 lose nothing when tried again; 55P03 and a full pool mean too much at once; 57P01 to 57P03 and broken
/// connections mean the server is going or coming.
fn of_database(error: &sqlx::Error) -> Problem {
    let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
    match (error, code.as_str()) {
        (sqlx::Error::RowNotFound, _) => Problem::not_found(),
        (_, "22021") => Problem::field("text", "invalid", "must not hold a NUL character"),
        (sqlx::Error::PoolTimedOut, _) | (_, "40001" | "40P01" | "55P03" | "53300") => {
            tracing::warn!(%error, "overloaded");
            Problem::overloaded()
        }
        (sqlx::Error::Io(_) | sqlx::Error::PoolClosed, _) | (_, "57P01" | "57P02" | "57P03") => {
            tracing::warn!(%error, "database unavailable");
            Problem::overloaded()
        }
        _ => {
            tracing::error!(error = %chain(error), "request failed in the database");
            internal()
        }
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self.into_problem() {
            Ok(problem) => problem.into_response(),
            Err(answer) => answer.into_response(),
        }
    }
}

/// Names a constraint of the schema and the answer to its violation.
pub trait OnConstraint<T> {
    /// # Errors
    /// The given problem where that constraint was violated, else the database's error.
    fn on_constraint(self, name: &str, problem: impl FnOnce() -> Problem) -> Result<T>;
}

impl<T> OnConstraint<T> for std::result::Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, problem: impl FnOnce() -> Problem) -> Result<T> {
        self.map_err(|error| {
            let violated = error.as_database_error().and_then(|e| e.constraint()) == Some(name);
            if violated { Error::Problem(problem()) } else { Error::Database(error) }
        })
    }
}

impl<T> OnConstraint<T> for Result<T> {
    fn on_constraint(self, name: &str, problem: impl FnOnce() -> Problem) -> Result<T> {
        match self {
            Err(Error::Database(error)) => Err(error).on_constraint(name, problem),
            other => other,
        }
    }
}
