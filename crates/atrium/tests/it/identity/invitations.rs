//! Invitations: to new and known users, answered once, by nobody but the invited address.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DAY, PASSWORD, again, newest_mail, newest_token, role_id, seen_from_outside, sign_up, token_of, wait_out};
use crate::client::{Answer, Client, Tenant};
use crate::world::World;

struct Scene {
    world: World,
    tenant: Tenant,
    visitor: Client,
}

async fn scene() -> Scene {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let visitor = Client::anonymous(&world);
    Scene { world, tenant, visitor }
}

impl Scene {
    async fn try_invite(&self, email: &str, role: &str) -> Answer {
        let role = role_id(&self.tenant, role).await;
        self.tenant.owner.post("/invitations", json!({ "email": email, "role_id": role, "message": "Come in\nand <b>sit</b>" })).await
    }

    /// The invitation, and the secret of its link.
    async fn invite(&self, email: &str, role: &str) -> (Answer, String) {
        let invitation = self.try_invite(email, role).await.expect(201);
        (invitation, newest_token(&self.world, email).await)
    }

    async fn status_of(&self, invitation: &Answer) -> Value {
        let listed = self.tenant.owner.get("/invitations").await.expect(200).json;
        let found = listed["items"].as_array().expect("items").iter().find(|item| item["id"] == invitation.json["id"]).cloned();
        found.expect("listed")["status"].clone()
    }

    async fn accept(&self, by: &Client, token: &str, more: Value) -> Answer {
        let mut body = json!({ "token": token });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        by.post("/invitation-acceptances", body).await
    }

    /// Nothing can be done with that link, and nothing is told.
    async fn is_dead(&self, token: &str) {
        assert_eq!(self.visitor.post("/invitation-lookups", json!({ "token": token })).await.expect(422).code(), "link_invalid");
        assert_eq!(
            self.accept(&self.visitor, token, json!({ "name": "Bo", "password": PASSWORD })).await.expect(422).code(),
            "link_invalid"
        );
        assert_eq!(self.visitor.post("/invitation-refusals", json!({ "token": token })).await.expect(422).code(), "link_invalid");
    }
}

