//! What a draft of the policy would have done: the last 90 days of sign-ins, played again under it.

use std::collections::{BTreeMap, VecDeque};

use platform::Allow;
use platform::error::Result;
use platform::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::http::SecurityManage;
use super::{DAY, SecurityPolicy, SessionPolicy, WhenExceeded, store};
use crate::activity;

const DAYS: i64 = 90;
/// So many are read at once.
const BATCH: i64 = 5_000;

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
    /// Sign-ins whose sessions are forgotten by now, so that the cap and the end of sessions could not be played for them.
    pub sessions_unknown: usize,
    /// What the history cannot tell about this draft.
    pub limits: Vec<SimulationLimit>,
}

/// What is not kept, and so not played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SimulationLimit {
    /// When a session was used between its first and its last time: one that the time-out would have ended meanwhile counts as open.
    UseBetween,
    /// From where a session was used after it began.
    MovedSessions,
    /// From where and how often programs' tokens were used.
    Tokens,
    /// Sessions that ended a month ago or longer, with the sign-ins of then.
    ForgottenSessions,
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
    /// Sign-ins while as many sessions were open as the draft allows, where it denies more.
    pub by_session_cap: usize,
    /// Sessions that were used after the draft would have ended them.
    pub ended_sooner: usize,
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
    let may_change = store::may_change(&mut *db, tenant, None).await?;
    let rules = policy.addresses.rules();
    let mut members: BTreeMap<Uuid, (StoppedMember, u16, Option<Timestamp>, Vec<Timestamp>)> = BTreeMap::new();
    let SessionPolicy { max_concurrent, when_exceeded, timeout_seconds, extend_on_activity } = policy.session;
    let cap = max_concurrent.filter(|_| when_exceeded == WhenExceeded::Deny).map(usize::from);
    let timeout = timeout_seconds.map(i64::from);
    let (mut sign_ins, mut sessions_unknown, mut queue) = (0, 0, VecDeque::new());
    let (mut after, mut is_last) = (None, false);
    // Oldest first, as grace is used up; batch by batch, so that a long history is not held at once.
    loop {
        if queue.is_empty() && !is_last {
            let batch = store::past_sign_ins(&mut *db, tenant, since, after, BATCH).await?;
            is_last = (batch.len() as i64) < BATCH;
            after = batch.last().map(|entry| (entry.at, entry.id));
            queue.extend(batch);
        }
        let Some(entry) = queue.pop_front() else { break };
        sign_ins += 1;
        let (member, logins, started, open) = members.entry(entry.user_id).or_insert_with(|| {
            let member = StoppedMember {
                user_id: entry.user_id,
                name: entry.name,
                email: entry.email,
                sign_ins: 0,
                by_address: 0,
                by_way_in: 0,
                by_second_factor: 0,
                by_session_cap: 0,
                ended_sooner: 0,
                has_second_factor: entry.has_second,
                last_stopped_at: entry.at,
            };
            (member, 0, None, Vec::new())
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
        open.retain(|ends_at| *ends_at > entry.at);
        let over_cap = !from_elsewhere && !by_way_in && !without_factor && cap.is_some_and(|most| open.len() >= most);
        let was_in = !(from_elsewhere || by_way_in || without_factor || over_cap);
        let mut sooner = false;
        match (entry.ends_at, entry.last_seen_at) {
            (Some(ends_at), Some(last_seen)) if was_in => {
                let counted_from = if extend_on_activity { last_seen } else { entry.at };
                let drafted = timeout.map_or(ends_at, |seconds| ends_at.min(counted_from.plus_seconds(seconds)));
                sooner = drafted < last_seen;
                open.push(drafted);
            }
            (Some(_), Some(_)) => {}
            _ => sessions_unknown += 1,
        }
        member.by_address += usize::from(from_elsewhere);
        member.by_way_in += usize::from(by_way_in);
        member.by_second_factor += usize::from(without_factor);
        member.by_session_cap += usize::from(over_cap);
        member.ended_sooner += usize::from(sooner);
        if !was_in || sooner {
            member.last_stopped_at = entry.at;
        }
    }
    let count = members.len();
    let times = |member: &StoppedMember| {
        member.by_address + member.by_way_in + member.by_second_factor + member.by_session_cap + member.ended_sooner
    };
    let mut stopped: Vec<_> = members.into_values().map(|(member, ..)| member).filter(|member| times(member) > 0).collect();
    stopped.sort_by_key(|member| std::cmp::Reverse(times(member)));
    let stopped_members = stopped.len();
    stopped.truncate(200);
    let about_sessions = cap.is_some() || timeout.is_some();
    let limits = [
        (timeout.is_some() && extend_on_activity, SimulationLimit::UseBetween),
        (rules.is_some(), SimulationLimit::MovedSessions),
        (rules.is_some() || policy.two_factor.required, SimulationLimit::Tokens),
        (about_sessions && sessions_unknown > 0, SimulationLimit::ForgottenSessions),
    ];
    let limits = limits.into_iter().filter_map(|(holds, limit)| holds.then_some(limit)).collect();
    Ok(Simulation { sign_ins, members: count, stopped, stopped_members, sessions_unknown, limits })
}
