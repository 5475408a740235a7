//! Tenants: founding them with their roles, and their settings.

pub mod currencies;
pub mod deletion;
pub mod http;
pub mod store;

use platform::audit::Change;
use platform::crypto::random;
use platform::error::{Error, Problem, Result};
use platform::text::{Checks, slugify};
use platform::time::Timestamp;
use platform::{Allow, Ctx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::events::TenantUpdated;
use crate::members::{self, Newcomer};
use crate::roles;

/// A workspace's settings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Tenant {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// IANA name
    pub timezone: String,
    /// ISO 4217
    pub currency: String,
    /// `en`, `pt-BR` or `nl`
    pub locale: String,
    pub billing_email: Option<String>,
    /// `pending`, `in_progress` or `completed`
    pub onboarding_status: String,
    /// Small values that screens keep, by name.
    #[schema(value_type = Object)]
    pub settings: sqlx::types::Json<Map<String, Value>>,
    pub branding: Branding,
    /// Of the logo, relative to this Atrium.
    pub logo_url: Option<String>,
    /// Whether owners and administrators are told by mail of suspicious activity of members.
    pub alerts_admins: bool,
    pub features: Features,
    pub trial_ends_at: Option<Timestamp>,
    pub version: i64,
}

/// How the workspace looks to people outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    /// `#rrggbb`, of pages and mails; moved as far as it must be to read well there. Null for Atrium's own, and for organizers
    /// who chose one of their own.
    pub color: Option<String>,
}

/// What the host of the instance lets the workspace use. All is on until it is switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Pages on which visitors book.
    #[serde(default = "on")]
    pub public_pages: bool,
    /// Programs that act for members.
    #[serde(default = "on")]
    pub access_tokens: bool,
    /// A mail server of the workspace's own.
    #[serde(default = "on")]
    pub mail_server: bool,
}

fn on() -> bool {
    true
}

impl Default for Features {
    fn default() -> Self {
        Self { public_pages: true, access_tokens: true, mail_server: true }
    }
}

/// A tenant to found.
#[derive(Clone, Debug)]
pub struct NewTenant {
    pub name: String,
    pub timezone: String,
    pub locale: String,
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    timezone: Option<String>,
    currency: Option<String>,
    locale: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    billing_email: Option<Option<String>>,
    onboarding_status: Option<String>,
    branding: Option<Branding>,
    alerts_admins: Option<bool>,
    /// Names given are set, those given as null removed.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Tells null from left out.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

const SETTINGS_COUNT: usize = 100;
/// Bytes of JSON.
const SETTINGS_SIZE: usize = 16 * 1024;

impl TenantChange {
    fn apply(self, to: &Tenant) -> Result<Tenant, Problem> {
        let mut checks = Checks::new();
        let mut tenant = to.clone();
        if let Some(name) = self.name {
            tenant.name = checks.line("name", &name, 1, 120);
        }
        if let Some(timezone) = self.timezone {
            tenant.timezone = checks.zone("timezone", &timezone);
        }
        if let Some(currency) = self.currency {
            if !currencies::is_known(&currency) {
                checks.add("currency", "unknown_currency", "is not a currency code of ISO 4217 such as EUR");
            }
            tenant.currency = currency;
        }
        if let Some(locale) = self.locale {
            tenant.locale = checks.locale("locale", &locale);
        }
        if let Some(email) = self.billing_email {
            tenant.billing_email = email.map(|email| checks.email("billing_email", &email));
        }
        if let Some(status) = self.onboarding_status {
            tenant.onboarding_status = checks.one_of("onboarding_status", &status, &["pending", "in_progress", "completed"]);
        }
        if let Some(branding) = self.branding {
            tenant.branding = Branding { color: branding.color.map(|color| checks.color("branding.color", &color)) };
        }
        tenant.alerts_admins = self.alerts_admins.unwrap_or(tenant.alerts_admins);
        for (name, value) in self.settings.into_iter().flatten() {
            if name.is_empty() || name.len() > 64 || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
                checks.add("settings", "invalid", "may have names of up to 64 lower-case letters, digits and underscores");
            } else if value.is_null() {
                tenant.settings.0.remove(&name);
            } else {
                tenant.settings.0.insert(name, value);
            }
        }
        let settings = &tenant.settings.0;
        if settings.len() > SETTINGS_COUNT || json!(settings).to_string().len() > SETTINGS_SIZE {
            checks.add("settings", "too_long", format!("may have at most {SETTINGS_COUNT} names and {} KiB in all", SETTINGS_SIZE / 1024));
        }
        checks.done()?;
        Ok(tenant)
    }
}

