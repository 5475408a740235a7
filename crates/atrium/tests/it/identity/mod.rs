//! Users, sessions, members and invitations over HTTP, with the mails that belong to them.

mod access_tokens;
pub mod authenticator;
mod devices;
mod invitations;
mod members;
pub mod oauth;
pub mod passkeys;
mod passwords;
mod policy;
mod profile;
mod roles;
pub mod second_factors;
mod sessions;
mod sign_up;
mod suspended;

use std::collections::BTreeMap;

use platform::mail::Mail;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::bookings::mails_to;
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

pub const PASSWORD: &str = "a fine long password";
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// A passkey of that user.
pub async fn passkey_of(world: &World, client: &Client) -> uuid::Uuid {
    passkeys::register(client, &mut authenticator::Authenticator::new(&world.url), "Key").await.expect(201).id()
}

/// The secret of the link in a mail.
#[track_caller]
fn token_of(mail: &Mail) -> String {
    let token: String = mail.text.split_once("token=").map(|(_, rest)| rest.chars().take(43).collect()).unwrap_or_default();
    assert_eq!(token.len(), 43, "no link in {}", mail.text);
    token
}

/// The newest mail to that address, after all jobs have run.
async fn newest_mail(world: &World, address: &str) -> Mail {
    world.settle().await;
    mails_to(world, address).await.pop().unwrap_or_else(|| panic!("no mail to {address}")).0
}

pub async fn newest_token(world: &World, address: &str) -> String {
    token_of(&newest_mail(world, address).await)
}

/// The kinds of mail that an address got.
/// Sorted: jobs run side by side, so that mails may pass each other.
async fn kinds_of_mail(world: &World, address: &str) -> Vec<String> {
    world.settle().await;
    let mut kinds: Vec<String> = mails_to(world, address).await.into_iter().map(|(mail, _)| mail.kind).collect();
    kinds.sort_unstable();
    kinds
}

pub fn registration(email: &str) -> Value {
    json!({ "email": email, "name": "Ana", "password": PASSWORD, "tenant_name": "Studio", "timezone": "Europe/Amsterdam", "locale": "en" })
}

/// Signs up and confirms; signed in as the owner of a workspace called Studio.
pub async fn sign_up(world: &World, email: &str) -> Client {
    let mut client = Client::anonymous(world);
    client.post("/registrations", registration(email)).await.expect(202);
    let token = newest_token(world, email).await;
    let verified = client.post("/email-verifications", json!({ "token": token, "password": PASSWORD })).await.expect(201);
    client.keep_cookie(&verified);
    client
}

pub async fn try_sign_in(world: &World, email: &str, password: &str) -> Answer {
    Client::anonymous(world).post("/sessions", json!({ "email": email, "password": password })).await
}

/// All of an answer that somebody outside can compare: what differs by nature is left out.
fn seen_from_outside(answer: &Answer) -> (StatusCode, BTreeMap<String, String>, Value) {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
        .map(|(name, value)| (name.to_string(), value.to_str().expect("ascii").to_owned()))
        .collect();
    let mut body = answer.json.clone();
    body.as_object_mut().map(|fields| fields.remove("request_id"));
    (answer.status, headers, body)
}

async fn role_id(of: &Tenant, name: &str) -> Value {
    let roles = of.owner.get("/roles").await.expect(200).json;
    let role = roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    role["id"].clone()
}

/// The waits that an answer names, in seconds.
#[track_caller]
fn retry_after(answer: &Answer) -> i64 {
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "rate_limited"), "{}", answer.text);
    answer.headers["retry-after"].to_str().expect("ascii").parse().expect("seconds")
}

/// Moves the clock past a wait after failures.
fn wait_out(world: &World, seconds: i64) {
    world.clock.set(world.now().plus_seconds(seconds));
}
