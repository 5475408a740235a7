//! The status of users: its changes with reason and history, closing one's own account, and coming back.

pub mod http;
pub mod store;

use axum::http::StatusCode;
use axum::response::Response;
use platform::auth::Anonymous;
use platform::crypto::{Token, sha256};
use platform::ctx::{Answer, Origin};
use platform::error::{Problem, Result};
use platform::mail::{self, Person};
use platform::text::{Checks, email_key};
use platform::time::Timestamp;
use platform::{App, SignedIn};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SecurityEvent, note_security_event};
use crate::mails::notices;
use crate::owner::AsOwner;
use crate::passwords::link_invalid;
use crate::{challenges, devices, email_changes, members, oauth, passwords, sessions};

/// Days between closing an account and its erasure.
pub const GRACE_DAYS: i64 = 7;

/// A change of a user's status.
pub struct StatusChange<'a> {
    pub user: Uuid,
    /// `active`, `inactive` or `suspended`
    pub status: &'a str,
    pub reason: &'a str,
    /// Nobody where the program does so.
    pub by: Option<Uuid>,
}

/// Writes the status with its history. Whoever is not active any more has no session, no token, no sign-in that waits, no browser
/// that is known and no link from then on, and gets none of them back with the account. As the owner; commits nothing.
///
/// # Errors
/// The database's.
pub async fn set_status(db: &mut PgConnection, app: &App, origin: &Origin, change: &StatusChange<'_>) -> Result<()> {
    let (user, now) = (change.user, app.clock.now());
    store::set_status(&mut *db, change, now).await?;
    let mut details = json!({ "status": change.status, "by": change.by });
    if change.status != "active" {
        details["sessions_ended"] = json!(sessions::store::end_all(&mut *db, user, None, now).await?);
        details["access_tokens_revoked"] = json!(store::revoke_tokens(&mut *db, user, now).await?);
        oauth::tokens::store::revoke_of_user(&mut *db, user, "account_stopped", now).await?;
        challenges::void(&mut *db, user, now).await?;
        devices::forget(&mut *db, user).await?;
        passwords::store::void_resets(&mut *db, user, now).await?;
        email_changes::store::void(&mut *db, user, now).await?;
    }
    let event = SecurityEvent { user, event: "user_status_changed", severity: "high", details };
    note_security_event(db, app, origin, &event).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountClosureInput {
    /// One's own address, typed to show that it is meant.
    email: String,
}

/// An account that is closed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountClosure {
    /// Until then the link in the mail brings it back; after that all is erased.
    pub erase_after: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRestoration {
    /// Of the mail's link.
    token: String,
}

/// Closes the caller's own account: inactive at once, erased after the grace period.
async fn close(caller: SignedIn, input: AccountClosureInput) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    session.check_fresh(app.clock.now())?;
    let user = session.user_id;
    if email_key(&input.email) != email_key(&session.email) {
        return Err(Problem::field("email", "incorrect", "is not your address").into());
    }
    let now = app.clock.now();
    let mut owner = AsOwner::open(&app, claim).await?;
    refuse_where_last(owner.db(), user).await?;
    let (token, erase_after) = (Token::random(), now.plus_seconds(GRACE_DAYS * 24 * 3600));
    if !store::insert_closure(owner.db(), user, &token.hash, now, erase_after).await? {
        return Err(Problem::conflict("account_closed", "This account is closed already.").into());
    }
    let change = StatusChange { user, status: "inactive", reason: "closed by the user", by: Some(user) };
    set_status(owner.db(), &app, &origin, &change).await?;
    let to = Person { name: session.name, email: session.email };
    let path = format!("/restore-account?token={}", token.secret.as_str());
    let date = day(erase_after, &session.timezone);
    let mail = notices::ACCOUNT_CLOSED.mail(&app, &session.locale, to, &[("date", &date)], &path);
    mail::post(owner.db(), &app.keys, None, &mail).await?;
    owner.commit_with(Answer::json(StatusCode::ACCEPTED, &AccountClosure { erase_after })?).await
}

