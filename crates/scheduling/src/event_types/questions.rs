//! What an event type asks whoever books it, and what was answered.

use std::collections::BTreeMap;

use platform::Problem;
use platform::text::{Checks, slugify};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most questions of one event type.
const MOST_QUESTIONS: usize = 50;
const MOST_OPTIONS: usize = 50;
const MOST_CONDITIONS: usize = 10;
/// Longest key, in bytes.
const LONGEST_KEY: usize = 40;
/// How a ticked box is written.
const TICKED: &str = "true";

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One line.
    Text,
    /// Several lines.
    Textarea,
    Number,
    Email,
    Phone,
    /// `http` or `https`.
    Url,
    /// `2026-11-21`
    Date,
    /// One of the options.
    Select,
    /// Any of the options.
    Multiselect,
    /// A box to tick; one that is required must be ticked.
    Checkbox,
}

impl QuestionKind {
    pub fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::Multiselect)
    }
}

/// How the answer to an earlier question is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuestionOperator)]
pub enum Operator {
    /// There is an answer; a box is ticked.
    IsAnswered,
    /// It is the one value.
    Equals,
    /// It, or one of the options chosen, is among the values.
    OneOf,
    /// The text holds the one value, in whatever case; or the option was chosen.
    Contains,
}

/// When a question is asked. A question with several is asked where all of them hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuestionCondition)]
pub struct Condition {
    /// Key of an earlier question. One that is not asked itself counts as not answered.
    #[schema(max_length = 40)]
    pub question: String,
    pub operator: Operator,
    /// None for `is_answered`, one for `equals` and `contains`.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub values: Vec<String>,
}

/// A question of an event type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Names it in answers, conditions and addresses (`q_<key>`): small letters, digits and `_`. Made from the label where none is given.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub key: String,
    #[schema(min_length = 1, max_length = 500)]
    pub label: String,
    pub kind: QuestionKind,
    /// Only where it is asked.
    #[serde(default)]
    pub is_required: bool,
    /// Stands below the question.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub help: String,
    /// What there is to choose from.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub options: Vec<String>,
    /// All of them must hold; without any it is always asked.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub conditions: Vec<Condition>,
}

/// What was answered, with the question as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BookingAnswer)]
pub struct Answer {
    pub key: String,
    pub label: String,
    pub kind: QuestionKind,
    /// One, and of `multiselect` as many as were chosen; `true` for a ticked box.
    pub values: Vec<String>,
}

impl Answer {
    /// As people read it.
    pub fn text(&self) -> String {
        if self.kind == QuestionKind::Checkbox { "✓".to_owned() } else { self.values.join(", ") }
    }
}

/// What somebody who books answers, by the keys of the questions. Blank values are none.
pub type Given = BTreeMap<String, Vec<String>>;

/// A value as the API takes it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = GivenAnswer)]
pub enum Value {
    Text(String),
    Ticked(bool),
    Number(f64),
    /// For `multiselect`.
    Several(Vec<String>),
}

/// Answers of a request as the operation takes them.
pub fn given(values: BTreeMap<String, Value>) -> Given {
    let list = |value| match value {
        Value::Text(text) => vec![text],
        Value::Ticked(ticked) => ticked.then(|| TICKED.to_owned()).into_iter().collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Several(texts) => texts,
    };
    values.into_iter().map(|(key, value)| (key, list(value))).collect()
}

/// Each question in the form in which it is stored, with a key.
pub(super) fn checked(checks: &mut Checks, questions: Vec<Question>) -> Vec<Question> {
    if questions.len() > MOST_QUESTIONS {
        checks.add("questions", "too_long", format!("may have at most {MOST_QUESTIONS} entries"));
        return Vec::new();
    }
    let mut named: Vec<String> = questions.iter().map(|question| question.key.clone()).filter(|key| !key.is_empty()).collect();
    let mut done: Vec<Question> = Vec::new();
    for (index, question) in questions.into_iter().enumerate() {
        let at = |field: &str| format!("questions.{index}.{field}");
        let label = checks.line(&at("label"), &question.label, 1, 500);
        let key = if question.key.is_empty() {
            let key = free_key(&named, &label);
            named.push(key.clone());
            key
        } else {
            question.key
        };
        if key.len() > LONGEST_KEY || !key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            checks.add(&at("key"), "invalid", "may hold up to 40 lower-case letters, digits and underscores");
        }
        if done.iter().any(|other| other.key == key) {
            checks.add(&at("key"), "duplicate", "is the key of another question already");
        }
        let help = checks.paragraph(&at("help"), &question.help, 1000);
        let options = if question.kind.has_options() { checked_options(checks, index, &question.options) } else { Vec::new() };
        check_conditions(checks, index, &question.conditions, &done);
        done.push(Question { key, label, help, options, ..question });
    }
    done
}

