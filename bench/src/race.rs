//! Many parallel bookings of one slot: one gets it, the others learn what else is free, and nobody waits long.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::Args;
use futures_util::future::join_all;

use crate::check::Weather;
use crate::client::Client;
use crate::data::{self, Calendar};
use crate::figures::{Figures, Target, percentile};
use crate::instance::{Instance, Setup};
use crate::{Outcome, check, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Visitors who want the same slot at the same time
    #[arg(long, default_value_t = 50)]
    visitors: usize,
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("race: {} parallel bookings of one slot, {} rounds", options.visitors, options.rounds));
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, 1, 1).await?;
    let (organizer, calendar) = (&tenants[0].organizers[0], Calendar::new());
    let mut clients: Vec<Client> = (0..options.visitors).map(|_| Client::new(instance.address)).collect();
    for client in &mut clients {
        client.connect().await?;
    }
    let (mut millis, mut answers) = (Vec::new(), BTreeMap::<String, u64>::new());
    for round in 0..options.rounds {
        let asked = clients.iter_mut().enumerate().map(async |(nth, client)| {
            let request = data::book(organizer, calendar, round, round * options.visitors + nth, "")?;
            let started = Instant::now();
            let answer = client.ask(&request).await?;
            let elapsed = started.elapsed().as_secs_f64() * 1000.0;
            let kind = match answer.status {
                201 => "201".to_owned(),
                409 => {
                    let body = answer.json();
                    let nearest = body["nearest"].as_array().map_or(0, Vec::len);
                    let free = if nearest > 0 { "with free slots nearby" } else { "WITHOUT free slots nearby" };
                    format!("409 {} {free}", body["code"].as_str().unwrap_or_default())
                }
                status => format!("{status} {}", answer.code()),
            };
            Outcome::Ok((elapsed, kind))
        });
        let mut won = 0;
        for outcome in join_all(asked).await {
            match outcome {
                Ok((elapsed, kind)) => {
                    millis.push(elapsed);
                    won += i64::from(kind == "201");
                    *answers.entry(kind).or_default() += 1;
                }
                Err(error) => figures.wrong(format!("round {}: no answer: {error}", round + 1)),
            }
        }
        if won != 1 {
            figures.wrong(format!("round {}: {won} got the slot", round + 1));
        }
    }
    millis.sort_by(f64::total_cmp);
    for (kind, count) in &answers {
        println!("  {count:>5} × {kind}");
        if !matches!(kind.as_str(), "201" | "409 slot_taken with free slots nearby") {
            figures.wrong(format!("{count} answers of {kind}"));
        }
    }
    figures.tell("race: median", percentile(&millis, 0.5), "ms");
    figures.hold("race: 99th percentile", percentile(&millis, 0.99), "ms", Target::AtMost(500.0));
    figures.tell("race: slowest", percentile(&millis, 1.0), "ms");
    check::bookings(&mut db, i64::try_from(options.rounds)?, figures).await?;
    check::reactions(&mut db, i64::try_from(options.rounds)?, Weather::Fair, figures).await?;
    figures.equal(
        "deadlocks",
        check::count(&mut db, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await?,
        0,
    );
    instance.stop().await
}
