//! What a workflow may say: checked when it is saved, so that an execution meets what it knows.

use platform::permissions::Scope;
use platform::records::FieldKind;
use platform::text::Checks;
use platform::{App, Ctx, Result};
use uuid::Uuid;

use super::conditions::{Conditions, Rule};
use super::{Config, Definition, Fields, MOST_STEPS, Recipient, Step, StepKind, record_of, store, texts, trigger_of};
use crate::endpoints;

const MOST_MINUTES: i32 = 525_600;
const STEP_STATUSES: &[&str] = &["succeeded", "failed", "skipped"];

/// # Errors
/// All that is wrong with it; what the one who saves it may not see or do is wrong with it too.
pub async fn checked(ctx: &mut Ctx, id: Uuid, fields: Fields) -> Result<Fields> {
    let mut checks = Checks::new();
    let name = checks.line("name", &fields.name, 1, 200);
    let Definition { trigger, delay_minutes, conditions, steps } = fields.definition;
    let delay_minutes = checks.range("delay_minutes", delay_minutes, 0, MOST_MINUTES);
    match trigger_of(&ctx.app, &trigger) {
        None => checks.add("trigger", "unknown", "is nothing that happens here"),
        Some((_, permission)) if ctx.permissions().scope(permission) != Some(Scope::All) => {
            checks.add("trigger", "forbidden", "is about records that you may not see");
        }
        Some(_) => {}
    }
    if steps.len() > MOST_STEPS {
        checks.add("steps", "too_many", format!("can be {MOST_STEPS} at most"));
    }
    if steps.is_empty() && fields.is_active {
        checks.add("steps", "required", "are needed before the workflow is switched on");
    }
    let subject = trigger.split('.').next().unwrap_or_default().to_owned();
    check_conditions(&mut checks, &ctx.app, "conditions", &conditions, &subject, 0);
    let mut checked = Vec::with_capacity(steps.len());
    for (index, step) in steps.into_iter().enumerate() {
        let at = format!("steps.{index}");
        check_conditions(&mut checks, &ctx.app, &format!("{at}.conditions"), &step.conditions, &subject, index);
        checked.push(step_checked(ctx, &mut checks, &at, step, &subject).await?);
    }
    for (index, step) in checked.iter().enumerate() {
        if let (StepKind::StartWorkflow, Some(next)) = (step.kind, step.config.workflow_id)
            && (next == id || store::leads_to(ctx, next, id).await?)
        {
            checks.add(&format!("steps.{index}.config.workflow_id"), "circular", "leads back to this workflow");
        }
    }
    checks.done()?;
    Ok(Fields { name, is_active: fields.is_active, definition: Definition { trigger, delay_minutes, conditions, steps: checked } })
}

async fn step_checked(ctx: &mut Ctx, checks: &mut Checks, at: &str, step: Step, subject: &str) -> Result<Step> {
    let name = checks.line(&format!("{at}.name"), &step.name, 1, 200);
    let field = |name: &str| format!("{at}.config.{name}");
    let given = step.config;
    // What is not of its kind is left out, so that equal steps are stored alike.
    let mut config = Config::default();
    let mut recipient = None;
    match step.kind {
        StepKind::SendEmail | StepKind::SendSms | StepKind::Notify => {
            let is_mail = step.kind == StepKind::SendEmail;
            config.is_transactional = given.is_transactional.filter(|_| step.kind != StepKind::Notify);
            recipient = step.recipient;
            match recipient {
                None => checks.add(&format!("{at}.recipient"), "required", "is required"),
                Some(other) if step.kind == StepKind::SendSms && other != Recipient::Invitee => {
                    checks.add(&format!("{at}.recipient"), "invalid", "has no number here");
                }
                Some(Recipient::Member) => match given.user_id {
                    Some(user) if store::is_member(ctx, user).await? => config.user_id = Some(user),
                    Some(_) => checks.add(&field("user_id"), "not_found", "is no active member"),
                    None => checks.add(&field("user_id"), "required", "is required"),
                },
                Some(Recipient::Address) if is_mail => {
                    config.address = Some(checks.email(&field("address"), given.address.as_deref().unwrap_or_default()));
                }
                Some(Recipient::Invitee | Recipient::Address) if step.kind == StepKind::Notify => {
                    checks.add(&format!("{at}.recipient"), "invalid", "is nobody who reads notifications in the app");
                }
                Some(_) => {}
            }
            let subject = checks.line(&field("subject"), given.subject.as_deref().unwrap_or_default(), usize::from(is_mail), 200);
            let text = checks.paragraph(&field("text"), given.text.as_deref().unwrap_or_default(), 5000);
            if text.is_empty() {
                checks.add(&field("text"), "required", "is required");
            }
            for (name, text) in [("subject", &subject), ("text", &text)] {
                if let Err(error) = texts::check(text) {
                    checks.add(&field(name), "invalid", format!("cannot be filled in: {error}"));
                }
            }
            (config.subject, config.text) = (Some(subject).filter(|subject| !subject.is_empty()), Some(text));
        }
        StepKind::Wait => {
            config.minutes = Some(checks.range(&field("minutes"), given.minutes.unwrap_or_default(), 1, MOST_MINUTES));
            config.event = given.event.filter(|event| !event.is_empty());
            if let Some(event) = &config.event
                && !matches!(trigger_of(&ctx.app, event), Some((super::Trigger::Event, _)))
            {
                checks.add(&field("event"), "unknown", "is no kind of event");
            }
        }
        StepKind::SetField => set_checked(ctx, checks, at, &given, subject, &mut config),
        StepKind::CallWebhook => match given.webhook_endpoint_id {
            Some(endpoint) if endpoints::store::find(ctx, endpoint).await?.is_some() => config.webhook_endpoint_id = Some(endpoint),
            Some(_) => checks.add(&field("webhook_endpoint_id"), "not_found", "is none of the workspace's webhooks"),
            None => checks.add(&field("webhook_endpoint_id"), "required", "is required"),
        },
        StepKind::StartWorkflow => match given.workflow_id {
            Some(workflow) if store::find(ctx, workflow).await?.is_some() => config.workflow_id = Some(workflow),
            Some(_) => checks.add(&field("workflow_id"), "not_found", "is none of the workspace's workflows"),
            None => checks.add(&field("workflow_id"), "required", "is required"),
        },
    }
    Ok(Step { name, recipient, config, ..step })
}

