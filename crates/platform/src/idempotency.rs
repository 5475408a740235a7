//! `Idempotency-Key`: the same key and body get the same answer for 24 hours, another body is refused.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::crypto::Place;
use crate::ctx::{Answer, TenantId};
use crate::error::{Error, Problem, Result};
use crate::state::App;

/// What a request claims: set by the layer that has read the body, completed with the actor when the caller is known.
#[derive(Clone, Debug)]
pub struct Claim {
    pub route: String,
    pub key: String,
    pub request_hash: [u8; 32],
    /// A user's id, or `-` for visitors.
    pub actor: String,
}

pub enum Claimed {
    Fresh,
    Answered(Box<Answer>),
}

pub static HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of the header, if one is given.
///
/// # Errors
/// More than one, or one that is not 1 to 200 visible ASCII characters.
pub fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(&HEADER).iter();
    let Some(first) = given.next() else { return Ok(None) };
    match first.to_str() {
        Ok(key) if given.next().is_none() && (1..=200).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_invalid",
            "Idempotency-Key must be one value of 1 to 200 visible ASCII characters.",
        )),
    }
}

struct Stored {
    request_hash: Vec<u8>,
    status: Option<i16>,
    headers: Option<Value>,
    answer_ciphertext: Option<Vec<u8>>,
}

impl Claim {
    fn place(&self, tenant: Option<TenantId>) -> Place<'static> {
        let hash = crate::crypto::sha256(format!("{}\0{}\0{}", self.actor, self.route, self.key).as_bytes());
        let mut row = [0; 16];
        row.copy_from_slice(&hash[..16]);
        Place { column: "idempotency_keys.answer_ciphertext", tenant: tenant.map(|t| t.0), row: Uuid::from_bytes(row) }
    }

    /// Takes the key in the open transaction. A request with the same key that is under way holds the row, so this
    /// waits for it, up to the role's lock time-out.
    ///
    /// # Errors
    /// `idempotency_mismatch` where the key was used for something else; 409 while the first is still under way.
    pub async fn take(&self, db: &mut PgConnection, app: &App, tenant: Option<TenantId>) -> Result<Claimed> {
        let hash = &self.request_hash[..];
        let fresh = match tenant {
            Some(TenantId(tenant)) => {
                sqlx::query!(
                    "INSERT INTO platform.idempotency_keys AS k (tenant_id, actor, route, key, request_hash)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tenant_id, actor, route, key) DO UPDATE
                    SET request_hash = excluded.request_hash, status = NULL, headers = NULL, answer_ciphertext = NULL,
                        created_at = now(), expires_at = now() + interval '24 hours'
                  WHERE k.expires_at < now()",
                    tenant,
                    self.actor,
                    self.route,
                    self.key,
                    hash
                )
                .execute(&mut *db)
                .await
            }
            None => {
                sqlx::query!(
                    "INSERT INTO directory.idempotency_keys AS k (actor, route, key, request_hash)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (actor, route, key) DO UPDATE
                    SET request_hash = excluded.request_hash, status = NULL, headers = NULL, answer_ciphertext = NULL,
                        created_at = now(), expires_at = now() + interval '24 hours'
                  WHERE k.expires_at < now()",
                    self.actor,
                    self.route,
                    self.key,
                    hash
                )
                .execute(&mut *db)
                .await
            }
        };
        match fresh {
            Ok(done) if done.rows_affected() == 1 => return Ok(Claimed::Fresh),
            Ok(_) => {}
            Err(error) if error.as_database_error().and_then(|e| e.code()).as_deref() == Some("55P03") => return Err(under_way().into()),
            Err(error) => return Err(error.into()),
        }
        let stored = match tenant {
            Some(TenantId(tenant)) => {
                sqlx::query_as!(
                    Stored,
                    "SELECT request_hash, status, headers, answer_ciphertext FROM platform.idempotency_keys
                      WHERE tenant_id = $1 AND actor = $2 AND route = $3 AND key = $4",
                    tenant,
                    self.actor,
                    self.route,
                    self.key
                )
                .fetch_one(db)
                .await?
            }
            None => {
                sqlx::query_as!(
                    Stored,
                    "SELECT request_hash, status, headers, answer_ciphertext FROM directory.idempotency_keys
                      WHERE actor = $1 AND route = $2 AND key = $3",
                    self.actor,
                    self.route,
                    self.key
                )
                .fetch_one(db)
                .await?
            }
        };
        if stored.request_hash != hash {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "This Idempotency-Key was used for another request. Use a new one.",
            )
            .into());
        }
        let (Some(status), Some(sealed)) = (stored.status, stored.answer_ciphertext) else { return Err(under_way().into()) };
        let body = app.keys.open(self.place(tenant), &sealed).map_err(Error::internal)?.to_vec();
        let mut answer = Answer {
            status: StatusCode::from_u16(u16::try_from(status).unwrap_or(500)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body,
        };
        for (name, value) in stored.headers.iter().filter_map(Value::as_object).flatten() {
            if let (Ok(name), Some(Ok(value))) = (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::from_str)) {
                answer.headers.insert(name, value);
            }
        }
        answer.headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
        Ok(Claimed::Answered(Box::new(answer)))
    }

    /// Stores the answer, sealed, in the transaction of the effect. Cookies are not stored: a session is not handed
    /// out twice.
    ///
    /// # Errors
    /// The database's.
    pub async fn store(&self, db: &mut PgConnection, app: &App, tenant: Option<TenantId>, answer: &Answer) -> Result<()> {
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != header::SET_COOKIE)
            .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
            .collect::<serde_json::Map<_, _>>();
        let sealed = app.keys.seal(self.place(tenant), &answer.body);
        let status = i16::try_from(answer.status.as_u16()).unwrap_or(500);
        match tenant {
            Some(TenantId(tenant)) => {
                sqlx::query!(
                    "UPDATE platform.idempotency_keys SET status = $5, headers = $6, answer_ciphertext = $7
                  WHERE tenant_id = $1 AND actor = $2 AND route = $3 AND key = $4",
                    tenant,
                    self.actor,
                    self.route,
                    self.key,
                    status,
                    Value::Object(headers),
                    sealed
                )
                .execute(db)
                .await?
            }
            None => {
                sqlx::query!(
                    "UPDATE directory.idempotency_keys SET status = $4, headers = $5, answer_ciphertext = $6
                  WHERE actor = $1 AND route = $2 AND key = $3",
                    self.actor,
                    self.route,
                    self.key,
                    status,
                    Value::Object(headers),
                    sealed
                )
                .execute(db)
                .await?
            }
        };
        Ok(())
    }
}

fn under_way() -> Problem {
    Problem {
        retry_after: Some(1),
        ..Problem::conflict("request_under_way", "The first request with this Idempotency-Key is still under way.")
    }
}
