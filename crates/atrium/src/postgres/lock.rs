//! The lock that keeps two supervisors off one cluster.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    time::Duration,
};

use super::{ClusterError, layout::Layout};

/// A program that was killed a moment ago holds its lock until the kernel has taken it down.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// Takes the lock and writes our pid into it. The kernel frees it with the returned file, so also when we are killed;
/// a pid left in the file by a dead process means nothing.
pub async fn acquire(layout: &Layout) -> Result<File, ClusterError> {
    let path = &layout.lock;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(ClusterError::io("opening", path))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(ClusterError::io("reading", path))?;
                let holder = match text.trim().parse::<u32>() {
                    Ok(pid) => format!("another process, pid {pid},"),
                    Err(_) => "another process".to_owned(),
                };
                return Err(ClusterError::Locked { folder: layout.root.clone(), holder });
            }
            Err(TryLockError::Error(source)) => {
                return Err(ClusterError::io("locking", path)(source));
            }
        }
    }
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(ClusterError::io("writing", path))?;
    Ok(file)
}
