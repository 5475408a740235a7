//! Signing in by a workspace's own provider, and how it is set up.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::company::{CLIENT, Company, SECRET};
use super::{count, with_cookies};
use crate::client::{Answer, Client, Tenant};
use crate::identity::second_factors::step_up_required;
use crate::identity::{kinds_of_mail, newest_mail, role_id, sign_up};
use crate::world::World;

/// A workspace with a provider of its own.
pub struct Office {
    pub tenant: Tenant,
    pub company: Company,
    pub slug: String,
    pub provider: Uuid,
}

pub async fn world() -> World {
    World::with(Default::default(), |config| config.private_company_providers = true).await
}

pub fn input(company: &Company, changes: Value) -> Value {
    let mut input = json!({
        "name": "Acme ID", "issuer": company.issuer, "client_id": CLIENT, "client_secret": SECRET, "domains": ["example.com"],
        "admits": "members", "is_enabled": true,
    });
    for (name, value) in changes.as_object().expect("changes") {
        input[name] = value.clone();
    }
    input
}

impl Office {
    pub async fn open(world: &World, name: &str, company: &Company, changes: Value) -> Self {
        let tenant = Tenant::found(world, name).await;
        let slug = tenant.owner.get("/tenant").await.expect(200).json["slug"].as_str().expect("a slug").to_owned();
        let provider = tenant.owner.post("/tenant/sign-in-providers", input(company, changes)).await.expect(201).id();
        Self { tenant, company: company.clone(), slug, provider }
    }

    pub fn path(&self) -> String {
        format!("/tenant/sign-in-providers/{}", self.provider)
    }

    pub async fn change(&self, changes: Value) -> Answer {
        let list = self.tenant.owner.get("/tenant/sign-in-providers").await.expect(200).json;
        self.tenant.owner.put(&self.path(), Some(&list["items"][0]["version"]), input(&self.company, changes)).await
    }

    /// A browser that is at the provider, and where it was sent.
    pub async fn begin(&self, client: &Client, intent: &str) -> (Client, String) {
        let choice = json!({ "provider": self.provider, "workspace": self.slug, "intent": intent });
        let begun = client.post("/sessions/provider/options", choice).await.expect(201);
        (with_cookies(client, &begun), begun.json["url"].as_str().expect("an address").to_owned())
    }

    /// The whole way, with what the provider says.
    pub async fn go(&self, world: &World, client: &Client, intent: &str, claims: Value) -> Answer {
        let (browser, url) = self.begin(client, intent).await;
        let (code, state) = self.company.authorize(world, &url, &claims);
        browser.post("/sessions/provider", json!({ "provider": self.provider, "code": code, "state": state })).await
    }

    /// Signed in by the provider.
    pub async fn sign_in(&self, world: &World, claims: Value) -> (Client, Value) {
        let client = Client::anonymous(world);
        let answer = self.go(world, &client, "sign_in", claims).await.expect(201);
        (with_cookies(&client, &answer), answer.json)
    }
}

/// The code in the newest mail to that address.
pub async fn code_to(world: &World, address: &str) -> String {
    let text = newest_mail(world, address).await.text;
    text.lines().map(str::trim).find(|line| line.len() == 9 && line.as_bytes()[4] == b'-').unwrap_or_else(|| panic!("{text}")).to_owned()
}

pub async fn prove(world: &World, owner: &Client, domain: &str) -> Answer {
    let added = owner.post("/tenant/domains", json!({ "domain": domain })).await.expect(201).id();
    owner.post(&format!("/tenant/domains/{added}/mails"), json!({ "mailbox": "postmaster" })).await.expect(202);
    let code = code_to(world, &format!("postmaster@{domain}")).await;
    owner.post(&format!("/tenant/domains/{added}/proof"), json!({ "code": code })).await
}

pub fn email(name: &str) -> Value {
    json!({ "sub": name, "email": format!("{name}@example.com"), "name": name })
}

async fn policy(owner: &Client, sign_in: Value) -> Answer {
    let current = owner.get("/tenant/security-policy").await.expect(200).json;
    let mut policy = current["policy"].clone();
    for (name, value) in sign_in.as_object().expect("fields") {
        policy["sign_in"][name] = value.clone();
    }
    owner.put("/tenant/security-policy", Some(&current["version"]), policy).await
}

