//! The audit trail's chain: how fast it is verified, in the database and as a file, beside SHA-256 of the same bytes alone.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use clap::Args;
use platform::audit::file::verify_file;
use platform::audit::heads::{Hex, VerifyingKey};
use platform::audit::record::Record;
use platform::crypto::sha256;
use serde_json::Value;
use tokio::time::sleep;
use uuid::Uuid;

use crate::figures::{Figures, Target, median};
use crate::instance::{Instance, Setup};
use crate::{Outcome, check, data, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Records of the chain
    #[arg(long, default_value_t = 200_000)]
    records: i32,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

const SEAL_LIMIT: Duration = Duration::from_secs(300);

/// # Errors
/// A program that does not start, or a chain that is not whole.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("audit: a chain of {} records", options.records));
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenant = data::tenants(&mut db, 1, 1).await?.remove(0).id;
    let started = Instant::now();
    // As long as a booking's lines are: who and from where, and the new values, both sealed.
    let ids: Vec<Uuid> = (0..options.records).map(|_| platform::id::new()).collect();
    for ids in ids.chunks(10_000) {
        sqlx::query(
            "INSERT INTO platform.audit_events (tenant_id, id, actor_name, actor_key, actor_ciphertext, action, entity_type, entity_id,
                                                values_key, values_ciphertext, request_id)
             SELECT $1, id, 'visitor', id, decode(repeat('5a', 180), 'hex'), 'booking.created', 'booking', id, id,
                    decode(repeat('a5', 620), 'hex'), id
               FROM unnest($2::uuid[]) AS id",
        )
        .bind(tenant)
        .bind(ids)
        .execute(&mut db)
        .await?;
    }
    let sealed = "SELECT coalesce(sum(seq), 0)::bigint FROM platform.audit_chains";
    while check::count(&mut db, sealed).await? < i64::from(options.records) {
        if started.elapsed() > SEAL_LIMIT {
            return Err("the sealer does not come to an end".into());
        }
        sleep(Duration::from_millis(100)).await;
    }
    figures.tell("audit: records written and sealed", f64::from(options.records) / started.elapsed().as_secs_f64(), "/s");
    sqlx::query("ANALYZE platform.audit_events, platform.audit_seals").execute(&mut db).await?;

    let name = tenant.to_string();
    let mut rates = Vec::new();
    for _ in 0..options.rounds.min(3) {
        let started = Instant::now();
        let said = said_by(&instance, &["audit", "verify", "--tenant", &name]).await?;
        rates.push(f64::from(options.records) / started.elapsed().as_secs_f64());
        if !said.contains(&format!("whole: {} records", options.records)) {
            figures.wrong(format!("the chain was not found whole: {said}"));
        }
    }
    figures.tell("audit: `atrium audit verify` of the database, its start included", median(&rates), "/s");

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("trail.jsonl");
    said_by(&instance, &["audit", "export", "--tenant", &name, "--out", path.to_str().ok_or("a path")?]).await?;
    let listed = said_by(&instance, &["audit", "keys"]).await?;
    let key: Hex<32> = listed.split_whitespace().nth(1).ok_or("no key")?.parse()?;
    let keys = [VerifyingKey(key.0)];
    let bytes: Vec<Vec<u8>> = BufReader::new(File::open(&path)?)
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let line: Value = serde_json::from_str(&line).ok()?;
            let record: Record = serde_json::from_value(line.get("record")?.clone()).ok()?;
            let mut bytes = vec![0; 32];
            record.canonical(tenant, line.get("seq")?.as_i64()?, &mut bytes);
            Some(bytes)
        })
        .collect();
    let (mut of_file, mut bare) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let started = Instant::now();
        let verified = verify_file(File::open(&path)?, &keys, &[])?;
        of_file.push(f64::from(options.records) / started.elapsed().as_secs_f64());
        if verified.manifest.records != i64::from(options.records) {
            figures.wrong(format!("the file has {} records", verified.manifest.records));
        }
        let started = Instant::now();
        for bytes in &bytes {
            black_box(sha256(bytes));
        }
        bare.push(f64::from(options.records) / started.elapsed().as_secs_f64());
        println!("  round {round}: {:.0}/s, SHA-256 alone {:.0}/s", of_file[round - 1], bare[round - 1]);
    }
    figures.hold("audit: records of a file verified", median(&of_file), "/s", Target::AtLeast(200_000.0));
    figures.tell("audit: SHA-256 of the same bytes alone, one thread", median(&bare), "/s");
    figures.tell("audit: verified, of what SHA-256 alone does", median(&of_file) / median(&bare) * 100.0, "%");
    instance.stop().await
}

/// What a command of the program prints, beside the one that runs.
async fn said_by(instance: &Instance, arguments: &[&str]) -> Outcome<String> {
    let output = instance.command().args(arguments).stdin(Stdio::null()).output().await?;
    if !output.status.success() {
        return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
