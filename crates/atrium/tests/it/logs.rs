//! The log of the program, as whoever hosts it collects it: what must not stand in it, and what must.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};

use crate::bookings::mails_to;
use crate::client::{Client, Tenant, booking};
use crate::host::{Host, token_in, until_so};
use crate::identity::identities::begin;
use crate::identity::identities::company::{CLIENT, Company, SECRET};
use crate::identity::oauth::dpop::Key;
use crate::identity::oauth::{self, CALLBACK, VERIFIER, text};
use crate::identity::second_factors::Phone;
use crate::identity::{PASSWORD, role_id};
use crate::program::{free_port, status};
use crate::world::World;

/// A server whose every line is kept.
struct Logged {
    host: Host,
    url: String,
    file: std::path::PathBuf,
    child: tokio::process::Child,
}

impl Logged {
    async fn start(world: &World, level: &str) -> Self {
        Self::start_with(world, level, &[]).await
    }

    async fn start_with(world: &World, level: &str, more: &[&str]) -> Self {
        let host = Host::beside(world);
        let port = free_port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let file = host.folder.path().join("log");
        let mut arguments = vec!["serve", "--listen", &listen, "--public-url", &url, "--log", level, "--rate-limit-factor", "1000"];
        arguments.extend(more);
        let mut command = host.command(&arguments);
        command.stderr(Stdio::from(std::fs::File::create(&file).expect("a file")));
        let child = command.spawn().expect("starts");
        let logged = Self { host, url, file, child };
        until_so("the server is ready", async || status(&logged.url, "/readyz").await == Some(200)).await;
        logged
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.file).expect("the log")
    }

    async fn end(mut self) -> String {
        crate::program::signal(&self.child, rustix::process::Signal::TERM);
        assert!(crate::program::ended(&mut self.child).await.success());
        self.log()
    }

    /// The token of the link in the newest mail of that kind.
    async fn link(&self, world: &World, to: &str, kind: &str) -> String {
        let newest = async || mails_to(world, to).await.into_iter().rev().find(|(mail, _)| mail.kind == kind);
        until_so("the mail is written", async || newest().await.is_some()).await;
        let (mail, _) = newest().await.expect("a mail");
        mail.text.split_once("token=").expect("a link").1.chars().take(43).collect()
    }
}

/// With everything written down that there is to write.
const ALL: &str = "debug,atrium=trace,identity=trace,platform=trace,scheduling=trace,contacts=trace";

