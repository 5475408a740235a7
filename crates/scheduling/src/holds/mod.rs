//! Times that are kept for a visitor while he or she fills in the form.

mod store;

use jiff::tz::TimeZone;
use platform::crypto::{hmac, sha256};
use platform::rate_limit::prefix;
use platform::time::Timestamp;
use platform::{Ctx, Result};
use uuid::Uuid;

use crate::availability::{self, Lock, Which};
use store::{KnownBy, Whose};

/// How long a time is kept, in seconds.
pub(crate) const KEPT_SECONDS: i64 = 600;
/// Times that one network may have kept at once: an office behind one address, but not a whole calendar.
const OF_ADDRESS: i64 = 10;
/// Times of one event type that may be kept at once, whoever asks.
const OF_EVENT_TYPE: i64 = 30;

/// A time that is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub id: Uuid,
    pub event_type_id: Uuid,
    pub start: Timestamp,
    pub until: Timestamp,
}

/// What is kept under that secret, or was until the visitor's next form, and has not run out.
///
/// # Errors
/// The database's.
pub(crate) async fn find(ctx: &mut Ctx, secret: &str) -> Result<Option<Hold>> {
    store::find(ctx, &sha256(secret.as_bytes())).await
}

/// Keeps the time under `secret` for a visitor of that zone, in place of what was kept under `before`. The same time goes on being kept, and not for longer. Whoever
/// holds it is assigned as for a booking, under the same lock, so it takes part in every race as a booking does. The caller commits.
/// None where too many are kept already: the time can then be booked, but is not kept.
///
/// # Errors
/// 404 for what cannot be booked; 409 `slot_taken` with the nearest free slots.
pub(crate) async fn make(
    ctx: &mut Ctx,
    which: Which<'_>,
    (start, zone): (Timestamp, &TimeZone),
    before: Option<&str>,
    secret: &str,
) -> Result<Option<Hold>> {
    let offer = availability::offer(ctx, which, Lock::Organizers).await?.for_visitor(zone);
    let secret = sha256(secret.as_bytes());
    let before = before.map(|before| sha256(before.as_bytes()).to_vec());
    if let Some(before) = &before {
        if let Some(hold) = store::find(ctx, before).await?.filter(|hold| hold.event_type_id == offer.event_type_id && hold.start == start)
        {
            store::hand_over(ctx, hold.id, &secret, before).await?;
            return Ok(Some(hold));
        }
        store::release(ctx, std::slice::from_ref(before), Whose::OrBefore).await?;
    }
    let address = address_hash(ctx);
    let kept = store::count(ctx, offer.event_type_id, &address).await?;
    if kept.of_address >= OF_ADDRESS || kept.of_event_type >= OF_EVENT_TYPE {
        return Ok(None);
    }
    let assigned = availability::assigned(ctx, &offer, start, None).await?;
    let organizers: Vec<Uuid> = assigned.into_iter().filter_map(|place| offer.organizers.get(place)).map(|one| one.user_id).collect();
    if organizers.is_empty() {
        return Err(availability::taken(ctx, &offer, start, None).await?.into());
    }
    let hold = Hold { id: platform::id::new(), event_type_id: offer.event_type_id, start, until: ctx.now().plus_seconds(KEPT_SECONDS) };
    let known_by = KnownBy { secret: &secret, previous: before.as_deref(), address: &address };
    store::insert(ctx, &hold, &offer, &organizers, &known_by).await?;
    Ok(Some(hold))
}

/// Gives back what is kept for who has those secrets or had them before, whatever it is.
///
/// # Errors
/// The database's.
pub(crate) async fn use_up(ctx: &mut Ctx, secrets: &[String]) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    let hashes: Vec<Vec<u8>> = secrets.iter().map(|secret| sha256(secret.as_bytes()).to_vec()).collect();
    store::release(ctx, &hashes, Whose::OrBefore).await
}

/// Gives back what is kept for the form of that secret, and for no later one of the same visitor.
///
/// # Errors
/// The database's.
pub(crate) async fn leave(ctx: &mut Ctx, secret: &str) -> Result<()> {
    store::release(ctx, &[sha256(secret.as_bytes()).to_vec()], Whose::Now).await
}

/// Of the visitor's network, under the instance's key: who reads the table learns no address.
fn address_hash(ctx: &Ctx) -> [u8; 32] {
    let network = ctx.origin.ip.map(prefix).unwrap_or_default();
    hmac(ctx.app.keys.derive("hold address").as_ref(), &[ctx.tenant.0.as_bytes(), network.as_bytes()])
}
