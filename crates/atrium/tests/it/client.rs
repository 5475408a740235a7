//! A caller of the API as tests use it.

use std::collections::HashMap;
use std::sync::Mutex;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::world::World;

/// Somebody with or without a session.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    pub cookie: Option<String>,
    renewed: Renewed,
}

/// Session cookies that answers to this browser replaced, as they do when factors change, each with its successor. A clone knows what
/// was replaced until then, and so goes on with what a copy of the cookie would hold.
#[derive(Default)]
struct Renewed(Mutex<HashMap<String, String>>);

impl Clone for Renewed {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().expect("whole").clone()))
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn id(&self) -> Uuid {
        self.json["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id in {}", self.text))
    }
}

impl Client {
    pub fn anonymous(world: &World) -> Self {
        Self::at(&world.url)
    }

    /// Of the program that serves there.
    pub fn at(url: &str) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "a test's own client, to this machine")]
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        // Without the root certificates of the system, which take longer to read than most tests.
        let http = builder.tls_certs_only([]).build().expect("a client");
        Self { base: url.to_owned(), http, cookie: None, renewed: Renewed::default() }
    }

    /// The cookies as the browser holds them now.
    pub fn cookies(&self) -> Option<String> {
        let renewed = self.renewed.0.lock().expect("whole");
        let now = |cookie: &str| {
            let mut cookie = cookie.to_owned();
            while let Some(next) = renewed.get(&cookie) {
                cookie.clone_from(next);
            }
            cookie
        };
        self.cookie.as_deref().map(|all| all.split("; ").map(now).collect::<Vec<_>>().join("; "))
    }

    /// Keeps the cookie that a change of one's own factors sets, as a browser does.
    fn keep_renewed(&self, path: &str, presented: Option<&str>, answer: &Answer) {
        let is_session = |cookie: &&str| cookie.starts_with("atrium_session=") || cookie.starts_with("__Host-atrium=");
        let set = answer.headers.get("set-cookie").and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
        let held = presented.and_then(|all| all.split("; ").find(is_session));
        if let (true, Some(held), Some(set)) = (path.starts_with("/api/v1/me/"), held, set.filter(is_session)) {
            self.renewed.0.lock().expect("whole").insert(held.to_owned(), set.to_owned());
        }
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let from_root = ["/b/", "/api/", "/livez", "/readyz", "/oauth/", "/.well-known/", "/tls/", "/index.html", "/favicon.svg"];
        // Operations begin with the name of the page too.
        let is_page = ["/", "/sign-in"].contains(&path);
        let path =
            if is_page || from_root.iter().any(|prefix| path.starts_with(prefix)) { path.to_owned() } else { format!("/api/v1{path}") };
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        let cookies = self.cookies();
        if let Some(cookies) = &cookies {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = Self::answer(request).await;
        self.keep_renewed(&path, cookies.as_deref(), &answer);
        answer
    }

    /// An answer whose body comes bit by bit.
    pub async fn open(&self, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.http.get(format!("{}/api/v1{path}", self.base));
        if let Some(cookies) = self.cookies() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, text, json }
    }

    /// A request whose body is not JSON, or not of the right kind.
    pub async fn raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header("content-type", content_type).body(body);
        if let Some(cookies) = self.cookies() {
            request = request.header("cookie", cookies);
        }
        Self::answer(request).await
    }

    /// A form, as OAuth's endpoints take them.
    pub async fn form(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request =
            self.http.post(format!("{}{path}", self.base)).header("content-type", "application/x-www-form-urlencoded").body(body);
        if let Some(cookies) = self.cookies() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Self::answer(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    pub async fn patch(&self, path: &str, version: &Value, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", &format!("\"{version}\""))], Some(&body)).await
    }

    pub async fn put(&self, path: &str, version: Option<&Value>, body: Value) -> Answer {
        let tag = version.map(|version| format!("\"{version}\""));
        let headers: Vec<(&str, &str)> = tag.iter().map(|tag| ("if-match", tag.as_str())).collect();
        self.send(Method::PUT, path, &headers, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[("if-match", "*")], None).await
    }

    /// Signs in and keeps the cookie.
    pub async fn sign_in(world: &World, email: &str, password: &str) -> Self {
        Self::anonymous(world).signed_in(email, password).await
    }

    pub async fn signed_in(mut self, email: &str, password: &str) -> Self {
        let answer = self.post("/sessions", json!({ "email": email, "password": password })).await.expect(201);
        self.keep_cookie(&answer);
        self
    }

    /// The same, with other cookies.
    pub fn with_cookie(&self, cookie: String) -> Self {
        Self { cookie: Some(cookie), ..self.clone() }
    }

    #[track_caller]
    pub fn keep_cookie(&mut self, answer: &Answer) {
        let cookie = answer.headers.get("set-cookie").and_then(|value| value.to_str().ok()).expect("a cookie");
        self.cookie = cookie.split(';').next().map(str::to_owned);
    }
}

