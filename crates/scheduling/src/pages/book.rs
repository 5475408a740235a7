//! `/b/{slug}/{event}/book`: the form, and the booking it makes.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::crypto::{Token, sha256};
use platform::ctx::Answer;
use platform::error::FieldError;
use platform::idempotency::Claim;
use platform::time::Timestamp;
use platform::{Ctx, Error, Problem, Result};
use serde::Deserialize;

use super::asked::Asked;
use super::event::{Open, open, panel};
use super::form::Fields;
use super::hold;
use super::links::{href, instant};
use super::picker::zone_of;
use super::texts::Texts;
use super::views::{Audience, BookPage, Field, FieldProblem, Frame, Link, NearestSlot, Notice, page};
use super::visit::{Visit, brand, parse_instant, when};
use crate::availability::{self, Slot};
use crate::bookings::{self, NewBooking, Source};
use crate::event_types::Question;
use crate::event_types::questions::{self, Given};
use crate::holds::{self, Hold};

/// What the form sends; what is missing is blank.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Vec<(String, String)>")]
pub(super) struct BookingForm {
    start: String,
    /// Where nearest times were offered in place of `start`: the time that was gone.
    wanted: String,
    tz: String,
    /// Drawn when the form was shown, so that sending it twice books once. The time is kept under it.
    key: String,
    name: String,
    email: String,
    phone: String,
    notes: String,
    /// To the questions of the event type.
    answers: Given,
}

impl TryFrom<Vec<(String, String)>> for BookingForm {
    type Error = String;

    /// Only the answers to a question may come several times, once for each box that is ticked.
    fn try_from(pairs: Vec<(String, String)>) -> std::result::Result<Self, String> {
        let mut seen = BTreeSet::new();
        match pairs.iter().find(|(name, _)| !name.starts_with("q_") && !seen.insert(name)) {
            Some((name, _)) => Err(format!("the field `{name}` comes twice")),
            None => Ok(Self::read(&pairs)),
        }
    }
}

impl BookingForm {
    /// Of a field that comes twice the first counts: an address that was put together badly still fills in the form.
    fn read(pairs: &[(String, String)]) -> Self {
        let value = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default();
        let mut answers = Given::new();
        for (name, value) in pairs {
            if let Some(key) = name.strip_prefix("q_") {
                answers.entry(key.to_owned()).or_default().push(value.clone());
            }
        }
        Self {
            start: value("start"),
            wanted: value("wanted"),
            tz: value("tz"),
            key: value("key"),
            name: value("name"),
            email: value("email"),
            phone: value("phone"),
            notes: value("notes"),
            answers,
        }
    }
}

/// What there is to say above the form.
#[derive(Default)]
struct Remarks {
    errors: Vec<FieldError>,
    notice: Option<Notice>,
    nearest: Vec<Slot>,
    notes: Vec<String>,
    hold: Option<Hold>,
}

/// The form, empty, with the time kept for its reader; or what is free instead where the time is gone.
pub(super) async fn show(
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let made = async {
        let mut open = match open(&visit, path).await? {
            Ok(open) => open,
            Err(refusal) => return Ok(refusal),
        };
        let Some(start) = visit.params.get("start").and_then(parse_instant) else { return Ok(no_start(&visit, &open)) };
        let mut remarks = Remarks::default();
        let (zone, tz) = zone_of(visit.params.get("tz"), visit.reader.language, &open.offer.owner.timezone, &mut remarks.notes);
        open.offer = open.offer.for_visitor(&zone);
        let key = Token::random().secret.to_string();
        let (hold, taken) = match keep(&visit, &open, start, &zone, &key, &method, &headers).await {
            Ok(hold) => (hold, None),
            Err(Error::Problem(problem)) if problem.code == "slot_taken" => (None, Some(problem)),
            Err(other) => return Err(other),
        };
        let status = if let Some(problem) = taken {
            let t = visit.reader.texts();
            remarks.refuse_time(t, &problem);
            if remarks.nearest.is_empty() {
                let link = Link { href: calendar_href(&visit, &open, None, Some(&tz)), label: t.other_time.to_owned() };
                return Ok(visit.message(409, t.taken_title, t.taken_none.to_owned(), Some(link), false));
            }
            // Nothing was typed yet that could be kept.
            remarks.notice = Some(Notice { title: t.taken_title, text: t.taken_move.to_owned() });
            StatusCode::CONFLICT
        } else {
            StatusCode::OK
        };
        remarks.hold = hold;
        // What the address says of the visitor is filled in, to be seen before it is sent.
        let prefilled = BookingForm::read(visit.params.all());
        let form = BookingForm { start: instant(start), wanted: String::new(), tz, key, ..prefilled };
        let mut response = form_page(&visit, &open, start, &form, remarks, status)?;
        if hold.is_some() {
            hold::remember(&visit, &mut response, &form.key);
        }
        Ok(response)
    };
    visit.answer(made.await)
}

