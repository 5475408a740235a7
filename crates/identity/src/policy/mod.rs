//! A workspace's security policy: how many sessions and for how long, who needs a second factor and from when, and from which
//! addresses. It holds for whoever acts in that workspace, by session or by token, from the moment it is saved.

pub mod http;
pub mod simulation;
pub mod store;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use platform::audit::Change;
use platform::auth::{AddressRules, Factor, Gate, Session, WayRefused};
use platform::error::{Problem, Result};
use platform::etag::IfMatch;
use platform::ipnet::{IpNet, Ipv4Net};
use platform::text::Checks;
use platform::time::Timestamp;
use platform::{Allow, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::oauth::tokens::store::{revoke_of_session, revoke_of_sessions};
use crate::{company, sessions};

const DAY: i64 = 24 * 3600;

/// What holds for whoever acts in the workspace. What is left out is not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityPolicy {
    pub session: SessionPolicy,
    pub sign_in: SignInPolicy,
    pub two_factor: TwoFactorPolicy,
    pub addresses: AddressPolicy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionPolicy {
    /// Sessions of one member at once; null for any number.
    #[schema(minimum = 1, maximum = 100)]
    pub max_concurrent: Option<u16>,
    /// What happens to one more.
    pub when_exceeded: WhenExceeded,
    /// Seconds after which a session that is not used ends; null for the instance's twelve hours, or 30 days where remembered.
    #[schema(minimum = 300, maximum = 2_592_000)]
    pub timeout_seconds: Option<u32>,
    /// Whether use begins that time anew; without it, it ends however much it is used.
    pub extend_on_activity: bool,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { max_concurrent: None, when_exceeded: WhenExceeded::EndOldest, timeout_seconds: None, extend_on_activity: true }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignInPolicy {
    /// Whether members who signed in by a link in a mail may act here.
    pub mail_links_allowed: bool,
    /// Whether members have to come by the workspace's own provider. Those who may change this policy may always come as they do,
    /// so that there is a way back in when the provider is down.
    pub company_only: bool,
    /// Whether coming by the workspace's own provider counts as a second factor, since it asks for one itself.
    pub company_is_second_factor: bool,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self { mail_links_allowed: true, company_only: false, company_is_second_factor: false }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenExceeded {
    /// The sign-in is refused.
    Deny,
    /// The session that was used least recently ends.
    #[default]
    EndOldest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TwoFactorPolicy {
    /// Whether members need a second factor here.
    pub required: bool,
    /// From when; null for at once.
    pub enforced_from: Option<Timestamp>,
    /// Times that a member may still enter without one, within the days of grace.
    #[schema(maximum = 20)]
    pub grace_logins: u16,
    /// Days from the first such time. Grace ends with whichever is used up first.
    #[schema(maximum = 90)]
    pub grace_days: u16,
    /// Whether recovery codes count as a second factor here.
    pub backup_codes_allowed: bool,
    /// Whether a device may be remembered in place of the second factor, for 30 days.
    pub remember_devices_allowed: bool,
    /// Roles whose members need none.
    #[schema(max_items = 50)]
    pub exempt_role_ids: Vec<Uuid>,
}

impl Default for TwoFactorPolicy {
    fn default() -> Self {
        Self {
            required: false,
            enforced_from: None,
            grace_logins: 3,
            grace_days: 7,
            backup_codes_allowed: true,
            remember_devices_allowed: false,
            exempt_role_ids: Vec::new(),
        }
    }
}

impl TwoFactorPolicy {
    /// Until when grace lasts for a member's tokens, which use none of it up: until its logins are spent or its days are over,
    /// whichever comes first.
    pub fn grace_of_tokens(&self, started: Option<Timestamp>, logins_used: Option<i32>) -> Option<Timestamp> {
        let is_left = logins_used.is_some_and(|used| used < i32::from(self.grace_logins));
        started.filter(|_| is_left).map(|at| at.plus_seconds(i64::from(self.grace_days) * DAY))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AddressPolicy {
    /// Addresses and ranges (CIDR) from which members may act; none for any.
    #[schema(max_items = 200)]
    pub allowed: Vec<String>,
    /// Those from which nobody may, even where they are allowed.
    #[schema(max_items = 200)]
    pub blocked: Vec<String>,
}

/// An address or a range, IPv4 where it is an IPv4-mapped one. Nothing but the plain forms is taken: no octal digits, no zones.
fn network(text: &str) -> Option<IpNet> {
    let net = match text.trim().parse::<IpNet>() {
        Ok(net) => net.trunc(),
        Err(_) => IpNet::from(text.trim().parse::<IpAddr>().ok()?),
    };
    Some(match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => IpNet::V4(Ipv4Net::new(v4, v6.prefix_len() - 96).ok()?),
            None => IpNet::V6(v6),
        },
        other => other,
    })
}

impl AddressPolicy {
    /// None where any address will do.
    fn rules(&self) -> Option<AddressRules> {
        let nets = |texts: &[String]| texts.iter().filter_map(|text| network(text)).collect::<Vec<_>>();
        let rules = AddressRules { allowed: nets(&self.allowed), blocked: nets(&self.blocked) };
        (!rules.allowed.is_empty() || !rules.blocked.is_empty()).then_some(rules)
    }
}

/// How a member stands to what the policy asks.
pub struct Standing<'a> {
    /// What was shown to sign in; none for a token, which stands for a sign-in of another time, and for support.
    pub factors: Option<&'a [Factor]>,
    /// Whether he or she may change the policy.
    pub may_change: bool,
    pub is_exempt: bool,
    /// Whether enough was shown: by the session, or for a token by what its user has set up.
    pub has_second: bool,
    /// When grace ends, where it was granted.
    pub grace_until: Option<Timestamp>,
}

impl SecurityPolicy {
    fn checked(mut self) -> Result<Self, Problem> {
        let mut checks = Checks::new();
        let SessionPolicy { max_concurrent, timeout_seconds, .. } = self.session;
        if max_concurrent.is_some_and(|most| !(1..=100).contains(&most)) {
            checks.add("session.max_concurrent", "out_of_range", "must be between 1 and 100");
        }
        if timeout_seconds.is_some_and(|seconds| !(300..=2_592_000).contains(&seconds)) {
            checks.add("session.timeout_seconds", "out_of_range", "must be between 5 minutes and 30 days");
        }
        if self.two_factor.grace_logins > 20 {
            checks.add("two_factor.grace_logins", "out_of_range", "may be at most 20");
        }
        if self.two_factor.grace_days > 90 {
            checks.add("two_factor.grace_days", "out_of_range", "may be at most 90");
        }
        if self.two_factor.exempt_role_ids.len() > 50 {
            checks.add("two_factor.exempt_role_ids", "too_many", "may name at most 50 roles");
        }
        for (field, list) in [("addresses.allowed", &mut self.addresses.allowed), ("addresses.blocked", &mut self.addresses.blocked)] {
            if list.len() > 200 {
                checks.add(field, "too_many", "may hold at most 200");
            }
            for (number, text) in list.iter_mut().enumerate() {
                match network(text) {
                    Some(net) if net.prefix_len() == net.max_prefix_len() => *text = net.addr().to_string(),
                    Some(net) => *text = net.to_string(),
                    None => {
                        checks.add(&format!("{field}.{number}"), "invalid", "is no address or range such as 203.0.113.7 or 2001:db8::/32")
                    }
                }
            }
        }
        checks.done()?;
        Ok(self)
    }

    /// Whether these factors are two.
    pub fn is_second(&self, factors: &[Factor]) -> bool {
        factors.iter().any(|factor| match factor {
            Factor::RecoveryCode => self.two_factor.backup_codes_allowed,
            Factor::Device => self.two_factor.remember_devices_allowed,
            Factor::Company => self.sign_in.company_is_second_factor,
            other => other.is_second(),
        })
    }

    /// What stands between somebody and the workspace.
    pub fn gate(&self, standing: &Standing<'_>) -> Gate {
        let due = self.two_factor.required && !standing.is_exempt && !standing.has_second;
        let from = self.two_factor.enforced_from.unwrap_or(Timestamp::from_second(0));
        Gate {
            second_factor_due: due.then(|| standing.grace_until.map_or(from, |until| until.max(from))),
            addresses: self.addresses.rules().map(Arc::new),
            way_in: standing.factors.and_then(|factors| self.refuses(factors, standing.may_change)),
        }
    }

    /// Why a sign-in with these factors is not enough.
    pub fn refuses(&self, factors: &[Factor], may_change: bool) -> Option<WayRefused> {
        let by_company = factors.contains(&Factor::Company);
        if self.sign_in.company_only && !by_company && !may_change {
            return Some(WayRefused::NotCompany);
        }
        let by_mail_alone = factors.contains(&Factor::MailLink)
            && !by_company
            && !factors.iter().any(|factor| factor.is_first() && *factor != Factor::MailLink);
        (by_mail_alone && !self.sign_in.mail_links_allowed).then_some(WayRefused::MailLink)
    }
}

/// On which terms a session enters a tenant.
#[derive(Default)]
pub struct Admission {
    pub grace_until: Option<Timestamp>,
    /// Seconds unused after which it ends, if before the instance's own.
    pub idle: Option<i64>,
    pub expires_at: Option<Timestamp>,
}

/// Lets a member in on the policy's terms: makes room among the sessions or refuses, and grants grace where a second factor is
/// missing. The connection's transaction is the tenant's; the user's row is locked, so that of two at once each counts the other.
///
/// # Errors
/// 409 `too_many_sessions`; the database's.
pub async fn admit(db: &mut PgConnection, tenant: TenantId, user: Uuid, factors: &[Factor], now: Timestamp) -> Result<Admission> {
    let policy = store::find(&mut *db, tenant).await?.policy;
    if policy == SecurityPolicy::default() {
        return Ok(Admission::default());
    }
    crate::profile::store::lock(&mut *db, user).await?;
    if let Some(most) = policy.session.max_concurrent {
        let open = sessions::store::open_in(&mut *db, user, tenant, now).await?;
        let beyond = (open.len() + 1).saturating_sub(usize::from(most));
        if beyond > 0 && policy.session.when_exceeded == WhenExceeded::Deny {
            let detail = "You are signed in on as many devices as this workspace allows. Sign out on one of them first.";
            return Err(Problem::conflict("too_many_sessions", detail).into());
        }
        for session in open.iter().take(beyond) {
            sessions::store::end(&mut *db, user, *session, now).await?;
            revoke_of_session(&mut *db, *session, now).await?;
        }
    }
    let TwoFactorPolicy { required, enforced_from, grace_logins, grace_days, .. } = policy.two_factor;
    let is_due = required && enforced_from.is_none_or(|from| from <= now) && !policy.is_second(factors);
    let grace_until = if is_due && !store::is_exempt(&mut *db, tenant, user, &policy.two_factor.exempt_role_ids).await? {
        store::use_grace(&mut *db, tenant, user, i32::from(grace_logins), i64::from(grace_days) * DAY, now).await?
    } else {
        None
    };
    let timeout = policy.session.timeout_seconds.map(i64::from);
    Ok(Admission {
        grace_until,
        idle: timeout,
        expires_at: timeout.filter(|_| !policy.session.extend_on_activity).map(|seconds| now.plus_seconds(seconds)),
    })
}

/// Judges a session by the policy of a tenant that is named apart from it, which may be another than the one it acts in, or be
/// closed: as [`Session::admit`] does where it acts. The connection's transaction is that tenant's; without, nobody is exempt.
///
/// # Errors
/// 403 `address_not_allowed` or `second_factor_required`; the database's.
pub async fn check_admitted(
    db: &mut PgConnection,
    tenant: TenantId,
    session: &Session,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Result<(), Problem>> {
    let policy = store::find(&mut *db, tenant).await?.policy;
    let here = store::grace_of(&mut *db, tenant, session.id).await?;
    let mut factors = session.factors.clone();
    if here.is_none() {
        // A browser stands for the factor in one tenant, and grace is had by entering.
        factors.retain(|factor| *factor != Factor::Device);
    }
    let standing = Standing {
        factors: Some(&session.factors),
        may_change: store::may_change(&mut *db, tenant).await?.contains(&session.user_id),
        is_exempt: store::is_exempt(db, tenant, session.user_id, &policy.two_factor.exempt_role_ids).await?,
        has_second: policy.is_second(&factors),
        grace_until: here.flatten(),
    };
    Ok(Session { gate: policy.gate(&standing), ..session.clone() }.admit(address, now))
}

/// A policy with the version to change it by.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentPolicy {
    pub policy: SecurityPolicy,
    pub version: i64,
}

/// Saves the policy, unless it would lock out who saves it.
async fn change(ctx: &mut Allow<http::SecurityManage>, seen: IfMatch, policy: SecurityPolicy) -> Result<CurrentPolicy> {
    let policy = policy.checked()?;
    let (now, tenant, app, ip) = (ctx.now(), ctx.tenant, ctx.app.clone(), ctx.origin.ip);
    let session = ctx.session().ok_or_else(Problem::unauthenticated)?.clone();
    session.check_fresh(now)?;
    let db = ctx.db().await?;
    let before = store::lock(&mut *db, tenant).await?;
    seen.check(before.version)?;
    check_roles(&mut *db, tenant, &policy).await?;
    let is_exempt = store::is_exempt(&mut *db, tenant, session.user_id, &policy.two_factor.exempt_role_ids).await?;
    let has_second = policy.is_second(&session.factors);
    let standing = Standing { factors: Some(&session.factors), may_change: true, is_exempt, has_second, grace_until: None };
    let gate = policy.gate(&standing);
    let own = Session { gate, ..session };
    // The date of enforcement is no way around it: on that day its author would be outside.
    let day = policy.two_factor.enforced_from.map_or(now, |from| from.max(now));
    own.admit(ip, day).map_err(|refusal| locks_you_out(&refusal))?;
    if policy.sign_in.company_only && !company::store::has_enabled(&mut *db, tenant).await? {
        return Err(
            Problem::field("sign_in.company_only", "no_provider", "needs a provider of the workspace's own, added and enabled").into()
        );
    }
    let version = store::save(&mut *db, &policy).await?;
    if policy.two_factor.required && !before.policy.two_factor.required {
        // Who is inside already has the days of grace to set a second factor up.
        store::grant_grace(&mut *db, tenant, now.plus_seconds(i64::from(policy.two_factor.grace_days) * DAY)).await?;
    }
    if before.policy.session != policy.session {
        take_hold(&mut *db, tenant, &policy.session, own.id, now).await?;
    }
    ctx.audit(Change::updated("security_policy.updated", "tenant", tenant.0, json!(before.policy), json!(policy)));
    ctx.commit().await?;
    app.sessions.forget();
    Ok(CurrentPolicy { policy, version })
}

/// Holds the sessions that are open in the tenant to limits that were just saved: their time is cut, and those beyond the cap end,
/// the ones used least recently first. Who saved them is not signed out by the cap.
async fn take_hold(db: &mut PgConnection, tenant: TenantId, limits: &SessionPolicy, own: Uuid, now: Timestamp) -> Result<()> {
    if let Some(seconds) = limits.timeout_seconds {
        sessions::store::shorten(&mut *db, tenant, i64::from(seconds), limits.extend_on_activity).await?;
    }
    if let Some(most) = limits.max_concurrent {
        let ended = sessions::store::end_beyond(&mut *db, tenant, i64::from(most), own, now).await?;
        revoke_of_sessions(db, &ended, now).await?;
    }
    Ok(())
}

/// # Errors
/// 422 for a role that is not of the tenant.
async fn check_roles(db: &mut PgConnection, tenant: TenantId, policy: &SecurityPolicy) -> Result<()> {
    if store::has_roles(db, tenant, &policy.two_factor.exempt_role_ids).await? {
        Ok(())
    } else {
        Err(Problem::field("two_factor.exempt_role_ids", "unknown", "names a role that is not here").into())
    }
}

fn locks_you_out(refusal: &Problem) -> Problem {
    let why = match refusal.code.as_ref() {
        "address_not_allowed" => "Your own address would not be allowed. Add it first.",
        "mail_link_not_allowed" => "You have signed in by a link in a mail yourself. Sign in another way first.",
        _ => "You have shown no second factor yourself. Set one up, sign in with it, then require it of others.",
    };
    Problem::new(StatusCode::CONFLICT, "locks_you_out", why)
}

/// The session of a token's user or a person, with what stands between it and its tenant.
pub fn guarded<'a>(session: Session, policy: Option<SecurityPolicy>, standing: impl FnOnce(&SecurityPolicy) -> Standing<'a>) -> Session {
    match policy {
        Some(policy) => {
            let gate = policy.gate(&standing(&policy));
            Session { gate, ..session }
        }
        None => session,
    }
}

/// Whether a device may be remembered in place of the second factor for that tenant.
///
/// # Errors
/// The database's.
pub async fn allows_devices(db: &mut PgConnection, tenant: Option<TenantId>) -> Result<bool> {
    match tenant {
        Some(tenant) => Ok(store::find(db, tenant).await?.policy.two_factor.remember_devices_allowed),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allowed: &[&str], blocked: &[&str]) -> AddressRules {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        AddressPolicy { allowed: texts(allowed), blocked: texts(blocked) }.rules().expect("rules")
    }

    fn admits(rules: &AddressRules, ip: &str) -> bool {
        rules.admits(Some(ip.parse().expect("an address")))
    }

    #[test]
    fn deny_beats_allow_and_mapped_addresses_are_their_own() {
        let office = rules(&["203.0.113.0/24", "2001:db8::/32"], &["203.0.113.66"]);
        for (ip, is_in) in [
            ("203.0.113.7", true),
            ("::ffff:203.0.113.7", true),
            ("203.0.113.66", false),
            ("::ffff:203.0.113.66", false),
            ("203.0.114.7", false),
            ("2001:db8::7", true),
            ("2001:db9::7", false),
        ] {
            assert_eq!(admits(&office, ip), is_in, "{ip}");
        }
        assert!(!office.admits(None), "an unknown address is none of those allowed");
        let mapped = rules(&["::ffff:203.0.113.0/120"], &[]);
        assert!(admits(&mapped, "203.0.113.7") && !admits(&mapped, "203.0.114.7"));
        let blocked = rules(&[], &["203.0.113.0/24"]);
        assert!(admits(&blocked, "198.51.100.1") && !admits(&blocked, "::ffff:203.0.113.1"));
    }

    #[test]
    fn only_plain_forms_are_networks() {
        for text in
            ["010.0.0.1", "10.1", "0x0a.0.0.1", "fe80::1%eth0", "10.0.0.0/33", "10.0.0.0/8/8", "", "localhost", "١٠.0.0.1", "10.0.0.1:80"]
        {
            assert_eq!(network(text), None, "{text}");
        }
        assert_eq!(network(" 10.1.2.3/8 ").map(|net| net.to_string()).as_deref(), Some("10.0.0.0/8"));
    }

    #[test]
    fn grace_and_date_of_enforcement_move_when_a_second_factor_is_due() {
        let at = Timestamp::from_second;
        let mut policy = SecurityPolicy::default();
        let standing = |grace| Standing { factors: None, may_change: false, is_exempt: false, has_second: false, grace_until: grace };
        assert_eq!(policy.gate(&standing(None)).second_factor_due, None);
        policy.two_factor.required = true;
        assert_eq!(policy.gate(&standing(None)).second_factor_due, Some(at(0)));
        assert_eq!(policy.gate(&standing(Some(at(500)))).second_factor_due, Some(at(500)));
        policy.two_factor.enforced_from = Some(at(900));
        assert_eq!(policy.gate(&standing(Some(at(500)))).second_factor_due, Some(at(900)));
        assert_eq!(policy.gate(&Standing { has_second: true, ..standing(None) }).second_factor_due, None);
        assert_eq!(policy.gate(&Standing { is_exempt: true, ..standing(None) }).second_factor_due, None);
        policy.two_factor.backup_codes_allowed = false;
        assert!(!policy.is_second(&[Factor::Password, Factor::RecoveryCode]) && policy.is_second(&[Factor::Passkey]));
    }

    #[test]
    fn a_way_in_that_is_not_taken_is_refused() {
        use Factor::{Company, MailLink, Passkey, Password, Totp};
        let mut policy = SecurityPolicy::default();
        assert_eq!(policy.refuses(&[MailLink], false), None);
        policy.sign_in.mail_links_allowed = false;
        for (factors, refused) in [
            (&[MailLink][..], true),
            (&[MailLink, Totp], true),
            (&[Password], false),
            (&[MailLink, Password], false),
            (&[MailLink, Passkey], false),
            (&[MailLink, Company], false),
        ] {
            assert_eq!(policy.refuses(factors, true), refused.then_some(WayRefused::MailLink), "{factors:?}");
        }
        policy.sign_in.company_only = true;
        assert_eq!(policy.refuses(&[Password, Totp], false), Some(WayRefused::NotCompany));
        assert_eq!(policy.refuses(&[Password, Totp], true), None, "the way back in");
        assert_eq!(policy.refuses(&[Company], false), None);
        assert!(!policy.is_second(&[Company]));
        policy.sign_in.company_is_second_factor = true;
        assert!(policy.is_second(&[Company]));
    }

    #[test]
    fn what_is_left_out_reads_as_not_restricted() {
        assert_eq!(serde_json::from_str::<SecurityPolicy>("{}").expect("a policy"), SecurityPolicy::default());
        assert!(serde_json::from_str::<SecurityPolicy>(r#"{"sesion":{}}"#).is_err());
    }
}
