//! What time does to subscriptions.

use platform::TenantId;
use platform::audit::{self, Change};
use platform::jobs::{Attempt, Job, JobError};
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::{self, Due};
use super::subscriptions::tell_screens;
use super::{DAY, GRACE_SECONDS};
use crate::accounts::day;
use crate::instance;
use crate::mails::notices::Notice;
use crate::mails::subscriptions as mails;
use crate::owner::AsOwner;

/// Tells owners what comes and what has come, and does it when its time is there. Hourly.
#[derive(Serialize, Deserialize)]
pub struct CheckSubscriptions {}

impl Job for CheckSubscriptions {
    const NAME: &'static str = "CheckSubscriptions";

    /// One after the other, each in a transaction of its own: mail and change, or neither.
    async fn run(self, at: Attempt) -> Result<(), JobError> {
        let now = at.app.clock.now();
        loop {
            let mut owner = AsOwner::open(&at.app, None).await?;
            let Some(due) = store::next_due(owner.db(), now).await? else { return Ok(()) };
            let tenant = TenantId(due.tenant_id);
            let step = step(&due, now);
            match step.status {
                Some(status) => {
                    store::set_status(owner.db(), tenant, status, step.since).await?;
                    let change = Change::updated(
                        "subscription.updated",
                        "tenant",
                        tenant.0,
                        json!({ "status": due.status }),
                        json!({ "status": status }),
                    );
                    audit::note_by_program(owner.db(), &at.app, tenant, change).await?;
                    tell_screens(owner.db(), tenant, status, None).await?;
                }
                None => store::note_notices(owner.db(), tenant, step.notices).await?,
            }
            let date = day(step.date, "UTC");
            let values = [("workspace", due.name.as_str()), ("date", date.as_str())];
            instance::tell_owners(owner.db(), &at.app, tenant, step.notice, &values, "/settings/workspace").await?;
            owner.commit().await?;
        }
    }
}

/// What is to be done about one that is due: a state that begins, or a notice of what comes.
struct Step {
    status: Option<&'static str>,
    since: Timestamp,
    notices: i16,
    notice: &'static Notice,
    /// That the notice names.
    date: Timestamp,
}

fn step(due: &Due, now: Timestamp) -> Step {
    let begins = |status, since: Timestamp, notice, date| Step { status: Some(status), since, notices: 0, notice, date };
    // Whoever has less than a day left is told once.
    let told = |end: Timestamp, notice, date| {
        let notices = if end <= now.plus_seconds(DAY) { 2 } else { 1 };
        Step { status: None, since: now, notices, notice, date }
    };
    match due.status.as_str() {
        "trial" => {
            let end = due.trial_end.unwrap_or(now);
            if end > now {
                return told(end, &mails::TRIAL_ENDS, end);
            }
            begins("past_due", end, &mails::TRIAL_ENDED, end.plus_seconds(GRACE_SECONDS))
        }
        "active" => {
            let end = due.current_period_end.unwrap_or(now);
            if end > now {
                return told(end, &mails::SUBSCRIPTION_ENDS, end);
            }
            if due.cancel_at_period_end {
                return begins("canceled", end, &mails::SUBSCRIPTION_ENDED, end);
            }
            begins("past_due", end, &mails::PAST_DUE, end.plus_seconds(GRACE_SECONDS))
        }
        _ => {
            let since = due.past_due_since.unwrap_or(now);
            let end = since.plus_seconds(GRACE_SECONDS);
            if end > now {
                return told(end, &mails::PAST_DUE, end);
            }
            begins("unpaid", since, &mails::UNPAID, now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(status: &str, cancel: bool, end: i64) -> Due {
        let at = Timestamp::from_second(end);
        Due {
            tenant_id: uuid::Uuid::nil(),
            name: String::new(),
            status: status.to_owned(),
            cancel_at_period_end: cancel,
            trial_end: Some(at),
            current_period_end: Some(at),
            past_due_since: Some(at),
        }
    }

    #[test]
    fn each_state_has_one_that_follows() {
        let now = Timestamp::from_second(100 * DAY);
        let of = |status, cancel, day: i64| {
            let step = step(&due(status, cancel, day * DAY), now);
            (step.status, step.notice.kind(), step.notices)
        };
        assert_eq!(of("trial", false, 105), (None, "trial_ends", 1));
        assert_eq!(of("trial", false, 101), (None, "trial_ends", 2));
        assert_eq!(of("trial", false, 100), (Some("past_due"), "trial_ended", 0));
        assert_eq!(of("active", true, 105), (None, "subscription_ends", 1));
        assert_eq!(of("active", true, 100), (Some("canceled"), "subscription_ended", 0));
        assert_eq!(of("active", false, 100), (Some("past_due"), "subscription_past_due", 0));
        assert_eq!(of("past_due", false, 89), (None, "subscription_past_due", 1));
        assert_eq!(of("past_due", false, 86), (Some("unpaid"), "subscription_unpaid", 0));
    }

    /// A state that begins late, since the jobs stood still, leaves the owners no less time than they were told.
    #[test]
    fn the_date_that_is_told_counts_from_the_end() {
        let now = Timestamp::from_second(100 * DAY);
        assert_eq!(step(&due("trial", false, 98 * DAY), now).date, Timestamp::from_second(112 * DAY));
    }
}