/// Keeps the time for the reader of the form. Without a hold it is free all the same: too many are kept, or nobody looks at the page.
///
/// # Errors
/// 409 `slot_taken` with the nearest free slots.
async fn keep(
    visit: &Visit,
    open: &Open,
    start: Timestamp,
    zone: &jiff::tz::TimeZone,
    key: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Hold>> {
    let mut ctx = visit.ctx(open.tenant, None);
    let before = hold::presented(headers);
    if hold::is_looked_at(method, headers) {
        let hold = holds::make(&mut ctx, open.which(), (start, zone), before.as_deref(), key).await?;
        ctx.commit().await?;
        if hold.is_some() {
            return Ok(hold);
        }
    }
    let own = match before {
        Some(secret) => holds::find(&mut ctx, &secret).await?,
        None => None,
    };
    let own = own.map(|hold| hold.id);
    let slots = availability::slots_of(&mut ctx, &open.offer, start, start.plus_seconds(1), own).await?;
    if slots.iter().any(|slot| slot.start == start) {
        return Ok(None);
    }
    Err(availability::taken(&mut ctx, &open.offer, start, own).await?.into())
}

fn no_start(visit: &Visit, open: &Open) -> Response {
    let t = visit.reader.texts();
    let link = Link { href: calendar_href(visit, open, None, visit.params.get("tz")), label: t.other_time.to_owned() };
    visit.message(422, t.no_start, String::new(), Some(link), false)
}

/// None of the times that were offered was chosen: the form again, with those that are free now.
async fn not_chosen(visit: &Visit, open: &Open, mut form: BookingForm) -> Result<Response> {
    let Some(wanted) = parse_instant(&form.wanted) else { return Ok(no_start(visit, open)) };
    let t = visit.reader.texts();
    let mut remarks = Remarks::default();
    (_, form.tz) = zone_of(Some(&form.tz), visit.reader.language, &open.offer.owner.timezone, &mut remarks.notes);
    let taken = availability::taken(&mut visit.ctx(open.tenant, None), &open.offer, wanted, None).await?;
    remarks.refuse_time(t, &taken);
    remarks.notice = Some(Notice { title: t.no_start, text: t.taken.to_owned() });
    form_page(visit, open, wanted, &form, remarks, StatusCode::UNPROCESSABLE_ENTITY)
}

/// Books, and sends the visitor on to the booking's page.
pub(super) async fn submit(
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    form: Result<Fields<BookingForm>, Problem>,
) -> Response {
    let made = async {
        let Fields(form) = form?;
        let open = match open(&visit, path).await? {
            Ok(open) => open,
            Err(refusal) => return Ok(refusal),
        };
        let Some(start) = parse_instant(&form.start) else { return not_chosen(&visit, &open, form).await };
        match book(&visit, &open, start, &form, &headers).await {
            Ok(path) => Ok(visit.see_other(&path)),
            Err(error) => refused(&visit, &open, start, form, error).await,
        }
    };
    visit.answer(made.await)
}

/// The path of the booking's page.
async fn book(visit: &Visit, open: &Open, start: Timestamp, form: &BookingForm, headers: &HeaderMap) -> Result<String> {
    let given = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let new = NewBooking {
        start,
        name: form.name.clone(),
        email: form.email.clone(),
        phone: given(&form.phone),
        timezone: form.tz.clone(),
        locale: Some(visit.reader.language.tag().to_owned()),
        notes: given(&form.notes),
        // A question that was taken away while the form was filled in is no fault of the visitor.
        answers: form.answers_to(&open.offer.questions),
        source: Source::Page,
        // That of a form in another tab too, which the same person has left.
        holds: [form.key.clone()].into_iter().chain(hold::presented(headers)).collect(),
    };
    let mut ctx = visit.ctx(open.tenant, form.claim(open));
    let path = match bookings::create(&mut ctx, open.which(), new).await {
        // The path is a secret: the body is stored sealed, a header would not be.
        Ok(booked) => {
            let path = format!("/b/m/{}", booked.token).into_bytes();
            ctx.commit_with(Answer { status: StatusCode::SEE_OTHER, headers: HeaderMap::new(), body: path.clone() }).await?;
            path
        }
        Err(Error::Replay(answer)) => answer.body,
        Err(other) => return Err(other),
    };
    String::from_utf8(path).map_err(Error::internal)
}

impl BookingForm {
    fn answers_to(&self, questions: &[Question]) -> Given {
        let known = |key: &String| questions.iter().any(|question| question.key == *key);
        self.answers.iter().filter(|(key, _)| known(key)).map(|(key, values)| (key.clone(), values.clone())).collect()
    }

    /// The same form sent twice is one request. A changed one is another, though its key is the same: who goes back and
    /// corrects the address is not refused.
    fn claim(&self, open: &Open) -> Option<Claim> {
        let answers = self.answers.iter().flat_map(|(key, values)| std::iter::once(key).chain(values));
        let typed = [&self.start, &self.tz, &self.name, &self.email, &self.phone, &self.notes];
        let typed: Vec<_> = typed.into_iter().chain(answers).map(|text| text.replace('\0', " ")).collect();
        let hash = sha256(typed.join("\0").as_bytes());
        hold::is_well_formed(&self.key).then(|| Claim {
            route: format!("POST /b/{}/{}/book", open.offer.owner.slug, open.offer.slug),
            key: format!("{}.{}", self.key, hex::encode(&hash[..16])),
            request_hash: hash,
            actor: "-".to_owned(),
        })
    }
}

/// The form again, with all that was typed and what is wrong.
async fn refused(visit: &Visit, open: &Open, start: Timestamp, mut form: BookingForm, error: Error) -> Result<Response> {
    let problem = match error.into_problem() {
        Ok(problem) => problem,
        Err(answer) => return Ok(answer.into_response()),
    };
    let t = visit.reader.texts();
    let mut remarks = Remarks { errors: problem.errors.clone(), ..Remarks::default() };
    if problem.code == "validation_failed" {
        // All at once: the operation stops at the fields that every booking has.
        let more = questions::answered(&open.offer.questions, &form.answers_to(&open.offer.questions), true).err();
        let more = more.into_iter().flat_map(|problem| problem.errors);
        remarks.errors.extend(more.filter(|error| problem.errors.iter().all(|known| known.field != error.field)));
    }
    (_, form.tz) = zone_of(Some(&form.tz), visit.reader.language, &open.offer.owner.timezone, &mut remarks.notes);
    match problem.code.as_ref() {
        "slot_taken" => remarks.refuse_time(t, &problem),
        "validation_failed" => {
            if remarks.errors.iter().any(|error| error.field == "start") {
                let mut ctx: Ctx = visit.ctx(open.tenant, None);
                let taken = availability::taken(&mut ctx, &open.offer, start, None).await?;
                remarks.refuse_time(t, &taken);
            }
        }
        "rate_limited" => remarks.notice = Some(Notice { title: t.busy_title, text: (t.rate_limited)(problem.retry_after.unwrap_or(1)) }),
        "overloaded" | "unknown_outcome" | "request_under_way" => {
            remarks.notice = Some(Notice { title: t.busy_title, text: t.overloaded.to_owned() })
        }
        _ => return Ok(visit.refusal(problem)),
    }
    remarks.hold = holds::find(&mut visit.ctx(open.tenant, None), &form.key).await?.filter(|hold| hold.start == start);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut response = form_page(visit, open, start, &form, remarks, status)?;
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(problem);
    Ok(response)
}

impl Remarks {
    fn refuse_time(&mut self, t: &Texts, problem: &Problem) {
        self.nearest = nearest(problem);
        let text = if self.nearest.is_empty() { format!("{} {}", t.taken, t.taken_none) } else { t.taken.to_owned() };
        self.notice = Some(Notice { title: t.taken_title, text });
    }
}

/// The free slots that a `slot_taken` names.
pub(super) fn nearest(problem: &Problem) -> Vec<Slot> {
    let slots = problem.extensions.get("nearest").and_then(|value| value.as_array());
    let instant = |slot: &serde_json::Value, name: &str| slot.get(name)?.as_str()?.parse::<Timestamp>().ok();
    slots.into_iter().flatten().filter_map(|slot| Some(Slot { start: instant(slot, "start")?, end: instant(slot, "end")? })).collect()
}

/// What a field's error says to a visitor.
pub(super) fn explanation(t: &Texts, error: &FieldError) -> &'static str {
    match (error.field.as_str(), error.code) {
        (_, "required") => t.required,
        (_, "too_long") => t.too_long,
        (_, "too_short") => t.too_short,
        ("email", _) => t.invalid_email,
        ("phone", _) => t.invalid_phone,
        ("name", _) => t.invalid_line,
        _ => t.invalid,
    }
}

