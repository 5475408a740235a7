//! Workspaces' own domains: proven by a record, served with the pages of one workspace and nothing else, and lost with the record.

use platform::jobs::{When, enqueue};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions;

use super::{again, kinds_of_mail, newest_mail, platform_admin, put_picture};
use crate::client::{Answer, Client, Tenant, booking};
use crate::dns::Dns;
use crate::world::World;

const MINUTES_A_DAY: i64 = 24 * 60;
const DOMAIN: &str = "book.acme.example";

async fn world() -> (World, Dns) {
    let dns = Dns::start().await;
    let address = dns.address;
    (World::with(Default::default(), |config| config.dns_resolver = Some(address)).await, dns)
}

async fn add(of: &Client, domain: &str) -> Value {
    of.post("/custom-domains", json!({ "domain": domain })).await.expect(201).json
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// Puts its record where it has to be, beside others that stand there.
fn publish(dns: &Dns, domain: &Value, beside: &[&str]) {
    let value = text(domain, "record_value");
    dns.set(&text(domain, "record_name"), &[&[value.as_str()], beside].concat());
}

async fn check(of: &Client, domain: &Value) -> Value {
    of.post(&format!("/custom-domains/{}/checks", text(domain, "id")), json!({})).await.expect(200).json
}

async fn verified(of: &Client, dns: &Dns, domain: &str) -> Value {
    let added = add(of, domain).await;
    publish(dns, &added, &[]);
    let found = check(of, &added).await;
    assert_eq!((&found["status"], &found["problem"]), (&json!("verified"), &json!(null)));
    found
}

async fn run_checks(world: &World) {
    enqueue(&mut world.as_owner().await, &identity::domains::CheckDomains {}, When::default()).await.expect("enqueued");
    world.settle().await;
}

async fn at(world: &World, host: &str, path: &str) -> Answer {
    Client::anonymous(world).send(Method::GET, path, &[("host", host)], None).await
}

async fn status_at(world: &World, host: &str, path: &str) -> u16 {
    at(world, host, path).await.status.as_u16()
}

#[tokio::test]
async fn a_proven_domain_shows_the_pages_of_its_workspace_and_nothing_else() {
    let (world, dns) = world().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let ((slug, _), (other_slug, _)) = (ours.organizer().await, theirs.organizer().await);
    put_picture(&ours.owner, "/tenant/logo").await.expect(200);
    let added = add(&ours.owner, " BOOK.acme.Example. ").await;
    assert_eq!((text(&added, "domain"), text(&added, "status")), (DOMAIN.to_owned(), "pending".to_owned()));
    assert_eq!((text(&added, "record_name"), text(&added, "target")), (format!("_atrium.{DOMAIN}"), "localhost".to_owned()));
    // Until it is proven it leads nowhere.
    let found = check(&ours.owner, &added).await;
    assert_eq!((&found["status"], &found["problem"]), (&json!("pending"), &json!("no_record")));
    assert_eq!((status_at(&world, DOMAIN, "/").await, status_at(&world, DOMAIN, &format!("/b/{slug}")).await), (404, 404));
    dns.set(&text(&added, "record_name"), &["atrium-domain=something-else", "v=spf1 -all"]);
    assert_eq!(check(&ours.owner, &added).await["problem"], "other_record");
    publish(&dns, &added, &["v=spf1 -all"]);
    assert_eq!(check(&ours.owner, &added).await["status"], "verified");
    assert!(kinds_of_mail(&world, "ours@example.com").await.contains(&"domain_verified".to_owned()));

    let root = at(&world, &format!("{DOMAIN}:443"), "/").await.expect(200);
    assert!(root.text.contains(&format!("href=\"/b/{slug}\"")) && root.text.contains("ours Ltd") && !root.text.contains(&other_slug));
    let csp = root.headers["content-security-policy"].to_str().expect("ascii");
    assert!(csp.contains("form-action 'self'") && csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"), "{csp}");
    for path in [format!("/b/{slug}"), format!("/b/{slug}/intro")] {
        at(&world, DOMAIN, &path).await.expect(200);
    }
    let page = at(&world, DOMAIN, &format!("/b/{slug}")).await.text;
    let sheet = page.split("href=\"").find(|part| part.starts_with("/b/assets/")).and_then(|part| part.split('"').next()).expect("a style");
    at(&world, DOMAIN, sheet).await.expect(200);
    let logo = text(&ours.owner.get("/tenant").await.expect(200).json, "logo_url");
    at(&world, DOMAIN, &logo).await.expect(200);

    // The app, the API and what is another's are not there.
    put_picture(&theirs.owner, "/tenant/logo").await.expect(200);
    let their_logo = text(&theirs.owner.get("/tenant").await.expect(200).json, "logo_url");
    let cookie = ours.owner.cookie.clone().expect("a cookie");
    for path in [
        "/sign-in",
        "/index.html",
        "/favicon.svg",
        "/api/v1/session",
        "/api/v1/contacts",
        "/api/openapi.json",
        "/oauth/authorize",
        "/.well-known/openid-configuration",
        "/tls/ask?domain=x",
        &format!("/b/{other_slug}"),
        &format!("/b/{other_slug}/intro"),
        &format!("/api/v1/public/organizers/{slug}"),
        their_logo.as_str(),
    ] {
        let answer = Client::anonymous(&world).send(Method::GET, path, &[("host", DOMAIN), ("cookie", &cookie)], None).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}: {}", answer.text);
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
    }
    // Other hosts see nothing of it, and the instance is as it was.
    for host in ["acme.example", "evil.book.acme.example", "xbook.acme.example", "book.acme.example.evil.example"] {
        assert_eq!(status_at(&world, host, "/").await, 404, "{host}");
        assert_eq!(status_at(&world, host, &format!("/b/{slug}")).await, 404, "{host}");
    }
    Client::anonymous(&world).get(&format!("/b/{other_slug}")).await.expect(200);
}

#[tokio::test]
async fn what_is_booked_there_is_managed_there_and_mails_lead_there() {
    let (world, dns) = world().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    let ((slug, event), _) = (ours.organizer().await, theirs.organizer().await);
    verified(&ours.owner, &dns, DOMAIN).await;
    verified(&theirs.owner, &dns, "book.theirs.example").await;
    let port = world.url.rsplit(':').next().expect("a port").to_owned();
    let origin = format!("http://{DOMAIN}:{port}");
    assert_eq!(ours.owner.get("/organizer").await.expect(200).json["public_url"], format!("{origin}/b/{slug}"));
    let event = ours.owner.get(&format!("/event-types/{}", event.id())).await.expect(200).json;
    assert_eq!(event["public_url"], format!("{origin}/b/{slug}/intro"));
    let booked = Client::anonymous(&world)
        .post(&format!("/public/organizers/{slug}/event-types/intro/bookings"), booking("2031-09-09T09:00:00Z", "vera@example.com"))
        .await
        .expect(201);
    let manage = text(&booked.json, "manage_url");
    let path = manage.strip_prefix(&origin).unwrap_or_else(|| panic!("{manage}")).to_owned();
    let mail = newest_mail(&world, "vera@example.com").await;
    assert!(mail.text.contains(&manage) && !mail.text.contains(&world.url), "{}", mail.text);
    assert!(mail.calendar.is_some_and(|calendar| calendar.ics.replace("\r\n ", "").contains(&manage)));
    // Members' own links stay in the app.
    assert!(newest_mail(&world, "ours@example.com").await.text.contains(&format!("{}/bookings/", world.url)));
    at(&world, DOMAIN, &path).await.expect(200);
    assert_eq!(status_at(&world, "book.theirs.example", &path).await, 404, "a link of another workspace");
    Client::anonymous(&world).get(&path).await.expect(200);
}

/// A form there counts only when a page there sent it: the instance is another site to it, and it to the instance.
#[tokio::test]
async fn forms_of_a_domain_come_from_that_domain() {
    let (world, dns) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    verified(&tenant.owner, &dns, DOMAIN).await;
    let port = world.url.rsplit(':').next().expect("a port").to_owned();
    let own = format!("http://{DOMAIN}:{port}");
    let visitor = Client::anonymous(&world);
    let send = async |host: &str, headers: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [("host", host)].iter().chain(headers).copied().collect();
        visitor.form(&format!("/b/{slug}/intro/book"), &all, &[("start", "x")]).await
    };
    for refused in [
        [("origin", world.url.as_str())].as_slice(),
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://book.acme.example.evil.example")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(send(DOMAIN, refused).await.code(), "cross_site", "{refused:?}");
    }
    for taken in [[("origin", own.as_str())].as_slice(), &[("sec-fetch-site", "same-origin"), ("origin", &own)]] {
        assert_ne!(send(DOMAIN, taken).await.status.as_u16(), 403, "{taken:?}");
    }
    // And the domain is no origin of the instance.
    let host = world.url.trim_start_matches("http://").to_owned();
    assert_eq!(send(&host, &[("origin", &own)]).await.code(), "cross_site");
    let change = tenant.owner.send(Method::POST, "/contacts", &[("origin", &own)], Some(&json!({ "name": "Forged" }))).await;
    assert_eq!(change.expect(403).code(), "cross_site");
}

