//! The log of the program, as whoever hosts it collects it: what must not stand in it, and what must.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};

use crate::bookings::mails_to;
use crate::client::{Client, Tenant, booking};
use crate::host::{Host, token_in, until_so};
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
        let host = Host::beside(world);
        let port = free_port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let file = host.folder.path().join("log");
        let arguments = ["serve", "--listen", &listen, "--public-url", &url, "--log", level, "--rate-limit-factor", "1000"];
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

/// Through sign-up, sign-in, reset, second factors, tokens, OAuth, invitations and bookings, with everything written down that
/// there is to write: none of what was secret stands in the log, in no form in which it came or went.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_stands_in_the_log() {
    let world = World::new().await;
    let server = Logged::start(&world, "debug,atrium=trace,identity=trace,platform=trace,scheduling=trace,contacts=trace").await;
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

    let log = server.end().await;
    assert!(log.lines().count() > 200, "{} lines are not all there is to write", log.lines().count());
    for (what, secret) in &secrets {
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
