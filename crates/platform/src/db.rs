//! Pools by purpose, and the sealed context that makes a transaction a tenant's.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::crypto::{KeyRing, hmac};
use crate::ctx::TenantId;
use crate::pool::{self, Pool, Transaction};
use crate::time::{Clock, Timestamp};

/// How long a transaction's context stays valid, in seconds: longer than any statement may run (the role's
/// transaction limit is 30 s), short enough that a copy is soon worthless.
const CONTEXT_SECONDS: i64 = 60;

/// One pool a purpose, so that slow work of one kind cannot starve another.
#[derive(Clone)]
pub struct Pools {
    /// Members' requests.
    pub web: Pool,
    /// Visitors' pages and bookings.
    pub public: Pool,
    /// Jobs and reactions, inside tenants.
    pub work: Pool,
    /// What members do to failed jobs, as the owner: the queue's tables admit nobody else.
    pub queue: Pool,
    /// The probes.
    pub health: PgPool,
    /// Who listens for notices, which keeps its connection.
    pub notices: PgPool,
    /// The owner of the tables, bound by no policy: the queue, the dispatcher and retention, and nothing else.
    pub owner: PgPool,
}

impl Pools {
    /// Connects lazily; a request waits as long as `wait` for a connection, and is refused with 503 then. The sum stays well below the server's `max_connections`.
    pub fn new(app: &PgConnectOptions, owner: &PgConnectOptions, size: u32, wait: Duration) -> Self {
        let background = Duration::from_secs(10);
        let named = |options: &PgConnectOptions, name: &str| options.clone().application_name(&format!("atrium {name}"));
        let of_sqlx = |most: u32, wait: Duration| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(wait)
                .idle_timeout(Duration::from_secs(300))
                .test_before_acquire(false)
        };
        Self {
            web: pool::pool(named(app, "web"), size, wait),
            public: pool::pool(named(app, "public"), size.div_ceil(2), wait),
            work: pool::pool(named(app, "work"), size.div_ceil(2), background),
            queue: pool::pool(named(owner, "queue"), 2, wait),
            health: of_sqlx(1, Duration::from_secs(1)).connect_lazy_with(named(app, "health")),
            notices: of_sqlx(1, background).connect_lazy_with(named(app, "notices")),
            owner: of_sqlx(size.div_ceil(2).max(4), background).connect_lazy_with(named(owner, "owner")),
        }
    }

    /// The pools that serve tenants, with their names.
    pub fn serving(&self) -> [(&'static str, &Pool); 4] {
        [("web", &self.web), ("public", &self.public), ("work", &self.work), ("queue", &self.queue)]
    }

    /// Closes connections that nobody has used for a while; the pools of sqlx do so by themselves.
    pub fn close_idle(&self) {
        for (_, pool) in self.serving() {
            pool::close_idle(pool);
        }
    }

    pub async fn close(&self) {
        for (_, pool) in self.serving() {
            pool.close();
        }
        for pool in [&self.health, &self.notices, &self.owner] {
            pool.close().await;
        }
    }
}

/// Mints the context that `platform.current_tenant()` checks.
pub struct ContextSeal {
    key: zeroize::Zeroizing<[u8; 32]>,
    clock: Clock,
}

impl ContextSeal {
    pub fn new(keys: &KeyRing) -> Self {
        // The database judges the expiry by its own clock, so a test's clock must not reach here.
        Self { key: keys.derive("tenant context"), clock: Clock::system() }
    }

    /// `tenant.expiry.mac`, 112 characters.
    pub fn mint(&self, tenant: TenantId) -> String {
        self.mint_until(tenant, self.clock.now().plus_seconds(CONTEXT_SECONDS))
    }

    fn mint_until(&self, tenant: TenantId, expiry: Timestamp) -> String {
        let signed = format!("{}.{:010}", tenant.0, expiry.as_second());
        let mac = hex::encode(hmac(self.key.as_ref(), &[signed.as_bytes()]));
        format!("{signed}.{mac}")
    }

    /// A context that has run out, for the test that shows it refused.
    pub fn mint_expired(&self, tenant: TenantId) -> String {
        self.mint_until(tenant, self.clock.now().plus_seconds(-1))
    }

    /// Opens a transaction of that tenant. BEGIN and the context travel in one message.
    ///
    /// # Errors
    /// No connection in time, or a server that is gone.
    pub async fn begin(&self, pool: &Pool, tenant: TenantId) -> Result<Transaction, sqlx::Error> {
        Transaction::begin(pool, &format!("BEGIN; SET LOCAL atrium.context = '{}'", self.mint(tenant))).await
    }

    /// The two padded halves of HMAC (RFC 2104) that the database keeps.
    fn pads(&self) -> ([u8; 64], [u8; 64]) {
        let mut padded = [0_u8; 64];
        padded[..32].copy_from_slice(self.key.as_ref());
        (padded.map(|b| b ^ 0x36), padded.map(|b| b ^ 0x5c))
    }

    /// Tells the database the key; needs the owner.
    ///
    /// # Errors
    /// The database's.
    pub async fn install(&self, owner: &PgPool) -> Result<(), sqlx::Error> {
        let (inner, outer) = self.pads();
        sqlx::query!(
            "INSERT INTO security.context_keys (id, inner_pad, outer_pad) VALUES (1, $1, $2)
             ON CONFLICT (id) DO UPDATE SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad
             WHERE (context_keys.inner_pad, context_keys.outer_pad) IS DISTINCT FROM (excluded.inner_pad, excluded.outer_pad)",
            &inner[..],
            &outer[..],
        )
        .execute(owner)
        .await?;
        Ok(())
    }
}

/// Refuses a serving role that the policies would not bind.
///
/// # Errors
/// Says which of its powers is too much.
pub async fn check_role(app: impl sqlx::PgExecutor<'_>) -> Result<(), RoleError> {
    let role = sqlx::query!(
        r#"SELECT current_user::text AS "name!", rolsuper AS "is_super!", rolbypassrls AS "bypasses!",
                  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE c.relowner = r.oid AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema') AS "owns!",
                  pg_has_role(r.oid, 'atrium_owner', 'MEMBER') AS "is_owner!"
             FROM pg_roles r WHERE rolname = current_user"#
    )
    .fetch_one(app)
    .await?;
    let power = match role {
        ref r if r.is_super => "is a superuser",
        ref r if r.bypasses => "bypasses row-level security",
        ref r if r.owns => "owns tables",
        ref r if r.is_owner => "is a member of atrium_owner",
        _ => return Ok(()),
    };
    Err(RoleError::TooPowerful { role: role.name, power })
}

#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    #[error("the serving role {role} {power}, so the tenants' walls would not hold; serve as atrium_app")]
    TooPowerful { role: String, power: &'static str },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A tenant's identifier and nothing else, where a pool is at hand and no request is (tests, tools).
impl From<Uuid> for TenantId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}
