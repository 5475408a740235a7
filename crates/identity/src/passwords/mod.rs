//! Passwords: what is accepted, how they are hashed, how they are changed and reset.

mod breached;
pub mod http;
mod reset;
pub mod store;

use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use platform::auth::Factor;
use platform::ctx::Origin;
use platform::error::{Error, Problem, Result};
use platform::mail::{self, Person};
use platform::text::Checks;
use platform::{App, SignedIn};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use breached::refuse as refuse_breached;
pub use reset::{SendPasswordReset, link_invalid};

use crate::activity::{SecurityEvent, SignIn, note_security_event, note_sign_in, refused_by_wait};
use crate::directory::Directory;
use crate::oauth::tokens::store::revoke_of_user;
use crate::{challenges, devices, mails, second_factors, sessions, suspicion, throttle};

/// Code points, counted before any normalisation: where the password is all that is asked for (NIST SP 800-63B-4, 3.1.1.2).
pub const ALONE: usize = 15;
/// Where a second factor is asked for too.
pub const BESIDE_A_SECOND: usize = 8;
const MOST: usize = 256;
/// Lower case, one a line: what is tried first among long ones. The usual lists of short ones come with crate zxcvbn.
const COMMON: &str = include_str!("common.txt");

/// Whether a password may be all that is asked for.
pub fn stands_alone(password: &SecretString) -> bool {
    password.expose_secret().chars().count() >= ALONE
}

/// Adds what is wrong with a new password of at least so many code points. `about` are the words that belong to its owner: address, name, workspace.
/// There are no rules of composition (NIST SP 800-63B-4, 3.1.1.2).
pub fn check(checks: &mut Checks, field: &str, password: &SecretString, least: usize, about: &[&str]) {
    let text = password.expose_secret();
    let count = text.chars().count();
    if count < least {
        checks.add(field, "too_short", format!("needs at least {least} characters"));
        return;
    }
    if count > MOST {
        checks.add(field, "too_long", format!("may have at most {MOST} characters"));
        return;
    }
    let lower = normal(password).to_lowercase();
    let mut distinct = lower.chars().collect::<Vec<_>>();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() == 1 || COMMON.lines().any(|common| common == lower) || is_in_lists(&lower) {
        checks.add(field, "too_common", "is among the passwords that are tried first; choose another");
    } else if about.iter().any(|word| tells(&lower, word)) {
        checks.add(field, "personal", "must not be your e-mail address or name");
    }
}

/// Whether the whole of it is among the most used passwords of the known breaches. Those lists hold nothing longer.
fn is_in_lists(lower: &str) -> bool {
    use zxcvbn::feedback::Warning;
    if lower.chars().count() > 30 {
        return false;
    }
    let judged = zxcvbn::zxcvbn(lower, &[]);
    let warning = judged.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    matches!(warning, Some(Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword))
}

/// Whether the password is the word itself, or that of its parts before and after an `@`.
fn tells(lower: &str, word: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (word, password) = (word.to_lowercase(), bare(lower));
    std::iter::once(word.as_str()).chain(word.split('@')).map(bare).any(|part| !part.is_empty() && part == password)
}

/// Begins what is stored: NFKC (NIST SP 800-63B-4, 3.1.1.2, where ASVS 6.2.8 would have the password as it came: the keyboards of
/// a person's devices differ), then the PHC string of argon2id. A change of either is another number.
const SCHEME: &str = "1";
/// Begins a hash of bcrypt that came from another system; the next sign-in replaces it.
const IMPORTED: &str = "0";
/// Costs above it would hold the hashing for seconds.
const HIGHEST_COST: u32 = 13;

/// What to store for a hash of bcrypt, as other systems have them.
///
/// # Errors
/// A text that is none, or whose cost is above 13.
pub fn import(hash: &str) -> Result<String, Problem> {
    let refused = || Problem::field("hash", "invalid", "is no hash of bcrypt with a cost of at most 13");
    let parts = hash.parse::<bcrypt::HashParts>().map_err(|_| refused())?;
    if parts.get_cost() > HIGHEST_COST { Err(refused()) } else { Ok(format!("{IMPORTED}{hash}")) }
}

