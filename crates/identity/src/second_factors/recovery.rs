//! Recovery codes: ten for the day when the phone is gone. Each counts once, and a new set replaces the old one.

use data_encoding::BASE32_NOPAD;
use platform::crypto::{random, sha256};
use platform::id;
use platform::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;

const COUNT: usize = 10;
/// 120 bits: 24 characters of Base32.
const BYTES: usize = 15;

/// `ABCD-EFGH-…`, six groups of four.
fn fresh() -> String {
    let text = BASE32_NOPAD.encode(&random::<BYTES>());
    text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

/// Of what somebody typed: case and what stands between the letters do not matter.
fn hash(code: &str) -> [u8; 32] {
    let letters: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    sha256(letters.as_bytes())
}

/// Replaces the user's codes by new ones, which nobody can read again.
///
/// # Errors
/// The database's.
pub async fn replace(db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<Vec<String>, sqlx::Error> {
    store::remove_recovery_codes(&mut *db, user).await?;
    let codes: Vec<_> = std::iter::repeat_with(fresh).take(COUNT).collect();
    let ids: Vec<_> = std::iter::repeat_with(id::new).take(COUNT).collect();
    let hashes: Vec<_> = codes.iter().map(|code| hash(code).to_vec()).collect();
    store::insert_recovery_codes(db, user, &ids, &hashes, now).await?;
    Ok(codes)
}

/// Whether the code is one that was not used; it is used up in the open transaction.
///
/// # Errors
/// The database's.
pub async fn take(db: &mut PgConnection, user: Uuid, code: &str, now: Timestamp) -> Result<bool, sqlx::Error> {
    store::use_recovery_code(db, user, &hash(code), now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_differ_and_may_be_typed_in_any_way() {
        let (one, two) = (fresh(), fresh());
        assert_eq!(one.len(), 29, "{one}");
        assert_ne!(one, two);
        assert_eq!(hash(&one), hash(&one.to_lowercase().replace('-', " ")));
        assert_ne!(hash(&one), hash(&two));
    }
}
