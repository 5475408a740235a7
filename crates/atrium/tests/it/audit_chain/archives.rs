//! Months of the trail that leave the database for files, and what is proven and found there.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use futures_util::TryStreamExt;
use platform::TenantId;
use platform::audit::archive::{self, Archive, Archived, Search};
use platform::audit::file::{FileError, verify_file};
use platform::audit::store::Which;
use platform::audit::verify::Reason;
use platform::audit::{ensure_partitions, heads};
use serde_json::{Value, json};
use sqlx::Executor;
use uuid::Uuid;

use super::{broken, ends, found, keys, seal, sealed, tamper};
use crate::client::Tenant;
use crate::host::Host;
use crate::world::World;

/// Archives whatever these tenants have of months that are over by the test's clock, and makes partitions for what comes next: by
/// the database's clock it is still the month that was archived.
async fn archive(world: &World, tenants: &[Uuid]) -> Archived {
    let due: HashMap<_, _> = tenants.iter().map(|tenant| (TenantId(*tenant), world.now())).collect();
    let done = archive::run(&world.app, &due).await.expect("archived");
    ensure_partitions(&world.app.pools.owner).await.expect("partitions");
    done
}

async fn archives(world: &World, tenant: Uuid) -> Vec<Archive> {
    let mut db = world.app.pools.owner.acquire().await.expect("a connection");
    archive::store::of_tenant(&mut db, TenantId(tenant)).await.expect("archives")
}

async fn bytes_of(world: &World, archive: &Archive) -> Vec<u8> {
    let (_, stream) = world.app.files.read(&archive.storage_key).await.expect("a file");
    let pieces: Vec<_> = stream.try_collect().await.expect("read");
    pieces.concat()
}

/// In place of what stands under that key.
async fn put(world: &World, key: &str, bytes: &[u8]) {
    let mut upload = world.app.files.upload(key).expect("a place");
    upload.write(bytes).await.expect("written");
    upload.finish().await.expect("finished");
}

async fn rows(world: &World, tenant: Uuid) -> (i64, i64) {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM platform.audit_events WHERE tenant_id = $1), (SELECT count(*) FROM platform.audit_seals WHERE tenant_id = $1)",
    )
    .bind(tenant)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("counts")
}

#[tokio::test]
async fn what_is_archived_leaves_the_database_and_the_chain_goes_on() {
    let (world, tenant, length) = sealed(6).await;
    let done = archive(&world, &[tenant.id]).await;
    assert_eq!((done.archives, done.records, done.failed), (1, length, 0));
    assert!(done.partitions >= 1, "{done:?}");
    assert_eq!(rows(&world, tenant.id).await, (0, 0));
    let archives = archives(&world, tenant.id).await;
    let [one] = &archives[..] else { panic!("{archives:?}") };
    let manifest = &one.signed.manifest;
    assert_eq!((manifest.first_seq, manifest.last_seq, manifest.records), (1, length, length));
    assert_eq!(manifest.heads.last().map(|head| head.seq), Some(length));
    // The file alone proves itself, with nothing but the public key.
    let bytes = bytes_of(&world, one).await;
    assert_eq!(i64::try_from(bytes.len()).expect("small"), one.size);
    let verified = verify_file(Cursor::new(&bytes), &keys(&world).await, &[]).expect("whole");
    assert_eq!((verified.manifest.records, verified.heads), (length, 1));
    // The chain in the database goes on from there, and is proven from there.
    tenant.owner.post("/contacts", json!({ "name": "Later" })).await.expect(201);
    seal(&world).await;
    assert_eq!(found(&world, tenant.id).await, None);
    let verdict = platform::audit::verify::verify(&world.app, TenantId(tenant.id), &keys(&world).await, &[]).await.expect("a verdict");
    assert_eq!((verdict.archived, verdict.records), (length, ends(&world, tenant.id).await));
    heads::sign_heads(&world.app).await.expect("signed");
    assert_eq!(found(&world, tenant.id).await, None);
    // An export has what is there, and hangs on what is archived.
    tenant.owner.post("/audit-exports", json!({})).await.expect(202);
    world.settle().await;
    let export = tenant.owner.get("/audit-exports").await.expect(200).json["items"][0].clone();
    assert_eq!((&export["manifest"]["first_seq"], &export["status"]), (&json!(length + 1), &json!("ready")), "{export}");
    assert_eq!(export["manifest"]["previous_hash"], json!(manifest.last_hash.to_string()));
    // The workspace is told what is where.
    assert_eq!(tenant.owner.get("/audit-chain").await.expect(200).json["archived_seq"], json!(length));
    let listed = tenant.owner.get("/audit-archives").await.expect(200).json["items"].clone();
    assert_eq!((&listed[0]["records"], &listed[0]["removed_at"]), (&json!(length), &json!(null)), "{listed}");
    // A second run finds nothing to do, and a later one goes on after the first.
    assert_eq!(archive(&world, &[]).await, Archived::default());
    seal(&world).await;
    assert!(archive(&world, &[tenant.id]).await.records > 0);
    assert_eq!(found(&world, tenant.id).await, None);
    let verdict = platform::audit::verify::verify(&world.app, TenantId(tenant.id), &keys(&world).await, &[]).await.expect("a verdict");
    assert_eq!(verdict.archived, verdict.records);
}

