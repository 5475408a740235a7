//! What whoever runs the instance does from the command line: making users, promoting them, helping who is locked out. Nobody
//! there learns or sets a password: a link does, which counts once and runs out (ASVS 5.0, 6.4.1 and 6.4.6).

use axum::http::StatusCode;
use platform::crypto::Token;
use platform::ctx::Origin;
use platform::error::{OnConstraint, Problem, Result};
use platform::text::{Checks, email_key};
use platform::{App, Ctx, TenantId, id};
use serde_json::json;
use zeroize::Zeroizing;

use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::members::Newcomer;
use crate::oauth::tokens::store::revoke_of_user;
use crate::profile::store::NewUser;
use crate::tenants::{NewTenant, found_tenant};
use crate::{challenges, devices, passwords, profile, registrations, second_factors, sessions};

/// How long the link to a first or new password counts.
const LINK_SECONDS: i64 = 24 * 3600;

/// Makes a user whose address counts as confirmed, in UTC and English until he or she says otherwise; answers the
/// token of the link by which the user sets a password. With a workspace's name, founds it with the user as owner.
///
/// # Errors
/// Fields that are not valid, or an address that has a user.
pub async fn create_user(
    app: &App,
    email: &str,
    name: &str,
    workspace: Option<&str>,
    is_platform_admin: bool,
) -> Result<Zeroizing<String>> {
    let mut checks = Checks::new();
    let email = checks.email("email", email);
    let name = checks.line("name", name, 1, 120);
    let workspace = workspace.map(|name| checks.line("workspace", name, 1, 120));
    checks.done()?;
    let token = Token::random();
    let newcomer = Newcomer { user_id: id::new(), name, email, timezone: "UTC".to_owned(), locale: "en".to_owned() };
    match workspace {
        None => {
            let mut directory = Directory::open(app, None, None).await?;
            insert(directory.db(), app, &newcomer, &token).await?;
            directory.commit().await?;
        }
        Some(name) => {
            let mut ctx = Ctx::of_program(app.clone(), TenantId(id::new()), None);
            insert(ctx.db().await?, app, &newcomer, &token).await?;
            let founding = NewTenant { name, timezone: newcomer.timezone.clone(), locale: newcomer.locale.clone() };
            found_tenant(&mut ctx, &newcomer, &founding).await?;
            ctx.commit().await?;
        }
    }
    if is_platform_admin {
        promote(app, &newcomer.email).await?;
    }
    Ok(token.secret)
}

async fn insert(db: &mut sqlx::PgConnection, app: &App, newcomer: &Newcomer, token: &Token) -> Result<()> {
    let (key, now) = (email_key(&newcomer.email), app.clock.now());
    let new = NewUser {
        id: newcomer.user_id,
        email: &newcomer.email,
        email_key: &key,
        name: &newcomer.name,
        password_hash: None,
        locale: &newcomer.locale,
        timezone: &newcomer.timezone,
    };
    profile::store::insert(&mut *db, &new, now).await.on_constraint("users_email_key", registrations::account_exists)?;
    registrations::store::void(&mut *db, &key, now).await?;
    passwords::store::insert_reset(&mut *db, newcomer.user_id, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await?;
    let event = SecurityEvent { user: newcomer.user_id, event: "user_created", severity: "low", details: json!({ "by": "command line" }) };
    note_security_event(db, app, &Origin::default(), &event).await
}

/// Makes a user an administrator of the instance.
///
/// # Errors
/// An address that nobody has.
pub async fn promote(app: &App, email: &str) -> Result<()> {
    // As the owner: the serving role cannot make administrators.
    let mut owner = app.pools.owner.begin().await?;
    let user = profile::store::promote(&mut owner, &email_key(email)).await?.ok_or_else(|| nobody(email))?;
    let event = SecurityEvent { user, event: "promoted_to_platform_admin", severity: "high", details: json!({ "by": "command line" }) };
    note_security_event(&mut owner, app, &Origin::default(), &event).await?;
    Ok(owner.commit().await?)
}

/// Helps who is locked out: ends every session, takes the password away, and the second factors where it is said so; answers the
/// token of the link by which the user sets a new password.
///
/// # Errors
/// An address that nobody has; `account_inactive`.
pub async fn reset(app: &App, email: &str, removes_second_factors: bool) -> Result<Zeroizing<String>> {
    let mut directory = Directory::open(app, None, None).await?;
    let account = passwords::store::account_of_email(directory.db(), &email_key(email)).await?.ok_or_else(|| nobody(email))?;
    if !account.is_active {
        return Err(sessions::account_inactive().into());
    }
    let (user, now, token) = (account.id, app.clock.now(), Token::random());
    profile::store::lock(directory.db(), user).await?;
    passwords::store::clear(directory.db(), user).await?;
    passwords::store::void_resets(directory.db(), user, now).await?;
    passwords::store::insert_reset(directory.db(), user, &token.hash, now, now.plus_seconds(LINK_SECONDS)).await?;
    challenges::void(directory.db(), user, now).await?;
    devices::forget(directory.db(), user).await?;
    let ended = sessions::store::end_all(directory.db(), user, None, now).await?;
    revoke_of_user(directory.db(), user, "password_changed", now).await?;
    let mut details = json!({ "by": "command line", "sessions_ended": ended });
    if removes_second_factors {
        details["second_factors_removed"] = json!(second_factors::store::remove_all(directory.db(), user).await?);
    }
    let event = SecurityEvent { user, event: "password_reset", severity: "high", details };
    note_security_event(directory.db(), app, &Origin::default(), &event).await?;
    directory.commit().await?;
    Ok(token.secret)
}

/// Takes over the hash of bcrypt that another system had of the user's password.
///
/// # Errors
/// An address that nobody has; a text that is no such hash.
pub async fn import_password(app: &App, email: &str, hash: &str) -> Result<()> {
    let stored = passwords::import(hash)?;
    let mut directory = Directory::open(app, None, None).await?;
    let account = passwords::store::account_of_email(directory.db(), &email_key(email)).await?.ok_or_else(|| nobody(email))?;
    // Nobody knows how long it is: as all that is asked for it counts until it is changed.
    passwords::store::set(directory.db(), account.id, &stored, true, app.clock.now()).await?;
    let event =
        SecurityEvent { user: account.id, event: "password_imported", severity: "medium", details: json!({ "by": "command line" }) };
    note_security_event(directory.db(), app, &Origin::default(), &event).await?;
    directory.commit().await
}

fn nobody(email: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("No user has the address {email}."))
}