#[tokio::test]
async fn members_sign_in_by_the_workspaces_provider() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let (viewer, _) = office.tenant.member(&world, "viewer").await;
    // Before the domain is proven, no address is believed.
    let refused = office.go(&world, &Client::anonymous(&world), "sign_in", email("viewer.acme")).await;
    assert_eq!(refused.expect(403).code(), "not_admitted");
    prove(&world, &office.tenant.owner, "example.com").await.expect(200);
    let unverified = json!({ "sub": "v", "email": "viewer.acme@example.com", "email_verified": false });
    assert_eq!(office.go(&world, &Client::anonymous(&world), "sign_in", unverified).await.expect(403).code(), "not_admitted");
    let elsewhere = json!({ "sub": "v", "email": "viewer.acme@other.example" });
    assert_eq!(office.go(&world, &Client::anonymous(&world), "sign_in", elsewhere).await.expect(403).code(), "not_admitted");

    let (member, session) = office.sign_in(&world, email("viewer.acme")).await;
    assert_eq!((&session["user"]["id"], &session["is_confined"]), (&json!(viewer), &json!(true)));
    assert_eq!(session["tenant"]["id"], json!(office.tenant.id));
    member.get("/bookings").await.expect(200);
    member.get("/notifications").await.expect(200);
    assert_eq!(member.get("/me/company-identities").await.expect(200).json["items"][0]["linked"]["email"], "viewer.acme@example.com");
    assert!(kinds_of_mail(&world, "viewer.acme@example.com").await.contains(&"company_identity_linked".to_owned()));
    // From now on by the subject, whatever the address; and nobody gets the address's place.
    let (_, again) = office.sign_in(&world, json!({ "sub": "viewer.acme", "email": "moved@example.com" })).await;
    assert_eq!(again["user"]["id"], json!(viewer));
    assert_eq!(count(&world, "SELECT count(*) FROM identity.member_identities").await, 1);
    assert_eq!(count(&world, "SELECT count(*) FROM directory.login_history WHERE method = 'company' AND outcome = 'success'").await, 2);
    // A day later it is asked again.
    world.advance_minutes(24 * 60 + 1);
    member.get("/session").await.expect(401);
}

#[tokio::test]
async fn what_its_provider_refused_is_that_workspaces_business_alone() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    prove(&world, &office.tenant.owner, "example.com").await.expect(200);
    let (viewer, local) = office.tenant.member(&world, "viewer").await;
    let second = local.post("/tenants", json!({ "name": "Second", "timezone": "UTC" })).await.expect(201);
    let mut elsewhere = local.clone();
    elsewhere.keep_cookie(&local.post("/session/tenant", json!({ "tenant_id": second.id() })).await.expect(200));
    let path = format!("/members/{viewer}");
    let member = office.tenant.owner.get(&path).await.expect(200).json;
    office.tenant.owner.patch(&path, &member["version"], json!({ "status": "suspended" })).await.expect(200);
    world.advance_minutes(1);
    let refused = office.go(&world, &Client::anonymous(&world), "sign_in", email("viewer.acme")).await;
    assert_eq!(refused.expect(403).code(), "not_admitted");
    let seen =
        count(&world, "SELECT count(*) FROM directory.login_history WHERE method = 'company' AND failure_reason = 'not_admitted'").await;
    assert_eq!(seen, 1);
    let there = elsewhere.get("/sign-ins").await.expect(200).json;
    let reasons: Vec<_> = there["items"].as_array().expect("items").iter().map(|item| &item["failure_reason"]).collect();
    assert!(!reasons.contains(&&json!("not_admitted")), "{there}");
}