fn checked_options(checks: &mut Checks, index: usize, options: &[String]) -> Vec<String> {
    let field = format!("questions.{index}.options");
    if options.is_empty() {
        checks.add(&field, "required", "must name at least one");
    }
    if options.len() > MOST_OPTIONS {
        checks.add(&field, "too_long", format!("may have at most {MOST_OPTIONS} entries"));
    }
    let mut done: Vec<String> = Vec::new();
    for (place, option) in options.iter().take(MOST_OPTIONS).enumerate() {
        let option = checks.line(&format!("{field}.{place}"), option, 1, 200);
        if done.contains(&option) {
            checks.add(&format!("{field}.{place}"), "duplicate", "is in the list already");
        }
        done.push(option);
    }
    done
}

fn check_conditions(checks: &mut Checks, index: usize, conditions: &[Condition], earlier: &[Question]) {
    let field = format!("questions.{index}.conditions");
    if conditions.len() > MOST_CONDITIONS {
        checks.add(&field, "too_long", format!("may have at most {MOST_CONDITIONS} entries"));
    }
    for (place, condition) in conditions.iter().take(MOST_CONDITIONS).enumerate() {
        let Some(asked) = earlier.iter().find(|question| question.key == condition.question) else {
            checks.add(&format!("{field}.{place}.question"), "not_found", "must be the key of an earlier question");
            continue;
        };
        let values = &condition.values;
        let fits = match condition.operator {
            Operator::IsAnswered => values.is_empty(),
            Operator::Equals | Operator::Contains => values.len() == 1,
            Operator::OneOf => (1..=MOST_OPTIONS).contains(&values.len()),
        };
        // Whoever takes an option away must not leave a question behind that nobody sees any more.
        let known = |value: &String| match asked.kind {
            QuestionKind::Select | QuestionKind::Multiselect => asked.options.contains(value),
            QuestionKind::Checkbox => value == TICKED,
            _ => !value.trim().is_empty() && value.chars().count() <= 200 && !value.chars().any(char::is_control),
        };
        if !fits || !values.iter().all(known) {
            checks.add(&format!("{field}.{place}.values"), "invalid", "do not fit the operator or the question");
        }
    }
}

