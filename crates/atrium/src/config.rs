//! Flags and environment variables; `--help` is the reference.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use platform::crypto::{KeyError, KeyRing};
use platform::files::{FileStore, S3Config};
use platform::mail::{Mailer, NamedBy, Security, Sender, Smtp};
use platform::places::Places;
use platform::providers::{self, Provider};
use platform::retention;
use secrecy::{ExposeSecret, SecretString};

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Where the private database, the keys and uploaded files live
    #[arg(long, env = "ATRIUM_DATA_DIR", default_value = "data", global = true)]
    pub data_dir: PathBuf,

    /// A PostgreSQL server (15 or newer) to use instead of the private one. A role that may create roles, or atrium_app
    /// where DATABASE_OWNER_URL is given too
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<SecretString>,

    /// The same database as atrium_owner, for migrations, the queue and the dispatcher
    #[arg(long, env = "DATABASE_OWNER_URL", hide_env_values = true, requires = "database_url", global = true)]
    pub database_owner_url: Option<SecretString>,

    /// The folder of the PostgreSQL programs for the private database; found by itself where it is left out
    #[arg(long, env = "PG_BIN", global = true)]
    pub pg_bin: Option<PathBuf>,

    /// The instance's keys as `id:hex` lines, in place of the file `keys/instance.key` in the data directory
    #[arg(long, env = "ATRIUM_KEYS", hide_env_values = true, global = true)]
    pub keys: Option<SecretString>,

    /// How log lines are written: `auto` is text on a terminal and JSON elsewhere
    #[arg(long, env = "ATRIUM_LOG_FORMAT", default_value = "auto", global = true)]
    pub log_format: LogFormat,

    /// Which log lines are written, such as `info,atrium=debug`
    #[arg(long, env = "ATRIUM_LOG", default_value = "info,graphile_worker=warn,sqlx=warn", global = true)]
    pub log: String,

    /// A database of places, of cities or of countries, in MaxMind's format (.mmdb): sign-ins and sessions say where they came from
    #[arg(long, env = "ATRIUM_PLACE_DATABASE", global = true)]
    pub place_database: Option<PathBuf>,

    #[command(flatten)]
    pub mail: MailArgs,

    #[command(flatten)]
    pub files: FilesArgs,
}

