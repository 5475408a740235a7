//! The audit trail: who changed what, with old and new values, in the transaction of the change.
//!
//! What a line says about people is sealed (`people`); some seconds later it gets its place in its tenant's chain of hashes
//! (`chain`), whose end is signed hourly (`heads`).

use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Session, UsedToken};
use crate::ctx::{Caller, Ctx, Origin, TenantId};
use crate::error::{Error, Result};
use crate::events::{Event, EventKind};
use crate::lease::UsedLease;
use crate::state::App;
use crate::time::Timestamp;

pub mod archive;
pub mod chain;
pub mod exports;
pub mod file;
pub mod heads;
mod http;
pub mod people;
pub mod record;
pub mod store;
pub mod verify;

pub use chain::run_sealer;
pub use http::api;
pub use people::{PersonKeys, forget};

use people::{Opener, Part};
use record::Record;
use store::Which;

crate::permissions! { AuditRead = "audit:read" }

/// One change of one record.
pub struct Change<'a> {
    /// `booking.cancelled`: resource and what was done.
    pub action: &'a str,
    pub entity_type: &'a str,
    pub entity_id: Uuid,
    pub old: Option<Value>,
    pub new: Option<Value>,
    /// The member, contact or invitation that the values speak of. Their erasure takes the values with them.
    pub about: Option<Uuid>,
}

impl<'a> Change<'a> {
    pub fn created(action: &'a str, entity_type: &'a str, entity_id: Uuid, new: impl Serialize) -> Self {
        Self { action, entity_type, entity_id, old: None, new: serde_json::to_value(new).ok(), about: None }
    }

    /// Keeps only the fields that differ.
    pub fn updated(action: &'a str, entity_type: &'a str, entity_id: Uuid, old: impl Serialize, new: impl Serialize) -> Self {
        let (mut old, mut new) = (serde_json::to_value(old).unwrap_or(Value::Null), serde_json::to_value(new).unwrap_or(Value::Null));
        if let (Value::Object(before), Value::Object(after)) = (&mut old, &mut new) {
            let same: Vec<String> =
                before.iter().filter(|(name, value)| after.get(*name) == Some(value)).map(|(name, _)| name.clone()).collect();
            for name in same.iter().map(String::as_str).chain(["version", "updated_at"]) {
                before.remove(name);
                after.remove(name);
            }
        }
        Self { action, entity_type, entity_id, old: Some(old), new: Some(new), about: None }
    }

    pub fn deleted(action: &'a str, entity_type: &'a str, entity_id: Uuid, old: impl Serialize) -> Self {
        Self { action, entity_type, entity_id, old: serde_json::to_value(old).ok(), new: None, about: None }
    }

    /// Whose data the values are.
    #[must_use]
    pub fn about(self, person: Uuid) -> Self {
        Self { about: Some(person), ..self }
    }
}

impl Ctx {
    /// Notes one line of the audit trail, written with the commit.
    pub fn audit(&mut self, change: Change<'_>) {
        self.noted().lines.push(Line::of(change));
    }
}

/// Writes one line into a tenant's trail at once, in whatever transaction is open: for what an administrator of the instance
/// does to the tenant as the owner, or in it by a lease, and what a member's request has the owner do.
///
/// # Errors
/// The database's.
pub async fn note_now(
    db: &mut PgConnection,
    app: &App,
    tenant: TenantId,
    actor: &Session,
    origin: &Origin,
    change: Change<'_>,
) -> Result<()> {
    write_now(db, app, tenant, &Caller::Member(actor.clone()), origin, change).await
}

/// As [`note_now`], of what the program does by itself as the owner.
///
/// # Errors
/// The database's.
pub async fn note_by_program(db: &mut PgConnection, app: &App, tenant: TenantId, change: Change<'_>) -> Result<()> {
    write_now(db, app, tenant, &Caller::Program { caused_by: None }, &Origin::default(), change).await
}

async fn write_now(db: &mut PgConnection, app: &App, tenant: TenantId, caller: &Caller, origin: &Origin, change: Change<'_>) -> Result<()> {
    let ready = people::seal(app, tenant, caller, origin, vec![Line::of(change)])?;
    let lines = serde_json::to_value(&ready.lines).map_err(Error::internal)?;
    let keys = serde_json::to_value(&ready.made).map_err(Error::internal)?;
    let (actor, metadata) = match caller {
        Caller::Member(session) => (Some(session.user_id), metadata(session)),
        Caller::Visitor | Caller::Program { .. } => (None, None),
    };
    let notes = store::Notes {
        actor,
        actor_name: caller.name(),
        request: origin.request_id,
        metadata,
        facts: &Value::Array(Vec::new()),
        lines: &lines,
        keys: &keys,
    };
    Ok(store::write(db, tenant, notes).await?)
}

/// By what the session acts, where not by its user's own right.
pub(crate) fn metadata(session: &Session) -> Option<Value> {
    match (&session.token, &session.lease) {
        (Some(token), _) => Some(serde_json::json!({ "access_token_id": token.id })),
        (None, Some(lease)) => Some(serde_json::json!({ "support_lease_id": lease.id })),
        (None, None) => None,
    }
}

