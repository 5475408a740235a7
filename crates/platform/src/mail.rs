//! Mail: written into the database with the change, sent by a job, kept where no server is configured.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::crypto::{KeyRing, Place};
use crate::ctx::{Ctx, TenantId};
use crate::error::{Error, Result};
use crate::jobs::{Attempt, Job, JobError, When};
use crate::state::App;
use crate::time::Timestamp;

pub mod layout;
pub mod settings;

/// One mail to one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mail {
    /// `booking_confirmation`: for lists and metrics.
    pub kind: String,
    pub to: Person,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub reply_to: Option<Person>,
    /// What the sender is called; the address is the mail server's own.
    pub from_name: Option<String>,
    pub calendar: Option<Calendar>,
    /// A second mail with this key is not written.
    pub dedupe_key: Option<String>,
    /// What only some mails have.
    #[serde(default)]
    pub more: More,
}

/// What only some mails have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct More {
    /// The id under which a module follows it; any where there is none.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// It is not sent earlier.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
    /// The record that it is about.
    #[serde(skip)]
    pub about: Option<Uuid>,
    /// Where one click ends mails of this kind (RFC 8058).
    #[serde(default)]
    pub unsubscribe: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// An invitation that mail programs act upon (RFC 6047).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calendar {
    /// `REQUEST` or `CANCEL`
    pub method: String,
    pub ics: String,
}

/// How to reach a mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    pub from: Sender,
    /// Who named the server: the host of the instance, or one of its tenants.
    pub named_by: NamedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    Instance,
    Tenant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the first byte, usually port 465.
    Tls,
    /// Upgraded or refused, usually port 587.
    StartTls,
    /// For a server on this machine.
    None,
}

