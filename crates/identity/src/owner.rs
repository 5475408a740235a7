//! Transactions of the tables' owner, for the few changes that are not the serving role's to make: the status of users and
//! tenants, and erasure. No policy bounds them, so each statement names whose rows it is about.

use axum::response::{IntoResponse, Response};
use platform::App;
use platform::ctx::Answer;
use platform::error::{Error, Result};
use platform::idempotency::Claim;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::directory;

pub struct AsOwner {
    app: App,
    tx: Transaction<'static, Postgres>,
    claim: Option<Claim>,
}

impl AsOwner {
    /// Begins, and claims the Idempotency-Key where there is one.
    ///
    /// # Errors
    /// No connection in time; or the stored answer of an earlier request.
    pub async fn open(app: &App, claim: Option<Claim>) -> Result<Self> {
        let mut tx = app.pools.owner.begin().await?;
        directory::take(&mut tx, app, claim.as_ref()).await?;
        Ok(Self { app: app.clone(), tx, claim })
    }

    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// # Errors
    /// The database's.
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await.map_err(Error::from)
    }

    /// Commits, and stores the answer under the Idempotency-Key in the same transaction.
    ///
    /// # Errors
    /// The database's.
    pub async fn commit_with(mut self, answer: Answer) -> Result<Response> {
        if let Some(claim) = &self.claim {
            claim.store(&mut self.tx, &self.app, None, &answer).await?;
        }
        self.tx.commit().await?;
        Ok(answer.into_response())
    }
}
