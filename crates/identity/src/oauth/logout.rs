//! Sign-out at a client's request (OpenID Connect RP-Initiated Logout 1.0).

use axum::extract::RawQuery;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use platform::error::Result;
use url::Url;

use super::clients;
use super::form::Form;
use super::requests::authorize::to;
use super::tokens::{self, id_token};
use crate::caller::Somebody;
use crate::directory::Directory;
use crate::{cookie, sessions};

/// Signs out at once where the client shows whose sign-out it asks for, by an ID token of that very person; asks the person
/// otherwise, since any site can send a browser here.
pub async fn logout(caller: Somebody, RawQuery(query): RawQuery) -> Result<Response> {
    let form = Form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let hint = match form.get("id_token_hint") {
        Some(token) => id_token::hint(&app, directory.db(), token).await?,
        None => None,
    };
    let hint = hint.filter(|hint| form.get("client_id").is_none_or(|named| named == hint.aud));
    let client = match &hint {
        Some(hint) => clients::store::named(directory.db(), &hint.aud).await?,
        None => None,
    };
    let (Some(hint), Some(client)) = (hint, client) else { return Ok(to("/oauth/sign-out")) };
    // Somebody else's sign-in is not the client's to end.
    if caller.session.as_ref().is_some_and(|session| session.user_id != hint.sub) {
        return Ok(to("/oauth/sign-out"));
    }
    let address = form
        .get("post_logout_redirect_uri")
        .filter(|asked| client.post_logout_redirect_uris.iter().any(|one| clients::redirect_uri::matches(one, asked, client.kind)));
    let target = match address.and_then(|address| Url::parse(address).ok()) {
        Some(mut url) => {
            if let Some(state) = form.get("state") {
                url.query_pairs_mut().append_pair("state", state);
            }
            String::from(url)
        }
        None => "/sign-in".to_owned(),
    };
    let mut response = to(&target);
    if let Some(session) = &caller.session {
        sessions::store::end(directory.db(), session.user_id, session.id, now).await?;
        tokens::store::revoke_of_session(directory.db(), session.id, now).await?;
        tokens::store::revoke_of_logout(directory.db(), session.user_id, client.id, now).await?;
        if let Ok(cleared) = HeaderValue::from_str(&cookie::clear(&app.config)) {
            response.headers_mut().insert(SET_COOKIE, cleared);
        }
    }
    directory.commit().await?;
    app.sessions.forget();
    Ok(response)
}