#[tokio::test]
async fn somebody_new_accepts_and_is_in() {
    let scene = scene().await;
    let (invitation, token) = scene.invite("Bo@Example.com", "editor").await;
    assert_eq!((&invitation.json["status"], &invitation.json["role"]["name"]), (&json!("pending"), &json!("editor")));
    assert!(!invitation.text.contains(&token), "the link is for the reader of the mail alone");
    let mail = newest_mail(&scene.world, "Bo@Example.com").await;
    assert!(mail.subject.contains("acme Owner") && mail.subject.contains("acme Ltd"), "{}", mail.subject);
    assert!(mail.html.contains("Come in<br>and &lt;b&gt;sit&lt;/b&gt;"));
    assert_eq!(mail.reply_to.expect("an address").email, "acme@example.com");

    let offer = scene.visitor.post("/invitation-lookups", json!({ "token": token })).await.expect(200).json;
    assert_eq!((&offer["tenant_name"], &offer["email"], &offer["role"]), (&json!("acme Ltd"), &json!("Bo@Example.com"), &json!("editor")));
    assert_eq!((&offer["account_exists"], &offer["invited_by"]), (&json!(false), &json!("acme Owner")));
    for (more, field) in
        [(json!({}), "name"), (json!({ "name": "Bo" }), "password"), (json!({ "name": "Bo", "password": "short" }), "password")]
    {
        let refused = scene.accept(&scene.visitor, &token, more).await.expect(422);
        assert!(refused.json["errors"].as_array().expect("errors").iter().any(|error| error["field"] == field), "{}", refused.text);
    }
    let accepted = scene.accept(&scene.visitor, &token, json!({ "name": "Bo", "password": PASSWORD })).await.expect(201);
    assert_eq!((&accepted.json["roles"], &accepted.json["tenant"]["id"]), (&json!(["editor"]), &json!(scene.tenant.id)));
    let mut bo = Client::anonymous(&scene.world);
    bo.keep_cookie(&accepted);
    bo.post("/contacts", json!({ "name": "Vera" })).await.expect(201);
    bo.get("/audit-events").await.expect(403);
    Client::sign_in(&scene.world, "bo@example.com", PASSWORD).await;
    assert_eq!(scene.status_of(&invitation).await, "accepted");
    scene.is_dead(&token).await;
    assert_eq!(scene.try_invite("bo@example.com", "editor").await.expect(409).code(), "already_member");
    let trail = scene.tenant.owner.get(&format!("/audit-events?entity_id={}", invitation.id())).await.expect(200).json;
    let lines: Vec<_> = trail["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|line| format!("{} {}", line["action"].as_str().unwrap_or_default(), line["actor"]["name"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(lines, ["invitation.accepted Bo", "invitation.created acme Owner"]);
}

#[tokio::test]
async fn only_the_invited_address_accepts() {
    let scene = scene().await;
    let mut ana = sign_up(&scene.world, "ana@example.com").await;
    let mallory = sign_up(&scene.world, "mallory@example.com").await;
    let (_, token) = scene.invite("ana@example.com", "viewer").await;
    let offer = scene.visitor.post("/invitation-lookups", json!({ "token": token })).await.expect(200).json;
    assert_eq!(offer["account_exists"], true);
    // The link alone is not enough, nor is another's session, nor the password of another, nor a new name.
    scene.accept(&scene.visitor, &token, json!({})).await.expect(401);
    assert_eq!(scene.accept(&mallory, &token, json!({})).await.expect(403).code(), "other_address");
    assert_eq!(
        scene.accept(&scene.visitor, &token, json!({ "name": "X", "password": "not this password" })).await.expect(401).code(),
        "invalid_credentials"
    );
    scene.accept(&scene.visitor, &token, json!({ "password": PASSWORD })).await.expect(429);
    wait_out(&scene.world, 60);
    // Signed in, one click does it, and the browser's session goes on under a new token.
    let before = ana.clone();
    let accepted = scene.accept(&ana, &token, json!({})).await.expect(201);
    ana.keep_cookie(&accepted);
    before.get("/session").await.expect(401);
    assert_eq!((&accepted.json["tenant"]["id"], &accepted.json["roles"]), (&json!(scene.tenant.id), &json!(["viewer"])));
    assert_eq!(accepted.json["tenants"].as_array().map(Vec::len), Some(2));
    assert_eq!(accepted.json["user"]["name"], "Ana", "the name given with a link does not change a known user's");

    // With the password, where signed out.
    let (_, token) = scene.invite("mallory@example.com", "guest").await;
    let accepted = scene.accept(&scene.visitor, &token, json!({ "password": PASSWORD })).await.expect(201);
    assert_eq!(accepted.json["roles"], json!(["guest"]));
}

#[tokio::test]
async fn accepted_twice_at_once_is_accepted_once() {
    let scene = scene().await;
    let (_, token) = scene.invite("bo@example.com", "viewer").await;
    let more = json!({ "name": "Bo", "password": PASSWORD });
    let answers = futures_util::future::join_all((0..4).map(|_| scene.accept(&scene.visitor, &token, more.clone()))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409 | 422)), "{statuses:?}");
}

