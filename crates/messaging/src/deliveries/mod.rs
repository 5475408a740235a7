//! Messages on their way to people: one row for each, whatever the channel, written in the transaction of what causes it.

pub mod http;
pub(crate) mod store;
mod unsubscribe;

use platform::jobs::When;
use platform::mail::layout::Layout;
use platform::mail::{Calendar, Mail, More, Person, SendMails};
use platform::time::Timestamp;
use platform::{Ctx, Error, Problem, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::notifications::{self, Group, Notice};
use crate::preferences;
use crate::sms::{self, SendText};

pub use unsubscribe::Unsubscription;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MessageChannel)]
pub enum Channel {
    Email,
    Sms,
    /// Nothing sends it yet: a message over it fails, and says so.
    Whatsapp,
    InApp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MessageStatus)]
pub enum Status {
    Queued,
    /// Taken by the mail server or provider.
    Sent,
    /// No mail server is set up; it lies in the mailbox of the instance.
    Kept,
    /// The provider says that it arrived. Mail servers do not say so.
    Delivered,
    Failed,
    /// Refused for good by the recipient's side.
    Bounced,
    /// Not sent, since the recipient wants none.
    Suppressed,
}

/// One message to one recipient, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Message {
    pub id: Uuid,
    pub channel: Channel,
    /// `booking_confirmation`
    pub kind: String,
    /// The member on whose behalf it was sent.
    pub user_id: Option<Uuid>,
    /// An address, a number, or the name of a member.
    pub recipient: String,
    pub subject_type: Option<String>,
    pub subject_id: Option<Uuid>,
    /// The subject of a mail, the beginning of other messages.
    pub title: String,
    pub language: String,
    pub is_transactional: bool,
    pub status: Status,
    pub attempts: i32,
    /// The provider's name for it.
    pub external_id: Option<String>,
    /// What the mail server or provider said last.
    pub provider_response: Option<String>,
    /// Why it was not sent.
    pub error: Option<String>,
    /// Parts that an SMS is sent in.
    pub segments: Option<i32>,
    /// It waits until then.
    pub not_before: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Who gets a message.
#[derive(Clone, Debug)]
pub enum Recipient {
    Address(Person),
    /// E.164.
    Number(String),
    /// At the address of his or her membership, in that person's zone and as he or she chose.
    Member(Uuid),
}

/// A message that a module wants sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub channel: Channel,
    /// `booking_confirmation`: for lists and metrics; small letters and underscores.
    pub kind: String,
    pub to: Recipient,
    /// Of a mail; the title of what is shown in the app.
    pub subject: String,
    /// Plain text; without `html` a mail is made of it.
    pub text: String,
    pub html: Option<String>,
    /// BCP 47: `pt-BR`.
    pub language: String,
    /// The record it is about: `("booking", id)`.
    pub about: Option<(String, Uuid)>,
    /// The member on whose behalf it goes out.
    pub on_behalf_of: Option<Uuid>,
    /// The contact whom it goes to or tells of: it is erased with that person.
    pub person: Option<Uuid>,
    /// Part of what the recipient asked for. What is not carries a way to unsubscribe, and is not sent to who did.
    pub is_transactional: bool,
    /// Sent in a member's quiet hours too.
    pub is_urgent: bool,
    /// A second message with this key is not written.
    pub dedupe_key: Option<String>,
    pub reply_to: Option<Person>,
    /// What the sender of a mail is called.
    pub from_name: Option<String>,
    pub calendar: Option<Calendar>,
    /// Where the web app shows more, for a message in the app.
    pub link: Option<String>,
}

impl Outgoing {
    /// A transactional message about nothing else.
    pub fn new(channel: Channel, kind: impl Into<String>, to: Recipient, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            channel,
            kind: kind.into(),
            to,
            subject: subject.into(),
            text: text.into(),
            html: None,
            language: "en".to_owned(),
            about: None,
            on_behalf_of: None,
            person: None,
            is_transactional: true,
            is_urgent: false,
            dedupe_key: None,
            reply_to: None,
            from_name: None,
            calendar: None,
            link: None,
        }
    }
}

