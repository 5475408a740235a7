//! The web app's files, built by npm and embedded in the binary.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use platform::Problem;
use rust_embed::RustEmbed;

use crate::web_security::csp_app;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Web;

/// Any path that is no API and no public page: a file of the web app, or its page, which routes by itself.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("b/") {
        return Problem::not_found().into_response();
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address can only be read.").into_response();
    }
    match Web::get(path) {
        Some(file) if path != "index.html" => {
            let mime = mime_guess::from_path(path).first_or_octet_stream();
            // Names of built files carry the hash of what is in them.
            let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
            let mut response = file.data.into_owned().into_response();
            if let Ok(value) = HeaderValue::from_str(mime.as_ref()) {
                response.headers_mut().insert(header::CONTENT_TYPE, value);
            }
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
            response
        }
        // Routes of the app have no dot in their last part; the file of an older build, or one that was never there, has.
        None if path.rsplit('/').next().is_some_and(|name| name.contains('.')) => Problem::not_found().into_response(),
        _ => page(),
    }
}

/// index.html with a fresh nonce.
fn page() -> Response {
    let Some(index) = Web::get("index.html") else {
        return (
            StatusCode::NOT_FOUND,
            "The web app was not built into this program. Run `npm ci && npm run build` in web/ and build again.",
        )
            .into_response();
    };
    let nonce = STANDARD.encode(platform::crypto::random::<16>());
    let html = String::from_utf8_lossy(&index.data).replace("__CSP_NONCE__", &nonce);
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&csp_app(&nonce)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
