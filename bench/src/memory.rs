//! Memory of the program at rest and under booking load, PostgreSQL's beside it, and the size of the binary.

use std::time::Duration;

use clap::Args;
use tokio::time::sleep;

use crate::data::{self, Demand, Organizer};
use crate::figures::{Figures, Target};
use crate::instance::{Instance, Setup};
use crate::load::drive;
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Seconds after the start at which memory at rest is read
    #[arg(long, default_value_t = 60)]
    rest: u64,
    /// Seconds of load
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("memory: after {} s at rest, then under booking load for {} s", options.rest, options.seconds));
    let mut instance = Instance::start(setup).await?;
    sleep(Duration::from_secs(options.rest)).await;
    figures.hold("memory: atrium at rest", instance.resident()?, "MB", Target::AtMost(60.0));
    let (share, processes) = instance.postgres_share()?;
    figures.tell(format!("memory: PostgreSQL at rest, {processes} processes"), share, "MB");

    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, 20, 10).await?;
    let organizers: Vec<Organizer> = tenants.iter().flat_map(|tenant| tenant.organizers.clone()).collect();
    let mut demand = Demand::new(&organizers, 0);
    let (mut most, mut most_postgres) = (0.0_f64, (0.0_f64, 0));
    let watch = async {
        for _ in 0..options.seconds * 4 {
            sleep(Duration::from_millis(250)).await;
            most = most.max(instance.resident()?);
            let share = instance.postgres_share()?;
            if share.0 > most_postgres.0 {
                most_postgres = share;
            }
        }
        Outcome::Ok(())
    };
    let (tally, watched) =
        tokio::join!(drive(instance.address, 16, Duration::from_secs(options.seconds), || demand.next(), |_, _| {}), watch);
    watched?;
    println!("  answers: {}", tally.summary());
    figures.hold("memory: atrium under load, most", most, "MB", Target::AtMost(150.0));
    figures.tell(format!("memory: PostgreSQL under load, {} processes, most", most_postgres.1), most_postgres.0, "MB");
    figures.hold("memory: the binary", instance.program_size()?, "MB", Target::AtMost(60.0));
    if tally.server_errors() > 0 || tally.broken > 0 {
        figures.wrong(format!("not all were answered: {}", tally.summary()));
    }
    instance.stop().await
}
