//! Contacts: what they are, and how other modules meet them.

pub mod http;
pub(crate) mod store;
#[cfg(test)]
mod tests;

use platform::audit::Change;
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{ContactArchived, ContactCreated, ContactUpdated};

pub use store::count_since;

/// A human being or an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ContactKind)]
pub enum Kind {
    #[default]
    Person,
    Company,
}

/// How far somebody is on the way to being a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Lifecycle {
    #[default]
    Lead,
    Prospect,
    Customer,
    Inactive,
}

/// A person or company outside the workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Contact {
    pub id: Uuid,
    pub kind: Kind,
    pub name: String,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    /// Unique within the workspace.
    pub email: Option<String>,
    /// Digits, with a leading + where the country is known.
    pub phone: Option<String>,
    /// Of a person: where he or she works.
    pub company: Option<CompanyRef>,
    pub job_title: Option<String>,
    pub lifecycle: Lifecycle,
    /// `manual`, `booking` and the like: how it became known.
    pub source: String,
    /// The member who looks after it.
    pub owner: Option<OwnerRef>,
    pub timezone: Option<String>,
    pub locale: Option<String>,
    pub notes: Option<String>,
    /// All bookings ever made, cancelled ones included.
    pub total_bookings: i32,
    /// When the latest booking was made.
    pub last_booking_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompanyRef {
    pub id: Uuid,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContactOwner)]
pub struct OwnerRef {
    pub user_id: Uuid,
    pub name: String,
}

/// The fields that members write, checked and in the form in which they are stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields {
    pub kind: Kind,
    pub name: String,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company_id: Option<Uuid>,
    pub job_title: Option<String>,
    pub lifecycle: Lifecycle,
    pub source: String,
    pub owner_id: Option<Uuid>,
    pub timezone: Option<String>,
    pub locale: Option<String>,
    pub notes: Option<String>,
}

impl From<&Contact> for Fields {
    fn from(contact: &Contact) -> Self {
        let contact = contact.clone();
        Self {
            kind: contact.kind,
            name: contact.name,
            given_name: contact.given_name,
            family_name: contact.family_name,
            email: contact.email,
            phone: contact.phone,
            company_id: contact.company.map(|company| company.id),
            job_title: contact.job_title,
            lifecycle: contact.lifecycle,
            source: contact.source,
            owner_id: contact.owner.map(|owner| owner.user_id),
            timezone: contact.timezone,
            locale: contact.locale,
            notes: contact.notes,
        }
    }
}

impl Fields {
    /// Each field in the form in which it is stored; an empty text is none.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn checked(self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        let mut line = |field: &str, text: Option<String>, most: usize| {
            text.map(|text| checks.line(field, &text, 0, most)).filter(|text| !text.is_empty())
        };
        let given_name = line("given_name", self.given_name, 100);
        let family_name = line("family_name", self.family_name, 100);
        let job_title = line("job_title", self.job_title, 200);
        let name = checks.line("name", &self.name, 1, 200);
        let source = checks.line("source", &self.source, 1, 50);
        let email = self.email.filter(|text| !text.trim().is_empty()).map(|text| checks.email("email", &text));
        let phone = self.phone.and_then(|text| checks.phone("phone", &text));
        let timezone = self.timezone.filter(|name| !name.is_empty()).map(|name| checks.zone("timezone", &name));
        let locale = self.locale.filter(|name| !name.is_empty()).map(|name| checks.locale("locale", &name));
        let notes = self.notes.map(|text| checks.paragraph("notes", &text, 20_000)).filter(|text| !text.is_empty());
        if self.kind == Kind::Company && self.company_id.is_some() {
            checks.add("company_id", "invalid", "is for persons: a company belongs to none");
        }
        checks.done()?;
        Ok(Self { name, given_name, family_name, email, phone, job_title, source, timezone, locale, notes, ..self })
    }
}

/// Somebody whom a module met, as far as it knows.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub phone: Option<&'a str>,
    pub timezone: Option<&'a str>,
    pub locale: Option<&'a str>,
    /// `booking`: how a new contact became known.
    pub source: &'a str,
    /// The member who looks after a new contact.
    pub owner: Option<Uuid>,
    /// Where the meeting is a booking: when it was made; it is counted.
    pub booked_at: Option<Timestamp>,
}

