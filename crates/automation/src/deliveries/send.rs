//! One attempt to deliver: claimed in one transaction, sent in none, written down in another. A program that is killed in between
//! leaves a claim that runs out, and the event is sent once more under the same id.

use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use platform::crypto;
use platform::http_client::Request;
use platform::jobs::{Attempt, Job, JobError, When};
use platform::time::Timestamp;
use platform::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store::{self, Due};
use super::{Status, WebhookAttempt};
use crate::endpoints::{secrets, store as endpoints};
use crate::switch_off;

/// Seconds before each further attempt, as Standard Webhooks suggests: ten attempts within three days and a little.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest that a `Retry-After` puts off the next attempt.
const LONGEST_WAIT: i64 = 86_400;
/// Longer than the HTTP client takes at most.
const CLAIM: i64 = 60;
/// Bytes of an answer that are kept.
const KEPT: usize = 2_000;

/// The attempt after `attempt` others. The number keeps a job that runs twice from sending twice.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendWebhook {
    pub delivery_id: Uuid,
    pub attempt: i32,
}

impl Job for SendWebhook {
    const NAME: &'static str = "SendWebhook";
    const TIME_LIMIT: Duration = Duration::from_secs(50);

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        let now = ctx.now();
        let Some(due) = store::lock(&mut ctx, self.delivery_id).await? else { return Ok(()) };
        if due.status != Status::Pending || due.attempts != self.attempt {
            return Ok(());
        }
        if due.claimed_until.is_some_and(|until| until > now) {
            return Err(JobError::Retry("another attempt is under way".to_owned()));
        }
        if !due.is_active {
            store::give_up(&mut ctx, self.delivery_id).await?;
            return Ok(ctx.commit().await?);
        }
        store::claim(&mut ctx, self.delivery_id, now.plus_seconds(CLAIM)).await?;
        let request = request(&ctx, &due, now)?;
        ctx.commit().await?;

        let started = Instant::now();
        let answer = at.app.http.send(request).await;
        let duration_ms = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
        let retry_after = answer.as_ref().ok().and_then(|answer| retry_after(&answer.headers, now));
        let (http_status, response_body, error) = match answer {
            Ok(answer) => (Some(i32::from(answer.status.as_u16())), text_of(&answer.body), None),
            Err(error) => (None, String::new(), Some(error.to_string())),
        };
        let made = WebhookAttempt { number: self.attempt + 1, started_at: now, duration_ms, http_status, response_body, error };
        Ok(self.note(&mut ctx, &due, &made, retry_after).await?)
    }
}

impl SendWebhook {
    async fn note(&self, ctx: &mut Ctx, due: &Due, made: &WebhookAttempt, retry_after: Option<i64>) -> Result<()> {
        let succeeded = made.http_status.is_some_and(|status| (200..300).contains(&status));
        let is_test = due.kind == super::TEST;
        let wait = if succeeded || is_test || made.http_status == Some(410) {
            None
        } else {
            wait_after(due.attempts - due.round_start, retry_after, crypto::random::<1>()[0])
        };
        let status = match wait {
            _ if succeeded => Status::Succeeded,
            Some(_) => Status::Pending,
            None => Status::Failed,
        };
        let next = wait.map(|seconds| ctx.now().plus_seconds(seconds));
        if !store::settle(ctx, self.delivery_id, self.attempt, made, status, next).await? {
            return Ok(());
        }
        if let Some(next) = next {
            ctx.enqueue(&Self { delivery_id: self.delivery_id, attempt: self.attempt + 1 }, When::at(next))?;
        }
        // A test is no event: it says nothing of how long events have not arrived.
        if succeeded || !is_test {
            endpoints::note_health(ctx, due.endpoint_id, succeeded).await?;
        }
        if made.http_status == Some(410) {
            switch_off::disable(ctx, due.endpoint_id, "gone").await?;
        } else if !succeeded && !is_test && due.failing_since.is_some_and(|since| since <= ctx.now().plus_seconds(-switch_off::PATIENCE)) {
            switch_off::disable(ctx, due.endpoint_id, "failing").await?;
        }
        ctx.commit().await
    }
}

fn request(ctx: &Ctx, due: &Due, now: Timestamp) -> Result<Request> {
    let (id, timestamp) = (due.event_id.to_string(), now.as_second());
    let mut sealed = vec![due.secret_ciphertext.as_slice()];
    sealed.extend(due.previous_secret_ciphertext.as_deref());
    let signature = secrets::sign(ctx, due.endpoint_id, &sealed, &id, timestamp, &due.body)?;
    let mut request = Request::post(due.url.clone(), "application/json", due.body.clone());
    for (name, value) in [("webhook-id", id), ("webhook-timestamp", timestamp.to_string()), ("webhook-signature", signature)] {
        request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).map_err(Error::internal)?);
    }
    request.answer_limit = KEPT;
    request.is_message = true;
    Ok(request)
}

/// Seconds until the next attempt after `done` others of the round have failed; None where there is none. `chance` spreads those of
/// many deliveries by up to a fifth.
fn wait_after(done: i32, retry_after: Option<i64>, chance: u8) -> Option<i64> {
    let base = *WAITS.get(usize::try_from(done).ok()?)?;
    let spread = base + base * i64::from(chance) / (5 * 255);
    Some(spread.max(retry_after.unwrap_or(0).min(LONGEST_WAIT)))
}

/// Seconds, from either form that RFC 9110 has (section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds.max(0));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some((at.timestamp().as_second() - now.as_second()).max(0))
}

/// PostgreSQL's texts hold no NUL.
fn text_of(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_over_three_days_and_then_end() {
        let total: i64 = (0..9).map(|done| wait_after(done, None, 0).expect("a wait")).sum();
        assert_eq!(total, 272_105);
        assert_eq!(wait_after(9, None, 0), None);
        assert_eq!((wait_after(1, None, 0), wait_after(1, None, 255)), (Some(300), Some(360)));
    }

    #[test]
    fn what_the_receiver_asks_for_is_waited_but_not_for_ever() {
        assert_eq!(wait_after(0, Some(120), 0), Some(120));
        assert_eq!(wait_after(2, Some(1), 0), Some(1_800));
        assert_eq!(wait_after(0, Some(i64::MAX), 0), Some(86_400));
        let now = "2031-09-08T06:00:00Z".parse().expect("an instant");
        let header = |text| HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
        assert_eq!(retry_after(&header("7"), now), Some(7));
        assert_eq!(retry_after(&header("Mon, 08 Sep 2031 06:01:00 GMT"), now), Some(60));
        assert_eq!(retry_after(&header("soon"), now), None);
    }
}
