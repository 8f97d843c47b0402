//! Access tokens: short-lived JWTs that name a user, an organization and a session. Permissions are never in them; they
//! are read in the transaction that needs them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    ids::{OrganizationId, SessionId, UserId},
};

/// Minutes that an access token lives.
pub const MINUTES: i64 = 15;

/// Signs and reads tokens with a key derived from the installation's.
#[derive(Clone)]
pub struct Tokens(Arc<Keys>);

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// Who a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "sub")]
    pub user_id: UserId,
    #[serde(rename = "org")]
    pub organization_id: OrganizationId,
    #[serde(rename = "sid")]
    pub session_id: SessionId,
    /// Unix seconds.
    pub exp: i64,
}

impl Tokens {
    /// `key` is the installation's secret key; tokens use one derived from it for this purpose only.
    pub fn new(key: &[u8; 32]) -> Self {
        let derived = webhooks::sign::hmac_sha256(key, b"switchboard access tokens 1");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        Self(Arc::new(Keys {
            encoding: EncodingKey::from_secret(&derived),
            decoding: DecodingKey::from_secret(&derived),
            validation,
        }))
    }

    pub fn sign(
        &self,
        user_id: UserId,
        organization_id: OrganizationId,
        session_id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let claims = Claims {
            user_id,
            organization_id,
            session_id,
            exp: (now + TimeDelta::minutes(MINUTES)).timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.0.encoding)
            .map_err(|error| Error::Internal(format!("signing a token: {error}")))
    }

    /// 401 with a code that tells an expired token from a wrong one.
    pub fn read(&self, token: &str) -> Result<Claims> {
        jsonwebtoken::decode::<Claims>(token, &self.0.decoding, &self.0.validation)
            .map(|data| data.claims)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => {
                    Error::unauthorized("token_expired", "The access token has expired. Refresh it.")
                }
                _ => Error::unauthorized("token_invalid", "The access token is not valid."),
            })
    }
}
