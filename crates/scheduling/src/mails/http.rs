//! The texts of booking mails over HTTP: what is sent, what a workspace or an organizer writes instead, and how it looks.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use messaging::templates::{self, Audience, Fields, MessageTemplate};
use messaging::{Channel, MessagesRead, MessagesWrite, Outgoing, Recipient, all_only};
use platform::audit::Change;
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query};
use platform::page::Page;
use platform::text::Checks;
use platform::{Allow, App, Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{What, compose, store};
use crate::bookings;
use crate::pages::language::Language;

/// All texts of the workspace; who may see his or her own alone sees those, and the workspace's.
#[utoipa::path(get, path = "/message-templates", tag = "messaging", responses((status = 200, body = Page<MessageTemplate>)), security(("session" = [])))]
async fn list(mut ctx: Allow<MessagesRead>) -> Result<Json<Page<MessageTemplate>>> {
    let own = ctx.own_filter();
    Ok(Json(Page::whole(templates::list(&mut ctx, own).await?)))
}

/// Another organizer's text is not there for who may see his or her own alone.
async fn visible(ctx: &mut Ctx, own: Option<Uuid>, id: Uuid) -> Result<MessageTemplate> {
    let found = templates::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    match (own, found.owner_id) {
        (Some(me), Some(owner)) if me != owner => Err(Problem::not_found().into()),
        _ => Ok(found),
    }
}

/// The workspace's texts are changed by who may change all.
async fn changeable(ctx: &mut Ctx, own: Option<Uuid>, id: Uuid) -> Result<MessageTemplate> {
    let found = visible(ctx, own, id).await?;
    if found.owner_id.is_none() {
        all_only(own)?;
    }
    Ok(found)
}

/// One text.
#[utoipa::path(get, path = "/message-templates/{id}", tag = "messaging", params(("id" = Uuid, Path)), responses((status = 200, body = MessageTemplate)), security(("session" = [])))]
async fn get(mut ctx: Allow<MessagesRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let own = ctx.own_filter();
    let found = visible(&mut ctx, own, id).await?;
    Ok(Answer::json(StatusCode::OK, &found)?.version(found.version).into_response())
}

/// A text in place of the one that is sent otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessageTemplate {
    /// The organizer whose messages it is for; left out for all of the workspace.
    owner_id: Option<Uuid>,
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// `booking_request`, `booking_confirmation`, `booking_rescheduled`, `booking_cancellation`, `booking_declined` or `booking_reminder`.
    kind: String,
    audience: Audience,
    /// `en`, `pt-BR` or `nl`.
    language: String,
    #[schema(min_length = 1, max_length = 300)]
    subject: String,
    #[schema(min_length = 1, max_length = 20000)]
    body: String,
}

fn what_of(checks: &mut Checks, kind: &str) -> What {
    What::of_kind(kind).unwrap_or_else(|| {
        checks.add("kind", "unknown", "must be a kind of booking mail, such as booking_confirmation");
        What::Confirmed
    })
}

