//! The router: the API with its document, the public pages, the web app, and the layers around them.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Limited};
use platform::auth::Who;
use platform::error::REQUEST_ID;
use platform::idempotency::{self, Claim};
use platform::rate_limit::Limit;
use platform::{App, Problem, ctx::Origin};
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::Instrument;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::health::{self, Health};
use crate::{assets, hosts, registry, web_security};

/// Bodies of the API; files have their own limit.
const BODY_LIMIT: usize = 1024 * 1024;
/// A handler's time, above the role's statement limit of 5 s.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Between two pieces of a body; below the handler's time, so that who is slow is told so.
const BODY_TIME_LIMIT: Duration = Duration::from_secs(8);
/// Requests at work at a time; above, 503 at once. The pools queue for 2 s at most.
const IN_FLIGHT: usize = 512;

/// Everything that one listener serves.
pub fn router(health: Health) -> Router {
    let app = health.app.clone();
    let (api, document) = api_with_document();
    let document = document.to_json().unwrap_or_default();
    let api = api
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.")
        })
        .layer(middleware::from_fn(platform::lease::cover))
        .layer(middleware::from_fn(claim_idempotency_key))
        .layer(middleware::from_fn_with_state(app.clone(), forget_sessions));
    let routes = Router::new()
        .nest("/api/v1", api)
        .route("/api/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone())))
        .merge(identity::oauth::endpoints())
        .merge(identity::domains::http::certificates())
        .merge(messaging::hooks())
        .merge(scheduling::pages())
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(hosts::sites(app.clone()), hosts::serve_site));
    around(routes, health)
}

/// The routes within the layers that every request passes.
pub fn around(routes: Router<App>, health: Health) -> Router {
    let app = health.app.clone();
    let in_flight = std::sync::Arc::new(tokio::sync::Semaphore::new(IN_FLIGHT));
    routes
        .layer(tower_http::compression::CompressionLayer::new().compress_when(is_static))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(refuse_encoded))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIME_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), web_security::refuse_cross_site))
        .layer(middleware::from_fn_with_state(app.clone(), hosts::know_site))
        .layer(middleware::from_fn(time_limit))
        .layer(middleware::from_fn_with_state(in_flight, shed))
        .layer(middleware::from_fn_with_state(app.clone(), identify))
        .with_state(app.clone())
        .merge(health::probes(health))
        .layer(middleware::from_fn(answer_panics))
        .layer(middleware::from_fn_with_state(app.clone(), scheduling::show_refusals))
        .layer(middleware::from_fn_with_state(app, web_security::headers))
        .layer(middleware::from_fn(observe))
}

/// First parts of paths that take the person: an access token is refused there.
const IN_PERSON: [&str; 19] = [
    "access-tokens",
    "admin",
    "audit-exports",
    "instance",
    "mails",
    "me",
    "notification-preferences",
    "notification-readings",
    "notifications",
    "oauth-authorization-lookups",
    "oauth-authorizations",
    "oauth-consents",
    "oauth-device-authorizations",
    "oauth-device-lookups",
    "ownership-offer",
    "privacy",
    "session",
    "sessions",
    "tenants",
];