#[tokio::test]
async fn a_domain_claimed_by_two_is_whose_record_stands() {
    let (world, dns) = world().await;
    let (first, second) = (Tenant::found(&world, "first").await, Tenant::found(&world, "second").await);
    let (one, two) = (add(&first.owner, DOMAIN).await, add(&second.owner, DOMAIN).await);
    assert_ne!(one["record_value"], two["record_value"]);
    // One record proves one claim: the other's does not count.
    publish(&dns, &one, &[]);
    assert_eq!(check(&second.owner, &two).await["problem"], "other_record");
    assert_eq!(check(&first.owner, &one).await["status"], "verified");
    // While it stands, nobody else gets in beside.
    let both = [text(&two, "record_value")];
    publish(&dns, &one, &[both[0].as_str()]);
    let refused = check(&second.owner, &two).await;
    assert_eq!((&refused["status"], &refused["problem"]), (&json!("pending"), &json!("taken")));
    // Whoever has the name's DNS now has the name, and the one before is told.
    publish(&dns, &two, &[]);
    assert_eq!(check(&second.owner, &two).await["status"], "verified");
    let lost = first.owner.get("/custom-domains").await.expect(200).json["items"][0].clone();
    assert_eq!((&lost["status"], &lost["problem"]), (&json!("failed"), &json!("other_record")));
    assert!(kinds_of_mail(&world, "first@example.com").await.contains(&"domain_lost".to_owned()));
    let lines = first.owner.get("/audit-events?action=custom_domain.failed").await.expect(200).json["items"].clone();
    assert_eq!(lines[0]["actor"]["name"], "atrium", "nobody of the other workspace is named");
    // Two at once: one of them has it.
    let (third, fourth) = (Tenant::found(&world, "third").await, Tenant::found(&world, "fourth").await);
    let (a, b) = (add(&third.owner, "two.example").await, add(&fourth.owner, "two.example").await);
    publish(&dns, &a, &[text(&b, "record_value").as_str()]);
    let (a, b) = tokio::join!(check(&third.owner, &a), check(&fourth.owner, &b));
    let mut states = [text(&a, "status"), text(&b, "status")];
    states.sort_unstable();
    assert_eq!(states, ["pending", "verified"]);
}

