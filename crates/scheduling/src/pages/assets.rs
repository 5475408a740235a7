//! The stylesheets and the script, under names that change with what they hold.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::color::{Color, stylesheet};

const CSS: &str = include_str!("pages.css");
const JS: &str = include_str!("pages.js");

static CSS_NAME: LazyLock<String> = LazyLock::new(|| format!("{}.css", digest(CSS)));
static JS_NAME: LazyLock<String> = LazyLock::new(|| format!("{}.js", digest(JS)));

fn digest(content: &str) -> String {
    hex::encode(&Sha256::digest(content)[..8])
}

pub(super) fn stylesheet_href() -> String {
    format!("/b/assets/{}", *CSS_NAME)
}

pub(super) fn script_href() -> String {
    format!("/b/assets/{}", *JS_NAME)
}

/// The sheet of a colour, which needs no look-up: the colour is the name.
pub(super) fn brand_href(brand: Color) -> String {
    format!("/b/assets/brand-{}.css", &brand.to_string()[1..])
}

/// `GET /b/assets/{file}`
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    const CSS_TYPE: &str = "text/css; charset=utf-8";
    let brand = || file.strip_prefix("brand-").and_then(|rest| rest.strip_suffix(".css")).and_then(Color::parse);
    let (kind, content) = if file == *CSS_NAME {
        (CSS_TYPE, CSS.to_owned())
    } else if file == *JS_NAME {
        ("text/javascript; charset=utf-8", JS.to_owned())
    } else if let Some(brand) = brand() {
        (CSS_TYPE, stylesheet(brand))
    } else {
        return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response();
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small() {
        assert!(JS.len() < 10_000 && CSS.len() < 16_000);
    }

    #[tokio::test]
    async fn assets_by_their_name_only() {
        for (href, kind) in [
            (stylesheet_href(), "text/css"),
            (script_href(), "text/javascript"),
            (brand_href(Color::parse("ffee00").expect("a colour")), "text/css"),
        ] {
            let name = href.strip_prefix("/b/assets/").expect("an asset").to_owned();
            let response = asset(Path(name)).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(response.headers()[header::CONTENT_TYPE].to_str().expect("text").starts_with(kind));
            assert!(response.headers()[header::CACHE_CONTROL].to_str().expect("text").contains("immutable"));
        }
        for wrong in ["", "pages.css", "brand-.css", "brand-12345.css", "../pages.css"] {
            assert_eq!(asset(Path(wrong.to_owned())).await.status(), StatusCode::NOT_FOUND);
        }
    }
}
