//! The secret of a booking's manage link, derived from the instance's key so that a reminder can hold it again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::crypto::{KeyRing, hmac, sha256};
use platform::{App, TenantId};
use uuid::Uuid;

use super::store::many;

const SECRET: usize = 24;

/// What a manage link names: the tenant, and the hash under which the booking is found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    pub tenant: TenantId,
    pub hash: [u8; 32],
}

/// The link's last part: tenant and secret, 54 URL-safe characters.
pub fn text(keys: &KeyRing, tenant: TenantId, booking: Uuid) -> String {
    let mut bytes = tenant.0.as_bytes().to_vec();
    bytes.extend_from_slice(&secret(keys, tenant, booking));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the database keeps of it.
pub fn hash(keys: &KeyRing, tenant: TenantId, booking: Uuid) -> [u8; 32] {
    sha256(&secret(keys, tenant, booking))
}

/// None for a text that is no such link's.
pub fn read(text: &str) -> Option<Presented> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (tenant, secret) = bytes.split_first_chunk::<16>()?;
    (secret.len() == SECRET).then(|| Presented { tenant: TenantId(Uuid::from_bytes(*tenant)), hash: sha256(secret) })
}

/// Where the invitee sees and changes the booking: at the workspace's own domain, where it has one.
pub fn manage_url(app: &App, tenant: TenantId, booking: Uuid, domain: Option<&str>) -> String {
    app.config.page_link(domain, &format!("/b/m/{}", text(&app.keys, tenant, booking)))
}

/// Gives bookings that are still to come the links that follow from another key, since the one that theirs followed from is
/// lost: answers how many. On a connection of the owner.
///
/// # Errors
/// The database's.
pub async fn renew_links(owner: &mut sqlx::PgConnection, keys: &KeyRing) -> Result<usize, sqlx::Error> {
    let bookings = many::to_come(owner).await?;
    for some in bookings.chunks(1000) {
        let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = some.iter().copied().unzip();
        let hashes: Vec<Vec<u8>> = some.iter().map(|(tenant, id)| hash(keys, TenantId(*tenant), *id).to_vec()).collect();
        many::set_links(owner, &tenants, &ids, &hashes).await?;
    }
    Ok(bookings.len())
}

fn secret(keys: &KeyRing, tenant: TenantId, booking: Uuid) -> [u8; SECRET] {
    let mac = hmac(keys.derive("booking link").as_ref(), &[tenant.0.as_bytes(), booking.as_bytes()]);
    let mut secret = [0; SECRET];
    secret.copy_from_slice(&mac[..SECRET]);
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_its_booking_and_nothing_else_does() {
        let keys = KeyRing::ephemeral();
        let (tenant, booking) = (TenantId(Uuid::from_u128(7)), Uuid::from_u128(8));
        let link = text(&keys, tenant, booking);
        assert_eq!(link.len(), 54);
        assert_eq!(read(&link), Some(Presented { tenant, hash: hash(&keys, tenant, booking) }));
        assert_eq!(text(&keys, tenant, booking), link, "a reminder holds the same link");
        assert_ne!(hash(&keys, tenant, Uuid::from_u128(9)), hash(&keys, tenant, booking));
        assert_ne!(hash(&keys, TenantId(Uuid::from_u128(9)), booking), hash(&keys, tenant, booking));
        assert_ne!(hash(&KeyRing::ephemeral(), tenant, booking), hash(&keys, tenant, booking));
        for bad in ["", "x", &link[..53], &format!("{link}A"), &format!("{link}="), "../../etc/passwd"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
