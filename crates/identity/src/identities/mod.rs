//! Who somebody is at another company: signing in, signing up and confirming oneself through an OpenID provider. An identity is
//! known by issuer and subject, and joins an account only where its holder has signed in to that account, or founds it: never
//! by an address, whatever the provider says about it.

pub mod http;
pub mod provider;
pub mod sign_up;
pub mod store;

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use platform::auth::{Factor, Session};
use platform::ctx::Answer;
use platform::error::{Error, Problem, Result};
use platform::providers::Provider;
use platform::time::Timestamp;
use platform::{App, SignedIn, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SignIn, note_failed, note_sign_in};
use crate::caller::Somebody;
use crate::challenges::{self, Purpose, Step};
use crate::cookie::{self, Errand};
use crate::directory::Directory;
use crate::{company, second_factors, sessions, suspicion};
use provider::{Claims, Failed, Known, Way};

/// How one can sign in here beside password and passkey.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInOptions {
    pub providers: Vec<ProviderSummary>,
    /// Whether a link in a mail signs in.
    pub mail_links: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderSummary {
    pub key: String,
    pub name: String,
}

impl SignInOptions {
    fn of(app: &App) -> Self {
        let summary = |provider: &Provider| ProviderSummary { key: provider.key.clone(), name: provider.name.clone() };
        Self { providers: app.config.providers.iter().map(summary).collect(), mail_links: app.config.mail_links }
    }
}

/// What the way through a provider is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    SignIn,
    /// To sign in with it from now on.
    Link,
    /// To confirm that it is oneself.
    Confirm,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderChoice {
    /// The provider's key.
    #[schema(max_length = 40)]
    provider: String,
    /// The slug of the workspace whose own provider it is.
    #[schema(max_length = 63)]
    workspace: Option<String>,
    intent: Intent,
    /// Stays signed in for up to 90 days.
    #[serde(default)]
    remember: bool,
}

/// Where to go.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderAddress {
    /// The provider's page. It sends the browser back to `/sign-in/from/` and the provider's key.
    pub url: String,
}

/// With what the provider sent the browser back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderAnswer {
    /// The key at the end of the path.
    #[schema(max_length = 40)]
    provider: String,
    #[schema(max_length = 200)]
    state: String,
    /// Without it, the provider refused.
    #[schema(value_type = Option<String>, max_length = 4096)]
    code: Option<SecretString>,
    /// RFC 9207
    #[schema(max_length = 500)]
    iss: Option<String>,
}

/// What came of it, where it was no sign-in.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderOutcome {
    /// Nobody here is known to be that person.
    Unknown,
    Linked,
    Confirmed,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderReturn {
    pub outcome: ProviderOutcome,
    /// Where it is unknown: who came back.
    pub identity: Option<UnknownIdentity>,
}

/// Somebody whom nobody here is known to be: free to sign up, to accept an invitation, or to sign in and link it.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnknownIdentity {
    /// For ten minutes.
    pub token: String,
    /// The provider's name.
    pub provider: String,
    pub email: Option<String>,
    pub name: Option<String>,
    /// Whether the provider may be believed about the address, so that one can sign up.
    pub is_email_verified: bool,
    pub expires_at: Timestamp,
}

/// One's ways in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Identities {
    pub has_password: bool,
    pub linked: Vec<LinkedIdentity>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedIdentity {
    pub id: Uuid,
    /// Null where the provider is not offered here any more.
    pub provider: Option<String>,
    /// Its name, or its address where it is not offered any more.
    pub name: String,
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// An identity that came back from its provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityToken {
    #[schema(max_length = 100)]
    token: String,
}

/// What waits at [`Purpose::Provider`].
#[derive(Serialize, Deserialize)]
struct OnItsWay {
    intent: Intent,
    /// Whose own provider it is.
    #[serde(default)]
    tenant: Option<TenantId>,
    way: Way,
}

/// What waits at [`Purpose::ProviderIdentity`].
#[derive(Serialize, Deserialize)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub is_email_verified: bool,
}

fn unknown_provider() -> Problem {
    Problem::field("provider", "unknown", "is no provider of this instance")
}

fn over() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "challenge_over", "This took too long, or began in another browser. Begin again.")
}

fn refused() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "provider_refused",
        "The provider did not confirm who you are. Try again, or sign in another way.",
    )
}

/// What cannot be believed is logged with its reason, and answered without.
pub fn failed(provider: &Provider, why: &Failed) -> Problem {
    tracing::warn!(provider = provider.key, %why, "sign-in by a provider failed");
    metrics::counter!("atrium_provider_failures_total").increment(1);
    match why {
        Failed::Unreachable(_) => Problem::new(
            StatusCode::BAD_GATEWAY,
            "provider_unreachable",
            "The provider cannot be reached at the moment. Try again later, or sign in another way.",
        ),
        Failed::Refused(_) => refused(),
    }
}

