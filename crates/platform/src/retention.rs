//! Retention: how long is kept what has no lasting use, by a policy of each workspace within bounds that the instance sets, and the
//! one job that removes what is older.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;
use crate::text::Checks;
use crate::time::Timestamp;

pub mod http;
mod job;
pub mod store;

pub use http::{EVENTS, api};
pub use job::{ApplyRetention, Done, apply};

const DAY: i64 = 24 * 3600;
/// Of every period: longer than any law asks, short enough that dates stay dates.
const MOST_DAYS: u32 = 36_525;

/// What a workspace decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RetentionKind)]
pub enum Kind {
    /// Lines of the audit trail in the database; older ones move to archives, whole months at a time.
    Audit,
    /// Archives of the audit trail, from when they were made.
    AuditArchives,
    /// Mails and other messages that were sent, and what became of each.
    NotificationLogs,
    /// Notifications in the app, from when they were read.
    Notifications,
    /// What was exchanged with other companies' services.
    IntegrationLogs,
    /// Executions of workflows.
    WorkflowLogs,
    /// Events that were delivered, and batches of jobs that are done.
    Events,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Audit,
        Self::AuditArchives,
        Self::NotificationLogs,
        Self::Notifications,
        Self::IntegrationLogs,
        Self::WorkflowLogs,
        Self::Events,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::AuditArchives => "audit_archives",
            Self::NotificationLogs => "notification_logs",
            Self::Notifications => "notifications",
            Self::IntegrationLogs => "integration_logs",
            Self::WorkflowLogs => "workflow_logs",
            Self::Events => "events",
        }
    }
}

/// What the instance alone decides about, since it spans workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Own {
    /// Sessions that are over, from their last activity.
    Sessions,
    /// Sign-ins and security events of accounts.
    SignIns,
}

/// Between which numbers of days a workspace chooses, and what holds where it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub least: u32,
    pub most: u32,
    /// None for good.
    pub default: Option<u32>,
}

/// What the instance allows workspaces to choose, and its own periods, in days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    of_kinds: BTreeMap<Kind, Bound>,
    own: BTreeMap<Own, u32>,
}

impl Default for Bounds {
    /// As seed 003 has them: audit 7 years, logs 90 days, sessions 30 days.
    fn default() -> Self {
        let bound = |kind| match kind {
            Kind::Audit => Bound { least: 365, most: 3653, default: Some(2557) },
            Kind::AuditArchives => Bound { least: 30, most: MOST_DAYS, default: None },
            _ => Bound { least: 7, most: 730, default: Some(90) },
        };
        Self {
            of_kinds: Kind::ALL.into_iter().map(|kind| (kind, bound(kind))).collect(),
            own: BTreeMap::from([(Own::Sessions, 30), (Own::SignIns, 2557)]),
        }
    }
}

impl Bounds {
    pub fn of(&self, kind: Kind) -> Bound {
        self.of_kinds.get(&kind).copied().unwrap_or(Bound { least: 1, most: MOST_DAYS, default: None })
    }

    /// Before when something of the instance's own is old.
    pub fn own_before(&self, own: Own, now: Timestamp) -> Timestamp {
        now.plus_seconds(-DAY * i64::from(self.own.get(&own).copied().unwrap_or(MOST_DAYS)))
    }

    /// With what the person who hosts says about one kind.
    #[must_use]
    pub fn with(mut self, said: Said) -> Self {
        match said {
            Said::Of(kind, least, most) => {
                let default = self.of(kind).default.map(|days| days.clamp(least, most));
                // For good is within no other bound than the default one.
                let default = default.or((most < MOST_DAYS).then_some(most));
                self.of_kinds.insert(kind, Bound { least, most, default });
            }
            Said::Own(own, days) => drop(self.own.insert(own, days)),
        }
        self
    }
}

/// One `KIND=DAYS` or `KIND=LEAST..MOST` of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Of(Kind, u32, u32),
    Own(Own, u32),
}

impl FromStr for Said {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, days) = text.split_once('=').ok_or("must be such as notification_logs=30..365")?;
        let number = |text: &str| {
            let days: Option<u32> = text.trim().parse().ok();
            days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or(format!("{text} is no number of days between 1 and {MOST_DAYS}"))
        };
        let (least, most) = days.split_once("..").unwrap_or((days, days));
        let (least, most) = (number(least)?, number(most)?);
        if least > most {
            return Err(format!("{least} is more than {most}"));
        }
        let own = match name.trim() {
            "sessions" => Own::Sessions,
            "sign_ins" => Own::SignIns,
            name => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
                let known = || Kind::ALL.map(Kind::name).join(", ");
                return kind
                    .map(|kind| Self::Of(kind, least, most))
                    .ok_or_else(|| format!("{name} is none of {}, sessions, sign_ins", known()));
            }
        };
        if least == most { Ok(Self::Own(own, most)) } else { Err(format!("{name} is the instance's own: give one number of days")) }
    }
}

