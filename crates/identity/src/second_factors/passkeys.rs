//! Passkeys (WebAuthn Level 3): registered with their user verified and discoverable, so that each is two factors in one and
//! can sign in without a name.

use data_encoding::BASE64URL_NOPAD;
use platform::error::{Error, Problem, Result};
use platform::state::Config;
use platform::time::Timestamp;
use platform::{id, text::Checks};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, Credential, DiscoverableAuthentication, Passkey as Key, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::store;

/// Above it nobody knows which is which.
const MOST: usize = 20;

/// A passkey in the list of one's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Passkey {
    pub id: Uuid,
    /// By which its provider knows it (WebAuthn, `PublicKeyCredential.id`): base64url without padding.
    pub credential_id: String,
    pub name: String,
    /// Whether its provider keeps a copy, so that it outlives the device.
    pub backed_up: bool,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A passkey as it is checked.
struct Stored {
    id: Uuid,
    user: Uuid,
    key: Key,
}

/// Why a passkey was not taken.
#[derive(Debug)]
pub enum Refused {
    /// Nobody's here, or no longer: its provider may forget it.
    Unknown,
    /// Not one of the user's, or its answer is not to this challenge, at this address, with its user verified.
    Invalid,
    /// Its counter went back, so a copy of it may exist.
    Copied(Uuid),
}

fn webauthn(config: &Config) -> Result<Webauthn> {
    let unavailable = || {
        Problem::conflict(
            "passkeys_unavailable",
            "Passkeys need an address with a name, such as https://atrium.example.com; this instance has none.",
        )
    };
    let origin = Url::parse(&config.public_url).map_err(|_| unavailable())?;
    let host = origin.domain().ok_or_else(unavailable)?;
    let builder = WebauthnBuilder::new(host, &origin).map_err(|_| unavailable())?;
    builder.rp_name("Atrium").build().map_err(|error| Error::internal(error.to_string()))
}

fn write(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(Error::internal)
}

/// What a browser answered, before it is believed.
fn answer<T: serde::de::DeserializeOwned>(field: &str, credential: Value) -> Result<T> {
    serde_json::from_value(credential).map_err(|_| Problem::field(field, "invalid", "is not what an authenticator answers").into())
}

/// Options for `navigator.credentials`, and the state with which to check what comes back.
pub struct Begun {
    pub options: Value,
    pub state: Value,
}

/// # Errors
/// 409 where the user has as many as one may have, or the instance has no address with a name.
pub async fn begin_registration(db: &mut PgConnection, config: &Config, user: Uuid, email: &str, name: &str) -> Result<Begun> {
    let known = of_user(&mut *db, user).await?;
    if known.len() >= MOST {
        return Err(
            Problem::conflict("too_many_passkeys", "You have as many passkeys as one may have. Remove one that is not used.").into()
        );
    }
    let exclude = known.iter().map(|stored| stored.key.cred_id().clone()).collect();
    let (options, state) = webauthn(config)?
        .start_passkey_registration(user, email, name, Some(exclude))
        .map_err(|error| Error::internal(error.to_string()))?;
    let (mut options, state) = (write(&options)?, write(&state)?);
    // The library leaves it to the authenticator whether the key can be found without a name; sign-in without one needs it.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
    Ok(Begun { options, state })
}

/// # Errors
/// 422 for an answer that is not to this challenge; 409 for a passkey that is registered already.
pub async fn finish_registration(
    db: &mut PgConnection,
    config: &Config,
    user: Uuid,
    name: &str,
    state: Value,
    credential: Value,
    now: Timestamp,
) -> Result<Passkey> {
    let mut checks = Checks::new();
    let name = checks.line("name", name, 1, 100);
    checks.done()?;
    let answer: RegisterPublicKeyCredential = answer("credential", credential)?;
    let key = webauthn(config)?.finish_passkey_registration(&answer, &read::<PasskeyRegistration>(state)?).map_err(|error| {
        tracing::info!(%error, "a passkey was not registered");
        Problem::field("credential", "refused", "does not answer this challenge; try again")
    })?;
    let credential = Credential::from(key.clone());
    let transports: Vec<String> = write(&credential.transports)?
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let passkey = Passkey {
        id: id::new(),
        credential_id: BASE64URL_NOPAD.encode(key.cred_id()),
        name,
        backed_up: credential.backup_state,
        last_used_at: None,
        created_at: now,
    };
    let new = store::NewPasskeyRow {
        credential_id: key.cred_id().as_slice(),
        public_key: &write(&key)?,
        sign_count: i64::from(credential.counter),
        backup_eligible: credential.backup_eligible,
        transports: &transports,
    };
    store::insert_passkey(db, user, &passkey, &new).await?;
    Ok(passkey)
}

