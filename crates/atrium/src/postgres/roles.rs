//! The two roles, the database and its extension, made and repaired at each start.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgDatabaseError},
};

use super::{APP_ROLE, ClusterError, DATABASE, OWNER_ROLE, PrivateCluster, credentials};

/// The server may die once more between its first answer and our connection.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// Brings roles, passwords, time-outs, database and extension to what they shall be. Each statement may be repeated, so a
/// start that was killed half way is finished by the next.
pub async fn ensure(cluster: &PrivateCluster, credentials_file: &Path) -> Result<(), ClusterError> {
    let mut server = connect(&cluster.superuser_options(), credentials_file).await?;
    for role in [OWNER_ROLE, APP_ROLE] {
        let known = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut server)
            .await?;
        if !known {
            run(&mut server, format!("CREATE ROLE {role}")).await?;
        }
    }
    let owner = credentials::verifier(&cluster.credentials.owner);
    let app = credentials::verifier(&cluster.credentials.app);
    let rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
    // One simple query is one transaction: a request never meets half of it.
    run(
        &mut server,
        format!(
            "ALTER ROLE {OWNER_ROLE} {rights} PASSWORD '{owner}';
             ALTER ROLE {APP_ROLE}   {rights} PASSWORD '{app}';
             ALTER ROLE {APP_ROLE} SET statement_timeout = '5s';
             ALTER ROLE {APP_ROLE} SET lock_timeout = '2s';
             ALTER ROLE {APP_ROLE} SET idle_in_transaction_session_timeout = '15s';"
        ),
    )
    .await?;
    if cluster.major >= 17 {
        run(&mut server, format!("ALTER ROLE {APP_ROLE} SET transaction_timeout = '30s'")).await?;
    }

    let owner = sqlx::query_scalar::<_, String>(
        "SELECT pg_catalog.pg_get_userbyid(datdba)::text
           FROM pg_catalog.pg_database
          WHERE datname = $1",
    )
    .bind(DATABASE)
    .fetch_optional(&mut server)
    .await?;
    match owner.as_deref() {
        Some(OWNER_ROLE) => {}
        Some(_) => {
            let statement = format!("ALTER DATABASE {DATABASE} OWNER TO {OWNER_ROLE}");
            run(&mut server, statement).await?;
        }
        None => {
            let statement = format!("CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'");
            run(&mut server, statement).await?;
        }
    }
    run(
        &mut server,
        format!(
            "REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
             GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE};"
        ),
    )
    .await?;
    server.close().await?;

    let options = cluster.superuser_options().database(DATABASE);
    let mut database = connect(&options, credentials_file).await?;
    run(
        &mut database,
        format!(
            "SET client_min_messages = warning;
             CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
             REVOKE CREATE ON SCHEMA public FROM PUBLIC, {APP_ROLE};
             GRANT USAGE ON SCHEMA public TO PUBLIC;"
        ),
    )
    .await?;
    database.close().await?;
    Ok(())
}

/// Runs statements that take no parameters; what is put into them are our own names and verifiers.
async fn run(connection: &mut PgConnection, statements: String) -> Result<(), ClusterError> {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
    Ok(())
}

async fn connect(options: &PgConnectOptions, credentials_file: &Path) -> Result<PgConnection, ClusterError> {
    let mut tries = 0;
    loop {
        let error = match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let code = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>()).map(PgDatabaseError::code);
        match (&error, code) {
            (_, Some("28P01")) => {
                return Err(ClusterError::WrongCredentials { path: credentials_file.to_owned() });
            }
            // cannot_connect_now: starting up or recovering.
            (sqlx::Error::Io(_), _) | (_, Some("57P03")) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            _ => return Err(error.into()),
        }
    }
}
