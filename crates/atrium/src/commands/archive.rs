//! `atrium archive`: for who has to find something, or to prove it, in what has left the database.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use platform::audit::archive::{self, Archive, Reader, Search, store};
use platform::audit::heads::{self, Hex, VerifyingKey};
use platform::audit::store::Which;
use platform::time::Timestamp;
use platform::{App, TenantId};
use uuid::Uuid;

use super::audit::{read_heads, tenant_of};
use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum ArchiveCommand {
    /// List the archives of the audit trail
    List {
        /// One workspace, by its short name or id; all where none is given
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Print the archived records that fit, as JSON lines, the oldest first; each file is proven whole on the way
    Search(SearchArgs),
    /// Read every archive back and hold each record against the chain and its signed heads; ends with 1 where one is broken
    Verify {
        /// One workspace, by its short name or id; all where none is given
        #[arg(long)]
        tenant: Option<String>,
        /// A public key that was noted elsewhere, in hex digits; may be given several times. Without one, the keys that this instance sealed
        #[arg(long = "public-key", value_name = "HEX")]
        public_keys: Vec<Hex<32>>,
        /// Signed heads that were kept elsewhere: lines of JSON, such as the program's log
        #[arg(long)]
        heads: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub struct SearchArgs {
    /// One workspace, by its short name or id; all where none is given
    #[arg(long)]
    tenant: Option<String>,
    /// Records from then on, such as `2026-01-01T00:00:00Z`
    #[arg(long)]
    from: Option<Timestamp>,
    /// Records before then
    #[arg(long)]
    to: Option<Timestamp>,
    /// Who acted, by the id of the user
    #[arg(long)]
    actor: Option<Uuid>,
    /// What was done, such as `booking.cancelled`
    #[arg(long)]
    action: Option<String>,
    /// The kind of record, such as `contact`
    #[arg(long)]
    entity_type: Option<String>,
    /// The record, by its id
    #[arg(long)]
    entity: Option<Uuid>,
    /// Text in the action, the kind of record, who acted, or old and new values
    #[arg(long)]
    text: Option<String>,
}

pub async fn run(app: &App, command: &ArchiveCommand) -> Result<ExitCode, Failure> {
    match command {
        ArchiveCommand::List { tenant } => list(app, tenant.as_deref()).await,
        ArchiveCommand::Search(what) => search(app, what).await,
        ArchiveCommand::Verify { tenant, public_keys, heads } => {
            let keys: Vec<VerifyingKey> = public_keys.iter().map(|key| VerifyingKey(key.0)).collect();
            let outside = heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
            verify(app, tenant.as_deref(), keys, &outside).await
        }
    }
}

/// The tenant of that name, or every one that has archives; with what it is called.
async fn tenants(app: &App, name: Option<&str>) -> Result<Vec<(TenantId, String)>, Failure> {
    if let Some(name) = name {
        return Ok(vec![(tenant_of(app, name).await?, name.to_owned())]);
    }
    let mut db = app.pools.owner.acquire().await?;
    Ok(store::tenants(&mut db).await?.into_iter().map(|(tenant, slug)| (tenant, slug.unwrap_or_else(|| tenant.0.to_string()))).collect())
}

async fn archives(app: &App, tenant: TenantId) -> Result<Vec<Archive>, Failure> {
    Ok(store::of_tenant(&mut *app.pools.owner.acquire().await?, tenant).await?)
}

async fn list(app: &App, tenant: Option<&str>) -> Result<ExitCode, Failure> {
    let mut count = 0;
    for (tenant, name) in tenants(app, tenant).await? {
        for archive in archives(app, tenant).await? {
            let manifest = &archive.signed.manifest;
            let gone = archive.removed_at.map(|at| format!("  removed {at}")).unwrap_or_default();
            println!(
                "{name}  {} to {}  {} records, {} to {}  {} bytes  {}{gone}",
                archive.from, archive.to, manifest.records, manifest.first_seq, manifest.last_seq, archive.size, archive.storage_key
            );
            count += 1;
        }
    }
    if count == 0 {
        println!("Nothing is archived yet.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn search(app: &App, what: &SearchArgs) -> Result<ExitCode, Failure> {
    let which = Which {
        entity_type: what.entity_type.clone(),
        entity_id: what.entity,
        actor_id: what.actor,
        action: what.action.clone(),
        from: what.from,
        to: what.to,
    };
    let text = what.text.as_deref().map(str::to_lowercase);
    let search = Search { which: &which, text: text.as_deref() };
    let keys = heads::own_keys(app, &mut *app.pools.owner.acquire().await?).await?;
    let (mut out, mut found, mut is_whole) = (std::io::stdout().lock(), 0_u64, true);
    for (tenant, name) in tenants(app, what.tenant.as_deref()).await? {
        for archive in archives(app, tenant).await?.iter().filter(|archive| search.reaches(archive)) {
            let read = async {
                let mut reader = Reader::open(app, archive, &keys, &[]).await?;
                while let Some(links) = reader.next().await? {
                    for event in search.find(app, tenant, links).await? {
                        let line = serde_json::json!({ "tenant": name, "event": event });
                        writeln!(out, "{line}")?;
                        found += 1;
                    }
                }
                Ok::<_, Failure>(())
            };
            if let Err(error) = read.await {
                // Who pipes the lines to `head` has seen enough.
                if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
                    return Ok(ExitCode::SUCCESS);
                }
                is_whole = false;
                eprintln!("{}: {error}", archive.storage_key);
            }
        }
    }
    eprintln!("{found} records");
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify(app: &App, tenant: Option<&str>, given: Vec<VerifyingKey>, outside: &[heads::Head]) -> Result<ExitCode, Failure> {
    let keys = if given.is_empty() { heads::own_keys(app, &mut *app.pools.owner.acquire().await?).await? } else { given };
    let mut is_whole = true;
    for (tenant, name) in tenants(app, tenant).await? {
        let all = archives(app, tenant).await?;
        if let Err(broken) = archive::follow(tenant, &all, &keys) {
            is_whole = false;
            println!("{name}  BROKEN at {broken}");
        }
        let own: Vec<_> = outside.iter().filter(|head| head.tenant == tenant.0).cloned().collect();
        for archive in &all {
            if let Some(at) = archive.removed_at {
                println!("{}  removed {at}, its time being over", archive.storage_key);
                continue;
            }
            match archive::verify(app, archive, &keys, &own).await {
                Ok(heads) => println!("{}  whole: {} records, {heads} signed heads", archive.storage_key, archive.signed.manifest.records),
                Err(error) if error.is_outage() => return Err(error.into()),
                Err(broken) => {
                    is_whole = false;
                    println!("{}  BROKEN at {broken}", archive.storage_key);
                }
            }
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