/// Whether a hash is to be replaced as soon as the password is known.
pub fn is_outdated(hash: &str) -> bool {
    !hash.starts_with(SCHEME)
}

fn normal(password: &SecretString) -> Zeroizing<String> {
    Zeroizing::new(password.expose_secret().nfkc().collect())
}

/// Memory while hashing is this many times 19 MiB.
static TURNS: Semaphore = Semaphore::const_new(2);
/// Longer queues are refused rather than waited in.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Leave to hash.
pub struct Turn {
    _permit: SemaphorePermit<'static>,
}

impl Turn {
    /// # Errors
    /// 503 where too many wait.
    pub async fn wait() -> Result<Self> {
        match tokio::time::timeout(LONGEST_WAIT, TURNS.acquire()).await {
            Ok(Ok(permit)) => Ok(Self { _permit: permit }),
            Ok(Err(closed)) => Err(Error::internal(closed)),
            Err(_) => Err(Problem::overloaded().into()),
        }
    }

    /// What to store, under a salt of its own.
    ///
    /// # Errors
    /// None that a password could cause.
    pub async fn hash(&self, password: SecretString) -> Result<String> {
        work(move |hasher| Ok(format!("{SCHEME}{}", hasher.hash_password(normal(&password).as_bytes())?))).await
    }

    /// Whether the password is that of the hash. Without a hash it takes as long and is no.
    ///
    /// # Errors
    /// A stored hash that is none.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool> {
        let is_known = hash.is_some();
        // The work is not told whose hash it is, so it cannot take less for nobody's.
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let is_right = work(move |hasher| {
            if let Some(imported) = hash.strip_prefix(IMPORTED) {
                // As it was typed: the system that hashed it did not normalise.
                return bcrypt::verify(password.expose_secret(), imported).map_err(|_| argon2::password_hash::Error::EncodingInvalid);
            }
            let phc = hash.strip_prefix(SCHEME).ok_or(argon2::password_hash::Error::Version)?;
            let parsed = PasswordHash::new(phc).map_err(argon2::password_hash::Error::from)?;
            match hasher.verify_password(normal(&password).as_bytes(), &parsed) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(other) => Err(other),
            }
        });
        Ok(is_right.await? && is_known)
    }
}

/// Whether the password is that of the hash of whoever has the address. Failures make the next attempt from that network
/// wait, and a success ends the waits. `user` is who has the address, where that is known.
///
/// # Errors
/// 429 while a wait lasts.
pub async fn is_right(
    app: &App,
    origin: &Origin,
    user: Option<Uuid>,
    email: &str,
    password: SecretString,
    hash: Option<String>,
) -> Result<bool> {
    let key = throttle::Key::new(app, email, origin.ip);
    // The turn is held until a failure is counted, so that attempts side by side gain little.
    let turn = Turn::wait().await?;
    let mut directory = Directory::open(app, None, None).await?;
    let waits = key.check(directory.db(), app.clock.now()).await;
    directory.commit().await?;
    if let Err(refusal) = waits {
        return Err(refused_by_wait(app, origin, user, email, Factor::Password, refusal).await);
    }
    let is_right = turn.verify(password, hash).await?;
    let mut directory = Directory::open(app, None, None).await?;
    if is_right {
        key.clear(directory.db()).await?;
    } else {
        key.fail(directory.db(), app.clock.now()).await?;
    }
    directory.commit().await?;
    Ok(is_right)
}

/// Away from the threads that answer, and counted when done.
async fn work<T: Send + 'static>(
    job: impl FnOnce(Argon2<'static>) -> Result<T, argon2::password_hash::Error> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(move || hasher().and_then(job)).await.map_err(Error::internal)?;
    metrics::counter!("atrium_password_hashes_total").increment(1);
    done.map_err(|error| Error::internal(error.to_string()))
}

/// The floor of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
fn hasher() -> Result<Argon2<'static>, argon2::password_hash::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?))
}

/// Costs as much as a real one and is nobody's.
const NOBODYS: &str = "1$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    current_password: SecretString,
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    new_password: SecretString,
}

/// How long a new password of the user has to be.
///
/// # Errors
/// The database's.
pub async fn least_for(db: &mut PgConnection, user: Uuid) -> Result<usize> {
    Ok(if second_factors::store::methods(db, user).await?.is_empty() { ALONE } else { BESIDE_A_SECOND })
}

