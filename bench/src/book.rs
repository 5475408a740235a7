//! Bookings a second: each takes its time, writes booking, attendee, contact, events and audit lines, and causes jobs.

use std::time::Duration;

use clap::Args;
use sqlx::{AssertSqlSafe, Row};

use crate::check::Weather;
use crate::data::{self, Demand, Organizer};
use crate::figures::{Figures, Target};
use crate::instance::{Instance, Setup};
use crate::load::{Tally, drive};
use crate::{Outcome, check, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Connections that book at a time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Seconds of load
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Also print PostgreSQL's time by statement (needs its extension pg_stat_statements)
    #[arg(long)]
    statements: bool,
}

const TENANTS: usize = 20;
const ORGANIZERS: usize = 10;
const WARM_UP: Duration = Duration::from_secs(2);
const ALONE: Duration = Duration::from_secs(5);

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("book: distinct slots, {TENANTS} tenants of {ORGANIZERS} organizers, {} connections", options.connections));
    let mut instance = Instance::start(setup).await?;
    if options.statements {
        watch_statements(&mut instance).await?;
    }
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, TENANTS, ORGANIZERS).await?;
    let organizers: Vec<Organizer> =
        (0..ORGANIZERS).flat_map(|nth| tenants.iter().map(move |tenant| tenant.organizers[nth].clone())).collect();
    let fsync =
        check::count(&mut db, "SELECT (current_setting('fsync') = 'on' AND current_setting('synchronous_commit') = 'on')::int::bigint");
    figures.equal("fsync and synchronous_commit are on", fsync.await?, 1);

    // The last organizer's calendar stays empty for the second figure.
    let (alone, many) = organizers.split_last().ok_or("no organizers")?;
    let (mut many, mut alone) = (Demand::new(many, 0), Demand::new(std::slice::from_ref(alone), 1_000_000));
    let warm = drive(instance.address, options.connections, WARM_UP, || many.next(), |_, _| {}).await;
    // A database of the first minute has no statistics yet, and plans for tables of no rows.
    sqlx::query("ANALYZE").execute(&mut instance.superuser().await?).await?;
    let (before, spent) = (counters(&mut db).await?, instance.processor()?);
    let seconds = Duration::from_secs(options.seconds);
    let tally = drive(instance.address, options.connections, seconds, || many.next(), |_, _| {}).await;
    let (after, spent) = (counters(&mut db).await?, instance.processor()?.since(spent));
    println!("  answers: {}", tally.summary());
    figures.hold("book: bookings, 200 organizers", tally.rate(201), "/s", Target::AtLeast(500.0));
    figures.tell("book: median", tally.millis(0.5), "ms");
    figures.tell("book: 99th percentile", tally.millis(0.99), "ms");
    let each = |seconds: f64| seconds * 1000.0 / tally.rate(201) / tally.seconds;
    figures.tell("book: processor time for each, atrium", each(spent.program), "ms");
    figures.tell("book: processor time for each, PostgreSQL", each(spent.postgres), "ms");
    figures.tell("book: processor time for each, load generator", each(spent.generator), "ms");
    figures.tell("book: processors that others used meanwhile", spent.others() / tally.seconds, "");
    figures.tell("book: transactions for each booking, reactions and jobs included", ratio(after.commits - before.commits, &tally), "");
    figures.tell("book: WAL for each booking", ratio(after.wal_bytes - before.wal_bytes, &tally) / 1000.0, "kB");
    let single = drive(instance.address, options.connections, ALONE, || alone.next(), |_, _| {}).await;
    println!("  answers: {}", single.summary());
    figures.tell("book: bookings, one organizer", single.rate(201), "/s");

    title("book: what the database holds");
    for tally in [&warm, &tally, &single] {
        if tally.server_errors() > 0 || tally.broken > 0 || tally.statuses.len() > 1 {
            figures.wrong(format!("distinct slots were not all answered with 201: {}", tally.summary()));
        }
    }
    let booked = i64::try_from(warm.answered(201) + tally.answered(201) + single.answered(201))?;
    check::bookings(&mut db, booked, figures).await?;
    let took = check::reactions(&mut db, booked, Weather::Fair, figures).await?;
    figures.tell("book: until all events were delivered and all jobs done", took.as_secs_f64(), "s");
    figures.equal(
        "deadlocks",
        check::count(&mut db, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await?,
        0,
    );
    if options.statements {
        print_statements(&instance, booked).await?;
    }
    instance.stop().await
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be printed")]
fn ratio(count: i64, tally: &Tally) -> f64 {
    count as f64 / tally.answered(201) as f64
}

struct Counters {
    commits: i64,
    wal_bytes: i64,
}

async fn counters(db: &mut sqlx::PgConnection) -> Outcome<Counters> {
    let row = sqlx::query(
        "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits,
                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal",
    )
    .fetch_one(db)
    .await?;
    Ok(Counters { commits: row.try_get("commits")?, wal_bytes: row.try_get("wal")? })
}

/// Starts the server anew with the extension that counts statements.
async fn watch_statements(instance: &mut Instance) -> Outcome {
    use std::io::Write;
    instance.stop().await?;
    let mut file = std::fs::OpenOptions::new().append(true).open(instance.postgresql_conf())?;
    writeln!(
        file,
        "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = 'all'\npg_stat_statements.track_planning = on\ntrack_functions = 'all'"
    )?;
    instance.launch().await?;
    sqlx::query("CREATE EXTENSION pg_stat_statements SCHEMA public").execute(&mut instance.superuser().await?).await?;
    Ok(())
}

async fn print_statements(instance: &Instance, booked: i64) -> Outcome {
    title("book: PostgreSQL's time by statement; those within functions are listed apart");
    let mut db = instance.superuser().await?;
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT userid::regrole::text AS role, toplevel, calls::float8 / {booked} AS each, mean_exec_time * 1000 AS micros,
                (total_exec_time + total_plan_time) * 1000 / {booked} AS share,
                total_plan_time * 1000 / {booked} AS planning, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS query
           FROM public.pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 45"
    )))
    .fetch_all(&mut db)
    .await?;
    println!("  calls/booking  µs/call  µs/booking  of which planning");
    for row in rows {
        let (each, micros, share): (f64, f64, f64) = (row.try_get("each")?, row.try_get("micros")?, row.try_get("share")?);
        let planning: f64 = row.try_get("planning")?;
        let (role, toplevel, query): (String, bool, String) = (row.try_get("role")?, row.try_get("toplevel")?, row.try_get("query")?);
        let within = if toplevel { "" } else { "(within) " };
        println!("  {each:>13.2} {micros:>8.0} {share:>11.0} {planning:>18.0}  {role:<12} {within}{query}");
    }
    Ok(())
}