fn set_checked(ctx: &Ctx, checks: &mut Checks, at: &str, given: &Config, subject: &str, config: &mut Config) {
    let name = given.field.clone().unwrap_or_default();
    let found = name.split_once('.').and_then(|(record, field)| {
        let kind = record_of(&ctx.app, record).filter(|_| is_reachable(&ctx.app, record, subject))?;
        Some((kind, kind.fields.iter().find(|known| known.name == field && known.settable)?))
    });
    let Some((kind, known)) = found else {
        return checks.add(&format!("{at}.config.field"), "unknown", "is no field that can be set");
    };
    if ctx.permissions().scope(kind.write_permission) != Some(Scope::All) {
        checks.add(&format!("{at}.config.field"), "forbidden", "is of records that you may not change");
    }
    let value = checks.line(&format!("{at}.config.value"), given.value.as_deref().unwrap_or_default(), 0, 500);
    if let FieldKind::Choice(values) = known.kind
        && !values.contains(&value.as_str())
    {
        checks.add(&format!("{at}.config.value"), "unknown", format!("is none of {}", values.join(", ")));
    }
    if let Err(error) = texts::check(&value) {
        checks.add(&format!("{at}.config.value"), "invalid", format!("cannot be filled in: {error}"));
    }
    (config.field, config.value) = (Some(name), Some(value));
}

/// A workflow knows the record that it is about, and the contact of that, where there is one.
fn is_reachable(app: &App, record: &str, subject: &str) -> bool {
    record == subject || record == "contact" && record_of(app, subject).is_some()
}

fn check_conditions(checks: &mut Checks, app: &App, at: &str, conditions: &Conditions, subject: &str, earlier: usize) {
    if conditions.groups.len() > 10 || conditions.groups.iter().any(|group| group.rules.len() > 20) {
        checks.add(at, "too_many", "can be 10 groups of 20 at most");
    }
    for (g, group) in conditions.groups.iter().enumerate() {
        if group.rules.is_empty() {
            checks.add(&format!("{at}.groups.{g}.rules"), "required", "must hold a condition");
        }
        for (r, rule) in group.rules.iter().enumerate() {
            if let Err((part, code, why)) = rule_checked(app, rule, subject, earlier) {
                checks.add(&format!("{at}.groups.{g}.rules.{r}.{part}"), code, why);
            }
        }
    }
}

type Wrong = (&'static str, &'static str, String);

fn rule_checked(app: &App, rule: &Rule, subject: &str, earlier: usize) -> Result<(), Wrong> {
    let unknown = || ("field", "unknown", "is no field that can be asked here".to_owned());
    if rule.field.chars().count() > 100 || rule.field.chars().any(char::is_control) {
        return Err(unknown());
    }
    if rule.value.chars().any(char::is_control) {
        return Err(("value", "invalid", "must be one line without control characters".to_owned()));
    }
    if rule.value.chars().count() > 500 {
        return Err(("value", "too_long", "may have at most 500 characters".to_owned()));
    }
    let (root, rest) = rule.field.split_once('.').ok_or_else(unknown)?;
    let kind = match root {
        // What an event says differs by its kind.
        "event" => None,
        "steps" => {
            let (number, field) = rest.split_once('.').ok_or_else(unknown)?;
            let number: usize = number.parse().map_err(|_| unknown())?;
            if number == 0 || number > earlier {
                return Err(("field", "invalid", "is of no earlier step".to_owned()));
            }
            match field {
                "status" => Some(FieldKind::Choice(STEP_STATUSES)),
                "outcome" => Some(FieldKind::Text),
                _ => return Err(unknown()),
            }
        }
        record => {
            let kind = record_of(app, record).filter(|_| is_reachable(app, record, subject)).ok_or_else(unknown)?;
            Some(kind.fields.iter().find(|field| field.name == rest).ok_or_else(unknown)?.kind)
        }
    };
    if kind.is_some_and(|kind| !rule.op.fits(kind)) {
        return Err(("op", "invalid", "cannot be asked of this field".to_owned()));
    }
    if !rule.op.takes_value() {
        return Ok(());
    }
    let value = rule.value.trim();
    if value.is_empty() {
        return Err(("value", "required", "is required".to_owned()));
    }
    let fits = match kind {
        Some(FieldKind::Number) => value.parse::<f64>().is_ok(),
        Some(FieldKind::Time) => value.parse::<platform::time::Timestamp>().is_ok(),
        Some(FieldKind::Choice(values)) => values.contains(&value),
        Some(FieldKind::Text) | None => true,
    };
    if fits { Ok(()) } else { Err(("value", "invalid", "is no value that the field can have".to_owned())) }
}
