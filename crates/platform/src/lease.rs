//! Acting by a lease: an administrator of the instance in a tenant whose member lent it. What bounds it whoever wrote the
//! handler stands here: what is refused, that each act is in the trail before it happens, and what answers hide.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::audit::{self, Change};
use crate::auth::Session;
use crate::ctx::{Origin, TenantId};
use crate::error::{Error, Problem, Result};
use crate::state::App;

/// The lease by which a session acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedLease {
    pub id: Uuid,
    #[serde(skip)]
    pub granted_by: Uuid,
    /// Who granted it.
    #[serde(rename = "granted_by")]
    pub granted_by_name: String,
    /// Whether answers show what is personal.
    #[serde(skip)]
    pub shows_personal: bool,
}

/// Fields that answers hide, whatever record they stand in: how to reach somebody, where he or she is, and free text, in
/// which both are found. `tests/it` holds the API's document against this list.
pub const PERSONAL: [&str; 20] = [
    "address",
    "answers",
    "billing_email",
    "bio",
    "cancellation_reason",
    "city",
    "custom_fields",
    "email",
    "invitee_email",
    "invitee_phone",
    "ip_address",
    "location",
    "notes",
    "owner_email",
    "phone",
    "postal_code",
    "response_body",
    "street",
    "text_params",
    "user_agent",
];

/// Parameters that ask by nothing that is hidden. Any other could be used to guess what is.
const HARMLESS: [&str; 17] = [
    "action",
    "active",
    "actor_id",
    "contact_id",
    "cursor",
    "entity_id",
    "entity_type",
    "from",
    "lifecycle",
    "limit",
    "organizer_id",
    "owner_id",
    "permission",
    "sort",
    "status",
    "to",
    "view",
];
const HIDDEN: &str = "•••";
/// Far above any answer of the API.
const MOST: usize = 32 * 1024 * 1024;

/// By which lease a request acts, once that is known.
#[derive(Clone, Default)]
struct Cover(Arc<OnceLock<UsedLease>>);

pub fn refused() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "support_session", "This is not for support. Leave the workspace first.")
}

/// Lets a request of a tenant's pass that comes by a lease, if a lease may ever do that, and writes it into the tenant's trail
/// before it is done: what cannot be written does not happen. `permission` is what the handler takes, where it takes one.
///
/// # Errors
/// 403 for what no lease allows; the database's.
pub async fn admit(parts: &Parts, app: &App, session: &Session, tenant: TenantId, permission: Option<&str>) -> Result<()> {
    let Some(lease) = &session.lease else { return Ok(()) };
    let reads = parts.method.is_safe();
    let writes_by_reading = !reads && permission.is_none_or(|codename| codename.ends_with(":read"));
    if parts.method == Method::DELETE || writes_by_reading {
        return Err(refused().into());
    }
    if !lease.shows_personal && asks_by_personal(parts.uri.query()) {
        let detail = "This lease hides personal fields, so nothing can be searched by them.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "personal_fields_hidden", detail).into());
    }
    // Without the layer nothing would be hidden.
    let cover = parts.extensions.get::<Cover>().ok_or_else(refused)?;
    cover.0.get_or_init(|| lease.clone());
    let action = if reads { "support.read" } else { "support.changed" };
    let change = Change::created(action, "support_lease", lease.id, json!({ "method": parts.method.as_str(), "path": parts.uri.path() }));
    let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
    let mut tx = app.seal.begin(&app.pools.web, tenant).await?;
    audit::note_now(&mut tx, app, tenant, session, &origin, change).await?;
    tx.commit().await.map_err(Error::from)
}

fn asks_by_personal(query: Option<&str>) -> bool {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split('=').next().unwrap_or(pair)).any(|name| !HARMLESS.contains(&name))
}

/// Hides in the answers to requests by a lease what the lease does not show. Only what can be looked through gets out: JSON,
/// and the live stream, which hides for itself.
pub async fn cover(mut request: Request, next: Next) -> Response {
    let cover = Cover::default();
    request.extensions_mut().insert(cover.clone());
    let response = next.run(request).await;
    match cover.0.get() {
        None => response,
        Some(lease) => covered(response, lease).await,
    }
}

async fn covered(response: Response, lease: &UsedLease) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match kind {
        None if response.status() == StatusCode::NO_CONTENT => return response,
        // What a problem says is the program's own, such as the message of a field.
        Some("text/event-stream" | "application/problem+json") => return response,
        Some("application/json") if lease.shows_personal => return response,
        Some("application/json") => {}
        _ => return refused().into_response(),
    }
    let (mut parts, body) = response.into_parts();
    let hidden = match to_bytes(body, MOST).await.map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(json)) => hide(json).to_string(),
        _ => return Error::internal("an answer that cannot be looked through").into_response(),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(hidden))
}

/// The same value without what is personal: the fields of [`PERSONAL`], and any address of mail wherever it stands.
pub fn hide(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = if PERSONAL.contains(&name.as_str()) { hide_whole(value) } else { hide(value) };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(hide).collect(),
        Value::String(text) if text.contains('@') => Value::String(without_addresses(&text)),
        other => other,
    }
}

fn hide_whole(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, hide_whole(value))).collect(),
        Value::Array(items) => items.into_iter().map(hide_whole).collect(),
        _ => Value::String(HIDDEN.to_owned()),
    }
}

/// The same text without addresses of mail.
pub fn without_addresses(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            if bare.contains('@') { format!("{HIDDEN}{}", &word[bare.len()..]) } else { word.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_is_hidden_at_any_depth() {
        let shown = hide(json!({
            "name": "Ana", "email": "ana@example.com", "phone": null, "address": { "street": "Long", "no": 7 },
            "items": [{ "invitee_email": "b@example.com", "new_values": { "notes": ["x"], "version": 3 } }],
            "last_error": "550 <c@example.com> unknown\nuser", "at": "14:00",
        }));
        assert_eq!(
            shown,
            json!({
                "name": "Ana", "email": "•••", "phone": null, "address": { "street": "•••", "no": "•••" },
                "items": [{ "invitee_email": "•••", "new_values": { "notes": ["•••"], "version": 3 } }],
                "last_error": "550 ••• unknown\nuser", "at": "14:00",
            })
        );
    }

    #[test]
    fn nothing_is_asked_by_what_is_hidden() {
        assert!(!asks_by_personal(None) && !asks_by_personal(Some("limit=5&cursor=x&from=1&to=2")));
        for query in ["q=ana", "limit=5&q=ana", "email=a", "%71=ana", "q", "Q=x", "limit=5&&x"] {
            assert!(asks_by_personal(Some(query)), "{query}");
        }
    }
}
