//! Files over HTTP: what is uploaded comes back, to those who may have it, and goes when it is deleted.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use platform::auth::{Authenticator, Scope, Session};
use platform::files::DeleteFile;
use platform::jobs::When;
use platform::state::Parts;
use platform::{App, TenantId};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use crate::world::{World, some_id};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and the rest";

/// Everybody is this member.
struct Everybody(Session);

impl Authenticator for Everybody {
    fn authenticate<'a>(&'a self, _: &'a App, _: &'a RequestParts) -> BoxFuture<'a, platform::Result<Option<Session>>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }
}

/// A member of a tenant, and the routes of files as he or she reaches them.
struct Member {
    app: App,
    tenant: TenantId,
    routes: Router,
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }
}

impl Member {
    fn new(world: &World, tenant: TenantId, permissions: &[(&str, Scope)]) -> Self {
        let session = Session {
            id: some_id(),
            user_id: some_id(),
            name: "Ana".to_owned(),
            email: "ana@example.com".to_owned(),
            locale: "en".to_owned(),
            timezone: "UTC".to_owned(),
            is_platform_admin: false,
            tenant: Some(tenant),
            permissions: permissions.iter().map(|(name, scope)| ((*name).to_owned(), *scope)).collect(),
            expires_at: world.now().plus_seconds(3600),
            factors: Vec::new(),
            verified_at: world.now(),
            gate: Default::default(),
            token: None,
            is_read_only: false,
            lease: None,
        };
        let app = App::new(Parts { authenticator: Arc::new(Everybody(session)), ..(*world.app).clone() });
        let routes = platform::files::api().split_for_parts().0.with_state(app.clone());
        Self { app, tenant, routes }
    }

    /// One who may do everything with files.
    fn of(world: &World, tenant: TenantId) -> Self {
        Self::new(world, tenant, &[("files:read", Scope::All), ("files:write", Scope::All)])
    }

    async fn send(&self, request: Request<Body>) -> Answered {
        let answer = self.routes.clone().oneshot(request).await.expect("answered");
        let (parts, body) = answer.into_parts();
        Answered { status: parts.status, headers: parts.headers, body: body.collect().await.expect("a body").to_bytes() }
    }

    async fn ask(&self, method: Method, id: Uuid) -> Answered {
        self.send(Request::builder().method(method).uri(format!("/files/{id}")).body(Body::empty()).expect("a request")).await
    }

    async fn upload(&self, name: &str, kind: &str, content: &[u8], key: Option<&str>) -> Answered {
        // As browsers do, another boundary each time.
        let boundary = some_id().simple().to_string();
        let start =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n");
        let form = [start.as_bytes(), content, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
        let mut request = Request::post("/files").header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(form.into()).expect("a request")).await
    }

    async fn uploaded(&self, name: &str, kind: &str, content: &[u8]) -> Uuid {
        let answer = self.upload(name, kind, content, None).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{:?}", answer.body);
        id_of(&answer)
    }

    async fn is_stored(&self, id: Uuid) -> bool {
        self.app.files.read(&format!("{}/{id}", self.tenant.0)).await.is_ok()
    }
}

fn id_of(answer: &Answered) -> Uuid {
    answer.json()["id"].as_str().expect("an id").parse().expect("an id")
}

async fn count(world: &World, sql: &'static str, tenant: TenantId) -> i64 {
    sqlx::query_scalar(sql).bind(tenant.0).fetch_one(&mut world.as_owner().await).await.expect("counted")
}

#[tokio::test]
async fn a_file_comes_back_and_goes_when_it_is_deleted() {
    let world = World::new().await;
    let ana = Member::of(&world, world.tenant().0);
    let answer = ana.upload("list ção.csv", "text/csv", b"a,b\n1,2\n", None).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let file = answer.json();
    assert_eq!((&file["name"], &file["content_type"], &file["size"]), (&"list ção.csv".into(), &"text/csv".into(), &8.into()));
    let id = id_of(&answer);

    let back = ana.ask(Method::GET, id).await;
    assert_eq!((back.status, &back.body[..]), (StatusCode::OK, &b"a,b\n1,2\n"[..]));
    assert_eq!(back.header("content-type"), "text/csv");
    assert_eq!(back.header("content-length"), "8");
    assert_eq!(back.header("content-disposition"), "attachment; filename=\"list __o.csv\"; filename*=UTF-8''list%20%C3%A7%C3%A3o.csv");
    assert_eq!(back.header("x-content-type-options"), "nosniff");
    assert!(back.header("content-security-policy").starts_with("sandbox;"));

    assert_eq!(ana.ask(Method::DELETE, id).await.status, StatusCode::NO_CONTENT);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(ana.ask(method, id).await.status, StatusCode::NOT_FOUND);
    }
    assert!(ana.is_stored(id).await, "the job has not run");
    world.settle().await;
    assert!(!ana.is_stored(id).await);
    let kinds = "SELECT count(*) FROM platform.events WHERE tenant_id = $1 AND kind IN ('file.created', 'file.deleted') AND dispatched_at IS NOT NULL";
    assert_eq!(count(&world, kinds, ana.tenant).await, 2);
    let trail = "SELECT count(*) FROM platform.audit_events WHERE tenant_id = $1 AND action IN ('file.created', 'file.deleted') AND actor_id IS NOT NULL";
    assert_eq!(count(&world, trail, ana.tenant).await, 2);
}

