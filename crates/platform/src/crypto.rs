//! Sealing of secrets under the instance's keys, keyed hashes, and random tokens.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use hmac::Mac;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The instance's key-encryption keys by id. The newest seals; all of them open.
///
/// The keys live in a file or the environment, never in the database: whoever has a copy of the database alone reads no
/// secret. Whoever loses the keys loses what they sealed and every manage link; docs/operating.md lists it.
pub struct KeyRing {
    keys: BTreeMap<u8, Zeroizing<[u8; 32]>>,
    newest: u8,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "the key file {path} cannot be read: {source}. It must be a file of the user that runs Atrium; if it is lost, put back its copy"
    )]
    Unreadable { path: String, source: std::io::Error },
    #[error("the key file {path} may be read by others; run: chmod 600 {path}")]
    TooOpen { path: String },
    #[error("a key is written as `id:64 hex digits`, id from 1 to 255, one a line, none twice")]
    Malformed,
}

/// What a ciphertext belongs to. A ciphertext that was moved to another place does not open.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub column: &'a str,
    pub tenant: Option<Uuid>,
    pub row: Uuid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.column.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(self.tenant.unwrap_or_default().as_bytes());
        bytes.extend_from_slice(self.row.as_bytes());
        bytes
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("sealed with key {0}, which this instance does not have")]
    UnknownKey(u8),
    #[error("the ciphertext does not belong here, or was changed")]
    Refused,
}

impl KeyRing {
    /// Reads `id:hex` lines; `#` begins a comment.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (id, digits) = line.split_once(':').ok_or(KeyError::Malformed)?;
            let id = id.trim().parse::<u8>().ok().filter(|id| *id > 0).ok_or(KeyError::Malformed)?;
            let mut key = Zeroizing::new([0_u8; 32]);
            hex::decode_to_slice(digits.trim(), key.as_mut()).map_err(|_| KeyError::Malformed)?;
            if keys.insert(id, key).is_some() {
                return Err(KeyError::Malformed);
            }
        }
        let newest = *keys.keys().next_back().ok_or(KeyError::Malformed)?;
        Ok(Self { keys, newest })
    }

    /// Reads the file; nothing where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, that others may read, or that holds no keys.
    pub fn load(path: &Path) -> Result<Option<Self>, KeyError> {
        use std::os::unix::fs::PermissionsExt;
        let name = path.display().to_string();
        let unreadable = |source| KeyError::Unreadable { path: name.clone(), source };
        match std::fs::metadata(path) {
            Ok(meta) if meta.permissions().mode() & 0o077 != 0 => return Err(KeyError::TooOpen { path: name }),
            Ok(_) => {}
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(other) => return Err(unreadable(other)),
        }
        Self::parse(&Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?)).map(Some)
    }

    /// Makes the file with a first key, readable by its owner only. Where another program was faster, its key counts.
    ///
    /// # Errors
    /// A file that cannot be made, or the other's that cannot be read.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        use std::os::unix::fs::OpenOptionsExt;
        let name = path.display().to_string();
        let unreadable = |source| KeyError::Unreadable { path: name.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(unreadable)?;
        }
        let line = Zeroizing::new(format!(
            "# The keys of this Atrium instance. Keep a copy apart from the database's backups: without it, sealed secrets are lost.\n1:{}\n",
            hex::encode(random::<32>())
        ));
        // Written aside and linked, so that a half-written key is never read and two starters agree on one.
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(unreadable)?;
        std::io::Write::write_all(&mut file, line.as_bytes()).and_then(|()| file.sync_all()).map_err(unreadable)?;
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft).map_err(unreadable)?;
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unreadable(error)),
            _ => Self::load(path)?.ok_or_else(|| unreadable(std::io::ErrorKind::NotFound.into())),
        }
    }

    /// A ring of one random key, for tests and for tools that seal nothing lasting.
    pub fn ephemeral() -> Self {
        Self { keys: BTreeMap::from([(1, Zeroizing::new(random::<32>()))]), newest: 1 }
    }

    /// XChaCha20-Poly1305 under the newest key, bound to its place: key id, nonce of 24 bytes, ciphertext with tag.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        [&[self.newest][..], &seal_under(&self.keys[&self.newest], place, plain)].concat()
    }

    /// # Errors
    /// A ciphertext of another place, changed, or sealed with a key that is not here.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (id, rest) = sealed.split_first().ok_or(OpenError::Refused)?;
        let key = self.keys.get(id).ok_or(OpenError::UnknownKey(*id))?;
        open_under(key, place, rest)
    }

    /// A key for one purpose, from the oldest key, so that adding a key changes no link and no hash.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let oldest = self.keys.values().next().unwrap_or_else(|| unreachable!("a ring has at least one key"));
        Zeroizing::new(hmac(oldest.as_ref(), &[b"atrium derive v1 ", purpose.as_bytes()]))
    }
}

