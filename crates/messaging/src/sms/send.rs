//! Sending one SMS, and what the provider tells of it later.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use platform::jobs::{Attempt, Job, JobError};
use platform::{App, Ctx, Error, Problem, Result, TenantId};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use uuid::Uuid;

use super::twilio::{self, Outcome};
use super::{place, store};
use crate::deliveries::{Channel, Status, store as deliveries};
use crate::suppressions::{self, Reason};

/// The provider's own forms are far below.
const FORM_BYTES: usize = 16 * 1024;

fn callback(tenant: TenantId, delivery: Uuid) -> String {
    format!("/hooks/sms/{}/{delivery}", tenant.0)
}

async fn token(ctx: &mut Ctx) -> Result<Option<String>> {
    let Some(sealed) = store::token(ctx).await? else { return Ok(None) };
    let plain = ctx.app.keys.open(place(ctx.tenant), &sealed).map_err(Error::internal)?;
    Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
}

/// Sends a message that waits. The provider knows no key of ours: where the program dies, or the connection, between its answer and
/// the row, the message is sent once more rather than never.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendText {
    pub delivery_id: Uuid,
}

impl Job for SendText {
    const NAME: &'static str = "SendText";
    const TIME_LIMIT: Duration = Duration::from_secs(50);
    const MAX_ATTEMPTS: i32 = 8;

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let mut ctx = at.ctx()?;
        let id = self.delivery_id;
        let Some(waiting) = deliveries::lock(&mut ctx, id).await?.filter(|row| row.status == Status::Queued) else { return Ok(()) };
        let Some((settings, token)) = store::find(&mut ctx).await?.zip(token(&mut ctx).await?) else {
            deliveries::settle(&mut ctx, id, Status::Failed, None, None, Some("no provider of SMS is set up")).await?;
            return Ok(ctx.commit().await?);
        };
        let text = match &waiting.message_ciphertext {
            Some(sealed) => ctx.app.keys.open(deliveries::place(ctx.tenant, id), sealed).map_err(Error::internal)?,
            None => return Err(JobError::Fail("the message has no text".to_owned())),
        };
        let callback = ctx.app.config.link(&callback(ctx.tenant, id));
        let request = twilio::request(&settings, &token, &waiting.recipient, &String::from_utf8_lossy(&text), &callback)?;
        deliveries::count_attempt(&mut ctx, id).await?;
        ctx.commit().await?;

        let outcome = match at.app.http.send(request).await {
            Ok(answer) => twilio::outcome(&answer),
            Err(error) => Outcome::Later { said: error.to_string() },
        };
        let result = note(&mut ctx, id, &waiting.recipient, &outcome, at.is_last()).await?;
        ctx.commit().await?;
        result
    }
}

/// Writes down what became of an attempt; answers what the queue is told.
async fn note(ctx: &mut Ctx, id: Uuid, recipient: &str, outcome: &Outcome, is_last: bool) -> Result<Result<(), JobError>> {
    let (status, sid, said, result) = match outcome {
        Outcome::Accepted { sid, said } => (Status::Sent, Some(sid.as_str()), said, Ok(())),
        Outcome::Stopped { said } => (Status::Suppressed, None, said, Ok(())),
        Outcome::Refused { said } => (Status::Failed, None, said, Ok(())),
        // Those who look after the queue learn of it: no message goes out until the account is mended.
        Outcome::Account { said } => (Status::Failed, None, said, Err(JobError::Fail(said.clone()))),
        Outcome::Later { said } if is_last => (Status::Failed, None, said, Err(JobError::Fail(said.clone()))),
        Outcome::Later { said } => (Status::Queued, None, said, Err(JobError::Retry(said.clone()))),
    };
    if matches!(outcome, Outcome::Stopped { .. }) {
        suppressions::add(ctx, Channel::Sms, recipient, Reason::Stopped).await?;
    }
    let error = (status != Status::Sent).then_some(said.as_str());
    deliveries::settle(ctx, id, status, sid, Some(said), error).await?;
    Ok(result)
}

/// Where the provider tells what became of a message.
pub fn hooks() -> Router<App> {
    Router::new().route("/hooks/sms/{tenant}/{delivery}", post(receive)).layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Everything that is not signed is 404: nothing here is for anybody else.
async fn receive(
    State(app): State<App>,
    Path((tenant, delivery)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode> {
    let tenant = TenantId(tenant);
    let mut ctx = Ctx::of_visitor(app, tenant, platform::ctx::Origin::default(), None);
    let url = ctx.app.config.link(&callback(tenant, delivery));
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = token(&mut ctx).await?.ok_or_else(Problem::not_found)?;
    if !twilio::is_signed(&token, &url, &fields, signature) {
        return Err(Problem::not_found().into());
    }
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let status = match field("MessageStatus") {
        "delivered" | "read" => Status::Delivered,
        "undelivered" | "failed" => Status::Bounced,
        "sent" => Status::Sent,
        _ => return Ok(StatusCode::NO_CONTENT),
    };
    let code = field("ErrorCode");
    let said = if code.is_empty() { field("MessageStatus").to_owned() } else { format!("{} ({code})", field("MessageStatus")) };
    let said: String = said.replace('\0', "\u{fffd}").chars().take(500).collect();
    store::note(&mut ctx, delivery, field("MessageSid"), status, &said).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
