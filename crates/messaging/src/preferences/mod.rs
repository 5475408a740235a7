//! What a member wants to be told, over which channel, and when not to be disturbed: for each workspace its own.

pub mod http;
mod store;

use platform::audit::Change;
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::time::WallTime;
use platform::{Ctx, Problem, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use store::mail_choices;
pub(crate) use store::reach;

/// A group that is told of in the app alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InApp {
    pub in_app: bool,
}

/// A group that is told of in the app and by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InAppAndMail {
    pub in_app: bool,
    pub email: bool,
}

const APP: InApp = InApp { in_app: true };
const BOTH: InAppAndMail = InAppAndMail { in_app: true, email: true };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NotificationChannels)]
pub struct Channels {
    pub bookings: InAppAndMail,
    pub workspace: InApp,
    pub system: InApp,
    /// Always all of them.
    pub security: InAppAndMail,
}

/// Hours in the member's own zone in which only security draws attention to itself; over midnight where they end earlier than they
/// begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoNotDisturb {
    pub enabled: bool,
    pub from: WallTime,
    pub until: WallTime,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationPreferences)]
pub struct Preferences {
    pub channels: Channels,
    pub do_not_disturb: DoNotDisturb,
    /// How long before a booking its reminder comes by mail; of bookings that are made or moved from now on.
    #[schema(minimum = 5, maximum = 10080)]
    pub reminder_minutes_before: i32,
    /// 0 until something was chosen.
    pub version: i64,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NotificationPreferencesInput)]
pub struct Input {
    channels: Channels,
    do_not_disturb: DoNotDisturb,
    #[schema(minimum = 5, maximum = 10080)]
    reminder_minutes_before: i32,
}

/// What a member wants by mail of his or her bookings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailChoices {
    pub bookings: bool,
    pub reminder_minutes: i64,
}

/// Replaces what was chosen. The member's row is locked, so that two first choices follow each other.
async fn replace(ctx: &mut Ctx, user: Uuid, seen: IfMatch, input: Input) -> Result<Preferences> {
    let mut checks = Checks::new();
    for (field, is_on) in [("in_app", input.channels.security.in_app), ("email", input.channels.security.email)] {
        if !is_on {
            checks.add(&format!("channels.security.{field}"), "always_on", "cannot be switched off: it is how you learn of a break-in");
        }
    }
    let DoNotDisturb { from, until, .. } = input.do_not_disturb;
    for (field, time) in [("from", from), ("until", until)] {
        if time.minutes() == 24 * 60 {
            checks.add(&format!("do_not_disturb.{field}"), "invalid", "is midnight, which is 00:00");
        }
    }
    if from == until {
        checks.add("do_not_disturb.until", "invalid", "must differ from the beginning");
    }
    checks.range("reminder_minutes_before", input.reminder_minutes_before, 5, 7 * 24 * 60);
    checks.done()?;
    if !store::lock_member(ctx, user).await? {
        return Err(Problem::not_found().into());
    }
    let before = store::find(ctx, user).await?;
    seen.check(before.version)?;
    store::write(ctx, user, &input).await?;
    let after = store::find(ctx, user).await?;
    ctx.audit(Change::updated("notification_preferences.updated", "member", user, &before, &after).about(user));
    Ok(after)
}