#[tokio::test]
async fn nobody_takes_over_a_domain_that_was_removed() {
    let (world, dns) = world().await;
    let (first, second) = (Tenant::found(&world, "first").await, Tenant::found(&world, "second").await);
    let (slug, _) = first.organizer().await;
    let domain = verified(&first.owner, &dns, DOMAIN).await;
    let path = format!("/custom-domains/{}", text(&domain, "id"));
    assert_eq!(second.owner.delete(&path).await.status.as_u16(), 404);
    first.owner.delete(&path).await.expect(204);
    assert_eq!((status_at(&world, DOMAIN, "/").await, status_at(&world, DOMAIN, &format!("/b/{slug}")).await), (404, 404));
    assert!(kinds_of_mail(&world, "first@example.com").await.contains(&"domain_removed".to_owned()));
    // The record that is left behind proves nothing to anybody, the former holder included.
    let claim = add(&second.owner, DOMAIN).await;
    assert_eq!(check(&second.owner, &claim).await["problem"], "other_record");
    let again = add(&first.owner, DOMAIN).await;
    assert_ne!(again["record_value"], domain["record_value"]);
    assert_eq!(check(&first.owner, &again).await["problem"], "other_record");
    assert_eq!(status_at(&world, DOMAIN, "/").await, 404);
    assert_eq!(ask_certificate(&world, DOMAIN).await, 404);
}

