//! What a workspace's own provider says counts in that workspace: never elsewhere, and never for what is a person's own.

use reqwest::Method;
use serde_json::{Value, json};

use super::company::Company;
use super::workspace::{Office, code_to, email, input, prove, world};
use super::{ANA, count, with_cookies};
use crate::client::{Client, Tenant};
use crate::identity::{PASSWORD, role_id, sign_up};
use crate::world::World;

/// Mallory owns a workspace and a provider that says whatever he likes.
async fn mallory(world: &World, changes: Value) -> Office {
    Office::open(world, "mallory", &Company::open().await, changes).await
}

async fn join(world: &World, office: &Office, user: uuid::Uuid, address: &str) {
    let mut db = world.as_owner().await;
    sqlx::query("INSERT INTO identity.members (tenant_id, user_id, display_name, email, joined_at) VALUES ($1, $2, 'Ana', $3, now())")
        .bind(office.tenant.id)
        .bind(user)
        .bind(address)
        .execute(&mut db)
        .await
        .expect("a member");
    sqlx::query("INSERT INTO identity.member_roles (tenant_id, user_id, role_id) SELECT tenant_id, $2, id FROM identity.roles WHERE tenant_id = $1 AND name = 'admin'")
        .bind(office.tenant.id)
        .bind(user)
        .execute(&mut db)
        .await
        .expect("a role");
}

async fn not_admitted(world: &World, office: &Office, claims: Value) {
    let answer = office.go(world, &Client::anonymous(world), "sign_in", claims).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "not_admitted"), "{}", answer.text);
    let sets_session = |value: &reqwest::header::HeaderValue| value.to_str().is_ok_and(|text| text.starts_with("atrium_session="));
    assert!(!answer.headers.get_all("set-cookie").iter().any(sets_session));
}

/// The address of somebody of another workspace, and of nobody, without a proof that the domain is his.
#[tokio::test]
async fn it_names_nobody_of_another_workspace() {
    let world = world().await;
    let ana = sign_up(&world, ANA).await;
    let office = mallory(&world, json!({})).await;
    let viewer = role_id(&office.tenant, "viewer").await;
    let users = count(&world, "SELECT count(*) FROM directory.users").await;
    let members = count(&world, "SELECT count(*) FROM identity.members").await;
    for changes in [
        json!({}),
        json!({ "admits": "anybody", "role_id": viewer }),
        json!({ "admits": "invited", "role_id": viewer }),
        json!({ "admits": "anybody", "role_id": viewer, "domains": [] }),
    ] {
        office.change(changes).await.expect(200);
        for claims in [email("ana"), email("nobody"), json!({ "sub": ana.get("/me").await.expect(200).id().to_string() })] {
            not_admitted(&world, &office, claims).await;
        }
    }
    // Inviting her does not help: she answers by the link in her own mail.
    office.tenant.owner.post("/invitations", json!({ "email": ANA, "role_id": viewer })).await.expect(201);
    office.change(json!({ "admits": "invited", "role_id": viewer })).await.expect(200);
    not_admitted(&world, &office, email("ana")).await;
    assert_eq!(count(&world, "SELECT count(*) FROM directory.users").await, users);
    assert_eq!(count(&world, "SELECT count(*) FROM identity.members").await, members);
    assert_eq!(count(&world, "SELECT count(*) FROM identity.member_identities").await, 0);
    // A domain of his own helps with its own addresses alone.
    prove(&world, &office.tenant.owner, "mallory.example").await.expect(200);
    office.change(json!({ "admits": "anybody", "role_id": viewer, "domains": ["mallory.example", "example.com"] })).await.expect(200);
    for address in ["ana@example.com", "ana@example.com@mallory.example.evil", "ana@mallory.example.example.com", "ana@xmallory.example"] {
        not_admitted(&world, &office, json!({ "sub": "ana", "email": address })).await;
    }
}

