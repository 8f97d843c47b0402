//! One-time secrets that people carry: refresh tokens, invitations, password resets. The database knows only their hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRngCore;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// 256 random bits as text.
#[derive(Clone)]
pub struct OneTimeSecret(String);

impl OneTimeSecret {
    pub fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        rand::rngs::OsRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| Error::Internal(format!("random bytes: {error}")))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// To be given to the person, once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// To be stored.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

impl std::fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeSecret")
    }
}

/// What is stored of a secret that somebody brings. A plain hash is enough for 256 random bits.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}
