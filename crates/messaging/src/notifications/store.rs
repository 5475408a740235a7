//! Every statement on notifications.

use platform::events::Recorded;
use platform::time::Timestamp;
use platform::{Ctx, Result, id};
use serde_json::Value;
use uuid::Uuid;

use super::{Group, Named, Notice, Notification, Severity};

pub struct Told {
    pub id: Uuid,
    pub user_id: Uuid,
    pub is_quiet: bool,
}

/// Writes one for each of those members who is active, has not switched the group off and was not told yet.
pub async fn insert(ctx: &mut Ctx, event: &Recorded, to: &[Uuid], notice: &Notice) -> Result<Vec<Told>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let ids: Vec<Uuid> = to.iter().map(|_| id::new()).collect();
    let told = sqlx::query_as!(
        Told,
        r#"WITH told AS (
               INSERT INTO messaging.notifications
                      (tenant_id, id, user_id, event_id, notice_id, kind, kind_group, severity, subject_type, subject_id, actor_id, person_id,
                       facts, link, topic, created_at, updated_at)
               SELECT $1, reader.id, reader.user_id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16
                 FROM unnest($2::uuid[], $3::uuid[]) AS reader (id, user_id)
                 JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = reader.user_id AND m.status = 'active'
                 LEFT JOIN messaging.notification_preferences p ON p.tenant_id = $1 AND p.user_id = reader.user_id
                WHERE p.channels #> ARRAY[$7, 'in_app'] IS DISTINCT FROM 'false'
                   ON CONFLICT DO NOTHING
               RETURNING id, user_id
           )
           SELECT told.id, told.user_id,
                  $7 <> 'security' AND coalesce(p.dnd_enabled AND CASE
                      WHEN p.dnd_from < p.dnd_until THEN clock.wall >= p.dnd_from AND clock.wall < p.dnd_until
                      ELSE clock.wall >= p.dnd_from OR clock.wall < p.dnd_until END, false) AS "is_quiet!"
             FROM told
             JOIN identity.members m ON m.tenant_id = $1 AND m.user_id = told.user_id
            CROSS JOIN LATERAL (SELECT ($16::timestamptz AT TIME ZONE m.timezone)::time AS wall) AS clock
             LEFT JOIN messaging.notification_preferences p ON p.tenant_id = $1 AND p.user_id = told.user_id"#,
        tenant,
        &ids,
        to,
        event.id,
        notice.notice_id,
        notice.kind,
        notice.group as Group,
        notice.severity as Severity,
        event.subject_type,
        event.subject_id,
        event.actor_id,
        notice.person,
        notice.facts,
        notice.link,
        notice.topic,
        now as Timestamp,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(told)
}

struct Row {
    id: Uuid,
    kind: String,
    group: Group,
    severity: Severity,
    subject_type: String,
    subject_id: Uuid,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    person_id: Option<Uuid>,
    person_name: Option<String>,
    facts: Value,
    link: Option<String>,
    created_at: Timestamp,
    read_at: Option<Timestamp>,
}

impl From<Row> for Notification {
    fn from(row: Row) -> Self {
        let named = |id: Option<Uuid>, name: Option<String>| id.zip(name).map(|(user_id, name)| Named { user_id, name });
        Self {
            id: row.id,
            kind: row.kind,
            group: row.group,
            severity: row.severity,
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            actor: named(row.actor_id, row.actor_name),
            person: named(row.person_id, row.person_name),
            facts: row.facts,
            link: row.link,
            created_at: row.created_at,
            read_at: row.read_at,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! rows {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT n.id, n.kind, n.kind_group AS "group: Group", n.severity AS "severity: Severity", n.subject_type, n.subject_id,
                      n.actor_id, actor.display_name AS "actor_name?", n.person_id, person.display_name AS "person_name?", n.facts, n.link,
                      n.created_at, n.read_at
                 FROM messaging.notifications n
                 LEFT JOIN identity.members actor ON actor.tenant_id = n.tenant_id AND actor.user_id = n.actor_id
                 LEFT JOIN identity.members person ON person.tenant_id = n.tenant_id AND person.user_id = n.person_id
                WHERE n.tenant_id = $1 AND n.user_id = $2 "# + $tail,
            $($argument),*
        )
    };
}

/// What a list is narrowed by.
pub struct Filter {
    pub unread: Option<bool>,
    pub group: Option<Group>,
    pub kind: Option<String>,
}

pub async fn list(ctx: &mut Ctx, user: Uuid, filter: &Filter, before: Option<Uuid>, count: i64) -> Result<Vec<Notification>> {
    let tenant = ctx.tenant.0;
    let rows = rows!(
        "AND ($3::uuid IS NULL OR n.id < $3)
         AND ($4::boolean IS NULL OR (n.read_at IS NULL) = $4)
         AND ($5::text IS NULL OR n.kind_group = $5)
         AND ($6::text IS NULL OR n.kind = $6)
         ORDER BY n.id DESC
         LIMIT $7",
        tenant,
        user,
        before,
        filter.unread,
        filter.group as Option<Group>,
        filter.kind,
        count,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(rows.into_iter().map(Notification::from).collect())
}

pub async fn find(ctx: &mut Ctx, user: Uuid, id: Uuid) -> Result<Option<Notification>> {
    let tenant = ctx.tenant.0;
    Ok(rows!("AND n.id = $3", tenant, user, id).fetch_optional(ctx.db().await?).await?.map(Notification::from))
}

pub async fn count_unread(ctx: &mut Ctx, user: Uuid) -> Result<i64> {
    let tenant = ctx.tenant.0;
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM messaging.notifications
            WHERE tenant_id = $1 AND user_id = $2 AND read_at IS NULL LIMIT 100) AS n"#,
        tenant,
        user
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(count)
}

pub async fn are_own(ctx: &mut Ctx, user: Uuid, ids: &[Uuid]) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let own = sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM unnest($3::uuid[]) AS asked (id)
                               WHERE NOT EXISTS (SELECT FROM messaging.notifications n
                                                  WHERE n.tenant_id = $1 AND n.user_id = $2 AND n.id = asked.id)) AS "own!""#,
        tenant,
        user,
        ids,
    )
    .fetch_one(ctx.db().await?)
    .await?;
    Ok(own)
}