/// The provider of that key: the instance's, or that tenant's own.
async fn known(app: &App, key: &str, tenant: Option<TenantId>) -> Result<Known> {
    let found = match tenant {
        None => app.config.provider(key).cloned().map(Known::Instance),
        Some(tenant) => match key.parse() {
            Ok(id) => company::enabled(app, tenant, id).await?.map(|provider| Known::Workspace(tenant, provider)),
            Err(_) => None,
        },
    };
    Ok(found.ok_or_else(unknown_provider)?)
}

/// Sends the browser on its way; its cookie binds it to what comes back.
async fn begin(caller: Somebody, input: ProviderChoice) -> Result<Response> {
    let Somebody { app, session, confined, .. } = caller;
    let tenant = match &input.workspace {
        None => None,
        Some(slug) => {
            let mut directory = Directory::open(&app, None, None).await?;
            let found = company::store::workspace(directory.db(), slug).await?.ok_or_else(unknown_provider)?;
            Some(TenantId(found.tenant_id))
        }
    };
    let known = known(&app, &input.provider, tenant).await?;
    // The word of a workspace's provider confirms who came by it, and never the whole of a person.
    let session = match (input.intent, tenant) {
        (Intent::Confirm, Some(_)) => confined.filter(|session| session.tenant == tenant),
        _ => session,
    };
    let bound_to = match (input.intent, session) {
        (Intent::SignIn, _) => None,
        (Intent::Link | Intent::Confirm, None) => return Err(Problem::unauthenticated().into()),
        (Intent::Link, Some(session)) => {
            session.check_fresh(app.clock.now())?;
            Some(session.id)
        }
        (Intent::Confirm, Some(session)) => Some(session.id),
    };
    let token = platform::crypto::Token::random();
    let begun = provider::begin(&app, &known, &token.secret, input.intent == Intent::Confirm).await;
    let (way, url) = begun.map_err(|why| failed(known.provider(), &why))?;
    let state = serde_json::to_value(OnItsWay { intent: input.intent, tenant, way }).map_err(Error::internal)?;
    let step = Step { purpose: Purpose::Provider, user: None, bound_to, remembered: input.remember, state };
    let mut directory = Directory::open(&app, None, None).await?;
    challenges::begin_with(directory.db(), &step, &token.hash, app.clock.now()).await?;
    directory.commit().await?;
    let cookie = cookie::set_errand(&app.config, Errand::Provider, &token.secret, Purpose::Provider.seconds());
    Ok(Answer::json(StatusCode::CREATED, &ProviderAddress { url })?.header(SET_COOKIE, &cookie).into_response())
}

/// Takes the browser back: signs in whoever is known, links, or confirms. `token` is that of its cookie.
async fn finish(caller: Somebody, token: Option<&str>, input: ProviderAnswer) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let token = token.ok_or_else(over)?;
    let mut directory = Directory::open(&app, None, None).await?;
    let waiting = challenges::find(directory.db(), Purpose::Provider, token, now).await?.ok_or_else(over)?;
    let errand: OnItsWay = serde_json::from_value(waiting.state).map_err(Error::internal)?;
    // Before it is used up: who made this browser come with another's answer ends nothing by it.
    if !provider::is_state_of(&app, token, &input.state)
        || errand.way.provider != input.provider
        || !errand.way.is_from(input.iss.as_deref())
    {
        return Err(over().into());
    }
    let session = match (errand.intent, errand.tenant) {
        (Intent::SignIn, _) => None,
        (Intent::Confirm, Some(_)) => caller.confined.clone().filter(|session| session.tenant == errand.tenant),
        _ => caller.session.clone(),
    };
    let bound_to = session.as_ref().map(|session| session.id);
    challenges::take(directory.db(), Purpose::Provider, token, bound_to, now).await?.ok_or_else(over)?;
    directory.commit().await?;
    let of_whom = session.as_ref().map(|session| session.user_id);
    let attempt = |reason| match errand.tenant {
        Some(tenant) => SignIn::FailedByCompany { user: of_whom, tenant, reason },
        None => SignIn::Failed { user: of_whom, email: "", reason, factor: Factor::Provider },
    };
    let Some(code) = input.code else {
        note_failed(&app, &caller.origin, &attempt("provider_refused")).await?;
        return Err(refused().into());
    };
    // Switched off or taken away meanwhile, it counts no more.
    let known = known(&app, &input.provider, errand.tenant).await?;
    let provider = known.provider();
    if errand.way.issuer() != provider.issuer {
        return Err(over().into());
    }
    let claims = match provider::finish(&app, &known, &errand.way, token, code.expose_secret().to_owned()).await {
        Ok(claims) => claims,
        Err(why) => {
            let mut directory = Directory::open(&app, None, None).await?;
            note_sign_in(directory.db(), &app, &caller.origin, &attempt("provider")).await?;
            suspicion::after_failure(directory.db(), &app, &caller.origin, of_whom.unwrap_or_default()).await?;
            directory.commit().await?;
            return Err(failed(provider, &why).into());
        }
    };
    if let Some(tenant) = errand.tenant {
        return match (errand.intent, session) {
            (Intent::SignIn, _) => company::entry::sign_in(caller, tenant, provider, claims).await,
            (Intent::Link, Some(session)) => {
                company::entry::link(&SignedIn { app, session, origin: caller.origin, claim: None }, tenant, provider, &claims).await?;
                Ok(done(ProviderOutcome::Linked)?.into_response())
            }
            (Intent::Confirm, Some(session)) => {
                let caller = SignedIn { app, session, origin: caller.origin, claim: None };
                let opened = company::entry::confirm(&caller, tenant, provider, &claims).await?;
                Ok(done(ProviderOutcome::Confirmed)?.header(SET_COOKIE, &opened.set_cookie).into_response())
            }
            (_, None) => Err(Problem::unauthenticated().into()),
        };
    }
    let name = claims.name.clone();
    let authenticated_at = claims.authenticated_at;
    let identity = Identity::of(errand.way.issuer(), claims);
    match (errand.intent, session) {
        (Intent::SignIn, _) => sign_in(caller, provider, identity, name, authenticated_at, waiting.remembered).await,
        (Intent::Link, Some(session)) => {
            let caller = SignedIn { app, session, origin: caller.origin, claim: None };
            link_it(&caller, &identity).await?;
            Ok(done(ProviderOutcome::Linked)?.into_response())
        }
        (Intent::Confirm, Some(session)) => confirm(caller, session, &identity).await,
        (_, None) => Err(Problem::unauthenticated().into()),
    }
}

