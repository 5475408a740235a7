//! `atrium keys`: a new key where the instance's own is lost, and what is forgotten with that one.

use std::process::ExitCode;

use clap::Subcommand;
use platform::crypto::KeyRing;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::config::{Settings, kept_keys, key_file};
use crate::database::{Beside, Database};
use crate::postgres::OWNER_ROLE;
use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// Go on with a new key where the instance's own is lost for good; says what is lost with it
    Replace {
        /// Forget what the lost key sealed, and go on
        #[arg(long)]
        allow_data_loss: bool,
    },
}

/// What cannot be opened any more. Whatever cannot be opened and stays would make each reading of it fail.
struct Sealed {
    table: &'static str,
    /// Which rows, and what becomes of them.
    lost: &'static str,
    forget: &'static str,
    words: &'static str,
}

const SEALED: [Sealed; 14] = [
    Sealed {
        table: "directory.totp_credentials",
        lost: "true",
        forget: "WITH gone AS (DELETE FROM directory.totp_credentials RETURNING user_id)
                 DELETE FROM directory.recovery_codes r USING gone
                  WHERE r.user_id = gone.user_id AND NOT EXISTS (SELECT FROM directory.authenticators a WHERE a.user_id = gone.user_id)",
        words: "authenticator apps of people, who sign in without one until they set it up anew",
    },
    Sealed {
        table: "platform.mail_settings",
        lost: "password_ciphertext IS NOT NULL",
        forget: "UPDATE platform.mail_settings SET password_ciphertext = NULL WHERE password_ciphertext IS NOT NULL",
        words: "passwords of workspaces' mail servers, whose mails wait until they are given again",
    },
    Sealed {
        table: "automation.webhook_endpoints",
        lost: "true",
        forget: "DELETE FROM automation.webhook_endpoints",
        words: "webhooks with their logs: without their secrets nothing can be signed",
    },
    Sealed {
        table: "messaging.sms_settings",
        lost: "true",
        forget: "DELETE FROM messaging.sms_settings",
        words: "accounts at providers of SMS: none are sent until they are given again",
    },
    Sealed {
        table: "messaging.notification_deliveries",
        lost: "message_ciphertext IS NOT NULL",
        forget: "UPDATE messaging.notification_deliveries
                    SET message_ciphertext = NULL, status = CASE status WHEN 'queued' THEN 'failed' ELSE status END
                  WHERE message_ciphertext IS NOT NULL",
        words: "texts of SMS and of messages in the app; their lines in the log stay",
    },
    Sealed { table: "directory.mails", lost: "true", forget: "DELETE FROM directory.mails", words: "mails, sent ones and those that wait" },
    Sealed {
        table: "platform.audit_keys",
        lost: "true",
        forget: "DELETE FROM platform.audit_keys",
        words: "keys of the audit trail: its lines stay, and say neither who acted nor what was said about people",
    },
    Sealed {
        table: "platform.audit_heads",
        lost: "true",
        forget: "DELETE FROM platform.audit_heads",
        words: "signed ends of audit chains: those in the log still hold against the public key that you noted",
    },
    Sealed {
        table: "directory.audit_signing_keys",
        lost: "true",
        forget: "DELETE FROM directory.audit_signing_keys",
        words: "keys that sign the audit trail; note the new one, `atrium audit keys`",
    },
    Sealed {
        table: "platform.audit_exports",
        lost: "true",
        forget: "DELETE FROM platform.audit_exports",
        words: "exports of audit trails",
    },
    Sealed {
        table: "directory.data_exports",
        lost: "true",
        forget: "DELETE FROM directory.data_exports",
        words: "exports of people's own data",
    },
    Sealed {
        table: "directory.oauth_signing_keys",
        lost: "true",
        forget: "DELETE FROM directory.oauth_signing_keys",
        words: "keys that sign ID tokens: apps fetch the new ones",
    },
    Sealed {
        table: "platform.idempotency_keys",
        lost: "true",
        forget: "DELETE FROM platform.idempotency_keys",
        words: "answers kept for requests that are repeated",
    },
    Sealed {
        table: "directory.idempotency_keys",
        lost: "true",
        forget: "DELETE FROM directory.idempotency_keys",
        words: "answers kept for requests of nobody's workspace that are repeated",
    },
];

