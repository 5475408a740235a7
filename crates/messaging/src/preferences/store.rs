//! Every statement on preferences.

use platform::time::{Timestamp, WallTime};
use platform::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::{APP, BOTH, Channels, DoNotDisturb, InApp, InAppAndMail, Input, MailChoices, Preferences};
use crate::deliveries::Channel;

/// What is stored: nothing about security, which cannot be chosen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Chosen {
    bookings: InAppAndMail,
    workspace: InApp,
    system: InApp,
}

/// What was chosen, or what stands until something is.
pub async fn find(ctx: &mut Ctx, user: Uuid) -> Result<Preferences> {
    let tenant = ctx.tenant.0;
    let row = sqlx::query!(
        r#"SELECT channels AS "channels: Json<Chosen>", dnd_enabled, dnd_from, dnd_until, reminder_minutes_before, version
             FROM messaging.notification_preferences WHERE tenant_id = $1 AND user_id = $2"#,
        tenant,
        user,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    let Some(row) = row else {
        let time = |text: &str| text.parse::<WallTime>().map_err(Error::internal);
        return Ok(Preferences {
            channels: Channels { bookings: BOTH, workspace: APP, system: APP, security: BOTH },
            do_not_disturb: DoNotDisturb { enabled: false, from: time("22:00")?, until: time("07:00")? },
            reminder_minutes_before: 60,
            version: 0,
        });
    };
    let Json(Chosen { bookings, workspace, system }) = row.channels;
    Ok(Preferences {
        channels: Channels { bookings, workspace, system, security: BOTH },
        do_not_disturb: DoNotDisturb { enabled: row.dnd_enabled, from: row.dnd_from, until: row.dnd_until },
        reminder_minutes_before: row.reminder_minutes_before,
        version: row.version,
    })
}

pub async fn lock_member(ctx: &mut Ctx, user: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let member =
        sqlx::query_scalar!("SELECT user_id FROM identity.members WHERE tenant_id = $1 AND user_id = $2 FOR NO KEY UPDATE", tenant, user);
    Ok(member.fetch_optional(ctx.db().await?).await?.is_some())
}

pub async fn write(ctx: &mut Ctx, user: Uuid, input: &Input) -> Result<()> {
    let tenant = ctx.tenant.0;
    let Channels { bookings, workspace, system, .. } = input.channels;
    sqlx::query!(
        "INSERT INTO messaging.notification_preferences (tenant_id, user_id, channels, dnd_enabled, dnd_from, dnd_until, reminder_minutes_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, user_id) DO UPDATE
            SET channels = excluded.channels, dnd_enabled = excluded.dnd_enabled, dnd_from = excluded.dnd_from, dnd_until = excluded.dnd_until,
                reminder_minutes_before = excluded.reminder_minutes_before",
        tenant,
        user,
        Json(Chosen { bookings, workspace, system }) as Json<Chosen>,
        input.do_not_disturb.enabled,
        input.do_not_disturb.from as WallTime,
        input.do_not_disturb.until as WallTime,
        input.reminder_minutes_before,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}

/// What that member wants by mail.
///
/// # Errors
/// The database's.
pub async fn mail_choices(ctx: &mut Ctx, user: Uuid) -> Result<MailChoices> {
    let tenant = ctx.tenant.0;
    let row = sqlx::query!(
        r#"SELECT channels #> '{bookings,email}' IS DISTINCT FROM 'false' AS "bookings!", reminder_minutes_before
             FROM messaging.notification_preferences WHERE tenant_id = $1 AND user_id = $2"#,
        tenant,
        user,
    )
    .fetch_optional(ctx.db().await?)
    .await?;
    Ok(row.map_or(MailChoices { bookings: true, reminder_minutes: 60 }, |row| MailChoices {
        bookings: row.bookings,
        reminder_minutes: row.reminder_minutes_before.into(),
    }))
}

/// How a member is reached.
pub struct Reached {
    pub name: String,
    pub email: String,
    /// Whether he or she left the channel switched on for what concerns bookings.
    pub is_wanted: bool,
    /// The end of the quiet hours in which it is now.
    pub quiet_until: Option<Timestamp>,
}

/// None for who is not active.
pub async fn reach(ctx: &mut Ctx, user: Uuid, channel: Channel) -> Result<Option<Reached>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let found = sqlx::query_as!(
        Reached,
        r#"SELECT m.display_name AS name, m.email, p.channels #> ARRAY['bookings', $3] IS DISTINCT FROM 'false' AS "is_wanted!",
                  CASE WHEN p.dnd_enabled AND CASE
                      WHEN p.dnd_from < p.dnd_until THEN clock.wall::time >= p.dnd_from AND clock.wall::time < p.dnd_until
                      ELSE clock.wall::time >= p.dnd_from OR clock.wall::time < p.dnd_until END
                  THEN (clock.wall::date + (clock.wall::time >= p.dnd_until)::int + p.dnd_until) AT TIME ZONE m.timezone
                  END AS "quiet_until: Timestamp"
             FROM identity.members m
            CROSS JOIN LATERAL (SELECT $4::timestamptz AT TIME ZONE m.timezone AS wall) AS clock
             LEFT JOIN messaging.notification_preferences p ON p.tenant_id = m.tenant_id AND p.user_id = m.user_id
            WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.status = 'active'"#,
        tenant,
        user,
        channel as Channel,
        now as Timestamp,
    );
    Ok(found.fetch_optional(ctx.db().await?).await?)
}
