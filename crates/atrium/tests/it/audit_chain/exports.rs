//! The trail as a file, verified without the database.

use std::io::Cursor;

use platform::audit::file::{FileError, verify_file};
use platform::audit::verify::Reason;
use serde_json::{Value, json};

use super::{keys, seal, sealed};
use crate::client::{Client, Tenant};
use crate::host::Host;
use crate::world::World;

async fn exported(world: &World, tenant: &Tenant, period: Value) -> (Value, String) {
    let made = tenant.owner.post("/audit-exports", period).await.expect(202);
    world.settle().await;
    let listed = tenant.owner.get("/audit-exports").await.expect(200).json["items"][0].clone();
    assert_eq!((&listed["id"], &listed["status"]), (&made.json["id"], &json!("ready")), "{listed}");
    let file = tenant.owner.get(&format!("/audit-exports/{}/content", made.id())).await.expect(200);
    assert_eq!(listed["size"], json!(file.text.len()));
    (listed, file.text)
}

#[tokio::test]
async fn a_file_is_proven_whole_without_the_database() {
    let (world, tenant, length) = sealed(8).await;
    let (export, file) = exported(&world, &tenant, json!({})).await;
    let keys = keys(&world).await;
    let verified = verify_file(Cursor::new(&file), &keys, &[]).expect("whole");
    assert_eq!((verified.manifest.records, verified.manifest.first_seq), (length, 1));
    assert!(verified.heads > 0);
    assert_eq!(export["manifest"]["sha256"], json!(verified.manifest.sha256.to_string()));
    // It can be read as well as proven.
    let line: Value = serde_json::from_str(file.lines().nth(7).expect("a line")).expect("JSON");
    assert!(line["opened"]["actor_name"] == "acme Owner" && line["record"]["actor_ciphertext"].is_string(), "{line}");
    // Both acts stand in the trail that was exported.
    for action in ["audit_export.created", "audit_export.downloaded"] {
        let lines = tenant.owner.get(&format!("/audit-events?action={action}")).await.expect(200).json;
        assert_eq!(lines["items"].as_array().map(Vec::len), Some(1), "{action}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_names_its_first_broken_record() {
    let (world, tenant, _) = sealed(8).await;
    let (_, file) = exported(&world, &tenant, json!({})).await;
    let keys = keys(&world).await;
    let lines: Vec<&str> = file.lines().collect();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut changed);
        verify_file(Cursor::new(changed.join("\n") + "\n"), &keys, &[]).expect_err("changed")
    };
    let named = |error: FileError| match error {
        FileError::Broken(broken) => (broken.seq, broken.reason),
        other => panic!("{other}"),
    };
    assert_eq!(named(with(&|lines| lines[2] = lines[2].replace("\"action\":\"", "\"action\":\"x"))), (3, Reason::Changed));
    assert_eq!(named(with(&|lines| drop(lines.remove(3)))), (4, Reason::Gap));
    assert_eq!(named(with(&|lines| lines.swap(1, 2))), (2, Reason::Gap));
    let last = lines.len() - 1;
    assert_eq!(named(with(&|lines| drop(lines.remove(last - 1)))), (i64::try_from(last).expect("small"), Reason::Truncated));
    assert!(matches!(with(&|lines| drop(lines.pop())), FileError::NoManifest(_)));
    assert!(matches!(with(&|lines| lines[7] = lines[7].replace("acme Owner", "Somebody Else")), FileError::Sha256));
    assert!(matches!(with(&|lines| lines[last] = lines[last].replace("\"records\":", "\"records\":1")), FileError::Forged));
    let other = [platform::audit::heads::VerifyingKey([9; 32])];
    assert!(matches!(verify_file(Cursor::new(&file), &other, &[]), Err(FileError::Forged)));
}

#[tokio::test]
async fn a_part_of_the_trail_hangs_on_what_came_before() {
    let (world, tenant, length) = sealed(6).await;
    let (_, whole) = exported(&world, &tenant, json!({})).await;
    let at: Value = serde_json::from_str(whole.lines().nth(3).expect("a line")).expect("JSON");
    seal(&world).await;
    let (export, part) = exported(&world, &tenant, json!({ "from": at["record"]["created_at"] })).await;
    let verified = verify_file(Cursor::new(&part), &keys(&world).await, &[]).expect("whole");
    let before: Value =
        serde_json::from_str(whole.lines().nth(usize::try_from(verified.manifest.first_seq - 2).expect("small")).expect("a line"))
            .expect("JSON");
    assert_eq!(before["hash"], json!(verified.manifest.previous_hash.to_string()));
    assert!(verified.manifest.first_seq > 1 && verified.manifest.last_seq > length, "{export}");
    tenant.owner.post("/audit-exports", json!({ "from": "2031-01-02T00:00:00Z", "to": "2031-01-01T00:00:00Z" })).await.expect(422);
}