#[tokio::test]
async fn declined_revoked_and_expired_links_are_dead() {
    let scene = scene().await;
    let owner = &scene.tenant.owner;
    let (declined, token) = scene.invite("one@example.com", "viewer").await;
    scene.visitor.post("/invitation-refusals", json!({ "token": token })).await.expect(204);
    assert_eq!(scene.status_of(&declined).await, "declined");
    scene.is_dead(&token).await;
    let path = |of: &Answer| format!("/invitations/{}", of.id());
    assert_eq!(owner.delete(&path(&declined)).await.expect(409).code(), "invitation_answered");
    assert_eq!(owner.post(&format!("{}/sendings", path(&declined)), json!({})).await.expect(409).code(), "invitation_answered");

    let (revoked, token) = scene.invite("two@example.com", "viewer").await;
    owner.delete(&path(&revoked)).await.expect(204);
    assert_eq!(scene.status_of(&revoked).await, "revoked");
    scene.is_dead(&token).await;
    assert_eq!(owner.delete(&path(&revoked)).await.expect(409).code(), "invitation_answered");

    let (expired, token) = scene.invite("three@example.com", "viewer").await;
    assert_eq!(scene.try_invite("THREE@example.com", "viewer").await.expect(409).code(), "invitation_pending");
    scene.world.advance_minutes(7 * DAY);
    let owner = again(&scene.world, "acme@example.com").await;
    let listed = owner.get("/invitations?status=expired").await.expect(200).json;
    assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().map(Vec::len)), (&expired.json["id"], Some(1)));
    assert_eq!(owner.get("/invitations?status=pending").await.expect(200).json["items"], json!([]));
    scene.is_dead(&token).await;
    // Sent again it lives again, under another link.
    let resent = owner.post(&format!("{}/sendings", path(&expired)), json!({})).await.expect(202);
    assert_eq!(resent.json["status"], "pending");
    scene.is_dead(&token).await;
    let fresh = newest_token(&scene.world, "three@example.com").await;
    scene.accept(&scene.visitor, &fresh, json!({ "name": "Three", "password": PASSWORD })).await.expect(201);
}

#[tokio::test]
async fn sending_again_kills_the_former_link() {
    let scene = scene().await;
    let (invitation, first) = scene.invite("bo@example.com", "viewer").await;
    scene.tenant.owner.post(&format!("/invitations/{}/sendings", invitation.id()), json!({})).await.expect(202);
    let second = newest_token(&scene.world, "bo@example.com").await;
    assert_ne!(first, second);
    scene.is_dead(&first).await;
    scene.visitor.post("/invitation-lookups", json!({ "token": second })).await.expect(200);
}

/// Who invites learns nothing of who has an account, nor does a stranger with a token that is none.
#[tokio::test]
async fn an_invitation_does_not_tell_who_has_an_account() {
    let scene = scene().await;
    Tenant::found(&scene.world, "known").await;
    scene.visitor.post("/registrations", super::registration("await@example.com")).await.expect(202);
    let mut seen = Vec::new();
    for email in ["known@example.com", "await@example.com", "other@example.com"] {
        let mut invited = scene.try_invite(email, "viewer").await.expect(201);
        for differs in ["id", "email"] {
            assert!(invited.json[differs].is_string());
            invited.json[differs] = json!(null);
        }
        let size = invited.text.len() - email.len();
        seen.push((seen_from_outside(&invited), size));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let listed = scene.tenant.owner.get("/invitations").await.expect(200).json;
    assert!(listed["items"].as_array().expect("items").iter().all(|one| one["status"] == "pending"), "{listed}");
    let path = |invitation: &Value| format!("/invitations/{}/sendings", invitation["id"].as_str().expect("an id"));
    let mut sent = Vec::new();
    for invitation in listed["items"].as_array().expect("items") {
        let answer = scene.tenant.owner.post(&path(invitation), json!({})).await.expect(202);
        sent.push((answer.status, answer.text.len() - invitation["email"].as_str().expect("an address").len()));
    }
    assert_eq!((sent[0], sent[0]), (sent[1], sent[2]));
}

#[tokio::test]
async fn nobody_invites_above_oneself() {
    let scene = scene().await;
    let refused = scene.try_invite("bo@example.com", "owner").await.expect(422);
    assert_eq!((&refused.json["errors"][0]["field"], &refused.json["errors"][0]["code"]), (&json!("role_id"), &json!("not_invitable")));
    let (editor_id, editor) = scene.tenant.member(&scene.world, "editor").await;
    let input = async |role: &str| json!({ "email": "bo@example.com", "role_id": role_id(&scene.tenant, role).await });
    editor.post("/invitations", input("viewer").await).await.expect(403);
    sqlx::query(
        "INSERT INTO identity.member_permissions (tenant_id, user_id, permission, scope) VALUES ($1, $2, 'invitations:write', 'own')",
    )
    .bind(scene.tenant.id)
    .bind(editor_id)
    .execute(&mut scene.world.as_owner().await)
    .await
    .expect("granted");
    editor.post("/invitations", input("admin").await).await.expect(403);
    let own = editor.post("/invitations", input("viewer").await).await.expect(201);
    // With the permission for own ones only, another's invitation is not there.
    let (others, _) = scene.invite("two@example.com", "viewer").await;
    editor.delete(&format!("/invitations/{}", others.id())).await.expect(404);
    editor.delete(&format!("/invitations/{}", own.id())).await.expect(204);
    // A role of another workspace is none of this one.
    let foreign = role_id(&Tenant::found(&scene.world, "other").await, "viewer").await;
    let refused = scene.tenant.owner.post("/invitations", json!({ "email": "x@example.com", "role_id": foreign })).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "unknown");
}

