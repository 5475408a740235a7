//! The trail over HTTP.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::archive::{self, AuditArchive};
use super::heads::{Head, Hex};
use super::store::{self, Which};
use super::{AuditEvent, AuditRead, exports, list as lines};
use crate::auth::Allow;
use crate::error::{Problem, Result};
use crate::extract::{Json, Query};
use crate::page::{self, Page, PageParams};
use crate::state::App;
use crate::time::Timestamp;

/// What people are known by is sealed, so a search reads line by line: so many at a time, so many a request.
const STEP: i64 = 500;
const MOST_SEARCHED: usize = 5000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditFilter {
    entity_type: Option<String>,
    entity_id: Option<Uuid>,
    actor_id: Option<Uuid>,
    action: Option<String>,
    /// Lines from then on.
    from: Option<Timestamp>,
    /// Lines before then.
    to: Option<Timestamp>,
    /// An address, or a network as `192.0.2.0/24`. As with `q`, a page may hold fewer lines than `limit` and yet not be the last.
    address: Option<String>,
    /// Text in the action, the kind of record, who acted, or old and new values. A request looks through up to 5,000 lines;
    /// `next_cursor` goes on where it stopped.
    #[param(min_length = 2, max_length = 100)]
    q: Option<String>,
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// What of a line is sealed, and so is looked at here.
struct Search {
    address: Option<IpNet>,
    text: Option<String>,
}

impl Search {
    fn of(filter: &AuditFilter) -> Result<Self, Problem> {
        let address = match filter.address.as_deref().map(str::trim) {
            None => None,
            Some(text) => {
                let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(|ip| IpNet::from(ip.to_canonical())));
                Some(net.map_err(|_| Problem::field("address", "invalid", "is neither an address nor a network"))?)
            }
        };
        let text = filter.q.as_deref().map(|text| text.trim().to_lowercase());
        if text.as_ref().is_some_and(|text| !(2..=100).contains(&text.chars().count())) {
            return Err(Problem::field("q", "length", "must have between 2 and 100 characters"));
        }
        Ok(Self { address, text })
    }

    fn is_any(&self) -> bool {
        self.address.is_some() || self.text.is_some()
    }

    fn fits(&self, event: &AuditEvent) -> bool {
        let address = || event.ip_address.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
        self.address.is_none_or(|net| address().is_some_and(|ip| net.contains(&ip)))
            && self.text.as_deref().is_none_or(|text| says(event, text))
    }
}

/// Text in lower case.
pub(super) fn says(event: &AuditEvent, text: &str) -> bool {
    let has = |part: &str| part.to_lowercase().contains(text);
    has(&event.action)
        || has(&event.entity_type)
        || event.entity_id.is_some_and(|id| has(&id.to_string()))
        || event.actor.as_ref().is_some_and(|actor| has(&actor.name))
        || event.access_token.as_ref().is_some_and(|token| has(&token.name))
        || [&event.old_values, &event.new_values].into_iter().flatten().any(|values| has(&values.to_string()))
}

/// The audit trail, newest first.
#[utoipa::path(get, path = "/audit-events", tag = "platform", params(AuditFilter), responses((status = 200, body = Page<AuditEvent>)), security(("session" = [])))]
async fn list(mut ctx: Allow<AuditRead>, Query(filter): Query<AuditFilter>) -> Result<Json<Page<AuditEvent>>> {
    let page = PageParams { cursor: filter.cursor.clone(), limit: filter.limit };
    let (limit, mut before) = (page.limit()?, page.after::<Uuid>()?);
    let search = Search::of(&filter)?;
    let which = Which {
        entity_type: filter.entity_type,
        entity_id: filter.entity_id,
        actor_id: filter.actor_id,
        action: filter.action,
        from: filter.from,
        to: filter.to,
    };
    if !search.is_any() {
        let rows = lines(&mut ctx, &which, before, limit + 1).await?;
        return Ok(Json(Page::of(rows, limit, |row| row.id, |row| row)));
    }
    let (mut found, mut searched, wanted) = (Vec::new(), 0, usize::try_from(limit).unwrap_or(usize::MAX));
    loop {
        let rows = lines(&mut ctx, &which, before, STEP).await?;
        let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < STEP);
        for row in rows {
            before = Some(row.id);
            searched += 1;
            if search.fits(&row) {
                found.push(row);
                if found.len() == wanted {
                    return Ok(Json(Page { items: found, next_cursor: before.as_ref().map(page::encode) }));
                }
            }
        }
        if is_last {
            return Ok(Json(Page { items: found, next_cursor: None }));
        }
        if searched >= MOST_SEARCHED {
            return Ok(Json(Page { items: found, next_cursor: before.as_ref().map(page::encode) }));
        }
    }
}