/// A line that waits for the commit.
pub(crate) struct Line {
    id: Uuid,
    action: String,
    entity_type: String,
    entity_id: Uuid,
    old_values: Option<Value>,
    new_values: Option<Value>,
    about: Option<Uuid>,
}

impl Line {
    fn of(change: Change<'_>) -> Self {
        Self {
            id: crate::id::new(),
            action: change.action.to_owned(),
            entity_type: change.entity_type.to_owned(),
            entity_id: change.entity_id,
            old_values: change.old,
            new_values: change.new,
            about: change.about,
        }
    }
}

/// One line of the audit trail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEvent {
    pub id: Uuid,
    /// Its place in the chain, some seconds after it was written.
    pub seq: Option<i64>,
    pub actor: Option<Actor>,
    /// `booking.cancelled`
    pub action: String,
    pub entity_type: String,
    pub entity_id: Option<Uuid>,
    /// The fields that changed, before.
    #[schema(value_type = Option<Object>)]
    pub old_values: Option<Value>,
    /// The fields that changed, after.
    #[schema(value_type = Option<Object>)]
    pub new_values: Option<Value>,
    /// The values were a person's who is erased.
    pub is_erased: bool,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// Where a program acted for the actor.
    pub access_token: Option<UsedToken>,
    /// Where an administrator of the instance acted, and who had let him or her in.
    pub support_lease: Option<UsedLease>,
    pub created_at: Timestamp,
}

/// Who did it: a member (with id), a visitor, or the program itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Actor {
    pub id: Option<Uuid>,
    pub name: String,
    /// Nothing but the id is left of the person.
    pub is_erased: bool,
}

impl AuditEvent {
    fn of(opener: &Opener, seq: Option<i64>, record: Record) -> Self {
        let mut event = Self {
            id: record.id,
            seq,
            actor: None,
            old_values: None,
            new_values: None,
            is_erased: false,
            ip_address: None,
            user_agent: None,
            access_token: None,
            support_lease: None,
            action: String::new(),
            entity_type: String::new(),
            entity_id: record.entity_id,
            created_at: record.created_at,
        };
        let mut actor = Actor { id: record.actor_id, name: record.actor_name.clone().unwrap_or_default(), is_erased: false };
        match opener.actor(&record) {
            Part::None => {}
            Part::Open(part) => {
                (event.ip_address, event.user_agent) = (part.ip_address, part.user_agent);
                (event.access_token, event.support_lease) = (part.access_token, part.support_lease);
                actor.name = part.name.unwrap_or(actor.name);
            }
            Part::Erased if actor.id.is_some() => (actor.name, actor.is_erased) = ("Erased person".to_owned(), true),
            Part::Erased => {}
        }
        match opener.values(&record) {
            Part::None => (event.old_values, event.new_values) = (record.old_values, record.new_values),
            Part::Open(part) => (event.old_values, event.new_values) = (part.old, part.new),
            Part::Erased => event.is_erased = true,
        }
        event.actor = (!actor.name.is_empty()).then_some(actor);
        Self { action: record.action, entity_type: record.entity_type, ..event }
    }
}

/// Lines of the tenant's trail, newest first, as far as keys that open them are there.
///
/// # Errors
/// The database's.
pub async fn list(ctx: &mut Ctx, which: &Which, before: Option<Uuid>, count: i64) -> Result<Vec<AuditEvent>> {
    let records = store::list(ctx, which, before, count).await?;
    opened(ctx, records).await
}

/// Lines with their places, as far as keys that open them are there.
async fn opened(ctx: &mut Ctx, records: Vec<(Option<i64>, Record)>) -> Result<Vec<AuditEvent>> {
    let opener = Opener::for_records(ctx, records.iter().map(|(_, record)| record)).await?;
    Ok(records.into_iter().map(|(seq, record)| AuditEvent::of(&opener, seq, record)).collect())
}

/// All of them, newest first: for what a person is entitled to.
///
/// # Errors
/// The database's.
pub async fn list_all(ctx: &mut Ctx, which: &Which) -> Result<Vec<AuditEvent>> {
    const PAGE: i64 = 1000;
    let mut all: Vec<AuditEvent> = Vec::new();
    loop {
        let before = all.last().map(|line| line.id);
        let page = list(ctx, which, before, PAGE).await?;
        let is_last = (page.len() as i64) < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Every fact about the trail, and who may see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: AuditChainBroken::KIND, permission: Some("audit:read") },
    EventKind { kind: exports::AuditExported::KIND, permission: Some("audit:read") },
];

/// The nightly verification found the chain broken where it was not before.
#[derive(Serialize)]
pub struct AuditChainBroken {
    pub tenant_id: Uuid,
    pub seq: i64,
    pub reason: &'static str,
}

impl Event for AuditChainBroken {
    const KIND: &'static str = "audit_chain.broken";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}

/// Partitions for the months to come; run daily as the owner.
///
/// # Errors
/// The database's.
pub async fn ensure_partitions(owner: &sqlx::PgPool) -> Result<()> {
    sqlx::query_scalar!("SELECT platform.ensure_audit_partitions((now() - interval '1 month')::date, 6)").fetch_one(owner).await?;
    Ok(())
}
