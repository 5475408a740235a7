//! The keys under which ID tokens are signed: made by the program, sealed, published before they sign and for as long as
//! what they signed may be checked.

pub mod store;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use platform::crypto::Place;
use platform::error::{Error, Result};
use platform::jobs::{Attempt, Job, JobError};
use platform::time::Timestamp;
use platform::{App, id};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::clients::IdTokenAlgorithm;
use super::jwt;

const DAY: i64 = 24 * 3600;
/// A key signs for that long.
const SIGNS: i64 = 90 * DAY;
/// And stands in the published set before, so that whoever keeps a copy has it when it is needed.
const PUBLISHED_BEFORE: i64 = DAY;
/// And after its successor took over. ID tokens live for an hour, and are taken as hints for longer.
const PUBLISHED_AFTER: i64 = 7 * DAY;

const COLUMN: &str = "directory.oauth_signing_keys.private_key";

impl IdTokenAlgorithm {
    const ALL: [Self; 2] = [Self::ES256, Self::RS256];

    fn of_library(self) -> Algorithm {
        match self {
            Self::ES256 => Algorithm::ES256,
            Self::RS256 => Algorithm::RS256,
        }
    }

    fn encoding_key(self, der: &[u8]) -> EncodingKey {
        match self {
            Self::ES256 => EncodingKey::from_ec_der(der),
            Self::RS256 => EncodingKey::from_rsa_der(der),
        }
    }
}

/// A new private key: PKCS#8 for EC, PKCS#1 for RSA, which is what signing takes.
fn generate(algorithm: IdTokenAlgorithm) -> Result<Zeroizing<Vec<u8>>> {
    let failed = |_| Error::internal("no key could be made");
    match algorithm {
        IdTokenAlgorithm::ES256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
            Ok(Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()))
        }
        IdTokenAlgorithm::RS256 => {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let pkcs8 = pair.as_der().map_err(failed)?;
            // RFC 5208: version, algorithm, and the PKCS#1 key as an octet string; 26 bytes before it for one of 2048 bits.
            Ok(Zeroizing::new(pkcs8.as_ref()[26..].to_vec()))
        }
    }
}

/// Makes a key that signs from then on.
async fn make(app: &App, db: &mut PgConnection, algorithm: IdTokenAlgorithm, signs_from: Timestamp) -> Result<()> {
    let der = tokio::task::spawn_blocking(move || generate(algorithm)).await.map_err(Error::internal)??;
    let id = id::new();
    let mut jwk = Jwk::from_encoding_key(&algorithm.encoding_key(&der), algorithm.of_library()).map_err(Error::internal)?;
    jwk.common.key_id = Some(id.to_string());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    let sealed = app.keys.seal(Place { column: COLUMN, tenant: None, row: id }, &der);
    let public = serde_json::to_value(&jwk).map_err(Error::internal)?;
    Ok(store::insert(db, id, algorithm.as_str(), &public, &sealed, signs_from, app.clock.now()).await?)
}

/// A JWT of those claims under the key of the moment. The first one of an instance makes the keys; two that do so side by
/// side leave two, of which one signs.
///
/// # Errors
/// The database's; a key that does not open under this instance's own.
pub async fn sign(app: &App, db: &mut PgConnection, algorithm: IdTokenAlgorithm, claims: &impl Serialize) -> Result<String> {
    let now = app.clock.now();
    let key = match store::signing(db, algorithm.as_str(), now).await? {
        Some(key) => key,
        None => {
            make(app, db, algorithm, now).await?;
            store::signing(db, algorithm.as_str(), now).await?.ok_or_else(|| Error::internal("a new key does not sign"))?
        }
    };
    let der = app.keys.open(Place { column: COLUMN, tenant: None, row: key.id }, &key.private_key_ciphertext).map_err(Error::internal)?;
    let header = Header { kid: Some(key.id.to_string()), ..Header::new(algorithm.of_library()) };
    jsonwebtoken::encode(&header, claims, &algorithm.encoding_key(&der)).map_err(Error::internal)
}

