//! Sessions: signing in and out, the tenant one acts in, and the list from which they are ended.

pub mod http;
mod second_step;
pub mod store;
mod verification;

pub use second_step::SecondFactorDue;
pub use verification::{confirmed, renewed};

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use platform::auth::{Factor, Permissions, Scope, Session, step_up_required};
use platform::crypto::Token;
use platform::ctx::{Answer, Origin};
use platform::error::{Error, Problem, Result};
use platform::places::Place;
use platform::pool::{Lent, look_up};
use platform::text::email_key;
use platform::time::Timestamp;
use platform::{App, SignedIn, TenantId, sse};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activity::{SecurityEvent, SignIn, note_failed, note_security_event, note_sign_in, refused_by_wait};
use crate::caller::Somebody;
use crate::directory::Directory;
use crate::oauth::tokens::store::{move_to_session, revoke_elsewhere, revoke_of_session};
use crate::policy::{self, Admission};
use crate::profile::User;
use crate::support::{self, CurrentLease, SupportPresence};
use crate::{cookie, devices, passwords, profile, second_factors, suspicion, throttle};

/// The signed-in user, and what he or she may do in the tenant acted in.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentSession {
    pub user: User,
    /// Null where the user belongs to no active workspace.
    pub tenant: Option<CurrentTenant>,
    /// All workspaces to switch to.
    pub tenants: Vec<TenantSummary>,
    /// Names of roles in the tenant.
    pub roles: Vec<String>,
    pub permissions: Vec<Grant>,
    /// Why the workspace cannot be used now, by its security policy: the code of the refusal. Null where it can.
    pub refused: Option<String>,
    /// Whether one came by the workspace's own provider alone, which opens this workspace and nothing of the account.
    pub is_confined: bool,
    /// From when the workspace asks for a second factor that this session has not shown.
    pub second_factor_due: Option<Timestamp>,
    /// The lease by which an administrator of the instance is here; null for everybody else.
    pub lease: Option<CurrentLease>,
    /// Who of the instance's support is in the workspace now.
    pub support: Vec<SupportPresence>,
    /// The `Last-Event-ID` with which the live stream tells all that happens after this answer.
    pub live_from: String,
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentTenant {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// `pending`, `in_progress` or `completed`
    pub onboarding_status: String,
    /// Whether it can be read and not changed, by how its subscription stands.
    pub is_read_only: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TenantSummary {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// `active`, `inactive`, `suspended` or `pending_deletion`; only an active one can be entered.
    pub status: String,
}

/// A permission and whose records it covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// `bookings:read`
    pub codename: String,
    pub scope: Scope,
}

impl Grant {
    pub fn all_of(permissions: Permissions) -> Vec<Self> {
        permissions.iter().map(|(codename, scope)| Self { codename: codename.to_owned(), scope }).collect()
    }
}

/// A session in the list of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenSession {
    pub id: Uuid,
    /// The one that asks.
    pub current: bool,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    /// Where that address was when the session began, as far as it was known.
    pub place: Option<Place>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInInput {
    email: String,
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Stays signed in for up to 90 days.
    #[serde(default)]
    remember: bool,
}

/// Seconds until a session ends unused, and at the latest.
pub struct Life {
    pub idle: i64,
    pub absolute: i64,
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const LIFE: Life = Life { idle: 12 * HOUR, absolute: 30 * DAY };
const REMEMBERED_LIFE: Life = Life { idle: 30 * DAY, absolute: 90 * DAY };
/// Activity is noted at most this often.
const NOTED_EVERY: i64 = 60;

/// A session to open.
pub struct NewSession {
    pub user: Uuid,
    pub tenant: Option<TenantId>,
    pub remembered: bool,
    /// Of the session that this one continues; a new sign-in has none.
    pub expires_at: Option<Timestamp>,
    pub factors: Vec<Factor>,
    /// When one of them was shown last, if not just now.
    pub verified_at: Option<Timestamp>,
    /// The session that it goes on from, with what apps were given in it.
    pub continues: Option<Uuid>,
    /// By which an administrator of the instance acts in the tenant.
    pub lease: Option<Uuid>,
    /// The tenant's own provider, by whose word it is opened.
    pub provider: Option<Uuid>,
}

impl NewSession {
    pub fn fresh(user: Uuid, tenant: Option<TenantId>, factors: &[Factor]) -> Self {
        let factors = factors.to_vec();
        Self { user, tenant, remembered: false, expires_at: None, factors, verified_at: None, continues: None, lease: None, provider: None }
    }

