//! What looks unlike the user: told to him or her by mail, at most once a day for each kind, and to the administrators of
//! workspaces that want it.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::auth::Factor;
use platform::ctx::Origin;
use platform::error::Result;
use platform::events::{Reaction, Recorded};
use platform::mail::{self, Person};
use platform::{App, Ctx};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::activity::{SecurityEvent, note_security_event};
use crate::mails::suspicions;

/// Failures within an hour that are more than a forgotten password.
const MANY_FAILURES: i64 = 10;
/// Exports within a day, of one's own data, of contacts' and of the trail together, that are more than one needs.
const MANY_EXPORTS: i64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// Signed in from a network and a device that were not seen together with this account before.
    NewPlace,
    /// Signed in from a country that it was not used in before, with whatever device.
    NewCountry,
    ManyFailures,
    ManyExports,
}

impl Suspicion {
    fn name(self) -> &'static str {
        match self {
            Self::NewPlace => "new_place",
            Self::NewCountry => "new_country",
            Self::ManyFailures => "many_failures",
            Self::ManyExports => "many_exports",
        }
    }
}

/// Judges a sign-in, before it is written down: new is a country that no earlier one of the last 90 days came from, as far as
/// countries are known, and what neither the network nor the device of any of them is. The first sign-in of all is nobody's surprise.
///
/// # Errors
/// The database's.
pub async fn after_sign_in(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, factors: &[Factor]) -> Result<()> {
    let since = app.clock.now().plus_seconds(-90 * 24 * 3600);
    let country = app.config.places.find(origin.ip).map(|place| place.country);
    let new = store::newness(&mut *db, origin, country.as_deref(), user, since, factors == [Factor::Company]).await?;
    if new.country {
        tell(db, app, origin, user, Suspicion::NewCountry).await?;
    } else if new.place {
        tell(db, app, origin, user, Suspicion::NewPlace).await?;
    }
    Ok(())
}

/// Judges a failure, after it was written down.
///
/// # Errors
/// The database's.
pub async fn after_failure(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid) -> Result<()> {
    let since = app.clock.now().plus_seconds(-3600);
    if store::failures_since(&mut *db, user, since).await? >= MANY_FAILURES {
        tell(db, app, origin, user, Suspicion::ManyFailures).await?;
    }
    Ok(())
}

/// Judges an export, after it was written down.
///
/// # Errors
/// The database's.
pub async fn after_export(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid) -> Result<()> {
    let since = app.clock.now().plus_seconds(-24 * 3600);
    if store::exports_since(&mut *db, user, since).await? >= MANY_EXPORTS {
        tell(db, app, origin, user, Suspicion::ManyExports).await?;
    }
    Ok(())
}

/// For the registry of the binary: exports of other modules count too.
pub fn reactions() -> Vec<Reaction> {
    ["audit_export.created", "contact_export.created"].map(|on| Reaction { on, name: "identity::suspicion", run: note_export }).into()
}

fn note_export<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(user) = event.actor_id else { return Ok(()) };
        let (app, tenant) = (ctx.app.clone(), ctx.tenant.0);
        let what = if event.kind == "audit_export.created" { "audit_trail_exported" } else { "contact_data_exported" };
        let noted = SecurityEvent { user, event: what, severity: "medium", details: json!({ "tenant_id": tenant }) };
        let db = ctx.db().await?;
        note_security_event(&mut *db, &app, &Origin::default(), &noted).await?;
        after_export(db, &app, &Origin::default(), user).await
    }
    .boxed()
}

/// Writes it down and sends the mails, once a day for each kind.
///
/// # Errors
/// The database's.
pub async fn tell(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, suspicion: Suspicion) -> Result<()> {
    let now = app.clock.now();
    let name = suspicion.name();
    // Mails are told apart by the day: a second one of it is not written.
    let day = now.as_second() / (24 * 3600);
    if store::was_told(&mut *db, user, name, now.plus_seconds(-24 * 3600)).await? {
        return Ok(());
    }
    let event = SecurityEvent { user, event: "suspicious_activity", severity: "high", details: json!({ "kind": name }) };
    note_security_event(&mut *db, app, origin, &event).await?;
    let Some(person) = store::person(&mut *db, user).await? else { return Ok(()) };
    let device = origin.user_agent.as_deref().map_or_else(|| "?".to_owned(), |agent| agent.chars().take(120).collect());
    let address = origin.ip.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
    let address = match app.config.places.name(origin.ip, &person.locale) {
        Some(place) => format!("{address} ({place})"),
        None => address,
    };
    let (notice, path) = match suspicion {
        Suspicion::NewPlace => (&suspicions::NEW_PLACE, "/settings/security"),
        Suspicion::NewCountry => (&suspicions::NEW_COUNTRY, "/settings/security"),
        Suspicion::ManyFailures => (&suspicions::MANY_FAILURES, "/forgot-password"),
        Suspicion::ManyExports => (&suspicions::MANY_EXPORTS, "/settings/security"),
    };
    let to = Person { name: person.name.clone(), email: person.email };
    let mut own = notice.mail(app, &person.locale, to, &[("device", &device), ("address", &address)], path);
    own.dedupe_key = Some(format!("suspicion {name} {user} {day}"));
    mail::post(&mut *db, &app.keys, None, &own).await?;
    for admin in store::admins_to_tell(&mut *db, user).await? {
        let values = [
            ("person", person.name.as_str()),
            ("workspace", admin.workspace.as_str()),
            ("what", suspicions::suspicion(&admin.locale, name)),
        ];
        let to = Person { name: admin.name, email: admin.email };
        let mut mail = suspicions::MEMBER_SUSPICIOUS.mail(app, &admin.locale, to, &values, "/settings/members");
        mail.dedupe_key = Some(format!("suspicion {name} {user} {day} {} {}", admin.tenant_id, admin.user_id));
        mail::post(&mut *db, &app.keys, None, &mail).await?;
    }
    Ok(())
}
