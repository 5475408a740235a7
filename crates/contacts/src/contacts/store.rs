//! Every statement on contacts.

use platform::text::{email_key, name_key};
use platform::time::Timestamp;
use platform::{Ctx, OnConstraint, Problem, Result};
use uuid::Uuid;

use super::{CompanyRef, Contact, Fields, Kind, Lifecycle, OwnerRef, Person};

/// A row of the list, with what it is sorted by.
pub struct Row {
    id: Uuid,
    kind: Kind,
    name: String,
    pub name_key: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    company_id: Option<Uuid>,
    company_name: Option<String>,
    job_title: Option<String>,
    lifecycle: Lifecycle,
    source: String,
    owner_id: Option<Uuid>,
    owner_name: Option<String>,
    timezone: Option<String>,
    locale: Option<String>,
    notes: Option<String>,
    total_bookings: i32,
    pub last_booking_at: Option<Timestamp>,
    pub created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

impl Row {
    pub fn id(&self) -> Uuid {
        self.id
    }
}

impl From<Row> for Contact {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            given_name: row.given_name,
            family_name: row.family_name,
            email: row.email,
            phone: row.phone,
            company: row.company_id.zip(row.company_name).map(|(id, name)| CompanyRef { id, name }),
            job_title: row.job_title,
            lifecycle: row.lifecycle,
            source: row.source,
            owner: row.owner_id.zip(row.owner_name).map(|(user_id, name)| OwnerRef { user_id, name }),
            timezone: row.timezone,
            locale: row.locale,
            notes: row.notes,
            total_bookings: row.total_bookings,
            last_booking_at: row.last_booking_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// The columns of [`Row`], before what differs.
macro_rules! rows {
    ($tail:tt, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.id, c.kind AS "kind: Kind", c.name, c.name_key, c.given_name, c.family_name, c.email, c.phone,
                      c.company_id, company.name AS "company_name?", c.job_title, c.lifecycle AS "lifecycle: Lifecycle",
                      c.source, c.owner_id, owner.display_name AS "owner_name?", c.timezone, c.locale, c.notes,
                      c.total_bookings, c.last_booking_at, c.created_at, c.updated_at, c.version
                 FROM contacts.contacts c
                 LEFT JOIN contacts.contacts company ON company.tenant_id = c.tenant_id AND company.id = c.company_id
                 LEFT JOIN identity.members owner ON owner.tenant_id = c.tenant_id AND owner.user_id = c.owner_id
                WHERE c.tenant_id = $1 AND c.archived_at IS NULL "# + $tail,
            $($argument),*
        )
    };
}

/// What a list is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In the form of `name_key`; among the first 1,000 by name that hold it.
    pub needle: Option<String>,
    pub lifecycle: Option<Lifecycle>,
    pub owner: Option<Uuid>,
    /// The member who may see only what is his or her own.
    pub own: Option<Uuid>,
}

pub async fn by_name(ctx: &mut Ctx, filter: &Filter, after: Option<&(String, Uuid)>, most: i64) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = rows!(
        "AND ($2::text IS NULL OR c.id IN (SELECT id FROM contacts.search($2, 1000)))
         AND ($3::text IS NULL OR c.lifecycle = $3)
         AND ($4::uuid IS NULL OR c.owner_id = $4)
         AND ($5::uuid IS NULL OR c.owner_id = $5)
         AND ($6::text IS NULL OR (c.name_key, c.id) > ($6, $7::uuid))
       ORDER BY c.name_key, c.id
       LIMIT $8",
        tenant,
        filter.needle.as_deref(),
        filter.lifecycle as Option<Lifecycle>,
        filter.owner,
        filter.own,
        after.map(|(key, _)| key.as_str()),
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn newest(ctx: &mut Ctx, filter: &Filter, after: Option<&(Timestamp, Uuid)>, most: i64) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = rows!(
        "AND ($2::text IS NULL OR c.id IN (SELECT id FROM contacts.search($2, 1000)))
         AND ($3::text IS NULL OR c.lifecycle = $3)
         AND ($4::uuid IS NULL OR c.owner_id = $4)
         AND ($5::uuid IS NULL OR c.owner_id = $5)
         AND ($6::timestamptz IS NULL OR (c.created_at, c.id) < ($6, $7::uuid))
       ORDER BY c.created_at DESC, c.id DESC
       LIMIT $8",
        tenant,
        filter.needle.as_deref(),
        filter.lifecycle as Option<Lifecycle>,
        filter.owner,
        filter.own,
        after.map(|(at, _)| *at) as Option<Timestamp>,
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

/// Those who never booked come last.
pub async fn by_last_booking(ctx: &mut Ctx, filter: &Filter, after: Option<&(Option<Timestamp>, Uuid)>, most: i64) -> Result<Vec<Row>> {
    let tenant = ctx.tenant.0;
    let rows = rows!(
        "AND ($2::text IS NULL OR c.id IN (SELECT id FROM contacts.search($2, 1000)))
         AND ($3::text IS NULL OR c.lifecycle = $3)
         AND ($4::uuid IS NULL OR c.owner_id = $4)
         AND ($5::uuid IS NULL OR c.owner_id = $5)
         AND ($7::uuid IS NULL
              OR (coalesce(c.last_booking_at, '-infinity'), c.id) < (coalesce($6::timestamptz, '-infinity'), $7))
       ORDER BY coalesce(c.last_booking_at, '-infinity') DESC, c.id DESC
       LIMIT $8",
        tenant,
        filter.needle.as_deref(),
        filter.lifecycle as Option<Lifecycle>,
        filter.owner,
        filter.own,
        after.and_then(|(at, _)| *at) as Option<Timestamp>,
        after.map(|(_, id)| *id),
        most,
    );
    Ok(rows.fetch_all(ctx.db().await?).await?)
}

pub async fn find(ctx: &mut Ctx, id: Uuid) -> Result<Option<Contact>> {
    let tenant = ctx.tenant.0;
    let row = rows!("AND c.id = $2", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Contact::from))
}

/// As [`find`], locked until the end of the transaction.
pub async fn lock(ctx: &mut Ctx, id: Uuid) -> Result<Option<Contact>> {
    let tenant = ctx.tenant.0;
    let row = rows!("AND c.id = $2 FOR NO KEY UPDATE OF c", tenant, id).fetch_optional(ctx.db().await?).await?;
    Ok(row.map(Contact::from))
}

/// How many contacts became known since then; with `own`, that member's.
///
/// # Errors
/// The database's.
pub async fn count_since(ctx: &mut Ctx, own: Option<Uuid>, since: Timestamp) -> Result<i64> {
    let tenant = ctx.tenant.0;
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM contacts.contacts
            WHERE tenant_id = $1 AND archived_at IS NULL AND created_at >= $2 AND ($3::uuid IS NULL OR owner_id = $3)"#,
        tenant,
        since as Timestamp,
        own,
    );
    Ok(count.fetch_one(ctx.db().await?).await?)
}