#[tokio::test]
async fn the_secret_is_sealed_and_never_shown() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let list = office.tenant.owner.get("/tenant/sign-in-providers").await.expect(200);
    assert_eq!(list.json["items"][0]["has_secret"], true);
    assert!(!list.text.contains(SECRET));
    let plain = count(
        &world,
        "SELECT count(*) FROM identity.sign_in_providers WHERE position(convert_to('the secret that acme', 'UTF8') IN secret_ciphertext) > 0",
    )
    .await;
    assert_eq!(plain, 0);
    let trail = office.tenant.owner.get("/audit-events?limit=100").await.expect(200);
    assert!(trail.text.contains("sign_in_provider.created") && !trail.text.contains(SECRET));
    // Left out it stays, and the issuer does in any case.
    let mut same = input(&office.company, json!({ "name": "Renamed" }));
    same.as_object_mut().expect("fields").remove("client_secret");
    let version = list.json["items"][0]["version"].clone();
    let changed = office.tenant.owner.put(&office.path(), Some(&version), same).await.expect(200).json;
    assert_eq!((&changed["has_secret"], &changed["name"]), (&json!(true), &json!("Renamed")));
    let other = office.change(json!({ "issuer": "https://other.example" })).await.expect(422);
    assert_eq!(other.json["errors"][0]["code"], "fixed", "{}", other.text);
    let found = office.tenant.owner.post(&format!("{}/checks", office.path()), Value::Null).await.expect(200).json;
    assert_eq!(found["outcome"], "ready");
    office.company.wish(|wishes| wishes.document = Some(b"{}".to_vec()));
    let found = office.tenant.owner.post(&format!("{}/checks", office.path()), Value::Null).await.expect(200).json;
    assert_eq!((&found["outcome"], &found["authorization_endpoint"]), (&json!("unreachable"), &Value::Null));
    world.advance_minutes(11);
    step_up_required(&office.change(json!({})).await);
    step_up_required(&office.tenant.owner.send(Method::DELETE, &office.path(), &[("if-match", "*")], None).await);
    step_up_required(&office.tenant.owner.post("/tenant/domains", json!({ "domain": "example.com" })).await);
}

#[tokio::test]
async fn the_page_is_found_by_its_address_and_by_a_proven_domain() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let plain = Tenant::found(&world, "plain").await;
    let visitor = Client::anonymous(&world);
    let page = visitor.get(&format!("/sign-in-options/{}", office.slug)).await.expect(200).json;
    assert_eq!((&page["name"], &page["providers"]), (&json!("acme Ltd"), &json!([{ "key": office.provider, "name": "Acme ID" }])));
    let other = plain.owner.get("/tenant").await.expect(200).json["slug"].clone();
    visitor.get(&format!("/sign-in-options/{}", other.as_str().expect("a slug"))).await.expect(404);
    let found =
        async |address: &str| visitor.post("/sign-in-options/lookups", json!({ "email": address })).await.expect(200).json["slug"].clone();
    assert_eq!(found("anybody@example.com").await, Value::Null, "nobody has proven it");
    prove(&world, &office.tenant.owner, "example.com").await.expect(200);
    assert_eq!(found("anybody@Example.com").await, json!(office.slug));
    assert_eq!(found("x@sub.example.com").await, Value::Null);
    visitor.post("/sign-in-options/lookups", json!({ "email": "nonsense" })).await.expect(422);
    office.change(json!({ "is_enabled": false })).await.expect(200);
    assert_eq!(found("anybody@example.com").await, Value::Null);
    visitor.get(&format!("/sign-in-options/{}", office.slug)).await.expect(404);
}

#[tokio::test]
async fn newcomers_come_in_as_far_as_the_owner_said() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let owner = &office.tenant.owner;
    prove(&world, owner, "example.com").await.expect(200);
    let refused = async |name: &str| {
        let answer = office.go(&world, &Client::anonymous(&world), "sign_in", email(name)).await;
        assert_eq!(answer.expect(403).code(), "not_admitted", "{name}");
    };
    refused("newcomer").await;
    // Invited, to no more than was chosen.
    let (viewer, editor) = (role_id(&office.tenant, "viewer").await, role_id(&office.tenant, "editor").await);
    office.change(json!({ "admits": "invited" })).await.expect(422);
    office.change(json!({ "admits": "invited", "role_id": role_id(&office.tenant, "owner").await })).await.expect(422);
    office.change(json!({ "admits": "invited", "role_id": viewer })).await.expect(200);
    refused("newcomer").await;
    for (name, role) in [("high", &editor), ("low", &viewer)] {
        owner.post("/invitations", json!({ "email": format!("{name}@example.com"), "role_id": role })).await.expect(201);
    }
    refused("high").await;
    let (_, low) = office.sign_in(&world, email("low")).await;
    assert_eq!((&low["roles"], &low["user"]["email"]), (&json!(["viewer"]), &json!("low@example.com")));
    let invitations = owner.get("/invitations").await.expect(200).json;
    let status = |name: &str| {
        let all = invitations["items"].as_array().expect("invitations");
        all.iter().find(|one| one["email"] == format!("{name}@example.com")).expect("it")["status"].clone()
    };
    assert_eq!((status("high"), status("low")), (json!("pending"), json!("accepted")));
    // Anybody of the domain.
    office.change(json!({ "admits": "anybody", "role_id": viewer })).await.expect(200);
    let (_, session) = office.sign_in(&world, email("newcomer")).await;
    assert_eq!(session["roles"], json!(["viewer"]));
    // Who was removed does not come back alone.
    let newcomer = session["user"]["id"].as_str().expect("an id").to_owned();
    owner.delete(&format!("/members/{newcomer}")).await.expect(204);
    refused("newcomer").await;
    // Nobody lets others in with more than he or she holds, then and now.
    let (admin_id, admin) = office.tenant.member(&world, "admin").await;
    let mut own = input(&office.company, json!({ "admits": "anybody", "role_id": editor }));
    let version = admin.get("/tenant/sign-in-providers").await.expect(200).json["items"][0]["version"].clone();
    admin.put(&office.path(), Some(&version), own.take()).await.expect(200);
    office.sign_in(&world, email("second")).await;
    let suspended = json!({ "status": "suspended" });
    owner.send(Method::PATCH, &format!("/members/{admin_id}"), &[("if-match", "*")], Some(&suspended)).await.expect(200);
    refused("third").await;
}

