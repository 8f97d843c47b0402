//! `Idempotency-Key` on requests that create: a repeat with the same key and body is answered like the first and does
//! nothing. The key is written in the creating transaction, so a failed request leaves it free, and a second one that comes
//! while the first is under way waits for it.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header::HeaderName, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::OrganizationId,
};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The header, where the client sent one.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(Option<String>);

/// A key that is new in this transaction, to be given the answer.
#[must_use = "without its answer the key cannot answer a repeat"]
pub struct Fresh(Option<String>);

#[derive(sqlx::FromRow)]
struct Kept {
    request_hash: Vec<u8>,
    status: i16,
    response: Value,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let value =
            parts.headers.get(HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Ok(Self(value))
    }
}

impl IdempotencyKey {
    /// `Err` holds the answer that the key was given before. `what` names the operation: `teams.create`.
    ///
    /// # Errors
    /// 400 for a key that cannot be one, 422 for a key that came with another body before.
    pub async fn begin(
        &self,
        tx: &mut Tx,
        member: &Member,
        what: &str,
        body: &impl Serialize,
    ) -> Result<Result<Fresh, Response>> {
        let organization = tx.organization();
        self.begin_as_system(tx.sql(), organization, member, what, body).await
    }

    /// In a transaction without a tenant, for what founds another organization than the member's.
    pub async fn begin_as_system(
        &self,
        connection: &mut PgConnection,
        organization: OrganizationId,
        member: &Member,
        what: &str,
        body: &impl Serialize,
    ) -> Result<Result<Fresh, Response>> {
        let Some(key) = &self.0 else { return Ok(Ok(Fresh(None))) };
        if key.is_empty()
            || key.len() > 255
            || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            return Err(Error::bad_request(
                "bad_idempotency_key",
                "An Idempotency-Key has 1 to 255 visible ASCII characters.",
            ));
        }
        let key = format!("{} {key}", member.user_id);
        let hash = request_hash(what, body)?;
        // Waits for a transaction that holds the same key.
        let inserted = sqlx::query(
            "insert into idempotency_keys (organization_id, key, request_hash) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(organization)
        .bind(&key)
        .bind(&hash[..])
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(Ok(Fresh(Some(key))));
        }
        repeat(connection, organization, &key, &hash).await.map(Err)
    }
}

impl Fresh {
    /// Keeps the answer for repeats, and gives it.
    pub async fn answer(self, tx: &mut Tx, status: StatusCode, body: &impl Serialize) -> Result<Response> {
        let organization = tx.organization();
        self.answer_as_system(tx.sql(), organization, status, body).await
    }

    /// Goes with [`IdempotencyKey::begin_as_system`].
    pub async fn answer_as_system(
        self,
        connection: &mut PgConnection,
        organization: OrganizationId,
        status: StatusCode,
        body: &impl Serialize,
    ) -> Result<Response> {
        let body =
            serde_json::to_value(body).map_err(|error| Error::Internal(format!("an answer: {error}")))?;
        if let Some(key) = self.0 {
            sqlx::query(
                "update idempotency_keys set status = $3, response = $4 where organization_id = $1 and key = $2",
            )
            .bind(organization)
            .bind(key)
            .bind(status.as_u16().cast_signed())
            .bind(&body)
            .execute(connection)
            .await?;
        }
        Ok((status, axum::Json(body)).into_response())
    }
}

async fn repeat(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &str,
    hash: &[u8],
) -> Result<Response> {
    let kept: Kept = sqlx::query_as(
        "select request_hash, status, response from idempotency_keys
         where organization_id = $1 and key = $2 and status is not null",
    )
    .bind(organization)
    .bind(key)
    .fetch_one(connection)
    .await?;
    if kept.request_hash != hash {
        return Err(Error::unprocessable(
            "idempotency_key_reused",
            "This Idempotency-Key came with another request before. Use a new one.",
        ));
    }
    let status = u16::try_from(kept.status).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = (status.unwrap_or(StatusCode::CREATED), axum::Json(kept.response)).into_response();
    response.headers_mut().insert("idempotency-replayed", axum::http::HeaderValue::from_static("true"));
    Ok(response)
}

fn request_hash(what: &str, body: &impl Serialize) -> Result<[u8; 32]> {
    let body = serde_json::to_vec(body).map_err(|error| Error::Internal(format!("a request: {error}")))?;
    let mut hash = Sha256::new();
    hash.update(what);
    hash.update([0]);
    hash.update(body);
    Ok(hash.finalize().into())
}
