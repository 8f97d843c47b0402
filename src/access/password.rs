//! Passwords: Argon2id, never on a runtime thread, and never more than two at a time, because each takes 19 MiB and a
//! core.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// In characters.
pub const SHORTEST: usize = 8;
/// In characters; longer ones cost time and add nothing.
pub const LONGEST: usize = 200;

static HASHING: Semaphore = Semaphore::const_new(2);

/// The hash of a password that nobody has, so that an unknown account takes as long as a wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c3dpdGNoYm9hcmQtbm9ib2R5$pK1Ep1Xz5E7d5FJ3bL6dC0Fq0o0mC1mQe6Vv0n6oJfM";

/// A PHC string with its own salt.
pub async fn hash(password: SecretString) -> Result<String> {
    on_a_blocking_thread(move || {
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| Error::Internal(format!("hashing a password: {error}")))
    })
    .await?
}

/// Whether the password fits. `None`, for an account without one or no account at all, takes as long and is always false.
pub async fn fits(password: SecretString, hash: Option<String>) -> Result<bool> {
    on_a_blocking_thread(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&hash)
            .map_err(|error| Error::Internal(format!("a stored password hash: {error}")))?;
        let fits = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
        Ok(fits && known)
    })
    .await?
}

async fn on_a_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("hashing: {error}"));
    let _permit = HASHING.acquire().await.map_err(|error| failed(&error))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_same_password_fits() {
        let hash = hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(fits("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!fits("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!fits("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn nobody_s_password_is_tried_to_the_end() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let salt = nobody.salt.unwrap();
        let tried = Argon2::default().hash_password_with_salt(b"guess", salt.as_ref()).unwrap();
        // The same work: only the last comparison differs.
        assert_eq!(tried.hash.unwrap().len(), nobody.hash.unwrap().len());
        let refused = Argon2::default().verify_password(b"guess", &nobody).unwrap_err();
        assert_eq!(refused, argon2::password_hash::Error::PasswordInvalid);
    }

    #[tokio::test]
    async fn a_wrong_password_and_an_unknown_account_take_the_same_way_and_only_two_at_a_time() {
        let hash = hash("correct horse".into()).await.unwrap();
        let held = HASHING.acquire_many(2).await.unwrap();
        for hash in [Some(hash.clone()), None] {
            let waiting = tokio::time::timeout(std::time::Duration::from_millis(50), fits("x".into(), hash));
            assert!(waiting.await.is_err(), "hashes without a permit");
        }
        drop(held);
        assert!(!fits("x".into(), None).await.unwrap());
        assert!(!fits("x".into(), Some(hash)).await.unwrap());
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let params = argon2::Params::try_from(&nobody).unwrap();
        let default = argon2::Params::default();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (default.m_cost(), default.t_cost(), default.p_cost())
        );
    }
}
