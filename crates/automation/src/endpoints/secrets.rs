//! The secrets of endpoints, and signatures as Standard Webhooks has them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::crypto::{self, Place};
use platform::{Ctx, Error, Result, TenantId};
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long the secret before signs as well, in seconds.
pub const OVERLAP: i64 = 24 * 60 * 60;

/// One place for both columns, so that a secret moves from one to the other as it is.
fn place(tenant: TenantId, endpoint: Uuid) -> Place<'static> {
    Place { column: "automation.webhook_endpoints.secret_ciphertext", tenant: Some(tenant.0), row: endpoint }
}

/// As it is shown, and as it is stored.
pub fn draw(ctx: &Ctx, endpoint: Uuid) -> (String, Vec<u8>) {
    let key = Zeroizing::new(crypto::random::<32>());
    let sealed = ctx.app.keys.seal(place(ctx.tenant, endpoint), key.as_ref());
    (format!("whsec_{}", STANDARD.encode(key.as_ref())), sealed)
}

/// The header `webhook-signature`: one signature a secret, the current one's first.
///
/// # Errors
/// A secret that does not open.
pub fn sign(ctx: &Ctx, endpoint: Uuid, sealed: &[&[u8]], id: &str, timestamp: i64, body: &str) -> Result<String> {
    let mut signatures = Vec::with_capacity(sealed.len());
    for sealed in sealed {
        let key = ctx.app.keys.open(place(ctx.tenant, endpoint), sealed).map_err(Error::internal)?;
        signatures.push(signature(&key, id, timestamp, body));
    }
    Ok(signatures.join(" "))
}

fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mac = crypto::hmac(key, &[id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body.as_bytes()]);
    format!("v1,{}", STANDARD.encode(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification's own example of a signed message.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
