//! What every module stands on, over HTTP: keys, versions, the trail, limits, mail, settings and failed jobs.

mod audit;
mod failed_jobs;
mod idempotency;
mod limits;
mod mail;
pub mod mime;
mod retention;
pub mod smtp;
mod tenant_mail;
mod versions;

use crate::client::{Client, new_user};
use crate::world::World;

/// An administrator of the instance, signed in to a workspace of his own.
pub async fn platform_admin(world: &World) -> Client {
    let password = new_user(world, "root@example.com", "Root", Some("Root Ltd"), true).await;
    Client::sign_in(world, "root@example.com", password).await
}
