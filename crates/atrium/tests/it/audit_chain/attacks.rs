//! Records that were edited, removed, moved, cut off or built anew.

use platform::TenantId;
use platform::audit::heads::{self, Head};
use platform::audit::verify::{self, Reason};
use platform::audit::{store, verify::verify_all};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;

use super::{EDIT, broken, ends, found, keys, rebuild, seal, sealed, tamper};
use crate::client::{Client, Tenant};
use crate::world::World;

#[tokio::test]
async fn an_edited_record_is_named() {
    for set in [
        "action = 'contact.forged'",
        "actor_id = gen_random_uuid()",
        "entity_id = gen_random_uuid()",
        "created_at = created_at - interval '1 day'",
        "new_values = '{\"name\": \"Forged\"}'",
        "values_ciphertext = values_ciphertext || '\\x00'",
        "actor_ciphertext = NULL, actor_key = NULL",
        "request_id = NULL",
    ] {
        let (world, tenant, _) = sealed(5).await;
        let sql = format!(
            "UPDATE platform.audit_events SET {set} WHERE tenant_id = TENANT AND id = (SELECT event_id FROM platform.audit_seals WHERE tenant_id = TENANT AND seq = 5)"
        );
        tamper(&mut world.as_owner().await, tenant.id, &sql).await;
        assert_eq!(found(&world, tenant.id).await, Some((5, Reason::Changed)), "{set}");
    }
}