fn fields(t: &'static Texts, form: &BookingForm, errors: &[FieldError]) -> Vec<Field> {
    let blank = Field {
        id: "",
        label: "",
        kind: "text",
        autocomplete: "off",
        most: 0,
        required: false,
        value: String::new(),
        hint: None,
        error: None,
        first_wrong: false,
    };
    let value = |text: &str| text.to_owned();
    let mut fields = vec![
        Field { id: "name", label: t.name, autocomplete: "name", most: 200, required: true, value: value(&form.name), ..blank.clone() },
        Field {
            id: "email",
            label: t.email,
            kind: "email",
            autocomplete: "email",
            most: 254,
            required: true,
            value: value(&form.email),
            hint: Some(t.email_hint),
            ..blank.clone()
        },
        Field { id: "phone", label: t.phone, kind: "tel", autocomplete: "tel", most: 32, value: value(&form.phone), ..blank.clone() },
        Field { id: "notes", label: t.notes, most: 5000, value: value(&form.notes), hint: Some(t.notes_hint), ..blank },
    ];
    for field in &mut fields {
        field.error = errors.iter().find(|error| error.field == field.id).map(|error| explanation(t, error));
    }
    if let Some(first) = fields.iter_mut().find(|field| field.error.is_some()) {
        first.first_wrong = true;
    }
    fields
}

