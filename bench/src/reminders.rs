//! Reminders that fall due at one moment: until a mail server has taken the last of them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::data::{self, Calendar, Organizer};
use crate::figures::{Figures, Target};
use crate::instance::{Instance, Setup};
use crate::{Outcome, check, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Bookings to be reminded of, each by a mail to its invitee
    #[arg(long, default_value_t = 10_000)]
    reminders: usize,
    /// An SMTP server without TLS that takes the mails, such as postfix's `smtp-sink -c 127.0.0.1:2525 1000`; else one of this
    /// program's own, which also looks for mails that come twice
    #[arg(long)]
    sink: Option<SocketAddr>,
}

const TENANTS: usize = 20;
const ORGANIZERS: usize = 10;
const LIMIT: Duration = Duration::from_secs(600);

/// The mails that the sink has taken, by their Message-ID.
type Taken = Arc<Mutex<HashMap<String, u32>>>;

/// # Errors
/// A program that does not start, a database that cannot be asked, or mails that do not go out.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("reminders: {} that are due at one moment, {TENANTS} tenants", options.reminders));
    let taken = Taken::default();
    let sink = match options.sink {
        Some(sink) => sink,
        None => listen(Arc::clone(&taken)).await?,
    };
    let mut serving = setup.clone();
    for argument in [
        format!("--smtp-host={}", sink.ip()),
        format!("--smtp-port={}", sink.port()),
        "--smtp-security=none".to_owned(),
        "--mail-from=atrium@example.com".to_owned(),
    ] {
        serving = serving.serving_with(&argument);
    }
    let mut instance = Instance::start(&serving).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, TENANTS, ORGANIZERS).await?;
    let organizers: Vec<&Organizer> = tenants.iter().flat_map(|tenant| &tenant.organizers).collect();
    let calendar = Calendar::new();
    let mut writing = db.begin().await?;
    for (nth, organizer) in organizers.iter().enumerate() {
        let share = (options.reminders + organizers.len() - 1 - nth) / organizers.len();
        let days = share.div_ceil(usize::try_from(Calendar::slots_a_day())?);
        data::prior_bookings(&mut writing, organizer, calendar, days.max(1), share.div_ceil(days.max(1))).await?;
    }
    writing.commit().await?;
    let due = plan(&mut db, options.reminders).await?;
    sqlx::query("ANALYZE").execute(&mut instance.superuser().await?).await?;

    while Instant::now() < due {
        sleep(Duration::from_millis(10)).await;
    }
    let spent = instance.processor()?;
    let sent = "SELECT count(*) FROM directory.mails WHERE kind = 'booking_reminder' AND status = 'sent'";
    let expected = i64::try_from(options.reminders)?;
    while check::count(&mut db, sent).await? < expected {
        if due.elapsed() > LIMIT {
            return Err(format!("not all reminders were sent within {} s. The program said:\n{}", LIMIT.as_secs(), instance.said()).into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let took = due.elapsed().as_secs_f64();
    let spent = instance.processor()?.since(spent);
    figures.hold(format!("reminders: {} handed to SMTP", options.reminders), took, "s", Target::AtMost(60.0));
    figures.tell("reminders: processors that others used meanwhile", spent.others() / took, "");
    check_mails(&mut db, expected, figures).await?;
    if options.sink.is_none() {
        let taken = taken.lock().await;
        figures.equal("mails that the server took", i64::try_from(taken.len())?, expected);
        figures.equal("mails that it took twice", i64::try_from(taken.values().filter(|count| **count > 1).count())?, 0);
    }
    instance.stop().await
}

/// Writes a reminder for so many of the bookings, all due at the moment that is answered.
async fn plan(db: &mut PgConnection, count: usize) -> Outcome<Instant> {
    const LEAD: Duration = Duration::from_secs(20);
    let due = Instant::now() + LEAD;
    // The task's row comes with the first job; none has been enqueued here.
    sqlx::query("INSERT INTO graphile_worker._private_tasks (identifier) VALUES ('SendReminder') ON CONFLICT DO NOTHING")
        .execute(&mut *db)
        .await?;
    let planned = sqlx::query(
        "INSERT INTO graphile_worker._private_jobs (task_id, payload, run_at, max_attempts, key)
         SELECT t.id, jsonb_build_object('tenant_id', b.tenant_id, 'booking_id', b.id, 'start', b.start_time, 'readers', 'invitee')::json,
                now() + make_interval(secs => $2), 10, b.tenant_id || ':reminder:' || b.id
           FROM (SELECT tenant_id, id, start_time FROM scheduling.bookings LIMIT $1) b, graphile_worker._private_tasks t
          WHERE t.identifier = 'SendReminder'",
    )
    .bind(i64::try_from(count)?)
    .bind(LEAD.as_secs_f64())
    .execute(db)
    .await?;
    if planned.rows_affected() != count as u64 {
        return Err(format!("{} reminders were planned in place of {count}", planned.rows_affected()).into());
    }
    Ok(due)
}

async fn check_mails(db: &mut PgConnection, expected: i64, figures: &mut Figures) -> Outcome {
    for (what, sql) in [
        ("mails", "SELECT count(*) FROM directory.mails"),
        ("deliveries in the log", "SELECT count(*) FROM messaging.notification_deliveries WHERE kind = 'booking_reminder'"),
    ] {
        figures.equal(what, check::count(db, sql).await?, expected);
    }
    Ok(())
}

async fn listen(taken: Taken) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    platform::task::detach(async move {
        while let Ok((stream, _)) = listener.accept().await {
            platform::task::detach(converse(stream, Arc::clone(&taken)));
        }
    });
    Ok(address)
}

/// Says yes to all that SMTP needs (RFC 5321), and notes the Message-ID of what it takes.
async fn converse(stream: TcpStream, taken: Taken) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut answer: &[u8] = b"220 sink\r\n";
    loop {
        if write.write_all(answer).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else { return };
        answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "QUIT" => b"221 2.0.0 bye\r\n",
            "DATA" => {
                if write.write_all(b"354 go on\r\n").await.is_err() {
                    return;
                }
                let mut id = String::new();
                loop {
                    let Ok(Some(line)) = lines.next_line().await else { return };
                    if line == "." {
                        break;
                    }
                    if let Some(given) = line.strip_prefix("Message-ID:") {
                        given.trim().clone_into(&mut id);
                    }
                }
                *taken.lock().await.entry(id).or_default() += 1;
                b"250 2.0.0 taken\r\n"
            }
            _ => b"250 2.0.0 fine\r\n",
        };
    }
}