/// Two workspaces name the same issuer, and one of them what the other's people are called there.
#[tokio::test]
async fn an_identity_is_one_workspaces() {
    let company = Company::open().await;
    let provider = company.provider("acme");
    let world = World::with(Default::default(), |config| {
        config.private_company_providers = true;
        config.private_services = true;
        config.providers = vec![provider];
    })
    .await;
    let honest = Office::open(&world, "honest", &company, json!({})).await;
    let office = Office::open(&world, "mallory", &company, json!({ "domains": [] })).await;
    let (_, local) = honest.tenant.member(&world, "viewer").await;
    honest.go(&world, &local, "link", json!({ "sub": "v" })).await.expect(200);
    honest.sign_in(&world, json!({ "sub": "v" })).await;
    not_admitted(&world, &office, json!({ "sub": "v" })).await;
    // Nor is it known to the instance's own provider of that issuer.
    let answer = super::go(&world, &company, &Client::anonymous(&world), "sign_in", json!({ "sub": "v" })).await.expect(200);
    assert_eq!(answer.json["outcome"], "unknown");
    // A way that began at one workspace's provider does not end at another's.
    let (browser, url) = office.begin(&Client::anonymous(&world), "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({ "sub": "v" }));
    for other in [honest.provider.to_string(), "acme".to_owned()] {
        let crossed = browser.post("/sessions/provider", json!({ "provider": other, "code": code, "state": state })).await;
        assert_eq!(crossed.expect(401).code(), "challenge_over");
    }
    let foreign = json!({ "provider": honest.provider, "workspace": office.slug, "intent": "sign_in" });
    Client::anonymous(&world).post("/sessions/provider/options", foreign).await.expect(422);
    // The walls stand in the database too.
    let mut ctx = world.ctx(platform::TenantId(office.tenant.id));
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.member_identities WHERE subject = 'v'")
        .fetch_one(ctx.db().await.expect("a connection"))
        .await
        .expect("a count");
    assert_eq!(seen, 0);
}

/// Ana works at Mallory's too, and he says that he is her: he is, there, and no more.
#[tokio::test]
async fn whom_it_names_is_in_its_workspace_and_nowhere_else() {
    let world = world().await;
    let ana = sign_up(&world, ANA).await;
    let (home, me) = (ana.get("/tenant").await.expect(200).id(), ana.get("/me").await.expect(200).id());
    let office = mallory(&world, json!({ "domains": [] })).await;
    join(&world, &office, me, ANA).await;
    let linked = json!({ "sub": "a" });
    sqlx::query("INSERT INTO identity.member_identities VALUES ($1, $2, 'a', $3, NULL, now(), now())")
        .bind(office.tenant.id)
        .bind(office.provider)
        .bind(me)
        .execute(&mut world.as_owner().await)
        .await
        .expect("linked");
    sqlx::query("UPDATE directory.users SET is_platform_admin = true WHERE id = $1")
        .bind(me)
        .execute(&mut world.as_owner().await)
        .await
        .expect("done");
    let claims = json!({ "sub": "a", "auth_time": world.now().as_second() });
    let client = Client::anonymous(&world);
    let answer = office.go(&world, &client, "sign_in", claims).await.expect(201);
    // The browser is not known by it, or it would not wait after wrong passwords.
    assert!(!answer.headers.get_all("set-cookie").iter().any(|value| value.to_str().is_ok_and(|text| text.starts_with("atrium_device="))));
    let (posing, session) = (with_cookies(&client, &answer), answer.json);
    assert_eq!((&session["user"]["id"], &session["user"]["is_platform_admin"]), (&json!(me), &json!(false)));
    assert_eq!(session["tenants"].as_array().map(Vec::len), Some(1), "not told where else she works");
    posing.get("/members").await.expect(200);
    for (method, path, body) in [
        (Method::POST, "/session/tenant", json!({ "tenant_id": home })),
        (Method::GET, "/me", Value::Null),
        (Method::PATCH, "/me", json!({ "name": "Mallory" })),
        (Method::GET, "/me/sign-ins", Value::Null),
        (Method::GET, "/me/security-events", Value::Null),
        (Method::GET, "/sessions", Value::Null),
        (Method::DELETE, "/sessions", Value::Null),
        (Method::GET, "/me/identities", Value::Null),
        (Method::GET, "/me/second-factors", Value::Null),
        (Method::POST, "/me/totp", json!({})),
        (Method::POST, "/me/passkeys/options", json!({})),
        (Method::PUT, "/me/password", json!({ "current_password": "", "new_password": PASSWORD })),
        (Method::POST, "/me/email-change", json!({ "email": "mallory@example.com" })),
        (Method::POST, "/me/exports", json!({})),
        (Method::POST, "/me/closure", json!({ "email": ANA })),
        (Method::POST, "/tenants", json!({ "name": "New", "timezone": "UTC" })),
        (Method::GET, "/oauth-consents", Value::Null),
        (Method::GET, "/admin/tenants", Value::Null),
    ] {
        let body = Some(&body).filter(|body| !body.is_null());
        let answer = posing.send(method.clone(), path, &[("if-match", "*")], body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "company_session"), "{method} {path}: {}", answer.text);
    }
    // No way to link anything for good, nor to freshen what is hers by his own word.
    for intent in ["link", "confirm"] {
        let choice = json!({ "provider": office.provider, "workspace": office.slug, "intent": intent });
        let answer = posing.post("/sessions/provider/options", choice).await;
        assert_eq!(answer.status.as_u16() == 201, intent == "confirm", "{}", answer.text);
    }
    let choice = json!({ "provider": office.provider, "workspace": office.slug, "intent": "confirm" });
    ana.post("/sessions/provider/options", choice).await.expect(401);
    // An invitation to another workspace is hers to accept.
    let bob = Tenant::found(&world, "bob").await;
    bob.owner.post("/invitations", json!({ "email": ANA, "role_id": role_id(&bob, "viewer").await })).await.expect(201);
    let token = crate::identity::newest_token(&world, ANA).await;
    posing.post("/invitation-acceptances", json!({ "token": token })).await.expect(401);
    // Nor may any app be told that it is her.
    let authorize = posing.get("/oauth/authorize?client_id=none&response_type=code").await;
    assert!(!authorize.headers.get("location").is_some_and(|to| to.to_str().is_ok_and(|to| to.contains("code="))));
    // With her own password it is hers.
    let confirmed = posing.post("/session/verification", json!({ "method": "password", "password": PASSWORD })).await.expect(200);
    let own = with_cookies(&posing, &confirmed);
    own.get("/me").await.expect(200);
    let moved = own.post("/session/tenant", json!({ "tenant_id": home })).await.expect(200);
    let factors: Vec<String> = sqlx::query_scalar(
        "SELECT factors FROM directory.sessions WHERE ended_at IS NULL AND user_id = $1 AND tenant_id = $2 ORDER BY id DESC LIMIT 1",
    )
    .bind(me)
    .bind(home)
    .fetch_one(&mut world.as_owner().await)
    .await
    .expect("a session");
    assert_eq!((factors, &moved.json["is_confined"]), (vec!["password".to_owned()], &json!(false)), "his word stays where it counts");
    let _ = linked;
}