#[tokio::test]
async fn names_that_are_not_for_a_workspace_are_refused() {
    let (world, _) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    for (name, code) in [
        ("*.acme.example", "invalid"),
        ("acme", "invalid"),
        ("https://acme.example/", "invalid"),
        ("acme.example:8443", "invalid"),
        ("acme.example\u{0}", "invalid"),
        ("192.0.2.7", "is_address"),
        ("[2001:db8::1]", "is_address"),
        ("0x7f.0.0.0x1", "is_address"),
        ("acme.localhost", "reserved"),
        ("intranet.local", "reserved"),
    ] {
        let refused = tenant.owner.post("/custom-domains", json!({ "domain": name })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], code, "{name}");
    }
    // However it is written, it is one name.
    add(&tenant.owner, "Bücher.example").await;
    for same in ["xn--bcher-kva.example", "BÜCHER.example.", "bücher。example"] {
        assert_eq!(tenant.owner.post("/custom-domains", json!({ "domain": same })).await.expect(409).code(), "domain_exists", "{same}");
    }
}

/// The instance's own host, and what lies below it, are no workspace's; one that only looks like it is shown by its letters, and
/// never leads to the app.
#[tokio::test]
async fn a_look_alike_of_the_instances_host_is_not_the_instance() {
    let dns = Dns::start().await;
    let address = dns.address;
    let world = World::with(Default::default(), |config| {
        config.dns_resolver = Some(address);
        config.public_url = "https://app.atrium.example".to_owned();
    })
    .await;
    let mut db = world.as_owner().await;
    let (mut owner, tenant) = {
        let tenant = identity_tenant(&world).await;
        (Client::anonymous(&world), tenant)
    };
    owner.cookie = Some(tenant.1);
    for own in ["app.atrium.example", "APP.atrium.example.", "x.app.atrium.example", "ａｐｐ.atrium.example"] {
        let refused = owner.post("/custom-domains", json!({ "domain": own })).await.expect(422);
        assert_eq!(refused.json["errors"][0]["code"], "own_host", "{own}");
    }
    // The first letter is Cyrillic.
    let alike = add(&owner, "\u{430}pp.atrium.example").await;
    assert_eq!(text(&alike, "domain"), "xn--pp-6kc.atrium.example");
    publish(&dns, &alike, &[]);
    assert_eq!(check(&owner, &alike).await["status"], "verified");
    for path in ["/sign-in", "/api/v1/session"] {
        assert_eq!(status_at(&world, "xn--pp-6kc.atrium.example", path).await, 404, "{path}");
    }
    assert_ne!(status_at(&world, "app.atrium.example", "/api/v1/session").await, 404);
    let kept: (String,) = sqlx::query_as("SELECT domain FROM directory.custom_domains WHERE tenant_id = $1")
        .bind(tenant.0)
        .fetch_one(&mut db)
        .await
        .expect("it");
    assert!(kept.0.is_ascii());
}

