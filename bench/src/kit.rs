//! The engine against npm's `@thebookingkit/core`, on the same scenarios and in one run.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Args;
use scheduling::scenario::{Question, Scenario};
use scheduling::slots::find;

use crate::figures::{Figures, Target, median};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Scenarios, and beside them the folder `bookingkit`
    #[arg(long, default_value = "bench/scenarios")]
    scenarios: PathBuf,
    /// Calls of the other engine for each scenario; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Calls of our engine for each scenario.
const OUR_ROUNDS: usize = 101;
/// Scenarios on which both must agree at least.
const FEWEST: usize = 100;
/// How many times faster ours must be.
const FASTER: f64 = 50.0;

struct Measured {
    starts: Vec<i64>,
    micros: f64,
}

/// # Errors
/// Node or the package is not there, or a scenario cannot be read.
pub fn run(options: &Options, figures: &mut Figures) -> Outcome {
    title("kit: the engine against @thebookingkit/core on the committed scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(&options.scenarios)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort_unstable();

    let theirs = theirs(&files, options)?;
    let (mut agreed, mut strange, mut ours, mut others) = (0, 0, 0.0, 0.0);
    for file in &files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(Some(their)) = theirs.get(&name) else {
            strange += 1;
            continue;
        };
        let our = our(file)?;
        if our.starts == their.starts {
            agreed += 1;
            ours += our.micros;
            others += their.micros;
        } else {
            println!("  {name}: the rules differ ({} starts here, {} there)", our.starts.len(), their.starts.len());
        }
    }
    println!("  {} scenarios, {strange} with rules that the other one does not have; the rules agree in {agreed}", files.len());
    if agreed < FEWEST {
        figures.wrong(format!("only {agreed} scenarios have the same slots in both engines, and {FEWEST} must"));
    }
    figures.tell("kit: our engine, all scenarios that agree", ours / 1000.0, "ms");
    figures.tell("kit: @thebookingkit/core, the same", others / 1000.0, "ms");
    figures.hold("kit: times faster", others / ours, "", Target::AtLeast(FASTER));
    Ok(())
}

fn our(file: &Path) -> Outcome<Measured> {
    let scenario: Scenario = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let question = Question::new(&scenario)?;
    let event = question.events.first().ok_or("no duration")?;
    let query = question.query(event);
    let starts = find(&query)?.slots().iter().map(|slot| slot.start).collect();
    let mut micros = Vec::with_capacity(OUR_ROUNDS);
    for _ in 0..OUR_ROUNDS {
        let started = Instant::now();
        let found = find(black_box(&query));
        micros.push(started.elapsed().as_secs_f64() * 1e6);
        drop(black_box(found));
    }
    Ok(Measured { starts, micros: median(&micros) })
}

/// By file name; nothing where the scenario has a rule that it does not know.
fn theirs(files: &[PathBuf], options: &Options) -> Outcome<BTreeMap<String, Option<Measured>>> {
    let script = options.scenarios.join("../bookingkit/run.mjs");
    let output = Command::new("node").arg(script).arg(options.rounds.to_string()).args(files).output()?;
    if !output.status.success() {
        return Err(format!("node: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let answers: BTreeMap<String, Option<serde_json::Value>> = serde_json::from_slice(&output.stdout)?;
    let measured = |answer: serde_json::Value| Measured {
        starts: answer["starts"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_i64).collect(),
        micros: answer["micros"].as_f64().unwrap_or(0.0),
    };
    Ok(answers.into_iter().map(|(name, answer)| (name, answer.map(measured))).collect())
}