#[tokio::test]
async fn exports_are_for_a_person_who_is_there_and_run_out() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    seal(&world).await;
    let (_, viewer) = tenant.member(&world, "viewer").await;
    viewer.post("/audit-exports", json!({})).await.expect(403);
    let token = tenant.owner.post("/access-tokens", json!({ "name": "Script", "scopes": ["audit:read"] })).await.expect(201);
    let bearer = format!("Bearer {}", token.json["token"].as_str().expect("a token"));
    let by_token =
        Client::anonymous(&world).send(reqwest::Method::POST, "/audit-exports", &[("authorization", &bearer)], Some(&json!({}))).await;
    assert_eq!((by_token.status.as_u16(), by_token.code()), (403, "session_required"));
    let made = tenant.owner.post("/audit-exports", json!({})).await.expect(202).id();
    assert_eq!(tenant.owner.post("/audit-exports", json!({})).await.expect(409).code(), "export_queued");
    let content = format!("/audit-exports/{made}/content");
    tenant.owner.get(&content).await.expect(404);
    world.settle().await;
    tenant.owner.get(&content).await.expect(200);
    viewer.get(&content).await.expect(403);
    // The parts are sealed where they stand.
    let stands: bool =
        sqlx::query_scalar("SELECT bool_or(position('acme'::bytea IN content_ciphertext) > 0) FROM platform.audit_export_parts")
            .fetch_one(&mut world.as_owner().await)
            .await
            .expect("parts");
    assert!(!stands);
    world.advance_minutes(11);
    assert_eq!(tenant.owner.get(&content).await.expect(403).code(), "step_up_required");
    world.advance_minutes(7 * 24 * 60);
    let owner = crate::identity::again(&world, "acme@example.com").await;
    owner.get(&content).await.expect(404);
    let done = platform::retention::apply(&world.app).await.expect("applied");
    assert_eq!(done.removed.get("platform.audit_exports"), Some(&1));
}

#[tokio::test]
async fn the_command_line_verifies_database_and_file() {
    let (world, tenant, length) = sealed(6).await;
    let host = Host::beside(&world);
    let said = host.does(&["audit", "verify"]).await;
    assert!(said.contains(&format!("{}  whole: {length} records, 1 signed heads", tenant.id)), "{said}");
    let folder = tempfile::tempdir().expect("a folder");
    let (file, heads) = (folder.path().join("trail.jsonl"), folder.path().join("log"));
    let (file, heads) = (file.to_str().expect("a path"), heads.to_str().expect("a path"));
    host.does(&["audit", "export", "--tenant", &tenant.id.to_string(), "--out", file]).await;
    let listed = host.does(&["audit", "keys"]).await;
    let key = listed.split_whitespace().nth(1).expect("a key").to_owned();
    let said = host.does(&["audit", "verify", "--file", file, "--public-key", &key]).await;
    assert!(said.contains(&format!("whole: {length} records")), "{said}");
    // Heads as the log has them, among other lines.
    let mut db = world.as_owner().await;
    let head = platform::audit::store::last_head(&mut db, platform::TenantId(tenant.id)).await.expect("read").expect("a head");
    std::fs::write(heads, format!("{{\"level\":\"INFO\"}}\nno JSON\n{}\n", serde_json::to_string(&head).expect("JSON"))).expect("written");
    super::tamper(&mut db, tenant.id, super::EDIT).await;
    super::rebuild(&world, tenant.id).await;
    super::tamper(&mut db, tenant.id, "DELETE FROM platform.audit_heads WHERE tenant_id = TENANT").await;
    host.does(&["audit", "verify", "--tenant", &tenant.id.to_string()]).await;
    let output = host.run(&["audit", "verify", "--heads", heads, "--public-key", &key]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains(&format!("BROKEN at record {length}")), "{said}");
    let renewed = host.does(&["audit", "keys", "--renew"]).await;
    assert_eq!(renewed.lines().filter(|line| line.contains("  since ")).count(), 2, "{renewed}");
}