#[tokio::test]
async fn a_month_stays_as_long_as_a_workspace_keeps_it_and_others_are_taken_out() {
    let (world, tenant, length) = sealed(5).await;
    let other = Tenant::found(&world, "other").await;
    seal(&world).await;
    let theirs = rows(&world, other.id).await;
    let done = archive(&world, &[tenant.id]).await;
    assert_eq!((done.archives, done.records, done.failed), (1, length, 0));
    assert_eq!((rows(&world, tenant.id).await, rows(&world, other.id).await), ((0, 0), theirs));
    assert_eq!((found(&world, tenant.id).await, found(&world, other.id).await), (None, None));
    let due = HashMap::from([(TenantId(other.id), world.now())]);
    assert!(archive::run(&world.app, &due).await.expect("archived").partitions > 0);
    // By the clock of the test no month is over that has not begun.
    let early = HashMap::from([(TenantId(other.id), "2001-01-01T00:00:00Z".parse().expect("an instant"))]);
    assert_eq!(archive::run(&world.app, &early).await.expect("nothing"), Archived::default());
}

/// A line's id is its program's time, and its place in the chain that of its commit: they need not agree.
#[tokio::test]
async fn a_line_of_a_later_month_that_was_sealed_earlier_goes_along() {
    let (world, tenant, length) = sealed(5).await;
    let now = platform::time::Timestamp::from_microsecond(i64::try_from(platform::id::new().as_u128() >> 80).expect("small") * 1000);
    let month = now.in_zone(&jiff::tz::TimeZone::UTC).first_of_month().and_then(|day| day.start_of_day()).expect("a day").timestamp();
    // Written by a program whose clock is behind, in the month before, after all others.
    let late = u128::try_from(now.as_microsecond() - month.as_microsecond()).expect("since its start") / 1000 + 3_600_000;
    let behind = Uuid::from_u128(platform::id::new().as_u128() - (late << 80));
    sqlx::query("INSERT INTO platform.audit_events (tenant_id, id, action, entity_type) VALUES ($1, $2, 'probe.late', 'probe')")
        .bind(tenant.id)
        .bind(behind)
        .execute(&mut world.as_owner().await)
        .await
        .expect("written");
    seal(&world).await;
    // The month before this one is due, and no other.
    let due = HashMap::from([(TenantId(tenant.id), month.into())]);
    let done = archive::run(&world.app, &due).await.expect("archived");
    assert_eq!((done.records, done.failed), (length + 1, 0));
    assert_eq!((rows(&world, tenant.id).await, found(&world, tenant.id).await), ((0, 0), None));
}

#[tokio::test]
async fn an_archive_that_does_not_read_back_leaves_everything_where_it_was() {
    let (world, tenant, _) = sealed(6).await;
    let mut db = world.as_owner().await;
    let before = rows(&world, tenant.id).await;
    tamper(&mut db, tenant.id, super::EDIT).await;
    let done = archive(&world, &[tenant.id]).await;
    assert_eq!((done.archives, done.failed), (0, 1));
    assert_eq!((rows(&world, tenant.id).await, archives(&world, tenant.id).await.len()), (before, 0));
    assert_eq!(found(&world, tenant.id).await, Some((3, Reason::Changed)));
    // A line that the sealer has not seen keeps its month too.
    let (world, tenant, _) = sealed(5).await;
    tenant.owner.post("/contacts", json!({ "name": "Unsealed" })).await.expect(201);
    assert_eq!(archive(&world, &[tenant.id]).await.failed, 1);
    seal(&world).await;
    assert_eq!(archive(&world, &[tenant.id]).await.failed, 0);
}

