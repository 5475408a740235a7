//! Twilio's Messages API (2010-04-01), which other providers offer too.

use axum::http::{HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::http_client::{Answer, Request};
use platform::{Error, Result};
use ring::hmac;
use serde::Deserialize;
use url::form_urlencoded;

use super::SmsSettings;

const BASE: &str = "https://api.twilio.com";
/// Bytes of an answer that are read.
const READ: usize = 4_096;
/// The recipient answered STOP, so the provider sends nothing more.
const STOPPED: i64 = 21_610;

/// What the provider made of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        sid: String,
        said: String,
    },
    /// The recipient wants none.
    Stopped {
        said: String,
    },
    /// Another attempt may help.
    Later {
        said: String,
    },
    /// The message or its recipient is refused.
    Refused {
        said: String,
    },
    /// The account is refused, and so would be every message.
    Account {
        said: String,
    },
}

/// The request that sends `text`, and asks for news at `callback`.
///
/// # Errors
/// Credentials that are no header, which is a bug.
pub fn request(settings: &SmsSettings, token: &str, to: &str, text: &str, callback: &str) -> Result<Request> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("To", to).append_pair("Body", text).append_pair("StatusCallback", callback);
    match (&settings.from_number, &settings.messaging_service_sid) {
        (Some(number), _) => form.append_pair("From", number),
        (None, Some(service)) => form.append_pair("MessagingServiceSid", service),
        (None, None) => &mut form,
    };
    let base = settings.base_url.as_deref().unwrap_or(BASE);
    let url = format!("{base}/2010-04-01/Accounts/{}/Messages.json", settings.account_sid);
    let mut request = Request::post(url, "application/x-www-form-urlencoded", form.finish());
    let credentials = STANDARD.encode(format!("{}:{token}", settings.account_sid));
    let mut value = HeaderValue::from_str(&format!("Basic {credentials}")).map_err(Error::internal)?;
    value.set_sensitive(true);
    request.headers.insert(header::AUTHORIZATION, value);
    request.answer_limit = READ;
    request.is_message = true;
    Ok(request)
}

#[derive(Deserialize, Default)]
struct Said {
    sid: Option<String>,
    status: Option<serde_json::Value>,
    code: Option<i64>,
    message: Option<String>,
}

/// What an answer means.
pub fn outcome(answer: &Answer) -> Outcome {
    let said: Said = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let words = match (&said.code, &said.message, &said.status) {
        (Some(code), Some(message), _) => format!("{status}: {message} ({code})"),
        (_, _, Some(state)) => format!("{status}: {}", state.as_str().unwrap_or("accepted")),
        _ => format!("{status}"),
    };
    // PostgreSQL's texts hold no NUL.
    let words: String = words.replace('\0', "\u{fffd}").chars().take(500).collect();
    match (status, said.sid, said.code) {
        (200..=299, Some(sid), _) => Outcome::Accepted { sid, said: words },
        (_, _, Some(STOPPED)) => Outcome::Stopped { said: words },
        (429 | 500.., _, _) => Outcome::Later { said: words },
        (401 | 403 | 404, _, _) => Outcome::Account { said: words },
        _ => Outcome::Refused { said: words },
    }
}

/// Whether the provider signed this: HMAC-SHA1 over the address and the form's fields in the order of their names, in base 64.
pub fn is_signed(token: &str, url: &str, fields: &[(String, String)], signature: &str) -> bool {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    let text = sorted.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.decode(signature).is_ok_and(|given| hmac::verify(&key, text.as_bytes(), &given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's own documentation.
    #[test]
    fn a_signature_is_the_one_of_the_documentation() {
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+12349013030"),
            ("Digits", "1234"),
            ("From", "+12349013030"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert!(is_signed("12345", url, &fields, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="));
        assert!(!is_signed("12346", url, &fields, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="));
        assert!(!is_signed("12345", url, &fields[1..], "0/KCTR6DLpKmkAf8muzZqo1nDgQ="));
    }

    #[test]
    fn answers_say_whether_another_attempt_may_help() {
        let answer = |status: u16, body: &str| Answer {
            status: axum::http::StatusCode::from_u16(status).expect("a status"),
            headers: axum::http::HeaderMap::new(),
            body: body.to_owned().into(),
            url: String::new(),
        };
        let of = |status, body| outcome(&answer(status, body));
        assert!(matches!(of(201, r#"{"sid":"SM1","status":"queued"}"#), Outcome::Accepted { sid, .. } if sid == "SM1"));
        assert!(matches!(of(400, r#"{"code":21610,"message":"unsubscribed"}"#), Outcome::Stopped { .. }));
        assert!(matches!(of(400, r#"{"code":21211,"message":"Invalid"}"#), Outcome::Refused { said } if said == "400: Invalid (21211)"));
        assert!(matches!(of(401, r#"{"code":20003,"message":"Authenticate"}"#), Outcome::Account { .. }));
        assert!(matches!(of(429, ""), Outcome::Later { .. }) && matches!(of(503, "<html>"), Outcome::Later { .. }));
    }
}
