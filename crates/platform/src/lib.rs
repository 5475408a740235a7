//! Ring 0: what every module stands on, and no business word.

pub mod audit;
pub mod auth;
pub mod crypto;
pub mod ctx;
pub mod db;
pub mod error;
pub mod etag;
pub mod events;
pub mod extract;
pub mod files;
pub mod http_client;
pub mod id;
pub mod idempotency;
pub mod jobs;
pub mod known;
pub mod lease;
pub mod mail;
pub mod page;
pub mod permissions;
pub mod personal;
pub mod picture;
pub mod places;
pub mod pool;
pub mod providers;
pub mod rate_limit;
pub mod records;
pub mod retention;
pub mod site;
pub mod sse;
pub mod state;
pub mod task;
pub mod text;
pub mod time;

pub use ipnet;

pub use auth::{Allow, Session, SignedIn};
pub use ctx::{Ctx, TenantId};
pub use error::{Error, OnConstraint, Problem, Result};
pub use state::App;
