//! Handing a workspace over.

use serde_json::json;

use super::{kinds_of_mail, newest_mail};
use crate::client::Tenant;
use crate::world::World;

#[tokio::test]
async fn the_one_offers_the_other_accepts_and_only_then_it_counts() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (bo_id, bo) = tenant.member(&world, "viewer").await;
    let (cy_id, cy) = tenant.member(&world, "admin").await;
    cy.post("/ownership-offer", json!({ "user_id": bo_id })).await.expect(403);
    tenant.owner.post("/ownership-offer", json!({ "user_id": tenant.owner_id })).await.expect(422);
    let version = tenant.owner.get("/tenant").await.expect(200).json["version"].clone();
    tenant.owner.patch("/tenant", &version, json!({ "branding": { "color": "#0066cc" } })).await.expect(200);
    tenant.owner.post("/ownership-offer", json!({ "user_id": bo_id })).await.expect(201);
    assert!(newest_mail(&world, "viewer.acme@example.com").await.html.contains("#0066cc"), "it looks as the workspace does");
    assert_eq!(tenant.owner.post("/ownership-offer", json!({ "user_id": cy_id })).await.expect(409).code(), "offer_pending");
    assert!(kinds_of_mail(&world, "viewer.acme@example.com").await.contains(&"ownership_offered".to_owned()));
    // It is nobody else's to see or to take.
    assert_eq!(cy.get("/ownership-offer").await.expect(200).json["offer"], json!(null));
    cy.put("/ownership-offer/acceptance", None, json!({})).await.expect(404);
    tenant.owner.put("/ownership-offer/acceptance", None, json!({})).await.expect(404);
    assert_eq!(bo.get("/ownership-offer").await.expect(200).json["offer"]["from"]["name"], "acme Owner");
    bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(204);
    bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(404);
    let roles = |member: serde_json::Value| {
        member["roles"].as_array().expect("roles").iter().map(|role| role["name"].to_string()).collect::<Vec<_>>()
    };
    let now = bo.get(&format!("/members/{bo_id}")).await.expect(200).json;
    assert!(roles(now).contains(&"\"owner\"".to_owned()));
    let former = bo.get(&format!("/members/{}", tenant.owner_id)).await.expect(200).json;
    assert_eq!(roles(former), ["\"admin\""]);
    // Whoever gave it away owns nothing any more.
    tenant.owner.post(&format!("/tenants/{}/deletion", tenant.id), json!({ "name": "acme Ltd" })).await.expect(403);
    assert!(kinds_of_mail(&world, "acme@example.com").await.contains(&"ownership_transferred".to_owned()));
}

#[tokio::test]
async fn an_offer_is_judged_again_when_it_is_accepted() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (bo_id, bo) = tenant.member(&world, "viewer").await;
    let (_, second) = tenant.member(&world, "owner").await;
    let offer = json!({ "user_id": bo_id });
    tenant.owner.post("/ownership-offer", offer.clone()).await.expect(201);
    second.delete(&format!("/members/{}", tenant.owner_id)).await.expect(204);
    assert_eq!(bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(409).code(), "offer_void");
    second.delete("/ownership-offer").await.expect(204);
    second.post("/ownership-offer", offer.clone()).await.expect(201);
    bo.delete("/ownership-offer").await.expect(204);
    bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(404);
    second.post("/ownership-offer", offer.clone()).await.expect(201);
    world.advance_minutes(10);
    assert_eq!(bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(403).code(), "step_up_required");
    assert_eq!(second.post("/ownership-offer", offer).await.expect(403).code(), "step_up_required");
    second.delete(&format!("/members/{bo_id}")).await.expect(204);
    bo.put("/ownership-offer/acceptance", None, json!({})).await.expect(403);
}