/// A workspace and its owner's cookie, where cookies are those of https.
async fn identity_tenant(world: &World) -> (uuid::Uuid, String) {
    let password = crate::client::new_user(world, "acme@example.com", "Owner", Some("Acme"), false).await;
    let client = Client::sign_in(world, "acme@example.com", password).await;
    let tenant = client.get("/session").await.expect(200).json["tenant"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    (tenant, client.cookie.expect("a cookie"))
}

/// Only the request's own host counts, and one that says two is refused.
#[tokio::test]
async fn a_poisoned_host_leads_to_no_domain() {
    let (world, dns) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    verified(&tenant.owner, &dns, DOMAIN).await;
    let visitor = Client::anonymous(&world);
    for header in ["x-forwarded-host", "x-host", "x-original-host", "forwarded"] {
        let value = if header == "forwarded" { format!("host={DOMAIN}") } else { DOMAIN.to_owned() };
        let answer = visitor.send(Method::GET, "/api/v1/session", &[(header, &value)], None).await;
        assert_eq!(answer.status.as_u16(), 401, "{header} makes a site of the instance");
        let answer = visitor.send(Method::GET, "/api/v1/session", &[("host", DOMAIN), (header, "localhost")], None).await;
        assert_eq!(answer.status.as_u16(), 404, "{header} makes the instance of a site");
    }
    let address = world.url.trim_start_matches("http://").to_owned();
    for (request, status) in [
        (format!("GET /api/v1/session HTTP/1.1\r\nhost: localhost\r\nhost: {DOMAIN}\r\n"), "400"),
        (format!("GET http://{DOMAIN}/api/v1/session HTTP/1.1\r\nhost: localhost\r\n"), "404"),
        (format!("GET /api/v1/session HTTP/1.1\r\nhost: localhost@{DOMAIN}\r\n"), "40"),
    ] {
        let answer = raw(&address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
    }
    // What names nobody is nobody's, and no page of it shows what was asked for.
    for poison in ["evil.example", "app.evil.example:443"] {
        let answer = at(&world, poison, "/").await;
        assert_eq!(answer.status.as_u16(), 404);
        assert!(!answer.text.contains("evil") && !answer.headers.contains_key("location"), "{}", answer.text);
    }
}

async fn raw(address: &str, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address.replace("localhost", "127.0.0.1")).await.expect("connected");
    stream.write_all(format!("{request}connection: close\r\n\r\n").as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

async fn ask_certificate(world: &World, domain: &str) -> u16 {
    Client::anonymous(world).get(&format!("/tls/ask?domain={domain}")).await.status.as_u16()
}

/// A proxy is told yes or no, and no more.
#[tokio::test]
async fn certificates_are_for_proven_domains_alone() {
    let (world, dns) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    let pending = add(&tenant.owner, "later.acme.example").await;
    verified(&tenant.owner, &dns, DOMAIN).await;
    assert_eq!((ask_certificate(&world, DOMAIN).await, ask_certificate(&world, "BOOK.acme.example").await), (200, 200));
    assert_eq!(ask_certificate(&world, "localhost").await, 200, "the instance's own");
    let not_one = [
        "later.acme.example",
        "acme.example",
        "x.book.acme.example",
        "*.acme.example",
        "evil.example",
        "127.0.0.1",
        "",
        "a%2fb",
        "intranet",
    ];
    let unknown = Client::anonymous(&world).get("/tls/ask?domain=evil.example").await;
    for domain in not_one {
        let answer = Client::anonymous(&world).get(&format!("/tls/ask?domain={domain}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json["code"]), (404, &unknown.json["code"]), "{domain:?}");
    }
    assert_eq!(pending["status"], "pending");
    // A closed workspace's pages are closed there too.
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    admin.put(&format!("/admin/tenants/{}/suspension", tenant.id), None, json!({ "reason": "Spam" })).await.expect(204);
    assert_eq!((ask_certificate(&world, DOMAIN).await, status_at(&world, DOMAIN, "/").await), (404, 404));
}

#[tokio::test]
async fn a_record_that_is_gone_for_seven_days_takes_the_domain() {
    let (world, dns) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    tenant.organizer().await;
    let domain = verified(&tenant.owner, &dns, DOMAIN).await;
    let told = async |kind: &str| kinds_of_mail(&world, "acme@example.com").await.iter().filter(|one| *one == kind).count();
    // Nobody has to ask: it is looked at daily.
    let never = add(&tenant.owner, "never.acme.example").await;
    dns.set(&text(&domain, "record_name"), &[]);
    run_checks(&world).await;
    assert_eq!((told("domain_failing").await, status_at(&world, DOMAIN, "/").await), (0, 200), "not its turn yet");
    for day in 1..=7 {
        world.advance_minutes(MINUTES_A_DAY);
        run_checks(&world).await;
        assert_eq!(
            (told("domain_failing").await, told("domain_lost").await, status_at(&world, DOMAIN, "/").await),
            (1, 0, 200),
            "day {day}"
        );
    }
    world.advance_minutes(MINUTES_A_DAY);
    run_checks(&world).await;
    assert_eq!((told("domain_failing").await, told("domain_lost").await, status_at(&world, DOMAIN, "/").await), (1, 1, 404));
    let owner = again(&world, "acme@example.com").await;
    let all = owner.get("/custom-domains").await.expect(200).json["items"].clone();
    assert_eq!((&all[0]["status"], &all[1]["status"], &all[1]["domain"]), (&json!("failed"), &json!("failed"), &never["domain"]));
    assert_eq!(owner.get("/organizer").await.expect(200).json["public_url"], format!("{}/b/acme-page", world.url));
    let lines = owner.get("/audit-events?action=custom_domain.failed").await.expect(200).json["items"].clone();
    assert_eq!(lines[0]["actor"]["name"], "atrium");
    // Back in place, a look brings it back; a day without it in between costs nothing.
    publish(&dns, &domain, &[]);
    assert_eq!(check(&owner, &domain).await["status"], "verified");
    assert_eq!(status_at(&world, DOMAIN, "/").await, 200);
}

/// The serving role says of no domain that it is proven, and changes nobody else's.
#[tokio::test]
async fn only_the_owner_of_the_tables_calls_a_domain_proven() {
    let (world, dns) = world().await;
    let (ours, theirs) = (Tenant::found(&world, "ours").await, Tenant::found(&world, "theirs").await);
    verified(&theirs.owner, &dns, DOMAIN).await;
    let pending = add(&ours.owner, "ours.example").await;
    let mut plain = world.serving.connect().await.expect("connected");
    let seen: Vec<(String,)> = sqlx::query_as("SELECT domain FROM directory.custom_domains").fetch_all(&mut plain).await.expect("read");
    assert_eq!(seen, [(DOMAIN.to_owned(),)], "without a tenant only what is public is seen");
    let insert = "INSERT INTO directory.custom_domains (id, tenant_id, domain, proof, status, verified_at)
                  VALUES (gen_random_uuid(), $1, 'forged.example', repeat('x', 43), $2, now())";
    for (tenant, status) in [(ours.id, "verified"), (theirs.id, "pending")] {
        let mut ctx = world.ctx(platform::TenantId(ours.id));
        let refused = sqlx::query(insert).bind(tenant).bind(status).execute(ctx.db().await.expect("a connection")).await;
        assert!(refused.expect_err("refused").to_string().contains("row-level security"), "{status}");
    }
    let mut ctx = world.ctx(platform::TenantId(ours.id));
    let update = sqlx::query("UPDATE directory.custom_domains SET status = 'verified', verified_at = now()");
    assert!(update.execute(ctx.db().await.expect("a connection")).await.expect_err("refused").to_string().contains("permission denied"));
    let mut ctx = world.ctx(platform::TenantId(ours.id));
    let gone = sqlx::query("DELETE FROM directory.custom_domains WHERE tenant_id = $1").bind(theirs.id);
    assert_eq!(gone.execute(ctx.db().await.expect("a connection")).await.expect("run").rows_affected(), 0);
    assert_eq!(pending["status"], "pending");
}

#[tokio::test]
async fn a_plan_bounds_the_domains() {
    let (world, _) = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (_, admin) = platform_admin(&world, "root@example.com").await;
    let plan = json!({ "name": "One", "price_minor": 0, "currency": "EUR", "interval": "month", "domain_limit": 1 });
    let plan = admin.post("/admin/plans", plan).await.expect(201).id();
    let path = format!("/admin/tenants/{}", tenant.id);
    let version = admin.get(&path).await.expect(200).json["subscription"]["version"].clone();
    admin.put(&format!("{path}/subscription"), Some(&version), json!({ "plan_id": plan, "status": "active" })).await.expect(200);
    let ask = async |name: &str| tenant.owner.post("/custom-domains", json!({ "domain": name })).await;
    let (one, two) = tokio::join!(ask("one.example"), ask("two.example"));
    let refused = if one.status.is_success() { two } else { one };
    assert_eq!(refused.expect(409).code(), "plan_limit");
    assert_eq!(tenant.owner.get("/tenant/subscription").await.expect(200).json["domains"], json!({ "used": 1, "limit": 1 }));
}