#[tokio::test]
async fn a_deleted_record_is_named() {
    let (world, tenant, _) = sealed(5).await;
    let mut db = world.as_owner().await;
    let event: Uuid = sqlx::query_scalar("SELECT event_id FROM platform.audit_seals WHERE tenant_id = $1 AND seq = 2")
        .bind(tenant.id)
        .fetch_one(&mut db)
        .await
        .expect("the second");
    sqlx::query("DELETE FROM platform.audit_events WHERE id = $1").bind(event).execute(&mut db).await.expect("deleted");
    let broken = broken(&world, tenant.id).await.expect("broken");
    assert_eq!((broken.seq, broken.event, broken.reason), (2, Some(event), Reason::Missing));
    // With its place in the chain as well.
    tamper(&mut db, tenant.id, "DELETE FROM platform.audit_seals WHERE tenant_id = TENANT AND seq = 2").await;
    assert_eq!(found(&world, tenant.id).await, Some((2, Reason::Gap)));
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_found() {
    let (world, tenant, length) = sealed(6).await;
    let mut db = world.as_owner().await;
    let cut = [
        "DELETE FROM platform.audit_events WHERE tenant_id = TENANT AND id IN (SELECT event_id FROM platform.audit_seals WHERE tenant_id = TENANT AND seq > 4)",
        "DELETE FROM platform.audit_seals WHERE tenant_id = TENANT AND seq > 4",
    ];
    for sql in cut {
        tamper(&mut db, tenant.id, sql).await;
    }
    assert_eq!(found(&world, tenant.id).await, Some((5, Reason::Truncated)));
    // As carefully as one can: the end of the chain is said to be there. The signed head knows better.
    tamper(
        &mut db,
        tenant.id,
        "UPDATE platform.audit_chains c SET seq = 4, hash = s.hash FROM platform.audit_seals s WHERE c.tenant_id = TENANT AND s.tenant_id = TENANT AND s.seq = 4",
    )
    .await;
    assert_eq!(found(&world, tenant.id).await, Some((5, Reason::Truncated)));
    // And the head that stands in the log, where the table of heads was cut too.
    let head = store::last_head(&mut db, TenantId(tenant.id)).await.expect("read").expect("a head");
    assert_eq!(head.seq, length);
    tamper(&mut db, tenant.id, "DELETE FROM platform.audit_heads WHERE tenant_id = TENANT").await;
    assert_eq!(found(&world, tenant.id).await, None);
    let verdict = verify::verify(&world.app, TenantId(tenant.id), &keys(&world).await, &[head]).await.expect("a verdict");
    assert_eq!(verdict.broken.map(|broken| (broken.seq, broken.reason)), Some((5, Reason::Truncated)));
}

#[tokio::test]
async fn swapped_records_are_named() {
    let (world, tenant, _) = sealed(6).await;
    let mut db = world.as_owner().await;
    let swap = "UPDATE platform.audit_seals s SET event_id = o.event_id FROM platform.audit_seals o
                 WHERE s.tenant_id = TENANT AND o.tenant_id = TENANT AND (s.seq, o.seq) IN ((3, 5), (5, 3))";
    db.execute("ALTER TABLE platform.audit_seals DROP CONSTRAINT audit_seals_tenant_id_event_id_key").await.expect("dropped");
    tamper(&mut db, tenant.id, swap).await;
    assert_eq!(found(&world, tenant.id).await, Some((3, Reason::Changed)));
}

#[tokio::test]
async fn a_chain_that_was_built_anew_is_not_the_one_that_was_signed() {
    let (world, tenant, length) = sealed(6).await;
    let mut db = world.as_owner().await;
    tamper(&mut db, tenant.id, EDIT).await;
    rebuild(&world, tenant.id).await;
    assert_eq!(found(&world, tenant.id).await, Some((length, Reason::Rewritten)));
    // Signed by a key that was put beside this instance's: it was not sealed by the instance, and so counts nothing.
    sqlx::query("INSERT INTO directory.audit_signing_keys (id, public_key, private_key_ciphertext, created_at) VALUES (gen_random_uuid(), $1, '\\x00', now())")
        .bind(&[7_u8; 32][..])
        .execute(&mut db)
        .await
        .expect("planted");
    assert_eq!(keys(&world).await.len(), 1);
    // Without the signed head nothing shows: that is what copies outside are for.
    tamper(&mut db, tenant.id, "DELETE FROM platform.audit_heads WHERE tenant_id = TENANT").await;
    assert_eq!(found(&world, tenant.id).await, None);
}

#[tokio::test]
async fn a_forged_head_is_found() {
    let (world, tenant, length) = sealed(6).await;
    let mut db = world.as_owner().await;
    tamper(&mut db, tenant.id, EDIT).await;
    rebuild(&world, tenant.id).await;
    // The head of the chain as it is now, with the signature of before, as nobody can make another.
    tamper(
        &mut db,
        tenant.id,
        "UPDATE platform.audit_heads h SET hash = c.hash FROM platform.audit_chains c WHERE h.tenant_id = TENANT AND c.tenant_id = TENANT",
    )
    .await;
    assert_eq!(found(&world, tenant.id).await, Some((length, Reason::ForgedHead)));
}

#[tokio::test]
async fn another_tenants_chain_is_none() {
    let (world, tenant, _) = sealed(5).await;
    let other = Tenant::found(&world, "other").await;
    let mut db = world.as_owner().await;
    for table in ["audit_events", "audit_seals", "audit_chains"] {
        sqlx::query(AssertSqlSafe(format!("DELETE FROM platform.{table} WHERE tenant_id = $1")))
            .bind(other.id)
            .execute(&mut db)
            .await
            .expect("deleted");
        sqlx::query(AssertSqlSafe(format!("UPDATE platform.{table} SET tenant_id = $1 WHERE tenant_id = $2")))
            .bind(other.id)
            .bind(tenant.id)
            .execute(&mut db)
            .await
            .expect("moved");
    }
    assert_eq!(found(&world, other.id).await, Some((1, Reason::Changed)));
    assert_eq!(found(&world, tenant.id).await, Some((1, Reason::Truncated)));
}

#[tokio::test]
async fn the_serving_role_only_adds() {
    let (world, tenant, _) = sealed(5).await;
    let mut ctx = world.ctx(TenantId(tenant.id));
    let db = ctx.db().await.expect("a transaction");
    let line = "INSERT INTO platform.audit_events (tenant_id, id, action, entity_type, COLUMN) VALUES (platform.current_tenant(), gen_random_uuid(), 'a.b', 'a', WORTH)";
    for sql in [
        "UPDATE platform.audit_events SET action = 'x'".to_owned(),
        "DELETE FROM platform.audit_events".to_owned(),
        "TRUNCATE platform.audit_events".to_owned(),
        line.replace("COLUMN", "created_at").replace("WORTH", "now() - interval '1 year'"),
        line.replace("COLUMN", "written_in").replace("WORTH", "'0'"),
        "INSERT INTO platform.audit_seals SELECT tenant_id, seq + 1000, gen_random_uuid(), hash FROM platform.audit_seals".to_owned(),
        "UPDATE platform.audit_seals SET hash = sha256('x')".to_owned(),
        "DELETE FROM platform.audit_seals".to_owned(),
        "UPDATE platform.audit_chains SET seq = 0".to_owned(),
        "INSERT INTO platform.audit_heads SELECT tenant_id, seq + 1, hash, signed_at, key_id, signature FROM platform.audit_heads"
            .to_owned(),
        "DELETE FROM platform.audit_heads".to_owned(),
        "SELECT private_key_ciphertext FROM directory.audit_signing_keys".to_owned(),
        "INSERT INTO directory.audit_signing_keys SELECT * FROM directory.audit_signing_keys".to_owned(),
        "UPDATE platform.audit_keys SET subject_id = gen_random_uuid()".to_owned(),
        "UPDATE security.audit_progress SET sealed_before = '9999999'".to_owned(),
    ] {
        let mut inner = db.begin().await.expect("SAVEPOINT");
        let refused = inner.execute(AssertSqlSafe(sql.clone())).await;
        let code = refused.err().and_then(|error| error.as_database_error().and_then(|e| e.code().map(|code| code.into_owned())));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
        inner.rollback().await.expect("ROLLBACK TO");
    }
}

#[tokio::test]
async fn a_change_whose_line_cannot_be_written_does_not_happen() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let mut db = world.as_owner().await;
    db.execute(
        "ALTER TABLE platform.audit_events ADD CONSTRAINT full_up CHECK (action NOT IN ('contact.created', 'tenant.suspended')) NOT VALID",
    )
    .await
    .expect("full");
    tenant.owner.post("/contacts", json!({ "name": "Vera", "email": "vera@example.com" })).await.expect(500);
    let written: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM contacts.contacts) + (SELECT count(*) FROM platform.events WHERE kind = 'contact.created')",
    )
    .fetch_one(&mut db)
    .await
    .expect("a count");
    assert_eq!(written, 0);
    // Neither does what an administrator of the instance does, on the owner's connection.
    let (_, admin) = crate::identity::platform_admin(&world, "root@example.com").await;
    let path = format!("/admin/tenants/{}/suspension", tenant.id);
    admin.put(&path, None, json!({ "reason": "Fraud" })).await.expect(500);
    let status: String = sqlx::query_scalar("SELECT status FROM directory.tenants WHERE id = $1")
        .bind(tenant.id)
        .fetch_one(&mut db)
        .await
        .expect("a status");
    assert_eq!(status, "active");
}

