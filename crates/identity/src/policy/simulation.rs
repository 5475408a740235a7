//! What a draft of the policy would have done: the last 90 days of sign-ins, played again under it.

use std::collections::BTreeMap;

use platform::Allow;
use platform::error::Result;
use platform::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::http::SecurityManage;
use super::{DAY, SecurityPolicy, store};
use crate::activity;

const DAYS: i64 = 90;
/// The newest are played; more would tell no more.
const MOST: i64 = 50_000;

/// What would have happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Simulation {
    /// Sign-ins of the last 90 days that were played again.
    pub sign_ins: usize,
    pub members: usize,
    /// Who would have been stopped, the most often first; at most 200.
    pub stopped: Vec<StoppedMember>,
    /// Members who would have been stopped, shown or not.
    pub stopped_members: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StoppedMember {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    /// Of this member, in those days.
    pub sign_ins: usize,
    /// Sign-ins from addresses that are not allowed.
    pub by_address: usize,
    /// Sign-ins in a way that is not taken.
    pub by_way_in: usize,
    /// Sign-ins without a second factor after grace was used up.
    pub by_second_factor: usize,
    /// Whether a second factor is set up by now, so that the next sign-in would pass.
    pub has_second_factor: bool,
    pub last_stopped_at: Timestamp,
}

pub async fn run(ctx: &mut Allow<SecurityManage>, policy: SecurityPolicy) -> Result<Simulation> {
    let policy = policy.checked()?;
    let (now, tenant) = (ctx.now(), ctx.tenant);
    let since = now.plus_seconds(-DAYS * DAY);
    let db = ctx.db().await?;
    super::check_roles(&mut *db, tenant, &policy).await?;
    let exempt = store::members_with(&mut *db, tenant, &policy.two_factor.exempt_role_ids).await?;
    let past = store::past_sign_ins(&mut *db, tenant, since, MOST).await?;
    let may_change = store::may_change(db, tenant, None).await?;
    let rules = policy.addresses.rules();
    let mut members: BTreeMap<Uuid, (StoppedMember, u16, Option<Timestamp>)> = BTreeMap::new();
    let sign_ins = past.len();
    // Oldest first, as grace is used up.
    for entry in past.into_iter().rev() {
        let (member, logins, started) = members.entry(entry.user_id).or_insert_with(|| {
            let member = StoppedMember {
                user_id: entry.user_id,
                name: entry.name,
                email: entry.email,
                sign_ins: 0,
                by_address: 0,
                by_way_in: 0,
                by_second_factor: 0,
                has_second_factor: entry.has_second,
                last_stopped_at: entry.at,
            };
            (member, 0, None)
        });
        member.sign_ins += 1;
        let from_elsewhere = rules.as_ref().is_some_and(|rules| !rules.admits(entry.ip_address.map(|net| net.addr())));
        let factors = activity::factors(&entry.method);
        let by_way_in = !from_elsewhere && policy.refuses(&factors, may_change.contains(&entry.user_id)).is_some();
        // The date of enforcement lies ahead of what is played; the draft is played as if it were in force.
        let is_due = policy.two_factor.required && !policy.is_second(&factors) && !exempt.contains(&entry.user_id);
        let mut without_factor = false;
        if is_due && !from_elsewhere && !by_way_in {
            let began = *started.get_or_insert(entry.at);
            let in_time = began.plus_seconds(i64::from(policy.two_factor.grace_days) * DAY) > entry.at;
            without_factor = !in_time || *logins >= policy.two_factor.grace_logins;
            *logins = logins.saturating_add(1);
        }
        member.by_address += usize::from(from_elsewhere);
        member.by_way_in += usize::from(by_way_in);
        member.by_second_factor += usize::from(without_factor);
        if from_elsewhere || by_way_in || without_factor {
            member.last_stopped_at = entry.at;
        }
    }
    let count = members.len();
    let times = |member: &StoppedMember| member.by_address + member.by_way_in + member.by_second_factor;
    let mut stopped: Vec<_> = members.into_values().map(|(member, ..)| member).filter(|member| times(member) > 0).collect();
    stopped.sort_by_key(|member| std::cmp::Reverse(times(member)));
    let stopped_members = stopped.len();
    stopped.truncate(200);
    Ok(Simulation { sign_ins, members: count, stopped, stopped_members })
}