/// The API's routes and their document, in which every operation lists the refusals that its kind may give.
pub fn api_with_document() -> (Router<App>, OpenApi) {
    let (router, mut document) = registry::api().split_for_parts();
    let relative = std::mem::take(&mut document.paths.paths);
    document.paths.paths = relative.into_iter().map(|(path, item)| (format!("/api/v1{path}"), item)).collect();
    document.info.title = "Atrium".to_owned();
    document.info.version = "1".to_owned();
    document.info.description = Some("The API of Atrium. See docs/api.md for its conventions.".to_owned());
    document.info.license = None;
    document.info.contact = None;
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-atrium"))));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An access token")).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    for (path, item) in &mut document.paths.paths {
        let area = path.split('/').nth(3).unwrap_or_default();
        let operations = [
            ("get", &mut item.get, false),
            ("put", &mut item.put, true),
            ("post", &mut item.post, true),
            ("delete", &mut item.delete, true),
            ("patch", &mut item.patch, true),
        ];
        for (method, operation, changes) in operations {
            let Some(operation) = operation else { continue };
            // A function's name says enough in its module and too little in the document.
            let words = path.trim_start_matches("/api/v1/").replace(['{', '}'], "").replace(['/', '-'], "_");
            operation.operation_id = Some(format!("{method}_{words}"));
            if let Some(ways) = operation.security.as_mut().filter(|_| !IN_PERSON.contains(&area)) {
                ways.push(SecurityRequirement::new::<_, [&str; 0], &str>("token", []));
            }
            let takes_body = operation.request_body.is_some();
            let is_version = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(one) if one.name == "If-Match");
            let has_version = operation.parameters.iter().flatten().any(is_version);
            let refusals = [
                ("400", "Malformed", true),
                ("401", "Not signed in", operation.security.is_some()),
                ("403", "Not allowed", true),
                ("404", "Not there, or not yours", true),
                ("409", "Conflict", changes),
                ("412", "Changed in the meantime", has_version),
                ("413", "Body too large", takes_body),
                ("415", "Not JSON", takes_body),
                ("422", "Not valid", true),
                ("428", "If-Match is missing", has_version),
                ("429", "Too many requests", true),
                ("503", "Busy, or the outcome is unknown", true),
            ];
            for (status, description, _) in refusals.into_iter().filter(|(_, _, may)| *may) {
                let problem =
                    utoipa::openapi::ContentBuilder::new().schema(Some(utoipa::openapi::Ref::from_schema_name("Problem"))).build();
                let response = ResponseBuilder::new().description(description).content("application/problem+json", problem).build();
                operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
            }
        }
    }
    let problem = <Problem as utoipa::PartialSchema>::schema();
    let field_error = <platform::error::FieldError as utoipa::PartialSchema>::schema();
    components_of(&mut document).insert("Problem".to_owned(), problem);
    components_of(&mut document).insert("FieldError".to_owned(), field_error);
    (router, document)
}

fn components_of(document: &mut OpenApi) -> &mut std::collections::BTreeMap<String, RefOr<utoipa::openapi::Schema>> {
    &mut document.components.get_or_insert_default().schemas
}

/// For the routers of modules that are mounted beside the API.
pub type Api = OpenApiRouter<App>;

/// Static files are compressed; answers are not, since they mix secrets with what a caller chose (BREACH).
fn is_static(_: StatusCode, _: axum::http::Version, headers: &axum::http::HeaderMap, _: &axum::http::Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/javascript") || kind.starts_with("text/css") || kind.starts_with("image/svg")
}

/// A change by somebody who is signed in, or who signs in or out by it, may change what sessions may do. Public pages know no sessions.
async fn forget_sessions(State(app): State<App>, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe() && !request.uri().path().starts_with("/b/");
    let has_credential = [header::COOKIE, header::AUTHORIZATION].iter().any(|name| request.headers().contains_key(name));
    let response = next.run(request).await;
    if changes && (has_credential || response.headers().contains_key(header::SET_COOKIE)) {
        app.sessions.forget();
    }
    response
}

/// An answer where a handler panicked, below the layer that sets the headers of every answer.
async fn answer_panics(request: Request, next: Next) -> Response {
    match std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a handler panicked");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side. It has been logged under the request id.",
            )
            .into_response()
        }
    }
}

/// Request id, log line and metrics.
async fn observe(mut request: Request, next: Next) -> Response {
    let id = platform::id::new();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id));
    let span = tracing::info_span!("request", %id, %method, route);
    let started = Instant::now();
    let mut response = REQUEST_ID.scope(id, next.run(request).instrument(span.clone())).await;
    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    let _in = span.enter();
    tracing::debug!(status, seconds, "answered");
    metrics::counter!("atrium_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("atrium_request_seconds", "route" => route).record(seconds);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

#[derive(Clone, Copy)]
pub struct RequestId(uuid::Uuid);

/// Whose address it is, as far as trusted proxies tell, and whether it has asked too much.
async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let ip = client_address(peer, &request, &app.config.trusted_proxies);
    let who = Who::default();
    request.extensions_mut().insert(who.clone());
    let response = match app.limits.check_address(Limit::Address, ip) {
        Ok(()) => next.run(identified(request, ip)).await,
        Err(refused) => refused.into_response(),
    };
    if let Some(refused) = response.extensions().get::<Problem>() {
        note_refusal(&app, ip, &who, refused);
    }
    response
}

