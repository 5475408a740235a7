//! A contact by its id through HTTP, with session, policies and JSON, against pgbench for the same statement.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use clap::Args;
use platform::TenantId;
use platform::db::ContextSeal;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tokio::process::Command;
use tokio::time::sleep;
use uuid::Uuid;

use crate::client::get;
use crate::data::{self, Tenant};
use crate::figures::{Figures, Target, median};
use crate::instance::{Instance, Processor, Setup};
use crate::load::{Tally, drive};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Clients of pgbench and of the HTTP load alike
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Rounds of each, in turns
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

const TENANTS: usize = 20;
const CONTACTS: usize = 1000;
/// pgbench draws among so many scripts, each with a contact of its own.
const SCRIPTS: usize = 8;

/// What `GET /api/v1/contacts/{id}` runs; compared with what the program sends.
const STATEMENT: &str = r#"
SELECT c.id, c.kind AS "kind: Kind", c.name, c.name_key, c.given_name, c.family_name, c.email, c.phone,
       c.company_id, company.name AS "company_name?", c.job_title, c.lifecycle AS "lifecycle: Lifecycle",
       c.source, c.owner_id, owner.display_name AS "owner_name?", c.timezone, c.locale, c.notes,
       c.total_bookings, c.last_booking_at, c.created_at, c.updated_at, c.version
  FROM contacts.contacts c
  LEFT JOIN contacts.contacts company ON company.tenant_id = c.tenant_id AND company.id = c.company_id
  LEFT JOIN identity.members owner ON owner.tenant_id = c.tenant_id AND owner.user_id = c.owner_id
 WHERE c.tenant_id = $1 AND c.archived_at IS NULL AND c.id = $2"#;

/// # Errors
/// A program that does not start, or a pgbench that is missing.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title("read: GET /api/v1/contacts/{id} against pgbench -M prepared");
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, TENANTS, 1).await?;
    let contacts = data::contacts(&mut db, &tenants, CONTACTS).await?;
    let (owner, app) = instance.roles()?;
    let bench = Pgbench::new(&instance, &tenants, &contacts)?;
    let seconds = Duration::from_secs(options.seconds);

    check_statement(&instance, options, &tenants, &contacts, figures).await?;
    let mut tally = Tally::default();
    let (mut direct, mut http, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut spent = Vec::new();
    for round in 1..=options.rounds {
        let pgbench = bench.run(&owner, &Transaction::None, options.clients, options.seconds).await?;
        let before = instance.processor()?;
        let one = load(&instance, options.clients, seconds, &tenants, &contacts).await;
        println!(
            "  round {round}: pgbench {:.0}/s, HTTP {:.0}/s, {:.1} %",
            pgbench.rate,
            one.rate(200),
            100.0 * one.rate(200) / pgbench.rate
        );
        spent.push((instance.processor()?.since(before), one.rate(200) * one.seconds, one.seconds));
        ratios.push(100.0 * one.rate(200) / pgbench.rate);
        direct.push(pgbench.rate);
        http.push(one.rate(200));
        tally.add(&one);
    }
    println!("  answers: {}", tally.summary());
    figures.tell(format!("read: pgbench -M prepared, {} clients", options.clients), median(&direct), "/s");
    figures.tell("read: HTTP, session and policies included", median(&http), "/s");
    figures.hold("read: HTTP of pgbench", median(&ratios), "%", Target::AtLeast(15.0));
    figures.tell("read: HTTP, median", tally.millis(0.5), "ms");
    figures.tell("read: HTTP, 99th percentile", tally.millis(0.99), "ms");
    let each = |of: fn(&Processor) -> f64| median(&spent.iter().map(|(spent, count, _)| of(spent) * 1e6 / count).collect::<Vec<_>>());
    figures.tell("read: processor time for each, atrium", each(|spent| spent.program), "µs");
    figures.tell("read: processor time for each, PostgreSQL", each(|spent| spent.postgres), "µs");
    figures.tell("read: processor time for each, load generator", each(|spent| spent.generator), "µs");
    let others: Vec<f64> = spent.iter().map(|(spent, _, seconds)| spent.others() / seconds).collect();
    figures.tell("read: processors that others used meanwhile", median(&others), "");
    if tally.answered(200) == 0 || tally.statuses.len() > 1 || tally.broken > 0 {
        figures.wrong(format!("reads were not all answered with 200: {}", tally.summary()));
    }
    context(&instance, &bench, &owner, &app, options, figures).await?;
    instance.stop().await
}

async fn load(instance: &Instance, clients: usize, time: Duration, tenants: &[Tenant], contacts: &[Vec<Uuid>]) -> Tally {
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    let next = || {
        // Marsaglia's xorshift.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let tenant = usize::try_from(dice % 1_000_003).unwrap_or(0) % tenants.len();
        let contact = usize::try_from(dice % 999_983).unwrap_or(0) % contacts[tenant].len();
        Some(((), get(&format!("/api/v1/contacts/{}", contacts[tenant][contact]), &tenants[tenant].cookie)))
    };
    drive(instance.address, clients, time, next, |(), _| {}).await
}

