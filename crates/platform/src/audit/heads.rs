//! Signed heads: where each tenant's chain ended at a time, under an Ed25519 key (RFC 8032) of this instance. Who owns the
//! database can build a chain anew, and cannot sign its head; and the heads of before stand in the program's log too.

use std::fmt;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::record::Hash;
use super::store;
use crate::crypto::{Place, random};
use crate::ctx::TenantId;
use crate::error::{Error, Result};
use crate::jobs::{Attempt, Job, JobError};
use crate::state::App;
use crate::time::Timestamp;

const BATCH: i64 = 1000;

/// Bytes as hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> std::str::FromStr for Hex<N> {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes))
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a tenant's chain ended, signed. In the log these are the fields of the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Head {
    pub tenant: Uuid,
    /// The place of the last line.
    pub seq: i64,
    /// Of that line, in hex digits.
    #[schema(value_type = String)]
    pub hash: Hex<32>,
    pub signed_at: Timestamp,
    pub key_id: Uuid,
    /// Ed25519, in hex digits.
    #[schema(value_type = String)]
    pub signature: Hex<64>,
}

impl Head {
    pub(super) fn stored(tenant: TenantId, seq: i64, hash: &[u8], signed_at: Timestamp, key_id: Uuid, signature: &[u8]) -> Result<Self> {
        let signature = signature.try_into().map_err(Error::internal)?;
        Ok(Self { tenant: tenant.0, seq, hash: Hex(store::hash(hash)?), signed_at, key_id, signature: Hex(signature) })
    }

    fn message(tenant: Uuid, seq: i64, hash: &Hash, signed_at: Timestamp) -> Vec<u8> {
        let mut message = b"atrium audit head v1\0".to_vec();
        message.extend_from_slice(tenant.as_bytes());
        message.extend_from_slice(&seq.to_be_bytes());
        message.extend_from_slice(hash);
        message.extend_from_slice(&signed_at.as_microsecond().to_be_bytes());
        message
    }

    /// Whether one of the keys signed it.
    pub fn is_signed(&self, keys: &[VerifyingKey]) -> bool {
        let message = Self::message(self.tenant, self.seq, &self.hash.0, self.signed_at);
        keys.iter().any(|key| key.verifies(&message, &self.signature.0))
    }
}

/// The public half of a key that signs heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyingKey(pub [u8; 32]);

impl VerifyingKey {
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

/// Signs, with the id by which its public half is known.
pub struct SigningKey {
    pub id: Uuid,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    fn of_seed(id: Uuid, seed: &[u8]) -> Result<Self> {
        Ok(Self { id, pair: Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Error::internal("a malformed signing key"))? })
    }

    pub fn sign(&self, message: &[u8]) -> Hex<64> {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.pair.sign(message).as_ref());
        Hex(bytes)
    }

    pub fn head(&self, tenant: TenantId, seq: i64, hash: Hash, signed_at: Timestamp) -> Head {
        let signature = self.sign(&Head::message(tenant.0, seq, &hash, signed_at));
        Head { tenant: tenant.0, seq, hash: Hex(hash), signed_at, key_id: self.id, signature }
    }
}

fn place(key: Uuid) -> Place<'static> {
    Place { column: "audit_signing_keys.private_key_ciphertext", tenant: None, row: key }
}

/// The key of the moment, made where there is none yet. On a transaction of the owner.
///
/// # Errors
/// The database's; a key that does not open under this instance's own.
pub async fn signing_key(app: &App, db: &mut PgConnection) -> Result<SigningKey> {
    match store::signing_key(db).await? {
        Some((id, sealed)) => SigningKey::of_seed(id, &app.keys.open(place(id), &sealed).map_err(Error::internal)?),
        None => new_key(app, db).await,
    }
}

