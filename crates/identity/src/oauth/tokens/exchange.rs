//! Grants for tokens: a code, a refresh token, a device code, or the client's own word.

use platform::App;
use platform::TenantId;
use platform::crypto::sha256;
use platform::ctx::Origin;
use platform::time::Timestamp;
use sqlx::PgConnection;

use super::{Bits, Grant, Issued, REFRESH, REPLAYED, end_family, id_token, is_challenge_of, issue, store, written};
use crate::access_tokens::text;
use crate::oauth::clients::{GrantType, OAuthClient};
use crate::oauth::form::Form;
use crate::oauth::refused::{Refused, Result};
use crate::oauth::{device, scopes};

/// A request for tokens, by a client that showed itself and perhaps a key.
pub struct Asked<'a> {
    pub app: &'a App,
    pub origin: &'a Origin,
    pub client: &'a OAuthClient,
    pub form: &'a Form,
    pub thumbprint: Option<[u8; 32]>,
    pub now: Timestamp,
}

impl Asked<'_> {
    /// # Errors
    /// As RFC 6749, 5.2, and RFC 8628, 3.5, have them. What was noted before a refusal is to be committed with it.
    pub async fn tokens(&self, db: &mut PgConnection) -> Result<Issued> {
        let grant_type = match self.form.need("grant_type")? {
            "authorization_code" => GrantType::AuthorizationCode,
            "refresh_token" => GrantType::RefreshToken,
            "client_credentials" => GrantType::ClientCredentials,
            "urn:ietf:params:oauth:grant-type:device_code" => GrantType::DeviceCode,
            _ => return Err(Refused::new("unsupported_grant_type", "There is no such grant.")),
        };
        if !self.client.may(grant_type) {
            return Err(Refused::new("unauthorized_client", "The client is not registered for this grant."));
        }
        if self.client.requires_dpop && self.thumbprint.is_none() {
            return Err(Refused::new("invalid_dpop_proof", "The client's tokens must be bound to a key; send a proof of it."));
        }
        match grant_type {
            GrantType::AuthorizationCode => self.of_code(db).await,
            GrantType::RefreshToken => self.of_refresh(db).await,
            GrantType::ClientCredentials => self.of_client(db).await,
            GrantType::DeviceCode => {
                let grant = device::redeem(self, db).await?;
                self.first(db, grant).await
            }
        }
    }

    async fn of_code(&self, db: &mut PgConnection) -> Result<Issued> {
        let unknown = || Refused::grant("The code is not known, was used, has run out, or is not this client's.");
        let (code, verifier) = (self.form.need("code")?, self.form.need("code_verifier")?);
        let found = store::code_for_use(db, &sha256(code.as_bytes())).await?.ok_or_else(unknown)?;
        if found.grant.client_id != self.client.id {
            return Err(unknown());
        }
        if found.used_at.is_some() {
            // RFC 6749, 4.1.2: one of the two who showed it stole it.
            end_family(self.app, db, self.origin, &found.grant, "code_replayed").await?;
            return Err(unknown());
        }
        if found.expires_at <= self.now || !store::grant_lives(db, found.grant.id, self.now).await? {
            return Err(unknown());
        }
        if self.form.get("redirect_uri").is_some_and(|given| given != found.redirect_uri) {
            return Err(Refused::grant("The code was asked for with another redirect_uri."));
        }
        if !is_challenge_of(&found.challenge, verifier) {
            return Err(Refused::grant("The code_verifier is not that of the code_challenge."));
        }
        self.check_key(&found.grant)?;
        store::use_code(db, found.id, self.now).await?;
        self.first(db, found.grant).await
    }

    /// A grant that a key was named for is for its holder.
    fn check_key(&self, grant: &Grant) -> Result<()> {
        match (&grant.dpop_jkt, &self.thumbprint) {
            (Some(bound), shown) if shown.as_ref().is_none_or(|shown| shown[..] != bound[..]) => {
                Err(Refused::grant("It is bound to another key."))
            }
            _ => Ok(()),
        }
    }

    /// The first tokens of a grant.
    async fn first(&self, db: &mut PgConnection, mut grant: Grant) -> Result<Issued> {
        if let (None, Some(thumbprint)) = (&grant.dpop_jkt, &self.thumbprint) {
            store::bind_grant(db, grant.id, thumbprint).await?;
            grant.dpop_jkt = Some(thumbprint.to_vec());
        }
        let (_, mut issued) = issue(db, self.client, &grant, &Bits::drawn(), &grant.scopes, self.now).await?;
        self.add_id_token(db, &grant, &mut issued, grant.nonce.as_deref()).await?;
        Ok(issued)
    }

    async fn add_id_token(&self, db: &mut PgConnection, grant: &Grant, issued: &mut Issued, nonce: Option<&str>) -> Result<()> {
        if let (Some(user), true) = (grant.user_id, scopes::has(&grant.scopes, "openid")) {
            let of = id_token::Of { client: self.client, grant, user, access_token: &issued.access_token, nonce };
            issued.id_token = Some(id_token::sign(self.app, db, &of, self.now).await?);
        }
        Ok(())
    }

    async fn of_refresh(&self, db: &mut PgConnection) -> Result<Issued> {
        let unknown = || Refused::grant("The refresh token is not known, was used, has run out or was revoked, or is not this client's.");
        let token = self.form.need("refresh_token")?;
        let hash = text::hash(REFRESH, token).ok_or_else(unknown)?;
        let found = store::refresh_for_use(db, &hash).await?.ok_or_else(unknown)?;
        let grant = &found.grant;
        if grant.client_id != self.client.id || found.revoked_at.is_some() {
            return Err(unknown());
        }
        // Before it is judged whether it is used again: without the key it is worth nothing.
        self.check_key(grant)?;
        if let Some(at) = found.refreshed_at
            && (found.successor_used || at.plus_seconds(REPLAYED) < self.now)
        {
            end_family(self.app, db, self.origin, grant, "refresh_reused").await?;
            return Err(unknown());
        }
        // Where its person took `offline_access` back, it is not refreshed any more.
        if found.expires_at <= self.now || !grant.is_offline(self.client) || !store::grant_lives(db, grant.id, self.now).await? {
            return Err(unknown());
        }
        let scopes = match self.form.get("scope") {
            None => grant.scopes.clone(),
            Some(text) => {
                scopes::parse(text, &grant.scopes).ok_or_else(|| Refused::new("invalid_scope", "More was asked for than was granted."))?
            }
        };
        let bits = Bits::following(self.app, token);
        let mut issued = match &found.successor_scopes {
            // The answer was lost.
            Some(before) if *before == scopes => written(self.client, grant, &bits, &scopes),
            Some(_) => return Err(unknown()),
            None => {
                let (successor, issued) = issue(db, self.client, grant, &bits, &scopes, self.now).await?;
                store::succeed(db, found.id, successor, self.now).await?;
                issued
            }
        };
        self.add_id_token(db, grant, &mut issued, None).await?;
        Ok(issued)
    }

    async fn of_client(&self, db: &mut PgConnection) -> Result<Issued> {
        let tenant =
            self.client.tenant_id.map(TenantId).ok_or_else(|| Refused::new("unauthorized_client", "The client is in no workspace."))?;
        let own: Vec<String> =
            self.client.allowed_scopes.iter().filter(|scope| !scopes::OPENID.contains(&scope.as_str())).cloned().collect();
        let scopes = match self.form.get("scope") {
            None => own,
            Some(text) => scopes::parse(text, &own)
                .ok_or_else(|| Refused::new("invalid_scope", "The client may not ask for all of this for itself."))?,
        };
        let mut grant = Grant::of_client(self.client, tenant, scopes, self.now);
        grant.dpop_jkt = self.thumbprint.map(|thumbprint| thumbprint.to_vec());
        store::insert_grant(db, &grant).await?;
        Ok(issue(db, self.client, &grant, &Bits::drawn(), &grant.scopes, self.now).await?.1)
    }
}