/// That none of it stands there, in no form in which it came or went.
#[track_caller]
fn assert_unlogged(log: &str, secrets: &[(&str, String)]) {
    assert!(log.lines().count() > 200, "{} lines are not all there is to write", log.lines().count());
    for (what, secret) in secrets {
        // As it came, without its kind, in hex, as a form writes it, and as the hash by which it is found.
        let bare = if secret.starts_with("atrium_") { &secret["atrium_xxx_".len()..] } else { secret };
        let hash = platform::crypto::sha256(secret.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let encoded: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [secret.as_str(), bare, &hex, &encoded, &secret.replace(' ', "+"), &secret.replace(' ', "%20")] {
            let line = log.lines().find(|line| line.contains(form));
            assert!(line.is_none(), "{what} stands in the log: {}", line.unwrap_or_default());
        }
    }
}

/// Through sign-up, sign-in, reset, second factors, tokens, OAuth, invitations and bookings, with everything written down that
/// there is to write: none of what was secret stands in the log, in no form in which it came or went.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_stands_in_the_log() {
    let world = World::new().await;
    let server = Logged::start(&world, ALL).await;
    let visitor = Client::at(&server.url);
    let mut secrets: Vec<(&str, String)> = vec![("password", PASSWORD.to_owned())];
    let mut keep = |what: &'static str, secret: &str| {
        assert!(secret.len() >= 6, "{what}: {secret}");
        secrets.push((what, secret.to_owned()));
        secret.to_owned()
    };
    let cookie_of = |client: &Client| client.cookies().as_deref().and_then(|cookie| cookie.split_once('=')).expect("a cookie").1.to_owned();

    // Signed up, confirmed, signed in with the right password and with wrong ones.
    visitor.post("/registrations", crate::identity::registration("ana@example.com")).await.expect(202);
    let link = keep("link of a sign-up", &server.link(&world, "ana@example.com", "email_verification").await);
    let mut ana = visitor.clone();
    let verified = ana.post("/email-verifications", json!({ "token": link, "password": PASSWORD })).await.expect(201);
    ana.keep_cookie(&verified);
    keep("session", &cookie_of(&ana));
    let wrong = keep("wrong password", "a wrong password of ana");
    visitor.post("/sessions", json!({ "email": "ana@example.com", "password": wrong })).await.expect(401);
    let typed = keep("password in the field of the address", "my-secret-password");
    visitor.post("/sessions", json!({ "email": typed, "password": wrong })).await.expect(401);
    visitor.post("/sessions", json!({ "email": "ana@example.com", "passwort": wrong })).await.expect(422);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

    // Forgotten, and set anew.
    visitor.post("/password-resets", json!({ "email": "ana@example.com" })).await.expect(202);
    let link = keep("link of a reset", &server.link(&world, "ana@example.com", "password_reset").await);
    let next = keep("next password", "another fine password");
    visitor.put("/password-resets", None, json!({ "token": link, "password": next })).await.expect(204);
    let entered = visitor.post("/sessions", json!({ "email": "ana@example.com", "password": next, "remember": true })).await.expect(201);
    ana.keep_cookie(&entered);
    keep("session after the reset", &cookie_of(&ana));
    for cookie in entered.headers.get_all("set-cookie") {
        keep("cookie", cookie.to_str().expect("ascii").split_once('=').expect("a value").1.split(';').next().expect("a value"));
    }
    let tenant = Tenant::of(ana.clone(), "studio").await;

    // A token of one's own: made, used, shown wrongly, sent in an address by mistake.
    let token = ana.post("/access-tokens", json!({ "name": "Script", "scopes": ["contacts:read"] })).await.expect(201);
    let token = keep("access token", token.json["token"].as_str().expect("a token"));
    let bearer = format!("Bearer {token}");
    visitor.send(Method::GET, "/contacts", &[("authorization", &bearer)], None).await.expect(200);
    visitor.send(Method::GET, "/audit-events", &[("authorization", &bearer)], None).await.expect(403);
    visitor.send(Method::GET, "/contacts", &[("authorization", &format!("{bearer}x"))], None).await.expect(401);
    visitor.get(&format!("/contacts?access_token={token}")).await.expect(401);

    // An app: secret, code, verifier, access and refresh token, ID token, introspection, revocation.
    let made = ana.post("/oauth-clients", oauth::registration(json!({}))).await.expect(201);
    let client_id = text(&made.json, "client_id");
    let secret = keep("secret of an app", &text(&made.json, "client_secret"));
    let app = oauth::App { id: made.id(), client_id: client_id.clone(), secret: Some(secret.clone()) };
    keep("verifier", VERIFIER);
    let code = keep("code", &app.code(&ana, &tenant, &[]).await);
    let at = async |path: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("client_id", client_id.as_str()), ("client_secret", secret.as_str())];
        all.extend_from_slice(fields);
        visitor.form(path, &[], &all).await
    };
    let redeem = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    let issued = at("/oauth/token", &redeem).await.expect(200).json;
    let access = keep("access token of an app", &text(&issued, "access_token"));
    let refresh = keep("refresh token", &text(&issued, "refresh_token"));
    let id_token = keep("ID token", &text(&issued, "id_token"));
    visitor.send(Method::GET, "/oauth/userinfo", &[("authorization", &format!("Bearer {access}"))], None).await.expect(200);
    at("/oauth/introspect", &[("token", &access)]).await.expect(200);
    let refreshed = at("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await.expect(200).json;
    let second = keep("second refresh token", &text(&refreshed, "refresh_token"));
    keep("second access token", &text(&refreshed, "access_token"));
    at("/oauth/token", &redeem).await.expect(400);
    at("/oauth/revoke", &[("token", &second)]).await.expect(200);
    visitor.get(&format!("/oauth/logout?id_token_hint={id_token}")).await.expect(303);

    // Somebody is invited, and a visitor books.
    let viewer = role_id(&tenant, "viewer").await;
    ana.post("/invitations", json!({ "email": "bo@example.com", "role_id": viewer })).await.expect(201);
    let link = keep("link of an invitation", &server.link(&world, "bo@example.com", "invitation").await);
    visitor.post("/invitation-lookups", json!({ "token": link })).await.expect(200);
    let (page, _) = tenant.organizer().await;
    let day = platform::time::Clock::system().now().plus_seconds(7 * 24 * 3600);
    let slots = format!("/public/organizers/{page}/event-types/intro/slots?from={day}&to={}", day.plus_seconds(4 * 24 * 3600));
    let start = visitor.get(&slots).await.expect(200);
    let start = start
        .json
        .pointer("/items/0/start")
        .or(start.json.pointer("/slots/0/start"))
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{}", start.text))
        .to_owned();
    let booked = visitor
        .post(&format!("/public/organizers/{page}/event-types/intro/bookings"), booking(&start, "vera@example.com"))
        .await
        .expect(201);
    let manage = keep("link of a booking", booked.json["manage_url"].as_str().expect("a link").rsplit('/').next().expect("a token"));
    visitor.get(&format!("/public/bookings/{manage}")).await.expect(200);
    visitor.get(&format!("/b/m/{manage}")).await.expect(200);

    // A second factor: its secret, a code, recovery codes, the step between.
    world.clock.set(platform::time::Clock::system().now());
    let enrolment = ana.post("/me/totp", json!({})).await.expect(201).json;
    let phone = Phone::of(&keep("secret of an authenticator app", &text(&enrolment, "secret")));
    let done = ana.post("/me/totp/confirmation", json!({ "code": phone.code(&world, 0) })).await.expect(200).json;
    for code in done["recovery_codes"].as_array().expect("codes") {
        keep("recovery code", code.as_str().expect("a code"));
    }
    let due = visitor.post("/sessions", json!({ "email": "ana@example.com", "password": next })).await.expect(202).json;
    let waiting = keep("token between two steps", &text(&due, "token"));
    let proof = json!({ "method": "recovery_code", "code": done["recovery_codes"][0] });
    visitor.post("/sessions/second-factor", json!({ "token": waiting, "proof": proof })).await.expect(201);
    let third = keep("password that was changed to", "a third and last password");
    ana.put("/me/password", None, json!({ "current_password": next, "new_password": third })).await.expect(204);
    // What a command prints goes to whoever called it.
    let said = server.host.does(&["user", "create", "bob@example.com", "--name", "Bob"]).await;
    keep("link of the command line", &token_in(&said));
    until_so("jobs have run", async || server.log().contains("SendPasswordReset") || server.log().contains("mail")).await;

    assert_unlogged(&server.end().await, &secrets);
}

