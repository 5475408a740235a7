//! Finding PostgreSQL's binaries of the right major version.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{ClusterError, OLDEST_MAJOR, Options, layout::Layout};

/// Where Debian and its derivatives keep one folder a major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A folder with `postgres` and `initdb` of one major version.
#[derive(Clone, Debug)]
pub struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// Those of `PG_BIN`, else the first of `PATH`, `pg_config` and the newest of Debian's folders that has the major version
    /// of the cluster or, where there is no cluster yet, at least [`OLDEST_MAJOR`].
    pub async fn find(options: &Options, layout: &Layout) -> Result<Self, ClusterError> {
        let cluster = cluster_major(&layout.data)?;
        if let Some(folder) = &options.pg_bin {
            let major = inspect(folder).await.map_err(|problem| ClusterError::BadBinaries { folder: folder.clone(), problem })?;
            return match cluster {
                Some(cluster) if cluster != major => Err(ClusterError::MajorMismatch {
                    data: layout.data.clone(),
                    cluster,
                    found: format!("PostgreSQL {major} in {}", folder.display()),
                }),
                None if major < OLDEST_MAJOR => Err(ClusterError::BadBinaries {
                    folder: folder.clone(),
                    problem: format!("that is PostgreSQL {major}, and {OLDEST_MAJOR} or newer is needed"),
                }),
                _ => Ok(Self { folder: folder.clone(), major }),
            };
        }
        let mut found = Vec::new();
        for folder in candidates().await {
            let Ok(major) = inspect(&folder).await else {
                continue;
            };
            if cluster.map_or(major >= OLDEST_MAJOR, |cluster| cluster == major) {
                return Ok(Self { folder, major });
            }
            found.push(format!("PostgreSQL {major} in {}", folder.display()));
        }
        match cluster {
            Some(cluster) if !found.is_empty() => {
                Err(ClusterError::MajorMismatch { data: layout.data.clone(), cluster, found: found.join(", ") })
            }
            _ => Err(ClusterError::BinariesMissing { looked_in: format!("PATH, pg_config, {DEBIAN}/*/bin") }),
        }
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

/// The major version that made the cluster, or `None` where there is none.
fn cluster_major(data: &Path) -> Result<Option<u32>, ClusterError> {
    if !data.exists() {
        return Ok(None);
    }
    let broken = |problem: String| ClusterError::NotACluster { data: data.to_owned(), problem };
    let text = fs::read_to_string(data.join("PG_VERSION")).map_err(|error| broken(format!("PG_VERSION cannot be read ({error})")))?;
    text.trim().parse().map(Some).map_err(|_| broken(format!("PG_VERSION says {:?}", text.trim())))
}

/// Folders that may hold the binaries, best first.
async fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let asked = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().await;
    if let Ok(output) = asked
        && output.status.success()
    {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    debian.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    folders.extend(debian.into_iter().map(|(_, folder)| folder));
    // Links to one place are one candidate, at its best rank.
    let mut seen = HashSet::new();
    folders.retain(|folder| fs::canonicalize(folder.join("postgres")).is_ok_and(|program| seen.insert(program)));
    folders
}

/// The major version of the binaries in the folder, or why they cannot be used.
async fn inspect(folder: &Path) -> Result<u32, String> {
    for name in ["postgres", "initdb"] {
        if !folder.join(name).is_file() {
            return Err(format!("there is no {name} in it"));
        }
    }
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| format!("its postgres cannot be run ({error})"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_major(&text)
        .ok_or_else(|| format!("its postgres does not tell its version: {}{}", text.trim(), String::from_utf8_lossy(&output.stderr).trim()))
}

/// The major version in what `postgres --version` prints.
fn parse_major(text: &str) -> Option<u32> {
    let version = text.split("(PostgreSQL)").nth(1)?.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit());
    version[..digits.unwrap_or(version.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_major(debian), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18.4"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_major("postgres (EnterpriseDB) 15"), None);
    }
}
