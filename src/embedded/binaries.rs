//! Where PostgreSQL is installed, and which of several installations fits.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::EmbeddedError;

const DEBIAN: &str = "/usr/lib/postgresql";

/// A folder with `postgres`, `initdb` and `pg_ctl` of one major version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// The newest installation, or the one of the major version that made the cluster.
    pub async fn find(named: Option<&Path>, made_by: Option<u32>) -> Result<Self, EmbeddedError> {
        let found = match named {
            Some(folder) => {
                vec![Self::at(folder.to_owned()).await.ok_or(EmbeddedError::NoBinaries(folder.to_owned()))?]
            }
            None => Self::installed().await,
        };
        let Some(made_by) = made_by else {
            return found
                .into_iter()
                .max_by_key(|binaries| binaries.major)
                .ok_or(EmbeddedError::NotInstalled);
        };
        let versions: Vec<String> = found.iter().map(|binaries| binaries.major.to_string()).collect();
        found.into_iter().find(|binaries| binaries.major == made_by).ok_or_else(|| {
            if versions.is_empty() {
                return EmbeddedError::NotInstalled;
            }
            EmbeddedError::OtherVersion { made_by, found: versions.join(", ") }
        })
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    async fn installed() -> Vec<Self> {
        let mut folders = debian_folders();
        folders.extend(shell_answer("pg_config --bindir").await.map(PathBuf::from));
        let postgres = shell_answer("command -v postgres").await.and_then(|path| fs::canonicalize(path).ok());
        folders.extend(postgres.and_then(|path| path.parent().map(Path::to_owned)));
        folders.sort();
        folders.dedup();
        let mut found = Vec::new();
        for folder in folders {
            found.extend(Self::at(folder).await);
        }
        found
    }

    async fn at(folder: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl"].iter().all(|name| folder.join(name).is_file());
        if !complete {
            return None;
        }
        let output = Command::new(folder.join("postgres")).arg("--version").output().await.ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder, major })
    }
}

fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(DEBIAN) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path().join("bin")).collect()
}

/// The first line that a shell command prints. The shell looks along the `PATH`, so that this file need not.
async fn shell_answer(command: &str) -> Option<String> {
    let output = Command::new("sh").args(["-c", command]).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned).filter(|line| output.status.success() && !line.is_empty())
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres 15"), None);
    }

    #[tokio::test]
    async fn a_cluster_keeps_its_major_version() {
        let error = Binaries::find(None, Some(9)).await.unwrap_err();
        assert!(matches!(error, EmbeddedError::OtherVersion { made_by: 9, .. }), "{error}");
        let error = Binaries::find(Some(Path::new("/nonexistent")), None).await.unwrap_err();
        assert!(matches!(error, EmbeddedError::NoBinaries(_)), "{error}");
    }
}
