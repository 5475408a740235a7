//! What a step does: first worked out in full, which is also what a test shows, then done.

use messaging::{Channel, Outgoing, Recipient as To, deliver};
use platform::mail::Person;
use platform::records::{Reader, Record};
use platform::{Ctx, Error, Result};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{NewExecution, StepStatus, start, store};
use crate::deliveries;
use crate::workflows::{Recipient, Step, StepKind, record_of, store as workflows_store, texts};

/// What is known when a step is made: the record, its contact, what the event told, and what became of the steps before.
pub(crate) struct Facts {
    owner_id: Uuid,
    subject_type: String,
    subject_id: Uuid,
    contact_id: Option<Uuid>,
    record: Option<Record>,
    /// By name, as conditions and texts ask for them.
    pub values: Value,
}

impl Facts {
    pub async fn read(
        ctx: &mut Ctx,
        owner_id: Uuid,
        (subject_type, subject_id): (&str, Uuid),
        contact_id: Option<Uuid>,
        event: &Value,
    ) -> Result<Self> {
        let (workspace, _) = workflows_store::workspace(ctx).await?;
        let mut values = Map::new();
        values.insert("workspace".to_owned(), json!({ "name": workspace }));
        values.insert("event".to_owned(), event.clone());
        values.insert("steps".to_owned(), json!({}));
        let record = read(ctx, subject_type, subject_id).await?;
        let contact_id = record.as_ref().and_then(|record| record.contact_id).or(contact_id);
        if let Some(record) = &record {
            values.insert(subject_type.to_owned(), Value::Object(record.fields.clone()));
        }
        if let Some(id) = contact_id.filter(|_| subject_type != "contact")
            && let Some(contact) = read(ctx, "contact", id).await?
        {
            values.insert("contact".to_owned(), Value::Object(contact.fields));
        }
        Ok(Self { owner_id, subject_type: subject_type.to_owned(), subject_id, contact_id, record, values: Value::Object(values) })
    }

    /// What became of an earlier step, for the conditions of later ones.
    pub fn note(&mut self, position: i32, status: StepStatus, output: &Value) {
        let outcome = output.get("outcome").cloned().unwrap_or(Value::Null);
        self.values["steps"][position.to_string()] = json!({ "status": status, "outcome": outcome });
    }
}

async fn read(ctx: &mut Ctx, kind: &str, id: Uuid) -> Result<Option<Record>> {
    let Some(kind) = record_of(&ctx.app, kind).copied() else { return Ok(None) };
    (kind.read)(ctx, id).await
}

/// What a step would do, worked out.
pub(crate) enum Planned {
    Send(Vec<Outgoing>),
    Wait { minutes: i32, event: Option<String> },
    Set { record: String, id: Uuid, field: String, value: String },
    Call { endpoint: Uuid, body: Value },
    Start { workflow: Uuid },
}

impl Planned {
    /// As the log and a test show it.
    pub fn input(&self) -> Value {
        match self {
            Self::Send(messages) => {
                let to = |message: &Outgoing| match &message.to {
                    To::Address(person) => person.email.clone(),
                    To::Number(number) => number.clone(),
                    To::Member(user) => user.to_string(),
                };
                let first = messages.first();
                json!({
                    "to": messages.iter().map(to).collect::<Vec<_>>(),
                    "subject": first.map(|message| &message.subject),
                    "text": first.map(|message| &message.text),
                })
            }
            Self::Wait { minutes, event } => json!({ "minutes": minutes, "event": event }),
            Self::Set { record, field, value, .. } => json!({ "field": format!("{record}.{field}"), "value": value }),
            Self::Call { endpoint, body } => json!({ "webhook_endpoint_id": endpoint, "body": body }),
            Self::Start { workflow } => json!({ "workflow_id": workflow }),
        }
    }
}

/// Why a step cannot be made, in words; another attempt would find the same.
type Refusal = String;