/// # Errors
/// A program that serves from this data directory; a key that is not lost; the database's.
pub async fn run(settings: &Settings, command: &KeysCommand) -> Result<ExitCode, Failure> {
    let KeysCommand::Replace { allow_data_loss } = command;
    let kept = kept_keys(settings)?;
    let database = Database::reach(settings, Beside::Refused).await?;
    let outcome = replace(settings, kept, &database, *allow_data_loss).await;
    database.stop().await;
    outcome
}

async fn replace(settings: &Settings, kept: Option<KeyRing>, database: &Database, allow_data_loss: bool) -> Result<ExitCode, Failure> {
    let mut db = database.as_who_prepares().await?;
    let theirs: Option<Vec<u8>> = if crate::migrate::has_key(&mut db).await? {
        sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {OWNER_ROLE}"))).execute(&mut db).await?;
        sqlx::query_scalar("SELECT key_check FROM security.instance").fetch_one(&mut db).await?
    } else {
        None
    };
    let Some(theirs) = theirs else { return Err("this database has no key yet: the first start makes one".into()) };
    if kept.as_ref().is_some_and(|kept| theirs == kept.derive("key check")[..]) {
        return Err("the key that this database is sealed with is at hand: nothing is lost, and nothing was changed. \
                    To rotate it, add a line to the key file: see docs/operating.md"
            .into());
    }
    let mut tx = db.begin().await?;
    println!("{}", if allow_data_loss { "Forgotten, since the key is lost:" } else { "With the key is lost:" });
    for sealed in &SEALED {
        if let Some(count) = count(&mut tx, sealed).await? {
            println!("{count:>8}  {}", sealed.words);
        }
    }
    println!("       –  links to bookings that are still to come: mails from now on hold new ones");
    println!("       –  links in mails to sign in, and codes of devices that wait to be allowed");
    if !allow_data_loss {
        println!("Nothing was changed. If no copy of the key is left, go on with: atrium keys replace --allow-data-loss");
        return Ok(ExitCode::FAILURE);
    }
    // Before the commit: were it lost in between, this command would find the same again.
    let keys = match kept {
        Some(keys) => keys,
        None => KeyRing::create(&key_file(settings))?,
    };
    for sealed in &SEALED {
        if is_there(&mut tx, sealed).await? {
            sqlx::query(sealed.forget).execute(&mut *tx).await?;
        }
    }
    let links = scheduling::renew_links(&mut tx, &keys).await?;
    sqlx::query("UPDATE security.instance SET key_check = $1").bind(&keys.derive("key check")[..]).execute(&mut *tx).await?;
    sqlx::query(
        "INSERT INTO directory.security_events (id, event, severity, details)
         VALUES ($1, 'key_replaced', 'critical', jsonb_build_object('by', 'command line'))",
    )
    .bind(platform::id::new())
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    println!("The database goes on with the key of this instance, and {links} links to bookings are new. Keep a copy of the key apart.");
    Ok(ExitCode::SUCCESS)
}

/// A database of an older version does not have every table.
async fn is_there(db: &mut PgConnection, sealed: &Sealed) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(sealed.table).fetch_one(db).await
}

async fn count(db: &mut PgConnection, sealed: &Sealed) -> Result<Option<i64>, sqlx::Error> {
    if !is_there(db, sealed).await? {
        return Ok(None);
    }
    let sql = format!("SELECT count(*) FROM {} WHERE {}", sealed.table, sealed.lost);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await.map(Some)
}