#[tokio::test]
async fn a_line_that_went_round_the_seal_is_found() {
    let (world, tenant, length) = sealed(5).await;
    let mut db = world.as_owner().await;
    let planted = Uuid::from_u128(platform::id::new().as_u128());
    sqlx::query("INSERT INTO platform.audit_events (tenant_id, id, action, entity_type, created_at, written_in) VALUES ($1, $2, 'a.b', 'a', now() - interval '2 hours', '3')")
        .bind(tenant.id)
        .bind(planted)
        .execute(&mut db)
        .await
        .expect("planted");
    let broken = broken(&world, tenant.id).await.expect("found");
    assert_eq!((broken.seq, broken.event, broken.reason), (length + 1, Some(planted), Reason::NeverSealed));
}

#[tokio::test]
async fn the_nightly_verification_tells_of_a_broken_chain_once() {
    let (world, tenant, length) = sealed(5).await;
    let chain = async || tenant.owner.get("/audit-chain").await.expect(200).json;
    assert!(verify_all(&world.app).await.expect("verdicts").iter().all(|verdict| verdict.broken.is_none()));
    let state = chain().await;
    assert_eq!((&state["verified_seq"], &state["broken_seq"]), (&json!(length), &json!(null)));
    let mut db = world.as_owner().await;
    tamper(&mut db, tenant.id, EDIT).await;
    for _ in 0..2 {
        verify_all(&world.app).await.expect("verdicts");
    }
    let state = chain().await;
    assert_eq!((&state["broken_seq"], &state["broken_reason"]), (&json!(3), &json!("changed")));
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM platform.events WHERE kind = 'audit_chain.broken'")
        .fetch_one(&mut db)
        .await
        .expect("events");
    let events = tenant.owner.get("/security-events?severity=critical").await.expect(200).json["items"].as_array().cloned().expect("items");
    assert_eq!((told, events.len(), &events[0]["event"]), (1, 1, &json!("audit_chain_broken")));
    assert_eq!(store::broken_chains(&world.app.pools.owner).await.expect("a count"), 1);
}

/// What the log says is a head that can be verified against.
#[tokio::test]
async fn heads_are_signed_when_the_chain_has_grown() {
    let (world, tenant, length) = sealed(5).await;
    assert_eq!(heads::sign_heads(&world.app).await.expect("none"), []);
    tenant.owner.post("/contacts", json!({ "name": "Later" })).await.expect(201);
    seal(&world).await;
    let signed = heads::sign_heads(&world.app).await.expect("signed");
    let head: Head = serde_json::from_value(serde_json::to_value(&signed[0]).expect("JSON")).expect("a head");
    assert!(head.seq > length && head.is_signed(&keys(&world).await));
    let state: Value = tenant.owner.get("/audit-chain").await.expect(200).json;
    assert_eq!((&state["head"]["seq"], &state["sealed_seq"]), (&json!(head.seq), &json!(ends(&world, tenant.id).await)));
    assert_eq!(state["keys"].as_array().map(Vec::len), Some(1));
    Client::anonymous(&world).get("/audit-chain").await.expect(401);
}
