//! Instants, dates and wall times as the database and the API know them, and the clock they come from.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// An instant in microseconds, which is all PostgreSQL keeps; RFC 3339 in UTC on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// Truncates to the microsecond.
    pub fn new(instant: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant))
    }

    /// Seconds since the Unix epoch; saturates at the range of jiff (years -9999 to 9999).
    pub fn from_second(seconds: i64) -> Self {
        let (least, most) = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        Self(jiff::Timestamp::from_second(seconds.clamp(least, most)).unwrap_or_default())
    }

    /// As [`Timestamp::from_second`], in microseconds.
    pub fn from_microsecond(microseconds: i64) -> Self {
        let (least, most) = (jiff::Timestamp::MIN.as_microsecond(), jiff::Timestamp::MAX.as_microsecond());
        Self(jiff::Timestamp::from_microsecond(microseconds.clamp(least, most)).unwrap_or_default())
    }

    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    pub fn as_microsecond(self) -> i64 {
        self.0.as_microsecond()
    }

    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    pub fn in_zone(self, zone: &TimeZone) -> jiff::Zoned {
        self.0.to_zoned(zone.clone())
    }

    /// Saturates at the range of jiff.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(self.0))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self::new(instant)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Only years 1 to 9999: PostgreSQL and the API agree on those.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let instant = jiff::Timestamp::deserialize(from)?;
        let year = instant.to_zoned(TimeZone::UTC).year();
        if (1..=9999).contains(&year) { Ok(Self::new(instant)) } else { Err(serde::de::Error::custom("year out of range")) }
    }
}

/// A calendar date, `2026-11-21` on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Date(pub jiff::civil::Date);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let date = jiff::civil::Date::deserialize(from)?;
        if date.year() >= 1 { Ok(Self(date)) } else { Err(serde::de::Error::custom("year out of range")) }
    }
}

/// A wall time in whole minutes, `09:00` to `24:00` on the wire; PostgreSQL's `time` knows 24:00 too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(u16);

impl WallTime {
    /// Minutes since midnight, at most 1440; `None` above.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= 1440).then_some(Self(minutes))
    }

    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for WallTime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const BAD: &str = "expected a time such as 09:30";
        let digits = |part: &str| if part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u16>().ok() } else { None };
        let mut parts = text.split(':');
        let (hour, minute) = (parts.next().and_then(digits).ok_or(BAD)?, parts.next().and_then(digits).ok_or(BAD)?);
        // The database answers with seconds; a person may too, where they are zero.
        if !matches!(parts.next(), None | Some("00")) || parts.next().is_some() || minute > 59 {
            return Err(BAD);
        }
        Self::from_minutes(hour * 60 + minute).ok_or(BAD)
    }
}

impl Serialize for WallTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! shown {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self, f)
            }
        }
    )*};
}
shown!(Timestamp, Date, WallTime);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The IANA zone of that name, from the data that ships with the program or, where newer, the system's.
///
/// # Errors
/// Names that are no zone, and those that are not portable (`posix/…`, `localtime`).
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    // "Etc/Unknown" is jiff's error value, and lower-case names would come back unequal to themselves.
    let zone = TimeZone::get(name).map_err(|_| UnknownZone)?;
    if zone.iana_name() == Some(name) && name != "Etc/Unknown" { Ok(zone) } else { Err(UnknownZone) }
}

#[derive(Debug, thiserror::Error)]
#[error("not a time zone")]
pub struct UnknownZone;

/// Where the present comes from; tests hold it still and move it.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    pub fn system() -> Self {
        Self(None)
    }

    /// Stands at `instant` until [`Clock::set`].
    pub fn fixed(instant: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(instant.as_microsecond()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(held) => Timestamp(jiff::Timestamp::from_microsecond(held.load(Ordering::SeqCst)).unwrap_or_default()),
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
            None => Timestamp::new(jiff::Timestamp::now()),
        }
    }

    /// Moves a fixed clock; the system's does not move.
    pub fn set(&self, instant: Timestamp) {
        if let Some(held) = &self.0 {
            held.store(instant.as_microsecond(), Ordering::SeqCst);
        }
    }
}

