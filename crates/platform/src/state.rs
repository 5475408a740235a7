//! What every handler and job shares.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use crate::audit::PersonKeys;
use crate::auth::Authenticator;
use crate::crypto::KeyRing;
use crate::db::{ContextSeal, Pools};
use crate::events::{Dispatch, EventKind, Reaction};
use crate::files::FileStore;
use crate::http_client::HttpClient;
use crate::known::KnownSessions;
use crate::mail::Mailer;
use crate::personal::PersonalData;
use crate::places::Places;
use crate::providers::Provider;
use crate::rate_limit::RateLimits;
use crate::records::RecordKind;
use crate::retention::{Bounds, Retained};
use crate::sse::Streams;
use crate::time::Clock;

/// Shared and cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an application is made of; a changed copy makes another over the same database.
#[derive(Clone)]
pub struct Parts {
    pub config: Config,
    pub pools: Pools,
    pub clock: Clock,
    pub keys: Arc<KeyRing>,
    pub seal: Arc<ContextSeal>,
    /// Under which the audit trail speaks of people.
    pub audit_keys: Arc<PersonKeys>,
    pub authenticator: Arc<dyn Authenticator>,
    pub mailer: Arc<Mailer>,
    pub files: FileStore,
    /// For addresses that users give.
    pub http: HttpClient,
    /// For addresses that the person who hosts gives.
    pub services: HttpClient,
    /// For providers that workspaces name.
    pub company_providers: HttpClient,
    pub dispatch: Dispatch,
    pub streams: Streams,
    pub sessions: KnownSessions,
    pub limits: Arc<RateLimits>,
    pub event_kinds: Vec<EventKind>,
    pub reactions: Vec<Reaction>,
    /// What the modules hold about people.
    pub personal_data: Vec<Arc<dyn PersonalData>>,
    /// What conditions and texts can be about.
    pub records: Vec<RecordKind>,
    /// What is removed when it is old.
    pub retained: Vec<Retained>,
}

/// What the person who hosts decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// `https://atrium.example.com`, without a slash at the end: the only source of links and of the allowed Origin.
    pub public_url: String,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// How much the rate limits are multiplied; 1 but for tests of load.
    pub rate_limit_factor: u32,
    /// How long a request waits for a connection before it is refused with 503.
    pub pool_wait: std::time::Duration,
    /// Whether workspaces may name mail servers on this machine and in private networks.
    pub private_mail_servers: bool,
    /// Whether providers and the service for breached passwords may stand on this machine and in private networks.
    pub private_services: bool,
    /// Whether workspaces may name providers of their own on this machine and in private networks, and by plain http.
    pub private_company_providers: bool,
    /// Whether webhooks may go to this machine and private networks, and by plain http.
    pub private_webhooks: bool,
    pub providers: Vec<Provider>,
    /// Whether a link in a mail signs in.
    pub mail_links: bool,
    /// The address of a service that is asked for breached passwords by the first five digits of their hash.
    pub breach_service: Option<String>,
    /// Whether administrators of the instance have to show a second factor.
    pub admin_second_factor: bool,
    /// The DNS server that is asked for proofs of domains; those of the machine where there is none.
    pub dns_resolver: Option<SocketAddr>,
    /// Between which periods workspaces choose how long they keep things.
    pub retention: Bounds,
    /// Where addresses are, as far as the person who hosts has brought a database of it.
    pub places: Places,
}

impl Config {
    /// What holds where nothing is said.
    pub fn of(public_url: String) -> Self {
        Self {
            public_url,
            trusted_proxies: Vec::new(),
            rate_limit_factor: 1,
            pool_wait: std::time::Duration::from_secs(2),
            private_mail_servers: false,
            private_services: false,
            private_company_providers: false,
            private_webhooks: false,
            providers: Vec::new(),
            mail_links: false,
            breach_service: None,
            admin_second_factor: false,
            dns_resolver: None,
            retention: Bounds::default(),
            places: Places::default(),
        }
    }

    /// The provider of that key.
    pub fn provider(&self, key: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.key == key)
    }

    /// Behind TLS, cookies are `__Host-` and Secure, and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// Of a public page: at the workspace's own domain, where it has one.
    pub fn page_link(&self, domain: Option<&str>, path: &str) -> String {
        domain.map_or_else(|| self.link(path), |domain| format!("{}{path}", self.origin_of(domain)))
    }

    /// The origin of a workspace's own domain: reached as this instance is, under another name.
    pub fn origin_of(&self, domain: &str) -> String {
        let (scheme, host) = self.public_url.split_once("://").unwrap_or(("https", self.public_url.as_str()));
        let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map(|(_, port)| port);
        port.map_or_else(|| format!("{scheme}://{domain}"), |port| format!("{scheme}://{domain}:{port}"))
    }

    /// The name under which people reach this instance, without port.
    pub fn host(&self) -> &str {
        let (_, host) = self.public_url.split_once("://").unwrap_or(("", self.public_url.as_str()));
        match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => host.split(':').next().unwrap_or(host),
        }
    }
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("public_url", &self.config.public_url).finish_non_exhaustive()
    }
}
