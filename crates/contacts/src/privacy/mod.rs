//! The rights of a contact as a person: all that is known handed out, and erased with a report.

pub mod http;
mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::audit::store::Which;
use platform::audit::{self, Change};
use platform::ctx::Caller;
use platform::personal::{Outcome, Person, PersonalData};
use platform::time::Timestamp;
use platform::{Ctx, Problem, Result, Session, id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::{ContactArchived, ContactExported};

/// Contacts themselves.
pub struct ContactsData;

impl PersonalData for ContactsData {
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move {
            let Person::Contact(id) = person else { return Ok(Vec::new()) };
            Ok(vec![
                ("contact", store::whole(ctx, *id).await?),
                ("mails", store::mails(ctx, *id).await?),
                ("history", history(ctx, *id).await?),
            ])
        }
        .boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move {
            let Person::Contact(id) = person else { return Ok(Vec::new()) };
            let emptied = store::empty(ctx, *id).await?;
            let keys = audit::forget(ctx, &[*id]).await?;
            Ok(vec![
                Outcome::emptied("contacts.contacts", emptied, "bookings refer to it; it is in no list any more"),
                Outcome::removed("platform.audit_keys", keys),
            ])
        }
        .boxed()
    }
}

/// What was done with the contact, without who did it: that is another person's data.
async fn history(ctx: &mut Ctx, contact: Uuid) -> Result<Value> {
    let which = Which { entity_type: Some("contact".to_owned()), entity_id: Some(contact), ..Which::default() };
    let lines = audit::list_all(ctx, &which).await?;
    Ok(lines
        .into_iter()
        .map(|line| json!({ "at": line.created_at, "action": line.action, "before": line.old_values, "after": line.new_values }))
        .collect())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureInput {
    /// The contact's name, typed to show that it is meant.
    name: String,
}

/// What an erasure did.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactErasure {
    pub id: Uuid,
    pub contact_id: Uuid,
    /// The name of who had it erased.
    pub requested_by: String,
    pub outcomes: Vec<Outcome>,
    pub created_at: Timestamp,
}

/// Somebody in person: none of this is for a program's token.
fn check_session(ctx: &Ctx) -> Result<&Session, Problem> {
    match &ctx.caller {
        Caller::Member(session) if session.token.is_none() => Ok(session),
        _ => Err(Problem { code: "session_required".into(), ..Problem::forbidden() }),
    }
}

/// Somebody in person, who confirmed that lately.
fn check_person(ctx: &Ctx) -> Result<Uuid, Problem> {
    let session = check_session(ctx)?;
    session.check_fresh(ctx.now())?;
    Ok(session.user_id)
}

/// All that every module knows of the contact, as one document; archived contacts included.
async fn export(ctx: &mut Ctx, contact: Uuid) -> Result<Value> {
    check_person(ctx)?;
    store::lock(ctx, contact).await?.ok_or_else(Problem::not_found)?;
    let app = ctx.app.clone();
    let mut document = Map::from_iter([("made_at".to_owned(), json!(ctx.now()))]);
    for module in &app.personal_data {
        for (kind, value) in module.export(ctx, &Person::Contact(contact)).await? {
            document.insert(kind.to_owned(), value);
        }
    }
    ctx.publish(&ContactExported { contact_id: contact })?;
    ctx.audit(Change::created("contact_export.created", "contact", contact, json!({ "kinds": document.keys().collect::<Vec<_>>() })));
    Ok(Value::Object(document))
}

/// Erases the contact in every module, in one transaction.
async fn erase(ctx: &mut Ctx, contact: Uuid, input: ErasureInput) -> Result<ContactErasure> {
    let me = check_person(ctx)?;
    let known = store::lock(ctx, contact).await?.ok_or_else(Problem::not_found)?;
    if input.name.trim() != known.name.trim() {
        return Err(Problem::field("name", "incorrect", "is not the contact's name").into());
    }
    let app = ctx.app.clone();
    let mut outcomes = Vec::new();
    // The contact's own row last: others are found by its address.
    for module in app.personal_data.iter().rev() {
        outcomes.extend(module.erase(ctx, &Person::Contact(contact)).await?);
    }
    outcomes.retain(|outcome| outcome.count > 0);
    let (id, created_at) = (id::new(), ctx.now());
    store::note(ctx, id, contact, me, &outcomes).await?;
    ctx.audit(Change::created("contact_erasure.created", "contact", contact, json!({ "outcomes": outcomes })));
    ctx.publish(&ContactArchived { contact_id: contact, owner_id: known.owner_id, name: "Erased".to_owned(), source: known.source })?;
    let requested_by = match &ctx.caller {
        Caller::Member(session) => session.name.clone(),
        _ => String::new(),
    };
    Ok(ContactErasure { id, contact_id: contact, requested_by, outcomes, created_at })
}
