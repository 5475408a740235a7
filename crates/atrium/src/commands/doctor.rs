//! `atrium doctor`: looks at everything the program stands on, and says how to mend it.

use std::process::ExitCode;

use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions, PgPool};

use crate::config::{Settings, key_file};
use crate::database::{Beside, Database, DatabaseError};
use crate::migrate;
use crate::serve::Failure;

/// Clocks that differ by more make sessions and reminders wrong.
const CLOCK_TOLERANCE_SECONDS: i64 = 5;

struct Report {
    failed: bool,
}

impl Report {
    fn say(&mut self, name: &str, found: Result<String, String>) {
        match found {
            Ok(detail) => println!("ok    {name}: {detail}"),
            Err(what) => {
                self.failed = true;
                println!("WRONG {name}: {what}");
            }
        }
    }
}

/// Changes nothing but what opening a database for the first time does: the private cluster, the key, the roles.
///
/// # Errors
/// None: what is wrong is printed, and the exit code is 1.
pub async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let mut report = Report { failed: false };
    let opened = Database::open(settings, Beside::Allowed).await;
    if let Err(error @ (DatabaseError::Keys(_) | DatabaseError::KeyLost { .. })) = &opened {
        report.say("key", Err(error.to_string()));
        return Ok(ExitCode::FAILURE);
    }
    let from = if settings.keys.is_some() { "ATRIUM_KEYS".to_owned() } else { key_file(settings).display().to_string() };
    report.say(
        "key",
        Ok(format!("read from {from}. Keep a copy apart from the database: what is lost without it stands in docs/operating.md")),
    );
    match settings.mail.mailer() {
        Err(error) => report.say("mail", Err(error)),
        Ok(mailer) => report.say("mail", mail(mailer).await),
    }
    if settings.place_database.is_some() {
        let found = settings.places().and_then(|places| places.verify());
        report.say("places", found.map_err(|error| format!("{error}. Bring the file anew, or leave --place-database out")));
    }
    match opened {
        Err(error) => report.say("database", Err(error.to_string())),
        Ok((database, keys)) => {
            let prepared = database.prepare(&keys).await;
            let usable = prepared.is_ok();
            let name = match &prepared {
                Err(DatabaseError::Key(_)) => "key",
                Err(DatabaseError::Unreachable(_) | DatabaseError::TooOld(_)) => "database",
                _ => "roles",
            };
            report.say(name, prepared.map(|()| "atrium_owner and atrium_app are there".to_owned()).map_err(|error| error.to_string()));
            if usable {
                let owner = PgPoolOptions::new().max_connections(1).connect_lazy_with(database.owner.clone());
                report.say("database", server(&owner).await);
                report.say("clock", clock(&owner).await);
                let serving = database.check_serving_role().await;
                report
                    .say("serving role", serving.map(|()| "is bound by row-level security".to_owned()).map_err(|error| error.to_string()));
                report.say("migrations", migrations(&database, &keys).await);
                owner.close().await;
            }
            database.stop().await;
        }
    }
    Ok(if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn mail(mailer: platform::mail::Mailer) -> Result<String, String> {
    let Some(smtp) = mailer.smtp else {
        return Ok(
            "no server is configured, so mails are kept for the mailbox page. Set --smtp-host and --mail-from to send them".to_owned()
        );
    };
    let transport = smtp.transport().map_err(|error| error.to_string())?;
    match transport.test_connection().await {
        Ok(true) => Ok(format!("{}:{} answers", smtp.host, smtp.port)),
        Ok(false) => Err(format!("{}:{} does not take mail now", smtp.host, smtp.port)),
        Err(error) => Err(format!("{}:{}: {error}. Check host, port, --smtp-security and the credentials", smtp.host, smtp.port)),
    }
}

async fn server(owner: &PgPool) -> Result<String, String> {
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(owner).await.map_err(|error| error.to_string())?;
    let (used, most): (i64, i32) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::int",
    )
    .fetch_one(owner)
    .await
    .map_err(|error| error.to_string())?;
    if used * 10 > i64::from(most) * 9 {
        return Err(format!("{used} of {most} connections are taken. Raise max_connections, or lower --pool-size"));
    }
    Ok(format!("PostgreSQL {version}, {used} of {most} connections taken"))
}

async fn clock(owner: &PgPool) -> Result<String, String> {
    let theirs: i64 = sqlx::query_scalar("SELECT extract(epoch FROM clock_timestamp())::bigint")
        .fetch_one(owner)
        .await
        .map_err(|error| error.to_string())?;
    let apart = (platform::time::Clock::system().now().as_second() - theirs).abs();
    if apart > CLOCK_TOLERANCE_SECONDS {
        return Err(format!("this machine and the database are {apart} s apart. Keep both with NTP"));
    }
    Ok("agrees with the database's".to_owned())
}

async fn migrations(database: &Database, keys: &platform::crypto::KeyRing) -> Result<String, String> {
    let mut connection = database.owner.connect().await.map_err(|error| error.to_string())?;
    let demo = migrate::is_demo(&mut connection).await.map_err(|error| error.to_string())?;
    let steps = migrate::status(&database.owner).await.map_err(|error| error.to_string())?;
    let pending = steps.iter().filter(|step| !step.applied).count();
    if pending == steps.len() {
        return Ok("the database is empty; `atrium migrate up` or `serve` fills it".to_owned());
    }
    if pending > 0 {
        return Err(format!("{pending} are pending. Run: atrium migrate up"));
    }
    // With nothing pending this only compares the keys.
    migrate::up(&database.owner, keys).await.map_err(|error| error.to_string())?;
    Ok(format!("all {} have run{}", steps.len(), if demo { "; the database holds demo data or nothing yet" } else { "" }))
}