    /// One that goes on from another, in another tenant.
    pub fn continued(session: &Session, tenant: Option<TenantId>, remembered: bool) -> Self {
        Self {
            user: session.user_id,
            tenant,
            remembered,
            expires_at: Some(session.expires_at),
            // A device is remembered in one tenant, and a tenant's provider is asked by that tenant each time.
            factors: session
                .factors
                .iter()
                .copied()
                .filter(|factor| *factor != Factor::Company && (*factor != Factor::Device || tenant == session.tenant))
                .collect(),
            verified_at: Some(session.verified_at),
            continues: Some(session.id),
            lease: None,
            provider: None,
        }
    }

    fn life(&self) -> &'static Life {
        life(self.remembered)
    }
}

fn life(remembered: bool) -> &'static Life {
    if remembered { &REMEMBERED_LIFE } else { &LIFE }
}

/// The session of a cookie's token, if it still lasts.
///
/// # Errors
/// The database's.
pub async fn of_token(app: &App, token_hash: &[u8; 32]) -> Result<Option<Session>> {
    let now = app.clock.now();
    let authenticate = async |mut db: Lent| {
        let found = store::authenticate(&mut *db, token_hash, now).await;
        (db, found)
    };
    let (mut db, found) = look_up(&app.pools.web, authenticate).await?;
    let Some(found) = found else { return Ok(None) };
    if found.last_seen_at.plus_seconds(NOTED_EVERY) <= now {
        store::note_activity(&mut *db, found.session.id, now, life(found.remembered).idle.min(found.timeout.unwrap_or(i64::MAX))).await?;
    }
    Ok(Some(found.session))
}

/// An open session with the `Set-Cookie` that hands it out.
pub struct Opened {
    pub session: Session,
    pub set_cookie: String,
}

/// Opens a session under a new token and ends the one that the browser held before.
///
/// # Errors
/// The database's.
pub async fn open(db: &mut PgConnection, app: &App, origin: &Origin, replaced: Option<&[u8; 32]>, new: &NewSession) -> Result<Opened> {
    let (token, now) = (Token::random(), app.clock.now());
    if let Some(tenant) = new.tenant {
        policy::store::hold(&mut *db, tenant).await?;
    }
    if let Some(replaced) = replaced
        && let Some(ended) = store::end_presented(&mut *db, replaced, now).await?
        && new.continues != Some(ended)
    {
        revoke_of_session(&mut *db, ended, now).await?;
    }
    let admission = match new.tenant {
        Some(tenant) => policy::admit(&mut *db, tenant, new.user, &new.factors, now).await?,
        None => Admission::default(),
    };
    store::insert(&mut *db, app, origin, new, &admission, &token.hash, now).await?;
    if let (Some(tenant), None, None) = (new.tenant, new.lease, new.provider) {
        store::set_current_tenant(&mut *db, new.user, tenant).await?;
    }
    let found =
        store::authenticate(&mut *db, &token.hash, now).await?.ok_or_else(|| Error::internal("a new session does not authenticate"))?;
    if let Some(former) = new.continues {
        move_to_session(&mut *db, former, found.session.id).await?;
    }
    let seconds = (found.session.expires_at.as_second() - now.as_second()).max(0);
    let set_cookie = cookie::set(&app.config, &token.secret, new.remembered.then_some(seconds));
    Ok(Opened { session: found.session, set_cookie })
}

