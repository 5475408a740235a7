//! The system user that the server runs as.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, lchown},
    path::{Path, PathBuf},
};

use super::ClusterError;

/// Who may be the server's user when the program is root, best first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// A system user.
#[derive(Clone, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
    /// Whether child processes must change to it: the program is root.
    pub switch: bool,
}

impl Account {
    /// The program's own user; as root the owner of `data` where it exists, else `postgres`, else `nobody`.
    pub fn choose(data: &Path) -> Result<Self, ClusterError> {
        let uid = rustix::process::geteuid().as_raw();
        let owner = match fs::metadata(data) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ClusterError::io("reading", data)(error)),
        };
        if uid != 0 {
            return match owner {
                Some((owner, _)) if owner != uid => Err(ClusterError::ForeignOwner { path: data.to_owned(), owner, uid }),
                _ => Ok(Self { uid, gid: rustix::process::getegid().as_raw(), name: format!("uid {uid}"), switch: false }),
            };
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (uid, gid, name) = match owner {
            Some((uid, gid)) if uid != 0 => {
                let name = parse_users(&users).find(|user| user.1 == uid).map_or_else(|| format!("uid {uid}"), |user| user.0.to_owned());
                (uid, gid, name)
            }
            _ => CANDIDATES.iter().find_map(|name| parse_users(&users).find(|user| user.0 == *name)).map_or_else(
                // The number that Linux itself gives to nobody.
                || (65_534, 65_534, "nobody".to_owned()),
                |(name, uid, gid)| (uid, gid, name.to_owned()),
            ),
        };
        Ok(Self { uid, gid, name, switch: true })
    }

    /// The outermost folder on the way to `path`, itself included, that the mode bits close to this user.
    pub fn barrier(&self, path: &Path) -> Result<Option<PathBuf>, ClusterError> {
        let mut ancestors: Vec<&Path> = path.ancestors().collect();
        ancestors.reverse();
        for folder in ancestors {
            let metadata = fs::metadata(folder).map_err(ClusterError::io("reading", folder))?;
            let bit = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & bit == 0 {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }

    /// Gives `path`, and what is in it, to this user. Links are not followed.
    pub fn own(&self, path: &Path) -> Result<(), ClusterError> {
        if !self.switch {
            return Ok(());
        }
        let metadata = fs::symlink_metadata(path).map_err(ClusterError::io("reading", path))?;
        if metadata.is_dir() {
            for entry in fs::read_dir(path).map_err(ClusterError::io("reading", path))? {
                let entry = entry.map_err(ClusterError::io("reading", path))?;
                self.own(&entry.path())?;
            }
        }
        // Last, so that a folder that is this user's is so throughout, also after a kill half way.
        if metadata.uid() != self.uid {
            lchown(path, Some(self.uid), Some(self.gid)).map_err(ClusterError::io("changing the owner of", path))?;
        }
        Ok(())
    }
}

/// Name, uid and gid of each line of passwd(5).
fn parse_users(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, uid, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_from_passwd_lines() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        let users: Vec<_> = parse_users(passwd).collect();
        assert_eq!(users, [("root", 0, 0), ("postgres", 101, 104)]);
    }

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let closed = dir.path().join("closed");
        let inner = closed.join("inner");
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { uid: 64_000, gid: 64_000, name: "stranger".to_owned(), switch: true };
        assert_eq!(stranger.barrier(&inner).unwrap(), Some(closed.clone()));
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(stranger.barrier(&inner).unwrap(), None);
    }
}
