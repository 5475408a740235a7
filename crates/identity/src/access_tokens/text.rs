//! How a token is written: a prefix for its kind, 256 random bits in 44 digits of base 62, and a checksum of them in six.
//!
//! Prefix and checksum are for scanners of source code, which find what was published by mistake without asking us, and
//! for us, who need not ask the database about what is no token.

use platform::crypto::{random, sha256};
use zeroize::Zeroizing;

/// Of a personal access token.
pub const PERSONAL: &str = "atrium_pat_";
/// Of a half of 128 bits.
const HALF_LENGTH: usize = 22;
const CHECK_LENGTH: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new token.
pub fn fresh(prefix: &str) -> Zeroizing<String> {
    write(prefix, &Zeroizing::new(random::<32>()))
}

/// The token of those bits.
pub fn write(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let secret = Zeroizing::new(
        bytes
            .chunks_exact(16)
            .map(|half| base_62(half.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)), HALF_LENGTH))
            .collect::<String>(),
    );
    Zeroizing::new(format!("{prefix}{}{}", secret.as_str(), check(&secret)))
}

/// The hash under which it is stored; nothing for what cannot be one of ours.
pub fn hash(prefix: &str, text: &str) -> Option<[u8; 32]> {
    let rest = text.strip_prefix(prefix)?;
    let (secret, given) = rest.split_at_checked(2 * HALF_LENGTH)?;
    (rest.bytes().all(|b| b.is_ascii_alphanumeric()) && given == check(secret)).then(|| sha256(text.as_bytes()))
}

fn check(secret: &str) -> String {
    base_62(crc32fast::hash(secret.as_bytes()).into(), CHECK_LENGTH)
}

fn base_62(mut number: u128, length: usize) -> String {
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fresh_is_known_and_nothing_else() {
        let text = fresh(PERSONAL);
        assert_eq!(text.len(), PERSONAL.len() + 50);
        assert_eq!(hash(PERSONAL, &text), Some(sha256(text.as_bytes())));
        assert_eq!(hash("atrium_oat_", &text), None);
        assert_ne!(text.as_str(), fresh(PERSONAL).as_str());
        let mut wrong = text.as_bytes().to_vec();
        let last = wrong.len() - 1;
        wrong[last] = if wrong[last] == b'0' { b'1' } else { b'0' };
        let wrong = String::from_utf8(wrong).expect("ascii");
        for bad in [
            "",
            "atrium_pat_",
            &text[1..],
            &text[..last],
            &format!("{}0", text.as_str()),
            &wrong,
            &format!("atrium_pat_{}", "é".repeat(25)),
        ] {
            assert_eq!(hash(PERSONAL, bad), None, "{bad}");
        }
    }

    #[test]
    fn the_same_bytes_are_the_same_token() {
        assert_eq!(write("x_", &[7; 32]), write("x_", &[7; 32]));
        assert_ne!(write("x_", &[7; 32]), write("x_", &[8; 32]));
    }

    #[test]
    fn numbers_are_written_in_all_their_digits() {
        assert_eq!(base_62(0, 3), "000");
        assert_eq!(base_62(62 * 62 - 1, 3), "0zz");
        // 62 to the power of 22 is above 2 to the power of 128.
        assert_eq!(base_62(u128::MAX, HALF_LENGTH), "7n42DGM5Tflk9n8mt7Fhc7");
    }
}
