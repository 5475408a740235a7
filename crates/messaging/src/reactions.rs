//! Whom the facts of the lower rings are told. Those of the products are told by the products themselves, through [`notify`].

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::events::{Reaction, Recorded};
use platform::{Ctx, Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::notifications::{Group, Notice, Severity, admins, alerts_admins, holders, inviter, notify};

/// For the registry of the binary.
pub fn reactions() -> Vec<Reaction> {
    [
        "account.noticed",
        "invitation.accepted",
        "invitation.declined",
        "job.failed",
        "member.updated",
        "oauth_client.created",
        "ownership.offered",
        "ownership.transferred",
        "tenant.deletion_cancelled",
        "tenant.deletion_requested",
    ]
    .map(|on| Reaction { on, name: "messaging::notifications", run: tell })
    .into()
}

fn tell<'a>(ctx: &'a mut Ctx, event: &'a Recorded) -> BoxFuture<'a, Result<()>> {
    async move {
        match event.kind.as_str() {
            "account.noticed" => account(ctx, event).await,
            "invitation.accepted" | "invitation.declined" => invitation(ctx, event).await,
            "job.failed" => job(ctx, event).await,
            "member.updated" => member(ctx, event).await,
            "oauth_client.created" => app(ctx, event).await,
            "ownership.offered" | "ownership.transferred" => ownership(ctx, event).await,
            _ => deletion(ctx, event).await,
        }
    }
    .boxed()
}

fn facts<T: DeserializeOwned>(event: &Recorded) -> Result<T> {
    serde_json::from_value(event.payload.clone()).map_err(Error::internal)
}

/// What happened to an account, told in each of its workspaces.
#[derive(Deserialize)]
struct Noticed {
    notice_id: Uuid,
    event: String,
    severity: String,
    facts: Map<String, Value>,
}

async fn account(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    let noticed: Noticed = facts(event)?;
    let user = event.subject_id;
    let is_export = noticed.event == "data_export_ready";
    let what = noticed.facts.get("kind").cloned();
    let notice = Notice {
        severity: match noticed.severity.as_str() {
            "high" | "critical" => Severity::Critical,
            "medium" => Severity::Warning,
            _ => Severity::Info,
        },
        facts: Value::Object(noticed.facts),
        link: Some(if is_export { "/settings/privacy" } else { "/settings/security" }.to_owned()),
        notice_id: Some(noticed.notice_id),
        ..Notice::info(format!("account.{}", noticed.event), if is_export { Group::System } else { Group::Security })
    };
    notify(ctx, event, &[user], notice).await?;
    if noticed.event == "suspicious_activity" && alerts_admins(ctx).await? {
        let others: Vec<Uuid> = admins(ctx).await?.into_iter().filter(|admin| *admin != user).collect();
        let notice = Notice {
            severity: Severity::Warning,
            person: Some(user),
            facts: json!({ "kind": what }),
            link: Some(format!("/members/{user}")),
            ..Notice::info("member.suspicious", Group::Security)
        };
        notify(ctx, event, &others, notice).await?;
    }
    Ok(())
}

/// Who invited learns of the answer.
async fn invitation(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    #[derive(Deserialize)]
    struct Fact {
        email: String,
    }
    let Fact { email } = facts(event)?;
    let accepted = event.kind == "invitation.accepted";
    let Some(inviter) = inviter(ctx, event.subject_id).await? else { return Ok(()) };
    let notice = Notice {
        person: event.actor_id,
        // Who accepted is a member now, whose name is read where the notification is.
        facts: if accepted { json!({}) } else { json!({ "email": email }) },
        link: Some(if accepted { "/members" } else { "/members/invitations" }.to_owned()),
        ..Notice::info(&event.kind, Group::Workspace)
    };
    notify(ctx, event, &[inviter], notice).await
}

/// A job without attempts left; where many fail of one cause, the first tells it.
async fn job(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    #[derive(Deserialize)]
    struct Fact {
        task: String,
    }
    let Fact { task } = facts(event)?;
    let (kind, permission, link) = if task == "SendMails" {
        ("mail.failed", "settings:manage", "/settings/mail")
    } else {
        ("job.failed", "jobs:manage", "/failed-jobs")
    };
    let to = holders(ctx, permission).await?;
    let notice = Notice {
        severity: Severity::Warning,
        link: Some(link.to_owned()),
        topic: Some(format!("job {task}")),
        facts: json!({ "task": task }),
        ..Notice::info(kind, Group::System)
    };
    notify(ctx, event, &to, notice).await
}

/// What changed about a member, where it is what he or she may do.
async fn member(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    #[derive(Deserialize)]
    struct Fact {
        status: String,
        roles: Vec<String>,
        #[serde(default)]
        changes: Vec<String>,
    }
    let fact: Fact = facts(event)?;
    let changed = |what: &str| fact.changes.iter().any(|change| change == what);
    let kind = match fact.status.as_str() {
        "active" if changed("status") => "member.reinstated",
        "active" if changed("roles") || changed("permissions") => "member.roles_changed",
        // Who is suspended reads nothing here until that ends, which is told then.
        _ => return Ok(()),
    };
    let notice = Notice { facts: json!({ "roles": fact.roles }), ..Notice::info(kind, Group::Workspace) };
    notify(ctx, event, &[event.subject_id], notice).await
}

async fn app(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    #[derive(Deserialize)]
    struct Fact {
        name: String,
    }
    let Fact { name } = facts(event)?;
    let to = holders(ctx, "oauth_clients:manage").await?;
    let notice = Notice {
        facts: json!({ "name": name }),
        link: Some("/settings/apps".to_owned()),
        ..Notice::info("oauth_client.created", Group::Workspace)
    };
    notify(ctx, event, &to, notice).await
}

/// An offer goes to who got it; who owns the workspace now, to its owners and administrators.
async fn ownership(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    #[derive(Deserialize)]
    struct Fact {
        to_user_id: Uuid,
    }
    let Fact { to_user_id } = facts(event)?;
    let to = if event.kind == "ownership.offered" { vec![to_user_id] } else { admins(ctx).await? };
    let notice = Notice {
        severity: Severity::Warning,
        person: Some(to_user_id),
        link: Some("/settings/workspace".to_owned()),
        ..Notice::info(&event.kind, Group::Workspace)
    };
    notify(ctx, event, &to, notice).await
}

async fn deletion(ctx: &mut Ctx, event: &Recorded) -> Result<()> {
    let to = admins(ctx).await?;
    let severity = if event.kind == "tenant.deletion_requested" { Severity::Critical } else { Severity::Info };
    let notice = Notice {
        severity,
        facts: event.payload.clone(),
        link: Some("/settings/workspace".to_owned()),
        ..Notice::info(&event.kind, Group::Workspace)
    };
    notify(ctx, event, &to, notice).await
}