mod wire {
    //! How the types look in PostgreSQL and in the OpenAPI document.

    use std::borrow::Cow;

    use jiff_sqlx::ToSqlx;
    use sqlx::encode::IsNull;
    use sqlx::error::BoxDynError;
    use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
    use sqlx::{Decode, Encode, Postgres, Type};
    use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type as JsonType};
    use utoipa::openapi::{KnownFormat, RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    use super::{Date, Timestamp, WallTime};

    macro_rules! through_jiff {
        ($($name:ident as $via:ty),*) => {$(
            impl Type<Postgres> for $name {
                fn type_info() -> PgTypeInfo {
                    <$via as Type<Postgres>>::type_info()
                }
            }
            impl PgHasArrayType for $name {
                fn array_type_info() -> PgTypeInfo {
                    <$via as PgHasArrayType>::array_type_info()
                }
            }
            impl Encode<'_, Postgres> for $name {
                fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                    self.0.to_sqlx().encode_by_ref(buffer)
                }
            }
        )*};
    }
    through_jiff!(Timestamp as jiff_sqlx::Timestamp, Date as jiff_sqlx::Date);

    impl<'r> Decode<'r, Postgres> for Timestamp {
        fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
            Ok(Self(<jiff_sqlx::Timestamp as Decode<Postgres>>::decode(value)?.to_jiff()))
        }
    }

    impl<'r> Decode<'r, Postgres> for Date {
        fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
            Ok(Self(<jiff_sqlx::Date as Decode<Postgres>>::decode(value)?.to_jiff()))
        }
    }

    // By hand, since jiff's time of day has no 24:00. The binary form is microseconds since midnight.
    impl Type<Postgres> for WallTime {
        fn type_info() -> PgTypeInfo {
            PgTypeInfo::with_name("time")
        }
    }

    impl PgHasArrayType for WallTime {
        fn array_type_info() -> PgTypeInfo {
            PgTypeInfo::with_name("_time")
        }
    }

    impl Encode<'_, Postgres> for WallTime {
        fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
            (i64::from(self.0) * 60_000_000).encode(buffer)
        }
    }

    impl<'r> Decode<'r, Postgres> for WallTime {
        fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
            let micros = match value.format() {
                sqlx::postgres::PgValueFormat::Binary => i64::from_be_bytes(value.as_bytes()?.try_into()?),
                sqlx::postgres::PgValueFormat::Text => return value.as_str()?.parse().map_err(BoxDynError::from),
            };
            u16::try_from(micros / 60_000_000).ok().and_then(WallTime::from_minutes).ok_or_else(|| "time out of range".into())
        }
    }

    macro_rules! documented {
        ($($name:ident, $format:expr, $example:literal);*) => {$(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new().schema_type(JsonType::String).format($format).examples([$example]).into()
                }
            }
            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*};
    }
    documented! {
        Timestamp, Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)), "2026-11-21T15:00:00Z";
        Date, Some(SchemaFormat::KnownFormat(KnownFormat::Date)), "2026-11-21"
    }

    impl PartialSchema for WallTime {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(JsonType::String)
                .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))
                .examples(["09:00"])
                .into()
        }
    }

    impl ToSchema for WallTime {
        fn name() -> Cow<'static, str> {
            Cow::Borrowed("WallTime")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_times_read_back_as_written() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(text.parse::<WallTime>().map(|t| t.to_string()), Ok(text.to_owned()));
        }
        for bad in ["24:01", "9:30", "12:60", "12", "ab:cd", "12:00:30", "-1:00", "+1:00", ""] {
            assert!(bad.parse::<WallTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn zones_by_their_own_name_only() {
        assert!(zone("America/Sao_Paulo").is_ok());
        for bad in ["america/sao_paulo", "Mars/Olympus", "", "../etc/passwd", "Etc/Unknown"] {
            assert!(zone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_are_truncated_to_what_the_database_keeps() {
        let nanos: Timestamp = "2026-01-01T00:00:00.123456789Z".parse().expect("valid");
        assert_eq!(nanos.to_string(), "2026-01-01T00:00:00.123456Z");
    }
}
