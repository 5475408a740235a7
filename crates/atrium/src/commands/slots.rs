//! `atrium slots`: the slot engine on a scenario from a file.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use scheduling::scenario::{Question, Scenario, answer};

use crate::serve::Failure;

#[derive(Args, Debug)]
pub struct SlotsArgs {
    /// A scenario as docs/scenarios.md says; `-` reads it from the standard input
    scenario: PathBuf,
    /// Say of each moment that is not offered, which rules keep it from being so
    #[arg(long)]
    why: bool,
}

/// Prints the answer as JSON.
///
/// # Errors
/// A file that cannot be read, or a scenario that makes no sense.
pub fn run(args: &SlotsArgs) -> Result<(), Failure> {
    let name = args.scenario.display();
    let text = if args.scenario.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(&args.scenario).map_err(|error| format!("{name}: {error}"))?
    };
    let scenario: Scenario = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
    let answer = Question::new(&scenario).and_then(|question| answer(&question, args.why)).map_err(|error| format!("{name}: {error}"))?;
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}
