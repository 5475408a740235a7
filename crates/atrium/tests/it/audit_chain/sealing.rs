//! The sealer beside late commits, kills and other sealers.

use std::time::Duration;

use platform::TenantId;
use platform::audit::{Change, chain, run_sealer};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{ends, found, seal};
use crate::world::World;

async fn write(world: &World, tenant: TenantId, lines: usize) {
    let mut ctx = world.ctx(tenant);
    for nth in 0..lines {
        ctx.audit(Change::created("probe.created", "probe", platform::id::new(), json!({ "nth": nth })));
    }
    ctx.commit().await.expect("committed");
}

async fn order(world: &World, tenant: TenantId) -> Vec<Uuid> {
    sqlx::query_scalar("SELECT event_id FROM platform.audit_seals WHERE tenant_id = $1 ORDER BY seq")
        .bind(tenant.0)
        .fetch_all(&mut world.as_owner().await)
        .await
        .expect("seals")
}

#[tokio::test]
async fn what_commits_late_comes_later_in_the_chain() {
    let world = World::new().await;
    let (tenant, _) = world.tenant();
    write(&world, tenant, 1).await;
    seal(&world).await;
    // Written first, and committed last: its id is older than that of the other.
    let mut late = world.as_owner().await;
    let late_id = platform::id::new();
    sqlx::query("BEGIN").execute(&mut late).await.expect("begun");
    sqlx::query("INSERT INTO platform.audit_events (tenant_id, id, action, entity_type) VALUES ($1, $2, 'probe.late', 'probe')")
        .bind(tenant.0)
        .bind(late_id)
        .execute(&mut late)
        .await
        .expect("written");
    write(&world, tenant, 1).await;
    for _ in 0..5 {
        chain::seal_waiting(&world.app).await.expect("a pass");
    }
    // Nothing after the open transaction is sealed: it would have to be put before that.
    assert_eq!(order(&world, tenant).await.len(), 1);
    sqlx::query("COMMIT").execute(&mut late).await.expect("committed");
    seal(&world).await;
    let sealed = order(&world, tenant).await;
    assert_eq!((sealed.len(), sealed[1]), (3, late_id));
    assert_eq!(found(&world, tenant.0).await, None);
}

#[tokio::test]
async fn two_sealers_at_once_make_one_chain() {
    let world = World::new().await;
    let (tenant, _) = world.tenant();
    for _ in 0..10 {
        write(&world, tenant, 20).await;
    }
    let passes = (0..8).map(|_| chain::seal_waiting(&world.app));
    let counts: usize = futures_util::future::join_all(passes).await.into_iter().map(|pass| pass.expect("a pass")).sum();
    seal(&world).await;
    assert!(counts <= 200, "{counts}");
    assert_eq!((order(&world, tenant).await.len(), ends(&world, tenant.0).await), (200, 200));
    assert_eq!(found(&world, tenant.0).await, None);
}

#[tokio::test]
async fn a_sealer_that_was_killed_is_gone_on_from_where_it_stopped() {
    let world = World::new().await;
    let (tenant, _) = world.tenant();
    let mut db = world.as_owner().await;
    for round in 0..4 {
        write(&world, tenant, 500).await;
        let stop = CancellationToken::new();
        let sealer = platform::task::spawn("sealer", run_sealer(world.app.clone(), stop.clone()));
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        // Whatever it is doing, its connections end.
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'atrium owner'")
            .execute(&mut db)
            .await
            .expect("killed");
        sealer.abort();
        let _ = sealer.await;
        stop.cancel();
    }
    // Another one, which leads now.
    let stop = CancellationToken::new();
    let sealer = platform::task::spawn("sealer", run_sealer(world.app.clone(), stop.clone()));
    crate::host::until_so("all is sealed", async || order(&world, tenant).await.len() == 2000).await;
    stop.cancel();
    sealer.await.expect("stopped");
    // Those of the pool that were killed while idle show themselves once each.
    for _ in 0..8 {
        let _ = sqlx::query("SELECT 1").execute(&world.app.pools.owner).await;
    }
    assert_eq!(found(&world, tenant.0).await, None);
}

#[tokio::test]
async fn a_dump_in_a_younger_cluster_is_sealed_from_there_on() {
    let world = World::new().await;
    let (tenant, _) = world.tenant();
    write(&world, tenant, 3).await;
    seal(&world).await;
    write(&world, tenant, 2).await;
    // As after a dump from a cluster that had counted further.
    let mut db = world.as_owner().await;
    sqlx::query("UPDATE security.audit_progress SET sealed_before = '99999999'").execute(&mut db).await.expect("set");
    sqlx::query("UPDATE platform.audit_events SET written_in = '99999998'").execute(&mut db).await.expect("set");
    write(&world, tenant, 2).await;
    let stop = CancellationToken::new();
    let sealer = platform::task::spawn("sealer", run_sealer(world.app.clone(), stop.clone()));
    crate::host::until_so("all is sealed", async || order(&world, tenant).await.len() == 7).await;
    stop.cancel();
    sealer.await.expect("stopped");
    assert_eq!(found(&world, tenant.0).await, None);
}

/// Requests wait for no sealer: it may hold its locks for as long as it likes.
#[tokio::test]
async fn a_sealer_that_hangs_keeps_nobody_waiting() {
    let world = World::new().await;
    let (tenant, _) = world.tenant();
    write(&world, tenant, 1).await;
    seal(&world).await;
    let mut sealer = world.as_owner().await;
    sqlx::query("BEGIN").execute(&mut sealer).await.expect("begun");
    sqlx::query("SELECT FROM security.audit_progress FOR UPDATE").execute(&mut sealer).await.expect("locked");
    sqlx::query("SELECT FROM platform.audit_chains FOR UPDATE").execute(&mut sealer).await.expect("locked");
    tokio::time::timeout(Duration::from_secs(5), write(&world, tenant, 1)).await.expect("no wait");
}