/// What is written of a message.
struct New<'a> {
    id: Uuid,
    message: &'a Outgoing,
    to_user_id: Option<Uuid>,
    recipient: String,
    status: Status,
    error: Option<&'static str>,
    segments: Option<i32>,
    not_before: Option<Timestamp>,
    sealed: Option<Vec<u8>>,
}

/// Writes the message in the caller's transaction, to be sent after its commit. Answers its id; None where one of its key is written
/// already. What cannot be sent (no number, no provider, somebody who wants none) is written too, with the reason, and is no error.
///
/// # Errors
/// The database's.
pub async fn deliver(ctx: &mut Ctx, message: Outgoing) -> Result<Option<Uuid>> {
    let id = platform::id::new();
    let found = route(ctx, &message).await?;
    let segments = (message.channel == Channel::Sms).then(|| sms::segments(&message.text).segments);
    // A mail is in the queue of mails; the others are kept here until they are sent.
    let sealed = (message.channel != Channel::Email).then(|| ctx.app.keys.seal(store::place(ctx.tenant, id), message.text.as_bytes()));
    let new = New {
        id,
        message: &message,
        to_user_id: found.user,
        recipient: found.recipient.clone(),
        status: found.status,
        error: found.error,
        segments,
        not_before: found.not_before,
        sealed,
    };
    let Some(status) = store::insert(ctx, &new).await? else { return Ok(None) };
    if status == Status::Queued {
        send(ctx, id, message, found).await?;
    }
    Ok(Some(id))
}

/// Where a message goes, and whether it can.
struct Route {
    user: Option<Uuid>,
    name: String,
    recipient: String,
    status: Status,
    error: Option<&'static str>,
    not_before: Option<Timestamp>,
}

async fn route(ctx: &mut Ctx, message: &Outgoing) -> Result<Route> {
    let mut route =
        Route { user: None, name: String::new(), recipient: String::new(), status: Status::Queued, error: None, not_before: None };
    let mut refuse = None;
    match (&message.to, message.channel) {
        (Recipient::Address(person), Channel::Email) => (route.name, route.recipient) = (person.name.clone(), person.email.clone()),
        (Recipient::Number(number), Channel::Sms | Channel::Whatsapp) => route.recipient.clone_from(number),
        (Recipient::Member(user), channel) => {
            route.user = Some(*user);
            match preferences::reach(ctx, *user, channel).await? {
                None => {
                    route.recipient = user.to_string();
                    refuse = Some((Status::Failed, "this member is not active"));
                }
                Some(reached) => {
                    route.recipient = if channel == Channel::Email { reached.email } else { user.to_string() };
                    route.name = reached.name;
                    if !reached.is_wanted {
                        refuse = Some((Status::Suppressed, "the member switched this channel off"));
                    } else if !message.is_urgent && channel != Channel::InApp {
                        route.not_before = reached.quiet_until;
                    }
                    if matches!(channel, Channel::Sms | Channel::Whatsapp) {
                        refuse = Some((Status::Failed, "members have no number here"));
                    }
                }
            }
        }
        (Recipient::Address(person), _) => {
            route.recipient.clone_from(&person.email);
            refuse = Some((Status::Failed, "an address is reached by e-mail alone"));
        }
        (Recipient::Number(number), _) => {
            route.recipient.clone_from(number);
            refuse = Some((Status::Failed, "a number is reached by SMS alone"));
        }
    }
    if refuse.is_none() {
        refuse = match message.channel {
            Channel::Email if !platform::text::is_email(&route.recipient) => Some((Status::Failed, "not an e-mail address")),
            Channel::Sms if !sms::is_e164(&route.recipient) => {
                Some((Status::Failed, "not a number with its country, such as +31612345678"))
            }
            Channel::Sms if !sms::is_set_up(ctx).await? => Some((Status::Failed, "no provider of SMS is set up")),
            Channel::Whatsapp => Some((Status::Failed, "WhatsApp is not set up")),
            _ => None,
        };
    }
    if let Some((status, error)) = refuse {
        (route.status, route.error) = (status, Some(error));
    }
    Ok(route)
}