#[tokio::test]
async fn a_former_member_comes_back_with_the_new_role_alone() {
    let scene = scene().await;
    let (id, member) = scene.tenant.member(&scene.world, "admin").await;
    let (address, path) = ("admin.acme@example.com", format!("/members/{id}"));
    scene.tenant.owner.delete(&path).await.expect(204);
    let (_, token) = scene.invite(address, "viewer").await;
    let accepted = scene.accept(&member, &token, json!({})).await.expect(201);
    assert_eq!(accepted.json["roles"], json!(["viewer"]));
    // Who is suspended is not lifted by an invitation that was sent before.
    scene.tenant.owner.delete(&path).await.expect(204);
    let (_, token) = scene.invite(address, "viewer").await;
    let suspend = json!({ "status": "suspended" });
    scene.tenant.owner.send(reqwest::Method::PATCH, &path, &[("if-match", "*")], Some(&suspend)).await.expect(200);
    let mut member = Client::anonymous(&scene.world);
    member.keep_cookie(&accepted);
    assert_eq!(scene.accept(&member, &token, json!({})).await.expect(409).code(), "member_suspended");
    assert_eq!(scene.try_invite(address, "viewer").await.expect(409).code(), "already_member");
    assert_eq!(token_of(&newest_mail(&scene.world, address).await), token, "the refused acceptance changed nothing");
}

/// Whoever signed up with the address before it was anybody's gains nothing by it.
#[tokio::test]
async fn whoever_registered_the_invited_address_first_gets_nothing() {
    let scene = scene().await;
    let mallory = "mallory knows this one";
    let mut registration = super::registration("bo@example.com");
    registration["password"] = json!(mallory);
    scene.visitor.post("/registrations", registration).await.expect(202);
    let confirmation = newest_token(&scene.world, "bo@example.com").await;
    let (_, token) = scene.invite("bo@example.com", "viewer").await;
    let offer = scene.visitor.post("/invitation-lookups", json!({ "token": token })).await.expect(200).json;
    assert_eq!(offer["account_exists"], false, "an address that nobody confirmed is nobody's");
    scene.accept(&scene.visitor, &token, json!({ "name": "Bo", "password": PASSWORD })).await.expect(201);
    scene.visitor.post("/email-verifications", json!({ "token": confirmation, "password": mallory })).await.expect(422);
    super::try_sign_in(&scene.world, "bo@example.com", mallory).await.expect(401);
    wait_out(&scene.world, 60);
    super::try_sign_in(&scene.world, "bo@example.com", PASSWORD).await.expect(201);
}