/// As if the program had been killed between any two steps.
#[tokio::test]
async fn a_run_that_was_killed_is_gone_on_with() {
    let (world, tenant, length) = sealed(6).await;
    let folder = format!("{}/", tenant.id);
    // Within the upload: half of a file under the key that the archive will have.
    put(&world, &format!("{folder}audit-{:012}-{length:012}.jsonl.gz", 1), b"half of it").await;
    // After the row was written and before anything was removed.
    let mut db = world.as_owner().await;
    db.execute(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
         CREATE TRIGGER stop BEFORE DELETE ON platform.audit_seals FOR EACH ROW EXECUTE FUNCTION stop();",
    )
    .await
    .expect("a stop");
    let other = Tenant::found(&world, "other").await;
    seal(&world).await;
    let due = HashMap::from([(TenantId(tenant.id), world.now())]);
    archive::run(&world.app, &due).await.expect_err("killed");
    assert_eq!((archives(&world, tenant.id).await.len(), rows(&world, tenant.id).await.1), (1, length));
    assert_eq!(found(&world, tenant.id).await, None);
    // With the partition gone and its seals still there.
    let both = HashMap::from([(TenantId(tenant.id), world.now()), (TenantId(other.id), world.now())]);
    archive::run(&world.app, &both).await.expect_err("killed");
    ensure_partitions(&world.app.pools.owner).await.expect("partitions");
    assert_eq!(rows(&world, tenant.id).await, (0, length));
    assert_eq!((found(&world, tenant.id).await, found(&world, other.id).await), (None, None));
    db.execute("DROP TRIGGER stop ON platform.audit_seals").await.expect("goes on");
    archive(&world, &[tenant.id, other.id]).await;
    assert_eq!((rows(&world, tenant.id).await, rows(&world, other.id).await), ((0, 0), (0, 0)));
    for tenant in [tenant.id, other.id] {
        assert_eq!(found(&world, tenant).await, None);
        for one in archives(&world, tenant).await {
            archive::verify(&world.app, &one, &keys(&world).await, &[]).await.expect("whole");
        }
    }
}

/// Whoever owns the database cannot have the chain begin later.
#[tokio::test]
async fn a_beginning_that_was_cut_off_is_found() {
    let (world, tenant, length) = sealed(8).await;
    let mut db = world.as_owner().await;
    let (other, _) = (sealed_archive(&world, "other").await, ());
    // A manifest of another tenant, of these places, stands in for the signature that nobody can make.
    for sql in [
        "DELETE FROM platform.audit_events WHERE tenant_id = TENANT AND id IN (SELECT event_id FROM platform.audit_seals WHERE tenant_id = TENANT AND seq <= 4)",
        "INSERT INTO platform.audit_archives
         SELECT TENANT, gen_random_uuid(), 1, 4, a.from_at, a.to_at, a.storage_key, a.size, a.sha256,
                jsonb_set(jsonb_set(jsonb_set(jsonb_set(a.manifest, '{manifest,tenant}', to_jsonb(TENANT::text)), '{manifest,last_seq}', '4'),
                          '{manifest,records}', '4'), '{manifest,last_hash}', to_jsonb(encode(s.hash, 'hex'))), now()
           FROM platform.audit_archives a, platform.audit_seals s WHERE s.tenant_id = TENANT AND s.seq = 4",
        "DELETE FROM platform.audit_seals WHERE tenant_id = TENANT AND seq <= 4",
    ] {
        tamper(&mut db, tenant.id, sql).await;
    }
    assert_eq!(found(&world, tenant.id).await, Some((1, Reason::ForgedArchive)));
    tamper(&mut db, tenant.id, "DELETE FROM platform.audit_archives WHERE tenant_id = TENANT").await;
    assert_eq!(found(&world, tenant.id).await, Some((1, Reason::Gap)));
    // A true one that was taken away, or changed in its row.
    assert_eq!(found(&world, other.id).await, None);
    tamper(
        &mut db,
        other.id,
        "UPDATE platform.audit_archives SET manifest = jsonb_set(manifest, '{manifest,records}', '1') WHERE tenant_id = TENANT",
    )
    .await;
    assert_eq!(found(&world, other.id).await, Some((1, Reason::ForgedArchive)));
    tamper(&mut db, other.id, "DELETE FROM platform.audit_archives WHERE tenant_id = TENANT").await;
    assert!(matches!(broken(&world, other.id).await, Some(broken) if broken.seq == 1), "{length}");
}

async fn sealed_archive(world: &World, name: &str) -> Tenant {
    let tenant = Tenant::found(world, name).await;
    seal(world).await;
    heads::sign_heads(&world.app).await.expect("signed");
    archive(world, &[tenant.id]).await;
    tenant.owner.post("/contacts", json!({ "name": "Later" })).await.expect(201);
    seal(world).await;
    tenant
}

