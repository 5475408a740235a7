//! What the engine says about a scenario, in the file's words.

use std::collections::BTreeMap;

use platform::time::{Date, Timestamp};
use serde::Serialize;

use super::{BusyKind, Question, Unsound};
use crate::slots::{self, EventSettings, Limit, Reason, assign, explain, find};

/// The slots, and what keeps the other moments from being offered.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub slots: Vec<Slot>,
    /// For each moment on the slot interval from `from` on that is not offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Vec<Why>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
    pub duration_minutes: u32,
    /// As the viewer's clock shows it.
    pub local_start: String,
    /// Who is free, or holds the session.
    pub organizers: Vec<String>,
    /// Who would be given the booking.
    pub assigned: Vec<String>,
    /// Which rooms are free.
    pub rooms: Vec<String>,
    pub seats_left: u32,
    pub session: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Why {
    pub start: Timestamp,
    pub duration_minutes: u32,
    /// Whoever holds it.
    pub event_type: Vec<Told>,
    /// By name; empty for those who are free.
    pub organizers: BTreeMap<String, Vec<Told>>,
    pub rooms: BTreeMap<String, Vec<Told>>,
}

/// A [`Reason`] in the file's words.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Told {
    Past,
    Notice { earliest: Timestamp },
    NotYet { first: Date },
    Horizon { last: Date },
    ReasonableHours,
    OutsideHours { date: Date },
    Override { date: Date },
    WindowEnds { end: Timestamp },
    OffGrid { before: Option<Timestamp>, after: Option<Timestamp> },
    Busy { kind: BusyKind, id: String },
    SessionFull { id: String },
    Buffer { kind: BusyKind, id: String },
    MinimumGap { kind: BusyKind, id: String },
    Limit { limit: Limit, first: Date, taken: u32 },
}

/// Runs the engine.
///
/// # Errors
/// What of the scenario makes no sense.
pub fn answer(question: &Question, with_reasons: bool) -> Result<Answer, Unsound> {
    let mut slots = Vec::new();
    let mut why = Vec::new();
    for event in &question.events {
        let offered = listed(question, event)?;
        if with_reasons {
            why.extend(reasons(question, event, &offered)?);
        }
        slots.extend(offered);
    }
    slots.sort_by_key(|slot| (slot.start, slot.duration_minutes));
    Ok(Answer { slots, why: with_reasons.then_some(why) })
}

fn listed(question: &Question, event: &EventSettings) -> Result<Vec<Slot>, Unsound> {
    let query = question.query(event);
    let found = find(&query)?;
    let names = |bits: slots::Bits<'_>, names: &[String]| bits.iter().map(|index| names[index].clone()).collect();
    let one = |(index, slot): (usize, &slots::Slot)| {
        let free = found.organizers(index);
        let start = Timestamp::from_second(slot.start);
        let turn = || assign(&question.organizers, &question.turns, &question.past, question.assignment, free, query.needed);
        let assigned = if slot.session.is_some() { free.iter().collect() } else { turn() };
        Slot {
            start,
            end: Timestamp::from_second(slot.end),
            duration_minutes: event.duration_minutes,
            local_start: start.in_zone(&question.viewer).to_string(),
            organizers: names(free, &question.names),
            assigned: assigned.into_iter().map(|index| question.names[index].clone()).collect(),
            rooms: names(found.rooms(index), &question.room_names),
            seats_left: slot.seats_left,
            session: slot.session.map(|id| question.name_of(id)),
        }
    };
    Ok(found.slots().iter().enumerate().map(one).collect())
}

fn reasons(question: &Question, event: &EventSettings, offered: &[Slot]) -> Result<Vec<Why>, Unsound> {
    let query = question.query(event);
    let step = usize::try_from(event.interval_minutes).unwrap_or(usize::MAX).saturating_mul(60);
    let is_offered = |start: &i64| offered.binary_search_by_key(start, |slot| slot.start.as_second()).is_ok();
    let mut why = Vec::new();
    for start in (query.range.start..query.range.end).step_by(step).filter(|start| !is_offered(start)) {
        let explained = explain(&query, start)?;
        let told = |reasons: &[Reason]| reasons.iter().map(|reason| told(question, *reason)).collect::<Vec<_>>();
        let named = |names: &[String], lists: &[Vec<Reason>]| names.iter().cloned().zip(lists.iter().map(|list| told(list))).collect();
        why.push(Why {
            start: Timestamp::from_second(start),
            duration_minutes: event.duration_minutes,
            event_type: told(&explained.event),
            organizers: named(&question.names, &explained.organizers),
            rooms: named(&question.room_names, &explained.rooms),
        });
    }
    Ok(why)
}

fn told(question: &Question, reason: Reason) -> Told {
    let kind_of = |kind| match kind {
        slots::BusyKind::Booking => BusyKind::Booking,
        slots::BusyKind::Hold => BusyKind::Hold,
        slots::BusyKind::Block => BusyKind::Block,
        slots::BusyKind::Away => BusyKind::Away,
        slots::BusyKind::NotNeeded => BusyKind::NotNeeded,
        slots::BusyKind::External => BusyKind::External,
    };
    match reason {
        Reason::Past => Told::Past,
        Reason::Notice { earliest } => Told::Notice { earliest: Timestamp::from_second(earliest) },
        Reason::NotYet { first } => Told::NotYet { first: Date(first) },
        Reason::Horizon { last } => Told::Horizon { last: Date(last) },
        Reason::ReasonableHours => Told::ReasonableHours,
        Reason::OutsideHours { date } => Told::OutsideHours { date: Date(date) },
        Reason::Override { date } => Told::Override { date: Date(date) },
        Reason::WindowEnds { end } => Told::WindowEnds { end: Timestamp::from_second(end) },
        Reason::OffGrid { before, after } => {
            Told::OffGrid { before: before.map(Timestamp::from_second), after: after.map(Timestamp::from_second) }
        }
        Reason::Busy { kind, id } => Told::Busy { kind: kind_of(kind), id: question.name_of(id) },
        Reason::SessionFull { id } => Told::SessionFull { id: question.name_of(id) },
        Reason::Buffer { kind, id } => Told::Buffer { kind: kind_of(kind), id: question.name_of(id) },
        Reason::MinimumGap { kind, id } => Told::MinimumGap { kind: kind_of(kind), id: question.name_of(id) },
        Reason::Limit { limit, first, taken } => Told::Limit { limit, first: Date(first), taken },
    }
}
