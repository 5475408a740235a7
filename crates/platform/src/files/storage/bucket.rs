//! Against a server that speaks the part of S3 that files use, and writes down what it was asked.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use http_body_util::BodyExt;

use super::*;

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Vec<u8>>,
    /// Of the one upload that a test has under way.
    parts: BTreeMap<usize, Vec<u8>>,
    asked: Vec<String>,
    /// What the next requests for a part are answered with.
    broken: bool,
}

type Shared = Arc<Mutex<Bucket>>;

async fn answer(State(bucket): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default().to_owned());
    let signed = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=key/") && signed.contains("/eu-test-1/s3/aws4_request"), "{signed}");
    let mut bucket = bucket.lock().expect("the bucket");
    let what = query.split('=').next().unwrap_or_default();
    bucket.asked.push(format!("{} {what}", parts.method).trim_end().to_owned());
    let etag = [(header::ETAG, "\"etag\"")];
    match (parts.method, what) {
        (Method::PUT, "partNumber") if bucket.broken => StatusCode::FORBIDDEN.into_response(),
        (Method::PUT, "partNumber") => {
            let number =
                query.trim_start_matches("partNumber=").split('&').next().and_then(|number| number.parse().ok()).expect("a number");
            bucket.parts.insert(number, body);
            etag.into_response()
        }
        (Method::PUT, _) => {
            bucket.objects.insert(path, body);
            etag.into_response()
        }
        (Method::POST, "uploads") => {
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>".into_response()
        }
        (Method::POST, "uploadId") => {
            let whole = std::mem::take(&mut bucket.parts).into_values().flatten().collect();
            bucket.objects.insert(path, whole);
            "<CompleteMultipartUploadResult><ETag>\"etag\"</ETag></CompleteMultipartUploadResult>".into_response()
        }
        (Method::DELETE, "uploadId") => {
            bucket.parts.clear();
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::DELETE, _) => {
            bucket.objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::GET, _) => match bucket.objects.get(&path) {
            Some(bytes) => {
                ([(header::ETAG, "\"etag\""), (header::LAST_MODIFIED, "Mon, 07 Sep 2026 06:00:00 GMT")], Body::from(bytes.clone()))
                    .into_response()
            }
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        },
        (method, _) => panic!("{method} was not expected"),
    }
}

async fn start() -> (FileStore, Shared) {
    let bucket = Shared::default();
    let routes = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(bucket.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}/", listener.local_addr().expect("an address"));
    crate::task::detach(async move { axum::serve(listener, routes).await.expect("served") });
    let config = S3Config {
        endpoint: Some(endpoint),
        region: "eu-test-1".to_owned(),
        bucket: "files".to_owned(),
        access_key: "key".to_owned(),
        secret_key: "secret".into(),
    };
    (FileStore::s3(config).expect("a store"), bucket)
}

fn asked(bucket: &Shared) -> Vec<String> {
    std::mem::take(&mut bucket.lock().expect("the bucket").asked)
}

async fn put(files: &FileStore, bytes: &[u8]) -> object_store::Result<()> {
    let mut upload = files.upload("tenant/file").expect("a place");
    for piece in bytes.chunks(1_000_000) {
        upload.write(piece).await?;
    }
    upload.finish().await
}

#[tokio::test]
async fn a_small_file_is_one_request_and_a_large_one_has_parts_of_one_size() {
    let (files, bucket) = start().await;
    put(&files, b"small").await.expect("stored");
    assert_eq!(asked(&bucket), ["PUT"]);
    assert_eq!(bucket.lock().expect("the bucket").objects.keys().collect::<Vec<_>>(), ["/files/tenant/file"]);

    let large: Vec<u8> = (0..2 * S3_PART + 7).map(|at| (at % 251) as u8).collect();
    put(&files, &large).await.expect("stored");
    assert_eq!(asked(&bucket), ["POST uploads", "PUT partNumber", "PUT partNumber", "PUT partNumber", "POST uploadId"]);
    let (size, stream) = files.read("tenant/file").await.expect("there");
    let pieces: Vec<Bytes> = stream.try_collect().await.expect("read");
    assert_eq!((size, pieces.concat() == large), (large.len() as u64, true));

    files.remove("tenant/file").await.expect("removed");
    files.remove("tenant/file").await.expect("removed already");
    assert_eq!(asked(&bucket), ["GET", "DELETE", "DELETE"]);
    assert!(matches!(files.read("tenant/file").await, Err(object_store::Error::NotFound { .. })));
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_no_parts() {
    let (files, bucket) = start().await;
    let mut upload = files.upload("tenant/file").expect("a place");
    upload.write(&vec![1; S3_PART]).await.expect("written");
    assert_eq!(bucket.lock().expect("the bucket").parts.len(), 1);
    drop(upload);
    ended(&bucket).await;

    bucket.lock().expect("the bucket").broken = true;
    assert!(put(&files, &vec![1; S3_PART + 1]).await.is_err());
    ended(&bucket).await;
    assert!(bucket.lock().expect("the bucket").objects.is_empty());
}

/// Waits for the request that ends the upload, which nobody else waits for.
async fn ended(bucket: &Shared) {
    let seen = async {
        while !asked(bucket).iter().any(|request| request == "DELETE uploadId") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.expect("the upload is ended");
    assert!(bucket.lock().expect("the bucket").parts.is_empty());
}

#[tokio::test]
async fn what_is_no_server_is_refused_at_once() {
    for endpoint in ["not an address", "s3.example.com", "ftp://s3.example.com", "https://", "https://s3.example.com/?x=1"] {
        let config = S3Config {
            endpoint: Some(endpoint.to_owned()),
            region: "eu-test-1".to_owned(),
            bucket: "files".to_owned(),
            access_key: "key".to_owned(),
            secret_key: "secret".into(),
        };
        assert!(matches!(FileStore::s3(config), Err(FileStoreError::Endpoint(_))), "{endpoint}");
    }
}