/// A second factor is none without a first: a code that was phished makes no more of it.
#[tokio::test]
async fn a_second_factor_alone_does_not_free_it() {
    let world = world().await;
    let ana = sign_up(&world, ANA).await;
    let me = ana.get("/me").await.expect(200).id();
    let office = mallory(&world, json!({ "domains": [] })).await;
    join(&world, &office, me, ANA).await;
    let ana = Client::sign_in(&world, ANA, PASSWORD).await;
    ana.post("/session/tenant", json!({ "tenant_id": office.tenant.id })).await.expect(200);
    let ana = Client::sign_in(&world, ANA, PASSWORD).await;
    office.go(&world, &ana, "link", json!({ "sub": "a" })).await.expect(200);
    let (phone, _) = crate::identity::second_factors::set_up(&world, &ana).await;
    let (posing, _) = office.sign_in(&world, json!({ "sub": "a" })).await;
    let proof = json!({ "method": "totp", "code": phone.code(&world, 1) });
    let confirmed = posing.post("/session/verification", proof).await.expect(200);
    assert_eq!(confirmed.json["is_confined"], true);
    assert_eq!(with_cookies(&posing, &confirmed).get("/me").await.expect(403).code(), "company_session");
}

#[tokio::test]
async fn a_domain_is_proven_by_its_mail_alone() {
    let world = world().await;
    let (acme, mallory) = (Tenant::found(&world, "acme").await, Tenant::found(&world, "mallory").await);
    let add = async |tenant: &Tenant| tenant.owner.post("/tenant/domains", json!({ "domain": "Example.com" })).await.expect(201);
    let (ours, his) = (add(&acme).await, add(&mallory).await);
    acme.owner.post("/tenant/domains", json!({ "domain": "example.com" })).await.expect(422);
    for domain in ["localhost", "127.0.0.1", "mail", "a b.example"] {
        acme.owner.post("/tenant/domains", json!({ "domain": domain })).await.expect(422);
    }
    let (ours, his) = (format!("/tenant/domains/{}", ours.id()), format!("/tenant/domains/{}", his.id()));
    // Only to mailboxes that are kept for who runs it, and the code is in the mail alone.
    acme.owner.post(&format!("{ours}/mails"), json!({ "mailbox": "mallory" })).await.expect(422);
    let sent = acme.owner.post(&format!("{ours}/mails"), json!({ "mailbox": "hostmaster" })).await.expect(202);
    let code = code_to(&world, "hostmaster@example.com").await;
    let all =
        acme.owner.get("/tenant/domains").await.expect(200).text + &sent.text + &acme.owner.get("/audit-events").await.expect(200).text;
    assert!(!all.contains(&code));
    // Another workspace's code, or domain, is none.
    mallory.owner.post(&format!("{his}/mails"), json!({ "mailbox": "admin" })).await.expect(202);
    mallory.owner.post(&format!("{his}/proof"), json!({ "code": code })).await.expect(422);
    mallory.owner.post(&format!("{ours}/proof"), json!({ "code": code })).await.expect(404);
    mallory.owner.post(&format!("{ours}/mails"), json!({ "mailbox": "admin" })).await.expect(404);
    // Wrong codes are counted, and the right one comes too late then.
    for _ in 0..10 {
        acme.owner.post(&format!("{ours}/proof"), json!({ "code": "AAAA-AAAA" })).await.expect(422);
    }
    assert_eq!(acme.owner.post(&format!("{ours}/proof"), json!({ "code": code })).await.expect(409).code(), "code_over");
    acme.owner.post(&format!("{ours}/mails"), json!({ "mailbox": "hostmaster" })).await.expect(202);
    let code = code_to(&world, "hostmaster@example.com").await;
    acme.owner.post(&format!("{ours}/proof"), json!({ "code": code.to_lowercase() })).await.expect(200);
    assert_eq!(acme.owner.post(&format!("{ours}/proof"), json!({ "code": code })).await.expect(409).code(), "code_over");
    // What is one workspace's is not another's as well.
    let code = code_to(&world, "admin@example.com").await;
    assert_eq!(mallory.owner.post(&format!("{his}/proof"), json!({ "code": code })).await.expect(409).code(), "domain_taken");
    acme.owner.delete(&ours).await.expect(204);
    mallory.owner.post(&format!("{his}/proof"), json!({ "code": code })).await.expect(200);
}

