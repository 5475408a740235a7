//! Introspection (RFC 7662) of access tokens by a client that shows its secret, as a resource server asks at each of its requests.

use std::time::Duration;

use clap::Args;
use identity::access_tokens::text;
use identity::oauth::{clients, tokens};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::data::{self, Tenant};
use crate::figures::{Figures, Target, median};
use crate::instance::{Instance, Setup};
use crate::load::{Tally, drive};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 8)]
    connections: usize,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

const TENANTS: usize = 20;
const TOKENS: usize = 100;

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title("introspect: POST /oauth/introspect of access tokens that count");
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, TENANTS, 1).await?;
    let mut requests = Vec::new();
    for tenant in &tenants {
        requests.extend(asked(&mut db, tenant).await?);
    }
    sqlx::query("ANALYZE directory.oauth_clients, directory.oauth_grants, directory.oauth_tokens").execute(&mut db).await?;
    let (mut tally, mut rates, mut inactive) = (Tally::default(), Vec::new(), 0_u64);
    let mut nth = 0;
    for round in 1..=options.rounds {
        let next = || {
            nth += 7;
            Some(((), requests[nth % requests.len()].clone()))
        };
        let note = |(), answer: &crate::client::Answer<'_>| inactive += u64::from(answer.json()["active"] != true);
        let one = drive(instance.address, options.connections, Duration::from_secs(options.seconds), next, note).await;
        println!("  round {round}: {:.0}/s", one.rate(200));
        rates.push(one.rate(200));
        tally.add(&one);
    }
    println!("  answers: {}", tally.summary());
    figures.hold("introspect: answers", median(&rates), "/s", Target::AtLeast(2000.0));
    figures.tell("introspect: median", tally.millis(0.5), "ms");
    figures.tell("introspect: 99th percentile", tally.millis(0.99), "ms");
    if tally.answered(200) == 0 || tally.statuses.len() > 1 || tally.broken > 0 || inactive > 0 {
        figures.wrong(format!("introspections were not all answered as active: {}, {inactive} inactive", tally.summary()));
    }
    instance.stop().await
}

/// Requests for the tokens of a client of that tenant.
async fn asked(db: &mut PgConnection, tenant: &Tenant) -> Outcome<Vec<Vec<u8>>> {
    let client = platform::id::new();
    // The last 22 of 32 digits: those that are random.
    let name = format!("app_{}", &client.simple().to_string()[10..]);
    let secret = text::fresh(clients::SECRET);
    let hash = |prefix: &str, token: &str| text::hash(prefix, token).map(|hash| hash.to_vec()).ok_or("a fresh token is none");
    sqlx::query(
        "INSERT INTO directory.oauth_clients (id, client_id, tenant_id, name, logo_text, kind, authentication, client_secret_hash, grant_types,
                                              redirect_uris, allowed_scopes, created_by)
         VALUES ($1, $2, $3, 'Bench', 'B', 'confidential', 'secret', $4, '{authorization_code}', '{https://bench.example/cb}', '{contacts:read}', $5)",
    )
    .bind(client)
    .bind(&name)
    .bind(tenant.id)
    .bind(hash(clients::SECRET, &secret)?)
    .bind(tenant.organizers[0].id)
    .execute(&mut *db)
    .await?;
    let texts: Vec<_> = (0..TOKENS).map(|_| text::fresh(tokens::ACCESS)).collect();
    let hashes = texts.iter().map(|token| hash(tokens::ACCESS, token)).collect::<Result<Vec<_>, _>>()?;
    let grants: Vec<Uuid> = texts.iter().map(|_| platform::id::new()).collect();
    sqlx::query(
        "WITH grants AS (
             INSERT INTO directory.oauth_grants (id, client_id, user_id, tenant_id, scopes, created_at, expires_at)
             SELECT id, $2, $3, $4, '{contacts:read}', now(), now() + interval '90 days' FROM unnest($1::uuid[]) AS id
         )
         INSERT INTO directory.oauth_tokens (id, grant_id, client_id, user_id, kind, access_token_hash, access_token_expires_at, scopes,
                                             created_at, updated_at)
         SELECT gen_random_uuid(), id, $2, $3, 'user', hash, now() + interval '1 hour', '{contacts:read}', now(), now()
           FROM unnest($1::uuid[], $5::bytea[]) AS given (id, hash)",
    )
    .bind(&grants)
    .bind(client)
    .bind(tenant.organizers[0].id)
    .bind(tenant.id)
    .bind(&hashes)
    .execute(&mut *db)
    .await?;
    Ok(texts
        .iter()
        .map(|token| {
            let body = format!("client_id={name}&client_secret={}&token={}", secret.as_str(), token.as_str());
            format!(
                "POST /oauth/introspect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        })
        .collect())
}