impl std::str::FromStr for Security {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        match text {
            "tls" => Ok(Self::Tls),
            "starttls" => Ok(Self::StartTls),
            "none" => Ok(Self::None),
            _ => Err("expected tls, starttls or none"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Sender {
    pub address: String,
    pub name: String,
}

/// The instance's outgoing mail; without a server, mails are kept for the mailbox page.
#[derive(Default)]
pub struct Mailer {
    pub smtp: Option<Smtp>,
}

impl Smtp {
    /// # Errors
    /// A host name that TLS cannot check.
    pub fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
        self.transport_to(&self.host)
    }

    /// As [`Smtp::transport`], to an address that was looked up already; TLS still checks the host's name.
    fn transport_to(&self, address: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address)
            .port(self.port)
            .timeout(Some(std::time::Duration::from_secs(20)))
            .tls(match self.security {
                Security::Tls => Tls::Wrapper(TlsParameters::new(self.host.clone())?),
                Security::StartTls => Tls::Required(TlsParameters::new(self.host.clone())?),
                Security::None => Tls::None,
            });
        if let (Some(user), Some(password)) = (&self.username, &self.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(builder.build())
    }
}

fn place(tenant: Option<Uuid>, id: Uuid) -> Place<'static> {
    Place { column: "mails.message_ciphertext", tenant, row: id }
}

/// Writes the mail on a connection (a tenant's transaction, or one of no tenant) and enqueues its sending.
///
/// # Errors
/// The database's.
pub async fn post(db: &mut PgConnection, keys: &KeyRing, tenant: Option<TenantId>, mail: &Mail) -> Result<()> {
    for (job, when) in write(db, keys, tenant, &[std::slice::from_ref(mail)]).await? {
        crate::jobs::enqueue(db, &job, when).await?;
    }
    Ok(())
}

/// Writes the mails of several changes, and answers the jobs that send those that were not written before, each change's when the
/// first of its mails may be sent. What mails say is sealed: it may hold a secret link.
pub(crate) async fn write(
    db: &mut PgConnection,
    keys: &KeyRing,
    tenant: Option<TenantId>,
    changes: &[impl AsRef<[Mail]>],
) -> Result<Vec<(SendMails, When)>> {
    let tenant = tenant.map(|t| t.0);
    let mails: Vec<&Mail> = changes.iter().flat_map(AsRef::as_ref).collect();
    let ids: Vec<Uuid> = mails.iter().map(|mail| mail.more.id.unwrap_or_else(crate::id::new)).collect();
    let mut sealed = Vec::with_capacity(mails.len());
    for (id, mail) in ids.iter().zip(&mails) {
        sealed.push(keys.seal(place(tenant, *id), &serde_json::to_vec(mail).map_err(Error::internal)?));
    }
    let each = |of: fn(&Mail) -> &str| mails.iter().map(|mail| of(mail).to_owned()).collect::<Vec<_>>();
    let keys: Vec<Option<String>> = mails.iter().map(|mail| mail.dedupe_key.clone()).collect();
    let written = sqlx::query_scalar!(
        "INSERT INTO directory.mails (id, tenant_id, kind, recipient, subject, message_ciphertext, dedupe_key)
         SELECT id, $2, kind, recipient, subject, message, dedupe_key
           FROM unnest($1::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[])
                AS mail (id, kind, recipient, subject, message, dedupe_key)
         ON CONFLICT DO NOTHING
         RETURNING id",
        &ids,
        tenant,
        &each(|mail| &mail.kind),
        &each(|mail| &mail.to.email),
        &each(|mail| &mail.subject),
        &sealed,
        &keys as &[Option<String>],
    )
    .fetch_all(db)
    .await?;
    let mut rest = ids.as_slice();
    let mut jobs = Vec::new();
    for change in changes {
        let (of_change, later) = rest.split_at(change.as_ref().len());
        rest = later;
        let mail_ids: Vec<Uuid> = of_change.iter().filter(|id| written.contains(id)).copied().collect();
        if !mail_ids.is_empty() {
            let run_at = change.as_ref().iter().find_map(|mail| mail.more.not_before);
            jobs.push((SendMails { mail_ids }, When { run_at, ..When::default() }));
        }
    }
    Ok(jobs)
}

impl Ctx {
    /// Notes the mails of one change, written with the commit; one job sends them after it. What is about the same record as the
    /// mails noted before it, and due when they are, goes with them.
    pub fn mail(&mut self, mails: Vec<Mail>) {
        let group = |mail: &Mail| mail.more.about.map(|about| (about, mail.more.not_before));
        let noted = &mut self.noted().mails;
        match (noted.last_mut(), mails.first().and_then(group)) {
            (Some(before), Some(wanted)) if before.last().and_then(group) == Some(wanted) => before.extend(mails),
            _ => noted.push(mails),
        }
    }
}

/// Sends the mails of one change. Another attempt sends those that are not sent yet.
#[derive(Serialize, Deserialize)]
pub struct SendMails {
    /// All of one tenant, or of none.
    pub mail_ids: Vec<Uuid>,
}

impl Job for SendMails {
    const NAME: &'static str = "SendMails";