/// Changes the caller's own password and ends the other sessions.
async fn change(caller: SignedIn, input: PasswordChange) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    let mut checks = Checks::new();
    let mut directory = Directory::open(&app, None, None).await?;
    let least = least_for(directory.db(), session.user_id).await?;
    directory.commit().await?;
    check(&mut checks, "new_password", &input.new_password, least, &[&session.email, &session.name]);
    if input.new_password.expose_secret() == input.current_password.expose_secret() {
        checks.add("new_password", "unchanged", "must differ from the current one");
    }
    checks.done()?;
    refuse_breached(&app, "new_password", &input.new_password).await?;
    let key = throttle::Key::new(&app, &session.email, origin.ip);
    let turn = Turn::wait().await?;
    let mut directory = Directory::open(&app, None, None).await?;
    let waits = key.check(directory.db(), app.clock.now()).await;
    let current = store::hash_of(directory.db(), session.user_id).await?;
    directory.commit().await?;
    if let Err(refusal) = waits {
        return Err(refused_by_wait(&app, &origin, Some(session.user_id), "", Factor::Password, refusal).await);
    }
    if !turn.verify(input.current_password, current.clone()).await? {
        let mut directory = Directory::open(&app, None, None).await?;
        key.fail(directory.db(), app.clock.now()).await?;
        note_wrong(directory.db(), &app, &origin, session.user_id, "password_change").await?;
        directory.commit().await?;
        return Err(Problem::field("current_password", "incorrect", "is not your password").into());
    }
    let stands_alone = stands_alone(&input.new_password);
    let hash = turn.hash(input.new_password).await?;
    drop(turn);
    let mut directory = Directory::open(&app, None, None).await?;
    let now = app.clock.now();
    if !store::replace(directory.db(), session.user_id, current.as_deref(), &hash, stands_alone, now).await? {
        return Err(Problem::conflict("password_changed", "Your password was changed in the meantime. Sign in again.").into());
    }
    key.clear(directory.db()).await?;
    store::void_resets(directory.db(), session.user_id, now).await?;
    challenges::void(directory.db(), session.user_id, now).await?;
    devices::forget(directory.db(), session.user_id).await?;
    let ended = sessions::store::end_all(directory.db(), session.user_id, Some(session.id), now).await?;
    revoke_of_user(directory.db(), session.user_id, "password_changed", now).await?;
    let event =
        SecurityEvent { user: session.user_id, event: "password_changed", severity: "medium", details: json!({ "sessions_ended": ended }) };
    note_security_event(directory.db(), &app, &origin, &event).await?;
    let to = Person { name: session.name, email: session.email };
    mail::post(directory.db(), &app.keys, None, &mails::password_changed(&app, &session.locale, to)).await?;
    directory.commit().await
}

