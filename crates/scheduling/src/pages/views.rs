//! What the templates show, already in the reader's language.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use platform::crypto::sha256;
use platform::{Error, Result};

use super::asked::Asked;
use super::assets;
use super::color::Color;
use super::language::Language;
use super::links::{Params, href};
use super::texts::Texts;
use crate::event_types::LocationType;
use crate::event_types::questions::QuestionKind;

/// Who reads the page: the language, and whether the address asked for it, so that links ask for it too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub language: Language,
    pub explicit: bool,
}

impl Reader {
    pub fn new(params: &Params, headers: &HeaderMap) -> Self {
        let asked = params.get("lang").and_then(Language::of_tag);
        let header =
            || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Language::En, Language::of_header);
        Self { language: asked.unwrap_or_else(header), explicit: asked.is_some() }
    }

    pub fn texts(self) -> &'static Texts {
        self.language.texts()
    }

    /// The value of `lang` in links.
    pub fn lang(self) -> Option<&'static str> {
        self.explicit.then(|| self.language.tag())
    }
}

pub(super) struct Link {
    pub href: String,
    pub label: String,
}

pub(super) struct LanguageLink {
    pub tag: &'static str,
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

/// What stands around every page.
pub(super) struct Frame {
    pub language: Language,
    pub title: String,
    pub brand_href: String,
    /// The address of the workspace's logo.
    pub logo: Option<String>,
    /// Not for search engines, caches or other sites: the page is one person's.
    pub hidden: bool,
    /// Whether the script has something to do here.
    pub has_script: bool,
    pub languages: Vec<LanguageLink>,
}

impl Frame {
    /// `pairs` are what the page's address says besides the language.
    pub fn new(reader: Reader, title: String, brand: Color, path: &str, pairs: &[(&str, Option<&str>)]) -> Self {
        let languages = Language::ALL
            .into_iter()
            .map(|language| {
                let all: Vec<_> = pairs.iter().copied().chain([("lang", Some(language.tag()))]).collect();
                LanguageLink {
                    tag: language.tag(),
                    name: language.own_name(),
                    href: href(path, &all),
                    current: language == reader.language,
                }
            })
            .collect();
        Self {
            language: reader.language,
            title,
            brand_href: assets::brand_href(brand),
            logo: None,
            hidden: false,
            has_script: false,
            languages,
        }
    }

    #[must_use]
    pub fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    #[must_use]
    pub fn with_logo(self, logo: Option<String>) -> Self {
        Self { logo, ..self }
    }

    #[must_use]
    pub fn with_script(self) -> Self {
        Self { has_script: true, ..self }
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    pub fn stylesheet(&self) -> String {
        assets::stylesheet_href()
    }

    #[expect(clippy::unused_self, reason = "called from the template")]
    pub fn script(&self) -> String {
        assets::script_href()
    }
}

pub(super) struct Fact {
    pub label: &'static str,
    pub value: String,
    pub more: Option<String>,
}

/// What is booked with whom: beside the calendar and the form.
pub(super) struct Panel {
    pub organizer: String,
    pub organizer_href: Option<String>,
    pub initials: String,
    pub event: String,
    pub description: String,
    pub facts: Vec<Fact>,
    pub note: Option<&'static str>,
    /// When the organizer is out of office, and who stands in.
    pub absences: Vec<String>,
}

pub(super) enum Cell {
    Blank,
    Taken { day: i8, today: bool },
    Free { day: i8, href: String, label: String, chosen: bool, today: bool },
}

pub(super) struct Head {
    pub short: &'static str,
    pub long: &'static str,
}

pub(super) struct Day {
    pub title: String,
    pub times: Vec<Link>,
}

pub(super) struct ZoneOption {
    pub name: String,
    pub chosen: bool,
    pub spaced: bool,
}

impl ZoneOption {
    /// The name without underscores.
    pub fn words(&self) -> String {
        self.name.replace('_', " ")
    }
}

/// Month, times of a day, and the choice of zone.
pub(super) struct Picker {
    pub notes: Vec<String>,
    pub month: String,
    pub previous: Option<Link>,
    pub next: Option<Link>,
    pub heads: Vec<Head>,
    pub weeks: Vec<Vec<Cell>>,
    pub times_in: String,
    pub day: Option<Day>,
    pub empty: String,
    pub next_free: Option<Link>,
    pub kept: Vec<(&'static str, String)>,
    pub zones: Vec<ZoneOption>,
}

pub(super) struct Card {
    pub href: String,
    pub name: String,
    pub duration: String,
    pub place: &'static str,
    pub description: String,
}

pub(super) struct Notice {
    pub title: &'static str,
    pub text: String,
}

pub(super) struct FieldProblem {
    pub field: String,
    pub label: String,
    pub text: &'static str,
}

#[derive(Clone)]
pub(super) struct Field {
    pub id: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub most: usize,
    pub required: bool,
    pub value: String,
    pub hint: Option<&'static str>,
    pub error: Option<&'static str>,
    pub first_wrong: bool,
}

impl Field {
    /// The ids of what explains the field.
    pub fn described_by(&self) -> Option<String> {
        let ids = [(self.hint.is_some(), "hint"), (self.error.is_some(), "error")];
        let ids: Vec<_> = ids.into_iter().filter(|(shown, _)| *shown).map(|(_, kind)| format!("{}-{kind}", self.id)).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

pub(super) struct NearestSlot {
    pub start: String,
    pub label: String,
}

/// A time that was chosen for a booking that moves.
pub(super) struct Chosen {
    pub start: String,
    pub label: String,
    pub more: Option<String>,
}

/// What the invitee may still do with a booking.
pub(super) struct Change {
    pub reschedule: String,
    pub cancel: String,
    pub hint: String,
    pub open: bool,
    pub reason: String,
    pub error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "pages/organizer.html")]
pub(super) struct OrganizerPage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub name: String,
    pub initials: String,
    pub welcome: String,
    pub events: Vec<Card>,
}

/// Somebody whom one can book, on the page of a workspace's own domain.
pub(super) struct Person {
    pub href: String,
    pub name: String,
    pub initials: String,
    pub welcome: String,
}

#[derive(Template)]
#[template(path = "pages/site.html")]
pub(super) struct SitePage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub name: String,
    pub people: Vec<Person>,
}

#[derive(Template)]
#[template(path = "pages/event.html")]
pub(super) struct EventPage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub panel: Panel,
    pub picker: Picker,
}

/// The time of the form is kept for whoever fills it in.
pub(super) struct Kept {
    pub text: String,
    /// With `{left}` where the script writes minutes and seconds.
    pub left: String,
    pub seconds: i64,
    /// Where the form says that it was left.
    pub release: String,
}

#[derive(Template)]
#[template(path = "pages/book.html")]
pub(super) struct BookPage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub panel: Panel,
    pub notes: Vec<String>,
    pub notice: Option<Notice>,
    pub problems: Vec<FieldProblem>,
    pub action: String,
    pub back: String,
    pub tz: String,
    pub key: String,
    pub kept: Option<Kept>,
    pub start: String,
    pub nearest: Vec<NearestSlot>,
    pub fields: Vec<Field>,
    pub questions: Vec<Asked>,
    pub submit: &'static str,
}