#[tokio::test]
async fn an_archive_that_was_changed_names_its_first_broken_record() {
    let (world, tenant, length) = sealed(6).await;
    archive(&world, &[tenant.id]).await;
    let one = archives(&world, tenant.id).await.remove(0);
    let (keys, bytes) = (keys(&world).await, bytes_of(&world, &one).await);
    let mut text = String::new();
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(i64::try_from(lines.len()).expect("small"), length + 1);
    let packed = |lines: &[String]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, (lines.join("\n") + "\n").as_bytes()).expect("packed");
        encoder.finish().expect("packed")
    };
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut changed);
        packed(&changed)
    };
    let edited = changed(&|lines| lines[2] = lines[2].replace("\"action\":\"", "\"action\":\"x"));
    let named = |bytes: &[u8]| verify_file(Cursor::new(bytes), &keys, &[]).expect_err("changed").to_string();
    assert!(named(&edited).starts_with("record 3"), "{}", named(&edited));
    assert!(named(&changed(&|lines| drop(lines.remove(3)))).starts_with("record 4"));
    assert!(matches!(verify_file(Cursor::new(&bytes[..bytes.len() / 2]), &keys, &[]), Err(FileError::Damaged(_))));
    assert!(matches!(verify_file(Cursor::new(changed(&|lines| drop(lines.pop()))), &keys, &[]), Err(FileError::NoManifest(_))));
    // In the storage: the same is found by reading it back; the row knows the file's own sum too.
    let again = async |bytes: Vec<u8>| {
        put(&world, &one.storage_key, &bytes).await;
        archive::verify(&world.app, &one, &keys, &[]).await.expect_err("changed").to_string()
    };
    assert!(again(edited).await.starts_with("record 3"));
    assert!(again(packed(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())).await.contains("SHA-256"));
    assert!(again(bytes[..bytes.len() - 9].to_vec()).await.contains("damaged"));
    put(&world, &one.storage_key, &bytes).await;
    archive::verify(&world.app, &one, &keys, &[]).await.expect("whole again");
}

#[tokio::test]
async fn who_is_erased_is_erased_in_archives() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let contact = tenant.owner.post("/contacts", json!({ "name": "Zebracorn", "email": "zebra@example.com" })).await.expect(201);
    tenant.owner.post("/contacts", json!({ "name": "Stays" })).await.expect(201);
    seal(&world).await;
    archive(&world, &[tenant.id]).await;
    let one = archives(&world, tenant.id).await.remove(0);
    let mut text = String::new();
    GzDecoder::new(&bytes_of(&world, &one).await[..]).read_to_string(&mut text).expect("text");
    for personal in ["Zebracorn", "zebra@", "acme Owner", "127.0.0.1", "Stays"] {
        assert!(!text.contains(personal), "{personal}");
    }
    assert_eq!(names(&world, &one, Some("zebracorn")).await, ["Zebracorn"]);
    tenant.owner.post(&format!("/privacy/contacts/{}/erasure", contact.id()), json!({ "name": "Zebracorn" })).await.expect(200);
    assert_eq!(names(&world, &one, Some("zebracorn")).await, Vec::<String>::new());
    assert_eq!(names(&world, &one, None).await, ["erased", "Stays"]);
    archive::verify(&world.app, &one, &keys(&world).await, &[]).await.expect("whole");
    seal(&world).await;
    assert_eq!(found(&world, tenant.id).await, None);
}

/// The contacts that an archive says were created.
async fn names(world: &World, one: &Archive, text: Option<&str>) -> Vec<String> {
    let which = Which { action: Some("contact.created".to_owned()), ..Which::default() };
    let search = Search { which: &which, text };
    let keys = keys(world).await;
    let mut reader = archive::Reader::open(&world.app, one, &keys, &[]).await.expect("open");
    let mut names = Vec::new();
    while let Some(links) = reader.next().await.expect("whole") {
        for event in search.find(&world.app, one.tenant, links).await.expect("found") {
            let name = event.new_values.as_ref().map(|values| values["name"].as_str().unwrap_or_default().to_owned());
            names.push(name.unwrap_or_else(|| if event.is_erased { "erased".to_owned() } else { String::new() }));
        }
    }
    names
}

