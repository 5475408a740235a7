//! What the trail says about a person is sealed under a key of that person's own in that tenant. An erasure destroys the
//! key: the lines stay as they are, so that the chain of hashes stays valid, and say nothing of the person any more.
//!
//! A process makes a key when it first writes about somebody, in the statement that writes the line, and keeps it for a
//! while. So writing takes no look-up, and one person has as many keys as processes wrote about him or her.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::record::Record;
use super::{Line, store};
use crate::auth::UsedToken;
use crate::crypto::{self, Place, random};
use crate::ctx::{Caller, Ctx, Origin, TenantId};
use crate::error::{Error, Result};
use crate::lease::UsedLease;
use crate::state::App;

/// What is written after an erasure by a process that still holds the key is unreadable from the start.
const HELD: Duration = Duration::from_secs(600);
const MOST_HELD: usize = 20_000;

type Secret = Zeroizing<[u8; 32]>;

/// Keys that this process writes under.
#[derive(Default)]
pub struct PersonKeys(Mutex<HashMap<(Uuid, Uuid), Held>>);

struct Held {
    id: Uuid,
    key: Secret,
    since: Instant,
}

impl PersonKeys {
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<(Uuid, Uuid), Held>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn find(&self, tenant: TenantId, subject: Uuid) -> Option<(Uuid, Secret)> {
        let map = self.map();
        let held = map.get(&(tenant.0, subject)).filter(|held| held.since.elapsed() < HELD)?;
        Some((held.id, held.key.clone()))
    }

    /// For what comes next; only once the transaction that wrote them is committed.
    pub(crate) fn keep(&self, tenant: TenantId, made: Vec<Made>) {
        if made.is_empty() {
            return;
        }
        let (mut map, since) = (self.map(), Instant::now());
        if map.len() + made.len() > MOST_HELD {
            map.retain(|_, held| held.since.elapsed() < HELD / 2);
            if map.len() + made.len() > MOST_HELD {
                map.clear();
            }
        }
        map.extend(made.into_iter().map(|made| ((tenant.0, made.subject_id), Held { id: made.id, key: made.key, since })));
    }

    /// Lets go of the keys of who is erased, in whatever tenant.
    pub fn forget(&self, subjects: &[Uuid]) {
        self.map().retain(|(_, subject), _| !subjects.contains(subject));
    }
}

/// A key that is written with the lines under it.
#[derive(Serialize)]
pub(crate) struct Made {
    id: Uuid,
    subject_id: Uuid,
    key_ciphertext: String,
    #[serde(skip)]
    key: Secret,
}

/// Who acted and from where.
#[derive(Default, Serialize, Deserialize)]
pub struct ActorPart {
    pub name: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// The program that acted for the actor, which he or she named.
    pub access_token: Option<UsedToken>,
    /// Who had let an administrator of the instance in.
    pub support_lease: Option<UsedLease>,
}

/// Old and new values of a record about a person.
#[derive(Default, Serialize, Deserialize)]
pub struct ValuesPart {
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// A line as the statement that writes it takes it.
#[derive(Serialize)]
pub(crate) struct Written {
    pub id: Uuid,
    pub actor_key: Option<Uuid>,
    pub actor_ciphertext: Option<String>,
    pub action: String,
    pub entity_type: String,
    pub entity_id: Uuid,
    pub old_values: Option<Value>,
    pub new_values: Option<Value>,
    pub values_key: Option<Uuid>,
    pub values_ciphertext: Option<String>,
}

/// Lines ready to be written, and the keys that are to be written with them.
pub(crate) struct Ready {
    pub lines: Vec<Written>,
    pub made: Vec<Made>,
}

fn key_place(tenant: TenantId, key: Uuid) -> Place<'static> {
    Place { column: "audit_keys.key_ciphertext", tenant: Some(tenant.0), row: key }
}

fn actor_place(tenant: TenantId, line: Uuid) -> Place<'static> {
    Place { column: "audit_events.actor_ciphertext", tenant: Some(tenant.0), row: line }
}

fn values_place(tenant: TenantId, line: Uuid) -> Place<'static> {
    Place { column: "audit_events.values_ciphertext", tenant: Some(tenant.0), row: line }
}

struct Keys<'a> {
    app: &'a App,
    tenant: TenantId,
    made: Vec<Made>,
}

impl Keys<'_> {
    fn of(&mut self, subject: Uuid) -> (Uuid, Secret) {
        if let Some(made) = self.made.iter().find(|made| made.subject_id == subject) {
            return (made.id, made.key.clone());
        }
        if let Some(held) = self.app.audit_keys.find(self.tenant, subject) {
            return held;
        }
        let (id, key) = (crate::id::new(), Zeroizing::new(random::<32>()));
        let key_ciphertext = STANDARD.encode(self.app.keys.seal(key_place(self.tenant, id), key.as_ref()));
        self.made.push(Made { id, subject_id: subject, key_ciphertext, key: key.clone() });
        (id, key)
    }

    fn seal(&mut self, subject: Uuid, place: Place<'_>, part: &impl Serialize) -> Result<(Uuid, String)> {
        let (id, key) = self.of(subject);
        let plain = Zeroizing::new(serde_json::to_vec(part).map_err(Error::internal)?);
        Ok((id, STANDARD.encode(crypto::seal_under(&key, place, &plain))))
    }
}

