//! Avatars and logos, and the branding of a workspace on pages and in mails.

use reqwest::Method;
use serde_json::json;

use super::{newest_mail, put_picture, sign_up};
use crate::client::{Client, Tenant, booking};
use crate::world::World;

#[tokio::test]
async fn an_avatar_is_drawn_anew_shown_to_colleagues_and_gone_when_removed() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let nobody = Client::anonymous(&world);
    let first = put_picture(&ana, "/me/avatar").await.expect(200).json["avatar_url"].as_str().expect("an address").to_owned();
    let shown = nobody.get(&first).await.expect(200);
    assert_eq!(
        (shown.headers["content-type"].as_bytes(), shown.headers["x-content-type-options"].as_bytes()),
        (&b"image/jpeg"[..], &b"nosniff"[..])
    );
    let second = put_picture(&ana, "/me/avatar").await.expect(200).json["avatar_url"].as_str().expect("an address").to_owned();
    assert_ne!(first, second);
    nobody.get(&first).await.expect(404);
    ana.delete("/me/avatar").await.expect(200);
    nobody.get(&second).await.expect(404);
    for (kind, body) in [("image/svg+xml", &b"<svg onload='alert(1)'/>"[..]), ("image/png", b"no picture"), ("text/html", b"<script>")] {
        let mut form = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: {kind}\r\n\r\n")
            .into_bytes();
        form.extend_from_slice(body);
        form.extend_from_slice(b"\r\n--x--\r\n");
        ana.raw(Method::PUT, "/api/v1/me/avatar", "multipart/form-data; boundary=x", form).await.expect(422);
    }
}

#[tokio::test]
async fn the_workspaces_looks_are_on_its_pages_and_in_its_mails() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let logo = put_picture(&tenant.owner, "/tenant/logo").await.expect(200).json["logo_url"].as_str().expect("an address").to_owned();
    let version = tenant.owner.get("/tenant").await.expect(200).json["version"].clone();
    let yellow = json!({ "branding": { "color": "#FFEE00" } });
    let changed = tenant.owner.patch("/tenant", &version, yellow).await.expect(200);
    assert_eq!(changed.json["branding"]["color"], "#ffee00");
    let visitor = Client::anonymous(&world);
    let page = visitor.get(&format!("/b/{slug}")).await.expect(200).text;
    assert!(page.contains(&logo) && page.contains("brand-ffee00.css"), "{page}");
    visitor
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    let mail = newest_mail(&world, "vera@example.com").await;
    assert!(mail.html.contains(&format!("{}{logo}", world.url)) && mail.html.contains("#ffee00"), "{}", mail.html);
    // Yellow takes black letters, which the layout of mails and pages sees to; what is no colour is refused.
    assert!(mail.html.contains("color:#000000"));
    for bad in ["red", "#ffee0", "#ffee00;}", "url(x)"] {
        let refused = tenant.owner.patch("/tenant", &changed.json["version"], json!({ "branding": { "color": bad } })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], "branding.color");
    }
}

#[tokio::test]
async fn mails_for_safety_cannot_be_switched_off() {
    let world = World::new().await;
    let ana = sign_up(&world, "ana@example.com").await;
    let me = ana.get("/me").await.expect(200).json;
    assert_eq!(me["email_preferences"], json!({ "marketing": true, "updates": true, "security": true, "newsletter": false }));
    let refused = ana.patch("/me", &me["version"], json!({ "email_preferences": { "security": false } })).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "not_switchable");
    let input = json!({ "email_preferences": { "security": true, "newsletter": true, "marketing": false } });
    let changed = ana.patch("/me", &me["version"], input).await.expect(200).json;
    assert_eq!(changed["email_preferences"], json!({ "marketing": false, "updates": true, "security": true, "newsletter": true }));
    // Not in the database either.
    let forced =
        sqlx::query("UPDATE directory.users SET email_preferences = '{\"security\": false}'").execute(&mut world.as_owner().await).await;
    assert!(forced.is_err());
    // What was agreed to and taken back is on record, with the sign-up's own.
    let consents = ana.get("/me/consents").await.expect(200).json;
    let mut told: Vec<_> =
        consents["items"].as_array().expect("lines").iter().map(|line| (line["purpose"].as_str(), line["is_given"].as_bool())).collect();
    told.sort_unstable();
    assert_eq!(told, [(Some("marketing"), Some(false)), (Some("newsletter"), Some(true)), (Some("terms"), Some(true))]);
    assert!(
        consents["items"].as_array().expect("lines").iter().all(|line| line["ip_address"].is_string() && line["text_version"].is_string())
    );
}
