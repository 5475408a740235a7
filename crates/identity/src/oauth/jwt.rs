//! Signed JWTs: a signature under a known key, and claims of the types that they must have. Times are judged by whoever
//! reads them, by the program's clock.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::de::DeserializeOwned;

/// What clients may sign with.
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256, Algorithm::EdDSA];

/// Whether a client's key is strong enough, and of a kind that is taken.
pub fn is_strong(key: &Jwk) -> bool {
    match &key.algorithm {
        AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
        AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519,
        // 2048 bits are 342 digits of Base64.
        AlgorithmParameters::RSA(key) => (342..=1366).contains(&key.n.len()),
        _ => false,
    }
}

/// Whether that algorithm is one for that key: a JWT does not choose how it is read.
fn fits(algorithm: Algorithm, key: &Jwk) -> bool {
    match &key.algorithm {
        AlgorithmParameters::EllipticCurve(_) => algorithm == Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        AlgorithmParameters::RSA(_) => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
        _ => false,
    }
}

/// The header, of a JWT that leaves to us which key and which rules count: one that points to keys elsewhere, or asks
/// for extensions, is none.
pub fn header(token: &str) -> Option<Header> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let points = header.jku.is_some() || header.x5u.is_some() || header.x5c.is_some() || header.crit.is_some();
    (ALGORITHMS.contains(&header.alg) && !points).then_some(header)
}

/// The claims, where the signature is that key's.
pub fn claims<T: DeserializeOwned>(token: &str, header: &Header, key: &Jwk) -> Option<T> {
    if !is_strong(key) || !fits(header.alg, key) {
        return None;
    }
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let key = DecodingKey::from_jwk(key).ok()?;
    jsonwebtoken::decode(token, &key, &validation).ok().map(|decoded| decoded.claims)
}