/// Newcomers would get it, so it is in use as one that somebody holds.
#[tokio::test]
async fn a_role_for_newcomers_is_not_deleted_and_says_whose_they_are() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let owner = &office.tenant.owner;
    let role = owner.post("/roles", json!({ "name": "Newcomer", "permissions": [] })).await.expect(201).id();
    office.change(json!({ "admits": "anybody", "role_id": role })).await.expect(200);
    let path = format!("/roles/{role}");
    let refused = owner.delete(&path).await.expect(409);
    assert_eq!((refused.code(), &refused.json["sign_in_providers"]), ("role_in_use", &json!(["Acme ID"])));
    office.change(json!({})).await.expect(200);
    owner.delete(&path).await.expect(204);
}

#[tokio::test]
async fn what_is_switched_off_ends_its_sessions() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    prove(&world, &office.tenant.owner, "example.com").await.expect(200);
    let (_, local) = office.tenant.member(&world, "viewer").await;
    let (member, _) = office.sign_in(&world, email("viewer.acme")).await;
    let (waiting, url) = office.begin(&Client::anonymous(&world), "sign_in").await;
    let (code, state) = office.company.authorize(&world, &url, &email("viewer.acme"));
    office.change(json!({ "is_enabled": false })).await.expect(200);
    member.get("/session").await.expect(401);
    local.get("/session").await.expect(200);
    // What was on its way comes too late.
    let late = waiting.post("/sessions/provider", json!({ "provider": office.provider, "code": code, "state": state })).await;
    assert_eq!(late.expect(422).json["errors"][0]["field"], "provider");
    office.change(json!({ "is_enabled": true })).await.expect(200);
    let (member, _) = office.sign_in(&world, email("viewer.acme")).await;
    office.tenant.owner.send(Method::DELETE, &office.path(), &[("if-match", "*")], None).await.expect(204);
    member.get("/session").await.expect(401);
    assert_eq!(count(&world, "SELECT count(*) FROM identity.member_identities").await, 0);
}

#[tokio::test]
async fn a_workspace_may_take_its_own_provider_alone() {
    let world = world().await;
    let plain = Tenant::found(&world, "plain").await;
    let missing = policy(&plain.owner, json!({ "company_only": true })).await.expect(422);
    assert_eq!(missing.json["errors"][0]["field"], "sign_in.company_only");
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    let owner = &office.tenant.owner;
    prove(&world, owner, "example.com").await.expect(200);
    let (_, local) = office.tenant.member(&world, "viewer").await;
    let current = owner.get("/tenant/security-policy").await.expect(200).json["policy"].clone();
    let mut draft = current.clone();
    draft["sign_in"]["company_only"] = json!(true);
    let would = owner.post("/tenant/security-policy/simulations", draft).await.expect(200).json;
    assert_eq!((&would["stopped_members"], &would["stopped"][0]["by_way_in"]), (&json!(1), &json!(1)), "{would}");
    policy(owner, json!({ "company_only": true })).await.expect(200);
    assert_eq!(local.get("/bookings").await.expect(403).code(), "company_sign_in_required");
    assert_eq!(local.get("/session").await.expect(200).json["refused"], "company_sign_in_required");
    owner.get("/bookings").await.expect(200);
    // The last provider stays as long as it is needed.
    assert_eq!(office.change(json!({ "is_enabled": false })).await.expect(409).code(), "provider_needed");
    let deleted = owner.send(Method::DELETE, &office.path(), &[("if-match", "*")], None).await;
    assert_eq!(deleted.expect(409).code(), "provider_needed");
    // From a session of one's own, one goes on in it.
    let answer = office.go(&world, &local, "sign_in", email("viewer.acme")).await.expect(201);
    let both = with_cookies(&local, &answer);
    assert_eq!((&answer.json["is_confined"], &answer.json["refused"]), (&json!(false), &Value::Null));
    both.get("/bookings").await.expect(200);
    both.get("/me").await.expect(200);
    local.get("/session").await.expect(401);
    // And it counts as two factors only where the workspace says so.
    let current = owner.get("/tenant/security-policy").await.expect(200).json;
    let mut asks = current["policy"].clone();
    asks["two_factor"]["required"] = json!(true);
    asks["two_factor"]["grace_logins"] = json!(0);
    let (phone, _) = crate::identity::second_factors::set_up(&world, owner).await;
    let proof = json!({ "method": "totp", "code": phone.code(&world, 1) });
    let verified = owner.post("/session/verification", proof).await.expect(200);
    let owner = with_cookies(owner, &verified);
    owner.put("/tenant/security-policy", Some(&current["version"]), asks).await.expect(200);
    let (_, session) = office.sign_in(&world, email("viewer.acme")).await;
    assert_eq!(session["refused"], "second_factor_required");
    policy(&owner, json!({ "company_is_second_factor": true })).await.expect(200);
    let (_, session) = office.sign_in(&world, email("viewer.acme")).await;
    assert_eq!(session["refused"], Value::Null);
}