#[tokio::test]
async fn a_workspace_that_is_erased_takes_its_archives_along() {
    let (world, tenant, _) = sealed(5).await;
    archive(&world, &[tenant.id]).await;
    let one = archives(&world, tenant.id).await.remove(0);
    tenant.owner.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "acme Ltd" })).await.expect(202);
    world.advance_minutes(8 * 24 * 60);
    platform::jobs::enqueue(&mut world.as_owner().await, &identity::erasure::EraseDue {}, platform::jobs::When::default())
        .await
        .expect("enqueued");
    world.settle().await;
    assert!(world.app.files.read(&one.storage_key).await.is_err());
    assert_eq!(archives(&world, tenant.id).await.len(), 0);
}

#[tokio::test]
async fn the_command_line_finds_and_proves_what_is_archived() {
    let (world, tenant, length) = sealed(6).await;
    let other = Tenant::found(&world, "other").await;
    seal(&world).await;
    heads::sign_heads(&world.app).await.expect("signed");
    let mut db = world.as_owner().await;
    let head = platform::audit::store::last_head(&mut db, TenantId(tenant.id)).await.expect("read").expect("a head");
    archive(&world, &[tenant.id, other.id]).await;
    let (one, theirs) = (archives(&world, tenant.id).await.remove(0), archives(&world, other.id).await.remove(0));
    let host = Host::beside(&world);
    let place = |archive: &Archive| host.folder.path().join("files").join(&archive.storage_key);
    for archive in [&one, &theirs] {
        std::fs::create_dir_all(place(archive).parent().expect("a folder")).expect("made");
        std::fs::write(place(archive), bytes_of(&world, archive).await).expect("copied");
    }
    let id = tenant.id.to_string();
    let listed = host.does(&["archive", "list"]).await;
    assert!(
        listed.contains(&format!("acme-ltd  {}", one.from)) && listed.contains(&format!("{length} records, 1 to {length}")),
        "{listed}"
    );
    assert!(listed.contains("other-ltd  ") && !host.does(&["archive", "list", "--tenant", "acme-ltd"]).await.contains("other-ltd"));

    let search = async |more: &[&str]| {
        let output = host.run(&[&["archive", "search", "--tenant", &id][..], more].concat()).await;
        let text = String::from_utf8(output.stdout).expect("text");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        (output.status.success(), lines)
    };
    let (_, all) = search(&[]).await;
    assert_eq!(i64::try_from(all.len()).expect("small"), length);
    let (_, made) = search(&["--action", "contact.created", "--text", "CONTACT 2"]).await;
    let [line] = &made[..] else { panic!("{made:?}") };
    let event = &line["event"];
    assert_eq!((&event["new_values"]["name"], &event["actor"]["id"]), (&json!("Contact 2"), &json!(tenant.owner_id)));
    let entity = event["entity_id"].as_str().expect("an id");
    assert_eq!(search(&["--entity-type", "contact", "--entity", entity]).await.1, made);
    assert!(search(&["--actor", &tenant.owner_id.to_string(), "--action", "contact.created"]).await.1.len() > 1);
    let at = event["created_at"].as_str().expect("a time");
    assert_eq!(search(&["--from", at, "--action", "contact.created"]).await.1[0], made[0]);
    assert!(search(&["--to", at]).await.1.iter().all(|line| line["event"]["seq"].as_i64() < event["seq"].as_i64()));
    assert!(search(&["--actor", &other.owner_id.to_string()]).await.1.is_empty());

    // Proven with heads and a key that were kept elsewhere; and as a file without any database.
    let heads_file = host.folder.path().join("log");
    std::fs::write(&heads_file, serde_json::to_string(&head).expect("JSON") + "\n").expect("written");
    let key = host.does(&["audit", "keys"]).await.split_whitespace().nth(1).expect("a key").to_owned();
    let verify = ["archive", "verify", "--public-key", &key, "--heads", heads_file.to_str().expect("a path")];
    let said = host.does(&verify).await;
    assert_eq!(said.matches("  whole: ").count(), 2, "{said}");
    let file = place(&one);
    let path = file.to_str().expect("a path");
    let said = host.does(&["audit", "verify", "--file", path, "--public-key", &key]).await;
    assert!(said.contains(&format!("whole: {length} records")), "{said}");
    let said = host.does(&["audit", "verify", "--tenant", "acme-ltd"]).await;
    assert!(said.contains(&format!("{length} of them archived")), "{said}");

    let mut bytes = std::fs::read(&file).expect("bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).expect("damaged");
    let refused = host.refuses(&verify).await;
    assert!(refused.contains("BROKEN") && refused.contains("  whole: "), "{refused}");
    assert!(!search(&[]).await.0);
    std::fs::remove_file(&file).expect("gone");
    assert!(host.refuses(&verify).await.contains("BROKEN"));
}
