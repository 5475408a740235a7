//! Which host a request names: the instance's own, or a workspace's, at which its public pages stand and nothing else.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use platform::auth::Who;
use platform::ctx::Origin;
use platform::site::Site;
use platform::{App, Problem};
use tower::ServiceExt;

use crate::router::RequestId;
use crate::web_security::CSP_PAGE;

/// What stands at workspaces' own hosts.
pub fn sites(app: App) -> Router {
    scheduling::site().merge(identity::pictures::http::of_site()).with_state(app)
}

/// Notes the site as which a request came. Only the request itself says: no header that a proxy, or anybody, adds beside.
pub async fn know_site(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let host = match host(request.uri().authority(), request.headers()) {
        Ok(Some(host)) => host,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    match identity::domains::site_of(&app, &host).await {
        Ok(Some(site)) => {
            request.extensions_mut().insert(site);
        }
        Ok(None) => {}
        Err(error) => return error.into_response(),
    }
    next.run(request).await
}

/// The address's own host, as HTTP/2 sends it, or the header (RFC 9112, 3.2). None where an old client sends neither.
fn host(authority: Option<&Authority>, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let malformed = || Problem::new(StatusCode::BAD_REQUEST, "malformed_host", "The request does not say clearly which host it is for.");
    let mut sent = headers.get_all(header::HOST).iter();
    let (first, second) = (sent.next(), sent.next());
    if second.is_some() {
        return Err(malformed());
    }
    if let Some(authority) = authority {
        return Ok(Some(authority.as_str().to_owned()));
    }
    first.map(|host| host.to_str().map(str::to_owned).map_err(|_| malformed())).transpose()
}

/// Answers what came as a site by the sites' own router, which knows neither the app nor the API.
pub async fn serve_site(State(sites): State<Router>, request: Request, next: Next) -> Response {
    if request.extensions().get::<Site>().is_none() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // What the instance's router found in the path is not the site's.
    let found = std::mem::take(&mut parts.extensions);
    keep::<Site>(&found, &mut parts.extensions);
    keep::<Origin>(&found, &mut parts.extensions);
    keep::<Who>(&found, &mut parts.extensions);
    keep::<RequestId>(&found, &mut parts.extensions);
    let mut response = match sites.oneshot(Request::from_parts(parts, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP_PAGE));
    response
}

fn keep<T: Clone + Send + Sync + 'static>(from: &Extensions, to: &mut Extensions) {
    if let Some(one) = from.get::<T>() {
        to.insert(one.clone());
    }
}