/// The contact of that address, archived or not.
pub async fn id_of_email(ctx: &mut Ctx, fields: &Fields) -> Result<Option<Uuid>> {
    let (tenant, key) = (ctx.tenant.0, fields.email.as_deref().map(email_key));
    let id = sqlx::query_scalar!("SELECT id FROM contacts.contacts WHERE tenant_id = $1 AND email_key = $2", tenant, key);
    Ok(id.fetch_optional(ctx.db().await?).await?)
}

/// The contact of that address, archived or not; with `own`, that member's and not archived.
pub async fn visible_of_email(ctx: &mut Ctx, fields: &Fields, own: Option<Uuid>) -> Result<Option<Uuid>> {
    let (tenant, key) = (ctx.tenant.0, fields.email.as_deref().map(email_key));
    let id = sqlx::query_scalar!(
        "SELECT id FROM contacts.contacts
          WHERE tenant_id = $1 AND email_key = $2 AND ($3::uuid IS NULL OR owner_id = $3 AND archived_at IS NULL)",
        tenant,
        key,
        own
    );
    Ok(id.fetch_optional(ctx.db().await?).await?)
}

/// The archived contact of that address as it was, for the audit trail.
pub async fn archived_of_email(ctx: &mut Ctx, fields: &Fields) -> Result<Option<serde_json::Value>> {
    let (tenant, key) = (ctx.tenant.0, fields.email.as_deref().map(email_key));
    let row = sqlx::query_scalar!(
        r#"SELECT jsonb_build_object('kind', kind, 'name', name, 'given_name', given_name, 'family_name', family_name, 'email', email,
                                     'phone', phone, 'job_title', job_title, 'lifecycle', lifecycle, 'source', source,
                                     'timezone', timezone, 'locale', locale, 'notes', notes, 'owner_id', owner_id) AS "old!"
             FROM contacts.contacts
            WHERE tenant_id = $1 AND email_key = $2 AND archived_at IS NOT NULL
              FOR NO KEY UPDATE"#,
        tenant,
        key
    );
    Ok(row.fetch_optional(ctx.db().await?).await?)
}

pub async fn is_company(ctx: &mut Ctx, id: Uuid) -> Result<bool> {
    let tenant = ctx.tenant.0;
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM contacts.contacts
                           WHERE tenant_id = $1 AND id = $2 AND kind = 'company' AND archived_at IS NULL) AS "found!""#,
        tenant,
        id,
    );
    Ok(found.fetch_one(ctx.db().await?).await?)
}