/// Seals what the lines say about people. A visitor has no key but that of the person whom the record is about.
pub(crate) fn seal(app: &App, tenant: TenantId, caller: &Caller, origin: &Origin, lines: Vec<Line>) -> Result<Ready> {
    let mut keys = Keys { app, tenant, made: Vec::new() };
    let mut actor = ActorPart {
        name: None,
        ip_address: origin.ip.map(|ip| ip.to_canonical().to_string()),
        user_agent: origin.user_agent.clone(),
        access_token: None,
        support_lease: None,
    };
    let member = match caller {
        Caller::Member(session) => {
            actor.name = Some(session.name.clone());
            (actor.access_token, actor.support_lease) = (session.token.clone(), session.lease.clone());
            Some(session.user_id)
        }
        Caller::Visitor | Caller::Program { .. } => None,
    };
    let mut written = Vec::with_capacity(lines.len());
    for line in lines {
        let of_actor = match caller {
            Caller::Program { .. } => None,
            Caller::Member(_) | Caller::Visitor => {
                let subject = member.or(line.about).unwrap_or(line.entity_id);
                Some(keys.seal(subject, actor_place(tenant, line.id), &actor)?)
            }
        };
        let (mut old_values, mut new_values) = (line.old_values, line.new_values);
        let of_values = match line.about {
            Some(subject) if old_values.is_some() || new_values.is_some() => {
                let part = ValuesPart { old: old_values.take(), new: new_values.take() };
                Some(keys.seal(subject, values_place(tenant, line.id), &part)?)
            }
            _ => None,
        };
        let ((actor_key, actor_ciphertext), (values_key, values_ciphertext)) = (of_actor.unzip(), of_values.unzip());
        written.push(Written {
            id: line.id,
            actor_key,
            actor_ciphertext,
            action: line.action,
            entity_type: line.entity_type,
            entity_id: line.entity_id,
            old_values,
            new_values,
            values_key,
            values_ciphertext,
        });
    }
    Ok(Ready { lines: written, made: keys.made })
}

/// What a line says of people: nothing where their key was destroyed.
pub enum Part<T> {
    /// The line says nothing of a person there.
    None,
    Open(T),
    Erased,
}

/// The keys of a number of lines.
pub struct Opener {
    tenant: TenantId,
    keys: HashMap<Uuid, Secret>,
}

impl Opener {
    /// # Errors
    /// The database's; a key that does not open under this instance's own.
    pub async fn for_records<'a>(ctx: &mut Ctx, records: impl Iterator<Item = &'a Record>) -> Result<Self> {
        let mut ids: Vec<Uuid> = records.flat_map(|record| [record.actor_key, record.values_key]).flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let tenant = ctx.tenant;
        let mut keys = HashMap::with_capacity(ids.len());
        for (id, sealed) in store::person_keys(ctx, &ids).await? {
            let opened = ctx.app.keys.open(key_place(tenant, id), &sealed).map_err(Error::internal)?;
            let key: [u8; 32] = opened.as_slice().try_into().map_err(Error::internal)?;
            keys.insert(id, Zeroizing::new(key));
        }
        Ok(Self { tenant, keys })
    }

    pub fn actor(&self, record: &Record) -> Part<ActorPart> {
        self.open(record.actor_key, record.actor_ciphertext.as_deref(), actor_place(self.tenant, record.id))
    }

    pub fn values(&self, record: &Record) -> Part<ValuesPart> {
        self.open(record.values_key, record.values_ciphertext.as_deref(), values_place(self.tenant, record.id))
    }

    fn open<T: for<'de> Deserialize<'de> + Default>(&self, key: Option<Uuid>, sealed: Option<&[u8]>, place: Place<'_>) -> Part<T> {
        let (Some(id), Some(sealed)) = (key, sealed) else { return Part::None };
        let Some(key) = self.keys.get(&id) else { return Part::Erased };
        let opened = crypto::open_under(key, place, sealed).ok().and_then(|plain| serde_json::from_slice(&plain).ok());
        Part::Open(opened.unwrap_or_else(|| {
            tracing::error!(line = %place.row, "a line of the audit trail does not open under its key: it was changed");
            T::default()
        }))
    }
}

/// Destroys the keys of who is erased in the tenant of the context; answers how many there were.
///
/// # Errors
/// The database's.
pub async fn forget(ctx: &mut Ctx, subjects: &[Uuid]) -> Result<u64> {
    let destroyed = store::destroy_keys(ctx, subjects).await?;
    ctx.app.audit_keys.forget(subjects);
    Ok(destroyed)
}
