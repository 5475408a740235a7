//! What a form sends, where it is text: bytes that are none would be stored as other signs than those that were sent.

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, Request};
use axum::http::StatusCode;
use platform::Problem;
use serde::de::DeserializeOwned;

/// The fields of a form.
pub(super) struct Fields<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let bytes = whole.map_err(|rejection| unreadable(rejection.status()))?;
        if !is_text(&bytes) {
            return Err(unreadable(StatusCode::BAD_REQUEST));
        }
        let form = Form::from_request(Request::from_parts(parts, Body::from(bytes)), state).await;
        form.map(|Form(fields)| Self(fields)).map_err(|rejection| unreadable(rejection.status()))
    }
}

fn unreadable(status: StatusCode) -> Problem {
    Problem::new(status, "malformed_body", "The form could not be read.")
}

/// Whether the fields are UTF-8 once they are decoded. `&` and `=` end a sequence, so the form is looked at whole.
fn is_text(form: &[u8]) -> bool {
    let digit = |at: usize| form.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let (mut decoded, mut at) = (Vec::with_capacity(form.len()), 0);
    while let Some(byte) = form.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_text_or_are_not() {
        for text in ["", "a=b&c=%C3%A9", "a=100%", "a=%zz&b=%4", "a=é", "a=%00", "a=%F0%9F%98%80+x"] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        for text in [&b"a=%FF"[..], b"a=%C3&b=%A9", b"a=\xff", b"%80=a", b"a=%ED%A0%80", b"a=%c3"] {
            assert!(!is_text(text), "{text:?}");
        }
    }
}