/// The chain of hashes over the tenant's trail.
#[derive(Debug, Serialize, ToSchema)]
struct AuditChain {
    /// The place of the last line that has left the database for an archive; 0 before the first.
    archived_seq: i64,
    /// The place of the last sealed line; 0 before the first.
    sealed_seq: i64,
    /// Of that line, in hex digits.
    #[schema(value_type = Option<String>)]
    sealed_hash: Option<Hex<32>>,
    sealed_at: Option<Timestamp>,
    /// The last signed head.
    head: Option<Head>,
    /// When the chain was verified last; nightly.
    verified_at: Option<Timestamp>,
    verified_seq: Option<i64>,
    /// The first broken record that was found then.
    broken_seq: Option<i64>,
    /// `changed`, `missing`, `gap`, `truncated`, `rewritten`, `forged_head`, `forged_archive` or `never_sealed`
    broken_reason: Option<String>,
    /// The keys that signed heads, the newest first.
    keys: Vec<AuditKey>,
}

/// The public half of a key that signs heads.
#[derive(Debug, Serialize, ToSchema)]
struct AuditKey {
    id: Uuid,
    /// Ed25519, in hex digits.
    #[schema(value_type = String)]
    public_key: Hex<32>,
    created_at: Timestamp,
}

/// How far the trail is sealed, signed and verified.
#[utoipa::path(get, path = "/audit-chain", tag = "platform", responses((status = 200, body = AuditChain)), security(("session" = [])))]
async fn chain(mut ctx: Allow<AuditRead>) -> Result<Json<AuditChain>> {
    let tenant = ctx.tenant;
    let db = ctx.db().await?;
    let chain = store::chain(db, tenant).await?;
    let head = store::last_head(db, tenant).await?;
    let base = archive::base(db, tenant).await?;
    let keys = store::public_keys(db).await?;
    let keys = keys
        .into_iter()
        .map(|key| Ok(AuditKey { id: key.id, public_key: Hex(store::hash(&key.public_key)?), created_at: key.created_at }))
        .collect::<Result<_>>()?;
    let hash = chain.as_ref().map(|chain| store::hash(&chain.hash)).transpose()?;
    Ok(Json(AuditChain {
        archived_seq: base.seq,
        sealed_seq: chain.as_ref().map_or(0, |chain| chain.seq),
        sealed_hash: hash.map(Hex),
        sealed_at: chain.as_ref().map(|chain| chain.sealed_at),
        head,
        verified_at: chain.as_ref().and_then(|chain| chain.verified_at),
        verified_seq: chain.as_ref().and_then(|chain| chain.verified_seq),
        broken_seq: chain.as_ref().and_then(|chain| chain.broken_seq),
        broken_reason: chain.and_then(|chain| chain.broken_reason),
        keys,
    }))
}

/// Parts of the trail that have left the database, newest first. They are kept in the files of the instance, where who hosts it
/// searches them.
#[utoipa::path(get, path = "/audit-archives", tag = "platform", params(PageParams), responses((status = 200, body = Page<AuditArchive>)), security(("session" = [])))]
async fn archives(mut ctx: Allow<AuditRead>, Query(page): Query<PageParams>) -> Result<Json<Page<AuditArchive>>> {
    let (limit, before) = (page.limit()?, page.after::<i64>()?);
    let rows = archive::store::list(&mut ctx, before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| row.signed.manifest.first_seq, AuditArchive::from)))
}

pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(chain)).routes(routes!(archives)).merge(exports::api())
}
