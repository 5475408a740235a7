//! Where the cluster's files are, and the folders' owners and modes.

use std::{
    env, fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use super::{ClusterError, PORT, account::Account};

/// What `sockaddr_un` takes, without the closing NUL.
const LONGEST_SOCKET_PATH: usize = 107;

/// The paths below `<data directory>/postgres`, all absolute.
#[derive(Clone, Debug)]
pub struct Layout {
    pub root: PathBuf,
    pub lock: PathBuf,
    pub credentials: PathBuf,
    pub ballast: PathBuf,
    pub data: PathBuf,
    pub run: PathBuf,
    pub log: PathBuf,
    /// What the server prints before its log collector runs.
    pub start_log: PathBuf,
    /// Where `initdb` works.
    pub making: PathBuf,
}

impl Layout {
    /// Makes `data_dir` and its folder `postgres` when missing. As root both may be passed through by other users, since
    /// the server is one; what they hold is closed itself.
    pub fn prepare(data_dir: &Path) -> Result<Self, ClusterError> {
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        let wanted = data_dir.join("postgres");
        fs::DirBuilder::new().recursive(true).mode(mode).create(&wanted).map_err(ClusterError::io("making", &wanted))?;
        let root = wanted.canonicalize().map_err(ClusterError::io("finding", &wanted))?;
        Ok(Self {
            lock: root.join("lock"),
            credentials: root.join("credentials.json"),
            ballast: root.join("ballast"),
            data: root.join("data"),
            run: root.join("run"),
            log: root.join("log"),
            start_log: root.join("start.log"),
            making: root.join("initdb"),
            root,
        })
    }

    /// A name for the cluster that tells its processes from those of other clusters.
    pub fn cluster_name(&self) -> String {
        let digest = platform::crypto::sha256(self.root.as_os_str().as_bytes());
        format!("atrium-{}", hex::encode(&digest[..8]))
    }

    /// The folder of the socket: `run`, or where its path would be too long for a socket a folder under the runtime or
    /// temporary directory, named after the cluster.
    pub fn socket_dir(&self, account: &Account) -> Result<PathBuf, ClusterError> {
        if fits(&self.run) {
            private_folder(&self.run, account)?;
            return Ok(self.run.clone());
        }
        let runtime = if account.switch { Some(PathBuf::from("/run")) } else { env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) };
        let name = self.cluster_name();
        let folder = runtime
            .into_iter()
            .chain([env::temp_dir()])
            .filter(|base| base.is_absolute() && base.is_dir())
            .map(|base| base.join(&name))
            .find(|folder| fits(folder))
            .unwrap_or_else(|| Path::new("/tmp").join(&name));
        // Others may write to a temporary directory: what stands there already must be ours.
        private_folder(&folder, account)?;
        Ok(folder)
    }
}

/// Whether a socket in the folder can be bound, and named in the server's configuration and in connection options.
fn fits(folder: &Path) -> bool {
    let length = folder.as_os_str().len() + format!("/.s.PGSQL.{PORT}").len();
    length <= LONGEST_SOCKET_PATH && folder.to_str().is_some_and(|text| !text.contains(|c: char| c.is_control() || "'\"\\".contains(c)))
}

/// Makes a folder of the server's user, mode 0700, or checks that it is one.
pub fn private_folder(path: &Path, account: &Account) -> Result<(), ClusterError> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.own(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::symlink_metadata(path).map_err(ClusterError::io("reading", path))?;
            // Made by root and not yet given away when we were killed.
            let half_made = account.switch && metadata.uid() == 0;
            if !metadata.is_dir() || (metadata.uid() != account.uid && !half_made) {
                return Err(ClusterError::SocketFolder { path: path.to_owned(), uid: account.uid });
            }
            if metadata.mode() & 0o777 != 0o700 {
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(ClusterError::io("closing", path))?;
            }
            if half_made { account.own(path) } else { Ok(()) }
        }
        Err(error) => Err(ClusterError::io("making", path)(error)),
    }
}

/// Makes renames and new files in the folder last.
pub fn sync_folder(path: &Path) -> Result<(), ClusterError> {
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(ClusterError::io("syncing", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_of_107_bytes_fits_and_one_more_does_not() {
        let folder = |length: usize| PathBuf::from(format!("/{}", "a".repeat(length - 1)));
        assert!(fits(&folder(107 - 14)));
        assert!(!fits(&folder(107 - 13)));
        assert!(!fits(Path::new("/it's")));
    }

    #[test]
    fn a_socket_folder_that_is_a_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        fs::create_dir(&target).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let account = Account::choose(&dir.path().join("none")).unwrap();
        let refused = private_folder(&link, &account);
        assert!(matches!(refused, Err(ClusterError::SocketFolder { .. })), "{refused:?}");
    }
}
