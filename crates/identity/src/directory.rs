//! Transactions for what exists before a tenant is known or spans tenants.

use axum::response::{IntoResponse, Response};
use platform::ctx::{Answer, commit};
use platform::error::{Error, Result};
use platform::idempotency::{Claim, Claimed};
use platform::pool::Transaction;
use platform::{App, Ctx, TenantId};
use sqlx::PgConnection;

/// A transaction on the directory. It writes no tenant's rows; given a tenant, it may read that one's.
pub struct Directory {
    app: App,
    tx: Transaction,
    claim: Option<Claim>,
}

impl Directory {
    /// Begins, and claims the Idempotency-Key where there is one.
    ///
    /// # Errors
    /// No connection in time; or the stored answer of an earlier request.
    pub async fn open(app: &App, tenant: Option<TenantId>, claim: Option<Claim>) -> Result<Self> {
        let mut tx = match tenant {
            Some(tenant) => app.seal.begin(&app.pools.web, tenant).await?,
            None => Transaction::begin(&app.pools.web, "BEGIN").await?,
        };
        take(&mut tx, app, claim.as_ref()).await?;
        Ok(Self { app: app.clone(), tx, claim })
    }

    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// # Errors
    /// As [`Ctx::commit`].
    pub async fn commit(self) -> Result<()> {
        commit(self.tx).await
    }

    /// Commits, and stores the answer under the Idempotency-Key in the same transaction.
    ///
    /// # Errors
    /// As [`Ctx::commit`].
    pub async fn commit_with(mut self, answer: Answer) -> Result<Response> {
        if let Some(claim) = &self.claim {
            claim.store(&mut self.tx, &self.app, None, &answer).await?;
        }
        commit(self.tx).await?;
        Ok(answer.into_response())
    }
}

/// Claims a key of the directory in whatever transaction is open: for operations whose tenant is not the caller's.
///
/// # Errors
/// The stored answer of an earlier request.
pub async fn take(db: &mut PgConnection, app: &App, claim: Option<&Claim>) -> Result<()> {
    match claim {
        None => Ok(()),
        Some(claim) => match claim.take(db, app, None).await? {
            Claimed::Fresh => Ok(()),
            Claimed::Answered(response) => Err(Error::Replay(response)),
        },
    }
}

/// Commits a tenant's transaction and stores the answer under the key that [`take`] claimed.
///
/// # Errors
/// As [`Ctx::commit`].
pub async fn commit_with(ctx: &mut Ctx, claim: Option<&Claim>, answer: Answer) -> Result<Response> {
    if let Some(claim) = claim {
        let app = ctx.app.clone();
        claim.store(ctx.db().await?, &app, None, &answer).await?;
    }
    ctx.commit().await?;
    Ok(answer.into_response())
}