fn calendar_href(visit: &Visit, open: &Open, date: Option<&str>, tz: Option<&str>) -> String {
    let path = format!("/b/{}/{}", open.offer.owner.slug, open.offer.slug);
    href(&path, &[("date", date), ("tz", tz), ("lang", visit.reader.lang())])
}

fn form_page(visit: &Visit, open: &Open, start: Timestamp, form: &BookingForm, remarks: Remarks, status: StatusCode) -> Result<Response> {
    let (offer, reader) = (&open.offer, visit.reader);
    let (t, language) = (reader.texts(), reader.language);
    let action = format!("/b/{}/{}/book", offer.owner.slug, offer.slug);
    let zone = platform::time::zone(&form.tz).unwrap_or(jiff::tz::TimeZone::UTC);
    let local = start.in_zone(&zone);
    let fields = fields(t, form, &remarks.errors);
    let problems = fields
        .iter()
        .filter_map(|field| Some(FieldProblem { field: field.id.to_owned(), label: field.label.to_owned(), text: field.error? }));
    let questions: Vec<_> = offer.questions.iter().map(|question| Asked::new(t, question, &form.answers, &remarks.errors)).collect();
    let of_questions = questions
        .iter()
        .filter_map(|asked| Some(FieldProblem { field: asked.id(), label: asked.question.label.clone(), text: asked.error? }));
    let problems: Vec<_> = problems.chain(of_questions).collect();
    let title = (t.book_title)(&offer.name, &offer.owner.display_name);
    let title = match (&remarks.notice, problems.is_empty()) {
        (Some(notice), _) => format!("{} – {title}", notice.title),
        (None, false) => format!("{} – {title}", t.errors_title),
        (None, true) => title,
    };
    let written = instant(start);
    let pairs = [("start", Some(written.as_str())), ("tz", Some(form.tz.as_str()))];
    let slot_label = |slot: &Slot| {
        let (from, to) = (slot.start.in_zone(&zone), slot.end.in_zone(&zone));
        NearestSlot { start: instant(slot.start), label: language.page_span(&from, &to) }
    };
    let frame =
        Frame::new(reader, title, brand(&offer.owner.brand_color), &action, &pairs).with_logo(offer.owner.logo_url.clone()).hidden();
    let shown = BookPage {
        frame: frame.with_script(),
        t,
        panel: panel(reader, offer, vec![when(language, start, offer.end_of(start), &form.tz, &offer.owner.timezone)]),
        notes: remarks.notes,
        notice: remarks.notice,
        problems,
        back: calendar_href(visit, open, Some(&local.date().to_string()), Some(&form.tz)),
        action: href(&action, &[("lang", reader.lang())]),
        tz: form.tz.clone(),
        key: form.key.clone(),
        kept: remarks.hold.map(|hold| hold::shown(visit, open, &hold, &form.tz)),
        start: written.clone(),
        nearest: remarks.nearest.iter().map(slot_label).collect(),
        fields,
        questions,
        submit: if offer.requires_confirmation { t.ask_to_book } else { t.book },
    };
    page(status, Audience::OneVisitor, language, &shown)
}

