//! `atrium audit`: for who has to prove, or to check, that the trail is what was written.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use platform::audit::file::{self, Writer};
use platform::audit::heads::{self, Head, Hex, VerifyingKey};
use platform::audit::{store, verify};
use platform::time::Timestamp;
use platform::{App, TenantId};

use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Verify the chains of hashes, and name the first broken record of each; ends with 1 where one is broken
    Verify(VerifyArgs),
    /// Write a workspace's sealed records to a file, as JSON lines with a signed manifest at the end
    Export {
        /// The workspace, by its short name or id
        #[arg(long)]
        tenant: String,
        #[arg(long)]
        out: PathBuf,
        /// Records from then on, such as `2026-01-01T00:00:00Z`
        #[arg(long)]
        from: Option<Timestamp>,
        /// Records before then
        #[arg(long)]
        to: Option<Timestamp>,
    },
    /// Print the public keys that verify signed heads, the newest first
    Keys {
        /// Make a new key first, which signs from now on
        #[arg(long)]
        renew: bool,
    },
}

#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// One workspace, by its short name or id; all where none is given
    #[arg(long, conflicts_with = "file")]
    tenant: Option<String>,
    /// An exported file or an archive in place of the database, which is not touched then
    #[arg(long, requires = "public_keys")]
    pub file: Option<PathBuf>,
    /// A public key that was noted elsewhere, in hex digits; may be given several times. Without one, the keys that this instance sealed
    #[arg(long = "public-key", value_name = "HEX")]
    public_keys: Vec<Hex<32>>,
    /// Signed heads that were kept elsewhere: lines of JSON, such as the program's log
    #[arg(long)]
    heads: Option<PathBuf>,
}

impl VerifyArgs {
    fn keys(&self) -> Vec<VerifyingKey> {
        self.public_keys.iter().map(|key| VerifyingKey(key.0)).collect()
    }
}

pub async fn run(app: &App, command: &AuditCommand) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Verify(what) => verify_database(app, what).await,
        AuditCommand::Export { tenant, out, from, to } => export(app, tenant, out, *from, *to).await,
        AuditCommand::Keys { renew } => keys(app, *renew).await,
    }
}

pub(super) async fn tenant_of(app: &App, name: &str) -> Result<TenantId, Failure> {
    let mut db = app.pools.owner.acquire().await?;
    store::tenant(&mut db, name).await?.ok_or_else(|| format!("there is no workspace {name}").into())
}

async fn verify_database(app: &App, what: &VerifyArgs) -> Result<ExitCode, Failure> {
    let outside = what.heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    let mut db = app.pools.owner.acquire().await?;
    let keys = if what.public_keys.is_empty() { heads::own_keys(app, &mut db).await? } else { what.keys() };
    // What is gone from the database altogether shows against heads that were kept elsewhere.
    let told: Vec<uuid::Uuid> = outside.iter().map(|head| head.tenant).collect();
    let tenants = match &what.tenant {
        Some(name) => vec![tenant_of(app, name).await?],
        None => store::tenants(&mut db, &told).await?,
    };
    drop(db);
    let mut is_whole = true;
    for tenant in tenants {
        let verdict = verify::verify(app, tenant, &keys, &outside).await?;
        match verdict.broken {
            None => {
                let archived = if verdict.archived > 0 { format!(", {} of them archived", verdict.archived) } else { String::new() };
                println!("{}  whole: {} records, {} signed heads{archived}", tenant.0, verdict.records, verdict.heads);
            }
            Some(broken) => {
                is_whole = false;
                println!("{}  BROKEN at {broken}", tenant.0);
            }
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Without a database or a key file.
///
/// # Errors
/// Files that cannot be read.
pub fn verify_file(what: &VerifyArgs) -> Result<ExitCode, Failure> {
    let path = what.file.as_deref().ok_or("no file")?;
    let outside = what.heads.as_deref().map(read_heads).transpose()?.unwrap_or_default();
    match file::verify_file(File::open(path)?, &what.keys(), &outside) {
        Ok(verified) => {
            let manifest = verified.manifest;
            println!(
                "whole: {} records of {}, {} to {}, {} signed heads",
                manifest.records, manifest.tenant, manifest.first_seq, manifest.last_seq, verified.heads
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(file::FileError::Io(error)) => Err(error.into()),
        Err(broken) => {
            println!("BROKEN at {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Heads among lines of JSON; other lines, as the log has them, are passed over.
pub(super) fn read_heads(path: &Path) -> Result<Vec<Head>, Failure> {
    let mut heads = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        if let Ok(head) = serde_json::from_str::<Head>(&line?) {
            heads.push(head);
        }
    }
    if heads.is_empty() {
        return Err(format!("{} holds no signed head", path.display()).into());
    }
    Ok(heads)
}

async fn export(app: &App, tenant: &str, out: &Path, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<ExitCode, Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let tenant = tenant_of(app, tenant).await?;
    // It says in plain what the database holds sealed.
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(out)?;
    let mut writer = Writer::begin(app, tenant, from, to).await?;
    while let Some(lines) = writer.next().await? {
        file.write_all(&lines)?;
    }
    let (last, signed) = writer.finish().await?;
    file.write_all(&last)?;
    file.sync_all()?;
    let manifest = signed.manifest;
    println!("{} records, {} to {}, last hash {}", manifest.records, manifest.first_seq, manifest.last_seq, manifest.last_hash);
    Ok(ExitCode::SUCCESS)
}

async fn keys(app: &App, renew: bool) -> Result<ExitCode, Failure> {
    let mut tx = app.pools.owner.begin().await?;
    if renew {
        heads::new_key(app, &mut tx).await?;
    } else {
        heads::signing_key(app, &mut tx).await?;
    }
    tx.commit().await?;
    let mut db = app.pools.owner.acquire().await?;
    for key in store::public_keys(&mut db).await? {
        println!("{}  {}  since {}", key.id, hex::encode(key.public_key), key.created_at);
    }
    Ok(ExitCode::SUCCESS)
}
