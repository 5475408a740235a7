//! The context of one piece of work: who calls, for which tenant, with what rights, in which transaction, at what time.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::{self, Line};
use crate::auth::{Permissions, Session};
use crate::error::{Error, Problem, Result};
use crate::events::Fact;
use crate::idempotency::{Claim, Claimed};
use crate::jobs::Waiting;
use crate::mail::Mail;
use crate::pool::{Pool, Transaction, is_broken};
use crate::state::App;
use crate::time::Timestamp;

/// The tenant whose rows a transaction may touch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, serde::Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct TenantId(pub Uuid);

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub request_id: Option<Uuid>,
}

/// Who acts.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one stands in each context, and nearly every one is a member's")]
pub enum Caller {
    /// A signed-in member of the tenant.
    Member(Session),
    /// Somebody without an account, on a public page.
    Visitor,
    /// A job or a reaction; the event that caused it, where one did.
    Program { caused_by: Option<Uuid> },
}

impl Caller {
    /// As the audit trail calls whoever acts, where that is no person with a name.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Member(_) => None,
            Self::Visitor => Some("visitor"),
            Self::Program { .. } => Some("atrium"),
        }
    }
}

/// Everything an operation needs. There is no way to a tenant's rows but [`Ctx::db`], and no `Ctx` without a tenant.
pub struct Ctx {
    pub app: App,
    pub caller: Caller,
    pub tenant: TenantId,
    pub origin: Origin,
    pool: Pool,
    claim: Option<Claim>,
    tx: Option<Transaction>,
    noted: Noted,
}

/// What goes with a change, written together before the COMMIT: a round trip for each would cost more than the rows.
#[derive(Default)]
pub(crate) struct Noted {
    pub facts: Vec<Fact>,
    pub lines: Vec<Line>,
    pub jobs: Vec<Waiting>,
    /// Those of one change together.
    pub mails: Vec<Vec<Mail>>,
}

impl Ctx {
    /// For a member's request; the transaction opens at the first statement.
    pub fn of_member(app: App, session: Session, tenant: TenantId, origin: Origin, claim: Option<Claim>) -> Self {
        let pool = app.pools.web.clone();
        Self { app, caller: Caller::Member(session), tenant, origin, pool, claim, tx: None, noted: Noted::default() }
    }

    /// For a visitor of a public page of that tenant.
    pub fn of_visitor(app: App, tenant: TenantId, origin: Origin, claim: Option<Claim>) -> Self {
        let pool = app.pools.public.clone();
        Self { app, caller: Caller::Visitor, tenant, origin, pool, claim, tx: None, noted: Noted::default() }
    }

    /// For a job or a reaction.
    pub fn of_program(app: App, tenant: TenantId, caused_by: Option<Uuid>) -> Self {
        let pool = app.pools.work.clone();
        Self {
            app,
            caller: Caller::Program { caused_by },
            tenant,
            origin: Origin::default(),
            pool,
            claim: None,
            tx: None,
            noted: Noted::default(),
        }
    }