impl Settings {
    /// # Errors
    /// A file that cannot be read, or is no database of places.
    pub fn places(&self) -> Result<Places, String> {
        let Some(file) = &self.place_database else { return Ok(Places::default()) };
        Places::open(file.clone()).map_err(|error| format!("--place-database {}: {error}", file.display()))
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

/// The instance's outgoing mail. Without a host, mails are kept and shown in the mailbox page.
#[derive(Args, Clone, Debug, Default)]
pub struct MailArgs {
    /// The mail server's name
    #[arg(long, env = "ATRIUM_SMTP_HOST", global = true)]
    pub smtp_host: Option<String>,

    #[arg(long, env = "ATRIUM_SMTP_PORT", default_value_t = 587, global = true)]
    pub smtp_port: u16,

    /// `tls` (from the first byte), `starttls` or `none`
    #[arg(long, env = "ATRIUM_SMTP_SECURITY", default_value = "starttls", global = true)]
    pub smtp_security: String,

    #[arg(long, env = "ATRIUM_SMTP_USERNAME", global = true)]
    pub smtp_username: Option<String>,

    #[arg(long, env = "ATRIUM_SMTP_PASSWORD", hide_env_values = true, global = true)]
    pub smtp_password: Option<SecretString>,

    /// The sender's address
    #[arg(long, env = "ATRIUM_MAIL_FROM", global = true)]
    pub mail_from: Option<String>,

    #[arg(long, env = "ATRIUM_MAIL_FROM_NAME", default_value = "Atrium", global = true)]
    pub mail_from_name: String,
}

impl MailArgs {
    /// # Errors
    /// A server without a sender's address, or an unknown kind of security.
    pub fn mailer(&self) -> Result<Mailer, String> {
        let Some(host) = &self.smtp_host else { return Ok(Mailer::default()) };
        let security: Security = self.smtp_security.parse().map_err(|error| format!("--smtp-security: {error}"))?;
        let address = self.mail_from.clone().ok_or("--smtp-host needs --mail-from, the sender's address")?;
        Ok(Mailer {
            smtp: Some(Smtp {
                host: host.clone(),
                port: self.smtp_port,
                security,
                username: self.smtp_username.clone(),
                password: self.smtp_password.clone(),
                from: Sender { address, name: self.mail_from_name.clone() },
                named_by: NamedBy::Instance,
            }),
        })
    }
}

/// Where uploaded files live: in the data directory, or in an S3-compatible bucket.
#[derive(Args, Clone, Debug, Default)]
pub struct FilesArgs {
    /// The bucket for uploaded files; without it they live in `files` in the data directory
    #[arg(long, env = "ATRIUM_FILES_S3_BUCKET", global = true)]
    pub files_s3_bucket: Option<String>,

    /// The bucket's server, such as https://s3.example.com; AWS where it is left out
    #[arg(long, env = "ATRIUM_FILES_S3_ENDPOINT", global = true)]
    pub files_s3_endpoint: Option<String>,

    #[arg(long, env = "ATRIUM_FILES_S3_REGION", default_value = "us-east-1", global = true)]
    pub files_s3_region: String,

    #[arg(long, env = "ATRIUM_FILES_S3_ACCESS_KEY", global = true)]
    pub files_s3_access_key: Option<String>,

    #[arg(long, env = "ATRIUM_FILES_S3_SECRET_KEY", hide_env_values = true, global = true)]
    pub files_s3_secret_key: Option<SecretString>,
}

impl FilesArgs {
    /// # Errors
    /// A folder that cannot be made, or a bucket without server or credentials.
    pub fn store(&self, data_dir: &Path) -> Result<FileStore, String> {
        let Some(bucket) = &self.files_s3_bucket else {
            if self.files_s3_endpoint.is_some() {
                return Err("--files-s3-endpoint needs --files-s3-bucket, the bucket's name".to_owned());
            }
            return FileStore::local(&data_dir.join("files")).map_err(|error| error.to_string());
        };
        let (Some(access_key), Some(secret_key)) = (&self.files_s3_access_key, &self.files_s3_secret_key) else {
            return Err("--files-s3-bucket needs --files-s3-access-key and ATRIUM_FILES_S3_SECRET_KEY".to_owned());
        };
        let config = S3Config {
            endpoint: self.files_s3_endpoint.clone(),
            region: self.files_s3_region.clone(),
            bucket: bucket.clone(),
            access_key: access_key.clone(),
            secret_key: secret_key.clone(),
        };
        FileStore::s3(config).map_err(|error| error.to_string())
    }
}

/// What `serve` takes beside.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen for requests
    #[arg(long, env = "ATRIUM_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where to listen for /metrics, /livez and /readyz; not for the public
    #[arg(long, env = "ATRIUM_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,

    /// The address that people use, without a slash at the end: links, cookies and the allowed Origin come from it
    #[arg(long, env = "ATRIUM_PUBLIC_URL", default_value = "http://localhost:8080")]
    pub public_url: String,

    /// A certificate chain (PEM) to serve TLS with
    #[arg(long, env = "ATRIUM_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, env = "ATRIUM_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8
    #[arg(long, env = "ATRIUM_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<platform::ipnet::IpNet>,

    /// What this process does
    #[arg(long, env = "ATRIUM_ROLE", default_value = "all")]
    pub role: Role,

    /// Connections to PostgreSQL for members' requests; the other pools follow it
    #[arg(long, env = "ATRIUM_POOL_SIZE", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=200))]
    pub pool_size: u32,

    /// Jobs that run at a time
    #[arg(long, env = "ATRIUM_JOBS", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,

    /// Open connections at a time, over all addresses
    #[arg(long, env = "ATRIUM_MAX_CONNECTIONS", default_value_t = 4096)]
    pub max_connections: usize,

    /// Let workspaces name mail servers on this machine and in private networks; for an instance of one company
    #[arg(long, env = "ATRIUM_PRIVATE_MAIL_SERVERS")]
    pub private_mail_servers: bool,

    /// Providers of identities (OpenID Connect) that people may sign in with: a JSON file, see docs/operating.md
    #[arg(long, env = "ATRIUM_PROVIDERS")]
    pub providers: Option<PathBuf>,

    /// Let people sign in by a link in a mail
    #[arg(long, env = "ATRIUM_MAIL_LINKS")]
    pub mail_links: bool,

    /// A service that is asked whether a new password is known from a breach, such as https://api.pwnedpasswords.com/range: it
    /// is told the first five digits of the SHA-1
    #[arg(long, env = "ATRIUM_BREACH_SERVICE")]
    pub breach_service: Option<String>,

    /// Let providers and the breach service stand on this machine and in private networks, and speak plain http
    #[arg(long, env = "ATRIUM_PRIVATE_SERVICES")]
    pub private_services: bool,

    /// Let workspaces name OpenID providers of their own on this machine and in private networks, and by plain http; for an
    /// instance of one company
    #[arg(long, env = "ATRIUM_PRIVATE_COMPANY_PROVIDERS")]
    pub private_company_providers: bool,

    /// Let webhooks go to this machine and private networks, and by plain http; for an instance of one company
    #[arg(long, env = "ATRIUM_PRIVATE_WEBHOOKS")]
    pub private_webhooks: bool,

    /// Close the administration of the instance to administrators who have not signed in with a second factor
    #[arg(long, env = "ATRIUM_ADMIN_SECOND_FACTOR")]
    pub admin_second_factor: bool,

    /// The DNS server that is asked for the records that prove workspaces' own domains, such as 127.0.0.1:53; those of this
    /// machine where it is left out
    #[arg(long, env = "ATRIUM_DNS_RESOLVER")]
    pub dns_resolver: Option<SocketAddr>,
    /// How many days workspaces may choose to keep something, as `notification_logs=30..365`; several with commas between. One number
    /// leaves no choice; `sessions` and `sign_ins` are the instance's own
    #[arg(long, env = "ATRIUM_RETENTION", value_name = "KIND=LEAST..MOST", value_delimiter = ',')]
    pub retention: Vec<retention::Said>,

    /// Multiplies every rate limit; for tests of load
    #[arg(long, env = "ATRIUM_RATE_LIMIT_FACTOR", default_value_t = 1, hide = true)]
    pub rate_limit_factor: u32,

    /// Fill an empty database with demo data, and say how to sign in
    #[arg(long, env = "ATRIUM_DEMO")]
    pub demo: bool,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything in one process
    All,
    /// Requests only
    Web,
    /// Jobs, cron and the dispatcher only
    Worker,
}

impl ServeArgs {
    /// The bounds of retention, in the order in which they were given.
    pub fn retention(&self) -> retention::Bounds {
        self.retention.iter().fold(retention::Bounds::default(), |bounds, said| bounds.with(*said))
    }