/// Made from the label, with a number where that key is taken.
fn free_key(taken: &[String], label: &str) -> String {
    let slug = slugify(label).replace('-', "_");
    // Room for the number.
    let stem: String = slug.chars().take(LONGEST_KEY - 3).collect();
    let stem = if stem.is_empty() { "question".to_owned() } else { stem };
    let numbered = (2..).map(|number| format!("{stem}_{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(|key| !taken.contains(key)).unwrap_or_default()
}

impl Condition {
    fn holds(&self, answers: &[Answer]) -> bool {
        let values = answers.iter().find(|answer| answer.key == self.question).map(|answer| answer.values.as_slice()).unwrap_or_default();
        match self.operator {
            Operator::IsAnswered => !values.is_empty(),
            Operator::Equals => values == self.values,
            Operator::OneOf => values.iter().any(|value| self.values.contains(value)),
            Operator::Contains => {
                self.values.first().is_some_and(|wanted| values.iter().any(|value| value.to_lowercase().contains(&wanted.to_lowercase())))
            }
        }
    }
}

/// What was answered to the questions that are asked, in their order. Answers to those that are not asked are dropped: without
/// script a form shows them all. Where not `all`, required questions may be left out.
///
/// # Errors
/// 422 for each answer that is missing or does not fit, and for keys of no question, as `answers.<key>`.
pub fn answered(questions: &[Question], given: &Given, all: bool) -> Result<Vec<Answer>, Problem> {
    let mut checks = Checks::new();
    let mut answers: Vec<Answer> = Vec::new();
    for question in questions {
        if !question.conditions.iter().all(|condition| condition.holds(&answers)) {
            continue;
        }
        let field = format!("answers.{}", question.key);
        let texts = given.get(&question.key).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
        let values = question.values(&mut checks, &field, &texts);
        if values.is_empty() {
            if question.is_required && all && texts.is_empty() {
                checks.add(&field, "required", "is required");
            }
            continue;
        }
        answers.push(Answer { key: question.key.clone(), label: question.label.clone(), kind: question.kind, values });
    }
    for key in given.keys().filter(|key| questions.iter().all(|question| question.key != **key)) {
        checks.add(&format!("answers.{key}"), "not_found", "is no question of this event type");
    }
    checks.done()?;
    Ok(answers)
}

impl Question {
    /// The answer in the form in which it is stored; none where there is none, or none that fits.
    fn values(&self, checks: &mut Checks, field: &str, texts: &[&str]) -> Vec<String> {
        if self.kind == QuestionKind::Multiselect {
            if texts.iter().any(|text| !self.options.iter().any(|option| option == text)) {
                checks.add(field, "invalid", "must be some of the options");
            }
            return self.options.iter().filter(|option| texts.contains(&option.as_str())).cloned().collect();
        }
        let &[text] = texts else {
            if texts.len() > 1 {
                checks.add(field, "invalid", "must be one answer");
            }
            return Vec::new();
        };
        let value = match self.kind {
            QuestionKind::Text => checks.line(field, text, 1, 500),
            QuestionKind::Textarea => checks.paragraph(field, text, 5000),
            QuestionKind::Email => checks.email(field, text),
            QuestionKind::Phone => checks.phone(field, text).unwrap_or_default(),
            _ => {
                let text = text.trim();
                let fits = match self.kind {
                    QuestionKind::Number => text.len() <= 40 && text.parse::<f64>().is_ok_and(f64::is_finite),
                    QuestionKind::Url => is_web_address(text),
                    QuestionKind::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
                    QuestionKind::Checkbox => text == TICKED,
                    _ => self.options.iter().any(|option| option == text),
                };
                if !fits {
                    checks.add(field, "invalid", "does not fit the question");
                }
                text.to_owned()
            }
        };
        vec![value]
    }
}

/// `http(s)://` and a host; whatever else it says is the reader's to judge.
fn is_web_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && host.contains('.')
    }) && text.len() <= 2000
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str, kind: QuestionKind) -> Question {
        Question {
            key: key.to_owned(),
            label: key.to_uppercase(),
            kind,
            is_required: false,
            help: String::new(),
            options: if kind.has_options() { vec!["Red".to_owned(), "Blue".to_owned()] } else { Vec::new() },
            conditions: Vec::new(),
        }
    }

    fn when(mut question: Question, other: &str, operator: Operator, values: &[&str]) -> Question {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        question.conditions.push(Condition { question: other.to_owned(), operator, values });
        question
    }

    fn says(pairs: &[(&str, &[&str])]) -> Given {
        pairs.iter().map(|(key, values)| ((*key).to_owned(), values.iter().map(|value| (*value).to_owned()).collect())).collect()
    }

    fn wrong(questions: Vec<Question>) -> Vec<(String, &'static str)> {
        let mut checks = Checks::new();
        checked(&mut checks, questions);
        let errors = checks.done().err().map(|problem| problem.errors).unwrap_or_default();
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    fn refused(questions: &[Question], given: &Given) -> Vec<(String, &'static str)> {
        let errors = answered(questions, given, true).expect_err("refused").errors;
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn keys_are_made_from_labels_and_differ() {
        let unnamed = |label: &str| Question { key: String::new(), label: label.to_owned(), ..question("", QuestionKind::Text) };
        let mut checks = Checks::new();
        let all = vec![unnamed("Your company?"), unnamed("Your company!"), unnamed("???"), question("your_company_2", QuestionKind::Text)];
        let keys: Vec<_> = checked(&mut checks, all).into_iter().map(|question| question.key).collect();
        checks.done().expect("valid");
        assert_eq!(keys, ["your_company", "your_company_3", "question", "your_company_2"]);
        let long = unnamed(&"long ".repeat(50));
        assert!(wrong(vec![long.clone(), long]).is_empty());
    }

    #[test]
    fn questions_look_at_earlier_ones_only() {
        let text = |key| question(key, QuestionKind::Text);
        let named = |list: Vec<Question>| wrong(list).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(named(vec![when(text("a"), "b", Operator::IsAnswered, &[]), text("b")]), ["questions.0.conditions.0.question"]);
        assert_eq!(named(vec![when(text("a"), "a", Operator::IsAnswered, &[])]), ["questions.0.conditions.0.question"]);
        let color = || question("color", QuestionKind::Select);
        assert_eq!(named(vec![color(), when(text("a"), "color", Operator::Equals, &["Green"])]), ["questions.1.conditions.0.values"]);
        assert_eq!(named(vec![color(), when(text("a"), "color", Operator::Equals, &[])]), ["questions.1.conditions.0.values"]);
        assert_eq!(named(vec![color(), when(text("a"), "color", Operator::OneOf, &["Red", "Blue"])]), [""; 0]);
        assert_eq!(
            wrong(vec![text("a"), text("a"), text("No")]),
            [("questions.1.key".to_owned(), "duplicate"), ("questions.2.key".to_owned(), "invalid")]
        );
        let empty = Question { options: Vec::new(), ..color() };
        let twice = Question { key: "twice".to_owned(), options: vec!["x".to_owned(), "x".to_owned()], ..color() };
        assert_eq!(named(vec![empty, twice]), ["questions.0.options", "questions.1.options.1"]);
    }

    #[test]
    fn each_kind_takes_what_it_is() {
        use QuestionKind::{Checkbox, Date, Email, Multiselect, Number, Phone, Select, Text, Textarea, Url};
        let good: [(QuestionKind, &[&str], &[&str]); 10] = [
            (Text, &[" Acme "], &["Acme"]),
            (Textarea, &["a\nb"], &["a\nb"]),
            (Number, &["-1.5"], &["-1.5"]),
            (Email, &["a@example.com"], &["a@example.com"]),
            (Phone, &["+31 6 1234 5678"], &["+31612345678"]),
            (Url, &["https://example.com/a?b"], &["https://example.com/a?b"]),
            (Date, &["2028-02-29"], &["2028-02-29"]),
            (Select, &["Blue"], &["Blue"]),
            (Multiselect, &["Blue", "Red"], &["Red", "Blue"]),
            (Checkbox, &["true"], &["true"]),
        ];
        for (kind, given, stored) in good {
            let answers = answered(&[question("q", kind)], &says(&[("q", given)]), true).expect("fits");
            assert_eq!(answers[0].values, stored, "{kind:?}");
        }
        let bad: [(QuestionKind, &[&str]); 13] = [
            (Text, &["a\nb"]),
            (Text, &["a", "b"]),
            (Number, &["NaN"]),
            (Number, &["ten"]),
            (Email, &["a@"]),
            (Phone, &["call me"]),
            (Url, &["javascript:alert(1)"]),
            (Url, &["https://"]),
            (Date, &["2027-02-29"]),
            (Date, &["2027-02-28T10:00"]),
            (Select, &["Green"]),
            (Multiselect, &["Red", "Green"]),
            (Checkbox, &["on"]),
        ];
        for (kind, given) in bad {
            assert_eq!(
                refused(&[question("q", kind)], &says(&[("q", given)])),
                [("answers.q".to_owned(), "invalid")],
                "{kind:?} {given:?}"
            );
        }
        assert_eq!(refused(&[question("q", Text)], &says(&[("other", &["x"])])), [("answers.other".to_owned(), "not_found")]);
    }

    #[test]
    fn what_is_not_asked_is_not_required_and_not_kept() {
        let required = |key| Question { is_required: true, ..question(key, QuestionKind::Text) };
        let list = [
            question("color", QuestionKind::Multiselect),
            when(required("why"), "color", Operator::Contains, &["Red"]),
            when(required("more"), "why", Operator::IsAnswered, &[]),
        ];
        assert_eq!(
            answered(&list, &says(&[("color", &["Blue"]), ("why", &["kept?"]), ("more", &["kept?"])]), true).expect("fits").len(),
            1
        );
        assert_eq!(refused(&list, &says(&[("color", &["Red"])])), [("answers.why".to_owned(), "required")]);
        let asked = refused(&list, &says(&[("color", &["Red"]), ("why", &["so"]), ("more", &["  "])]));
        assert_eq!(asked, [("answers.more".to_owned(), "required")]);
        assert!(answered(&list, &says(&[("color", &["Red"])]), false).is_ok(), "a member may leave them out");
        let equal = when(question("note", QuestionKind::Text), "color", Operator::Equals, &["Red"]);
        let kept = |colors: &[&str]| {
            answered(&[list[0].clone(), equal.clone()], &says(&[("color", colors), ("note", &["x"])]), true).expect("fits").len()
        };
        assert_eq!((kept(&["Red"]), kept(&["Red", "Blue"]), kept(&[])), (2, 1, 0));
    }
}
