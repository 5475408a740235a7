//! TLS by certificate files.

use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::host::{Host, token_in};
use crate::program::{ended, free_port, ready, signal};

/// A certificate for localhost and its key, in that folder.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (chain, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&chain, cert.pem()).expect("written");
    std::fs::write(&key, signing_key.serialize_pem()).expect("written");
    (chain, key, cert.pem())
}

fn client(root: Option<&str>) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to this machine")]
    let mut builder = reqwest::Client::builder().no_proxy();
    if let Some(root) = root {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(root.as_bytes()).expect("a certificate")]);
    }
    builder.build().expect("a client")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_tls_with_its_files() {
    let host = Host::new().await;
    let (chain, key, root) = certificate(host.folder.path(), "own");
    let port = free_port();
    let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{port}"));
    let files = ["--tls-cert", chain.to_str().expect("a path"), "--tls-key", key.to_str().expect("a path")];
    let mut serving = ready(host.command(&[&["serve", "--listen", &listen, "--public-url", &url][..], &files].concat())).await;

    let http = client(Some(&root));
    let answer = http.get(format!("{url}/readyz")).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000");
    let said = host.does(&["user", "create", "ana@example.com", "--name", "Ana", "--workspace", "Ana"]).await;
    let link = json!({ "token": token_in(&said), "password": "a password by its link" });
    let set = http.put(format!("{url}/api/v1/password-resets")).header("origin", &url).json(&link).send().await.expect("an answer");
    assert_eq!(set.status().as_u16(), 204);
    let body = json!({ "email": "ana@example.com", "password": "a password by its link" });
    let answer = http.post(format!("{url}/api/v1/sessions")).header("origin", &url).json(&body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 201);
    let cookie = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("__Host-atrium=") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie");
    let session: Value =
        http.get(format!("{url}/api/v1/session")).header("cookie", cookie).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(session["user"]["email"], "ana@example.com");

    // Whoever does not know the certificate goes away, and there is nothing to be had without TLS.
    let (_, _, other) = certificate(host.folder.path(), "other");
    for stranger in [client(Some(&other)), client(None)] {
        assert!(stranger.get(format!("{url}/readyz")).send().await.is_err());
    }
    assert!(http.get(format!("http://localhost:{port}/readyz")).send().await.is_err());
    signal(&serving, Signal::TERM);
    assert!(ended(&mut serving).await.success());
}

#[tokio::test]
async fn files_that_do_not_fit_are_refused_at_the_start() {
    let host = Host::new().await;
    let folder = host.folder.path();
    let ((chain, key, _), (_, other, _)) = (certificate(folder, "own"), certificate(folder, "other"));
    let (missing, empty) = (folder.join("missing.key"), folder.join("empty.pem"));
    std::fs::write(&empty, "").expect("written");
    let path = |path: &Path| path.to_str().expect("a path").to_owned();
    let public = ["--listen", "127.0.0.1:0", "--public-url", "https://localhost"];
    for (cert, key, words) in [
        (&chain, &missing, vec!["missing.key", "No such file"]),
        (&missing, &key, vec!["missing.key", "No such file"]),
        (&chain, &other, vec!["own.pem and ", "other.key cannot serve TLS together", "KeyMismatch"]),
        (&empty, &key, vec!["empty.pem", "cannot serve TLS together"]),
        (&chain, &empty, vec!["empty.pem: no items found"]),
        (&chain, &chain, vec!["own.pem: no items found"]),
    ] {
        let (cert, key) = (path(cert), path(key));
        let refused = host.refuses(&[&["serve", "--tls-cert", &cert, "--tls-key", &key][..], &public].concat()).await;
        for words in words {
            assert!(refused.contains(words), "{cert} {key}: {refused}");
        }
    }
    for (flag, needed) in [("--tls-cert", "--tls-key"), ("--tls-key", "--tls-cert")] {
        let refused = host.refuses(&[&["serve", flag, &path(&chain)][..], &public].concat()).await;
        assert!(refused.contains(needed), "{refused}");
    }
}