    /// # Errors
    /// A file that cannot be read, or whose content is wrong.
    pub fn providers(&self) -> Result<Vec<Provider>, String> {
        let Some(file) = &self.providers else { return Ok(Vec::new()) };
        let said = |error: String| format!("--providers {}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| said(error.to_string()))?;
        providers::parse(&text, self.private_services).map_err(said)
    }

    /// # Errors
    /// What is no address of a service.
    pub fn breach_service(&self) -> Result<Option<String>, String> {
        let Some(url) = &self.breach_service else { return Ok(None) };
        let is_address = url.parse::<http::Uri>().is_ok_and(|parsed| match parsed.scheme_str() {
            Some("https") => parsed.host().is_some(),
            Some("http") => parsed.host().is_some() && self.private_services,
            _ => false,
        });
        if is_address { Ok(Some(url.clone())) } else { Err(format!("--breach-service {url} must begin with https://")) }
    }
}

/// # Errors
/// A public address that is no origin, or plain http anywhere but on this machine.
pub fn public_url(given: &str) -> Result<String, String> {
    let url = given.trim_end_matches('/');
    let parsed: http::Uri = url.parse().map_err(|_| format!("--public-url {url} is not an address"))?;
    let host = parsed.host().unwrap_or_default();
    if parsed.path() != "/" && !parsed.path().is_empty() {
        return Err(format!("--public-url {url} must have no path"));
    }
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost");
    match parsed.scheme_str() {
        Some("https") => Ok(url.to_owned()),
        Some("http") if local => Ok(url.to_owned()),
        Some("http") => Err(format!(
            "--public-url {url} is plain http. Sign-in cookies would travel unprotected: use https, by --tls-cert and --tls-key or by a proxy in front"
        )),
        _ => Err(format!("--public-url {url} must begin with https:// (or http:// on localhost)")),
    }
}

/// Where the instance's keys stand, unless the environment holds them.
pub fn key_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("keys/instance.key")
}

/// Reads the keys from the environment or the data directory; nothing where there are none.
///
/// # Errors
/// Keys that cannot be read.
pub fn kept_keys(settings: &Settings) -> Result<Option<KeyRing>, KeyError> {
    match &settings.keys {
        Some(text) => KeyRing::parse(&text.expose_secret().replace(',', "\n")).map(Some),
        None => KeyRing::load(&key_file(settings)),
    }
}
