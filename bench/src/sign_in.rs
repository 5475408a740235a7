//! Sign-ins against the bare hashing that they cannot do without, and what knowing the session and its permissions adds to a request.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use clap::Args;
use platform::crypto::Token;
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::client::{get, post};
use crate::data::{self, Tenant};
use crate::figures::{Figures, Target, median};
use crate::instance::{Instance, Setup};
use crate::load::{Tally, drive};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Who signs in at a time; the program hashes for two at a time
    #[arg(long, default_value_t = 4)]
    connections: usize,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// As many as the program lets hash at a time.
const PERMITS: usize = 2;
const TENANTS: usize = 20;
const USERS: usize = 10;
const SESSIONS: usize = 20_000;
const PASSWORD: &str = "a password of the bench";
/// As the program has them (OWASP).
const COST: (u32, u32) = (19_456, 2);
/// Refused before the handler asks the database anything, in the same way with a session and without one.
const CHEAP: &str = "/api/v1/audit-events?q=x";

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, TENANTS, USERS).await?;
    sign_ins(&instance, options, &mut db, &tenants, figures).await?;
    sessions(&instance, options, &mut db, &tenants, figures).await?;
    instance.stop().await
}

fn hasher() -> Outcome<Argon2<'static>> {
    let params = Params::new(COST.0, COST.1, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Verifications a second by as many threads as the program has permits.
fn bare(hash: &str, time: Duration) -> Outcome<f64> {
    let (count, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let hasher = hasher()?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..PERMITS {
            scope.spawn(|| {
                let Ok(parsed) = PasswordHash::new(hash) else { return };
                while !stop.load(Ordering::Relaxed) {
                    if black_box(hasher.verify_password(PASSWORD.as_bytes(), &parsed)).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    #[expect(clippy::cast_precision_loss, reason = "a figure to be printed")]
    let rate = count.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    Ok(rate)
}

async fn sign_ins(instance: &Instance, options: &Options, db: &mut PgConnection, tenants: &[Tenant], figures: &mut Figures) -> Outcome {
    title("sign-in: POST /api/v1/sessions against bare argon2id by as many threads as the program has permits");
    let hash = {
        use argon2::password_hash::PasswordHasher;
        hasher()?.hash_password(PASSWORD.as_bytes()).map_err(|error| error.to_string())?.to_string()
    };
    sqlx::query("UPDATE directory.users SET password_hash = '1' || $1, password_changed_at = now()").bind(&hash).execute(&mut *db).await?;
    let emails: Vec<String> = sqlx::query_scalar("SELECT email FROM directory.users ORDER BY id").fetch_all(&mut *db).await?;
    let requests: Vec<Vec<u8>> =
        emails.iter().map(|email| post("/api/v1/sessions", "", &json!({ "email": email, "password": PASSWORD }))).collect();
    let cheap = get(CHEAP, &tenants[0].cookie);
    let time = Duration::from_secs(options.seconds);
    let (mut signed_in, mut beside, mut bares, mut rates, mut ratios) =
        (Tally::default(), Tally::default(), Vec::new(), Vec::new(), Vec::new());
    let mut nth = 0;
    for round in 1..=options.rounds {
        let bare = bare(&hash, time)?;
        let next = || {
            nth += 1;
            Some(((), requests[nth % requests.len()].clone()))
        };
        let (one, other) =
            tokio::join!(drive(instance.address, options.connections, time, next, |(), _| {}), paced(instance, &cheap, time),);
        println!("  round {round}: bare {bare:.1}/s, sign-ins {:.1}/s, {:.1} %", one.rate(201), 100.0 * one.rate(201) / bare);
        bares.push(bare);
        rates.push(one.rate(201));
        ratios.push(100.0 * one.rate(201) / bare);
        signed_in.add(&one);
        beside.add(&other);
    }
    println!("  answers: {}", signed_in.summary());
    figures.tell(format!("sign-in: bare argon2id, {PERMITS} threads"), median(&bares), "/s");
    figures.tell("sign-in: sign-ins", median(&rates), "/s");
    figures.hold("sign-in: sign-ins of bare argon2id", median(&ratios), "%", Target::AtLeast(80.0));
    figures.tell("sign-in: a sign-in, median", signed_in.millis(0.5), "ms");
    figures.tell("sign-in: a cheap route meanwhile, median", beside.millis(0.5), "ms");
    figures.tell("sign-in: a cheap route meanwhile, 99th percentile", beside.millis(0.99), "ms");
    if signed_in.answered(201) == 0 || signed_in.statuses.len() > 1 || signed_in.broken > 0 {
        figures.wrong(format!("sign-ins were not all answered with 201: {}", signed_in.summary()));
    }
    Ok(())
}

/// A hundred of a cheap request in a second over one connection, so that they are asked and not a load.
async fn paced(instance: &Instance, request: &[u8], time: Duration) -> Tally {
    let mut tally = Tally::default();
    let mut client = crate::client::Client::new(instance.address);
    let started = Instant::now();
    while started.elapsed() < time {
        let asked = Instant::now();
        match client.ask(request).await {
            Ok(answer) => {
                *tally.statuses.entry(answer.status).or_default() += 1;
                tally.micros.push(asked.elapsed().as_secs_f64() * 1e6);
            }
            Err(_) => tally.broken += 1,
        }
        tokio::time::sleep(Duration::from_millis(10).saturating_sub(asked.elapsed())).await;
    }
    tally.seconds = started.elapsed().as_secs_f64();
    tally.micros.sort_by(f64::total_cmp);
    tally
}

async fn sessions(instance: &Instance, options: &Options, db: &mut PgConnection, tenants: &[Tenant], figures: &mut Figures) -> Outcome {
    title("session: what knowing the session and its permissions adds to a request");
    let looked_up = many_sessions(db, tenants).await?;
    let (without, known) = (get(CHEAP, ""), get(CHEAP, &tenants[0].cookie));
    let time = Duration::from_secs(options.seconds.div_ceil(2));
    let mut nth = 0;
    let (mut none, mut kept, mut fresh) = (Tally::default(), Tally::default(), Tally::default());
    // The first finds plans to make and connections to open.
    for round in 0..=options.rounds {
        let one = drive(instance.address, 1, time, || Some(((), without.clone())), |(), _| {}).await;
        let two = drive(instance.address, 1, time, || Some(((), known.clone())), |(), _| {}).await;
        let next = || {
            nth += 1;
            Some(((), looked_up[nth % looked_up.len()].clone()))
        };
        let three = drive(instance.address, 1, time, next, |(), _| {}).await;
        if round > 0 {
            println!(
                "  round {round}: none {:.0} µs, kept {:.0} µs, looked up {:.0} µs",
                one.millis(0.5) * 1000.0,
                two.millis(0.5) * 1000.0,
                three.millis(0.5) * 1000.0
            );
            none.add(&one);
            kept.add(&two);
            fresh.add(&three);
        }
    }
    let micros = |tally: &Tally| tally.millis(0.5) * 1000.0;
    figures.tell("session: a request without one, median", micros(&none), "µs");
    figures.hold("session: added where it is kept, median", micros(&kept) - micros(&none), "µs", Target::AtMost(150.0));
    figures.hold("session: added where it is looked up, median", micros(&fresh) - micros(&none), "µs", Target::AtMost(150.0));
    for (what, tally, status) in
        [("without a session", &none, 401), ("with a kept one", &kept, 422), ("with another each time", &fresh, 422)]
    {
        if tally.answered(status) == 0 || tally.statuses.len() > 1 || tally.broken > 0 {
            figures.wrong(format!("requests {what} were not all answered with {status}: {}", tally.summary()));
        }
    }
    Ok(())
}

/// Requests each with a session of its own: none is asked with twice within the time that one is kept.
async fn many_sessions(db: &mut PgConnection, tenants: &[Tenant]) -> Outcome<Vec<Vec<u8>>> {
    let mut requests = Vec::with_capacity(SESSIONS);
    for tenant in tenants {
        let tokens: Vec<Token> = (0..SESSIONS / tenants.len()).map(|_| Token::random()).collect();
        let users: Vec<Uuid> = (0..tokens.len()).map(|nth| tenant.organizers[nth % tenant.organizers.len()].id).collect();
        let hashes: Vec<Vec<u8>> = tokens.iter().map(|token| token.hash.to_vec()).collect();
        sqlx::query(
            "INSERT INTO directory.sessions (id, token_hash, user_id, tenant_id, idle_until, expires_at)
             SELECT gen_random_uuid(), hash, who, $1, now() + interval '12 hours', now() + interval '30 days'
               FROM unnest($2::bytea[], $3::uuid[]) AS given (hash, who)",
        )
        .bind(tenant.id)
        .bind(&hashes)
        .bind(&users)
        .execute(&mut *db)
        .await?;
        requests.extend(tokens.iter().map(|token| get(CHEAP, &data::cookie(token))));
    }
    sqlx::query("ANALYZE directory.sessions").execute(db).await?;
    Ok(requests)
}
