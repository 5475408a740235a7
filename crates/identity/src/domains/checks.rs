//! Looks at the record of a domain, and what they make of it.

use platform::audit::{self, Change};
use platform::ctx::Origin;
use platform::error::Result;
use platform::events::publish_now;
use platform::time::Timestamp;
use platform::{App, Session, TenantId};
use serde_json::json;

use super::store::{self, Row};
use super::{DAY, DomainUpdated, PATIENCE_SECONDS, dns};
use crate::accounts::day;
use crate::instance;
use crate::mails::domains as mails;
use crate::mails::notices::Notice;
use crate::owner::AsOwner;
use crate::tenants;

const HOUR: i64 = 3600;

/// Who had the record looked at; the program itself, where nobody did.
pub type By<'a> = Option<(&'a Session, &'a Origin)>;

/// Asks DNS, and then writes what follows: no transaction is held while it is asked. Answers the domain as it stands after that,
/// if it was not removed meanwhile.
pub async fn check(app: &App, claim: &Row, by: By<'_>) -> Result<Option<Row>> {
    let found = dns::proofs(app, &claim.domain).await;
    let now = app.clock.now();
    let mut owner = AsOwner::open(app, None).await?;
    let claims = store::lock_claims(owner.db(), &claim.domain).await?;
    let Some(before) = claims.iter().find(|row| row.id == claim.id) else { return Ok(None) };
    let holder = claims.iter().find(|row| row.status == "verified" && row.id != claim.id);
    let proves = |row: &Row| found.iter().flatten().any(|text| *text == row.record());
    let problem = match &found {
        None => Some("no_answer"),
        Some(_) if proves(before) => holder.filter(|holder| proves(holder)).map(|_| "taken"),
        Some(texts) if texts.is_empty() => Some("no_record"),
        Some(_) => Some("other_record"),
    };
    let after = next(before, problem, now);
    if let (None, Some(holder)) = (problem, holder) {
        // Whoever has the name's DNS now has the name: the record of the one before is gone.
        let lost = Row {
            status: "failed".to_owned(),
            problem: Some("other_record".to_owned()),
            last_checked_at: Some(now),
            check_at: None,
            ..holder.clone()
        };
        store::update(owner.db(), &lost).await?;
        tell(&mut owner, app, holder, &lost, None).await?;
    }
    store::update(owner.db(), &after).await?;
    tell(&mut owner, app, before, &after, by).await?;
    owner.commit().await?;
    Ok(Some(after))
}

/// A domain after a look at `now`, which found its proof or a problem.
fn next(before: &Row, problem: Option<&'static str>, now: Timestamp) -> Row {
    let mut after = Row { problem: problem.map(str::to_owned), last_checked_at: Some(now), ..before.clone() };
    match (problem, before.status.as_str()) {
        (None, status) => {
            if status != "verified" {
                after.verified_at = Some(now);
            }
            after.status = "verified".to_owned();
            after.failing_since = None;
            after.check_at = Some(now.plus_seconds(DAY));
        }
        (Some(_), "verified") => {
            let since = before.failing_since.unwrap_or(now);
            after.failing_since = Some(since);
            after.check_at = Some(now.plus_seconds(DAY));
            if since.plus_seconds(PATIENCE_SECONDS) <= now {
                after.status = "failed".to_owned();
                after.check_at = None;
            }
        }
        (Some(_), "pending") => {
            let age = |seconds: i64| before.created_at.plus_seconds(seconds) > now;
            let wait = if age(HOUR) {
                300
            } else if age(DAY) {
                HOUR
            } else {
                6 * HOUR
            };
            after.check_at = Some(now.plus_seconds(wait));
            if !age(PATIENCE_SECONDS) {
                after.status = "failed".to_owned();
                after.check_at = None;
            }
        }
        (Some(_), _) => after.check_at = None,
    }
    after
}

/// The trail, the screens and the owners, of what changed.
async fn tell(owner: &mut AsOwner, app: &App, before: &Row, after: &Row, by: By<'_>) -> Result<()> {
    let tenant = TenantId(after.tenant_id);
    if before.status != after.status {
        let old = json!({ "domain": before.domain, "status": before.status });
        let new = json!({ "domain": after.domain, "status": after.status });
        let action = if after.status == "verified" { "custom_domain.verified" } else { "custom_domain.failed" };
        let change = Change::updated(action, "custom_domain", after.id, old, new);
        match by {
            Some((session, origin)) => audit::note_now(owner.db(), app, tenant, session, origin, change).await?,
            None => audit::note_by_program(owner.db(), app, tenant, change).await?,
        }
    }
    let begins_to_fail = before.failing_since.is_none() && after.failing_since.is_some();
    if before.status != after.status || before.failing_since != after.failing_since {
        let event = DomainUpdated::of(after, &after.status);
        publish_now(owner.db(), tenant, &event, by.map(|(session, _)| session.user_id)).await?;
    }
    let notice: &Notice = match (before.status.as_str(), after.status.as_str()) {
        ("verified", "verified") if begins_to_fail => &mails::DOMAIN_FAILING,
        ("verified", "failed") => &mails::DOMAIN_LOST,
        ("pending" | "failed", "verified") => &mails::DOMAIN_VERIFIED,
        _ => return Ok(()),
    };
    let workspace = tenants::store::name_of(owner.db(), tenant).await?;
    let until = after.failing_since.unwrap_or_else(|| app.clock.now()).plus_seconds(PATIENCE_SECONDS);
    let date = day(until, "UTC");
    let values = [("workspace", workspace.as_str()), ("what", after.domain.as_str()), ("date", date.as_str())];
    instance::tell_owners(owner.db(), app, tenant, notice, &values, "/settings/domains").await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: &str) -> Row {
        let at = Timestamp::from_second(0);
        Row {
            id: uuid::Uuid::nil(),
            tenant_id: uuid::Uuid::nil(),
            domain: "book.acme.example".to_owned(),
            proof: String::new(),
            status: status.to_owned(),
            problem: None,
            created_at: at,
            verified_at: None,
            last_checked_at: None,
            failing_since: None,
            check_at: Some(at),
        }
    }

    #[test]
    fn a_new_one_is_looked_for_less_and_less_and_then_no_more() {
        let after = |age: i64| {
            let next = next(&row("pending"), Some("no_record"), Timestamp::from_second(age));
            (next.status, next.check_at.map(|at| at.as_second() - age))
        };
        assert_eq!(after(60), ("pending".to_owned(), Some(300)));
        assert_eq!(after(2 * HOUR), ("pending".to_owned(), Some(HOUR)));
        assert_eq!(after(2 * DAY), ("pending".to_owned(), Some(6 * HOUR)));
        assert_eq!(after(7 * DAY), ("failed".to_owned(), None));
    }

    #[test]
    fn a_verified_one_has_seven_days_without_its_record() {
        let mut domain = row("verified");
        for days in 0..8 {
            assert_eq!(domain.status, "verified", "day {days}");
            domain = next(&domain, Some("no_answer"), Timestamp::from_second(days * DAY));
        }
        assert_eq!((domain.status.as_str(), domain.check_at), ("failed", None));
        let mut healed = next(&row("verified"), Some("no_record"), Timestamp::from_second(0));
        healed = next(&healed, None, Timestamp::from_second(6 * DAY));
        assert_eq!((healed.failing_since, healed.problem.as_deref()), (None, None));
        let again = next(&healed, Some("no_record"), Timestamp::from_second(8 * DAY));
        assert_eq!(again.status, "verified", "the days count from the last proof");
    }
}