async fn change(ctx: &mut Allow<http::SettingsManage>, seen: platform::etag::IfMatch, input: TenantChange) -> Result<Tenant> {
    let tenant = ctx.tenant;
    let before = store::lock(ctx.db().await?, tenant).await?;
    seen.check(before.version)?;
    store::update(ctx.db().await?, &input.apply(&before)?).await?;
    let after = store::find(ctx.db().await?, tenant).await?;
    ctx.audit(Change::updated("tenant.updated", "tenant", tenant.0, &before, &after));
    ctx.publish(&TenantUpdated { tenant_id: tenant.0, name: after.name.clone() })?;
    ctx.commit().await?;
    Ok(after)
}

/// Makes the context's tenant, which must be a new id, with its roles and its owner as first member. Commits nothing.
///
/// # Errors
/// The database's.
pub async fn found_tenant(ctx: &mut Ctx, owner: &Newcomer, new: &NewTenant) -> Result<Tenant> {
    let (tenant, now) = (ctx.tenant, ctx.now());
    let mut slugs = candidates(&new.name);
    loop {
        let slug = slugs.next().ok_or_else(|| Error::internal("no slug is free"))?;
        if store::insert(ctx.db().await?, tenant, owner.user_id, new, &slug, now).await? {
            break;
        }
    }
    let role = roles::found_roles(ctx.db().await?, tenant).await?;
    let founded = store::find(ctx.db().await?, tenant).await?;
    ctx.audit(Change::created("tenant.created", "tenant", tenant.0, &founded));
    members::join(ctx, owner, role, None).await?;
    Ok(founded)
}

/// The name's own slug first, then with endings drawn at random.
fn candidates(name: &str) -> impl Iterator<Item = String> + use<> {
    let own = slugify(name);
    let base = if own.len() >= 2 { own } else { "workspace".to_owned() };
    std::iter::once(base.clone()).chain((0..5).map(move |_| format!("{base}-{}", hex::encode(random::<4>()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Tenant {
        Tenant {
            id: Uuid::nil(),
            name: "Studio".to_owned(),
            slug: "studio".to_owned(),
            timezone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            locale: "en".to_owned(),
            billing_email: Some("bills@example.com".to_owned()),
            onboarding_status: "pending".to_owned(),
            settings: sqlx::types::Json(json!({ "a": 1, "b": 2 }).as_object().cloned().expect("an object")),
            branding: Branding::default(),
            logo_url: None,
            alerts_admins: false,
            features: Features::default(),
            trial_ends_at: None,
            version: 1,
        }
    }

    fn change(change: Value) -> Result<Tenant, Problem> {
        serde_json::from_value::<TenantChange>(change).expect("of the right shape").apply(&tenant())
    }

    #[test]
    fn null_removes_and_left_out_stays() {
        assert_eq!(change(json!({})).expect("valid").billing_email.as_deref(), Some("bills@example.com"));
        assert_eq!(change(json!({ "billing_email": null })).expect("valid").billing_email, None);
        let settings = change(json!({ "settings": { "a": null, "c": [3] } })).expect("valid").settings.0;
        assert_eq!(Value::Object(settings), json!({ "b": 2, "c": [3] }));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let refused = change(json!({
            "name": "", "timezone": "x", "currency": "eur", "locale": "de", "billing_email": "x", "onboarding_status": "x",
            "settings": { "Bad Name": 1 },
        }))
        .expect_err("invalid");
        let fields: Vec<_> = refused.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "timezone", "currency", "locale", "billing_email", "onboarding_status", "settings"]);
        assert!(change(json!({ "settings": { "big": "x".repeat(SETTINGS_SIZE) } })).is_err());
    }

    #[test]
    fn slugs_fit_the_schema() {
        for name in ["Ana's Studio", "日本", "X", &"long ".repeat(30)] {
            let all: Vec<_> = candidates(name).collect();
            assert_eq!(all.len(), 6);
            assert!(all.iter().all(|slug| (2..=63).contains(&slug.len()) && !slug.starts_with('-') && !slug.contains("--")), "{all:?}");
        }
        assert_eq!(candidates("Ana's Studio").next().as_deref(), Some("ana-s-studio"));
    }
}