impl Identity {
    fn of(issuer: &str, claims: Claims) -> Self {
        Self { issuer: issuer.to_owned(), subject: claims.subject, email: claims.email, is_email_verified: claims.is_email_verified }
    }

    /// That of the token, which counts once.
    ///
    /// # Errors
    /// `challenge_over`.
    pub async fn take(db: &mut PgConnection, token: &str, now: Timestamp) -> Result<Self> {
        let waiting = challenges::take(db, Purpose::ProviderIdentity, token, None, now).await?.ok_or_else(over)?;
        serde_json::from_value(waiting.state).map_err(Error::internal)
    }

    /// As [`Identity::take`], and leaves it.
    ///
    /// # Errors
    /// `challenge_over`.
    pub async fn find(db: &mut PgConnection, token: &str, now: Timestamp) -> Result<Self> {
        let waiting = challenges::find(db, Purpose::ProviderIdentity, token, now).await?.ok_or_else(over)?;
        serde_json::from_value(waiting.state).map_err(Error::internal)
    }

    /// The address, where the provider may be believed about it.
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.is_email_verified)
    }

    /// Makes it that user's, whose row nobody else changes meanwhile.
    ///
    /// # Errors
    /// `identity_taken`.
    pub async fn join(&self, db: &mut PgConnection, user: Uuid, now: Timestamp) -> Result<()> {
        if store::insert(&mut *db, user, &self.issuer, &self.subject, self.email.as_deref(), now).await? {
            return Ok(());
        }
        Err(Problem::conflict("identity_taken", "This account of the provider is linked to an account here already.").into())
    }
}

fn done(outcome: ProviderOutcome) -> Result<Answer> {
    Answer::json(StatusCode::OK, &ProviderReturn { outcome, identity: None })
}

async fn sign_in(
    caller: Somebody,
    provider: &Provider,
    identity: Identity,
    name: Option<String>,
    authenticated_at: Option<Timestamp>,
    remembered: bool,
) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let db = directory.db();
    let Some(user) = store::user_of(&mut *db, &identity.issuer, &identity.subject).await? else {
        let state = serde_json::to_value(&identity).map_err(Error::internal)?;
        let step = Step { purpose: Purpose::ProviderIdentity, user: None, bound_to: None, remembered, state };
        let (token, expires_at) = challenges::begin(&mut *db, &step, now).await?;
        let email = identity.email.as_deref().unwrap_or_default();
        let attempt = SignIn::Failed { user: None, email, reason: "unknown_identity", factor: Factor::Provider };
        note_sign_in(&mut *db, &app, &caller.origin, &attempt).await?;
        directory.commit().await?;
        let unknown = UnknownIdentity {
            token: token.to_string(),
            provider: provider.name.clone(),
            email: identity.email,
            name,
            is_email_verified: identity.is_email_verified,
            expires_at,
        };
        return Ok(
            Answer::json(StatusCode::OK, &ProviderReturn { outcome: ProviderOutcome::Unknown, identity: Some(unknown) })?.into_response()
        );
    };
    if !sessions::store::may_sign_in(&mut *db, user).await? {
        let attempt = SignIn::Failed { user: Some(user), email: "", reason: "inactive", factor: Factor::Provider };
        note_sign_in(&mut *db, &app, &caller.origin, &attempt).await?;
        suspicion::after_failure(db, &app, &caller.origin, user).await?;
        directory.commit().await?;
        return Err(sessions::account_inactive().into());
    }
    store::note_use(db, &identity.issuer, &identity.subject, identity.email.as_deref(), now).await?;
    directory.commit().await?;
    // Where the provider does not say when, it may have been days ago.
    let verified_at = authenticated_at.unwrap_or_else(|| now.plus_seconds(-Session::FRESH)).min(now);
    sessions::proceed(caller, user, remembered, Factor::Provider, Some(verified_at)).await
}