#[derive(Template)]
#[template(path = "pages/manage.html")]
pub(super) struct ManagePage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub mark: &'static str,
    pub sign: &'static str,
    pub heading: &'static str,
    pub lead: String,
    pub reason: Option<String>,
    pub event: String,
    pub facts: Vec<Fact>,
    /// Question and answer.
    pub answers: Vec<(String, String)>,
    pub calendars: Vec<Link>,
    pub change: Option<Change>,
    pub again: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/reschedule.html")]
pub(super) struct ReschedulePage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub panel: Panel,
    pub notice: Option<Notice>,
    pub nearest: Vec<Link>,
    pub chosen: Option<Chosen>,
    pub action: String,
    pub manage: String,
    pub picker: Picker,
}

#[derive(Template)]
#[template(path = "pages/unsubscribe.html")]
pub(super) struct UnsubscribePage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub heading: &'static str,
    pub text: String,
    /// Where the form goes; None once it was sent.
    pub action: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/message.html")]
pub(super) struct MessagePage {
    pub frame: Frame,
    pub t: &'static Texts,
    pub heading: &'static str,
    pub text: String,
    pub link: Option<Link>,
    pub request_id: Option<String>,
}

/// Whether a page may be kept by caches and named to other sites.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    Anybody,
    /// Of one visitor: typed details, or behind a secret link.
    OneVisitor,
}

/// # Errors
/// A template that fails, which is a bug.
pub(super) fn page(status: StatusCode, audience: Audience, language: Language, template: &impl Template) -> Result<Response> {
    let html = template.render().map_err(Error::internal)?;
    let tag = format!("\"{}\"", hex::encode(&sha256(html.as_bytes())[..16]));
    let tag = HeaderValue::from_str(&tag).map_err(Error::internal)?;
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(if audience == Audience::Anybody { "no-cache" } else { "no-store" }));
    if audience == Audience::Anybody && status == StatusCode::OK {
        headers.insert(header::ETAG, tag);
    }
    if audience == Audience::OneVisitor {
        // Not `no-referrer`: with it, browsers send `Origin: null` with the page's own forms.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(header::HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    }
    Ok(response)
}

/// The page, or 304 where the reader has it already.
pub(super) fn unless_known(request: &HeaderMap, mut response: Response) -> Response {
    let tag = response.headers().get(header::ETAG);
    if tag.is_some() && request.get(header::IF_NONE_MATCH) == tag {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// The first letters of the first and the last word, at most two.
pub(super) fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (letters.next(), letters.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Where it takes place, before anything is agreed.
pub(super) fn place(texts: &Texts, location_type: LocationType) -> &'static str {
    match location_type {
        LocationType::InPerson => texts.in_person,
        LocationType::Phone => texts.by_phone,
        LocationType::Video => texts.by_video,
        LocationType::Custom => texts.place_custom,
        LocationType::Ask => texts.place_ask,
    }
}
