//! The passwords of the cluster's roles and the verifiers that the server stores for them.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use platform::crypto;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{ClusterError, layout};

/// PostgreSQL's own default; the passwords are random, so more would only slow each connection.
const SCRAM_ITERATIONS: u32 = 4096;

/// One password a role.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub superuser: SecretString,
    pub owner: SecretString,
    pub app: SecretString,
}

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    superuser: String,
    owner: String,
    app: String,
}

impl Credentials {
    /// Three passwords of 256 random bits.
    pub fn generate() -> Self {
        let password = || SecretString::from(hex::encode(crypto::random::<32>()));
        Self { superuser: password(), owner: password(), app: password() }
    }

    /// What the file holds, or `None` when it is missing.
    pub fn load(path: &Path) -> Result<Option<Self>, ClusterError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ClusterError::io("reading", path)(error)),
        };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| ClusterError::BadCredentials {
            path: path.to_owned(),
            // The category alone: the message may quote the file.
            problem: format!("{:?} error in line {}", error.classify(), error.line()),
        })?;
        Ok(Some(Self { superuser: stored.superuser.into(), owner: stored.owner.into(), app: stored.app.into() }))
    }

    /// Writes the file, mode 0600, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), ClusterError> {
        let stored = Stored {
            superuser: self.superuser.expose_secret().to_owned(),
            owner: self.owner.expose_secret().to_owned(),
            app: self.app.expose_secret().to_owned(),
        };
        let temporary = path.with_extension("new");
        let write = || {
            let text = serde_json::to_string_pretty(&stored)?;
            if let Err(error) = fs::remove_file(&temporary)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(ClusterError::io("writing", path))?;
        path.parent().map_or(Ok(()), layout::sync_folder)
    }
}

/// What PostgreSQL stores for a password under SCRAM (RFC 5802), so that the password itself never is in a statement.
pub fn verifier(password: &SecretString) -> String {
    salted_verifier(password.expose_secret(), &crypto::random::<16>())
}

fn salted_verifier(password: &str, salt: &[u8]) -> String {
    // Hi() of RFC 5802: PBKDF2 with one block.
    let mut block = crypto::hmac(password.as_bytes(), &[salt, &1_u32.to_be_bytes()]);
    let mut salted = block;
    for _ in 1..SCRAM_ITERATIONS {
        block = crypto::hmac(password.as_bytes(), &[&block]);
        for (sum, byte) in salted.iter_mut().zip(block) {
            *sum ^= byte;
        }
    }
    let stored_key = crypto::sha256(&crypto::hmac(&salted, &[b"Client Key"]));
    let server_key = crypto::hmac(&salted, &[b"Server Key"]);
    format!(
        "SCRAM-SHA-256${SCRAM_ITERATIONS}:{}${}:{}",
        BASE64_STANDARD.encode(salt),
        BASE64_STANDARD.encode(stored_key),
        BASE64_STANDARD.encode(server_key)
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_verifier_holds_the_keys_of_rfc_7677s_example() {
        // RFC 7677 section 3: user "user", password "pencil". Its server signature follows from the server key below.
        let salt = BASE64_STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = salted_verifier("pencil", &salt);
        let (_, keys) = verifier.rsplit_once('$').unwrap();
        let (_, server_key) = keys.split_once(':').unwrap();
        let exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
                        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                        c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let key = BASE64_STANDARD.decode(server_key).unwrap();
        let signature = BASE64_STANDARD.encode(crypto::hmac(&key, &[exchange.as_bytes()]));
        assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn credentials_are_kept_closed_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.json");
        assert!(Credentials::load(&path).unwrap().is_none());
        let credentials = Credentials::generate();
        credentials.save(&path).unwrap();
        credentials.save(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = Credentials::load(&path).unwrap().unwrap();
        assert_eq!(read.app.expose_secret(), credentials.app.expose_secret());
        assert_ne!(read.app.expose_secret(), read.owner.expose_secret());
    }

    #[test]
    fn a_broken_file_is_refused_without_quoting_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("credentials.json");
        fs::write(&path, r#"{"superuser": 4242, "owner": "hidden"}"#).unwrap();
        let message = Credentials::load(&path).unwrap_err().to_string();
        assert!(message.contains("credentials.json"), "{message}");
        assert!(!message.contains("4242") && !message.contains("hidden"), "{message}");
    }
}
