//! `atrium serve`: database, migrations, HTTP, workers and scheduler, from start to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use platform::db::{ContextSeal, Pools};
use platform::events::Dispatch;
use platform::http_client::HttpClient;
use platform::rate_limit::RateLimits;
use platform::sse::Streams;
use platform::state::{Config, Parts};
use platform::time::Clock;
use platform::{App, task};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::commands::seed;
use crate::config::{Role, ServeArgs, Settings, public_url};
use crate::database::{Beside, Database};
use crate::health::{self, Health};
use crate::{migrate, registry, router, server};

/// Short: who waits longer is better told to come back.
const POOL_WAIT: Duration = Duration::from_secs(2);
/// Requests and jobs may take this long after SIGTERM.
const DRAIN: Duration = Duration::from_secs(25);
/// After this the program ends, whatever still runs.
const HARD_END: Duration = Duration::from_secs(30);

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The application over an open database.
pub fn application(
    config: Config,
    database: &Database,
    keys: platform::crypto::KeyRing,
    mailer: platform::mail::Mailer,
    files: platform::files::FileStore,
    pool_size: u32,
    clock: Clock,
) -> App {
    App::new(Parts {
        pools: Pools::new(&database.app, &database.owner, pool_size, config.pool_wait),
        clock,
        seal: Arc::new(ContextSeal::new(&keys)),
        audit_keys: Arc::default(),
        keys: Arc::new(keys),
        authenticator: Arc::new(identity::RequestAuthenticator),
        mailer: Arc::new(mailer),
        files,
        http: if config.private_webhooks { HttpClient::allowing_private() } else { HttpClient::new() },
        services: if config.private_services { HttpClient::allowing_private() } else { HttpClient::new() },
        company_providers: if config.private_company_providers { HttpClient::allowing_private() } else { HttpClient::new() },
        dispatch: Dispatch::default(),
        streams: Streams::default(),
        sessions: platform::known::KnownSessions::default(),
        limits: Arc::new(RateLimits::new(config.rate_limit_factor)),
        event_kinds: registry::event_kinds(),
        reactions: registry::reactions(),
        personal_data: registry::personal_data(),
        records: registry::records(),
        retained: registry::retained(),
        config,
    })
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps it from starting; each says what to do.
pub async fn run(settings: &Settings, args: &ServeArgs) -> Result<(), Failure> {
    let started = Instant::now();
    let mut signals = Signals::install()?;
    let public_url = public_url(&args.public_url)?;
    let (providers, breach_service) = (args.providers()?, args.breach_service()?);
    let places = settings.places()?;
    if public_url.starts_with("http://") {
        tracing::warn!("serving plain http on this machine: cookies go without Secure. For others, set --public-url to an https address");
    }
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some(server::tls(cert, key)?),
        _ => None,
    };
    let mailer = settings.mail.mailer()?;
    server::raise_open_files();
    // Taken before anything is started: a port in use is said at once.
    let serves = args.role != Role::Worker;
    let listener = if serves { Some(listen(args.listen, "--listen").await?) } else { None };
    let (database, keys) = tokio::select! {
        opened = Database::open(settings, Beside::Refused) => opened?,
        () = signals.received() => return Ok(()),
    };
    let outcome = async {
        database.prepare(&keys).await?;
        migrate::up(&database.owner, &keys).await?;
        let config = Config {
            public_url: public_url.clone(),
            trusted_proxies: args.trusted_proxies.clone(),
            rate_limit_factor: args.rate_limit_factor,
            private_mail_servers: args.private_mail_servers,
            private_services: args.private_services,
            private_company_providers: args.private_company_providers,
            private_webhooks: args.private_webhooks,
            providers,
            mail_links: args.mail_links,
            breach_service,
            admin_second_factor: args.admin_second_factor,
            dns_resolver: args.dns_resolver,
            retention: args.retention(),
            pool_wait: POOL_WAIT,
            places,
        };
        let app = application(config, &database, keys, mailer, settings.files.store(&settings.data_dir)?, args.pool_size, Clock::system());
        database.check_serving_role().await?;
        if args.demo {
            seed::demo_where_empty(&app, &mut std::io::stdout()).await?;
        }
        serve(settings, args, app, listener, tls, started, &mut signals).await
    }
    .await;
    database.stop().await;
    outcome
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}. Choose another {flag}"))
}

async fn serve(
    settings: &Settings,
    args: &ServeArgs,
    app: App,
    listener: Option<TcpListener>,
    tls: Option<tokio_rustls::TlsAcceptor>,
    started: Instant,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let health = Health { app: app.clone(), draining: Arc::new(AtomicBool::new(false)) };
    let (stop_taking, stop_background) = (CancellationToken::new(), CancellationToken::new());
    let limits = server::Limits { connections: args.max_connections, drain: DRAIN };
    // To the end, so that who asks whether we are ready hears that we are stopping.
    let stop_admin = CancellationToken::new();
    let (mut running, mut admin) = (Vec::new(), None);
    if let Some(listener) = listener {
        let router = router::router(health.clone());
        running.push(task::spawn("http", server::serve(listener, tls, router, limits.clone(), stop_taking.clone())));
        running.push(task::spawn("event listener", platform::sse::run_listener(app.clone(), stop_taking.clone())));
    }
    if let Some(address) = args.admin_listen {
        let router = health::admin(health.clone(), health::recorder()?);
        let served = server::serve(listen(address, "--admin-listen").await?, None, router, limits, stop_admin.clone());
        admin = Some(task::spawn("admin http", served));
    }
    if args.role != Role::Web {
        running.push(task::spawn("dispatcher", platform::events::run_dispatcher(app.clone(), stop_background.clone())));
        running.push(task::spawn("sealer", platform::audit::run_sealer(app.clone(), stop_background.clone())));
        running.push(task::spawn("jobs", work(app.clone(), usize::from(args.jobs), stop_taking.clone())));
    }
    running.push(task::spawn("housekeeping", keep_house(app.clone(), stop_background.clone())));
    tracing::info!(address = %args.listen, url = app.config.public_url, data_dir = %settings.data_dir.display(), ready_after_ms = started.elapsed().as_millis(), "ready");

    signals.received().await;
    tracing::info!("stopping: open requests and jobs may finish; a second signal ends at once");
    health.draining.store(true, Ordering::SeqCst);
    app.streams.end();
    stop_taking.cancel();
    stop_background.cancel();
    let drained = async {
        for task in running {
            let _ = task.await;
        }
        stop_admin.cancel();
        if let Some(admin) = admin {
            let _ = admin.await;
        }
        app.pools.close().await;
    };
    tokio::select! {
        () = drained => tracing::info!("stopped"),
        () = tokio::time::sleep(HARD_END) => tracing::warn!("stopped with work still open"),
        () = signals.received() => tracing::warn!("stopped at the second signal"),
    }
    Ok(())
}

/// Keeps the job worker running: it ends with its connection, and starts again.
async fn work(app: App, concurrency: usize, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) =
            platform::jobs::run_worker(app.clone(), registry::jobs(), registry::CRONTAB, concurrency, DRAIN, stop.clone()).await
        {
            tracing::warn!(%error, "the job worker ended and starts again");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// Lets go of what nobody has used for a while, and looks whether the database of places was replaced.
async fn keep_house(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(60)) => {
                app.limits.forget_idle(app.clock.now().as_second().div_euclid(60));
                app.pools.close_idle();
                let places = app.config.places.clone();
                let _ = tokio::task::spawn_blocking(move || places.refresh()).await;
            }
        }
    }
}

/// SIGTERM and SIGINT.
struct Signals {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}
