//! The pages as a whole: rendered with ordinary and with hostile texts.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::{StatusCode, header};
use jiff::civil::date;
use platform::error::FieldError;
use platform::time::Timestamp;

use super::asked::Asked;
use super::calendar::by_date;
use super::color::Color;
use super::language::Language;
use super::links::tests::params;
use super::picker::{Look, View};
use super::texts::Texts;
use super::views::*;
use crate::event_types::Question;
use crate::event_types::questions::QuestionKind;

const LONG: &str =
    "Maria Antonieta Albuquerque Gonçalves de Vasconcelos e Silva Rodrigues Pereira dos Santos Oliveira da Costa Ferreira Neto";
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;{{777*777}}{% raw %}</textarea></title>";

/// The day that most often is the longest: round the clock, every quarter of an hour.
fn picker(reader: Reader, text: &str, is_empty: bool) -> Picker {
    let now: Timestamp = "2026-11-01T02:59:00Z".parse().expect("an instant");
    let view = View::of(&params("tz=America/Argentina/ComodRivadavia&month=2026-12"), reader.language, now, "UTC");
    let (first, _) = view.month.instants(&view.zone).expect("in range");
    let starts: Vec<_> = (0..31 * 96).map(|quarter| first.plus_seconds(quarter * 900)).collect();
    let free = if is_empty { BTreeMap::new() } else { by_date(&starts, &view.zone) };
    let next_free = is_empty.then(|| date(2027, 1, 4));
    let view = View { notes: if is_empty { vec![(reader.texts().unknown_zone)(text)] } else { Vec::new() }, ..view };
    Look {
        reader,
        view: &view,
        today: date(2026, 11, 1),
        last_day: date(2027, 6, 1),
        free: &free,
        next_free,
        time_path: "intro-call-of-half-an-hour/book",
        organizer: text,
    }
    .picker()
}

fn panel(reader: Reader, text: &str) -> Panel {
    let t = reader.texts();
    let fact = |label, value: &str, more: Option<&str>| Fact { label, value: value.to_owned(), more: more.map(str::to_owned) };
    Panel {
        organizer: text.to_owned(),
        organizer_href: Some("/b/ana".to_owned()),
        initials: initials(text),
        event: text.to_owned(),
        description: format!("{text}\n{text}"),
        facts: vec![fact(t.duration, &reader.language.duration(30), None), fact(t.place, t.by_video, None), fact(t.zone, text, Some(text))],
        note: Some(t.needs_confirmation),
        absences: vec!["Ana is out of office.".to_owned()],
    }
}

/// One of each kind.
fn questions(t: &Texts, text: &str, is_wrong: bool) -> Vec<Asked> {
    use QuestionKind::{Checkbox, Date, Email, Multiselect, Number, Phone, Select, Text, Textarea, Url};
    let kinds = [Text, Textarea, Number, Email, Phone, Url, Date, Select, Multiselect, Checkbox];
    let asked = |(index, kind): (usize, &QuestionKind)| {
        let key = format!("key_{index}");
        let question = Question {
            key: key.clone(),
            label: text.into(),
            kind: *kind,
            is_required: index % 2 == 0,
            help: text.into(),
            options: if kind.has_options() { vec![text.into(), "Another".into()] } else { Vec::new() },
            conditions: Vec::new(),
        };
        let field = format!("answers.{key}");
        let errors = is_wrong.then(|| FieldError { field, code: "invalid", message: String::new() });
        Asked::new(t, &question, &[(key, vec![text.into()])].into(), errors.as_slice())
    };
    kinds.iter().enumerate().map(asked).collect()
}

fn fields(reader: Reader, text: &str, is_wrong: bool) -> Vec<Field> {
    let t = reader.texts();
    let of = |id, label, kind, required| Field {
        id,
        label,
        kind,
        autocomplete: "on",
        most: 200,
        required,
        value: text.to_owned(),
        hint: Some(t.email_hint),
        error: is_wrong.then_some(t.required),
        first_wrong: is_wrong && id == "name",
    };
    vec![
        of("name", t.name, "text", true),
        of("email", t.email, "email", true),
        of("phone", t.phone, "tel", false),
        of("notes", t.notes, "text", false),
    ]
}