/// XChaCha20-Poly1305 under that key, bound to its place: nonce of 24 bytes, ciphertext with tag.
pub fn seal_under(key: &[u8; 32], place: Place<'_>, plain: &[u8]) -> Vec<u8> {
    let nonce = random::<24>();
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &place.bytes() })
        .unwrap_or_else(|_| unreachable!("the cipher refuses only messages above 256 GiB"));
    [&nonce[..], &sealed].concat()
}

/// # Errors
/// A ciphertext of another place or key, or changed.
pub fn open_under(key: &[u8; 32], place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, ciphertext) = sealed.split_at_checked(24).ok_or(OpenError::Refused)?;
    let nonce: [u8; 24] = nonce.try_into().map_err(|_| OpenError::Refused)?;
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &place.bytes() })
        .map(Zeroizing::new)
        .map_err(|_| OpenError::Refused)
}

/// HMAC-SHA256 over the concatenation of `parts`.
pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes from the operating system's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    getrandom::fill(&mut bytes).unwrap_or_else(|error| panic!("the operating system gives no randomness: {error}"));
    bytes
}

/// A secret of 256 bits that is handed out once; only its hash is stored.
pub struct Token {
    /// URL-safe text of 43 characters.
    pub secret: Zeroizing<String>,
    pub hash: [u8; 32],
}

impl Token {
    pub fn random() -> Self {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(random::<32>()));
        let hash = sha256(secret.as_bytes());
        Self { secret, hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { column: "a.b", tenant: Some(Uuid::from_u128(1)), row: Uuid::from_u128(2) };

    #[test]
    fn opens_in_its_place_only() {
        let ring = KeyRing::ephemeral();
        let sealed = ring.seal(PLACE, b"secret");
        assert_eq!(ring.open(PLACE, &sealed).expect("its place").as_slice(), b"secret");
        for other in [
            Place { column: "a.c", ..PLACE },
            Place { tenant: Some(Uuid::from_u128(3)), ..PLACE },
            Place { tenant: None, ..PLACE },
            Place { row: Uuid::from_u128(3), ..PLACE },
        ] {
            assert!(matches!(ring.open(other, &sealed), Err(OpenError::Refused)));
        }
        let mut changed = sealed.clone();
        *changed.last_mut().expect("not empty") ^= 1;
        assert!(ring.open(PLACE, &changed).is_err());
        assert!(ring.open(PLACE, &[]).is_err());
    }

    #[test]
    fn rotation_keeps_old_ciphertexts_and_derived_keys() {
        let (one, two) = (format!("1:{}", "ab".repeat(32)), format!("2:{}", "cd".repeat(32)));
        let before = KeyRing::parse(&one).expect("one key");
        let after = KeyRing::parse(&format!("# both\n{one}\n{two}\n")).expect("two keys");
        let sealed = before.seal(PLACE, b"x");
        assert_eq!(after.open(PLACE, &sealed).expect("old key").as_slice(), b"x");
        assert!(matches!(before.open(PLACE, &after.seal(PLACE, b"x")), Err(OpenError::UnknownKey(2))));
        assert_eq!(before.derive("links"), after.derive("links"));
        assert_ne!(before.derive("links"), before.derive("other"));
    }

    #[test]
    fn malformed_keys() {
        for bad in ["", "1:ab", "0:", &format!("300:{}", "ab".repeat(32)), &format!("1:{0}\n1:{0}", "ab".repeat(32))] {
            assert!(matches!(KeyRing::parse(bad), Err(KeyError::Malformed)), "{bad}");
        }
    }

    #[test]
    fn key_file_is_private_and_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys/instance.key");
        assert!(KeyRing::load(&path).expect("looked").is_none());
        let sealed = KeyRing::create(&path).expect("made").seal(PLACE, b"x");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(KeyRing::load(&path).expect("read").expect("there").open(PLACE, &sealed).is_ok());
        assert!(KeyRing::create(&path).expect("the one that is there").open(PLACE, &sealed).is_ok());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(KeyRing::load(&path), Err(KeyError::TooOpen { .. })));
    }
}
