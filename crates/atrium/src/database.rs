//! Which PostgreSQL the program uses: its own, or the one of `DATABASE_URL`.

use platform::crypto::{KeyError, KeyRing};
use platform::db::{RoleError, check_role};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::config::{Settings, kept_keys, key_file};
use crate::migrate::{self, MigrationError};
use crate::postgres::{self, APP_ROLE, OWNER_ROLE, PrivateCluster};

/// How to reach the database in its two roles; holds the private cluster while it is needed.
pub struct Database {
    pub app: PgConnectOptions,
    pub owner: PgConnectOptions,
    pub cluster: Option<PrivateCluster>,
    /// A role that may create roles, where one `DATABASE_URL` was given.
    admin: Option<PgConnectOptions>,
}

/// Whether the private cluster of another, running program may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Allowed,
    Refused,
}

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error(transparent)]
    Cluster(#[from] postgres::ClusterError),
    #[error("{variable} is not a PostgreSQL address, postgres://user:password@host/database: {source}")]
    Address { variable: &'static str, source: sqlx::Error },
    #[error("cannot reach the database: {0}. Check that it runs, and its address in DATABASE_URL and DATABASE_OWNER_URL if you gave them")]
    Unreachable(sqlx::Error),
    #[error("cannot sign in to serve: {0}. Check DATABASE_URL; with DATABASE_OWNER_URL beside it, it is the address for {APP_ROLE}")]
    NotServing(sqlx::Error),
    #[error(transparent)]
    Role(#[from] RoleError),
    #[error(transparent)]
    Key(#[from] MigrationError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error(
        "the key file {path} is not there, and this database's secrets are sealed with a key that was. Put back its copy, or give it in \
         ATRIUM_KEYS. If it is lost for good, `atrium keys replace` says what is lost with it, and goes on with a new one"
    )]
    KeyLost { path: String },
    #[error("PostgreSQL {0} is too old; 15 is the oldest that works")]
    TooOld(i32),
    #[error(
        "the role {role} may not create roles. Run as an administrator of the server: CREATE ROLE {OWNER_ROLE} LOGIN PASSWORD '…'; \
         CREATE ROLE {APP_ROLE} LOGIN PASSWORD '…'; ALTER DATABASE … OWNER TO {OWNER_ROLE}; and give DATABASE_URL as {APP_ROLE} and \
         DATABASE_OWNER_URL as {OWNER_ROLE}. ({source})"
    )]
    MayNotCreateRoles { role: String, source: sqlx::Error },
}

impl Database {
    /// Opens it, with the instance's keys. A first key is made for a database that has none yet, and for no other: beside a
    /// fresh key the place of a lost one would look as if nothing were missing.
    ///
    /// # Errors
    /// What keeps the private cluster from starting, an address that is none, or keys that cannot be read or are lost.
    pub async fn open(settings: &Settings, beside: Beside) -> Result<(Self, KeyRing), DatabaseError> {
        let kept = kept_keys(settings)?;
        let mut database = Self::reach(settings, beside).await?;
        let keys = match kept {
            Some(keys) => keys,
            None => match database.first_key(settings).await {
                Ok(keys) => keys,
                Err(error) => {
                    database.stop().await;
                    return Err(error);
                }
            },
        };
        database.sign_in_by(&keys);
        Ok((database, keys))
    }

    async fn first_key(&self, settings: &Settings) -> Result<KeyRing, DatabaseError> {
        let file = key_file(settings);
        let mut connection = self.as_who_prepares().await?;
        let has_key = migrate::has_key(&mut connection).await?;
        connection.close().await.map_err(DatabaseError::Unreachable)?;
        if has_key {
            return Err(DatabaseError::KeyLost { path: file.display().to_string() });
        }
        Ok(KeyRing::create(&file)?)
    }

    /// A connection as the administrator who was given, else as the owner.
    pub async fn as_who_prepares(&self) -> Result<PgConnection, DatabaseError> {
        self.admin.as_ref().unwrap_or(&self.owner).connect().await.map_err(DatabaseError::Unreachable)
    }

    /// Has the two roles sign in with the passwords that follow from the instance's key, so that every process with the key can.
    /// Only where one address of an administrator was given.
    fn sign_in_by(&mut self, keys: &KeyRing) {
        if let Some(given) = &self.admin {
            let role = |name: &str| given.clone().username(name).password(&hex::encode(keys.derive(&format!("role {name}")).as_ref()));
            (self.app, self.owner) = (role(APP_ROLE), role(OWNER_ROLE));
        }
    }