/// Confirms that it is the session's user, who has shown the provider so just now. Where a second factor is set up, it takes that one.
async fn confirm(caller: Somebody, session: Session, identity: &Identity) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let user = store::user_of(directory.db(), &identity.issuer, &identity.subject).await?;
    if user != Some(session.user_id) {
        let attempt = SignIn::Failed { user: Some(session.user_id), email: "", reason: "other_identity", factor: Factor::Provider };
        note_sign_in(directory.db(), &app, &caller.origin, &attempt).await?;
        directory.commit().await?;
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "other_identity", "This is not an account that is linked to yours.").into());
    }
    if !second_factors::store::methods(directory.db(), session.user_id).await?.is_empty() {
        return Err(second_factors::proof::password_not_enough().into());
    }
    store::note_use(directory.db(), &identity.issuer, &identity.subject, identity.email.as_deref(), now).await?;
    let signed_in = SignedIn { app, session, origin: caller.origin, claim: None };
    let opened = sessions::confirmed(directory.db(), &signed_in, Factor::Provider).await?;
    directory.commit().await?;
    Ok(done(ProviderOutcome::Confirmed)?.header(SET_COOKIE, &opened.set_cookie).into_response())
}

async fn list(caller: &SignedIn) -> Result<Identities> {
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let has_password = store::has_password(directory.db(), caller.session.user_id).await?;
    let linked = store::list(directory.db(), caller.session.user_id).await?;
    let linked = linked.into_iter().map(|one| {
        let provider = caller.app.config.providers.iter().find(|provider| provider.issuer == one.issuer);
        LinkedIdentity {
            id: one.id,
            provider: provider.map(|provider| provider.key.clone()),
            name: provider.map_or(one.issuer, |provider| provider.name.clone()),
            email: one.email,
            created_at: one.created_at,
            last_used_at: one.last_used_at,
        }
    });
    Ok(Identities { has_password, linked: linked.collect() })
}

/// Links what came back before its holder signed in.
async fn link(caller: &SignedIn, input: &IdentityToken) -> Result<()> {
    caller.session.check_fresh(caller.app.clock.now())?;
    let mut directory = Directory::open(&caller.app, None, None).await?;
    let identity = Identity::take(directory.db(), &input.token, caller.app.clock.now()).await?;
    directory.commit().await?;
    link_it(caller, &identity).await
}

async fn link_it(caller: &SignedIn, identity: &Identity) -> Result<()> {
    let mut directory = second_factors::begin_change(caller).await?;
    identity.join(directory.db(), caller.session.user_id, caller.app.clock.now()).await?;
    let details = json!({ "issuer": identity.issuer });
    second_factors::changed(directory.db(), caller, "identity_linked", "medium", details).await?;
    directory.commit().await
}

async fn unlink(caller: &SignedIn, id: Uuid) -> Result<()> {
    let mut directory = second_factors::begin_change(caller).await?;
    let issuer = store::remove(directory.db(), caller.session.user_id, id).await?.ok_or_else(Problem::not_found)?;
    refuse_where_last(directory.db(), &caller.app, caller.session.user_id).await?;
    second_factors::changed(directory.db(), caller, "identity_unlinked", "medium", json!({ "issuer": issuer })).await?;
    directory.commit().await
}

/// After a way in was taken away, in its transaction.
///
/// # Errors
/// `last_way_in`.
pub async fn refuse_where_last(db: &mut PgConnection, app: &App, user: Uuid) -> Result<()> {
    let issuers: Vec<_> = app.config.providers.iter().map(|provider| provider.issuer.clone()).collect();
    if store::has_way_in(db, user, &issuers).await? {
        return Ok(());
    }
    Err(Problem::conflict("last_way_in", "You could not sign in any more. Set a password first.").into())
}