/// Whatever the host allows its own providers, a workspace's are asked on the public internet alone.
#[tokio::test]
async fn a_workspaces_provider_is_on_the_public_internet() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let came = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counts = came.clone();
    platform::task::detach(async move {
        while listener.accept().await.is_ok() {
            counts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let company = Company::open().await;
    let world = World::with(Default::default(), |config| config.private_services = true).await;
    let tenant = Tenant::found(&world, "mallory").await;
    let slug = tenant.owner.get("/tenant").await.expect(200).json["slug"].clone();
    tenant.owner.post("/tenant/sign-in-providers", input(&company, json!({}))).await.expect(422);
    for (number, host) in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "[::1]", "169.254.169.254"].iter().enumerate() {
        let issuer = format!("https://{host}:{port}");
        let made = input(&company, json!({ "issuer": issuer, "name": format!("number {number}") }));
        let provider = tenant.owner.post("/tenant/sign-in-providers", made).await.expect(201).id();
        let found = tenant.owner.post(&format!("/tenant/sign-in-providers/{provider}/checks"), Value::Null).await.expect(200);
        assert_eq!(found.json["outcome"], "unreachable", "{host}");
        let choice = json!({ "provider": provider, "workspace": slug, "intent": "sign_in" });
        let answer = Client::anonymous(&world).post("/sessions/provider/options", choice).await.expect(502);
        assert_eq!(answer.code(), "provider_unreachable");
        assert!(!answer.text.contains(host), "{}", answer.text);
    }
    assert_eq!(came.load(std::sync::atomic::Ordering::SeqCst), 0);
    let _ = ANA;
}
