//! What the database must hold after a run: each answered booking once, with all that belongs to it, and nothing twice.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::sleep;

use crate::Outcome;
use crate::figures::Figures;

/// The outbox and the queue have so long to come to rest.
const REST_LIMIT: Duration = Duration::from_secs(600);

/// # Errors
/// The database's.
pub async fn count(db: &mut PgConnection, sql: &str) -> Outcome<i64> {
    Ok(sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(db).await?)
}

/// That there are so many bookings, made through the API, each with its time taken, its event, its audit line and its
/// contact, and no time taken twice.
///
/// # Errors
/// The database's.
pub async fn bookings(db: &mut PgConnection, expected: i64, figures: &mut Figures) -> Outcome {
    for (what, sql) in [
        ("bookings", "SELECT count(*) FROM scheduling.bookings WHERE source = 'api'"),
        (
            "taken times",
            "SELECT count(*) FROM scheduling.occupancy o JOIN scheduling.bookings b ON b.tenant_id = o.tenant_id AND b.id = o.ref_id WHERE b.source = 'api'",
        ),
        ("attendees", "SELECT count(*) FROM scheduling.booking_attendees"),
        ("events booking.created", "SELECT count(*) FROM platform.events WHERE kind = 'booking.created'"),
        ("audit lines booking.created", "SELECT count(*) FROM platform.audit_events WHERE action = 'booking.created'"),
        ("contacts", "SELECT count(*) FROM contacts.contacts WHERE source = 'booking'"),
        ("bookings that their contacts count", "SELECT coalesce(sum(total_bookings), 0)::bigint FROM contacts.contacts"),
        ("events contact.created", "SELECT count(*) FROM platform.events WHERE kind = 'contact.created'"),
    ] {
        figures.equal(what, count(db, sql).await?, expected);
    }
    let overlapping = count(
        db,
        "SELECT count(*) FROM scheduling.occupancy a
           JOIN scheduling.occupancy b ON b.tenant_id = a.tenant_id AND b.bookable_id = a.bookable_id
                AND b.id > a.id AND b.start_time < a.end_time AND b.end_time > a.start_time",
    );
    figures.equal("overlapping bookings", overlapping.await?, 0);
    Ok(())
}

/// Whether anything went wrong on purpose, so that reactions and jobs had to be tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    Kills,
}

/// Waits until every event is delivered and every job is done but the reminders, and answers how long that took; then that
/// each booking has its mails and its reminder, once.
///
/// # Errors
/// A queue that does not come to rest.
pub async fn reactions(db: &mut PgConnection, expected: i64, weather: Weather, figures: &mut Figures) -> Outcome<Duration> {
    const JOBS: &str = "FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id WHERE";
    let waiting = format!("SELECT count(*) {JOBS} t.identifier <> 'SendReminder' AND attempts < max_attempts");
    let started = Instant::now();
    loop {
        let events = count(db, "SELECT count(*) FROM platform.events WHERE dispatched_at IS NULL").await?;
        let jobs = count(db, &waiting).await?;
        if events == 0 && jobs == 0 {
            break;
        }
        if started.elapsed() > REST_LIMIT {
            return Err(format!("{events} events and {jobs} jobs still wait").into());
        }
        sleep(Duration::from_millis(200)).await;
    }
    let took = started.elapsed();
    let failed = format!("SELECT count(*) {JOBS} attempts >= max_attempts");
    figures.equal("jobs that failed for good", count(db, &failed).await?, 0);
    if weather == Weather::Fair {
        figures.equal("jobs that were tried again", count(db, &format!("SELECT count(*) {JOBS} last_error IS NOT NULL")).await?, 0);
        figures.equal("events whose reaction failed", count(db, "SELECT count(*) FROM platform.events WHERE attempts > 0").await?, 0);
    }
    // To the invitee and to the organizer.
    figures.equal("mails", count(db, "SELECT count(*) FROM directory.mails").await?, 2 * expected);
    figures.equal(
        "mails that are not ready to be read",
        count(db, "SELECT count(*) FROM directory.mails WHERE status <> 'kept'").await?,
        0,
    );
    let reminders = format!("SELECT count(*) {JOBS} t.identifier = 'SendReminder'");
    figures.equal("reminders", count(db, &reminders).await?, expected);
    Ok(took)
}