/// As [`open`], for somebody who has just shown who he or she is: counted and written down as a sign-in.
///
/// # Errors
/// The database's.
pub async fn open_signed_in(
    db: &mut PgConnection,
    app: &App,
    origin: &Origin,
    replaced: Option<&[u8; 32]>,
    new: &NewSession,
) -> Result<Opened> {
    store::note_login(&mut *db, app, origin, new.user).await?;
    suspicion::after_sign_in(&mut *db, app, origin, new.user, &new.factors).await?;
    let opened = open(&mut *db, app, origin, replaced, new).await?;
    let session = opened.session.id;
    note_sign_in(db, app, origin, &SignIn::Success { user: new.user, tenant: new.tenant, session, factors: &new.factors }).await?;
    Ok(opened)
}

/// What the web app needs to know about a session. The connection's transaction is that of the session's tenant.
///
/// # Errors
/// The database's.
pub async fn describe(db: &mut PgConnection, app: &App, origin: &Origin, session: &Session) -> Result<CurrentSession> {
    let mut user = profile::store::find(&mut *db, session.user_id).await?.ok_or_else(Problem::unauthenticated)?;
    let mut tenants = store::tenants(&mut *db, session.user_id).await?;
    if session.is_confined() {
        // Where else the person works, and what he or she is there, is no business of who was named by this workspace.
        tenants.retain(|one| session.tenant.is_some_and(|tenant| tenant.0 == one.id));
        user.is_platform_admin = false;
    }
    let tenant = match session.tenant {
        Some(tenant) => Some(store::tenant(&mut *db, tenant).await?),
        None => None,
    };
    let (lease, support) = match session.tenant {
        Some(tenant) => support::seen_by(&mut *db, tenant, session, app.clock.now()).await?,
        None => (None, Vec::new()),
    };
    let roles = match session.tenant {
        Some(tenant) => store::roles(&mut *db, tenant, session.user_id).await?,
        None => Vec::new(),
    };
    Ok(CurrentSession {
        user,
        tenant,
        tenants,
        roles,
        permissions: Grant::all_of(session.permissions),
        refused: session.admit(origin.ip, app.clock.now()).err().map(|refusal| refusal.code.into_owned()),
        is_confined: session.is_confined(),
        second_factor_due: session.gate.second_factor_due,
        lease,
        support,
        live_from: sse::position(&mut *db).await?,
        expires_at: session.expires_at,
    })
}

/// The answer that hands out a session.
///
/// # Errors
/// The database's.
pub async fn answer(db: &mut PgConnection, app: &App, origin: &Origin, status: StatusCode, opened: &Opened) -> Result<Answer> {
    Ok(Answer::json(status, &describe(db, app, origin, &opened.session).await?)?.header(SET_COOKIE, &opened.set_cookie))
}

/// Says the same for a wrong password and for an address that nobody has.
pub fn invalid_credentials() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "E-mail address or password is wrong.")
}

pub fn account_inactive() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "account_inactive", "This account is not active. Ask whoever runs this Atrium.")
}

async fn sign_in(caller: Somebody, input: SignInInput) -> Result<Response> {
    let account = check_password(&caller, &input.email, input.password).await?;
    proceed(caller, account, input.remember, Factor::Password, None).await
}

/// Goes on with somebody who has shown a first factor: to the second where one is set up, else in. `verified_at` is when the
/// first was shown, if not just now.
///
/// # Errors
/// The database's.
pub async fn proceed(caller: Somebody, account: Uuid, remember: bool, first: Factor, verified_at: Option<Timestamp>) -> Result<Response> {
    let (app, now) = (caller.app.clone(), caller.app.clock.now());
    let mut directory = Directory::open(&app, None, None).await?;
    let db = directory.db();
    let methods = second_factors::store::methods(&mut *db, account).await?;
    if methods.is_empty() {
        directory.commit().await?;
        return enter(caller, account, remember, &[first], verified_at, false).await;
    }
    let tenant = store::tenant_to_enter(&mut *db, account).await?;
    let may_remember = policy::allows_devices(&mut *db, tenant).await?;
    let device = devices::find(&mut *db, caller.device.as_ref(), Some(account), now).await?;
    directory.commit().await?;
    if may_remember && device.is_some_and(|device| device.is_trusted(tenant, now)) {
        return enter(caller, account, remember, &[first, Factor::Device], verified_at, false).await;
    }
    second_step::begin(caller, account, remember, first, may_remember, methods).await
}