/// # Errors
/// The database's; inside, what keeps the step from being made.
pub(crate) async fn plan(ctx: &mut Ctx, facts: &Facts, step: &Step) -> Result<Result<Planned, Refusal>> {
    let config = &step.config;
    let filled = |text: &Option<String>| texts::render(text.as_deref().unwrap_or_default(), &facts.values);
    Ok(match step.kind {
        StepKind::SendEmail | StepKind::SendSms | StepKind::Notify => {
            let (subject, text) = match (filled(&config.subject), filled(&config.text)) {
                (Ok(subject), Ok(text)) => (subject, text),
                (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
            };
            let readers = readers(ctx, facts, step).await?;
            messages(facts, step, &readers, &subject.split_whitespace().collect::<Vec<_>>().join(" "), &text).map(Planned::Send)
        }
        StepKind::Wait => Ok(Planned::Wait { minutes: config.minutes.unwrap_or(1), event: config.event.clone() }),
        StepKind::SetField => {
            let (record, field) = config.field.as_deref().and_then(|name| name.split_once('.')).unwrap_or_default();
            let id = if record == facts.subject_type { Some(facts.subject_id) } else { facts.contact_id };
            match (id, filled(&config.value)) {
                (Some(id), Ok(value)) => Ok(Planned::Set { record: record.to_owned(), id, field: field.to_owned(), value }),
                (None, _) => Err("there is no contact".to_owned()),
                (_, Err(error)) => Err(error),
            }
        }
        StepKind::CallWebhook => {
            let mut body = facts.values.clone();
            if let Some(fields) = body.as_object_mut() {
                fields.remove("steps");
                fields.insert("subject_type".to_owned(), json!(facts.subject_type));
                fields.insert("subject_id".to_owned(), json!(facts.subject_id));
            }
            config.webhook_endpoint_id.map(|endpoint| Planned::Call { endpoint, body }).ok_or_else(|| "no webhook is named".to_owned())
        }
        StepKind::StartWorkflow => {
            config.workflow_id.map(|workflow| Planned::Start { workflow }).ok_or_else(|| "no workflow is named".to_owned())
        }
    })
}

async fn readers(ctx: &mut Ctx, facts: &Facts, step: &Step) -> Result<Vec<Reader>> {
    let record = facts.record.as_ref();
    Ok(match step.recipient {
        Some(Recipient::Invitee) => record.and_then(|record| record.invitee.clone()).into_iter().collect(),
        Some(Recipient::Organizer) => record.map(|record| record.organizers.clone()).unwrap_or_default(),
        Some(Recipient::Owner) => store::member(ctx, facts.owner_id).await?.into_iter().collect(),
        Some(Recipient::Member) => match step.config.user_id {
            Some(user) => store::member(ctx, user).await?.into_iter().collect(),
            None => Vec::new(),
        },
        Some(Recipient::Address) => {
            let (_, locale) = workflows_store::workspace(ctx).await?;
            vec![Reader { user_id: None, name: String::new(), email: step.config.address.clone(), phone: None, locale }]
        }
        None => Vec::new(),
    })
}

fn messages(facts: &Facts, step: &Step, readers: &[Reader], subject: &str, text: &str) -> Result<Vec<Outgoing>, Refusal> {
    let sender = facts.record.as_ref().and_then(|record| record.organizers.first());
    let mut messages = Vec::new();
    for reader in readers {
        let (channel, to) = match step.kind {
            StepKind::SendSms => (Channel::Sms, reader.phone.clone().map(To::Number)),
            StepKind::Notify => (Channel::InApp, reader.user_id.map(To::Member)),
            _ => {
                let address = || reader.email.clone().map(|email| To::Address(Person { name: reader.name.clone(), email }));
                (Channel::Email, reader.user_id.map(To::Member).or_else(address))
            }
        };
        let Some(to) = to else { continue };
        // A member's answer goes nowhere but to the workspace itself; one from outside goes to who looks after the record.
        let sender = sender.filter(|_| reader.user_id.is_none());
        let reply_to = sender.and_then(|sender| Some(Person { name: sender.name.clone(), email: sender.email.clone()? }));
        messages.push(Outgoing {
            language: reader.locale.clone(),
            about: Some((facts.subject_type.clone(), facts.subject_id)),
            on_behalf_of: Some(facts.owner_id),
            person: facts.contact_id,
            is_transactional: step.config.is_transactional.unwrap_or(true),
            reply_to,
            from_name: sender.map(|sender| sender.name.clone()),
            link: facts.record.as_ref().and_then(|record| record.link.clone()),
            ..Outgoing::new(channel, "workflow", to, if subject.is_empty() { step.name.as_str() } else { subject }, text)
        });
    }
    if messages.is_empty() { Err("there is nobody to send it to, or no address".to_owned()) } else { Ok(messages) }
}

/// Does it in the transaction that writes the step down, so both are there or neither is. What goes outside is a row of a queue that
/// sends after the commit, and has a key by which it is not written twice. Answers what came of it.
pub(super) async fn make(ctx: &mut Ctx, facts: &Facts, planned: Planned, key: &str, chain: &[Uuid]) -> Result<Result<Value, Refusal>> {
    match planned {
        Planned::Send(messages) => {
            let mut ids = Vec::new();
            for (n, message) in messages.into_iter().enumerate() {
                ids.extend(deliver(ctx, Outgoing { dedupe_key: Some(format!("{key} {n}")), ..message }).await?);
            }
            Ok(Ok(json!({ "message_ids": ids })))
        }
        Planned::Wait { .. } => Err(Error::internal("waiting is the execution's own")),
        Planned::Set { record, id, field, value } => {
            let Some(kind) = record_of(&ctx.app, &record).copied() else { return Ok(Err("there is no such record".to_owned())) };
            (kind.set)(ctx, id, &field, &value).await?;
            Ok(Ok(json!({})))
        }
        Planned::Call { endpoint, body } => match deliveries::call(ctx, endpoint, facts.subject_id, &body).await? {
            Some(delivery) => Ok(Ok(json!({ "webhook_delivery_id": delivery }))),
            None => Ok(Err("the webhook is gone or switched off".to_owned())),
        },
        Planned::Start { workflow } => {
            let Some(found) = workflows_store::find(ctx, workflow).await?.filter(|found| found.is_active) else {
                return Ok(Err("the workflow is gone or switched off".to_owned()));
            };
            let new = NewExecution {
                workflow_id: found.id,
                revision: found.revision,
                cause: key.to_owned(),
                trigger: "workflow.started".to_owned(),
                subject_type: facts.subject_type.clone(),
                subject_id: facts.subject_id,
                contact_id: facts.contact_id,
                data: facts.values["event"].clone(),
                delay_minutes: 0,
            };
            let started = start(ctx, new, chain).await?;
            Ok(Ok(json!({ "execution_id": started })))
        }
    }
}