    /// The way to it, without its keys: the two roles cannot sign in yet where an administrator's address was given.
    ///
    /// # Errors
    /// What keeps the private cluster from starting, or an address that is none.
    pub async fn reach(settings: &Settings, beside: Beside) -> Result<Self, DatabaseError> {
        let Some(url) = &settings.database_url else {
            let options = postgres::Options { data_dir: settings.data_dir.clone(), pg_bin: settings.pg_bin.clone() };
            let cluster = match postgres::start(&options).await {
                // A command beside a serving program works in its cluster; a second server is refused.
                Err(postgres::ClusterError::Locked { .. }) if beside == Beside::Allowed => {
                    let (owner, app) = postgres::beside(&options)?;
                    return Ok(Self { app, owner, cluster: None, admin: None });
                }
                other => other?,
            };
            return Ok(Self { app: cluster.app_options(), owner: cluster.owner_options(), cluster: Some(cluster), admin: None });
        };
        let given = address("DATABASE_URL", url)?;
        if let Some(owner) = &settings.database_owner_url {
            let owner = address("DATABASE_OWNER_URL", owner)?;
            return Ok(Self { app: given, owner, cluster: None, admin: None });
        }
        Ok(Self { app: given.clone(), owner: given.clone(), cluster: None, admin: Some(given) })
    }

    /// Of options that are at hand already.
    pub fn given(app: PgConnectOptions, owner: PgConnectOptions) -> Self {
        Self { app, owner, cluster: None, admin: None }
    }

    /// Checks the server's version and the key, and makes the two roles where one address of an administrator was given.
    ///
    /// # Errors
    /// A server that cannot be reached or is too old, another instance's database, or a role that may not do this.
    pub async fn prepare(&self, keys: &KeyRing) -> Result<(), DatabaseError> {
        let mut connection = self.as_who_prepares().await?;
        let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
            .fetch_one(&mut connection)
            .await
            .map_err(DatabaseError::Unreachable)?;
        if version < 150_000 {
            return Err(DatabaseError::TooOld(version / 10_000));
        }
        // The roles' passwords follow from the key: with another one they would be changed under the programs that serve.
        migrate::refuse_other_key(&mut connection, keys).await?;
        if let Some(admin) = &self.admin {
            make_roles(&mut connection, keys, version)
                .await
                .map_err(|source| DatabaseError::MayNotCreateRoles { role: admin.get_username().to_owned(), source })?;
        }
        connection.close().await.map_err(DatabaseError::Unreachable)
    }

    /// Gives the two roles the passwords that follow from another key, where they follow from one.
    ///
    /// # Errors
    /// A server that cannot be reached, or a role that may not do this.
    pub async fn renew_roles(&self, keys: &KeyRing) -> Result<(), DatabaseError> {
        let Some(admin) = &self.admin else { return Ok(()) };
        let mut connection = self.as_who_prepares().await?;
        let source = async {
            let version = sqlx::query_scalar("SELECT current_setting('server_version_num')::int").fetch_one(&mut connection).await?;
            make_roles(&mut connection, keys, version).await
        };
        source.await.map_err(|source| DatabaseError::MayNotCreateRoles { role: admin.get_username().to_owned(), source })?;
        connection.close().await.map_err(DatabaseError::Unreachable)
    }

    /// # Errors
    /// A serving role that cannot sign in, or that the policies would not bind.
    pub async fn check_serving_role(&self) -> Result<(), DatabaseError> {
        let mut connection = self.app.connect().await.map_err(DatabaseError::NotServing)?;
        check_role(&mut connection).await?;
        connection.close().await.map_err(DatabaseError::NotServing)
    }

    /// Stops the private cluster, if there is one.
    pub async fn stop(self) {
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}

fn address(variable: &'static str, text: &SecretString) -> Result<PgConnectOptions, DatabaseError> {
    let text = text.expose_secret();
    // sqlx takes any scheme, and `host:port` for one.
    let parsed = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        text.parse()
    } else {
        Err(sqlx::Error::Configuration("it begins otherwise".into()))
    };
    parsed.map_err(|source| DatabaseError::Address { variable, source })
}

/// One transaction under a lock of its own, so that two programs that start at once do not collide.
async fn make_roles(connection: &mut PgConnection, keys: &KeyRing, version: i32) -> Result<(), sqlx::Error> {
    let mut sql = String::from("SELECT pg_advisory_xact_lock(7021802716120);");
    for role in [OWNER_ROLE, APP_ROLE] {
        // A verifier and not the password: statements may be logged.
        let password = postgres::verifier(&hex::encode(keys.derive(&format!("role {role}")).as_ref()).into());
        sql += &format!(
            "DO $$ BEGIN
                 IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role}; END IF;
             END $$;
             ALTER ROLE {role} LOGIN PASSWORD '{password}';"
        );
    }
    sql += &format!(
        "ALTER ROLE {APP_ROLE} SET statement_timeout = '5s';
         ALTER ROLE {APP_ROLE} SET lock_timeout = '2s';
         ALTER ROLE {APP_ROLE} SET idle_in_transaction_session_timeout = '15s';
         GRANT {OWNER_ROLE} TO CURRENT_USER;
         CREATE EXTENSION IF NOT EXISTS btree_gist;
         CREATE EXTENSION IF NOT EXISTS pg_trgm;
         DO $$ BEGIN
             EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO {OWNER_ROLE}', current_database());
             EXECUTE format('GRANT CONNECT ON DATABASE %I TO {APP_ROLE}', current_database());
         END $$;
         GRANT CREATE ON SCHEMA public TO {OWNER_ROLE};"
    );
    if version >= 170_000 {
        sql += &format!("ALTER ROLE {APP_ROLE} SET transaction_timeout = '30s';");
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
