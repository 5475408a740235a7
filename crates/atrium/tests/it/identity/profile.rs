//! One's own profile, and its copies in every tenant.

use serde_json::json;

use super::sign_up;
use crate::client::Tenant;
use crate::world::World;

#[tokio::test]
async fn a_change_reaches_the_member_of_every_tenant() {
    let world = World::new().await;
    let mut ana = sign_up(&world, "ana@example.com").await;
    let bystander = Tenant::found(&world, "acme").await;
    let first = ana.get("/session").await.expect(200).json["tenant"]["id"].clone();
    let second = ana.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201);
    let me = ana.get("/me").await.expect(200);
    assert_eq!(me.headers["etag"], format!("\"{}\"", me.json["version"]));
    assert_eq!(
        (&me.json["work_days"], &me.json["work_hours_start"], &me.json["work_hours_end"]),
        (&json!(["mon", "tue", "wed", "thu", "fri"]), &json!("08:00"), &json!("18:00"))
    );
    let input = json!({ "name": "Ana Beatriz", "timezone": "America/Sao_Paulo", "locale": "pt-BR", "work_days": ["sat", "mon", "sat"], "work_hours_end": "24:00" });
    let changed = ana.patch("/me", &me.json["version"], input).await.expect(200);
    assert_eq!((&changed.json["work_days"], &changed.json["work_hours_end"]), (&json!(["mon", "sat"]), &json!("24:00")));
    assert_eq!(ana.get("/me").await.expect(200).json, changed.json);
    assert_eq!(ana.get("/session").await.expect(200).json["user"], changed.json);
    ana.patch("/me", &me.json["version"], json!({ "name": "Late" })).await.expect(412);

    for tenant in [&first, &second.json["id"]] {
        let switched = ana.post("/session/tenant", json!({ "tenant_id": tenant })).await.expect(200);
        ana.keep_cookie(&switched);
        let members = ana.get("/members").await.expect(200).json;
        assert_eq!((&members["items"][0]["name"], &members["items"][0]["timezone"]), (&json!("Ana Beatriz"), &json!("America/Sao_Paulo")));
    }
    let others = bystander.owner.get("/members").await.expect(200).json;
    assert_eq!(others["items"][0]["name"], "acme Owner");
}

#[tokio::test]
async fn a_change_is_written_down_with_old_and_new() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let me = ana.get("/me").await.expect(200);
    ana.patch("/me", &me.json["version"], json!({ "name": "Ana B", "work_hours_start": "09:30" })).await.expect(200);
    let line = ana.get("/audit-events?action=user.updated").await.expect(200).json["items"][0].clone();
    assert_eq!(line["old_values"], json!({ "name": "Ana", "work_hours_start": "08:00" }));
    assert_eq!(line["new_values"], json!({ "name": "Ana B", "work_hours_start": "09:30" }));
    for (input, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "timezone": "Nowhere" }), "timezone"),
        (json!({ "locale": "de" }), "locale"),
        (json!({ "work_hours_start": "18:00", "work_hours_end": "09:00" }), "work_hours_end"),
        (json!({ "work_days": ["someday"] }), "work_days[0]"),
        (json!({ "is_platform_admin": true }), "is_platform_admin"),
        (json!({ "email": "root@example.com" }), "email"),
    ] {
        let refused = ana.patch("/me", &json!(2), input.clone()).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{input}: {}", refused.text);
    }
}