/// The same for what other companies, mails, passkeys, devices, apps and mail servers are given or give.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_of_providers_links_devices_and_apps_stands_in_the_log() {
    let world = World::new().await;
    world.clock.set(platform::time::Clock::system().now());
    let company = Company::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("providers.json");
    let known = json!([{ "key": "acme", "name": "Acme", "issuer": company.issuer, "client_id": CLIENT, "client_secret": SECRET }]);
    std::fs::write(&file, known.to_string()).expect("written");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
    let more = ["--mail-links", "--private-services", "--private-mail-servers", "--providers", file.to_str().expect("text")];
    let server = Logged::start_with(&world, ALL, &more).await;
    let visitor = Client::at(&server.url);
    let email = "acme@example.com";
    let password = crate::client::new_user(&world, email, "Ana", Some("Acme"), false).await;
    let owner = visitor.clone().signed_in(email, password).await;
    let tenant = Tenant::of(owner.clone(), "acme").await;
    let mut secrets: Vec<(&str, String)> = vec![("secret that a provider gave", SECRET.to_owned())];
    let mut keep = |what: &'static str, secret: &str| {
        assert!(secret.len() >= 6, "{what}: {secret}");
        secrets.push((what, secret.to_owned()));
        secret.to_owned()
    };

    // Another company: what is bound to the browser, what came back, with a wrong answer first, and who is unknown here.
    let (browser, url) = begin(&visitor, "sign_in").await;
    let (code, state) = company.authorize(&world, &url, &json!({}));
    let (code, state) = (keep("code of a provider", &code), keep("state", &state));
    keep("cookie of a way to a provider", browser.cookie.as_deref().and_then(|cookie| cookie.split_once('=')).expect("a cookie").1);
    browser.post("/sessions/provider", json!({ "provider": "acme", "code": code, "state": "forged-state" })).await.expect(401);
    let unknown = browser.post("/sessions/provider", json!({ "provider": "acme", "code": code, "state": state })).await.expect(200).json;
    keep("token of an unknown identity", &text(&unknown["identity"], "token"));
    visitor.get(&format!("/sign-in-options?code={code}&state={state}")).await.expect(200);

    // A mailed link with its code.
    let asked = visitor.post("/sessions/mail-link/requests", json!({ "email": email })).await.expect(202);
    let shown = keep("code of a mailed link", &text(&asked.json, "code"));
    let link = keep("mailed link", &server.link(&world, email, "sign_in_link").await);
    visitor.post("/sessions/mail-link", json!({ "token": link, "code": "WRNG-CODE" })).await.expect(401);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    visitor.post("/sessions/mail-link", json!({ "token": link, "code": shown })).await.expect(201);

    // Passkeys: the waiting registration and sign-in, and what is signed.
    let options = owner.post("/me/passkeys/options", Value::Null).await.json;
    keep("token of a passkey's registration", &text(&options, "token"));
    let options = visitor.post("/sessions/passkey/options", Value::Null).await.expect(200).json;
    let token = keep("token of a sign-in by passkey", &text(&options, "token"));
    let signature = keep("signature of a passkey", "c2lnbmF0dXJlLW9mLWEtcGFzc2tleQ");
    let credential = json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "extensions": {},
                             "response": { "authenticatorData": "AAAA", "clientDataJSON": "AAAA", "signature": signature, "userHandle": "AAAA" } });
    let answer = visitor.post("/sessions/passkey", json!({ "token": token, "credential": credential })).await;
    assert!(matches!(answer.status.as_u16(), 401 | 422), "{}", answer.text);

    // A device with its two codes.
    let native = json!({ "kind": "native", "grant_types": ["device_code", "refresh_token"], "redirect_uris": [] });
    let television = oauth::registered(&owner, native).await;
    let begun = visitor
        .form("/oauth/device_authorization", &[], &[("client_id", &television.client_id), ("scope", "openid contacts:read")])
        .await
        .expect(200)
        .json;
    let (device, user) = (keep("code of a device", &text(&begun, "device_code")), keep("code of its person", &text(&begun, "user_code")));
    owner.post("/oauth-device-lookups", json!({ "user_code": user })).await.expect(200);
    let yes = json!({ "request": user, "allowed": true, "tenant_id": tenant.id });
    owner.post("/oauth-device-authorizations", yes).await.expect(204);
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [("client_id", television.client_id.as_str()), ("grant_type", grant), ("device_code", device.as_str())];
    let issued = visitor.form("/oauth/token", &[], &fields).await.expect(200).json;
    keep("token of a device", &text(&issued, "access_token"));

    // An app with a key in place of a secret, a proof with each call, and a request that is pushed.
    let key = Key::new();
    let changes = json!({ "authentication": "private_key_jwt", "jwks": { "keys": [key.public()] },
                          "grant_types": ["authorization_code", "client_credentials"] });
    let app = oauth::registered(&owner, changes).await;
    let now = world.now().as_second();
    let assertion = |jti: &str| {
        let claims = json!({ "iss": app.client_id, "sub": app.client_id, "aud": server.url, "exp": now + 60, "jti": jti });
        key.sign(&json!({ "alg": "ES256" }), &claims)
    };
    let proof = |path: &str| {
        let claims = json!({ "jti": platform::id::new(), "htm": "POST", "htu": format!("{}{path}", server.url), "iat": now,
                             "nonce": identity::oauth::dpop::nonce(&world.app) });
        key.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public() }), &claims)
    };
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let (first, shown) = (keep("client assertion", &assertion("one")), keep("DPoP proof", &proof("/oauth/token")));
    let fields = [("grant_type", "client_credentials"), kind, ("client_assertion", first.as_str())];
    let issued = visitor.form("/oauth/token", &[("dpop", &shown)], &fields).await.expect(200).json;
    keep("bound token", &text(&issued, "access_token"));
    visitor.form("/oauth/token", &[("dpop", &shown)], &fields).await.expect(401);
    let second = keep("second client assertion", &assertion("two"));
    let fields = [
        kind,
        ("client_assertion", second.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "contacts:read"),
        ("code_challenge", oauth::CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let pushed = text(&visitor.form("/oauth/par", &[], &fields).await.expect(201).json, "request_uri");
    let handle = keep("handle of a pushed request", pushed.rsplit(':').next().expect("its end"));
    let address = format!("/oauth/authorize?client_id={}&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A{handle}", app.client_id);
    owner.get(&address).await.expect(303);

    // The password of a workspace's mail server, that nobody answers at.
    let smtp = keep("password of a mail server", "hunter2-hunter2-hunter2");
    let port = crate::platform::smtp::closed_port().await;
    let settings = json!({ "host": "127.0.0.1", "port": port, "security": "none", "username": "mailer", "password": smtp,
                           "from_address": "hello@acme.example.com", "from_name": "Acme" });
    owner.put("/mail-settings", None, settings).await.expect(200);
    let viewer = role_id(&tenant, "viewer").await;
    owner.post("/invitations", json!({ "email": "bo@example.com", "role_id": viewer })).await.expect(201);
    keep("link of an invitation that was not sent", &server.link(&world, "bo@example.com", "invitation").await);
    until_so("a job has tried to send it", async || server.log().contains("SendMails")).await;
    assert_unlogged(&server.end().await, &secrets);
}

/// One line for who was not allowed, with who, where and what for; and a bounded number for what nobody was signed in for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_leave_a_line_and_floods_leave_one() {
    let world = World::new().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (guest, _) = tenant.member(&world, "guest").await;
    let password = crate::client::new_password(&world, "guest.acme@example.com").await;
    world.clock.set(platform::time::Clock::system().now());
    let host_level = "info,graphile_worker=warn,sqlx=warn";
    let server = Logged::start(&world, host_level).await;
    let client = Client::at(&server.url).signed_in("guest.acme@example.com", password).await;
    client.get("/audit-events").await.expect(403);
    client.get("/audit-events").await.expect(403);
    for _ in 0..50 {
        client.send(Method::POST, "/contacts", &[("origin", "https://evil.example")], Some(&json!({ "name": "x" }))).await.expect(403);
    }
    let log = server.end().await;
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let refused: Vec<&Value> = lines.iter().filter(|line| line["message"] == "not allowed").collect();
    assert_eq!(refused.len(), 2, "{log}");
    for line in refused {
        assert_eq!(
            (&line["user"], &line["code"], &line["permission"]),
            (&json!(guest), &json!("forbidden"), &json!("audit:read")),
            "{line}"
        );
        assert!(line["tenant"] == json!(tenant.id), "{line}");
        assert!(
            line["span"]["id"].is_string() && line["span"]["route"].as_str().is_some_and(|route| route.ends_with("/audit-events")),
            "{line}"
        );
    }
    let floods: Vec<&Value> = lines.iter().filter(|line| line["code"] == "cross_site").collect();
    assert_eq!(floods.len(), 1, "{log}");
    assert_eq!((&floods[0]["level"], &floods[0]["network"]), (&json!("INFO"), &json!("127.0.0.1")));
}
