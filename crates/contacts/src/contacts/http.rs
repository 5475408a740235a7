//! Contacts over HTTP.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use platform::ctx::Answer;
use platform::etag::IfMatch;
use platform::extract::{Json, Path, Query, nullable};
use platform::page::{Page, PageParams};
use platform::text::name_key;
use platform::{Allow, App, Problem, Result};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Filter};
use super::{Contact, Fields, Kind, Lifecycle};
use crate::{ContactsDelete, ContactsRead, ContactsWrite};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Part of a name, e-mail address or telephone number.
    q: Option<String>,
    lifecycle: Option<Lifecycle>,
    owner_id: Option<Uuid>,
    /// `name`, `-created_at` or `-last_booking_at`; `-created_at` where none is given.
    sort: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Contacts that are not archived.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ListParams), responses((status = 200, body = Page<Contact>)), security(("session" = [])))]
async fn list(mut ctx: Allow<ContactsRead>, Query(params): Query<ListParams>) -> Result<Json<Page<Contact>>> {
    let page = PageParams { cursor: params.cursor, limit: params.limit };
    let limit = page.limit()?;
    let needle = params.q.map(|q| name_key(&q)).filter(|q| !q.is_empty());
    let filter = Filter { needle, lifecycle: params.lifecycle, owner: params.owner_id, own: ctx.own_filter() };
    let page = match params.sort.as_deref().unwrap_or("-created_at") {
        "name" => {
            let rows = store::by_name(&mut ctx, &filter, page.after()?.as_ref(), limit + 1).await?;
            Page::of(rows, limit, |row| (row.name_key.clone(), row.id()), Contact::from)
        }
        "-created_at" => {
            let rows = store::newest(&mut ctx, &filter, page.after()?.as_ref(), limit + 1).await?;
            Page::of(rows, limit, |row| (row.created_at, row.id()), Contact::from)
        }
        "-last_booking_at" => {
            let rows = store::by_last_booking(&mut ctx, &filter, page.after()?.as_ref(), limit + 1).await?;
            Page::of(rows, limit, |row| (row.last_booking_at, row.id()), Contact::from)
        }
        _ => return Err(Problem::field("sort", "invalid", "must be one of name, -created_at, -last_booking_at").into()),
    };
    Ok(Json(page))
}

/// A new contact. Only the name is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    #[serde(default)]
    kind: Kind,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 100)]
    given_name: Option<String>,
    #[schema(max_length = 100)]
    family_name: Option<String>,
    #[schema(max_length = 254)]
    email: Option<String>,
    phone: Option<String>,
    /// A contact of kind `company`.
    company_id: Option<Uuid>,
    #[schema(max_length = 200)]
    job_title: Option<String>,
    #[serde(default)]
    lifecycle: Lifecycle,
    /// `manual` where none is given.
    #[schema(max_length = 50)]
    source: Option<String>,
    /// A member; oneself where the role covers own contacts only.
    owner_id: Option<Uuid>,
    timezone: Option<String>,
    locale: Option<String>,
    #[schema(max_length = 20000)]
    notes: Option<String>,
}

/// Adds a contact.
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = NewContact, responses((status = 201, body = Contact)), security(("session" = [])))]
async fn create(mut ctx: Allow<ContactsWrite>, Json(new): Json<NewContact>) -> Result<Response> {
    let owner_id = owner_of(&ctx, new.owner_id.or(ctx.own_filter()))?;
    let fields = Fields {
        kind: new.kind,
        name: new.name,
        given_name: new.given_name,
        family_name: new.family_name,
        email: new.email,
        phone: new.phone,
        company_id: new.company_id,
        job_title: new.job_title,
        lifecycle: new.lifecycle,
        source: new.source.unwrap_or_else(|| "manual".to_owned()),
        owner_id,
        timezone: new.timezone,
        locale: new.locale,
        notes: new.notes,
    };
    let own = ctx.own_filter();
    let contact = super::create(&mut ctx, fields.checked()?, own).await?;
    ctx.commit_with(Answer::created(&contact)?.version(contact.version)).await
}