/// What [`new_user`] and [`new_password`] set.
const PASSWORD: &str = "a password for the tests";

/// A user as the command line makes one, with a workspace where it is named; answers the password.
pub async fn new_user(world: &World, email: &str, name: &str, workspace: Option<&str>, is_admin: bool) -> &'static str {
    identity::admin::create_user(&world.app, email, name, workspace, is_admin).await.expect("a user");
    set_password(world, email).await
}

/// Signs somebody out everywhere, and answers a new password.
pub async fn new_password(world: &World, email: &str) -> &'static str {
    identity::admin::reset(&world.app, email, false).await.expect("a link");
    set_password(world, email).await
}

/// As the link would, without its mail.
async fn set_password(world: &World, email: &str) -> &'static str {
    let turn = identity::passwords::Turn::wait().await.expect("a turn");
    let hash = turn.hash(secrecy::SecretString::from(PASSWORD)).await.expect("hashed");
    let mut db: PgConnection = world.as_owner().await;
    let user: Uuid =
        sqlx::query_scalar("SELECT id FROM directory.users WHERE email = $1").bind(email).fetch_one(&mut db).await.expect("the user");
    identity::passwords::store::set(&mut db, user, &hash, true, world.now()).await.expect("set");
    PASSWORD
}

/// A tenant with its owner signed in.
pub struct Tenant {
    pub id: Uuid,
    pub owner: Client,
    pub owner_id: Uuid,
    pub name: String,
}

impl Tenant {
    /// Founds a tenant; the owner is `<name>@example.com`.
    pub async fn found(world: &World, name: &str) -> Self {
        let email = format!("{name}@example.com");
        let password = new_user(world, &email, &format!("{name} Owner"), Some(&format!("{name} Ltd")), false).await;
        Self::of(Client::sign_in(world, &email, password).await, name).await
    }

    /// Of an owner who is signed in.
    pub async fn of(owner: Client, name: &str) -> Self {
        let session = owner.get("/session").await.expect(200);
        let id = |pointer: &str| {
            session
                .json
                .pointer(pointer)
                .and_then(Value::as_str)
                .and_then(|id| id.parse().ok())
                .unwrap_or_else(|| panic!("{}", session.text))
        };
        Self { id: id("/tenant/id"), owner_id: id("/user/id"), owner, name: name.to_owned() }
    }

    /// A member in the given built-in role, signed in.
    pub async fn member(&self, world: &World, role: &str) -> (Uuid, Client) {
        let email = format!("{role}.{}@example.com", self.name);
        let password = new_user(world, &email, &format!("{role} Member"), None, false).await;
        let mut db: PgConnection = world.as_owner().await;
        let user: Uuid =
            sqlx::query_scalar("SELECT id FROM directory.users WHERE email = $1").bind(&email).fetch_one(&mut db).await.expect("the user");
        sqlx::query("INSERT INTO identity.members (tenant_id, user_id, display_name, email, joined_at) VALUES ($1, $2, $3, $4, now())")
            .bind(self.id)
            .bind(user)
            .bind(format!("{role} Member"))
            .bind(&email)
            .execute(&mut db)
            .await
            .expect("a member");
        sqlx::query("INSERT INTO identity.member_roles (tenant_id, user_id, role_id) SELECT tenant_id, $2, id FROM identity.roles WHERE tenant_id = $1 AND name = $3")
            .bind(self.id)
            .bind(user)
            .bind(role)
            .execute(&mut db)
            .await
            .expect("a role");
        (user, Client::sign_in(world, &email, password).await)
    }

    /// The owner as organizer with a page, an event type of 30 minutes without notice, and the slug of the page.
    pub async fn organizer(&self) -> (String, Answer) {
        let slug = format!("{}-page", self.name);
        let profile = json!({ "slug": slug, "display_name": format!("{} Owner", self.name), "timezone": "Europe/Amsterdam" });
        self.owner.put("/organizer", None, profile).await.expect(200);
        let event_type =
            json!({ "name": "Intro call", "slug": "intro", "duration_minutes": 30, "location_type": "phone", "minimum_notice_minutes": 0 });
        let event_type = self.owner.post("/event-types", event_type).await.expect(201);
        (slug, event_type)
    }
}

/// A visitor's booking.
pub fn booking(start: &str, email: &str) -> Value {
    json!({ "start": start, "name": "Vera Visitor", "email": email, "timezone": "America/Sao_Paulo", "locale": "en" })
}
