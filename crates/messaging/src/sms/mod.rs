//! SMS over the workspace's own account at a provider.

pub mod http;
mod send;
mod store;
mod twilio;

use platform::audit::Change;
use platform::crypto::Place;
use platform::etag::{IfMatch, OptionalIfMatch};
use platform::text::Checks;
use platform::{Ctx, Problem, Result, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use send::{SendText, hooks};
pub use store::is_set_up;

/// How the workspace sends SMS; the token is never shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SmsSettings {
    /// `twilio`, or one that speaks as it does.
    pub provider: String,
    pub account_sid: String,
    /// E.164; one of this and `messaging_service_sid`.
    pub from_number: Option<String>,
    pub messaging_service_sid: Option<String>,
    /// Of a compatible provider; Twilio's own where none is given.
    pub base_url: Option<String>,
    pub version: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsSettingsInput {
    #[schema(min_length = 1, max_length = 64)]
    account_sid: String,
    /// Left out: the stored one stays, as long as account and address do.
    #[schema(value_type = Option<String>)]
    auth_token: Option<SecretString>,
    from_number: Option<String>,
    messaging_service_sid: Option<String>,
    base_url: Option<String>,
}

fn place(tenant: TenantId) -> Place<'static> {
    Place { column: "messaging.sms_settings.auth_token_ciphertext", tenant: Some(tenant.0), row: tenant.0 }
}

/// `+` and 7 to 15 digits, of which the first is none (ITU-T E.164).
pub fn is_e164(number: &str) -> bool {
    number
        .strip_prefix('+')
        .is_some_and(|digits| (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// How a text goes over the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    pub segments: i32,
    /// GSM 03.38, or else UCS-2.
    pub is_gsm: bool,
}

const GSM: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those take two places.
const GSM_EXTENDED: &str = "^{}\\[~]|€";

/// 160 septets in one message, or 153 in each of several; 70 and 67 UCS-2 units where one sign is not of the GSM alphabet (3GPP TS
/// 23.038, 23.040).
pub fn segments(text: &str) -> Segments {
    let septets = |c: char| if GSM.contains(c) { Some(1) } else { GSM_EXTENDED.contains(c).then_some(2) };
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (is_gsm, units, single, each) = match gsm {
        Some(units) => (true, units, 160, 153),
        None => (false, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    if units.iter().sum::<usize>() <= single {
        return Segments { segments: 1, is_gsm };
    }
    // What takes two places is not parted.
    let (mut segments, mut used) = (1, 0);
    for unit in units {
        if used + unit > each {
            (segments, used) = (segments + 1, 0);
        }
        used += unit;
    }
    Segments { segments, is_gsm }
}

/// Sets the account, or changes it.
async fn replace(ctx: &mut Ctx, seen: &OptionalIfMatch, input: SmsSettingsInput) -> Result<SmsSettings> {
    let mut checks = Checks::new();
    let account_sid = checks.line("account_sid", &input.account_sid, 1, 64);
    // It is a part of a path.
    if !account_sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        checks.add("account_sid", "invalid", "must be letters and digits");
    }
    let from_number = input.from_number.as_deref().and_then(|number| checks.phone("from_number", number));
    if from_number.as_deref().is_some_and(|number| !is_e164(number)) {
        checks.add("from_number", "invalid", "must be a number with its country, such as +31612345678");
    }
    let messaging_service_sid = input.messaging_service_sid.as_deref().map(|sid| checks.line("messaging_service_sid", sid, 1, 64));
    if from_number.is_some() == messaging_service_sid.is_some() {
        checks.add("from_number", "required", "either a number or a messaging service must be given, and not both");
    }
    let base_url = input.base_url.as_deref().map(|url| checks.line("base_url", url, 1, 300).trim_end_matches('/').to_owned());
    if let Some(url) = &base_url
        && let Err(error) = ctx.app.http.check_address(url)
    {
        checks.add("base_url", "invalid", error.to_string());
    }
    let before = store::find(ctx).await?;
    let is_same = before.as_ref().is_some_and(|before| before.account_sid == account_sid && before.base_url == base_url);
    if input.auth_token.is_none() && !is_same {
        // Or whoever may change the settings could have the token sent to a server of his or her own.
        checks.add("auth_token", "required", "must be given again when account or address change");
    }
    checks.done()?;
    if let Some(before) = &before {
        seen.required()?.check(before.version)?;
    }
    let tenant = ctx.tenant;
    let sealed = input.auth_token.map(|token| ctx.app.keys.seal(place(tenant), token.expose_secret().trim().as_bytes()));
    let new = SmsSettings { provider: "twilio".to_owned(), account_sid, from_number, messaging_service_sid, base_url, version: 0 };
    store::write(ctx, &new, sealed).await?;
    let after = store::find(ctx).await?.ok_or_else(Problem::not_found)?;
    match &before {
        Some(before) => ctx.audit(Change::updated("sms_settings.updated", "sms_settings", tenant.0, before, &after)),
        None => ctx.audit(Change::created("sms_settings.created", "sms_settings", tenant.0, &after)),
    }
    Ok(after)
}

async fn remove(ctx: &mut Ctx, seen: IfMatch) -> Result<()> {
    let before = store::find(ctx).await?.ok_or_else(Problem::not_found)?;
    seen.check(before.version)?;
    store::delete(ctx).await?;
    let tenant = ctx.tenant.0;
    ctx.audit(Change::deleted("sms_settings.deleted", "sms_settings", tenant, &before));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_parted_as_networks_part_them() {
        let count = |text: &str| (segments(text).segments, segments(text).is_gsm);
        assert_eq!(count(""), (1, true));
        assert_eq!(count(&"a".repeat(160)), (1, true));
        assert_eq!(count(&"a".repeat(161)), (2, true));
        assert_eq!(count(&"a".repeat(306)), (2, true));
        assert_eq!(count(&"a".repeat(307)), (3, true));
        assert_eq!(count(&"€".repeat(80)), (1, true));
        assert_eq!(count(&"€".repeat(81)), (2, true));
        // 76 of them fit into 153 septets, not 76 and a half.
        assert_eq!(count(&"€".repeat(153)), (3, true));
        assert_eq!(count(&"ç".repeat(70)), (1, false));
        assert_eq!(count(&"ç".repeat(71)), (2, false));
        assert_eq!(count(&"🎉".repeat(35)), (1, false));
        assert_eq!(count(&"🎉".repeat(67)), (3, false));
    }

    #[test]
    fn numbers_have_their_country() {
        assert!(is_e164("+31612345678") && is_e164("+15005550006"));
        for wrong in ["0612345678", "31612345678", "+0612345678", "+316", "+3161234567890123", "+31 612345678", ""] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }
}