/// Asks one of the user's passkeys to sign. None where there are none.
///
/// # Errors
/// The database's.
pub async fn begin_assertion(db: &mut PgConnection, config: &Config, user: Uuid) -> Result<Option<Begun>> {
    let keys: Vec<_> = of_user(db, user).await?.into_iter().map(|stored| stored.key).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let (options, state) = webauthn(config)?.start_passkey_authentication(&keys).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Some(Begun { options: write(&options)?, state: write(&state)? }))
}

/// Asks any passkey to sign: whose it is, it will say itself, so the options tell nothing about anybody.
///
/// # Errors
/// 409 where the instance has no address with a name.
pub fn begin_sign_in(config: &Config) -> Result<Begun> {
    let (options, state) = webauthn(config)?.start_discoverable_authentication().map_err(|error| Error::internal(error.to_string()))?;
    Ok(Begun { options: write(&options)?, state: write(&state)? })
}

/// Checks what a passkey of that user signed, and notes its counter.
///
/// # Errors
/// The database's; an answer that is none.
pub async fn finish_assertion(
    db: &mut PgConnection,
    config: &Config,
    user: Uuid,
    state: Value,
    credential: Value,
    now: Timestamp,
) -> Result<Result<Uuid, Refused>> {
    let answer: PublicKeyCredential = answer("credential", credential)?;
    let Some(stored) = find(&mut *db, answer.raw_id.as_ref()).await?.filter(|stored| stored.user == user) else {
        return Ok(Err(Refused::Invalid));
    };
    let checked = webauthn(config)?.finish_passkey_authentication(&answer, &read::<PasskeyAuthentication>(state)?);
    judge(db, &stored, checked, now).await
}

/// The user whose passkey signed.
///
/// # Errors
/// The database's; an answer that is none.
pub async fn finish_sign_in(
    db: &mut PgConnection,
    config: &Config,
    state: Value,
    credential: Value,
    now: Timestamp,
) -> Result<(Option<Uuid>, Result<Uuid, Refused>)> {
    let answer: PublicKeyCredential = answer("credential", credential)?;
    let webauthn = webauthn(config)?;
    let Ok((claimed, credential_id)) = webauthn.identify_discoverable_authentication(&answer) else {
        return Ok((None, Err(Refused::Invalid)));
    };
    let Some(stored) = find(&mut *db, credential_id).await? else { return Ok((None, Err(Refused::Unknown))) };
    if stored.user != claimed {
        return Ok((None, Err(Refused::Invalid)));
    }
    let state: DiscoverableAuthentication = read(state)?;
    let checked = webauthn.finish_discoverable_authentication_v2(&answer, state, Credential::from(stored.key.clone()));
    let user = stored.user;
    Ok((Some(user), judge(db, &stored, checked, now).await?))
}

/// Notes what the authenticator told about itself, or why it is not believed.
async fn judge(
    db: &mut PgConnection,
    stored: &Stored,
    checked: Result<AuthenticationResult, WebauthnError>,
    now: Timestamp,
) -> Result<Result<Uuid, Refused>> {
    let result = match checked {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => return Ok(Err(Refused::Copied(stored.id))),
        Err(error) => {
            tracing::info!(%error, "a passkey was not taken");
            return Ok(Err(Refused::Invalid));
        }
    };
    let credential = Credential::from(stored.key.clone());
    // WebAuthn Level 3, 7.2, step 18: whether a key may be backed up is settled when it is made.
    if !result.user_verified() || result.backup_eligible() != credential.backup_eligible {
        return Ok(Err(Refused::Invalid));
    }
    let is_newer = store::note_signature(db, stored.id, i64::from(result.counter()), result.backup_state(), now).await?;
    Ok(if is_newer { Ok(stored.id) } else { Err(Refused::Copied(stored.id)) })
}

fn of_row(row: store::PasskeyRow) -> Result<Stored> {
    let mut credential = Credential::from(read::<Key>(row.public_key)?);
    credential.counter = u32::try_from(row.sign_count).map_err(Error::internal)?;
    credential.backup_state = row.backed_up;
    Ok(Stored { id: row.id, user: row.user_id, key: Key::from(credential) })
}

async fn of_user(db: &mut PgConnection, user: Uuid) -> Result<Vec<Stored>> {
    store::passkeys_of(db, user).await?.into_iter().map(of_row).collect()
}

async fn find(db: &mut PgConnection, credential_id: &[u8]) -> Result<Option<Stored>> {
    store::find_passkey(db, credential_id).await?.map(of_row).transpose()
}