/// Opens the session of somebody who has shown all that it takes, in the tenant entered last. `trust` asks that this browser
/// stand for the second factor there from now on, where the tenant allows it.
async fn enter(
    caller: Somebody,
    user: Uuid,
    remembered: bool,
    factors: &[Factor],
    verified_at: Option<Timestamp>,
    trust: bool,
) -> Result<Response> {
    let Somebody { app, origin, claim, presented, device, .. } = caller;
    let tenant = store::tenant_to_enter(Directory::open(&app, None, None).await?.db(), user).await?;
    let mut directory = Directory::open(&app, tenant, claim).await?;
    let new = NewSession { remembered, verified_at, ..NewSession::fresh(user, tenant, factors) };
    let opened = match open_signed_in(directory.db(), &app, &origin, presented.as_ref(), &new).await {
        Err(Error::Problem(refusal)) => {
            drop(directory);
            let last = factors.last().copied().unwrap_or(Factor::Password);
            note_failed(&app, &origin, &SignIn::Failed { user: Some(user), email: "", reason: "too_many_sessions", factor: last }).await?;
            return Err(refusal.into());
        }
        opened => opened?,
    };
    let trusted_in = if trust && policy::allows_devices(directory.db(), tenant).await? { tenant } else { None };
    let known_by = devices::note(directory.db(), &app.config, user, device.as_ref(), trusted_in, app.clock.now()).await?;
    let answer = answer(directory.db(), &app, &origin, StatusCode::CREATED, &opened).await?.header(SET_COOKIE, &known_by);
    directory.commit_with(answer).await
}

/// The user with that address and password. Unknown addresses take the same time and get the same answer; failures are
/// written down and make the next attempt wait.
///
/// # Errors
/// `invalid_credentials`; 429 while a wait lasts; 403 with the right password for an address not yet confirmed or a
/// user who may not sign in.
pub async fn check_password(caller: &Somebody, email: &str, password: SecretString) -> Result<Uuid> {
    let Somebody { app, origin, device, .. } = caller;
    // The turn is held until a failure is counted, so that attempts side by side gain little.
    let turn = passwords::Turn::wait().await?;
    let mut directory = Directory::open(app, None, None).await?;
    let found = store::credentials(directory.db(), &email_key(email)).await?;
    let known = devices::find(directory.db(), device.as_ref(), found.user, app.clock.now()).await?;
    let key = match known {
        Some(device) => throttle::Key::of_device(app, device.id),
        None => throttle::Key::new(app, email, origin.ip),
    };
    let waits = key.check(directory.db(), app.clock.now()).await;
    directory.commit().await?;
    if let Err(refusal) = waits {
        return Err(refused_by_wait(app, origin, found.user, email, Factor::Password, refusal).await);
    }
    let outdated = found.password_hash.clone().filter(|hash| passwords::is_outdated(hash));
    let is_right = turn.verify(password.clone(), found.password_hash).await?;
    let renewed = match outdated {
        Some(old) if is_right => Some((old, turn.hash(password).await?)),
        _ => None,
    };
    let mut directory = Directory::open(app, None, None).await?;
    let refused = match (is_right, found.user, found.status.as_deref()) {
        (true, Some(user), Some("active")) if found.is_verified => {
            key.clear(directory.db()).await?;
            if let Some((old, new)) = renewed {
                passwords::store::renew_hash(directory.db(), user, &old, &new).await?;
            }
            directory.commit().await?;
            return Ok(user);
        }
        (true, None, _) | (true, _, Some("active")) => (
            "email_unverified",
            Problem::new(
                StatusCode::FORBIDDEN,
                "email_unverified",
                "Confirm your e-mail address first. The link is in the mail that came after you signed up; you can ask for a new one.",
            ),
        ),
        (true, ..) => ("inactive", account_inactive()),
        (false, ..) => {
            key.fail(directory.db(), app.clock.now()).await?;
            ("password", invalid_credentials())
        }
    };
    let (reason, problem) = refused;
    note_sign_in(directory.db(), app, origin, &SignIn::Failed { user: found.user, email, reason, factor: Factor::Password }).await?;
    // For nobody too: an address that nobody has takes no less time.
    suspicion::after_failure(directory.db(), app, origin, found.user.unwrap_or_default()).await?;
    directory.commit().await?;
    Err(problem.into())
}