    /// SMTP cannot deduplicate: a mail found in `sending` after a crash is sent again, under the same Message-ID.
    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let owner = &at.app.pools.owner;
        if at.app.mailer.smtp.is_none() && keep(owner, &self.mail_ids).await? {
            return Ok(());
        }
        let waiting = sqlx::query_as!(
            Waiting,
            r#"UPDATE directory.mails m SET status = 'sending', attempts = attempts + 1
                WHERE id = ANY ($1) AND status IN ('queued', 'sending', 'failed')
            RETURNING id, tenant_id, message_ciphertext,
                      EXISTS (SELECT FROM platform.mail_settings s WHERE s.tenant_id = m.tenant_id)
                      AND NOT EXISTS (SELECT FROM directory.tenants t
                                       WHERE t.id = m.tenant_id AND t.feature_flags -> 'mail_server' = 'false') AS "has_own_server!""#,
            &self.mail_ids
        )
        .fetch_all(owner)
        .await?;
        let own = match waiting.first() {
            None => return Ok(()),
            Some(Waiting { tenant_id: Some(tenant), has_own_server: true, .. }) => settings::of_tenant(&at.app, TenantId(*tenant)).await,
            Some(_) => Ok(None),
        };
        let server = match own.map(|own| own.or_else(|| at.app.mailer.smtp.clone())) {
            Err(error) => Err(JobError::from(error)),
            Ok(None) => Ok(None),
            Ok(Some(smtp)) => Server::of(&at.app, smtp).await.map(Some),
        };
        // One that another attempt may help asks for it, whatever became of the others.
        let mut failed = None;
        for mail in waiting {
            if let Err(error) = mail.send(&at, server.as_ref().map(Option::as_ref)).await
                && !matches!(failed, Some(JobError::Retry(_)))
            {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Keeps mails for which there is no server, in one statement; answers whether it did.
async fn keep(owner: &PgPool, ids: &[Uuid]) -> Result<bool, sqlx::Error> {
    let kept = sqlx::query_scalar!(
        "UPDATE directory.mails m SET status = 'kept', attempts = attempts + 1, last_error = NULL, sent_at = now()
          WHERE id = ANY ($1) AND status IN ('queued', 'sending', 'failed')
            AND (NOT EXISTS (SELECT FROM platform.mail_settings s WHERE s.tenant_id = m.tenant_id)
                 OR EXISTS (SELECT FROM directory.tenants t WHERE t.id = m.tenant_id AND t.feature_flags -> 'mail_server' = 'false'))
        RETURNING kind",
        ids
    )
    .fetch_all(owner)
    .await?;
    for kind in &kept {
        metrics::counter!("atrium_mails_total", "kind" => kind.clone(), "status" => "kept").increment(1);
    }
    Ok(!kept.is_empty())
}

/// A mail that is to be sent.
struct Waiting {
    id: Uuid,
    tenant_id: Option<Uuid>,
    message_ciphertext: Vec<u8>,
    has_own_server: bool,
}

impl Waiting {
    /// Sends it, or keeps it where there is no server, and writes down what became of it.
    async fn send(&self, at: &Attempt, server: Result<Option<&Server>, &JobError>) -> Result<(), JobError> {
        let owner = &at.app.pools.owner;
        let sent = match (server, unseal(&at.app, self.id, self.tenant_id, &self.message_ciphertext)) {
            (_, Err(error)) => Err(Undelivered::ours(JobError::Fail(error.to_string()))),
            (Err(error), _) => Err(Undelivered::ours(error.clone())),
            (Ok(None), Ok(mail)) => Ok((mail.kind, "kept", None)),
            (Ok(Some(server)), Ok(mail)) => server.deliver(&mail, self.id).await.map(|answer| (mail.kind, "sent", Some(answer))),
        };
        match sent {
            Ok((kind, status, answer)) => {
                sqlx::query!(
                    "UPDATE directory.mails SET status = $2, last_error = NULL, response = $3, sent_at = now() WHERE id = $1",
                    self.id,
                    status,
                    answer
                )
                .execute(owner)
                .await?;
                metrics::counter!("atrium_mails_total", "kind" => kind, "status" => status).increment(1);
                Ok(())
            }
            Err(Undelivered { error, is_refused }) => {
                let last = at.is_last() || matches!(error, JobError::Fail(_));
                sqlx::query!(
                    "UPDATE directory.mails SET status = $2, last_error = $3, is_refused = $4 WHERE id = $1",
                    self.id,
                    if last { "failed" } else { "queued" },
                    error.to_string(),
                    is_refused,
                )
                .execute(owner)
                .await?;
                Err(error)
            }
        }
    }
}

/// What a written mail says.
///
/// # Errors
/// One that is sealed under a key that is not here.
pub fn unseal(app: &App, id: Uuid, tenant: Option<Uuid>, sealed: &[u8]) -> Result<Mail> {
    let plain = app.keys.open(place(tenant, id), sealed).map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// Why a mail was not sent, and whether its server refused the message or its recipient for good.
struct Undelivered {
    error: JobError,
    is_refused: bool,
}

impl Undelivered {
    fn ours(error: JobError) -> Self {
        Self { error, is_refused: false }
    }
}

/// A mail server under the address at which it is reached.
struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
}

impl Server {
    async fn of(app: &App, smtp: Smtp) -> Result<Self, JobError> {
        let reached = if smtp.named_by == NamedBy::Instance || app.config.private_mail_servers {
            smtp.transport()
        } else {
            smtp.transport_to(&public_address(&smtp).await?)
        };
        Ok(Self { transport: reached.map_err(|error| JobError::Fail(error.to_string()))?, from: smtp.from })
    }

    /// Answers what the server said.
    async fn deliver(&self, mail: &Mail, id: Uuid) -> Result<String, Undelivered> {
        let message = build(mail, &self.from, id).map_err(|error| Undelivered::ours(JobError::Fail(error.to_string())))?;
        match self.transport.send(message).await {
            Ok(answer) => Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" "))),
            // 5xx is the server's last word (RFC 5321, 4.2.1); the rest may pass.
            Err(error) if error.is_permanent() => {
                // These say that the server does not know us (RFC 4954, 6), and nothing about the recipient.
                let is_refused = error.status().is_some_and(|code| !matches!(u16::from(code), 530 | 534 | 535 | 538));
                Err(Undelivered { error: JobError::Fail(error.to_string()), is_refused })
            }
            Err(error) => Err(Undelivered::ours(JobError::Retry(error.to_string()))),
        }
    }
}

/// The address of a server that a tenant named: one that anybody can reach, or none. Otherwise a tenant could have this
/// machine knock on doors of the host's own network. It is connected to as looked up, so a second answer of the DNS changes nothing.
async fn public_address(smtp: &Smtp) -> Result<String, JobError> {
    let found = tokio::net::lookup_host((smtp.host.as_str(), smtp.port)).await.map_err(|error| JobError::Retry(error.to_string()))?;
    let public = found.map(|address| address.ip()).find(|ip| crate::http_client::is_public(*ip));
    public.map(|ip| ip.to_string()).ok_or_else(|| {
        JobError::Fail(format!("{} is not a mail server on the public internet. The host of this instance can allow others", smtp.host))
    })
}

fn mailbox_of(person: &Person) -> Result<Mailbox> {
    let address: Address = person.email.parse().map_err(Error::internal)?;
    let name = person.name.trim();
    Ok(Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
}

/// The message as it goes over the wire: text and HTML as alternatives, an invitation beside them and attached, since
/// some programs read only the one and some only the other.
///
/// # Errors
/// An address that is none.
pub fn build(mail: &Mail, sender: &Sender, id: Uuid) -> Result<Message> {
    let from = Person { name: mail.from_name.clone().unwrap_or_else(|| sender.name.clone()), email: sender.address.clone() };
    let domain = sender.address.rsplit('@').next().unwrap_or("localhost");
    let mut builder = Message::builder()
        .from(mailbox_of(&from)?)
        .to(mailbox_of(&mail.to)?)
        .subject(&mail.subject)
        .message_id(Some(format!("<{id}@{domain}>")))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
    if let Some(url) = &mail.more.unsubscribe {
        for (name, value) in [("List-Unsubscribe", format!("<{url}>")), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())]
        {
            builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
    }
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(mailbox_of(reply_to)?);
    }
    let alternatives = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = match &mail.calendar {
        None => builder.multipart(alternatives),
        Some(calendar) => {
            let kind = ContentType::parse(&format!("text/calendar; charset=utf-8; method={}", calendar.method)).map_err(Error::internal)?;
            let attached = ContentType::parse("application/ics").map_err(Error::internal)?;
            builder.multipart(
                MultiPart::mixed()
                    .multipart(alternatives.singlepart(SinglePart::builder().header(kind).body(calendar.ics.clone())))
                    .singlepart(Attachment::new("invite.ics".to_owned()).body(calendar.ics.clone(), attached)),
            )
        }
    };
    message.map_err(Error::internal)
}