#[cfg(test)]
mod tests {
    use super::super::language::Language;
    use super::*;

    fn error(field: &str, code: &'static str) -> FieldError {
        FieldError { field: field.to_owned(), code, message: String::new() }
    }

    #[test]
    fn each_error_stands_at_its_field_and_the_first_gets_the_focus() {
        let form = BookingForm { name: "Ana".into(), email: "ana@".into(), ..BookingForm::default() };
        for language in Language::ALL {
            let t = language.texts();
            let fields = fields(t, &form, &[error("phone", "invalid"), error("email", "invalid")]);
            let shown: Vec<_> = fields.iter().map(|field| (field.id, field.error, field.first_wrong)).collect();
            assert_eq!(
                shown,
                [
                    ("name", None, false),
                    ("email", Some(t.invalid_email), true),
                    ("phone", Some(t.invalid_phone), false),
                    ("notes", None, false)
                ]
            );
            assert_eq!((fields[0].value.as_str(), fields[1].value.as_str()), ("Ana", "ana@"), "nothing typed is lost");
        }
    }

    #[test]
    fn the_nearest_slots_come_from_the_problem() {
        let slot =
            Slot { start: "2026-11-23T09:00:00Z".parse().expect("an instant"), end: "2026-11-23T09:30:00Z".parse().expect("an instant") };
        assert_eq!(nearest(&Problem::conflict("slot_taken", "").with("nearest", vec![slot])), [slot]);
        assert_eq!(nearest(&Problem::conflict("slot_taken", "")), []);
    }
}
