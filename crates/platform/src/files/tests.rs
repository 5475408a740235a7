use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use futures_util::TryStreamExt;

use super::form::{FILE_LIMIT, FORM_LIMIT, Received, receive};
use super::*;

const BOUNDARY: &str = "xYzZy";

/// One field of a form, with its closing line break.
fn field(disposition: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    [format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {kind}\r\n\r\n").as_bytes(), content, b"\r\n"]
        .concat()
}

fn form(fields: &[Vec<u8>]) -> Vec<u8> {
    [fields.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

struct Store {
    folder: tempfile::TempDir,
    files: FileStore,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = FileStore::local(folder.path()).expect("a store");
        Self { folder, files }
    }

    async fn receive(&self, body: Body) -> Result<Received> {
        let mut request = Request::builder()
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(body)
            .expect("a request");
        DefaultBodyLimit::max(FORM_LIMIT).apply(&mut request);
        let form = Multipart::from_request(request, &()).await.expect("a form");
        receive(form, self.files.upload("tenant/file")?).await
    }

    async fn refusal(&self, body: Body) -> Problem {
        let refused = match self.receive(body).await {
            Err(Error::Problem(problem)) => problem,
            Err(other) => panic!("{other}"),
            Ok(received) => panic!("received {}", received.name),
        };
        assert!(self.files.read("tenant/file").await.is_err(), "nothing is kept of what was refused");
        refused
    }
}

#[tokio::test]
async fn a_file_is_named_counted_hashed_and_kept() {
    let store = Store::new();
    let content = vec![b'a'; 1_000_000];
    let body = form(&[field("name=\"file\"; filename=\"C:\\x\\list.csv\"", "text/csv; charset=utf-8", &content)]);
    // In pieces that split every boundary and header somewhere.
    let pieces: Vec<std::io::Result<Bytes>> = body.chunks(17).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let received = store.receive(Body::from_stream(futures_util::stream::iter(pieces))).await.expect("received");
    assert_eq!((received.name.as_str(), received.content_type, received.size), ("list.csv", "text/csv", 1_000_000));
    assert_eq!(received.sha256, crate::crypto::sha256(&content));
    assert!(store.files.read("tenant/file").await.is_err(), "it is not there before it is finished");
    received.upload.finish().await.expect("finished");
    let (size, stream) = store.files.read("tenant/file").await.expect("there");
    let pieces: Vec<Bytes> = stream.try_collect().await.expect("read");
    assert_eq!((size, pieces.concat() == content), (1_000_000, true));
}

#[tokio::test]
async fn forms_that_are_not_one_file_are_refused() {
    let store = Store::new();
    let file = || field("name=\"file\"; filename=\"a.txt\"", "text/plain", b"a");
    for (body, name, code) in [
        (form(&[]), "file", "required"),
        (form(&[field("name=\"file\"; filename=\"a.txt\"", "text/plain", b"")]), "file", "required"),
        (form(&[field("name=\"other\"; filename=\"a.txt\"", "text/plain", b"a")]), "other", "unknown_field"),
        (form(&[field("filename=\"a.txt\"", "text/plain", b"a")]), "form", "unknown_field"),
        (form(&[file(), field("name=\"note\"", "text/plain", b"a")]), "note", "unknown_field"),
        (form(&[file(), file()]), "file", "invalid"),
    ] {
        let refused = store.refusal(body.into()).await;
        assert_eq!(refused.status, 422);
        assert_eq!((refused.errors[0].field.as_str(), refused.errors[0].code), (name, code));
    }
}

#[tokio::test]
async fn broken_forms_are_refused() {
    let store = Store::new();
    let whole = form(&[field("name=\"file\"; filename=\"a.txt\"", "text/plain", &vec![b'a'; 300_000])]);
    for body in [
        b"no form at all".to_vec(),
        whole[..whole.len() - 20].to_vec(),
        whole[..200_000].to_vec(),
        whole[..40].to_vec(),
        form(&[field("name=\"file\"; filename=\"\u{0}\"", "text/plain", b"a")]),
    ] {
        let refused = store.refusal(body.into()).await;
        assert_eq!((refused.status, refused.code.as_ref()), (400, "malformed_body"));
    }
    let cut = futures_util::stream::iter([Ok(Bytes::from(whole[..100_000].to_vec())), Err(std::io::Error::other("reset"))]);
    assert_eq!(store.refusal(Body::from_stream(cut)).await.code, "malformed_body");
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused_and_one_at_it_is_not() {
    let store = Store::new();
    for (size, fits) in [(FILE_LIMIT, true), (FILE_LIMIT + 1, false), (FILE_LIMIT + 1024 * 1024, false)] {
        let body = form(&[field("name=\"file\"; filename=\"a.bin\"", "application/octet-stream", &vec![0; size])]);
        if fits {
            assert_eq!(store.receive(body.into()).await.expect("received").size, i64::try_from(size).expect("a size"));
        } else {
            assert_eq!(store.refusal(body.into()).await.code, "body_too_large");
        }
    }
    // Headers without an end are not collected for ever.
    let endless = [format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"").into_bytes(), vec![b'a'; FORM_LIMIT]].concat();
    assert_eq!(store.refusal(endless.into()).await.code, "body_too_large");
    assert_eq!(
        std::fs::read_dir(store.folder.path()).map_or(0, |left| left
            .flat_map(|tenant| std::fs::read_dir(tenant.expect("a folder").path()).expect("read"))
            .filter(|file| !file.as_ref().expect("a file").file_name().to_string_lossy().contains('#'))
            .count()),
        0
    );
}

#[test]
fn the_document_speaks_of_bytes() {
    let document = serde_json::to_value(api().split_for_parts().1).expect("JSON");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["FileContent"]["format"], "binary");
    assert_eq!(schemas["UploadForm"]["properties"]["file"]["format"], "binary");
}