/// Makes a key that signs from now on; those before stay known, for what they signed.
///
/// # Errors
/// The database's.
pub async fn new_key(app: &App, db: &mut PgConnection) -> Result<SigningKey> {
    let (id, seed) = (crate::id::new(), zeroize::Zeroizing::new(random::<32>()));
    let key = SigningKey::of_seed(id, seed.as_ref())?;
    let public = key.pair.public_key().as_ref();
    store::insert_key(db, id, public, &app.keys.seal(place(id), seed.as_ref()), app.clock.now()).await?;
    tracing::info!(key_id = %id, public_key = hex::encode(public), "a new key signs the heads of audit chains");
    Ok(key)
}

/// Every key's public half, the newest first.
///
/// # Errors
/// The database's.
pub async fn verifying_keys(db: &mut PgConnection) -> Result<Vec<VerifyingKey>> {
    store::public_keys(db).await?.iter().map(|key| Ok(VerifyingKey(store::hash(&key.public_key)?))).collect()
}

/// The public halves of keys whose private halves this instance sealed: a key that somebody put beside them is none.
///
/// # Errors
/// The database's.
pub async fn own_keys(app: &App, db: &mut PgConnection) -> Result<Vec<VerifyingKey>> {
    let mut own = Vec::new();
    for (id, sealed) in store::sealed_keys(db).await? {
        if let Ok(seed) = app.keys.open(place(id), &sealed) {
            own.push(VerifyingKey(store::hash(SigningKey::of_seed(id, &seed)?.pair.public_key().as_ref())?));
        }
    }
    Ok(own)
}

/// Signs the head of each chain that has grown, and says so in the log: that copy is outside of the database. Hourly.
#[derive(Serialize, Deserialize)]
pub struct SignAuditHeads {}

impl Job for SignAuditHeads {
    const NAME: &'static str = "SignAuditHeads";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        sign_heads(&at.app).await?;
        Ok(())
    }
}

/// # Errors
/// The database's; a key that does not open under this instance's own.
pub async fn sign_heads(app: &App) -> Result<Vec<Head>> {
    let mut all = Vec::new();
    loop {
        let mut tx = app.pools.owner.begin().await?;
        let chains = store::to_sign(&mut tx, BATCH).await?;
        if chains.is_empty() {
            return Ok(all);
        }
        let key = signing_key(app, &mut tx).await?;
        let mut signed = Vec::new();
        for (tenant, seq, hash) in chains {
            let head = key.head(tenant, seq, store::hash(&hash)?, app.clock.now());
            if store::insert_head(&mut tx, &head).await? {
                signed.push(head);
            }
        }
        tx.commit().await?;
        for head in &signed {
            tracing::info!(
                tenant = %head.tenant, seq = head.seq, hash = %head.hash, signed_at = %head.signed_at, key_id = %head.key_id,
                signature = %head.signature, "audit head"
            );
        }
        all.extend(signed);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn signing_key() -> (SigningKey, VerifyingKey) {
        let key = SigningKey::of_seed(Uuid::from_u128(1), &[3; 32]).expect("a key");
        let public = VerifyingKey(key.pair.public_key().as_ref().try_into().expect("32 bytes"));
        (key, public)
    }

    #[test]
    fn a_head_is_signed_as_a_whole() {
        let (key, public) = signing_key();
        let head = key.head(TenantId(Uuid::from_u128(2)), 5, [9; 32], Timestamp::from_microsecond(7));
        assert!(head.is_signed(&[VerifyingKey([0; 32]), public]));
        let changes: [fn(&mut Head); 5] = [
            |head| head.tenant = Uuid::from_u128(3),
            |head| head.seq = 6,
            |head| head.hash = Hex([8; 32]),
            |head| head.signed_at = Timestamp::from_microsecond(8),
            |head| head.signature.0[0] ^= 1,
        ];
        for change in changes {
            let mut changed = head.clone();
            change(&mut changed);
            assert!(!changed.is_signed(&[public]), "{changed:?}");
        }
        let text = serde_json::to_string(&head).expect("JSON");
        assert_eq!(serde_json::from_str::<Head>(&text).expect("a head"), head);
    }
}