/// The contact of that e-mail address: found, woken from the archive, or made. What stands there already, the name
/// above all, is not overwritten; an empty phone, zone or locale is filled in.
///
/// # Errors
/// The database's.
pub async fn meet(ctx: &mut Ctx, person: Person<'_>) -> Result<Uuid> {
    let met = store::meet(ctx, person).await?;
    if met.needs_more {
        let before = store::find(ctx, met.id).await?;
        store::complete(ctx, met.id, person).await?;
        let after = store::find(ctx, met.id).await?;
        // An archived one is told as new, below.
        if let (Some(before), Some(after), false) = (before, after, met.was_archived) {
            ctx.audit(Change::updated("contact.updated", "contact", met.id, &before, &after).about(met.id));
            let event = ContactUpdated { contact_id: met.id, owner_id: met.owner_id, name: after.name, source: after.source };
            ctx.publish(&event)?;
        }
    }
    if met.is_new || met.was_archived {
        let event = ContactCreated { contact_id: met.id, owner_id: met.owner_id, name: met.name, source: person.source.to_owned() };
        ctx.audit(Change::created("contact.created", "contact", met.id, &event).about(met.id));
        ctx.publish(&event)?;
    }
    Ok(met.id)
}

/// The first few contacts by name that hold the text, which is in the form of `name_key`; with `own`, that member's.
///
/// # Errors
/// The database's.
pub async fn search(ctx: &mut Ctx, needle: &str, own: Option<Uuid>, most: i64) -> Result<Vec<Contact>> {
    let filter = store::Filter { needle: Some(needle.to_owned()), own, ..store::Filter::default() };
    Ok(store::by_name(ctx, &filter, None, most).await?.into_iter().map(Contact::from).collect())
}

/// Makes a contact. An archived one of the same address comes back with these fields instead; with `own`, only that
/// member's.
///
/// # Errors
/// 409 `email_taken` with `contact_id`; a company or owner that does not exist.
pub(crate) async fn create(ctx: &mut Ctx, fields: Fields, own: Option<Uuid>) -> Result<Contact> {
    check_company(ctx, fields.company_id).await?;
    let archived = store::archived_of_email(ctx, &fields).await?;
    let Some(id) = store::insert(ctx, &fields, own).await? else { return Err(taken(ctx, &fields, own).await?.into()) };
    let contact = store::find(ctx, id).await?.ok_or_else(Problem::not_found)?;
    match archived {
        Some(before) => ctx.audit(Change::updated("contact.restored", "contact", id, &before, &contact).about(id)),
        None => ctx.audit(Change::created("contact.created", "contact", id, &contact).about(id)),
    }
    let event = ContactCreated { contact_id: id, owner_id: fields.owner_id, name: fields.name, source: fields.source };
    ctx.publish(&event)?;
    Ok(contact)
}

/// Replaces the fields of a contact that is locked as `before`.
///
/// # Errors
/// As [`create`].
pub(crate) async fn change(ctx: &mut Ctx, before: Contact, fields: Fields, own: Option<Uuid>) -> Result<Contact> {
    let old = Fields::from(&before);
    if fields == old {
        return Ok(before);
    }
    if fields.company_id != old.company_id {
        if fields.company_id == Some(before.id) {
            return Err(Problem::field("company_id", "invalid", "is the contact itself").into());
        }
        check_company(ctx, fields.company_id).await?;
    }
    let key = |fields: &Fields| fields.email.as_deref().map(email_key);
    if key(&fields) != key(&old) && store::id_of_email(ctx, &fields).await?.is_some() {
        return Err(taken(ctx, &fields, own).await?.into());
    }
    store::update(ctx, before.id, &fields).await?;
    let contact = store::find(ctx, before.id).await?.ok_or_else(Problem::not_found)?;
    ctx.audit(Change::updated("contact.updated", "contact", contact.id, &before, &contact).about(contact.id));
    let event = ContactUpdated { contact_id: contact.id, owner_id: fields.owner_id, name: fields.name, source: fields.source };
    ctx.publish(&event)?;
    Ok(contact)
}

/// Archives: it leaves all lists, and its bookings stay. Meeting the same address again brings it back.
///
/// # Errors
/// The database's.
pub(crate) async fn archive(ctx: &mut Ctx, contact: Contact) -> Result<()> {
    store::archive(ctx, contact.id).await?;
    ctx.audit(Change::deleted("contact.archived", "contact", contact.id, &contact).about(contact.id));
    let owner_id = contact.owner.map(|owner| owner.user_id);
    ctx.publish(&ContactArchived { contact_id: contact.id, owner_id, name: contact.name, source: contact.source })
}

async fn check_company(ctx: &mut Ctx, company: Option<Uuid>) -> Result<()> {
    match company {
        Some(id) if !store::is_company(ctx, id).await? => {
            Err(Problem::field("company_id", "not_found", "is not a company among your contacts").into())
        }
        _ => Ok(()),
    }
}

/// Names the other contact only to who may see it.
async fn taken(ctx: &mut Ctx, fields: &Fields, own: Option<Uuid>) -> Result<Problem> {
    let problem = Problem::conflict("email_taken", "Another contact has this e-mail address. Open that one instead.");
    match store::visible_of_email(ctx, fields, own).await? {
        Some(id) => Ok(problem.with("contact_id", id)),
        None => Ok(problem),
    }
}