#[tokio::test]
async fn only_pictures_are_shown_in_place() {
    let world = World::new().await;
    let ana = Member::of(&world, world.tenant().0);
    for (name, claimed, content, kind, shown) in [
        ("a.png", "application/octet-stream", PNG, "image/png", "inline"),
        ("a.html", "text/html", &b"<script>alert(1)</script>"[..], "application/octet-stream", "attachment"),
        ("a.svg", "image/svg+xml", b"<svg onload=\"alert(1)\"/>", "application/octet-stream", "attachment"),
        ("a.png", "image/png", b"<svg onload=\"alert(1)\"/>", "application/octet-stream", "attachment"),
        ("a.pdf", "application/pdf", b"%PDF-1.7", "application/pdf", "attachment"),
    ] {
        let id = ana.uploaded(name, claimed, content).await;
        let back = ana.ask(Method::GET, id).await;
        assert_eq!(
            (back.header("content-type"), back.header("content-disposition").split(';').next()),
            (kind, Some(shown)),
            "{name} {claimed}"
        );
        assert_eq!(&back.body[..], content);
    }
}

#[tokio::test]
async fn a_large_file_is_streamed_and_one_too_large_leaves_nothing() {
    let world = World::new().await;
    let ana = Member::of(&world, world.tenant().0);
    let content: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 249) as u8).collect();
    let id = ana.uploaded("large.bin", "application/octet-stream", &content).await;
    assert!(ana.ask(Method::GET, id).await.body == content);
    let refused = ana.upload("larger.bin", "application/octet-stream", &vec![0; 25 * 1024 * 1024 + 1], None).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &"body_too_large".into()));
    let empty = ana.upload("empty.bin", "application/octet-stream", b"", None).await;
    assert_eq!((empty.status, &empty.json()["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &"file".into()));
    let json = Request::post("/files").header(header::CONTENT_TYPE, "application/json").body("{}".into()).expect("a request");
    assert_eq!(ana.send(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(count(&world, "SELECT count(*) FROM platform.files WHERE tenant_id = $1", ana.tenant).await, 1);
    let waiting = "SELECT count(*) FROM graphile_worker._private_jobs WHERE payload ->> 'tenant_id' = $1::text";
    assert_eq!(count(&world, waiting, ana.tenant).await, 0, "a refused upload enqueues nothing, a recorded one needs nothing");
}

#[tokio::test]
async fn files_of_others_are_not_found() {
    let world = World::new().await;
    let ((here, _), (there, _)) = (world.tenant(), world.tenant());
    let ana = Member::of(&world, here);
    let id = ana.uploaded("a.txt", "text/plain", b"a").await;
    let own = Member::new(&world, here, &[("files:read", Scope::Own), ("files:write", Scope::Own)]);
    for stranger in [Member::of(&world, there), own] {
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(stranger.ask(method, id).await.status, StatusCode::NOT_FOUND);
        }
        let mine = stranger.uploaded("b.txt", "text/plain", b"b").await;
        assert_eq!(stranger.ask(Method::GET, mine).await.status, StatusCode::OK);
        assert_eq!(stranger.ask(Method::DELETE, mine).await.status, StatusCode::NO_CONTENT);
    }
    let reader = Member::new(&world, here, &[("files:read", Scope::All)]);
    assert_eq!(reader.upload("c.txt", "text/plain", b"c", None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.ask(Method::DELETE, id).await.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.ask(Method::GET, id).await.status, StatusCode::OK);
    assert_eq!(Member::new(&world, here, &[]).ask(Method::GET, id).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_same_key_and_file_are_one_upload() {
    let world = World::new().await;
    let ana = Member::of(&world, world.tenant().0);
    let first = ana.upload("a.txt", "text/plain", b"a", Some("key-1")).await;
    let again = ana.upload("a.txt", "text/plain", b"a", Some("key-1")).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    for (name, content) in [("a.txt", &b"b"[..]), ("b.txt", b"a")] {
        let other = ana.upload(name, "text/plain", content, Some("key-1")).await;
        assert_eq!((other.status, &other.json()["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"idempotency_mismatch".into()));
    }
    assert_eq!(count(&world, "SELECT count(*) FROM platform.files WHERE tenant_id = $1", ana.tenant).await, 1);
    world.advance_minutes(61);
    world.settle().await;
    assert!(ana.is_stored(id_of(&first)).await);
    assert_eq!(
        count(&world, "SELECT count(*) FROM graphile_worker._private_jobs WHERE payload ->> 'tenant_id' = $1::text", ana.tenant).await,
        0
    );
}

#[tokio::test]
async fn bytes_without_a_row_go_and_those_with_one_stay() {
    let world = World::new().await;
    let ana = Member::of(&world, world.tenant().0);
    let kept = ana.uploaded("a.txt", "text/plain", b"a").await;
    let orphan = some_id();
    let mut upload = ana.app.files.upload(&format!("{}/{orphan}", ana.tenant.0)).expect("a place");
    upload.write(b"x").await.expect("written");
    upload.finish().await.expect("finished");
    let mut ctx = world.ctx(ana.tenant);
    for file_id in [kept, orphan] {
        ctx.enqueue(&DeleteFile { file_id }, When::default()).expect("enqueued");
    }
    ctx.commit().await.expect("committed");
    world.settle().await;
    assert_eq!((ana.is_stored(kept).await, ana.is_stored(orphan).await), (true, false));
}
