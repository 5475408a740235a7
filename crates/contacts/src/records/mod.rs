//! Contacts as conditions, texts and workflows know them.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::records::{Due, Field, FieldKind, Reader, Record, RecordKind, Sample, Window};
use platform::{Ctx, Error, Problem, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contacts::{self, Fields, store as contacts_store};

const LIFECYCLES: &[&str] = &["lead", "prospect", "customer", "inactive"];

pub const RECORDS: RecordKind = RecordKind {
    name: "contact",
    read_permission: "contacts:read",
    write_permission: "contacts:write",
    fields: &[
        Field::of("name", FieldKind::Text),
        Field::of("given_name", FieldKind::Text),
        Field::of("family_name", FieldKind::Text),
        Field::of("email", FieldKind::Text),
        Field::settable("phone", FieldKind::Text),
        Field::of("company", FieldKind::Text),
        Field::settable("job_title", FieldKind::Text),
        Field::settable("lifecycle", FieldKind::Choice(LIFECYCLES)),
        Field::of("source", FieldKind::Text),
        Field::of("owner", FieldKind::Text),
        Field::settable("locale", FieldKind::Text),
        Field::settable("timezone", FieldKind::Text),
        Field::settable("notes", FieldKind::Text),
        Field::of("total_bookings", FieldKind::Number),
        Field::of("last_booking_at", FieldKind::Time),
        Field::of("created_at", FieldKind::Time),
    ],
    moments: &["inactive"],
    read,
    recent,
    due,
    set,
};

fn read(ctx: &mut Ctx, id: Uuid) -> BoxFuture<'_, Result<Option<Record>>> {
    async move {
        let Some(contact) = contacts_store::find(ctx, id).await? else { return Ok(None) };
        let value = json!({
            "id": contact.id,
            "name": contact.name,
            "given_name": contact.given_name,
            "family_name": contact.family_name,
            "email": contact.email,
            "phone": contact.phone,
            "company": contact.company.as_ref().map(|company| &company.name),
            "job_title": contact.job_title,
            "lifecycle": contact.lifecycle,
            "source": contact.source,
            "owner": contact.owner.as_ref().map(|owner| &owner.name),
            "locale": contact.locale,
            "timezone": contact.timezone,
            "notes": contact.notes,
            "total_bookings": contact.total_bookings,
            "last_booking_at": contact.last_booking_at,
            "created_at": contact.created_at,
        });
        let Value::Object(fields) = value else { return Err(Error::internal("no object")) };
        let organizers = match &contact.owner {
            Some(owner) => store::owner(ctx, owner.user_id).await?.into_iter().collect(),
            None => Vec::new(),
        };
        Ok(Some(Record {
            fields,
            contact_id: Some(contact.id),
            invitee: Some(Reader {
                user_id: None,
                name: contact.name,
                email: contact.email,
                phone: contact.phone,
                locale: contact.locale.unwrap_or_else(|| "en".to_owned()),
            }),
            organizers,
            link: Some(format!("/contacts/{id}")),
        }))
    }
    .boxed()
}

fn recent(ctx: &mut Ctx, most: i64) -> BoxFuture<'_, Result<Vec<Sample>>> {
    async move { store::recent(ctx, most).await }.boxed()
}

/// The one moment: so long after nothing has happened with a contact.
fn due(ctx: &mut Ctx, window: Window) -> BoxFuture<'_, Result<Due>> {
    async move { store::inactive(ctx, window).await }.boxed()
}

fn set<'a>(ctx: &'a mut Ctx, id: Uuid, field: &'a str, value: &'a str) -> BoxFuture<'a, Result<()>> {
    async move {
        let before = contacts_store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
        let mut fields = Fields::from(&before);
        let text = Some(value.to_owned()).filter(|value| !value.is_empty());
        match field {
            "phone" => fields.phone = text,
            "job_title" => fields.job_title = text,
            "lifecycle" => {
                let lifecycle = serde_json::from_value(Value::from(value));
                fields.lifecycle = lifecycle.map_err(|_| Problem::field("value", "unknown", "is none of the stages of a contact"))?;
            }
            "locale" => fields.locale = text,
            "timezone" => fields.timezone = text,
            "notes" => fields.notes = text,
            _ => return Err(Problem::field("field", "unknown", "cannot be set").into()),
        }
        contacts::change(ctx, before, fields.checked()?, None).await?;
        Ok(())
    }
    .boxed()
}
