//! kill -9 of the program and of PostgreSQL in turns, under booking load: what was answered stays, and nothing is doubled.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::check::Weather;
use crate::client::Client;
use crate::data::{self, Demand, Organizer};
use crate::figures::{Figures, Target, percentile};
use crate::instance::{Instance, Setup};
use crate::{Outcome, check, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Kills, of the program and of PostgreSQL in turns
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Connections that book at a time
    #[arg(long, default_value_t = 16)]
    connections: usize,
}

/// Load before each kill.
const BETWEEN: Duration = Duration::from_millis(1500);
/// A visitor asks again for so long before the run is given up.
const SETTLE_LIMIT: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(20);

/// What the visitors learned.
#[derive(Default)]
struct Ledger {
    /// Answered with 201, by visitor.
    booked: BTreeMap<usize, u64>,
    /// Visitors who had to ask again after a broken connection or a 5xx.
    unsure: u64,
    /// Of those, how many had been booked by the request without answer.
    replayed: u64,
    refused: BTreeMap<String, u64>,
    given_up: u64,
    answered: u64,
}

/// # Errors
/// A program that does not come back, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("crash: {} rounds of kill -9 under load, {} connections", options.rounds, options.connections));
    let mut instance = Instance::start(setup).await?;
    let tenants = data::tenants(&mut instance.owner().await?, 20, 10).await?;
    let organizers: Vec<Organizer> = tenants.iter().flat_map(|tenant| tenant.organizers.clone()).collect();
    let demand = RefCell::new(Demand::new(&organizers, 0));
    let (ledger, over, address) = (RefCell::new(Ledger::default()), Cell::new(false), instance.address);
    let visitors = join_all((0..options.connections).map(async |_| {
        let mut client = Client::new(address);
        while !over.get() {
            let wanted = demand.borrow_mut().wanted("idempotency-key: visit-{}\r\n");
            let Ok(wanted) = wanted else { return };
            settle(&mut client, wanted.visitor, &wanted.request, &ledger).await;
        }
    }));
    let mut times = Times::default();
    let kills = async {
        let outcome = rounds(&mut instance, options.rounds, &ledger, &mut times).await;
        over.set(true);
        outcome
    };
    let (_, outcome) = tokio::join!(visitors, kills);
    outcome?;

    let (ledger, made) = (ledger.into_inner(), demand.borrow().made());
    println!(
        "  {made} visitors: {} booked, {} of them unsure at first, of whom {} had been booked already",
        ledger.booked.len(),
        ledger.unsure,
        ledger.replayed
    );
    for (kind, mut seconds) in [("program", times.program), ("postmaster", times.postmaster)] {
        seconds.sort_by(f64::total_cmp);
        figures.tell(format!("crash: ready again after kill -9 of the {kind}, median"), percentile(&seconds, 0.5), "s");
        figures.hold(
            format!("crash: ready again after kill -9 of the {kind}, longest"),
            percentile(&seconds, 1.0),
            "s",
            Target::AtMost(5.0),
        );
    }
    figures.equal("visitors who were never answered", i64::try_from(ledger.given_up)?, 0);
    for (kind, count) in &ledger.refused {
        figures.wrong(format!("{count} visitors were refused a slot of their own with {kind}"));
    }
    figures.equal("visitors who were booked", i64::try_from(ledger.booked.len())?, i64::try_from(made)?);

    let mut db = instance.owner().await?;
    let emails: Vec<String> = ledger.booked.keys().map(|visitor| format!("visitor-{visitor}@example.com")).collect();
    let kept: i64 = sqlx::query_scalar("SELECT count(DISTINCT invitee_email) FROM scheduling.bookings WHERE invitee_email = ANY ($1)")
        .bind(&emails)
        .fetch_one(&mut db)
        .await?;
    figures.equal("answered bookings that are kept", kept, i64::try_from(emails.len())?);
    check::bookings(&mut db, i64::try_from(made)?, figures).await?;
    check::reactions(&mut db, i64::try_from(made)?, Weather::Kills, figures).await?;
    instance.stop().await
}

/// Asks until the answer is final, with the same Idempotency-Key each time.
async fn settle(client: &mut Client, visitor: usize, request: &[u8], ledger: &RefCell<Ledger>) {
    let (started, mut asked) = (Instant::now(), 0_u64);
    while started.elapsed() < SETTLE_LIMIT {
        asked += 1;
        match client.ask(request).await {
            Ok(answer) if answer.status == 201 => {
                let mut ledger = ledger.borrow_mut();
                ledger.answered += 1;
                ledger.unsure += u64::from(asked > 1);
                ledger.replayed += u64::from(answer.replayed);
                ledger.booked.insert(visitor, asked);
                return;
            }
            Ok(answer) if answer.status >= 500 || answer.code() == "request_under_way" => {}
            Ok(answer) => {
                let kind = format!("{} {}", answer.status, answer.code());
                *ledger.borrow_mut().refused.entry(kind).or_default() += 1;
                return;
            }
            Err(_) => {}
        }
        sleep(PAUSE).await;
    }
    ledger.borrow_mut().given_up += 1;
}

/// Seconds until ready again, by what was killed.
#[derive(Default)]
struct Times {
    program: Vec<f64>,
    postmaster: Vec<f64>,
}

async fn rounds(instance: &mut Instance, rounds: usize, ledger: &RefCell<Ledger>, times: &mut Times) -> Outcome {
    for round in 1..=rounds {
        sleep(BETWEEN).await;
        let (before, answered) = (instance.postmaster(), ledger.borrow().answered);
        let started = Instant::now();
        let what = if round % 2 == 1 {
            instance.kill().await?;
            instance.launch().await?;
            "program"
        } else {
            instance.kill_postmaster()?;
            // Backends of the dead server may still answer for a moment.
            while instance.postmaster().is_none_or(|pid| Some(pid) == before) && started.elapsed() < SETTLE_LIMIT {
                sleep(Duration::from_millis(5)).await;
            }
            instance.ready().await?;
            "postmaster"
        };
        let seconds = started.elapsed().as_secs_f64();
        if what == "program" { &mut times.program } else { &mut times.postmaster }.push(seconds);
        if instance.postmaster() == before {
            return Err(format!("round {round}: PostgreSQL was not started anew").into());
        }
        println!("  round {round:>2}: {what:<10} killed after {answered:>5} bookings, ready again after {seconds:.2} s");
    }
    sleep(BETWEEN).await;
    Ok(())
}