/// How long a workspace keeps what has no lasting use. What is left out is kept as long as the instance says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionPolicy {
    /// Days that lines of the audit trail stay in the database; whole months move to archives then.
    pub audit: Option<u32>,
    /// Days that archives of the audit trail are kept from when they were made.
    pub audit_archives: Option<u32>,
    /// Days that the log of mails and other messages is kept.
    pub notification_logs: Option<u32>,
    /// Days that notifications are kept after they were read.
    pub notifications: Option<u32>,
    /// Days that the log of what was exchanged with other services is kept.
    pub integration_logs: Option<u32>,
    /// Days that executions of workflows are kept.
    pub workflow_logs: Option<u32>,
    /// Days that delivered events and finished batches of jobs are kept.
    pub events: Option<u32>,
    /// Whether all of it is kept for now, as a dispute at law asks for: while it is on, these periods remove and archive nothing.
    pub on_hold: bool,
}

impl RetentionPolicy {
    /// What the workspace has chosen.
    pub fn chosen(&self, kind: Kind) -> Option<u32> {
        match kind {
            Kind::Audit => self.audit,
            Kind::AuditArchives => self.audit_archives,
            Kind::NotificationLogs => self.notification_logs,
            Kind::Notifications => self.notifications,
            Kind::IntegrationLogs => self.integration_logs,
            Kind::WorkflowLogs => self.workflow_logs,
            Kind::Events => self.events,
        }
    }

    /// Before when something is old; never, where it is kept for good. Bounds that the instance has narrowed since count at once.
    pub fn before(&self, kind: Kind, bounds: &Bounds, now: Timestamp) -> Option<Timestamp> {
        let bound = bounds.of(kind);
        let days = self.chosen(kind).map(|days| days.clamp(bound.least, bound.most)).or(bound.default)?;
        (!self.on_hold).then(|| now.plus_seconds(-DAY * i64::from(days)))
    }

    fn checked(self, bounds: &Bounds) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        for kind in Kind::ALL {
            let bound = bounds.of(kind);
            if self.chosen(kind).is_some_and(|days| !(bound.least..=bound.most).contains(&days)) {
                checks.add(kind.name(), "out_of_range", format!("must be between {} and {} days", bound.least, bound.most));
            }
        }
        checks.done()?;
        Ok(self)
    }
}

/// What decides how long rows of a table are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The policy of the workspace that they belong to.
    Workspace(Kind),
    /// The instance, for its own rows of a kind that workspaces decide about otherwise.
    Instance(Kind),
    Own(Own),
    /// So many days.
    Days(i64),
}

/// Which rows, and how many of them at most.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The nil id where the rows are no workspace's.
    pub tenant: Uuid,
    pub before: Timestamp,
    pub now: Timestamp,
    pub most: i64,
}

type Counted<'a> = BoxFuture<'a, Result<u64, sqlx::Error>>;

/// Rows of a table that go when they are old. Modules list theirs with [`crate::retained!`] and [`crate::retained_by_instance!`].
#[derive(Clone, Copy)]
pub struct Retained {
    pub table: &'static str,
    pub kept: Kept,
    pub count: for<'a> fn(&'a mut PgConnection, Span) -> Counted<'a>,
    pub remove: for<'a> fn(&'a mut PgConnection, Span) -> Counted<'a>,
}

impl fmt::Debug for Retained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.table, self.kept)
    }
}

/// Rows of workspaces: the table, what decides, and which rows are old; `$1` is the workspace and `$2` the time. A macro, so that
/// what is counted and what is removed are one condition, and both statements are checked while compiling.
#[macro_export]
macro_rules! retained {
    ($kept:expr, $table:tt, $old:tt) => {
        $crate::retention::Retained {
            table: $table,
            kept: $kept,
            count: |db, span| {
                Box::pin(async move {
                    let count = sqlx::query_scalar!(
                        "SELECT count(*) AS \"count!\" FROM (SELECT FROM " + $table + " WHERE " + $old + " LIMIT $3) AS old",
                        span.tenant,
                        span.before,
                        span.most,
                    );
                    count.fetch_one(db).await.map(i64::unsigned_abs)
                })
            },
            remove: |db, span| {
                Box::pin(async move {
                    let removed = sqlx::query!(
                        "DELETE FROM "
                            + $table
                            + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
                            + $table
                            + " WHERE "
                            + $old
                            + " LIMIT $3 FOR UPDATE SKIP LOCKED))",
                        span.tenant,
                        span.before,
                        span.most,
                    );
                    removed.execute(db).await.map(|done| done.rows_affected())
                })
            },
        }
    };
}

