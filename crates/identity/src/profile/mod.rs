//! One's own profile: name, zone, locale, work days and hours, what colleagues may know, and which mails one wants.

pub mod details;
pub mod http;
pub mod store;

use platform::audit::Change;
use platform::ctx::Origin;
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::text::Checks;
use platform::time::WallTime;
use platform::{App, Ctx, SignedIn};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use self::details::{Details, MailPreferences, MailPreferencesChange};
use crate::consents::{self, Consent};
use crate::directory::Directory;
use crate::events::MemberUpdated;
use crate::members;

/// A user, as he or she sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    /// `en`, `pt-BR` or `nl`
    pub locale: String,
    /// IANA name
    pub timezone: String,
    /// Monday first.
    pub work_days: Vec<Weekday>,
    pub work_hours_start: WallTime,
    pub work_hours_end: WallTime,
    /// Of the picture, relative to this Atrium.
    pub avatar_url: Option<String>,
    pub profile: Details,
    pub email_preferences: MailPreferences,
    pub is_platform_admin: bool,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Mon, "mon"),
        (Self::Tue, "tue"),
        (Self::Wed, "wed"),
        (Self::Thu, "thu"),
        (Self::Fri, "fri"),
        (Self::Sat, "sat"),
        (Self::Sun, "sun"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(day, _)| *day)
    }
}

/// What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    timezone: Option<String>,
    locale: Option<String>,
    work_days: Option<Vec<Weekday>>,
    work_hours_start: Option<WallTime>,
    work_hours_end: Option<WallTime>,
    profile: Option<Details>,
    email_preferences: Option<MailPreferencesChange>,
}

impl ProfileChange {
    fn apply(self, to: &User) -> Result<User, Problem> {
        let mut checks = Checks::new();
        let mut user = to.clone();
        if let Some(name) = self.name {
            user.name = checks.line("name", &name, 1, 120);
        }
        if let Some(timezone) = self.timezone {
            user.timezone = checks.zone("timezone", &timezone);
        }
        if let Some(locale) = self.locale {
            user.locale = checks.locale("locale", &locale);
        }
        if let Some(mut days) = self.work_days {
            days.sort_unstable();
            days.dedup();
            user.work_days = days;
        }
        user.work_hours_start = self.work_hours_start.unwrap_or(user.work_hours_start);
        user.work_hours_end = self.work_hours_end.unwrap_or(user.work_hours_end);
        if user.work_hours_end <= user.work_hours_start {
            checks.add("work_hours_end", "out_of_range", "must be after the start");
        }
        if let Some(details) = self.profile {
            user.profile = details.checked(&mut checks);
        }
        if let Some(preferences) = self.email_preferences {
            preferences.apply(&mut checks, &mut user.email_preferences);
        }
        checks.done()?;
        Ok(user)
    }
}

/// Changes the caller's profile, and the copies that the members of every tenant carry, in one transaction.
async fn change(caller: SignedIn, seen: IfMatch, input: ProfileChange) -> Result<User> {
    let SignedIn { app, session, origin, .. } = caller;
    let user = session.user_id;
    let Some(tenant) = session.tenant else {
        let mut directory = Directory::open(&app, None, None).await?;
        let (_, after) = write(directory.db(), &app, &origin, user, seen, input).await?;
        directory.commit().await?;
        return Ok(after);
    };
    let mut ctx = Ctx::of_member(app.clone(), session, tenant, origin.clone(), None);
    let (before, after) = write(ctx.db().await?, &app, &origin, user, seen, input).await?;
    ctx.audit(Change::updated("user.updated", "user", user, &before, &after).about(user));
    let member = members::store::find(ctx.db().await?, tenant, user).await?.ok_or_else(Problem::not_found)?;
    ctx.publish(&MemberUpdated::from(&member))?;
    ctx.commit().await?;
    Ok(after)
}

async fn write(db: &mut PgConnection, app: &App, origin: &Origin, user: Uuid, seen: IfMatch, input: ProfileChange) -> Result<(User, User)> {
    store::lock(&mut *db, user).await?;
    let before = store::find(&mut *db, user).await?.ok_or_else(Problem::unauthenticated)?;
    seen.check(before.version)?;
    store::update(&mut *db, &input.apply(&before)?).await?;
    let after = store::find(&mut *db, user).await?.ok_or_else(Problem::unauthenticated)?;
    for (purpose, is_given) in before.email_preferences.changes_to(&after.email_preferences) {
        let consent = Consent { purpose, text_version: consents::MAIL_PREFERENCES_TEXT, is_given };
        consents::note(&mut *db, app, origin, user, &consent).await?;
    }
    Ok((before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> User {
        let hour = |hour: u16| WallTime::from_minutes(hour * 60).expect("in range");
        User {
            id: Uuid::nil(),
            name: "Ana".to_owned(),
            email: "ana@example.com".to_owned(),
            locale: "en".to_owned(),
            timezone: "UTC".to_owned(),
            work_days: vec![Weekday::Mon],
            work_hours_start: hour(8),
            work_hours_end: hour(18),
            avatar_url: None,
            profile: Details::default(),
            email_preferences: MailPreferences { marketing: true, updates: true, security: true, newsletter: false },
            is_platform_admin: false,
            version: 1,
        }
    }

    fn change(json: serde_json::Value) -> Result<User, Problem> {
        serde_json::from_value::<ProfileChange>(json).expect("of the right shape").apply(&user())
    }

    #[test]
    fn weekdays_by_name() {
        for (day, name) in Weekday::ALL {
            assert_eq!((day.name(), Weekday::of_name(name)), (name, Some(day)));
            assert_eq!(serde_json::to_value(day).expect("json"), name);
        }
        assert_eq!(Weekday::of_name("0"), None);
    }

    #[test]
    fn what_is_left_out_stays() {
        let changed = change(serde_json::json!({ "work_days": ["sun", "mon", "sun"], "work_hours_end": "24:00" })).expect("valid");
        assert_eq!(changed.work_days, [Weekday::Mon, Weekday::Sun]);
        assert_eq!((changed.work_hours_end.minutes(), changed.name.as_str()), (1440, "Ana"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let refused = change(serde_json::json!({ "name": " ", "timezone": "Mars/Olympus", "locale": "xx", "work_hours_start": "19:00" }))
            .expect_err("invalid");
        let fields: Vec<_> = refused.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "timezone", "locale", "work_hours_end"]);
    }
}