/// Looks over the server's shoulder, so that the two sides cannot drift apart; the first requests warm it up as well.
async fn check_statement(
    instance: &Instance,
    options: &Options,
    tenants: &[Tenant],
    contacts: &[Vec<Uuid>],
    figures: &mut Figures,
) -> Outcome {
    let mut db = instance.superuser().await?;
    let look = async {
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..200 {
            sleep(Duration::from_millis(5)).await;
            let now: Vec<String> = sqlx::query_scalar(
                "SELECT query FROM pg_stat_activity WHERE application_name = 'atrium web' AND query ~ '^\\s*SELECT c\\.id'",
            )
            .fetch_all(&mut db)
            .await?;
            seen.extend(now);
        }
        Ok::<_, sqlx::Error>(seen)
    };
    let (_, seen) = tokio::join!(load(instance, options.clients, Duration::from_millis(1500), tenants, contacts), look);
    let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // What the server shows is cut off at track_activity_query_size.
    match seen?.first() {
        Some(sent) if bare(STATEMENT).starts_with(&bare(sent)) => println!("  pgbench runs the statement that the program runs"),
        Some(sent) => figures.wrong(format!("pgbench runs another statement than the program, which sends: {}", bare(sent))),
        None => figures.wrong("the program was not seen to read contacts"),
    }
    Ok(())
}

/// The same statement alone, in a transaction as owner, and in a sealed one under the policies.
async fn context(
    instance: &Instance,
    bench: &Pgbench,
    owner: &PgConnectOptions,
    app: &PgConnectOptions,
    options: &Options,
    figures: &mut Figures,
) -> Outcome {
    title("read: what the sealed context costs (pgbench, 1 client)");
    let seal = ContextSeal::new(&instance.keys()?);
    let (mut alone, mut unbound, mut bound) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        // Valid for a minute.
        let sealed = Transaction::Sealed(seal.mint(TenantId(bench.tenants[0])));
        alone.push(bench.run(owner, &Transaction::None, 1, options.seconds).await?.micros);
        unbound.push(bench.run(owner, &sealed, 1, options.seconds).await?.micros);
        bound.push(bench.run(app, &sealed, 1, options.seconds).await?.micros);
    }
    let [alone, unbound, bound] = [alone, unbound, bound].map(|values| median(&values));
    figures.tell("read: the statement alone, as owner", alone, "µs");
    figures.tell("read: BEGIN, SET LOCAL, statement, COMMIT, as owner", unbound, "µs");
    figures.tell("read: the same under the policies, as the serving role", bound, "µs");
    figures.tell("read: of which checking the sealed context", bound - unbound, "µs");
    Ok(())
}

enum Transaction {
    None,
    /// With this context.
    Sealed(String),
}

struct Measured {
    rate: f64,
    /// Of one transaction.
    micros: f64,
}

struct Pgbench {
    program: PathBuf,
    scripts: tempfile::TempDir,
    /// One contact a script, each of a tenant of its own.
    tenants: Vec<Uuid>,
    contacts: Vec<Uuid>,
}

impl Pgbench {
    fn new(instance: &Instance, tenants: &[Tenant], contacts: &[Vec<Uuid>]) -> Outcome<Self> {
        let beside = instance.programs()?.join("pgbench");
        let program = if beside.is_file() { beside } else { PathBuf::from("pgbench") };
        Ok(Self {
            program,
            scripts: tempfile::tempdir()?,
            tenants: tenants.iter().take(SCRIPTS).map(|tenant| tenant.id).collect(),
            contacts: contacts.iter().take(SCRIPTS).map(|contacts| contacts[0]).collect(),
        })
    }

    async fn run(&self, role: &PgConnectOptions, transaction: &Transaction, clients: usize, seconds: u64) -> Outcome<Measured> {
        let mut command = Command::new(&self.program);
        let url = role.to_url_lossy();
        command
            .env("PGHOST", role.get_socket().ok_or("the private server has no socket")?)
            .env("PGPORT", role.get_port().to_string())
            .env("PGUSER", role.get_username())
            .env("PGPASSWORD", url.password().unwrap_or_default())
            .env("PGDATABASE", role.get_database().unwrap_or_default())
            .args(["-n", "-M", "prepared", "-j", "1", "-c", &clients.to_string(), "-T", &seconds.to_string()])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // A context is one tenant's, so there is one script then.
        let scripts = if matches!(transaction, Transaction::None) { self.tenants.len() } else { 1 };
        for nth in 0..scripts {
            let statement = STATEMENT.replace("$1", &format!(":tenant{nth}")).replace("$2", &format!(":contact{nth}"));
            let text = match transaction {
                Transaction::None => format!("{statement};\n"),
                Transaction::Sealed(context) => format!("BEGIN;\nSET LOCAL atrium.context = '{context}';\n{statement};\nCOMMIT;\n"),
            };
            let path = self.scripts.path().join(format!("{nth}.sql"));
            tokio::fs::write(&path, text).await?;
            command.arg("-f").arg(path);
            command.args(["-D", &format!("tenant{nth}={}", self.tenants[nth]), "-D", &format!("contact{nth}={}", self.contacts[nth])]);
        }
        let output = command.output().await.map_err(|error| format!("{} cannot be run: {error}", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let figure = |label: &str| {
            let rest = text.split(label).nth(1)?;
            rest.split_whitespace().next()?.parse::<f64>().ok()
        };
        let (rate, latency) = (figure("tps = "), figure("latency average = "));
        let (Some(rate), Some(millis)) = (rate, latency) else { return Err(format!("pgbench printed no figures: {text}").into()) };
        Ok(Measured { rate, micros: millis * 1000.0 })
    }
}
