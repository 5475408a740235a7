//! A question of an event type as the form shows it.

use platform::error::FieldError;

use super::book::explanation;
use super::texts::Texts;
use crate::event_types::Question;
use crate::event_types::questions::{Given, QuestionKind};

pub(super) struct Asked {
    pub question: Question,
    /// As it was typed.
    values: Vec<String>,
    pub error: Option<&'static str>,
}

impl Asked {
    pub fn new(t: &Texts, question: &Question, given: &Given, errors: &[FieldError]) -> Self {
        let field = format!("answers.{}", question.key);
        let error = errors.iter().find(|error| error.field == field).map(|error| match (question.kind, error.code) {
            (QuestionKind::Email, "invalid") => t.invalid_email,
            (QuestionKind::Phone, "invalid") => t.invalid_phone,
            (QuestionKind::Url, "invalid") => t.invalid_url,
            (QuestionKind::Number, "invalid") => t.invalid_number,
            (QuestionKind::Date, "invalid") => t.invalid_date,
            _ => explanation(t, error),
        });
        Self { question: question.clone(), values: given.get(&question.key).cloned().unwrap_or_default(), error }
    }

    /// Of the field, and its name in the form.
    pub fn id(&self) -> String {
        format!("q_{}", self.question.key)
    }

    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    pub fn is_chosen(&self, option: &str) -> bool {
        self.values.iter().any(|value| value == option)
    }

    /// Of the input, where the kind is one of a single line.
    pub fn input(&self) -> &'static str {
        match self.question.kind {
            QuestionKind::Email => "email",
            QuestionKind::Phone => "tel",
            QuestionKind::Url => "url",
            QuestionKind::Date => "date",
            // A field for numbers loses what is no number, and changes as the wheel turns.
            _ => "text",
        }
    }

    /// Whether the page says that it must be answered: one with conditions may not be asked at all.
    pub fn must(&self) -> bool {
        self.question.is_required && self.question.conditions.is_empty()
    }

    /// The conditions, as the page's script reads them.
    pub fn when(&self) -> Option<String> {
        let conditions = &self.question.conditions;
        (!conditions.is_empty()).then(|| serde_json::json!(conditions).to_string())
    }

    pub fn described_by(&self) -> Option<String> {
        let shown = [(!self.question.help.is_empty(), "hint"), (self.error.is_some(), "error")];
        let ids: Vec<_> = shown.into_iter().filter(|(shown, _)| *shown).map(|(_, kind)| format!("{}-{kind}", self.id())).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
