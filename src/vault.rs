//! Seals what must not lie open in the database. AES-256-GCM with a fresh nonce; the place a value belongs to is
//! authenticated with it, so that a sealed value copied to another row does not open.

use aes_gcm::{
    Aes256Gcm, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use rand::RngCore;
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 12;
/// Version of the sealed form; leaves room for a second key.
const FORM: u8 = 1;

/// Holds the installation's key. Shows nothing of it.
#[derive(Clone)]
pub struct Vault(Aes256Gcm);

/// Where a sealed value belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub organization: Uuid,
    /// `table.column`
    pub column: &'static str,
    pub row: Uuid,
}

/// A sealed value that does not open: another key, another place, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this installation's key")]
pub struct Sealed;

impl Vault {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)))
    }

    pub fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, Sealed> {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: &place.bytes() };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload).map_err(|_| Sealed)?;
        Ok([&[FORM][..], &nonce, &sealed].concat())
    }

    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Sealed> {
        let (&form, rest) = sealed.split_first().ok_or(Sealed)?;
        let (nonce, body) = rest.split_at_checked(NONCE_BYTES).ok_or(Sealed)?;
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| Sealed)?;
        if form != FORM {
            return Err(Sealed);
        }
        let payload = Payload { msg: body, aad: &place.bytes() };
        self.0.decrypt(&Nonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| Sealed)
    }
}

impl Place {
    fn bytes(self) -> Vec<u8> {
        [self.organization.as_bytes(), self.column.as_bytes(), &[0], self.row.as_bytes()].concat()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_in_its_own_place() {
        let vault = Vault::new(&[7; 32]);
        let place = Place {
            organization: Uuid::from_u128(1),
            column: "integrations.sealed",
            row: Uuid::from_u128(2),
        };
        let sealed = vault.seal(place, b"token").unwrap();
        assert_eq!(&**vault.open(place, &sealed).unwrap(), b"token");
        assert_ne!(sealed, vault.seal(place, b"token").unwrap(), "each sealing has its own nonce");
        let elsewhere = [
            Place { organization: Uuid::from_u128(9), ..place },
            Place { row: Uuid::from_u128(9), ..place },
            Place { column: "other.sealed", ..place },
        ];
        for place in elsewhere {
            assert!(vault.open(place, &sealed).is_err());
        }
        assert!(Vault::new(&[8; 32]).open(place, &sealed).is_err());
        for length in 0..sealed.len() {
            assert!(vault.open(place, &sealed[..length]).is_err());
        }
    }
}