/// The claims of a JWT that one of the published keys signed; nothing for any other.
///
/// # Errors
/// The database's.
pub async fn verify<T: serde::de::DeserializeOwned>(app: &App, db: &mut PgConnection, token: &str) -> Result<Option<T>> {
    let Some(header) = jwt::header(token) else { return Ok(None) };
    let Some(id) = header.kid.as_deref().and_then(|kid| kid.parse::<Uuid>().ok()) else { return Ok(None) };
    let keys = published(app, db).await?;
    let key = keys.iter().find(|key| key.common.key_id.as_deref() == Some(id.to_string().as_str()));
    Ok(key.and_then(|key| jwt::claims(token, &header, key)))
}

/// The public keys that are to be known now, of both algorithms.
///
/// # Errors
/// The database's.
pub async fn published(app: &App, db: &mut PgConnection) -> Result<Vec<Jwk>> {
    let now = app.clock.now();
    for algorithm in IdTokenAlgorithm::ALL {
        if store::newest(db, algorithm.as_str()).await?.is_none() {
            make(app, db, algorithm, now).await?;
        }
    }
    let rows = store::published(db, now.plus_seconds(-PUBLISHED_AFTER)).await?;
    rows.into_iter().map(|row| serde_json::from_value(row).map_err(Error::internal)).collect()
}

/// Makes the next key before the present one has signed for ninety days. Daily.
#[derive(Serialize, Deserialize)]
pub struct RotateSigningKeys {}

impl Job for RotateSigningKeys {
    const NAME: &'static str = "RotateSigningKeys";

    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let now = at.app.clock.now();
        let mut directory = crate::directory::Directory::open(&at.app, None, None).await?;
        for algorithm in IdTokenAlgorithm::ALL {
            let newest = store::newest(directory.db(), algorithm.as_str()).await?;
            // Where nobody has signed in by OpenID yet, none is needed.
            if newest.is_some_and(|signs_from| signs_from.plus_seconds(SIGNS - PUBLISHED_BEFORE) <= now) {
                make(&at.app, directory.db(), algorithm, now.plus_seconds(PUBLISHED_BEFORE)).await?;
                tracing::info!(algorithm = algorithm.as_str(), "made the next signing key");
            }
        }
        directory.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn signed(algorithm: IdTokenAlgorithm, claims: &Value) -> (String, Jwk) {
        let der = generate(algorithm).expect("a key");
        let key = algorithm.encoding_key(&der);
        let jwk = Jwk::from_encoding_key(&key, algorithm.of_library()).expect("its public part");
        (jsonwebtoken::encode(&Header::new(algorithm.of_library()), claims, &key).expect("signed"), jwk)
    }

    #[test]
    fn what_a_key_signed_it_verifies_and_no_other_does() {
        for algorithm in IdTokenAlgorithm::ALL {
            let (token, jwk) = signed(algorithm, &json!({ "sub": "ana" }));
            let header = jwt::header(&token).expect("a header");
            let claims: Value = jwt::claims(&token, &header, &jwk).expect("its own");
            assert_eq!(claims, json!({ "sub": "ana" }));
            assert!(serde_json::to_value(&jwk).expect("JSON").get("d").is_none());
            let (_, other) = signed(algorithm, &json!({}));
            assert!(jwt::claims::<Value>(&token, &header, &other).is_none());
            for confused in IdTokenAlgorithm::ALL.into_iter().filter(|one| *one != algorithm) {
                assert!(jwt::claims::<Value>(&token, &header, &signed(confused, &json!({})).1).is_none());
            }
        }
    }

    #[test]
    fn a_time_that_is_text_is_none() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only parsed")]
        struct Timed {
            exp: i64,
        }
        let (token, jwk) = signed(IdTokenAlgorithm::ES256, &json!({ "exp": "9999999999" }));
        let header = jwt::header(&token).expect("a header");
        assert!(jwt::claims::<Timed>(&token, &header, &jwk).is_none());
        assert!(jwt::claims::<Value>(&token, &header, &jwk).is_some());
    }
}