async fn send(ctx: &mut Ctx, id: Uuid, message: Outgoing, route: Route) -> Result<()> {
    match message.channel {
        Channel::Email => {
            let mail = mail(ctx, id, message, route);
            ctx.mail(vec![mail]);
        }
        Channel::Sms => {
            let when = When { run_at: route.not_before, ..When::default() };
            ctx.enqueue(&SendText { delivery_id: id }, when)?;
        }
        Channel::InApp => {
            let Some(user) = route.user else { return Ok(()) };
            let (subject_type, subject_id) = message.about.unwrap_or_else(|| ("message".to_owned(), id));
            let event = notifications::of_message(ctx, id, &subject_type, subject_id);
            let notice = Notice {
                person: message.person,
                facts: json!({ "title": message.subject, "text": message.text }),
                link: message.link,
                ..Notice::info("message.received", Group::Bookings)
            };
            notifications::notify(ctx, &event, &[user], notice).await?;
            store::settle(ctx, id, Status::Sent, None, None, None).await?;
        }
        Channel::Whatsapp => {}
    }
    Ok(())
}

fn mail(ctx: &Ctx, id: Uuid, message: Outgoing, route: Route) -> Mail {
    let unsubscribe = (!message.is_transactional).then(|| unsubscribe::url(ctx, id));
    let label = unsubscribe::label(&message.language);
    let (text, html) = match message.html {
        Some(html) => match &unsubscribe {
            None => (message.text, html),
            Some(url) => (format!("{}\n\n-- \n{label}: {url}\n", message.text.trim_end()), unsubscribe::with_link(&html, label, url)),
        },
        None => Layout {
            lang: message.language.clone(),
            title: message.subject.clone(),
            paragraphs: message.text.split("\n\n").map(str::to_owned).collect(),
            footer: unsubscribe.iter().map(|url| format!("{label}: {url}")).collect(),
            ..Layout::default()
        }
        .render(),
    };
    let about = message.about.as_ref().map(|(_, subject)| *subject);
    Mail {
        kind: message.kind,
        to: Person { name: route.name, email: route.recipient },
        subject: message.subject,
        text,
        html,
        reply_to: message.reply_to,
        from_name: message.from_name,
        calendar: message.calendar,
        // The queue's keys are the whole instance's. The record in it is how erasure finds a mail that tells others of a person.
        dedupe_key: message
            .about
            .map(|(kind, subject)| format!("{kind}:{subject}:{}", message.dedupe_key.unwrap_or_else(|| id.to_string()))),
        more: More { id: Some(id), not_before: route.not_before, about, unsubscribe },
    }
}

/// Sends one again that failed or bounced.
///
/// # Errors
/// 409 for one that may still arrive, or that its recipient does not want.
pub(crate) async fn retry(ctx: &mut Ctx, id: Uuid) -> Result<Message> {
    let message = store::lock(ctx, id).await?.ok_or_else(Problem::not_found)?;
    let is_over = matches!(message.status, Status::Failed | Status::Bounced);
    let can_be = match message.channel {
        Channel::Email => is_over && store::requeue_mail(ctx, id).await?,
        Channel::Sms => is_over && sms::is_set_up(ctx).await? && sms::is_e164(&message.recipient),
        Channel::Whatsapp | Channel::InApp => false,
    };
    if !can_be {
        return Err(Problem::conflict("not_retryable", "This message cannot be sent again: only one that failed on its way can.").into());
    }
    if message.channel == Channel::Email {
        ctx.enqueue(&SendMails { mail_ids: vec![id] }, When::default())?;
    } else {
        store::settle(ctx, id, Status::Queued, None, None, None).await?;
        ctx.enqueue(&SendText { delivery_id: id }, When::default())?;
    }
    store::find(ctx, id, None).await?.ok_or_else(|| Error::internal("a message that was locked is gone"))
}