fn identified(mut request: Request, ip: Option<IpAddr>) -> Request {
    let user_agent =
        request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(|agent| agent.chars().take(400).collect());
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0);
    request.extensions_mut().insert(Origin { ip, user_agent, request_id });
    request
}

/// One line for each time that somebody who is known was not allowed (ASVS 5.0, 16.3.2). What nobody was signed in for, and
/// limits that were hit (16.3.3), one a minute by kind and network: whoever asks in vain is not to fill the log.
fn note_refusal(app: &App, ip: Option<IpAddr>, who: &Who, refused: &Problem) {
    let (code, permission) = (refused.code.as_ref(), refused.extensions.get("permission").and_then(serde_json::Value::as_str));
    match (refused.status, who.known()) {
        (403, Some((user, tenant))) => {
            let tenant = tenant.map(|tenant| tenant.0.to_string());
            tracing::info!(%user, tenant, code, permission, "not allowed");
        }
        (403 | 429, known) => {
            let network = ip.map(platform::rate_limit::prefix).unwrap_or_default();
            if app.limits.check(Limit::Noted, &format!("{code} {network}")).is_ok() {
                let user = known.map(|(user, _)| user.to_string());
                tracing::info!(code, network, user, "refused; more of the kind from there in this minute are not written");
            }
        }
        _ => {}
    }
}

/// The last address in `X-Forwarded-For` that no trusted proxy added; the peer's own where it is no trusted proxy.
fn client_address(peer: Option<IpAddr>, request: &Request, trusted: &[platform::ipnet::IpNet]) -> Option<IpAddr> {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let peer = peer?;
    if !is_trusted(&peer) {
        return Some(peer);
    }
    let forwarded =
        request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let hops: Vec<IpAddr> = forwarded.map_while(|hop| hop.trim().parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()).collect();
    Some(hops.iter().rev().find(|ip| !is_trusted(ip)).copied().unwrap_or(peer))
}

/// Above so many requests at work, the next is refused at once rather than queued.
async fn shed(State(places): State<std::sync::Arc<tokio::sync::Semaphore>>, request: Request, next: Next) -> Response {
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Problem::overloaded().into_response(),
    }
}

/// Uploads stream: they have limits of their own for time and size, and claim their key by what was uploaded.
fn is_upload(request: &Request) -> bool {
    // Below the nested router the prefix is gone.
    request.method() == Method::POST && matches!(request.uri().path(), "/api/v1/files" | "/files")
}

async fn time_limit(request: Request, next: Next) -> Response {
    if is_upload(&request) {
        return next.run(request).await;
    }
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a request took too long");
            Problem::overloaded().into_response()
        }
    }
}

/// No compressed bodies: a small one can unfold to gigabytes, and nobody needs it here.
async fn refuse_encoded(request: Request, next: Next) -> Response {
    let encoded = request.headers().get_all(header::CONTENT_ENCODING).iter().any(|encoding| encoding != "identity");
    if encoded {
        return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the body without Content-Encoding.")
            .into_response();
    }
    next.run(request).await
}

/// Reads the body of a POST that carries an Idempotency-Key, so that the claim knows what was asked.
async fn claim_idempotency_key(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || is_upload(&request) {
        return next.run(request).await;
    }
    let key = match idempotency::key_of(request.headers()) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let (mut parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        return Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than this address takes, or did not arrive whole.",
        )
        .into_response();
    };
    let body = body.to_bytes();
    let route = parts.uri.path().to_owned();
    let request_hash = platform::crypto::sha256(&body);
    parts.extensions.insert(Claim { route, key, request_hash, actor: "-".to_owned() });
    next.run(Request::from_parts(parts, Body::from(body))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let trusted = ["10.0.0.0/8".parse().expect("a network"), "127.0.0.1/32".parse().expect("a network")];
        let request = request.body(Body::empty()).expect("a request");
        client_address(Some(peer.parse().expect("an address")), &request, &trusted).expect("an address").to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.7"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["rubbish"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["10.0.0.2, 10.0.0.3"]), "10.0.0.1");
        assert_eq!(seen("127.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }
}
