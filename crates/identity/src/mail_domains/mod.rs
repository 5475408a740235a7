//! Domains that a workspace has proven to be its own: a code that went to a mailbox which only who runs the domain's mail has
//! (RFC 2142; the method of the CA/Browser Forum's Baseline Requirements, 3.2.2.4.4). In them its own provider is believed about
//! addresses, and by them its page of sign-in is found.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::audit::Change;
use platform::crypto::{hmac, random};
use platform::ctx::Answer;
use platform::error::{OnConstraint, Problem, Result};
use platform::mail::{self, Person};
use platform::rate_limit::Limit;
use platform::time::Timestamp;
use platform::{Allow, App, id};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::mails::company as mails;
use crate::policy::http::SecurityManage;
use crate::{policy, tenants};

const CODE_SECONDS: i64 = 24 * 3600;
/// Wrong codes after which another mail is needed.
const TRIES: i32 = 10;
const MOST: usize = 20;

/// A domain of the workspace.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Domain {
    pub id: Uuid,
    pub domain: String,
    /// Null until it is proven.
    pub proven_at: Option<Timestamp>,
    /// Where the newest code went.
    pub mail_sent_to: Option<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// `example.com`
    #[schema(max_length = 253)]
    domain: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainMail {
    mailbox: Mailbox,
}

/// A mailbox that is kept for who runs the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mailbox {
    Admin,
    Administrator,
    Hostmaster,
    Postmaster,
    Webmaster,
}

