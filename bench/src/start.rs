//! How long the program takes until it is ready: on a private cluster that exists, and on a database of a server that runs.

use clap::Args;

use crate::figures::{Figures, Target};
use crate::instance::{Instance, Setup};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Starts of each kind
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
}

/// # Errors
/// A program that does not start.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("start: until /readyz says so, {} times each", options.starts));
    // The first start makes the cluster and runs the migrations.
    let mut instance = Instance::start(setup).await?;
    let mut longest = 0.0_f64;
    for _ in 0..options.starts {
        instance.stop().await?;
        longest = longest.max(instance.launch().await?.as_secs_f64());
    }
    figures.hold("start: existing private cluster, longest", longest, "s", Target::AtMost(3.0));

    let mut beside = instance.start_beside().await?;
    let mut longest = 0.0_f64;
    for _ in 0..options.starts {
        beside.stop().await?;
        longest = longest.max(beside.launch().await?.as_secs_f64());
    }
    figures.hold("start: DATABASE_URL, longest", longest, "s", Target::AtMost(1.0));
    beside.stop().await?;
    instance.stop().await
}
