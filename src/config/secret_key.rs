//! The master key: seals credentials and signs tokens. Given, or made once and kept in the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{TryRngCore, rngs::OsRng};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::Zeroizing;

use super::{database::Database, variables::Variables};

/// 32 random bytes.
pub type SecretKey = SecretBox<[u8; 32]>;

#[derive(Debug, Clone)]
pub enum MasterKey {
    /// `SWITCHBOARD_SECRET_KEY`: 32 bytes, base64.
    Given(SecretString),
    /// The file that holds it, or will after the first [`MasterKey::load`]; only with the private PostgreSQL.
    File(PathBuf),
}

impl MasterKey {
    pub(super) fn read(variables: &mut Variables<'_>, database: &Database, data: &Path) -> Self {
        const NAME: &str = "SWITCHBOARD_SECRET_KEY";
        let given = variables.secret(NAME, "made at the first start, kept in <data>/secret.key");
        match given {
            Some(text) => {
                if decode(text.expose_secret()).is_none() {
                    variables
                        .fault(NAME, "expected 32 bytes in base64 (make one with: openssl rand -base64 32)");
                }
                Self::Given(text)
            }
            None => {
                if !database.is_embedded() {
                    variables.fault(
                        NAME,
                        "required when DATABASE_URL is set (make one with: openssl rand -base64 32)",
                    );
                }
                Self::File(data.join("secret.key"))
            }
        }
    }

    /// The key itself; writes a fresh one, readable by its owner only, when the file does not exist yet.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else.
    pub fn load(&self) -> Result<SecretKey, KeyError> {
        match self {
            Self::Given(text) => decode(text.expose_secret()).ok_or(KeyError::Given),
            Self::File(path) => read_or_create(path),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("SWITCHBOARD_SECRET_KEY is not 32 bytes in base64")]
    Given,
    #[error(
        "the key file {0} does not hold 32 bytes in base64; restore it from a backup, credentials cannot be opened without it"
    )]
    Content(PathBuf),
    #[error("the key file {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("no randomness from the operating system")]
    Random,
}

fn read_or_create(path: &Path) -> Result<SecretKey, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => decode(text.trim()).ok_or_else(|| KeyError::Content(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(error) => Err(failed(error)),
    }
}

/// Written beside its place, synced, then linked in: a crash leaves a whole key or none, and of two processes that
/// start at once both end with the same one.
fn create(path: &Path) -> Result<SecretKey, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let mut bytes = Zeroizing::new([0_u8; 32]);
    OsRng.try_fill_bytes(bytes.as_mut()).map_err(|_| KeyError::Random)?;
    let text = Zeroizing::new(STANDARD.encode(bytes.as_ref()));
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let written = write_private(&draft, &text).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    let _ = fs::remove_file(&draft);
    written.map_err(failed)?;
    let kept = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    decode(kept.trim()).ok_or_else(|| KeyError::Content(path.to_owned()))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn decode(text: &str) -> Option<SecretKey> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
    Some(SecretBox::new(Box::new(key)))
}
