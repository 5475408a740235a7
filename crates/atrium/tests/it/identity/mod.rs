//! Users, sessions, members and invitations over HTTP, with the mails that belong to them.

mod access_tokens;
mod accounts;
pub mod authenticator;
mod devices;
mod domains;
mod email_changes;
mod gated;
pub mod identities;
mod instance;
mod invitations;
mod mail_links;
mod members;
pub mod oauth;
mod ownership;
pub mod passkeys;
mod passwords;
mod pictures;
mod places;
mod plans;
mod policy;
mod privacy;
mod profile;
mod roles;
pub mod second_factors;
mod sessions;
mod sign_ins;
mod sign_up;
pub mod support;
mod support_attacks;
mod suspended;
mod suspicion;
mod tenant_deletion;

use std::collections::BTreeMap;

use platform::mail::Mail;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bookings::mails_to;
use crate::client::{Answer, Client, Tenant, new_password, new_user};
use crate::world::World;

pub const PASSWORD: &str = "a fine long password";
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// A passkey of that user.
pub async fn passkey_of(world: &World, client: &Client) -> uuid::Uuid {
    passkeys::register(client, &mut authenticator::Authenticator::new(&world.url), "Key").await.expect(201).id()
}

/// A session's answer without what moves with the clock of the database.
fn at_rest(mut session: Value) -> Value {
    session.as_object_mut().and_then(|fields| fields.remove("live_from")).expect("where the stream begins");
    session
}

/// The secret of the link in a mail.
#[track_caller]
fn token_of(mail: &Mail) -> String {
    let token: String = mail.text.split_once("token=").map(|(_, rest)| rest.chars().take(43).collect()).unwrap_or_default();
    assert_eq!(token.len(), 43, "no link in {}", mail.text);
    token
}

/// The newest mail to that address, after all jobs have run.
pub async fn newest_mail(world: &World, address: &str) -> Mail {
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

pub async fn role_id(of: &Tenant, name: &str) -> Value {
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

/// A picture of some pixels, as a form sends it.
pub async fn put_picture(client: &Client, path: &str) -> Answer {
    let mut form = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\n".to_vec();
    form.extend_from_slice(PIXEL);
    form.extend_from_slice(b"\r\n--x--\r\n");
    client.raw(Method::PUT, &format!("/api/v1{path}"), "multipart/form-data; boundary=x", form).await
}

/// A PNG of one pixel.
const PIXEL: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 144, 119, 83, 222, 0, 0, 0, 12,
    73, 68, 65, 84, 120, 156, 99, 248, 207, 192, 0, 0, 3, 1, 1, 0, 201, 254, 146, 239, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

/// An administrator of the instance without a workspace, signed in.
pub async fn platform_admin(world: &World, email: &str) -> (Uuid, Client) {
    let password = new_user(world, email, "Root", None, true).await;
    let client = Client::sign_in(world, email, password).await;
    let user = client.get("/me").await.expect(200).id();
    (user, client)
}

/// Somebody whose session has run out, signed in again with a new password.
pub async fn again(world: &World, email: &str) -> Client {
    Client::sign_in(world, email, new_password(world, email).await).await
}
