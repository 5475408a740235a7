//! A service that knows the passwords of breaches, in the form of Pwned Passwords: it is told the first five digits of the
//! SHA-1 and answers with all that begin so, which are hundreds. It does not learn the password, nor whether it was found.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use platform::App;
use platform::error::{Problem, Result};
use platform::http_client::Request;
use secrecy::{ExposeSecret, SecretString};

/// Longer, somebody waits at a form.
const PATIENCE: Duration = Duration::from_secs(2);
const PREFIX: usize = 5;

/// Refuses a new password that the service knows, where one is named. Without its answer the password is taken: the lists
/// that ship were asked before.
///
/// # Errors
/// The field, as `breached`.
pub async fn refuse(app: &App, field: &str, password: &SecretString) -> Result<()> {
    let Some(service) = &app.config.breach_service else { return Ok(()) };
    let hash = hex::encode_upper(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose_secret().as_bytes()));
    match ask(app, service, &hash).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(Problem::field(field, "breached", "is known from a data breach; choose another").into()),
        Err(why) => {
            metrics::counter!("atrium_breach_service_failures_total").increment(1);
            tracing::warn!(why, "the service for breached passwords did not answer");
            Ok(())
        }
    }
}

async fn ask(app: &App, service: &str, hash: &str) -> Result<bool, String> {
    let (prefix, rest) = hash.split_at(PREFIX);
    let mut request = Request::get(format!("{}/{prefix}", service.trim_end_matches('/')));
    // So that the length of the answer does not tell the prefix.
    request.headers.insert(HeaderName::from_static("add-padding"), HeaderValue::from_static("true"));
    let answer = tokio::time::timeout(PATIENCE, app.services.send(request)).await.map_err(|_| "no answer in time".to_owned())?;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status != StatusCode::OK {
        return Err(format!("answered {}", answer.status));
    }
    let text = str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
    Ok(text.lines().any(|line| is_of(line, rest)))
}

/// `0018A45C4D1DEF81644B54AB7F969B88D65:3`; what is there for padding alone was seen no time.
fn is_of(line: &str, rest: &str) -> bool {
    line.trim().split_once(':').is_some_and(|(of, count)| of.eq_ignore_ascii_case(rest) && count.trim().parse::<u64>().is_ok_and(|n| n > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_service_writes_them() {
        let rest = "0018A45C4D1DEF81644B54AB7F969B88D65";
        assert!(is_of("0018A45C4D1DEF81644B54AB7F969B88D65:3\r", rest) && is_of("0018a45c4d1def81644b54ab7f969b88d65:1", rest));
        for other in ["0018A45C4D1DEF81644B54AB7F969B88D65:0", "0018A45C4D1DEF81644B54AB7F969B88D66:9", rest, "", "<html>"] {
            assert!(!is_of(other, rest), "{other}");
        }
    }
}