/// Who may see only own contacts gives none away.
fn owner_of<P>(ctx: &Allow<P>, owner: Option<Uuid>) -> Result<Option<Uuid>, Problem> {
    match ctx.own_filter() {
        Some(me) if owner != Some(me) => {
            Err(Problem::field("owner_id", "forbidden", "must be yourself: your role covers your own contacts only"))
        }
        _ => Ok(owner),
    }
}

fn check_own<P>(ctx: &Allow<P>, contact: &Contact) -> Result<(), Problem> {
    match (ctx.own_filter(), &contact.owner) {
        (None, _) => Ok(()),
        (Some(_), Some(owner)) => ctx.check_owner(owner.user_id),
        (Some(_), None) => Err(Problem::not_found()),
    }
}

/// One contact.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)), responses((status = 200, body = Contact)), security(("session" = [])))]
async fn get(mut ctx: Allow<ContactsRead>, Path(id): Path<Uuid>) -> Result<Response> {
    let contact = store::find(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    check_own(&ctx, &contact)?;
    Ok(Answer::json(StatusCode::OK, &contact)?.version(contact.version).into_response())
}

/// What changes; null empties a field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactChanges {
    kind: Option<Kind>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 100)]
    given_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 100)]
    family_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    company_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 200)]
    job_title: Option<Option<String>>,
    lifecycle: Option<Lifecycle>,
    #[schema(min_length = 1, max_length = 50)]
    source: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    owner_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    timezone: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    locale: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 20000)]
    notes: Option<Option<String>>,
}

impl ContactChanges {
    fn onto(self, before: Fields) -> Fields {
        Fields {
            kind: self.kind.unwrap_or(before.kind),
            name: self.name.unwrap_or(before.name),
            given_name: self.given_name.unwrap_or(before.given_name),
            family_name: self.family_name.unwrap_or(before.family_name),
            email: self.email.unwrap_or(before.email),
            phone: self.phone.unwrap_or(before.phone),
            company_id: self.company_id.unwrap_or(before.company_id),
            job_title: self.job_title.unwrap_or(before.job_title),
            lifecycle: self.lifecycle.unwrap_or(before.lifecycle),
            source: self.source.unwrap_or(before.source),
            owner_id: self.owner_id.unwrap_or(before.owner_id),
            timezone: self.timezone.unwrap_or(before.timezone),
            locale: self.locale.unwrap_or(before.locale),
            notes: self.notes.unwrap_or(before.notes),
        }
    }
}

/// Changes a contact.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path), ("If-Match" = String, Header)), request_body = ContactChanges, responses((status = 200, body = Contact)), security(("session" = [])))]
async fn patch(
    mut ctx: Allow<ContactsWrite>,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(changes): Json<ContactChanges>,
) -> Result<Response> {
    let before = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    check_own(&ctx, &before)?;
    seen.check(before.version)?;
    let fields = changes.onto(Fields::from(&before)).checked()?;
    owner_of(&ctx, fields.owner_id)?;
    let own = ctx.own_filter();
    let contact = super::change(&mut ctx, before, fields, own).await?;
    ctx.commit().await?;
    Ok(Answer::json(StatusCode::OK, &contact)?.version(contact.version).into_response())
}

/// Archives a contact; bookings stay, and the next booking with the same e-mail address brings it back.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path), ("If-Match" = String, Header)), responses((status = 204)), security(("session" = [])))]
async fn archive(mut ctx: Allow<ContactsDelete>, Path(id): Path<Uuid>, seen: IfMatch) -> Result<StatusCode> {
    let contact = store::lock(&mut ctx, id).await?.ok_or_else(Problem::not_found)?;
    check_own(&ctx, &contact)?;
    seen.check(contact.version)?;
    super::archive(&mut ctx, contact).await?;
    ctx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, archive))
}