async fn switch(caller: SignedIn, wanted: TenantId) -> Result<Response> {
    let SignedIn { app, session, origin, claim } = caller;
    let mut directory = Directory::open(&app, Some(wanted), claim).await?;
    let tenants = store::tenants(directory.db(), session.user_id).await?;
    let summary = tenants.iter().find(|summary| summary.id == wanted.0).ok_or_else(Problem::not_found)?;
    if summary.status != "active" {
        return Err(Problem::conflict("tenant_inactive", "This workspace is not active, so it cannot be entered.").into());
    }
    check_second_factor(directory.db(), &session, wanted).await?;
    let remembered = store::is_remembered(directory.db(), session.id).await?;
    policy::store::hold(directory.db(), wanted).await?;
    store::end(directory.db(), session.user_id, session.id, app.clock.now()).await?;
    let new = NewSession::continued(&session, Some(wanted), remembered);
    let opened = open(directory.db(), &app, &origin, None, &new).await?;
    let entered = SignIn::Entered { user: session.user_id, tenant: wanted, session: opened.session.id, factors: &new.factors };
    note_sign_in(directory.db(), &app, &origin, &entered).await?;
    let answer = answer(directory.db(), &app, &origin, StatusCode::OK, &opened).await?;
    directory.commit_with(answer).await
}

/// Before a session goes on in that tenant: a remembered browser stood for the second factor in another one, so it is asked for
/// now, as a sign-in there would.
///
/// # Errors
/// `step_up_required`.
pub async fn check_second_factor(db: &mut PgConnection, session: &Session, wanted: TenantId) -> Result<()> {
    let by_device = session.factors.contains(&Factor::Device) && !session.factors.iter().any(|factor| factor.is_second());
    if by_device && session.tenant != Some(wanted) && !second_factors::store::methods(db, session.user_id).await?.is_empty() {
        return Err(step_up_required().into());
    }
    Ok(())
}

async fn end_one(caller: &SignedIn, id: Uuid) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    // Ending this one is signing out.
    if id != session.id {
        session.check_fresh(app.clock.now())?;
    }
    let mut directory = Directory::open(app, None, None).await?;
    if !store::end(directory.db(), session.user_id, id, app.clock.now()).await? {
        return Err(Problem::not_found().into());
    }
    revoke_of_session(directory.db(), id, app.clock.now()).await?;
    let event = SecurityEvent { user: session.user_id, event: "session_ended", severity: "low", details: json!({ "session_id": id }) };
    note_security_event(directory.db(), app, origin, &event).await?;
    directory.commit().await
}

async fn end_others(caller: &SignedIn) -> Result<()> {
    let SignedIn { app, session, origin, .. } = caller;
    session.check_fresh(app.clock.now())?;
    let mut directory = Directory::open(app, None, None).await?;
    let ended = store::end_all(directory.db(), session.user_id, Some(session.id), app.clock.now()).await?;
    // Whoever wants to be signed out everywhere else wants no app left that somebody else connected there.
    revoke_elsewhere(directory.db(), session.user_id, session.id, app.clock.now()).await?;
    let event = SecurityEvent { user: session.user_id, event: "other_sessions_ended", severity: "low", details: json!({ "count": ended }) };
    note_security_event(directory.db(), app, origin, &event).await?;
    directory.commit().await
}