/// Writes down a wrong password of somebody who is signed in, where it was asked for once more.
///
/// # Errors
/// The database's.
pub async fn note_wrong(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, reason: &str) -> Result<()> {
    note_sign_in(&mut *db, app, origin, &SignIn::Failed { user: Some(user), email: "", reason, factor: Factor::Password }).await?;
    suspicion::after_failure(db, app, origin, user).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(password: &str) -> Vec<&'static str> {
        codes_of(password, ALONE)
    }

    fn codes_of(password: &str, least: usize) -> Vec<&'static str> {
        let mut checks = Checks::new();
        check(&mut checks, "password", &SecretString::from(password), least, &["ana.maria.souza@example.com", "Ana Maria Souza"]);
        checks.done().err().map(|problem| problem.errors.iter().map(|error| error.code).collect()).unwrap_or_default()
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(codes("short"), ["too_short"]);
        assert_eq!(codes("éàüöéàüöéàüöéà"), ["too_short"]);
        assert!(codes("éàüöéàüöéàüöéàü").is_empty());
        // Eight beside a second factor.
        assert_eq!(codes_of("éàüöéàü", BESIDE_A_SECOND), ["too_short"]);
        assert!(codes_of("éàüöéàüö", BESIDE_A_SECOND).is_empty());
        assert!(codes(&"ab".repeat(128)).is_empty());
        assert_eq!(codes(&"ab".repeat(129)), ["too_long"]);
    }

    #[test]
    fn no_rules_of_composition() {
        for good in ["all lower case words", "               1", "ÇEDILHA SÃO TUDO", "🐎🔋📎🐎🔋📎🐎🔋📎🐎🔋📎🐎🔋📎"]
        {
            assert!(codes(good).is_empty(), "{good}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in ["passwordpassword", "PassWordPassWord", "1234567890123456", "aaaaaaaaaaaaaaa", "correct horse battery staple"] {
            assert_eq!(codes(bad), ["too_common"], "{bad}");
        }
        for bad in ["password", "12345678", "Password1", "iloveyou1", "football1", "qwertyuiop", "password1234"] {
            assert_eq!(codes_of(bad, BESIDE_A_SECOND), ["too_common"], "{bad}");
        }
        for good in ["kangoeroe", "zeven rode stoelen"] {
            assert!(codes_of(good, BESIDE_A_SECOND).is_empty(), "{good}");
        }
        for bad in ["ana.maria.souza@example.com", "ana.maria.souza", "ana  maria souza", "ana-maria-souza"] {
            assert_eq!(codes(bad), ["personal"], "{bad}");
        }
    }

    #[test]
    fn the_list_is_lower_case_and_long_enough_to_matter() {
        for common in COMMON.lines() {
            assert!(common.chars().count() > BESIDE_A_SECOND && common == common.to_lowercase(), "{common}");
        }
    }

    #[tokio::test]
    async fn hashes_verify_and_nobodys_never_does() {
        let turn = Turn::wait().await.expect("a turn");
        let hash = turn.hash(SecretString::from("a password of mine")).await.expect("hashed");
        assert!(hash.starts_with("1$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(turn.verify(SecretString::from("a password of mine"), Some(hash.clone())).await.expect("verified"));
        assert!(!turn.verify(SecretString::from("a password of yours"), Some(hash)).await.expect("verified"));
        assert!(!turn.verify(SecretString::from("anything"), None).await.expect("verified"));
    }

    /// An é of one code point on this keyboard is two on that one; full-width letters come from a third.
    #[tokio::test]
    async fn the_same_text_from_another_keyboard_is_the_same_password() {
        let turn = Turn::wait().await.expect("a turn");
        let hash = turn.hash(SecretString::from("caf\u{e9} em S\u{e3}o Paulo")).await.expect("hashed");
        for same in ["cafe\u{301} em Sa\u{303}o Paulo", "\u{ff43}af\u{e9} em S\u{e3}o Paulo"] {
            assert!(turn.verify(SecretString::from(same), Some(hash.clone())).await.expect("verified"), "{same}");
        }
        assert!(!turn.verify(SecretString::from("cafe em Sao Paulo"), Some(hash)).await.expect("verified"));
        assert_eq!(codes("\u{ff50}asswordpassword"), ["too_common"]);
    }

    #[tokio::test]
    async fn imported_hashes_verify_and_are_outdated() {
        let turn = Turn::wait().await.expect("a turn");
        let imported = import(&bcrypt::hash("a password of old", 4).expect("hashed")).expect("taken");
        assert!(turn.verify(SecretString::from("a password of old"), Some(imported.clone())).await.expect("verified"));
        assert!(!turn.verify(SecretString::from("a password of new"), Some(imported.clone())).await.expect("verified"));
        assert!(is_outdated(&imported) && !is_outdated(NOBODYS));
        // The form of PHP and of others, and what is none.
        for (hash, is_taken) in [
            ("$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", true),
            ("$2b$13$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", true),
            ("$2b$14$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", false),
            ("$argon2id$v=19$m=19456,t=2,p=1$abc$def", false),
            ("", false),
        ] {
            assert_eq!(import(hash).is_ok(), is_taken, "{hash}");
        }
    }

    #[test]
    fn nobodys_hash_costs_as_much() {
        let parsed = PasswordHash::new(NOBODYS.strip_prefix(SCHEME).expect("our scheme")).expect("well formed");
        let params = Params::try_from(&parsed).expect("argon2");
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
    }
}