/// Answers of each that was unread whether it concerns the account.
pub async fn mark_read(ctx: &mut Ctx, user: Uuid, ids: Option<&[Uuid]>) -> Result<Vec<bool>> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let read = sqlx::query_scalar!(
        r#"UPDATE messaging.notifications SET read_at = $3, updated_at = $3, topic = NULL
            WHERE tenant_id = $1 AND user_id = $2 AND read_at IS NULL AND ($4::uuid[] IS NULL OR id = ANY ($4))
        RETURNING notice_id IS NOT NULL AS "is_of_account!""#,
        tenant,
        user,
        now as Timestamp,
        ids,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(read)
}

/// In the other workspaces, what was marked as read here at this moment.
pub async fn read_elsewhere(ctx: &mut Ctx, user: Uuid) -> Result<()> {
    let now = ctx.now();
    sqlx::query!(r#"SELECT messaging.read_elsewhere($1, $2) AS "done: ()""#, user, now as Timestamp).execute(ctx.db().await?).await?;
    Ok(())
}

pub async fn mark_unread(ctx: &mut Ctx, user: Uuid, id: Uuid) -> Result<bool> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    let marked = sqlx::query!(
        "UPDATE messaging.notifications SET read_at = NULL, updated_at = $4
          WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND read_at IS NOT NULL",
        tenant,
        user,
        id,
        now as Timestamp,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(marked.rows_affected() > 0)
}

/// The active members who hold that permission, for all records or their own.
///
/// # Errors
/// The database's.
pub async fn holders(ctx: &mut Ctx, permission: &str) -> Result<Vec<Uuid>> {
    let tenant = ctx.tenant.0;
    let users = sqlx::query_scalar!(
        "SELECT m.user_id FROM identity.members m
          WHERE m.tenant_id = $1 AND m.status = 'active'
            AND EXISTS (SELECT FROM identity.granted($1, m.user_id) g WHERE g.permission = $2)
          ORDER BY m.user_id",
        tenant,
        permission,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(users)
}

/// The active members who are owners or administrators.
///
/// # Errors
/// The database's.
pub async fn admins(ctx: &mut Ctx) -> Result<Vec<Uuid>> {
    let tenant = ctx.tenant.0;
    let users = sqlx::query_scalar!(
        "SELECT DISTINCT m.user_id
           FROM identity.members m
           JOIN identity.member_roles mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id
           JOIN identity.roles r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id AND r.kind = 'system' AND r.name IN ('owner', 'admin')
          WHERE m.tenant_id = $1 AND m.status = 'active'
          ORDER BY m.user_id",
        tenant,
    )
    .fetch_all(ctx.db().await?)
    .await?;
    Ok(users)
}

/// Whether owners and administrators want to know of what is suspicious about a member.
pub async fn alerts_admins(ctx: &mut Ctx) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let alerts = sqlx::query_scalar!("SELECT alerts_admins FROM directory.tenants WHERE id = $1", tenant);
    Ok(alerts.fetch_optional(ctx.db().await?).await?.unwrap_or_default())
}

pub async fn inviter(ctx: &mut Ctx, invitation: Uuid) -> Result<Option<Uuid>> {
    let tenant = ctx.tenant.0;
    let inviter = sqlx::query_scalar!("SELECT invited_by FROM directory.invitations WHERE tenant_id = $1 AND id = $2", tenant, invitation);
    Ok(inviter.fetch_optional(ctx.db().await?).await?)
}
