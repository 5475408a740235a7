//! Where the bytes of files live: a folder of this machine, or a bucket of an S3-compatible server.

use std::path::Path as FolderPath;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Problem;
use crate::time::Timestamp;

/// Uploads under way at a time in this process; each holds one part in memory.
const UPLOADS: usize = 16;
const LOCAL_PART: usize = 256 * 1024;
/// S3 takes no smaller ones but the last, and some servers want all of one size.
const S3_PART: usize = 5 * 1024 * 1024;
/// An upload ends within minutes, so what is older was left by a process that died.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Cheap to clone.
#[derive(Clone)]
pub struct FileStore {
    store: Arc<dyn ObjectStore>,
    /// The folder, where the files live in one.
    folder: Option<Arc<FolderPath>>,
    part: usize,
    places: Arc<Semaphore>,
}

/// An S3-compatible bucket. The server's own rule should end incomplete multipart uploads after a day: those of a
/// process that died stay otherwise.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// `https://s3.example.com`; AWS itself where it is left out.
    pub endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: SecretString,
}

#[derive(Debug, thiserror::Error)]
pub enum FileStoreError {
    #[error("the folder for files, {path}: {source}")]
    Folder { path: String, source: std::io::Error },
    #[error("the server for files, {0}, is no address such as https://s3.example.com")]
    Endpoint(String),
    #[error("the storage of files: {0}")]
    Store(#[from] object_store::Error),
}

impl std::fmt::Debug for FileStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileStore({})", self.store)
    }
}

impl FileStore {
    /// Files in a folder, which is made where it is missing and closed to other users of the machine.
    ///
    /// # Errors
    /// A folder that cannot be made or is not ours.
    pub fn local(folder: &FolderPath) -> Result<Self, FileStoreError> {
        use std::os::unix::fs::PermissionsExt;
        let failed = |source| FileStoreError::Folder { path: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
        // An upload that was answered survives a power cut, as the row does.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { folder: Some(folder.into()), ..Self::over(Arc::new(store), LOCAL_PART) })
    }

    /// Files in a bucket. Nothing is sent before the first file.
    ///
    /// # Errors
    /// An endpoint that is no address, or no root certificates on this machine.
    pub fn s3(config: S3Config) -> Result<Self, FileStoreError> {
        crate::http_client::install_tls_provider();
        if let Some(endpoint) = &config.endpoint {
            let is_server = reqwest::Url::parse(endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host() && url.query().is_none());
            if !is_server {
                return Err(FileStoreError::Endpoint(endpoint.clone()));
            }
        }
        let plain_http = config.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        // No limit for a whole answer, since its reader may be slow; one between two pieces instead.
        let client = ClientOptions::new()
            .with_allow_http(plain_http)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout_disabled()
            .with_read_timeout(Duration::from_secs(30));
        let mut builder = AmazonS3Builder::new()
            .with_client_options(client)
            .with_retry(RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(8), backoff: BackoffConfig::default() })
            // Files go one by one, and not every server has the call for many.
            .with_disable_bulk_delete(true)
            .with_region(config.region)
            .with_bucket_name(config.bucket)
            .with_access_key_id(config.access_key)
            .with_secret_access_key(config.secret_key.expose_secret());
        if let Some(endpoint) = config.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        Ok(Self::over(Arc::new(builder.build()?), S3_PART))
    }

    fn over(store: Arc<dyn ObjectStore>, part: usize) -> Self {
        Self { store, folder: None, part, places: Arc::new(Semaphore::new(UPLOADS)) }
    }

