//! The link by which a recipient ends messages that are not part of a booking: signed, so that it needs no sign-in (RFC 8058).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::crypto::hmac;
use platform::{App, Ctx, Problem, Result, TenantId};
use uuid::Uuid;

use super::{Channel, store};
use crate::suppressions::{self, Reason};

const MAC: usize = 16;

/// Whom the link of a message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsubscription {
    pub tenant: TenantId,
    delivery: Uuid,
}

fn mac(app: &App, tenant: Uuid, delivery: Uuid) -> [u8; MAC] {
    let mac = hmac(app.keys.derive("unsubscribe link").as_ref(), &[tenant.as_bytes(), delivery.as_bytes()]);
    let mut short = [0; MAC];
    short.copy_from_slice(&mac[..MAC]);
    short
}

/// Of the instance, whatever domain the workspace has: a domain may go, and the link has to last.
pub(super) fn url(ctx: &Ctx, delivery: Uuid) -> String {
    let tenant = ctx.tenant.0;
    let bytes = [tenant.as_bytes().as_slice(), delivery.as_bytes(), &mac(&ctx.app, tenant, delivery)].concat();
    ctx.app.config.link(&format!("/b/u/{}", URL_SAFE_NO_PAD.encode(bytes)))
}

impl Unsubscription {
    /// None for a text that is no such link's.
    pub fn read(app: &App, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (delivery, given) = rest.split_first_chunk::<16>()?;
        let (tenant, delivery) = (Uuid::from_bytes(*tenant), Uuid::from_bytes(*delivery));
        // In constant time: both sides are hashed before they are compared.
        let same = platform::crypto::sha256(given) == platform::crypto::sha256(&mac(app, tenant, delivery));
        same.then_some(Self { tenant: TenantId(tenant), delivery })
    }

    /// The address that the link was sent to, and whether it is unsubscribed already.
    ///
    /// # Errors
    /// 404 once the message left the log.
    pub async fn find(self, ctx: &mut Ctx) -> Result<(String, bool)> {
        let address = store::address(ctx, self.delivery).await?.ok_or_else(Problem::not_found)?;
        let is_done = suppressions::contains(ctx, Channel::Email, &address).await?;
        Ok((address, is_done))
    }

    /// # Errors
    /// As [`Unsubscription::find`].
    pub async fn take(self, ctx: &mut Ctx) -> Result<()> {
        let (address, _) = self.find(ctx).await?;
        suppressions::add(ctx, Channel::Email, &address, Reason::Unsubscribed).await
    }
}

pub(super) fn label(language: &str) -> &'static str {
    match language {
        "nl" => "Geen berichten meer ontvangen",
        "pt-BR" => "Cancelar o recebimento",
        _ => "Unsubscribe",
    }
}

/// A page of HTML with the link at its end.
pub(super) fn with_link(html: &str, label: &str, url: &str) -> String {
    let link = format!("<p style=\"text-align:center;font-size:13px\"><a href=\"{url}\" style=\"color:#5c6370\">{label}</a></p>");
    match html.rfind("</body>") {
        Some(end) => format!("{}{link}{}", &html[..end], &html[end..]),
        None => format!("{html}{link}"),
    }
}
