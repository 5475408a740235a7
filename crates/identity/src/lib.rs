//! Ring 1: users, tenants, members, roles, sessions and invitations.

pub mod access_tokens;
pub mod accounts;
mod activity;
pub mod admin;
mod authenticator;
mod caller;
mod challenges;
pub mod company;
pub mod consents;
mod cookie;
mod devices;
mod directory;
pub mod domains;
pub mod email_changes;
pub mod erasure;
mod events;
pub mod exports;
pub mod identities;
pub mod instance;
pub mod invitations;
pub mod mail_domains;
mod mail_links;
mod mails;
pub mod members;
pub mod oauth;
mod owner;
pub mod ownership;
pub mod passwords;
mod personal;
pub mod pictures;
pub mod plans;
pub mod policy;
pub mod profile;
pub mod registrations;
mod retention;
pub mod roles;
pub mod second_factors;
pub mod security_events;
pub mod sessions;
pub mod sign_ins;
pub mod support;
mod suspicion;
pub mod tenants;
mod throttle;

use graphile_worker::JobDefinition;
use platform::App;
use platform::jobs::definition;
use utoipa_axum::router::OpenApiRouter;

pub use authenticator::RequestAuthenticator;
pub use events::EVENTS;
pub use personal::MembersData;
pub use retention::retained;
pub use suspicion::reactions;
pub use tenants::{NewTenant, found_tenant};

/// The module's part of the API, relative to `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(registrations::http::api())
        .merge(sessions::http::api())
        .merge(identities::http::api())
        .merge(company::http::api())
        .merge(mail_domains::http::api())
        .merge(mail_links::http::api())
        .merge(second_factors::http::api())
        .merge(policy::http::api())
        .merge(passwords::http::api())
        .merge(profile::http::api())
        .merge(tenants::http::api())
        .merge(members::http::api())
        .merge(members::access::api())
        .merge(roles::http::api())
        .merge(invitations::http::api())
        .merge(access_tokens::http::api())
        .merge(consents::http::api())
        .merge(pictures::http::api())
        .merge(email_changes::http::api())
        .merge(accounts::http::api())
        .merge(ownership::http::api())
        .merge(tenants::deletion::api())
        .merge(exports::http::api())
        .merge(security_events::http::api())
        .merge(sign_ins::http::api())
        .merge(instance::http::api())
        .merge(instance::mailbox::api())
        .merge(plans::http::api())
        .merge(domains::http::api())
        .merge(support::http::api())
        .merge(oauth::api())
}

pub fn jobs() -> Vec<JobDefinition> {
    vec![
        definition::<registrations::SendVerification>(),
        definition::<passwords::SendPasswordReset>(),
        definition::<mail_links::SendMailLink>(),
        definition::<erasure::EraseDue>(),
        definition::<erasure::EraseTenant>(),
        definition::<erasure::EraseUser>(),
        definition::<exports::ExportUser>(),
        definition::<plans::CheckSubscriptions>(),
        definition::<domains::CheckDomains>(),
        definition::<oauth::keys::RotateSigningKeys>(),
    ]
}