impl Mailbox {
    const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Administrator => "administrator",
            Self::Hostmaster => "hostmaster",
            Self::Postmaster => "postmaster",
            Self::Webmaster => "webmaster",
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainProof {
    /// Of the mail.
    #[schema(max_length = 20)]
    code: String,
}

/// A name of the DNS, in lower case and as the DNS has it; none for an address of a machine or a name without a dot.
pub fn parse(text: &str) -> Option<String> {
    let url::Host::Domain(domain) = url::Host::parse(text.trim()).ok()? else { return None };
    let is_plain = domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let has_labels = domain.contains('.') && domain.split('.').all(|label| (1..=63).contains(&label.len()));
    (is_plain && has_labels && domain.len() <= 253).then_some(domain)
}

/// That of an e-mail address.
pub fn of_address(address: &str) -> Option<String> {
    parse(address.rsplit_once('@')?.1)
}

fn hash(app: &App, id: Uuid, code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    hmac(app.keys.derive("domain proof").as_ref(), &[id.as_bytes(), plain.as_bytes()])
}

async fn add(ctx: &mut Allow<SecurityManage>, input: NewDomain) -> Result<Response> {
    ctx.check_fresh()?;
    let Some(name) = parse(&input.domain) else {
        return Err(Problem::field("domain", "invalid", "is no domain such as example.com").into());
    };
    let (tenant, now, domain) = (ctx.tenant, ctx.now(), id::new());
    policy::store::lock(ctx.db().await?, tenant).await?;
    if store::list(ctx.db().await?, tenant).await?.len() >= MOST {
        return Err(Problem::conflict("too_many_domains", "A workspace has at most twenty domains.").into());
    }
    let taken = || Problem::field("domain", "taken", "is in the list already");
    store::insert(ctx.db().await?, tenant, domain, &name, now).await.on_constraint("domains_once", taken)?;
    let added = store::find(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?.shown;
    ctx.audit(Change::created("domain.added", "domain", domain, &added));
    ctx.commit_with(Answer::created(&added)?).await
}

async fn send(ctx: &mut Allow<SecurityManage>, domain: Uuid, input: DomainMail) -> Result<Response> {
    ctx.check_fresh()?;
    let (tenant, now, app) = (ctx.tenant, ctx.now(), ctx.app.clone());
    let before = store::find(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?.shown;
    if before.proven_at.is_some() {
        return Err(Problem::conflict("domain_proven", "This domain is proven already.").into());
    }
    let address = format!("{}@{}", input.mailbox.name(), before.domain);
    app.limits.check(Limit::Mail, &format!("domain {address}"))?;
    app.limits.check(Limit::Mail, &format!("domain of {}", tenant.0))?;
    let drawn = data_encoding::BASE32_NOPAD.encode(&random::<5>());
    let (first, second) = drawn.split_at(4);
    let code = format!("{first}-{second}");
    store::expect(ctx.db().await?, tenant, domain, &address, &hash(&app, domain, &code), now.plus_seconds(CODE_SECONDS)).await?;
    let workspace = tenants::store::find(ctx.db().await?, tenant).await?;
    let asker = ctx.session().map(|session| session.name.clone()).unwrap_or_default();
    let values = [("domain", before.domain.as_str()), ("code", &code), ("workspace", &workspace.name), ("person", &asker)];
    let to = Person { name: String::new(), email: address };
    let mail = mails::DOMAIN_CODE.mail(&app, &workspace.locale, to, &values, "/settings/sign-in");
    // By the instance's mail server and never by the tenant's own: who runs that one would read the code.
    mail::post(ctx.db().await?, &app.keys, None, &mail).await?;
    let after = store::find(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?.shown;
    ctx.audit(Change::updated("domain.mail_sent", "domain", domain, &before, &after));
    ctx.commit_with(Answer::json(StatusCode::ACCEPTED, &after)?).await
}

fn wrong() -> Problem {
    Problem::field("code", "incorrect", "is not the code of the newest mail")
}

async fn prove(ctx: &mut Allow<SecurityManage>, domain: Uuid, input: DomainProof) -> Result<Response> {
    ctx.check_fresh()?;
    let (tenant, now, app) = (ctx.tenant, ctx.now(), ctx.app.clone());
    let before = store::lock(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?;
    let Some(expected) = before.code_hash.filter(|_| before.code_expires_at.is_some_and(|at| at > now) && before.tries < TRIES) else {
        return Err(Problem::conflict("code_over", "This code does not count any more. Send another mail.").into());
    };
    if !bool::from(expected.as_slice().ct_eq(&hash(&app, domain, &input.code))) {
        store::count_try(ctx.db().await?, tenant, domain).await?;
        ctx.commit().await?;
        return Err(wrong().into());
    }
    let taken = || Problem::conflict("domain_taken", "Another workspace here has proven that this domain is its own.");
    store::prove(ctx.db().await?, tenant, domain, now).await.on_constraint("domains_proven", taken)?;
    let after = store::find(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?.shown;
    ctx.audit(Change::updated("domain.proven", "domain", domain, &before.shown, &after));
    ctx.commit_with(Answer::json(StatusCode::OK, &after)?).await
}

async fn remove(ctx: &mut Allow<SecurityManage>, domain: Uuid) -> Result<()> {
    ctx.check_fresh()?;
    let tenant = ctx.tenant;
    let before = store::find(ctx.db().await?, tenant, domain).await?.ok_or_else(Problem::not_found)?.shown;
    store::delete(ctx.db().await?, tenant, domain).await?;
    ctx.audit(Change::deleted("domain.removed", "domain", domain, &before));
    ctx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_a_name_of_the_dns() {
        for (text, domain) in [
            ("Example.COM", Some("example.com")),
            (" studio.example ", Some("studio.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("localhost", None),
            ("127.0.0.1", None),
            ("0x7f.1", None),
            ("[::1]", None),
            ("example.com.", None),
            ("exa mple.com", None),
            ("a_b.example", None),
            ("example.com/x", None),
            ("ana@example.com", None),
            ("", None),
        ] {
            assert_eq!(parse(text).as_deref(), domain, "{text}");
        }
        assert_eq!(of_address("a@b@Studio.example").as_deref(), Some("studio.example"));
        assert_eq!(of_address("ana"), None);
    }
}