/// `2031-09-15`, in that zone.
pub fn day(at: Timestamp, zone: &str) -> String {
    platform::time::zone(zone).map_or_else(|_| at.to_string(), |zone| at.in_zone(&zone).date().to_string())
}

/// Locks the memberships of every tenant that the user owns, in the order of their ids, and refuses where nobody else
/// would own one of them.
///
/// # Errors
/// `last_owner`, with the names.
pub async fn refuse_where_last(db: &mut PgConnection, user: Uuid) -> Result<()> {
    let mut alone = Vec::new();
    for (tenant, name) in store::owned(&mut *db, user).await? {
        members::store::lock_memberships(&mut *db, tenant).await?;
        if !members::store::has_other_owner(&mut *db, tenant, user).await? {
            alone.push(json!({ "id": tenant, "name": name }));
        }
    }
    if alone.is_empty() {
        return Ok(());
    }
    let problem = Problem::conflict("last_owner", "A workspace keeps at least one owner. Hand these over or delete them first.");
    Err(problem.with("tenants", alone).into())
}

/// Brings a closed account back, unless it was erased, or taken out of use by somebody else since.
async fn restore(caller: Anonymous, input: AccountRestoration) -> Result<Response> {
    let Anonymous { app, origin, claim } = caller;
    let mut owner = AsOwner::open(&app, claim).await?;
    let user = store::cancel_closure(owner.db(), &sha256(input.token.as_bytes()), app.clock.now()).await?.ok_or_else(link_invalid)?;
    let change = StatusChange { user: user.id, status: "active", reason: "restored by the user", by: Some(user.id) };
    set_status(owner.db(), &app, &origin, &change).await?;
    let to = Person { name: user.name, email: user.email };
    let mail = notices::ACCOUNT_RESTORED.mail(&app, &user.locale, to, &[], "/sign-in");
    mail::post(owner.db(), &app.keys, None, &mail).await?;
    owner.commit_with(Answer::empty(StatusCode::NO_CONTENT)).await
}

/// What a person who changes another's status says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusInput {
    /// `active`, `inactive` or `suspended`
    pub status: String,
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A line of a user's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusLine {
    pub id: Uuid,
    /// `active`, `inactive`, `suspended` or `deleted`
    pub status: String,
    pub reason: String,
    /// Null where the program did it.
    pub changed_by: Option<String>,
    pub changed_at: Timestamp,
}

/// Takes a user out of use or back in, for an administrator of the instance, who cannot do so to himself or herself.
///
/// # Errors
/// 404 for nobody; `erased` for who is gone.
pub async fn administer(admin: SignedIn, user: Uuid, input: StatusInput) -> Result<()> {
    let SignedIn { app, session, origin, .. } = admin;
    session.check_fresh(app.clock.now())?;
    let mut checks = Checks::new();
    let status = checks.one_of("status", &input.status, &["active", "inactive", "suspended"]);
    let reason = checks.line("reason", &input.reason, 1, 500);
    checks.done()?;
    if user == session.user_id {
        return Err(Problem::conflict("own_account", "You cannot change the status of your own account here.").into());
    }
    let mut owner = AsOwner::open(&app, None).await?;
    let before = store::lock(owner.db(), user).await?.ok_or_else(Problem::not_found)?;
    if before.status == "deleted" {
        return Err(Problem::conflict("erased", "This account was erased and cannot come back.").into());
    }
    if status == "active" {
        store::drop_closure(owner.db(), user, app.clock.now()).await?;
    }
    let change = StatusChange { user, status: &status, reason: &reason, by: Some(session.user_id) };
    set_status(owner.db(), &app, &origin, &change).await?;
    if before.status != status {
        let to = Person { name: before.name, email: before.email };
        let mail = if status == "active" {
            notices::ACCOUNT_RESTORED.mail(&app, &before.locale, to, &[], "/sign-in")
        } else {
            notices::ACCOUNT_STOPPED.mail(&app, &before.locale, to, &[("reason", &reason)], "/")
        };
        mail::post(owner.db(), &app.keys, None, &mail).await?;
    }
    owner.commit().await
}
