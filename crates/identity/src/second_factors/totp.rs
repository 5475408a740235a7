//! Codes of an authenticator app (TOTP, RFC 6238): six digits, thirty seconds, SHA-1, as every app knows them. A code counts
//! once, with a step of tolerance to either side.

use platform::App;
use platform::crypto::{Place, random};
use platform::error::{Error, Result};
use platform::time::Timestamp;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Serialize;
use sqlx::PgConnection;
use totp_rs::{Builder, Secret, Totp};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::store;

/// RFC 4226, 4 asks for 160 bits.
const SECRET_BYTES: usize = 20;

/// What an authenticator app needs. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotpEnrolment {
    /// Base 32, to type in.
    pub secret: String,
    /// `otpauth://totp/…`
    pub uri: String,
    /// The same as a QR code, an SVG document.
    pub qr_svg: String,
}

fn place(user: Uuid) -> Place<'static> {
    Place { column: "directory.totp_credentials.secret_ciphertext", tenant: None, row: user }
}

fn of_secret(secret: &[u8], account: &str) -> Result<Totp> {
    let secret = Secret::from(secret.to_vec());
    // A colon would end the account's name in the address (the Key URI format of Google Authenticator).
    let account = account.replace(':', " ");
    Builder::new()
        .with_secret(secret)
        .with_issuer(Some("Atrium"))
        .with_account_name(account)
        .build()
        .map_err(|error| Error::internal(error.to_string()))
}

/// A new secret for who has none that counts yet. None where one is confirmed already.
///
/// # Errors
/// The database's.
pub async fn begin(db: &mut PgConnection, app: &App, user: Uuid, email: &str) -> Result<Option<TotpEnrolment>> {
    let secret = Zeroizing::new(random::<SECRET_BYTES>());
    let sealed = app.keys.seal(place(user), secret.as_ref());
    if !store::begin_totp(db, user, &sealed, app.clock.now()).await? {
        return Ok(None);
    }
    let totp = of_secret(secret.as_ref(), email)?;
    let uri = totp.to_url().map_err(|error| Error::internal(error.to_string()))?;
    let code = QrCode::new(uri.as_bytes()).map_err(|error| Error::internal(error.to_string()))?;
    let qr_svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(Some(TotpEnrolment { secret: data_encoding::BASE32_NOPAD.encode(secret.as_ref()), uri, qr_svg }))
}

/// Whether the code is right and was not used before; it is used up in the open transaction. `is_confirmed` tells which
/// secrets count: those in use, or the one that waits for its first code, which then is in use.
///
/// # Errors
/// The database's.
pub async fn take(db: &mut PgConnection, app: &App, user: Uuid, code: &str, is_confirmed: bool) -> Result<bool> {
    let now = app.clock.now();
    let Some(sealed) = store::totp_secret(&mut *db, user, is_confirmed).await? else { return Ok(false) };
    let secret = app.keys.open(place(user), &sealed).map_err(Error::internal)?;
    match matching_step(&secret, code, now)? {
        Some(step) => Ok(store::use_totp(db, user, step, is_confirmed, now).await?),
        None => Ok(false),
    }
}

/// The step whose code it is, of the present one and its two neighbours. People type codes with a space in the middle.
fn matching_step(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = of_secret(secret, "")?.check(&digits, u64::try_from(now.as_second()).unwrap_or_default());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the SHA-1 column, whose last six of eight digits are the codes of six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (second, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let found = matching_step(secret, &eight[2..], Timestamp::from_second(second)).expect("a secret");
            assert_eq!(found, Some(second / 30), "{eight}");
        }
    }

    /// RFC 4226, appendix D: the counter of HOTP is TOTP's number of the step.
    #[test]
    fn codes_of_the_counter_are_those_of_the_rfc() {
        let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (counter, code) in (0..).zip(codes) {
            let found = matching_step(b"12345678901234567890", code, Timestamp::from_second(counter * 30)).expect("a secret");
            assert_eq!(found, Some(counter), "{code}");
        }
    }

    #[test]
    fn a_step_to_either_side_is_tolerated_and_no_more() {
        let (secret, at) = (b"12345678901234567890", |second| Timestamp::from_second(second));
        // The code of 1111111080 to 1111111109.
        for (second, is_right) in [(1_111_111_049, false), (1_111_111_050, true), (1_111_111_139, true), (1_111_111_140, false)] {
            assert_eq!(matching_step(secret, "081 804", at(second)).expect("a secret").is_some(), is_right, "{second}");
        }
        for wrong in ["", "81804", "0081804", "08180a", "081804081804", "٠٨١٨٠٤"] {
            assert_eq!(matching_step(secret, wrong, at(1_111_111_100)).expect("a secret"), None, "{wrong}");
        }
    }
}
