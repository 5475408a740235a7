//! Jobs that failed for good, over HTTP: seen, tried again and discarded by whose they are.

use platform::mail::{Mail, Mailer, Person};
use reqwest::Method;
use serde_json::{Value, json};

use super::platform_admin;
use super::smtp::{Reply, Server};
use crate::client::{Client, Tenant};
use crate::world::World;

/// A mail of that workspace, or of the instance.
async fn mail(world: &World, tenant: Option<&Tenant>, to: &str) {
    let mail = Mail {
        kind: "test".to_owned(),
        to: Person { name: String::new(), email: to.to_owned() },
        subject: "Test".to_owned(),
        text: "Test".to_owned(),
        html: "<p>Test</p>".to_owned(),
        reply_to: None,
        from_name: None,
        calendar: None,
        dedupe_key: None,
        more: platform::mail::More::default(),
    };
    match tenant {
        Some(tenant) => {
            let mut ctx = world.ctx(platform::TenantId(tenant.id));
            ctx.mail(vec![mail]);
            ctx.commit().await.expect("committed");
        }
        None => {
            let mut db = world.app.pools.web.get().await.expect("a connection");
            platform::mail::post(&mut db, &world.app.keys, None, &mail).await.expect("written");
        }
    }
}

async fn failed(client: &Client) -> Vec<Value> {
    client.get("/failed-jobs").await.expect(200).json["items"].as_array().cloned().expect("items")
}

#[tokio::test]
async fn each_sees_and_mends_ones_own() {
    let server = Server::start(&[Reply::Recipient("550 no"), Reply::Recipient("550 no"), Reply::Recipient("550 no")]).await;
    let world = World::with_mailer(Mailer { smtp: Some(server.smtp()) }).await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let admin = platform_admin(&world).await;
    for (tenant, to) in [(Some(&ours), "one@example.com"), (Some(&theirs), "two@example.com"), (None, "three@example.com")] {
        mail(&world, tenant, to).await;
        world.settle().await;
    }
    let (own, foreign, all) = (failed(&ours.owner).await, failed(&theirs.owner).await, failed(&admin).await);
    assert_eq!((own.len(), foreign.len(), all.len()), (1, 1, 3));
    assert_eq!((&own[0]["tenant_id"], &own[0]["task"]), (&json!(ours.id), &json!("SendMails")));
    assert_eq!(all.iter().map(|job| job["tenant_id"].clone()).collect::<Vec<_>>(), [json!(null), json!(theirs.id), json!(ours.id)]);
    let page = admin.get("/failed-jobs?limit=2").await.expect(200).json;
    let rest = admin.get(&format!("/failed-jobs?limit=2&cursor={}", page["next_cursor"].as_str().expect("more"))).await.expect(200).json;
    assert_eq!(rest["items"], json!([all[2]]));

    let path = |job: &Value| format!("/failed-jobs/{}", job["id"]);
    ours.owner.post(&format!("{}/retries", path(&foreign[0])), json!({})).await.expect(404);
    ours.owner.delete(&path(&foreign[0])).await.expect(404);
    ours.owner.delete(&path(&all[0])).await.expect(404);
    let (_, editor) = ours.member(&world, "editor").await;
    editor.get("/failed-jobs").await.expect(403);
    editor.post(&format!("{}/retries", path(&own[0])), json!({})).await.expect(403);

    let retry = format!("{}/retries", path(&own[0]));
    let retried = ours.owner.send(Method::POST, &retry, &[("idempotency-key", "k")], None).await.expect(202);
    let again = ours.owner.send(Method::POST, &retry, &[("idempotency-key", "k")], None).await.expect(202);
    assert!(!retried.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    ours.owner.post(&retry, json!({})).await.expect(404);
    world.settle().await;
    assert_eq!(server.received().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["one@example.com"]);
    theirs.owner.delete(&path(&foreign[0])).await.expect(204);
    theirs.owner.delete(&path(&foreign[0])).await.expect(404);
    admin.delete(&path(&all[0])).await.expect(204);
    assert!(failed(&admin).await.is_empty());
    for (client, action) in [(&ours.owner, "job.retried"), (&theirs.owner, "job.discarded"), (&admin, "job.discarded")] {
        let trail = client.get(&format!("/audit-events?action={action}")).await.expect(200).json;
        assert_eq!(trail["items"].as_array().map(Vec::len), Some(1), "{action}");
    }
    world.settle().await;
    assert_eq!(server.received().len(), 1, "what was discarded is not sent");
}

/// What was done to a job and its line of the trail are written together: neither stands without the other.
#[tokio::test]
async fn no_job_is_touched_without_its_line() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    crate::jobs::give_up(&world, tenant.id).await;
    let job = failed(&tenant.owner).await[0]["id"].clone();
    let mut db = world.as_owner().await;
    for sql in [
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no lines today'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON platform.audit_events FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    ] {
        sqlx::query(sql).execute(&mut db).await.expect("made");
    }
    tenant.owner.post(&format!("/failed-jobs/{job}/retries"), json!({})).await.expect(500);
    assert_eq!(failed(&tenant.owner).await.len(), 1, "it runs again, and nobody knows who wanted it");
    tenant.owner.delete(&format!("/failed-jobs/{job}")).await.expect(500);
    assert_eq!(failed(&tenant.owner).await.len(), 1, "it is gone, and nobody knows by whom");
    sqlx::query("DROP TRIGGER refuse ON platform.audit_events").execute(&mut db).await.expect("dropped");
    tenant.owner.delete(&format!("/failed-jobs/{job}")).await.expect(204);
    assert!(failed(&tenant.owner).await.is_empty());
}
