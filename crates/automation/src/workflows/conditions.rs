//! Conditions: what has to hold for a workflow to run or a step to be made. Pure: from conditions and values to yes or no.

use std::cmp::Ordering;

use platform::records::FieldKind;
use platform::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Of a list of rules or groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkflowMatch)]
pub enum Match {
    #[default]
    All,
    Any,
}

impl Match {
    fn of(self, mut results: impl Iterator<Item = bool>) -> bool {
        match self {
            Self::All => results.all(|held| held),
            Self::Any => results.any(|held| held),
        }
    }
}

/// Groups of rules. Without any, nothing is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowConditions)]
pub struct Conditions {
    #[serde(default)]
    pub r#match: Match,
    #[serde(default)]
    #[schema(max_items = 10)]
    pub groups: Vec<Group>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowConditionGroup)]
pub struct Group {
    #[serde(default)]
    pub r#match: Match,
    #[schema(min_items = 1, max_items = 20)]
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowRule)]
pub struct Rule {
    /// `booking.status`, `contact.lifecycle`, `event.reason`, or `steps.1.status` of an earlier step.
    #[schema(max_length = 100)]
    pub field: String,
    pub op: Op,
    /// Compared with; empty for what asks whether something is set.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkflowOperator)]
pub enum Op {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Greater,
    Less,
    IsSet,
    IsNotSet,
}

impl Op {
    /// Whether it can be asked of a field of that kind.
    pub fn fits(self, kind: FieldKind) -> bool {
        match self {
            Self::Equals | Self::NotEquals | Self::IsSet | Self::IsNotSet => true,
            Self::Contains | Self::NotContains => kind == FieldKind::Text,
            Self::Greater | Self::Less => matches!(kind, FieldKind::Number | FieldKind::Time),
        }
    }

    pub fn takes_value(self) -> bool {
        !matches!(self, Self::IsSet | Self::IsNotSet)
    }
}

impl Conditions {
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.groups.iter().flat_map(|group| &group.rules)
    }

    /// Whether they hold of those values.
    pub fn hold(&self, values: &Value) -> bool {
        self.groups.is_empty()
            || self.r#match.of(self.groups.iter().map(|group| group.r#match.of(group.rules.iter().map(|r| r.holds(values)))))
    }
}

impl Rule {
    fn holds(&self, values: &Value) -> bool {
        let found = self.field.split('.').try_fold(values, |value, key| value.get(key)).filter(|value| is_set(value));
        match self.op {
            Op::IsSet => found.is_some(),
            Op::IsNotSet => found.is_none(),
            Op::Equals => found.is_some_and(|value| equals(value, &self.value)),
            // What is not there differs from everything, and contains nothing.
            Op::NotEquals => !found.is_some_and(|value| equals(value, &self.value)),
            Op::Contains => found.is_some_and(|value| contains(value, &self.value)),
            Op::NotContains => !found.is_some_and(|value| contains(value, &self.value)),
            Op::Greater => found.and_then(|value| compare(value, &self.value)) == Some(Ordering::Greater),
            Op::Less => found.and_then(|value| compare(value, &self.value)) == Some(Ordering::Less),
        }
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Letters' case makes no difference, nor does how a number or an instant is written.
fn equals(value: &Value, wanted: &str) -> bool {
    compare(value, wanted) == Some(Ordering::Equal) || text_of(value).trim().to_lowercase() == wanted.trim().to_lowercase()
}

fn contains(value: &Value, wanted: &str) -> bool {
    let wanted = wanted.trim().to_lowercase();
    match value {
        Value::Array(items) => items.iter().any(|item| text_of(item).to_lowercase() == wanted),
        _ => text_of(value).to_lowercase().contains(&wanted),
    }
}

/// As numbers or as instants; None for what is neither.
fn compare(value: &Value, wanted: &str) -> Option<Ordering> {
    if let (Some(value), Ok(wanted)) = (number_of(value), wanted.trim().parse::<f64>()) {
        return value.partial_cmp(&wanted);
    }
    let value: Timestamp = value.as_str()?.parse().ok()?;
    Some(value.cmp(&wanted.trim().parse().ok()?))
}

fn number_of(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Value {
        json!({
            "booking": { "status": "confirmed", "duration_minutes": 45, "start": "2031-09-08T09:00:00Z", "notes": " ", "location": null },
            "contact": { "name": "Bea Ortega", "tags": ["vip", "Press"] },
            "steps": { "1": { "status": "succeeded", "outcome": "event" } },
        })
    }

    fn holds(field: &str, op: Op, value: &str) -> bool {
        Rule { field: field.to_owned(), op, value: value.to_owned() }.holds(&values())
    }

    #[test]
    fn texts_are_compared_without_case() {
        assert!(holds("booking.status", Op::Equals, "Confirmed "));
        assert!(!holds("booking.status", Op::NotEquals, "confirmed"));
        assert!(holds("contact.name", Op::Contains, "ortega"));
        assert!(!holds("contact.name", Op::NotContains, "BEA"));
    }

    #[test]
    fn numbers_and_instants_have_an_order_and_texts_have_none() {
        assert!(holds("booking.duration_minutes", Op::Greater, "30"));
        assert!(!holds("booking.duration_minutes", Op::Greater, "45"));
        assert!(holds("booking.duration_minutes", Op::Equals, "45.0"));
        assert!(holds("booking.start", Op::Less, "2031-09-08T12:00:00+02:00"));
        assert!(holds("booking.start", Op::Equals, "2031-09-08T11:00:00+02:00"));
        assert!(!holds("contact.name", Op::Greater, "A") && !holds("contact.name", Op::Less, "Z"));
    }

    #[test]
    fn what_is_empty_or_missing_is_not_set() {
        for field in ["booking.notes", "booking.location", "booking.nothing", "nothing.at.all"] {
            assert!(holds(field, Op::IsNotSet, "") && !holds(field, Op::IsSet, ""), "{field}");
            assert!(!holds(field, Op::Equals, "") && holds(field, Op::NotEquals, "x") && holds(field, Op::NotContains, "x"), "{field}");
        }
        assert!(holds("booking.duration_minutes", Op::IsSet, ""));
    }

    #[test]
    fn lists_contain_whole_items() {
        assert!(holds("contact.tags", Op::Contains, "press"));
        assert!(!holds("contact.tags", Op::Contains, "pre"));
    }

    #[test]
    fn groups_are_joined_by_all_or_any() {
        let rule = |value: &str| Rule { field: "booking.status".to_owned(), op: Op::Equals, value: value.to_owned() };
        let group = |how, list: &[&str]| Group { r#match: how, rules: list.iter().map(|value| rule(value)).collect() };
        let conditions = |how, groups| Conditions { r#match: how, groups };
        let (yes, no) = (group(Match::Any, &["pending", "confirmed"]), group(Match::All, &["pending", "confirmed"]));
        assert!(Conditions::default().hold(&values()));
        assert!(conditions(Match::All, vec![yes.clone(), yes.clone()]).hold(&values()));
        assert!(!conditions(Match::All, vec![yes.clone(), no.clone()]).hold(&values()));
        assert!(conditions(Match::Any, vec![no.clone(), yes]).hold(&values()));
        assert!(!conditions(Match::Any, vec![no]).hold(&values()));
    }

    #[test]
    fn earlier_steps_can_be_asked() {
        assert!(holds("steps.1.outcome", Op::Equals, "event"));
        assert!(holds("steps.2.outcome", Op::IsNotSet, ""));
    }
}