/// What a link shows is what its acceptance does: nothing in the request turns it into another invitation.
#[tokio::test]
async fn what_was_shown_is_what_is_accepted() {
    let scene = scene().await;
    let other = Tenant::found(&scene.world, "other").await;
    let (_, shown) = scene.invite("bo@example.com", "viewer").await;
    let role = role_id(&other, "admin").await;
    other.owner.post("/invitations", json!({ "email": "bo@example.com", "role_id": role })).await.expect(201);
    let submitted = newest_token(&scene.world, "bo@example.com").await;
    assert_ne!(shown, submitted);
    for more in [
        json!({ "tenant_id": other.id }),
        json!({ "role_id": role }),
        json!({ "email": "mallory@example.com" }),
        json!({ "user_id": other.owner_id }),
        json!({ "redirect_uri": "https://evil.example" }),
    ] {
        let mut body = json!({ "name": "Bo", "password": PASSWORD });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        scene.accept(&scene.visitor, &shown, body).await.expect(422);
    }
    let path = format!("/invitation-acceptances?token={submitted}&next=https://evil.example");
    let accepted = scene.visitor.post(&path, json!({ "token": shown, "name": "Bo", "password": PASSWORD })).await.expect(201);
    assert_eq!((&accepted.json["tenant"]["id"], &accepted.json["roles"]), (&json!(scene.tenant.id), &json!(["viewer"])));
    assert_eq!(accepted.json["tenants"].as_array().map(Vec::len), Some(1));
    assert!(!accepted.headers.contains_key("location") && !accepted.text.contains("evil"));
    // The other one waits as before, and is for the same person only.
    let offer = scene.visitor.post("/invitation-lookups", json!({ "token": submitted })).await.expect(200).json;
    assert_eq!((&offer["tenant_name"], &offer["account_exists"]), (&json!("other Ltd"), &json!(true)));
}

/// Scanners of mail open links: that answers nothing.
#[tokio::test]
async fn looking_is_not_accepting() {
    let scene = scene().await;
    let (invitation, token) = scene.invite("bo@example.com", "viewer").await;
    let mail = newest_mail(&scene.world, "bo@example.com").await;
    let (before, _) = mail.text.split_once(&token).expect("a link");
    assert!(before.ends_with("/invitation#token="), "the secret must stay in the browser: {before}");
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in ["invitation-acceptances", "invitation-refusals", "invitation-lookups"] {
            let answer = scene.visitor.send(method.clone(), &format!("/{path}?token={token}"), &[], None).await;
            assert!(matches!(answer.status.as_u16(), 404 | 405), "{method} {path}: {}", answer.status);
        }
        let page = scene.visitor.open(&format!("/../../invitation?token={token}"), &[]).await;
        assert_eq!(page.headers()["referrer-policy"], "strict-origin-when-cross-origin");
    }
    scene.visitor.post("/invitation-lookups", json!({ "token": token })).await.expect(200);
    assert_eq!(scene.status_of(&invitation).await, "pending");
}

/// Nobody but the reader of the mail gets the link: no list, no trail, no event, and no row of the database holds it.
#[tokio::test]
async fn the_link_stands_nowhere_but_in_the_mail() {
    let scene = scene().await;
    let (invitation, first) = scene.invite("bo@example.com", "viewer").await;
    let again = scene.tenant.owner.post(&format!("/invitations/{}/sendings", invitation.id()), json!({})).await.expect(202);
    let second = newest_token(&scene.world, "bo@example.com").await;
    let owner = &scene.tenant.owner;
    let mut seen = vec![invitation.text.clone(), again.text.clone()];
    for path in ["/invitations", "/audit-events", "/search?q=bo", "/home"] {
        seen.push(owner.get(path).await.expect(200).text);
    }
    let mut db = scene.world.as_owner().await;
    for table in ["directory.invitations", "platform.events", "platform.audit_events", "directory.mails", "platform.idempotency_keys"] {
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t"))).fetch_all(&mut db).await.expect("rows");
        seen.extend(rows);
    }
    for token in [&first, &second] {
        assert!(seen.iter().all(|text| !text.contains(token.as_str())));
    }
}

