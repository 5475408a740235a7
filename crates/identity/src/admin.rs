//! What whoever runs the instance does from the command line: making users, promoting them, resetting passwords.

use axum::http::StatusCode;
use platform::crypto::random;
use platform::ctx::Origin;
use platform::error::{OnConstraint, Problem, Result};
use platform::text::{Checks, email_key};
use platform::{App, Ctx, TenantId, id};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::activity::{SecurityEvent, note_security_event};
use crate::directory::Directory;
use crate::members::Newcomer;
use crate::oauth::tokens::store::revoke_of_user;
use crate::profile::store::NewUser;
use crate::tenants::{NewTenant, found_tenant};
use crate::{challenges, devices, passwords, profile, registrations, sessions};

/// Makes a user whose address counts as confirmed, in UTC and English until he or she says otherwise; answers the
/// password that was drawn, to be shown once. With a workspace's name, founds it with the user as owner.
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
    let drawn = draw();
    let password_hash = passwords::Turn::wait().await?.hash(SecretString::from(drawn.as_str())).await?;
    let newcomer = Newcomer { user_id: id::new(), name, email, timezone: "UTC".to_owned(), locale: "en".to_owned() };
    match workspace {
        None => {
            let mut directory = Directory::open(app, None, None).await?;
            insert(directory.db(), app, &newcomer, &password_hash).await?;
            directory.commit().await?;
        }
        Some(name) => {
            let mut ctx = Ctx::of_program(app.clone(), TenantId(id::new()), None);
            insert(ctx.db().await?, app, &newcomer, &password_hash).await?;
            let founding = NewTenant { name, timezone: newcomer.timezone.clone(), locale: newcomer.locale.clone() };
            found_tenant(&mut ctx, &newcomer, &founding).await?;
            ctx.commit().await?;
        }
    }
    if is_platform_admin {
        promote(app, &newcomer.email).await?;
    }
    Ok(drawn)
}

async fn insert(db: &mut sqlx::PgConnection, app: &App, newcomer: &Newcomer, password_hash: &str) -> Result<()> {
    let (key, now) = (email_key(&newcomer.email), app.clock.now());
    let new = NewUser {
        id: newcomer.user_id,
        email: &newcomer.email,
        email_key: &key,
        name: &newcomer.name,
        password_hash,
        locale: &newcomer.locale,
        timezone: &newcomer.timezone,
    };
    profile::store::insert(&mut *db, &new, now).await.on_constraint("users_email_key", registrations::account_exists)?;
    registrations::store::void(&mut *db, &key, now).await?;
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

/// Sets a password drawn at random, to be shown once, and ends every session of the user.
///
/// # Errors
/// An address that nobody has.
pub async fn reset_password(app: &App, email: &str) -> Result<Zeroizing<String>> {
    let mut directory = Directory::open(app, None, None).await?;
    let account = passwords::store::account_of_email(directory.db(), &email_key(email)).await?.ok_or_else(|| nobody(email))?;
    directory.commit().await?;
    let drawn = draw();
    let hash = passwords::Turn::wait().await?.hash(SecretString::from(drawn.as_str())).await?;
    let mut directory = Directory::open(app, None, None).await?;
    let (user, now): (Uuid, _) = (account.id, app.clock.now());
    passwords::store::set(directory.db(), user, &hash, true, now).await?;
    passwords::store::void_resets(directory.db(), user, now).await?;
    challenges::void(directory.db(), user, now).await?;
    devices::forget(directory.db(), user).await?;
    let ended = sessions::store::end_all(directory.db(), user, None, now).await?;
    revoke_of_user(directory.db(), user, now).await?;
    let event = SecurityEvent {
        user,
        event: "password_reset",
        severity: "high",
        details: json!({ "by": "command line", "sessions_ended": ended }),
    };
    note_security_event(directory.db(), app, &Origin::default(), &event).await?;
    directory.commit().await?;
    Ok(drawn)
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

/// 100 bits in letters and digits that are not taken for each other, in groups to be read aloud.
fn draw() -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let drawn = Zeroizing::new(random::<20>());
    let mut text = Zeroizing::new(String::with_capacity(23));
    for (at, byte) in drawn.iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_passwords_are_accepted_and_differ() {
        let (one, two) = (draw(), draw());
        assert_ne!(*one, *two);
        assert_eq!(one.len(), 23);
        let mut checks = Checks::new();
        passwords::check(&mut checks, "password", &SecretString::from(one.as_str()), passwords::ALONE, &[]);
        assert!(checks.done().is_ok());
    }
}
