//! As whom PostgreSQL runs: the hub's own user, or an ordinary one when the hub is root.

use std::{
    fs::{self, Metadata},
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use tokio::process::Command;

use super::{EmbeddedError, folder::file_error};

/// The user of the server process and of everything in its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    pub uid: u32,
    gid: u32,
    /// The hub is root and must step down to this user.
    step_down: bool,
}

impl User {
    /// The owner of an existing folder, else `postgres`, else `nobody` when the hub is root; otherwise the hub's own.
    pub fn for_folder(existing: Option<&Metadata>) -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self {
                uid: rustix::process::geteuid().as_raw(),
                gid: rustix::process::getegid().as_raw(),
                step_down: false,
            });
        }
        match existing.filter(|folder| folder.uid() != 0) {
            Some(folder) => Ok(Self { uid: folder.uid(), gid: folder.gid(), step_down: true }),
            None => Self::ordinary(),
        }
    }

    fn ordinary() -> Result<Self, EmbeddedError> {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| entry_of(&users, name));
        found.map(|(uid, gid)| Self { uid, gid, step_down: true }).ok_or(EmbeddedError::NoUser)
    }

    /// A command of this user, with an empty environment, in a folder that everyone may enter.
    pub fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_MESSAGES", "C")
            .current_dir("/");
        if self.step_down {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    pub fn give(self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.step_down {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid)).map_err(file_error(path))
    }

    /// Whether this user may pass through every folder above `path`. Access lists are not looked at.
    pub fn reaches(self, path: &Path) -> bool {
        path.ancestors().skip(1).all(|folder| fs::metadata(folder).is_ok_and(|found| self.may_pass(&found)))
    }

    fn may_pass(self, folder: &Metadata) -> bool {
        let bit = match (folder.uid() == self.uid, folder.gid() == self.gid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        !self.step_down || folder.mode() & bit != 0
    }
}

fn entry_of(users: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':');
    let (uid, gid) = (fields.nth(1)?, fields.next()?);
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "nobody2:x:7:8::/:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\n";
        assert_eq!(entry_of(users, "nobody"), Some((65534, 65533)));
        assert_eq!(entry_of(users, "postgres"), None);
    }
}