/// Every page in that language, by name, with `text` wherever somebody may write.
fn rendered(language: Language, text: &str) -> Vec<(&'static str, String)> {
    let reader = Reader { language, explicit: true };
    let t = language.texts();
    let frame = || {
        Frame::new(
            reader,
            (t.event_title)(text, text),
            Color::parse("c2255c").expect("a colour"),
            "/b/ana/intro",
            &[("tz", Some("America/Sao_Paulo"))],
        )
    };
    let html = |template: &dyn askama::DynTemplate| template.dyn_render().expect("renders");
    let card = || Card {
        href: "/b/ana/intro".into(),
        name: text.into(),
        duration: language.duration(90),
        place: t.in_person,
        description: text.into(),
    };
    let organizer = |events| OrganizerPage { frame: frame(), t, name: text.into(), initials: initials(text), welcome: text.into(), events };
    let event =
        |is_empty| EventPage { frame: frame().with_script(), t, panel: panel(reader, text), picker: picker(reader, text, is_empty) };
    let book = |is_wrong: bool| BookPage {
        frame: frame().hidden(),
        t,
        panel: panel(reader, text),
        notes: if is_wrong { vec![text.into()] } else { Vec::new() },
        notice: is_wrong.then(|| Notice { title: t.taken_title, text: t.taken.into() }),
        problems: if is_wrong {
            vec![FieldProblem { field: "name".to_owned(), label: t.name.to_owned(), text: t.required }]
        } else {
            Vec::new()
        },
        action: "/b/ana/intro/book".into(),
        back: "/b/ana/intro".into(),
        tz: text.into(),
        key: text.into(),
        kept: (!is_wrong).then(|| Kept {
            text: (t.kept_until)(text),
            left: (t.kept_left)(text),
            seconds: 600,
            release: "/b/ana/intro/release".into(),
        }),
        start: text.into(),
        nearest: if is_wrong {
            vec![NearestSlot { start: text.into(), label: text.into() }, NearestSlot { start: "x".into(), label: "x".into() }]
        } else {
            Vec::new()
        },
        fields: fields(reader, text, is_wrong),
        questions: questions(t, text, is_wrong),
        submit: t.book,
    };
    let fact = |label, more: Option<&str>| Fact { label, value: text.into(), more: more.map(str::to_owned) };
    let link = || Link { href: "https://calendar.example.com/".into(), label: text.into() };
    let manage = |stands: bool| ManagePage {
        frame: frame().hidden(),
        t,
        mark: if stands { "good" } else { "off" },
        sign: if stands { "✓" } else { "×" },
        heading: if stands { t.confirmed } else { t.cancelled },
        lead: (t.confirmed_lead)(text),
        reason: (!stands).then(|| text.into()),
        event: text.into(),
        facts: vec![fact(t.when, Some(text)), fact(t.with, None), fact(t.place, None), fact(t.booked_by, Some(text)), fact(t.notes, None)],
        answers: vec![(text.into(), text.into())],
        calendars: if stands { vec![link(), link(), link()] } else { Vec::new() },
        change: stands.then(|| Change {
            reschedule: "/x".into(),
            cancel: "/y".into(),
            hint: (t.cancel_hint)(text),
            open: true,
            reason: text.into(),
            error: Some(t.too_long),
        }),
        again: (!stands).then(|| "/b/ana/intro".into()),
    };
    let reschedule = |is_gone: bool| ReschedulePage {
        frame: frame().hidden(),
        t,
        panel: panel(reader, text),
        notice: is_gone.then(|| Notice { title: t.taken_title, text: t.taken_move.into() }),
        nearest: if is_gone { vec![link(), link()] } else { Vec::new() },
        chosen: (!is_gone).then(|| Chosen { start: text.into(), label: text.into(), more: Some(text.into()) }),
        action: "/x".into(),
        manage: "/y".into(),
        picker: picker(reader, text, is_gone),
    };
    let message = MessagePage {
        frame: frame().hidden(),
        t,
        heading: t.failed_title,
        text: text.into(),
        link: Some(link()),
        request_id: Some(text.into()),
    };
    vec![
        ("organizer", html(&organizer(vec![card(), card()]))),
        ("organizer-empty", html(&organizer(Vec::new()))),
        ("event", html(&event(false))),
        ("event-empty", html(&event(true))),
        ("book", html(&book(false))),
        ("book-wrong", html(&book(true))),
        ("manage", html(&manage(true))),
        ("manage-cancelled", html(&manage(false))),
        ("reschedule", html(&reschedule(false))),
        ("reschedule-gone", html(&reschedule(true))),
        ("message", html(&message)),
    ]
}

fn everywhere(text: &str, check: impl Fn(&str, &str)) {
    for language in Language::ALL {
        for (name, html) in rendered(language, text) {
            check(&format!("{name} in {}", language.tag()), &html);
        }
    }
}