    /// Begins an upload. Nothing can be read under the key until it is finished; dropping the upload ends it.
    ///
    /// # Errors
    /// 503 where too many are under way.
    pub fn upload(&self, key: &str) -> Result<Upload, Problem> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Problem::overloaded())?;
        Ok(Upload { files: self.clone(), key: Path::from(key), waiting: Vec::new(), parts: None, _place: place })
    }

    /// The size in bytes, and the bytes piece by piece.
    ///
    /// # Errors
    /// Nothing under that key; or the storage's.
    pub async fn read(&self, key: &str) -> object_store::Result<(u64, BoxStream<'static, object_store::Result<Bytes>>)> {
        let found = self.store.get(&Path::from(key)).await?;
        Ok((found.meta.size, found.into_stream()))
    }

    /// Removes the bytes; what is not there is removed already.
    ///
    /// # Errors
    /// The storage's.
    pub async fn remove(&self, key: &str) -> object_store::Result<()> {
        match self.store.delete(&Path::from(key)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// Bytes free and in all on the disk of the folder; nothing of a bucket.
    pub fn disk(&self) -> Option<(u64, u64)> {
        let disk = rustix::fs::statvfs(self.folder.as_deref()?).ok()?;
        Some((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
    }

    /// Removes up to so many files below a folder; answers how many. None is left where it answers 0.
    ///
    /// # Errors
    /// The storage's.
    pub async fn remove_some(&self, folder: &str, most: usize) -> object_store::Result<usize> {
        let found: Vec<_> = self.store.list(Some(&Path::from(folder))).take(most).try_collect().await?;
        for file in &found {
            match self.store.delete(&file.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found.len())
    }

    /// Removes parts of uploads that a killed process left in the folder; answers how many. Run daily. A bucket has a
    /// rule of its own for that.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub async fn remove_abandoned(&self, now: Timestamp) -> std::io::Result<usize> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
        let Some(folder) = &self.folder else { return Ok(0) };
        let mut removed = 0;
        let mut tenants = tokio::fs::read_dir(folder).await?;
        while let Some(tenant) = tenants.next_entry().await? {
            if !tenant.file_type().await?.is_dir() {
                continue;
            }
            let mut files = tokio::fs::read_dir(tenant.path()).await?;
            while let Some(file) = files.next_entry().await? {
                // A part is named `<key>#<number>` by object_store, and no key of ours has that sign.
                let is_part = file.file_name().to_string_lossy().contains('#');
                let age = now.duration_since(file.metadata().await?.modified()?).unwrap_or_default();
                if is_part && age > ABANDONED_AFTER {
                    tokio::fs::remove_file(file.path()).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// Bytes on their way into the storage.
pub struct Upload {
    files: FileStore,
    key: Path,
    waiting: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
    _place: OwnedSemaphorePermit,
}

impl Upload {
    /// # Errors
    /// The storage's.
    pub async fn write(&mut self, bytes: &[u8]) -> object_store::Result<()> {
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= self.files.part {
            let rest = self.waiting.split_off(self.files.part);
            let part = std::mem::replace(&mut self.waiting, rest);
            let parts = match &mut self.parts {
                Some(parts) => parts,
                None => self.parts.insert(self.files.store.put_multipart(&self.key).await?),
            };
            parts.put_part(PutPayload::from(part)).await?;
        }
        Ok(())
    }

    /// Makes the file readable under its key. What fits into one part is sent in one piece.
    ///
    /// # Errors
    /// The storage's; the file may be there nevertheless, where the answer was lost.
    pub async fn finish(mut self) -> object_store::Result<()> {
        let last = PutPayload::from(std::mem::take(&mut self.waiting));
        let Some(parts) = &mut self.parts else { return self.files.store.put(&self.key, last).await.map(drop) };
        if last.content_length() > 0 {
            parts.put_part(last).await?;
        }
        parts.complete().await?;
        self.parts = None;
        Ok(())
    }
}

impl Drop for Upload {
    /// A bucket keeps, and bills, the parts of an upload that nobody ends.
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            let key = self.key.clone();
            crate::task::detach(async move {
                if let Err(error) = parts.abort().await {
                    tracing::warn!(%error, %key, "the parts of an upload that was given up stay");
                }
            });
        }
    }
}

#[cfg(test)]
mod bucket;

#[cfg(test)]
mod tests {
    use super::*;

    async fn content(files: &FileStore, key: &str) -> Vec<u8> {
        let (size, stream) = files.read(key).await.expect("there");
        let bytes = stream.try_fold(Vec::new(), async |mut all, piece| {
            all.extend_from_slice(&piece);
            Ok(all)
        });
        let bytes = bytes.await.expect("read");
        assert_eq!(bytes.len() as u64, size);
        bytes
    }

    fn names(folder: &FolderPath) -> Vec<String> {
        std::fs::read_dir(folder).map_or_else(
            |_| Vec::new(),
            |files| files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect(),
        )
    }

    #[tokio::test]
    async fn small_and_large_files_come_back_whole() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("files");
        let files = FileStore::local(&place).expect("a store");
        assert_eq!(std::fs::metadata(&place).expect("there").permissions().mode() & 0o777, 0o700);
        for size in [1, LOCAL_PART - 1, LOCAL_PART, LOCAL_PART + 1, 3 * LOCAL_PART + 17] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut upload = files.upload("tenant/file").expect("a place");
            for piece in bytes.chunks(100_000) {
                upload.write(piece).await.expect("written");
            }
            upload.finish().await.expect("finished");
            assert!(content(&files, "tenant/file").await == bytes, "{size}");
        }
        assert_eq!(names(&place.join("tenant")), ["file"]);
        files.remove("tenant/file").await.expect("removed");
        files.remove("tenant/file").await.expect("removed already");
        assert!(matches!(files.read("tenant/file").await, Err(object_store::Error::NotFound { .. })));
    }

    #[tokio::test]
    async fn a_folder_is_emptied_some_at_a_time_and_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = FileStore::local(folder.path()).expect("a store");
        for key in ["a/1", "a/2", "a/3", "ab/1"] {
            let mut upload = files.upload(key).expect("a place");
            upload.write(b"x").await.expect("written");
            upload.finish().await.expect("finished");
        }
        let mut removed = Vec::new();
        for _ in 0..3 {
            removed.push(files.remove_some("a", 2).await.expect("removed"));
        }
        assert_eq!((removed, names(&folder.path().join("ab"))), (vec![2, 1, 0], vec!["1".to_owned()]));
    }

    #[tokio::test]
    async fn places_are_limited_and_come_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = FileStore::local(folder.path()).expect("a store");
        let taken: Vec<_> = (0..UPLOADS).map(|_| files.upload("tenant/file").expect("a place")).collect();
        assert_eq!(files.upload("tenant/file").err().expect("full").status, 503);
        drop(taken);
        assert!(files.upload("tenant/file").is_ok());
    }

    #[tokio::test]
    async fn a_part_that_was_left_is_removed_after_a_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = FileStore::local(folder.path()).expect("a store");
        let mut upload = files.upload("tenant/left").expect("a place");
        upload.write(&vec![1; LOCAL_PART]).await.expect("written");
        // As if the process had been killed: nobody ends the upload.
        std::mem::forget(upload);
        let mut kept = files.upload("tenant/kept").expect("a place");
        kept.write(b"x").await.expect("written");
        kept.finish().await.expect("finished");
        assert_eq!(names(&folder.path().join("tenant")).len(), 2);
        let now = crate::time::Clock::system().now();
        assert_eq!(files.remove_abandoned(now).await.expect("looked"), 0);
        assert_eq!(files.remove_abandoned(now.plus_seconds(2 * 24 * 60 * 60)).await.expect("looked"), 1);
        assert_eq!(names(&folder.path().join("tenant")), ["kept"]);
    }
}