/// As [`crate::retained!`], for rows that are no workspace's or go at a time that none decides about: `$1` is that time, and `$2` now.
#[macro_export]
macro_rules! retained_by_instance {
    ($kept:expr, $table:tt, $old:tt) => {
        $crate::retention::Retained {
            table: $table,
            kept: $kept,
            count: |db, span| {
                Box::pin(async move {
                    let count = sqlx::query_scalar!(
                        "SELECT count(*) AS \"count!\" FROM (SELECT FROM "
                            + $table
                            + " WHERE ("
                            + $old
                            + ") AND $2::timestamptz IS NOT NULL LIMIT $3) AS old",
                        span.before,
                        span.now,
                        span.most,
                    );
                    count.fetch_one(db).await.map(i64::unsigned_abs)
                })
            },
            remove: |db, span| {
                Box::pin(async move {
                    let removed = sqlx::query!(
                        "DELETE FROM "
                            + $table
                            + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
                            + $table
                            + " WHERE ("
                            + $old
                            + ") AND $2::timestamptz IS NOT NULL LIMIT $3 FOR UPDATE SKIP LOCKED))",
                        span.before,
                        span.now,
                        span.most,
                    );
                    removed.execute(db).await.map(|done| done.rows_affected())
                })
            },
        }
    };
}

/// Ring 0's own.
pub fn retained() -> Vec<Retained> {
    vec![
        retained!(Kept::Workspace(Kind::NotificationLogs), "directory.mails", "tenant_id = $1 AND created_at < $2"),
        retained_by_instance!(Kept::Instance(Kind::NotificationLogs), "directory.mails", "tenant_id IS NULL AND created_at < $1"),
        retained!(Kept::Workspace(Kind::Events), "platform.events", "tenant_id = $1 AND dispatched_at < $2"),
        retained!(Kept::Workspace(Kind::Events), "platform.job_batches", "tenant_id = $1 AND finished_at < $2"),
        retained_by_instance!(Kept::Days(0), "platform.idempotency_keys", "expires_at < $1"),
        retained_by_instance!(Kept::Days(0), "directory.idempotency_keys", "expires_at < $1"),
        retained_by_instance!(Kept::Days(0), "platform.audit_exports", "expires_at <= $1"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_who_hosts_says_narrows_what_workspaces_choose() {
        let bounds = Bounds::default().with("notification_logs=30..60".parse().expect("said"));
        assert_eq!(bounds.of(Kind::NotificationLogs), Bound { least: 30, most: 60, default: Some(60) });
        assert_eq!(bounds.of(Kind::Events).default, Some(90));
        let now = Timestamp::from_second(1_000 * DAY);
        let kept = |policy: &RetentionPolicy| {
            policy.before(Kind::NotificationLogs, &bounds, now).map(|before| (now.as_second() - before.as_second()) / DAY)
        };
        assert_eq!(kept(&RetentionPolicy::default()), Some(60));
        // Chosen before it was narrowed.
        assert_eq!(kept(&RetentionPolicy { notification_logs: Some(365), ..RetentionPolicy::default() }), Some(60));
        assert_eq!(kept(&RetentionPolicy { notification_logs: Some(45), on_hold: true, ..RetentionPolicy::default() }), None);
        assert!(RetentionPolicy { notification_logs: Some(61), ..RetentionPolicy::default() }.checked(&bounds).is_err());
        let bounds = bounds.with("audit_archives=1000".parse().expect("said")).with("sessions=3".parse().expect("said"));
        assert_eq!(bounds.of(Kind::AuditArchives), Bound { least: 1000, most: 1000, default: Some(1000) });
        assert_eq!(bounds.own_before(Own::Sessions, now), Timestamp::from_second(997 * DAY));
    }

    #[test]
    fn what_is_no_period_is_refused_with_a_reason() {
        for (text, why) in [
            ("audit", "such as"),
            ("audit=", "no number"),
            ("audit=0", "no number"),
            ("audit=10..5", "more than"),
            ("audit=1..99999", "no number"),
            ("logs=30", "none of audit"),
            ("sessions=1..3", "one number"),
        ] {
            assert!(text.parse::<Said>().expect_err(text).contains(why), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_of_a_policy_is_the_instances() {
        assert_eq!(serde_json::from_str::<RetentionPolicy>("{}").expect("a policy"), RetentionPolicy::default());
        assert!(serde_json::from_str::<RetentionPolicy>(r#"{"audits": 3}"#).is_err());
    }
}