    /// Has the transaction be the owner's, for a change of the queue and its line of the trail together. No policy bounds
    /// it, so each statement names whose rows it is about. Before the first statement.
    ///
    /// # Errors
    /// A transaction that is open already, which is a bug.
    pub(crate) fn as_owner(&mut self) -> Result<()> {
        if self.tx.is_some() {
            return Err(Error::internal("the transaction is open, and not the owner's"));
        }
        self.pool = self.app.pools.queue.clone();
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// The signed-in user, if one acts.
    pub fn user_id(&self) -> Option<Uuid> {
        match &self.caller {
            Caller::Member(session) => Some(session.user_id),
            Caller::Visitor | Caller::Program { .. } => None,
        }
    }

    /// Of the member who acts.
    pub fn session(&self) -> Option<&Session> {
        match &self.caller {
            Caller::Member(session) => Some(session),
            Caller::Visitor | Caller::Program { .. } => None,
        }
    }

    /// # Errors
    /// As [`Session::check_fresh`], for a member. Nobody else has anything to confirm.
    pub fn check_fresh(&self) -> Result<(), Problem> {
        self.session().map_or(Ok(()), |session| session.check_fresh(self.now()))
    }

    pub fn permissions(&self) -> Permissions {
        match &self.caller {
            Caller::Member(session) => session.permissions,
            Caller::Visitor | Caller::Program { .. } => Permissions::NONE,
        }
    }

    /// The connection of the open transaction, which opens here if it has not. The first statement of a request with an
    /// Idempotency-Key claims the key.
    ///
    /// # Errors
    /// No connection in time; or the stored answer of an earlier request.
    pub async fn db(&mut self) -> Result<&mut PgConnection> {
        if self.tx.is_none() {
            let mut tx = self.app.seal.begin(&self.pool, self.tenant).await?;
            if let Some(claim) = &self.claim {
                match claim.take(&mut tx, &self.app, Some(self.tenant)).await? {
                    Claimed::Fresh => {}
                    Claimed::Answered(answer) => return Err(Error::Replay(answer)),
                }
            }
            self.tx = Some(tx);
        }
        match &mut self.tx {
            Some(tx) => Ok(&mut *tx),
            None => Err(Error::internal("no transaction")),
        }
    }

    pub(crate) fn noted(&mut self) -> &mut Noted {
        &mut self.noted
    }

    /// Puts another claim in place of the request's, for a handler that knows only after reading what was asked. For
    /// the transactions that open from now on.
    pub(crate) fn claim_as(&mut self, claim: Option<Claim>) {
        self.claim = claim;
    }

    /// Commits what was done. Dropping the context instead rolls it back.
    ///
    /// # Errors
    /// A deferred constraint; or [`Error::UnknownOutcome`] where the connection broke.
    pub async fn commit(&mut self) -> Result<()> {
        let Noted { facts, lines, mut jobs, mails } = std::mem::take(&mut self.noted);
        let made = if facts.is_empty() && lines.is_empty() { Vec::new() } else { self.write_facts(&facts, lines).await? };
        if !mails.is_empty() {
            let (app, tenant) = (self.app.clone(), self.tenant);
            for (job, when) in crate::mail::write(self.db().await?, &app.keys, Some(tenant), &mails).await? {
                jobs.push(Waiting::new(&job, when)?);
            }
        }
        if !jobs.is_empty() {
            crate::jobs::enqueue_all(self.db().await?, &jobs).await?;
        }
        if let Some(tx) = self.tx.take() {
            commit(tx).await?;
        }
        self.app.audit_keys.keep(self.tenant, made);
        if !facts.is_empty() {
            self.app.dispatch.wake();
        }
        Ok(())
    }

    /// Answers the keys of people that were made for the lines.
    async fn write_facts(&mut self, facts: &[Fact], lines: Vec<Line>) -> Result<Vec<audit::people::Made>> {
        let ready = audit::people::seal(&self.app, self.tenant, &self.caller, &self.origin, lines)?;
        let json = |list: serde_json::Result<serde_json::Value>| list.map_err(Error::internal);
        let (facts, lines, keys) =
            (json(serde_json::to_value(facts))?, json(serde_json::to_value(&ready.lines))?, json(serde_json::to_value(&ready.made))?);
        let notes = audit::store::Notes {
            actor: self.user_id(),
            actor_name: self.caller.name(),
            request: self.origin.request_id,
            metadata: self.session().and_then(audit::metadata),
            facts: &facts,
            lines: &lines,
            keys: &keys,
        };
        let tenant = self.tenant;
        audit::store::write(self.db().await?, tenant, notes).await?;
        Ok(ready.made)
    }

    /// Takes back what was done since the last commit, where the work goes on.
    ///
    /// # Errors
    /// The database's.
    pub async fn rollback(&mut self) -> Result<()> {
        self.noted = Noted::default();
        if let Some(tx) = self.tx.take() {
            tx.rollback().await?;
        }
        Ok(())
    }

    /// Commits, and stores the answer under the request's Idempotency-Key in the same transaction.
    ///
    /// # Errors
    /// As [`Ctx::commit`].
    pub async fn commit_with(&mut self, answer: Answer) -> Result<Response> {
        if let (Some(claim), Some(tx)) = (&self.claim, &mut self.tx) {
            claim.store(tx, &self.app, Some(self.tenant), &answer).await?;
        }
        self.commit().await?;
        Ok(answer.into_response())
    }
}

/// COMMIT, where a broken connection means that nobody knows the outcome.
///
/// # Errors
/// See [`Ctx::commit`].
pub async fn commit(tx: Transaction) -> Result<()> {
    // A server that said that it is going down may have committed before.
    tx.commit().await.map_err(|error| if is_broken(&error) { Error::UnknownOutcome(error) } else { Error::Database(error) })
}

/// An answer that can be stored and given again.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// # Errors
    /// A value that is no JSON, which is a bug.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        Ok(Self { status, headers, body: serde_json::to_vec(value).map_err(Error::internal)? })
    }

    /// 201 with the record.
    ///
    /// # Errors
    /// As [`Answer::json`].
    pub fn created(value: &impl Serialize) -> Result<Self> {
        Self::json(StatusCode::CREATED, value)
    }

    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    /// Adds the ETag of a record at that version.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.header(header::ETAG, &format!("\"{version}\""))
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().extend(self.headers);
        response
    }
}