/// The value of each `name="…"` in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let marker = format!(" {name}=\"");
    html.split(marker.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn what_people_write_stays_text() {
    everywhere(HOSTILE, |page, html| {
        assert!(!html.contains("<script>") && !html.contains("<img") && !html.contains("603729"), "{page}");
        assert!(html.contains("&#60;script&#62;alert(1)"), "{page}");
        assert_eq!(html.matches("</title>").count(), 1, "{page}");
        assert_eq!(html.matches("<textarea").count(), html.matches("</textarea>").count(), "{page}");
    });
}

#[test]
fn nothing_needs_what_the_policy_forbids() {
    everywhere(LONG, |page, html| {
        for forbidden in [" style=", "<style", " onclick=", " onload=", " onerror=", "javascript:", "<iframe", "<img", "@import"] {
            assert!(!html.contains(forbidden), "{page}: {forbidden}");
        }
        assert!(
            html.matches("<script").count() <= 1 && html.matches("<script").count() == html.matches("<script src=\"/b/assets/").count(),
            "{page}"
        );
        let sheets = html.split("<link rel=\"stylesheet\"").skip(1);
        assert!(sheets.clone().count() == 2 && sheets.into_iter().all(|sheet| sheet.starts_with(" href=\"/b/assets/")), "{page}");
        assert!(attributes(html, "action").iter().all(|action| action.starts_with('/') && !action.starts_with("//")), "{page}");
    });
}

#[test]
fn pages_are_small() {
    everywhere(LONG, |page, html| assert!(html.len() < 40_000, "{page}: {} bytes", html.len()));
}

#[test]
fn pages_are_well_formed_for_assistive_technology() {
    for language in Language::ALL {
        for (page, html) in rendered(language, "Ana") {
            assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{}\">", language.tag())), "{page}");
            for once in ["<h1", "<main id=\"main\"", "class=\"skip\" href=\"#main\"", "<title>"] {
                assert_eq!(html.matches(once).count(), 1, "{page}: {once}");
            }
            let ids = attributes(&html, "id");
            for (at, id) in ids.iter().enumerate() {
                assert!(!ids[..at].contains(id), "{page}: {id} twice");
            }
            for reference in ["for", "aria-labelledby"].iter().flat_map(|name| attributes(&html, name)) {
                assert!(ids.contains(&reference), "{page}: {reference}");
            }
            for reference in attributes(&html, "aria-describedby").iter().flat_map(|list| list.split(' ')) {
                assert!(ids.contains(&reference), "{page}: {reference}");
            }
            let labelled = attributes(&html, "for");
            for field in html.split(['<']).filter(|tag| {
                (tag.starts_with("input id=") || tag.starts_with("select") || tag.starts_with("textarea")) && !tag.contains("hidden")
            }) {
                let id = attributes(field, "id")[0];
                assert!(labelled.contains(&id), "{page}: {id} has no label");
            }
        }
    }
}

#[test]
fn the_chosen_day_is_marked_and_free_days_are_links() {
    let html = &rendered(Language::Nl, "Ana")[2].1;
    assert_eq!(html.matches("aria-current=\"date\"").count(), 1);
    assert!(html.contains("<a href=\"?date=2026-12-01&#38;tz=America/Argentina/ComodRivadavia&#38;lang=nl#times\" aria-label=\"Dinsdag 1 december 2026, vrije tijden\" aria-current=\"date\">1</a>"));
    assert!(html.contains("href=\"intro-call-of-half-an-hour/book?start=2026-12-01T03:00Z&#38;"));
}

#[test]
fn line_breaks_at_the_start_of_a_note_survive() {
    // HTML drops one line break after <textarea>; the template writes that one.
    let html = &rendered(Language::En, "\nsecond line")[4].1;
    assert!(html.contains(">\n\nsecond line</textarea>"));
}

#[test]
fn a_page_of_one_visitor_is_kept_by_nobody() {
    let reader = Reader { language: Language::PtBr, explicit: false };
    let frame = Frame::new(reader, "x".into(), Color::BLACK, "/b/m/x", &[]).hidden();
    assert!(frame.languages.iter().all(|link| link.href.starts_with("/b/m/x?lang=")));
    let message = MessagePage { frame, t: reader.texts(), heading: "x", text: "x".into(), link: None, request_id: None };
    assert!(message.render().expect("renders").contains("<meta name=\"robots\" content=\"noindex, nofollow\">"));
    let response = page(StatusCode::CONFLICT, Audience::OneVisitor, reader.language, &message).expect("renders");
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(header(header::CACHE_CONTROL), Some("no-store"));
    assert_eq!(header(header::REFERRER_POLICY), Some("same-origin"));
    assert_eq!(header(header::CONTENT_LANGUAGE), Some("pt-BR"));
    assert_eq!(header(header::SET_COOKIE), None);
}

#[test]
fn initials_of_any_name() {
    for (name, expected) in
        [("Ana Gonçalves", "AG"), ("ana", "A"), ("Ana de Souza", "AS"), ("élise", "É"), ("🙂 Bob", "B"), ("", ""), ("李 小龙", "李小")]
    {
        assert_eq!(initials(name), expected, "{name}");
    }
}