/// None where another contact has the address that is not archived, or is not that of `own`.
pub async fn insert(ctx: &mut Ctx, fields: &Fields, own: Option<Uuid>) -> Result<Option<Uuid>> {
    let (tenant, user) = (ctx.tenant.0, ctx.user_id());
    let id = sqlx::query_scalar!(
        "INSERT INTO contacts.contacts AS c
                (tenant_id, id, kind, name, name_key, given_name, family_name, email, email_key, phone, company_id,
                 job_title, lifecycle, source, owner_id, timezone, locale, notes, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
         ON CONFLICT (tenant_id, email_key) DO UPDATE
            SET kind = excluded.kind, name = excluded.name, name_key = excluded.name_key,
                given_name = excluded.given_name, family_name = excluded.family_name, email = excluded.email,
                phone = excluded.phone, company_id = excluded.company_id, job_title = excluded.job_title,
                lifecycle = excluded.lifecycle, source = excluded.source, owner_id = excluded.owner_id,
                timezone = excluded.timezone, locale = excluded.locale, notes = excluded.notes, archived_at = NULL
          WHERE c.archived_at IS NOT NULL AND ($20::uuid IS NULL OR c.owner_id = $20)
         RETURNING id",
        tenant,
        platform::id::new(),
        fields.kind as Kind,
        fields.name,
        name_key(&fields.name),
        fields.given_name,
        fields.family_name,
        fields.email,
        fields.email.as_deref().map(email_key),
        fields.phone,
        fields.company_id,
        fields.job_title,
        fields.lifecycle as Lifecycle,
        fields.source,
        fields.owner_id,
        fields.timezone,
        fields.locale,
        fields.notes,
        user,
        own,
    );
    id.fetch_optional(ctx.db().await?).await.on_constraint("contacts_tenant_id_owner_id_fkey", no_member)
}

pub async fn update(ctx: &mut Ctx, id: Uuid, fields: &Fields) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE contacts.contacts
            SET kind = $3, name = $4, name_key = $5, given_name = $6, family_name = $7, email = $8, email_key = $9,
                phone = $10, company_id = $11, job_title = $12, lifecycle = $13, source = $14, owner_id = $15,
                timezone = $16, locale = $17, notes = $18
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        fields.kind as Kind,
        fields.name,
        name_key(&fields.name),
        fields.given_name,
        fields.family_name,
        fields.email,
        fields.email.as_deref().map(email_key),
        fields.phone,
        fields.company_id,
        fields.job_title,
        fields.lifecycle as Lifecycle,
        fields.source,
        fields.owner_id,
        fields.timezone,
        fields.locale,
        fields.notes,
    )
    .execute(ctx.db().await?)
    .await
    .on_constraint("contacts_tenant_id_owner_id_fkey", no_member)
    .on_constraint("contacts_email_key", || {
        Problem::conflict("email_taken", "Another contact has this e-mail address. Open that one instead.")
    })?;
    Ok(())
}

fn no_member() -> Problem {
    Problem::field("owner_id", "not_found", "is not a member of this workspace")
}

pub async fn archive(ctx: &mut Ctx, id: Uuid) -> Result<()> {
    let (tenant, now) = (ctx.tenant.0, ctx.now());
    sqlx::query!("UPDATE contacts.contacts SET archived_at = $3 WHERE tenant_id = $1 AND id = $2", tenant, id, now as Timestamp)
        .execute(ctx.db().await?)
        .await?;
    Ok(())
}

/// The contact that a meeting led to.
pub struct Met {
    pub id: Uuid,
    pub name: String,
    pub owner_id: Option<Uuid>,
    pub is_new: bool,
    pub was_archived: bool,
    /// Something is empty that the meeting told.
    pub needs_more: bool,
}

/// Finds or makes the contact, and counts the booking. Only columns that move no version change here, so that a booking
/// does not refuse a member who is editing.
pub async fn meet(ctx: &mut Ctx, person: Person<'_>) -> Result<Met> {
    let tenant = ctx.tenant.0;
    let met = sqlx::query_as!(
        Met,
        r#"INSERT INTO contacts.contacts AS c
                  (tenant_id, id, name, name_key, email, email_key, phone, timezone, locale, source, owner_id,
                   total_bookings, last_booking_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12::timestamptz IS NULL THEN 0 ELSE 1 END, $12)
           ON CONFLICT (tenant_id, email_key) DO UPDATE
              SET total_bookings  = c.total_bookings + excluded.total_bookings,
                  last_booking_at = greatest(c.last_booking_at, excluded.last_booking_at)
           RETURNING id, name, owner_id, (xmax = 0) AS "is_new!", (archived_at IS NOT NULL) AS "was_archived!",
                     (archived_at IS NOT NULL OR phone IS NULL AND $7::text IS NOT NULL
                      OR timezone IS NULL AND $8::text IS NOT NULL OR locale IS NULL AND $9::text IS NOT NULL) AS "needs_more!""#,
        tenant,
        platform::id::new(),
        person.name,
        name_key(person.name),
        person.email,
        email_key(person.email),
        person.phone,
        person.timezone,
        person.locale,
        person.source,
        person.owner,
        person.booked_at as Option<Timestamp>,
    );
    Ok(met.fetch_one(ctx.db().await?).await?)
}

/// Fills in what is empty, and wakes it from the archive.
pub async fn complete(ctx: &mut Ctx, id: Uuid, person: Person<'_>) -> Result<()> {
    let tenant = ctx.tenant.0;
    sqlx::query!(
        "UPDATE contacts.contacts
            SET phone = coalesce(phone, $3), timezone = coalesce(timezone, $4), locale = coalesce(locale, $5), archived_at = NULL
          WHERE tenant_id = $1 AND id = $2",
        tenant,
        id,
        person.phone,
        person.timezone,
        person.locale,
    )
    .execute(ctx.db().await?)
    .await?;
    Ok(())
}