#[tokio::test]
async fn a_member_links_unlinks_and_confirms() {
    let world = world().await;
    // No domain is proven: only who is signed in links.
    let office = Office::open(&world, "acme", &Company::open().await, json!({ "domains": [] })).await;
    let (viewer, local) = office.tenant.member(&world, "viewer").await;
    let claims = json!({ "sub": "v-77", "email": null, "email_verified": null });
    assert_eq!(office.go(&world, &Client::anonymous(&world), "sign_in", claims.clone()).await.expect(403).code(), "not_admitted");
    assert_eq!(office.go(&world, &local, "link", claims.clone()).await.expect(200).json["outcome"], "linked");
    let (member, session) = office.sign_in(&world, claims.clone()).await;
    assert_eq!(session["user"]["id"], json!(viewer));
    let stranger = sign_up(&world, "bob@example.com").await;
    assert_eq!(office.go(&world, &stranger, "link", json!({ "sub": "bob" })).await.expect(403).code(), "not_admitted");
    let (_, second) = office.tenant.member(&world, "guest").await;
    assert_eq!(office.go(&world, &second, "link", claims.clone()).await.expect(409).code(), "identity_taken");
    // A sign-in is as fresh as the provider says; confirming asks it again.
    let own = format!("/me/company-identities/{}", office.provider);
    step_up_required(&member.delete(&own).await);
    let now = world.now().as_second();
    let mut fresh = claims.clone();
    fresh["auth_time"] = json!(now);
    let mut other = fresh.clone();
    other["sub"] = json!("somebody else");
    assert_eq!(office.go(&world, &member, "confirm", other).await.expect(401).code(), "other_identity");
    let confirmed = office.go(&world, &member, "confirm", fresh).await.expect(200);
    let member = with_cookies(&member, &confirmed);
    assert_eq!(member.get("/session").await.expect(200).json["is_confined"], true);
    member.delete(&own).await.expect(204);
    member.get("/session").await.expect(401);
    assert_eq!(office.go(&world, &Client::anonymous(&world), "sign_in", claims).await.expect(403).code(), "not_admitted");
}

/// Many providers say the address at userinfo alone.
#[tokio::test]
async fn an_address_is_asked_for_at_userinfo() {
    let world = world().await;
    let office = Office::open(&world, "acme", &Company::open().await, json!({})).await;
    prove(&world, &office.tenant.owner, "example.com").await.expect(200);
    office.tenant.member(&world, "viewer").await;
    let bare = json!({ "sub": "v", "email": null, "email_verified": null });
    office.company.wish(|wishes| {
        wishes.discovery = json!({ "userinfo_endpoint": format!("{}/userinfo", office.company.issuer) });
        wishes.userinfo = json!({ "sub": "another", "email": "viewer.acme@example.com", "email_verified": true });
    });
    // Of another person it is not believed.
    assert_eq!(office.go(&world, &Client::anonymous(&world), "sign_in", bare.clone()).await.expect(403).code(), "not_admitted");
    office.company.wish(|wishes| wishes.userinfo["sub"] = json!("v"));
    office.sign_in(&world, bare).await;
}
