//! The places of the private PostgreSQL: `<data>/switchboard.lock` and `<data>/postgres/` with the cluster, its
//! password, its log and, where the path is short enough, its socket.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, symlink},
    path::{Path, PathBuf},
};

use rand::Rng;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::{EmbeddedError, user::User};

/// A socket's path may have about 100 bytes, and its file name needs 14 of them.
const LONGEST_SOCKET_FOLDER: usize = 85;

const DRAFT: &str = "cluster.new.";

/// The claimed data folder; the claim ends when this is dropped, or with the process.
#[derive(Debug)]
pub(super) struct Folder {
    pub root: Root,
    pub user: User,
    _lock: File,
}

/// `<data>/postgres`, absolute and without symbolic links.
#[derive(Debug)]
pub(super) struct Root(PathBuf);

impl Folder {
    pub fn claim(data: &Path) -> Result<Self, EmbeddedError> {
        fs::create_dir_all(data).map_err(file_error(data))?;
        let data = fs::canonicalize(data).map_err(file_error(data))?;
        let lock = lock(&data)?;
        let link = data.join("postgres");
        let existing = fs::metadata(&link).ok();
        let user = User::for_folder(existing.as_ref())?;
        match existing.as_ref().map(MetadataExt::uid) {
            None => make_root(&link, user)?,
            Some(0) if user.uid != 0 => user.give(&link)?,
            Some(owner) if owner != user.uid => {
                return Err(EmbeddedError::NotOwner { folder: link, owner, user: user.uid });
            }
            Some(_) => {}
        }
        Ok(Self { root: Root::at(&link)?, user, _lock: lock })
    }

    /// The folder of the socket, made when it is not there; nobody else may enter it.
    pub fn make_socket(&self) -> Result<PathBuf, EmbeddedError> {
        let path = self.root.socket();
        make_private(&path, self.user)?;
        Ok(path)
    }
}

impl Root {
    pub fn at(link: &Path) -> Result<Self, EmbeddedError> {
        fs::canonicalize(link).map(Self).map_err(file_error(link))
    }

    /// What PostgreSQL calls the data directory.
    pub fn cluster(&self) -> PathBuf {
        self.0.join("cluster")
    }

    /// Where this process makes a cluster; renamed when it is whole. An `initdb` that outlived a killed hub goes on in
    /// a folder of its own.
    pub fn draft(&self) -> PathBuf {
        self.0.join(format!("{DRAFT}{}", std::process::id()))
    }

    /// Removes what was begun and not finished.
    pub fn remove_drafts(&self) -> Result<(), EmbeddedError> {
        let entries = fs::read_dir(&self.0).map_err(file_error(&self.0))?;
        let drafts = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT));
        drafts
            .map(|draft| draft.path())
            .try_for_each(|path| fs::remove_dir_all(&path).map_err(file_error(&path)))
    }

    pub fn password(&self) -> PathBuf {
        self.0.join("password")
    }

    pub fn read_password(&self) -> Result<SecretString, EmbeddedError> {
        let path = self.password();
        let text = fs::read_to_string(&path).map_err(file_error(&path))?;
        Ok(SecretString::from(text.trim()))
    }

    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The folder of the socket: beside the cluster, or in `/tmp` where that path is too long for a socket.
    pub fn socket(&self) -> PathBuf {
        let beside = self.0.join("run");
        if beside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
            return beside;
        }
        let hash = Sha256::digest(self.0.as_os_str().as_encoded_bytes());
        PathBuf::from(format!("/tmp/switchboard-{}", hex::encode(&hash[..8])))
    }

    /// The major version of the existing cluster.
    pub fn made_by(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error(&path)(error)),
        }
    }
}

pub(super) fn file_error(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError + use<> {
    let path = path.to_owned();
    move |source| EmbeddedError::File { path, source }
}

/// Makes a file that only `user` can read, with this text.
pub(super) fn write_private(path: &Path, text: &str, user: User) -> Result<(), EmbeddedError> {
    use std::os::unix::fs::OpenOptionsExt;
    let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    written
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(file_error(path))?;
    user.give(path)
}

fn lock(data: &Path) -> Result<File, EmbeddedError> {
    let path = data.join("switchboard.lock");
    let failed = file_error(&path);
    let mut file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
        Ok(file) => file,
        Err(error) => return Err(failed(error)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text);
            return Err(EmbeddedError::InUse { data: data.to_owned(), pid: text.trim().parse().ok() });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let noted = file.set_len(0).and_then(|()| file.rewind());
    noted.and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

/// Makes `<data>/postgres`. Where the server's user cannot get there (a checkout in root's home), the folder is made
/// under `/var/lib/switchboard` and `<data>/postgres` links to it.
fn make_root(link: &Path, user: User) -> Result<(), EmbeddedError> {
    if fs::symlink_metadata(link).is_ok() {
        let lost = io::Error::new(io::ErrorKind::NotFound, "the folder this link points to is gone");
        return Err(file_error(link)(lost));
    }
    if user.reaches(link) {
        return make_private(link, user);
    }
    let name = hex::encode(rand::rng().random::<[u8; 6]>());
    let elsewhere = Path::new("/var/lib/switchboard").join(name);
    let parent = Path::new("/var/lib/switchboard");
    DirBuilder::new().recursive(true).mode(0o711).create(parent).map_err(file_error(parent))?;
    make_private(&elsewhere, user)?;
    symlink(&elsewhere, link).map_err(file_error(link))?;
    tracing::info!(
        folder.path = %elsewhere.display(),
        "the database lives outside the data folder, which PostgreSQL's user cannot enter"
    );
    Ok(())
}

/// Makes a folder for `user` alone, or checks that the existing one is.
fn make_private(path: &Path, user: User) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => user.give(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(path).map_err(file_error(path))?;
            if found.is_dir() && found.uid() == user.uid && found.mode() & 0o077 == 0 {
                return Ok(());
            }
            Err(file_error(path)(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "exists and is not a private folder of the user that runs PostgreSQL",
            )))
        }
        Err(error) => Err(file_error(path)(error)),
    }
}
