//! The chain of hashes over the audit trail: what was done to it is found, and the first broken record named.

mod archives;
mod attacks;
mod exports;
mod people;
mod sealing;

use platform::TenantId;
use platform::audit::heads::{self, VerifyingKey};
use platform::audit::verify::{self, Broken, Reason};
use platform::audit::{chain, record};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::client::Tenant;
use crate::world::World;

/// Until every line of this database has its place. What runs beside, in other tests, may keep it waiting.
pub async fn seal(world: &World) {
    for _ in 0..600 {
        while chain::seal_waiting(&world.app).await.expect("sealed") > 0 {}
        if chain::backlog(&world.app).await.expect("a count").0 == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("lines are left unsealed");
}

pub async fn keys(world: &World) -> Vec<VerifyingKey> {
    let mut db = world.app.pools.owner.acquire().await.expect("a connection");
    heads::own_keys(&world.app, &mut db).await.expect("keys")
}

pub async fn broken(world: &World, tenant: Uuid) -> Option<Broken> {
    verify::verify(&world.app, TenantId(tenant), &keys(world).await, &[]).await.expect("a verdict").broken
}

async fn found(world: &World, tenant: Uuid) -> Option<(i64, Reason)> {
    broken(world, tenant).await.map(|broken| (broken.seq, broken.reason))
}

/// A tenant whose chain has so many records at least, with a signed head.
async fn sealed(records: i64) -> (World, Tenant, i64) {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (mut length, mut nth) = (0, 0);
    while length < records {
        nth += 1;
        tenant.owner.post("/contacts", json!({ "name": format!("Contact {nth}") })).await.expect(201);
        seal(&world).await;
        length = ends(&world, tenant.id).await;
    }
    heads::sign_heads(&world.app).await.expect("signed");
    assert_eq!(found(&world, tenant.id).await, None);
    (world, tenant, length)
}

async fn ends(world: &World, tenant: Uuid) -> i64 {
    sqlx::query_scalar("SELECT seq FROM platform.audit_chains WHERE tenant_id = $1")
        .bind(tenant)
        .fetch_one(&mut world.as_owner().await)
        .await
        .expect("a chain")
}

/// As whoever owns the database may.
async fn tamper(db: &mut PgConnection, tenant: Uuid, sql: &str) {
    let changed = sqlx::query(sqlx::AssertSqlSafe(sql.replace("TENANT", &format!("'{tenant}'")))).execute(db).await.expect(sql);
    assert!(changed.rows_affected() > 0, "{sql}");
}

/// Builds the chain anew over what stands in the database, as somebody who knows how it is made.
async fn rebuild(world: &World, tenant: Uuid) {
    let mut db = world.app.pools.owner.acquire().await.expect("a connection");
    let links = platform::audit::store::links(&mut db, TenantId(tenant), 0, 10_000).await.expect("links");
    let (mut previous, mut buffer) = (record::genesis(tenant), Vec::new());
    for link in links {
        previous = link.record.expect("a record").hash(tenant, link.seq, &previous, &mut buffer);
        sqlx::query("UPDATE platform.audit_seals SET hash = $3 WHERE tenant_id = $1 AND seq = $2")
            .bind(tenant)
            .bind(link.seq)
            .bind(&previous[..])
            .execute(&mut *db)
            .await
            .expect("written");
    }
    sqlx::query("UPDATE platform.audit_chains SET hash = $2 WHERE tenant_id = $1")
        .bind(tenant)
        .bind(&previous[..])
        .execute(&mut *db)
        .await
        .expect("written");
}

const EDIT: &str = "UPDATE platform.audit_events e SET action = 'contact.forged' FROM platform.audit_seals s
                     WHERE e.tenant_id = TENANT AND s.tenant_id = TENANT AND s.event_id = e.id AND s.seq = 3";
