//! From a change to its webhook: how long after the answer's request a receiver on this machine has the event.

use std::time::{Duration, Instant};

use clap::Args;
use platform::crypto::{Place, random};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::client::{Client, post};
use crate::data;
use crate::figures::{Figures, Target, median, percentile};
use crate::instance::{Instance, Setup};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Contacts that are made, one after the other
    #[arg(long, default_value_t = 200)]
    events: usize,
}

/// # Errors
/// A program that does not start, a database that cannot be asked, or an event that does not arrive.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title("webhook: from the request that makes a contact to its event at a receiver");
    let mut instance = Instance::start(&setup.serving_with("--private-webhooks")).await?;
    let mut db = instance.owner().await?;
    let tenant = data::tenants(&mut db, 1, 1).await?.pop().ok_or("no tenant")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (endpoint, keys) = (platform::id::new(), instance.keys()?);
    let place = Place { column: "automation.webhook_endpoints.secret_ciphertext", tenant: Some(tenant.id), row: endpoint };
    sqlx::query("INSERT INTO automation.webhook_endpoints (tenant_id, id, url, kinds, secret_ciphertext) VALUES ($1, $2, $3, '{contact.created}', $4)")
        .bind(tenant.id)
        .bind(endpoint)
        .bind(format!("http://{}/hook", listener.local_addr()?))
        .bind(keys.seal(place, &random::<32>()))
        .execute(&mut db)
        .await?;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    platform::task::detach(async move {
        while let Ok((stream, _)) = listener.accept().await {
            platform::task::detach(receive(stream, arrived.clone()));
        }
    });
    let mut client = Client::new(instance.address);
    let mut waits = Vec::new();
    for n in 0..options.events {
        // Apart from the worker's own rhythm.
        tokio::time::sleep(Duration::from_millis(40 + (n as u64 * 37) % 200)).await;
        let request = post("/api/v1/contacts", &tenant.cookie, &json!({ "name": format!("Contact {n}") }));
        let asked = Instant::now();
        let status = client.ask(&request).await?.status;
        if status != 201 {
            return Err(format!("a contact was answered with {status}").into());
        }
        let at: Instant = tokio::time::timeout(Duration::from_secs(30), arrivals.recv()).await?.ok_or("no receiver")?;
        waits.push((at - asked).as_secs_f64() * 1e3);
    }
    waits.sort_by(f64::total_cmp);
    figures.hold("webhook: median", median(&waits), "ms", Target::AtMost(200.0));
    figures.tell("webhook: 99th percentile", percentile(&waits, 0.99), "ms");
    instance.stop().await
}

/// Reads messages from one connection, notes when each was whole, and answers 204.
async fn receive(mut stream: TcpStream, arrived: mpsc::UnboundedSender<Instant>) {
    let mut read = Vec::new();
    let mut piece = [0_u8; 4096];
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
        if body.len() >= length {
            let _ = arrived.send(Instant::now());
            read.clear();
            if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                return;
            }
        }
    }
}