/// Writes a text. What is sent otherwise is the text to begin with: `GET /message-template-defaults`.
#[utoipa::path(post, path = "/message-templates", tag = "messaging", request_body = NewMessageTemplate, responses((status = 201, body = MessageTemplate)), security(("session" = [])))]
async fn create(mut ctx: Allow<MessagesWrite>, Json(input): Json<NewMessageTemplate>) -> Result<Response> {
    match (ctx.own_filter(), input.owner_id) {
        (Some(me), Some(owner)) if me == owner => {}
        (own, _) => all_only(own)?,
    }
    let mut checks = Checks::new();
    let name = checks.line("name", &input.name, 1, 120);
    let what = what_of(&mut checks, &input.kind);
    let language = checks.locale("language", &input.language);
    let required = compose::required(what, input.audience);
    templates::check(&mut checks, &input.subject, &input.body, &compose::sample(), &required);
    checks.done()?;
    let fields = Fields {
        name,
        kind: input.kind,
        audience: input.audience,
        channel: Channel::Email,
        language,
        subject: input.subject,
        body: input.body,
        required,
    };
    let made = templates::create(&mut ctx, input.owner_id, &fields).await?;
    let answer = Answer::created(&made)?.version(made.version);
    ctx.commit_with(answer).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MessageTemplateChange {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    #[schema(min_length = 1, max_length = 300)]
    subject: Option<String>,
    #[schema(min_length = 1, max_length = 20000)]
    body: Option<String>,
}

/// Changes what a text says.
#[utoipa::path(patch, path = "/message-templates/{id}", tag = "messaging", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = MessageTemplateChange, responses((status = 200, body = MessageTemplate)), security(("session" = [])))]
async fn update(
    mut ctx: Allow<MessagesWrite>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(input): Json<MessageTemplateChange>,
) -> Result<Response> {
    let own = ctx.own_filter();
    let before = changeable(&mut ctx, own, id).await?;
    let mut checks = Checks::new();
    let name = input.name.as_deref().map_or_else(|| before.name.clone(), |name| checks.line("name", name, 1, 120));
    let subject = input.subject.unwrap_or_else(|| before.subject.clone());
    let body = input.body.unwrap_or_else(|| before.body.clone());
    templates::check(&mut checks, &subject, &body, &compose::sample(), &before.required_placeholders);
    checks.done()?;
    let after = templates::update(&mut ctx, &before, seen, &name, &subject, &body).await?;
    ctx.commit_with(Answer::json(StatusCode::OK, &after)?.version(after.version)).await
}

/// Removes a text: what was sent before it is sent again.
#[utoipa::path(delete, path = "/message-templates/{id}", tag = "messaging", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn delete(mut ctx: Allow<MessagesWrite>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let own = ctx.own_filter();
    let before = changeable(&mut ctx, own, id).await?;
    templates::delete(&mut ctx, &before, seen).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DefaultParams {
    /// `booking_confirmation`
    kind: String,
    audience: Audience,
    /// `en`, `pt-BR` or `nl`.
    language: String,
}

/// What is sent where nobody wrote another text.
#[derive(Debug, Serialize, ToSchema)]
struct MessageTemplateDefault {
    subject: String,
    body: String,
    required_placeholders: Vec<String>,
    /// Every field that a text can name, with an example of what stands there.
    #[schema(value_type = Object)]
    fields: Value,
}

/// The text to begin with.
#[utoipa::path(get, path = "/message-template-defaults", tag = "messaging", params(DefaultParams), responses((status = 200, body = MessageTemplateDefault)), security(("session" = [])))]
async fn default(_: Allow<MessagesRead>, Query(params): Query<DefaultParams>) -> Result<Json<MessageTemplateDefault>> {
    let mut checks = Checks::new();
    let what = what_of(&mut checks, &params.kind);
    let tag = checks.locale("language", &params.language);
    checks.done()?;
    let (subject, body) = compose::starting_text(what, params.audience, Language::of_tag(&tag).unwrap_or(Language::En));
    let required_placeholders = compose::required(what, params.audience);
    Ok(Json(MessageTemplateDefault { subject, body, required_placeholders, fields: compose::sample() }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MessageDraft {
    kind: String,
    audience: Audience,
    #[schema(min_length = 1, max_length = 300)]
    subject: String,
    #[schema(min_length = 1, max_length = 20000)]
    body: String,
    /// The booking to show it with; left out for the latest.
    booking_id: Option<Uuid>,
}

/// A text as its reader would get it.
#[derive(Debug, Serialize, ToSchema)]
struct MessagePreview {
    subject: String,
    text: String,
    html: String,
    /// The booking that it was made of.
    booking_id: Uuid,
}

async fn draw(ctx: &mut Ctx, own: Option<Uuid>, draft: &MessageDraft) -> Result<(Outgoing, Uuid)> {
    let mut checks = Checks::new();
    let what = what_of(&mut checks, &draft.kind);
    templates::check(&mut checks, &draft.subject, &draft.body, &compose::sample(), &compose::required(what, draft.audience));
    checks.done()?;
    let booking = match draft.booking_id {
        Some(id) => Some(id),
        None => store::latest_booking(ctx, own).await?,
    };
    let none = || Problem::conflict("no_booking", "There is no booking yet to show the text with.");
    let stored = bookings::find(ctx, booking.ok_or_else(none)?).await?;
    if own.is_some_and(|me| stored.booking.owner_for(own) != me) {
        return Err(Problem::not_found().into());
    }
    let composed = compose::preview(ctx, &stored, what, draft.audience)?;
    let said = templates::render(&draft.subject, &draft.body, &composed.values)
        .map_err(|error| Problem::field("body", "invalid_template", error))?;
    Ok((composed.in_words(said), stored.booking.id))
}

/// Shows a text with a booking; nothing is sent or kept.
#[utoipa::path(post, path = "/message-template-previews", tag = "messaging", request_body = MessageDraft, responses((status = 200, body = MessagePreview)), security(("session" = [])))]
async fn preview(mut ctx: Allow<MessagesWrite>, Json(draft): Json<MessageDraft>) -> Result<Response> {
    let own = ctx.own_filter();
    let (mail, booking_id) = draw(&mut ctx, own, &draft).await?;
    let preview = MessagePreview { subject: mail.subject, text: mail.text, html: mail.html.unwrap_or_default(), booking_id };
    ctx.commit_with(Answer::json(StatusCode::OK, &preview)?).await
}

#[derive(Debug, Serialize, ToSchema)]
struct MessageTest {
    /// Of the message in the log.
    message_id: Option<Uuid>,
}

/// Sends a text to oneself, with a booking.
#[utoipa::path(post, path = "/message-template-tests", tag = "messaging", request_body = MessageDraft, responses((status = 201, body = MessageTest)), security(("session" = [])))]
async fn test(mut ctx: Allow<MessagesWrite>, Json(draft): Json<MessageDraft>) -> Result<Response> {
    let me = ctx.user_id().ok_or_else(Problem::unauthenticated)?;
    let own = ctx.own_filter();
    let (mail, _) = draw(&mut ctx, own, &draft).await?;
    let test = Outgoing {
        kind: "template_test".to_owned(),
        to: Recipient::Member(me),
        on_behalf_of: Some(me),
        // Nobody's calendar learns of it, and nobody answers it.
        calendar: None,
        reply_to: None,
        dedupe_key: None,
        is_urgent: true,
        ..mail
    };
    let message_id = messaging::deliver(&mut ctx, test).await?;
    ctx.audit(Change::created("message_test.created", "member", me, json!({ "kind": draft.kind, "audience": draft.audience })));
    let answer = Answer::created(&MessageTest { message_id })?;
    ctx.commit_with(answer).await
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(default))
        .routes(routes!(preview))
        .routes(routes!(test))
}