/// An invitation gives what its sender could give at the moment when it is accepted, and no more.
#[tokio::test]
async fn an_invitation_gives_no_more_than_its_sender_has_when_it_is_accepted() {
    let scene = scene().await;
    let owner = &scene.tenant.owner;
    let (admin_id, admin) = scene.tenant.member(&scene.world, "admin").await;
    let desk = json!({ "name": "Desk", "permissions": [{ "codename": "contacts:read", "scope": "all" }] });
    let desk = owner.post("/roles", desk).await.expect(201).json["id"].clone();
    let set = async |change: Value| {
        owner.send(Method::PATCH, &format!("/members/{admin_id}"), &[("if-match", "*")], Some(&change)).await.expect(200);
    };
    let widen = async |permission: &str| {
        let body = json!({ "name": "Desk", "permissions": [{ "codename": permission, "scope": "all" }] });
        let path = format!("/roles/{}", desk.as_str().expect("an id"));
        owner.send(Method::PUT, &path, &[("if-match", "*")], Some(&body)).await.expect(200);
    };
    let invited = admin.post("/invitations", json!({ "email": "bo@example.com", "role_id": desk })).await.expect(201);
    let token = newest_token(&scene.world, "bo@example.com").await;
    let more = json!({ "name": "Bo", "password": PASSWORD });
    let void = async || {
        assert_eq!(scene.accept(&scene.visitor, &token, more.clone()).await.expect(409).code(), "invitation_void");
        let nobody = owner.get("/members?q=bo@").await.expect(200).json;
        assert_eq!(nobody["items"], json!([]));
    };
    let extra = |codename: &str| json!({ "extra_permissions": [{ "codename": codename, "scope": "all" }] });
    // The sender may do less than the role; the role allows more than the sender may do; the sender may invite nobody.
    set(json!({ "role_ids": [role_id(&scene.tenant, "guest").await], "extra_permissions": [] })).await;
    void().await;
    set(json!({ "role_ids": [role_id(&scene.tenant, "editor").await] })).await;
    void().await;
    set(extra("invitations:write")).await;
    widen("settings:manage").await;
    void().await;
    widen("contacts:read").await;
    // The sender is gone.
    set(json!({ "status": "suspended" })).await;
    void().await;
    owner.delete(&format!("/members/{admin_id}")).await.expect(204);
    void().await;
    // Sent again by somebody who may, it counts, under a new link.
    let resent = owner.post(&format!("/invitations/{}/sendings", invited.id()), json!({})).await.expect(202);
    assert_eq!(resent.json["invited_by"]["user_id"], json!(scene.tenant.owner_id));
    scene.is_dead(&token).await;
    let fresh = newest_token(&scene.world, "bo@example.com").await;
    let accepted = scene.accept(&scene.visitor, &fresh, more.clone()).await.expect(201);
    assert_eq!(accepted.json["roles"], json!(["Desk"]));
}

/// Revoked while it is accepted, many times: one of both happens, and never both.
#[tokio::test]
async fn revoked_and_accepted_at_once_is_one_of_both() {
    let scene = scene().await;
    for round in 0..6 {
        let email = format!("bo{round}@example.com");
        let (invitation, token) = scene.invite(&email, "viewer").await;
        let revoke = format!("/invitations/{}", invitation.id());
        let (accepted, revoked) = tokio::join!(
            scene.accept(&scene.visitor, &token, json!({ "name": "Bo", "password": PASSWORD })),
            scene.tenant.owner.delete(&revoke)
        );
        let is_member = scene.tenant.owner.get(&format!("/members?q={email}")).await.expect(200).json["items"] != json!([]);
        match (accepted.status.as_u16(), revoked.status.as_u16()) {
            (201, 409) => assert!(is_member),
            (422, 204) => assert!(!is_member),
            other => panic!("round {round}: {other:?} {} {}", accepted.text, revoked.text),
        }
    }
}
