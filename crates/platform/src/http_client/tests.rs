use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use tokio::net::TcpListener;

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Reaches this machine's 127.0.0.1 and nothing else.
fn local_rules() -> Rules {
    Rules { permits: |ip| ip == HERE, plain_http: true, ..Rules::default() }
}

fn resolving_to(addresses: &'static [&'static str]) -> Lookup {
    Arc::new(|_| {
        let found = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        Box::pin(async move { Ok(found) })
    })
}

/// Serves on 127.0.0.1 until the test ends; answers the port.
async fn serve(router: Router) -> u16 {
    let listener = TcpListener::bind((HERE, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    crate::task::detach(async move { axum::serve(listener, router).await.expect("served") });
    port
}

async fn refusal(client: &HttpClient, url: impl Into<String>) -> HttpError {
    client.send(Request::get(url)).await.expect_err("refused")
}

#[tokio::test]
async fn an_answer_is_read_whole_whatever_its_status() {
    let port = serve(Router::new().route("/", get(async || (StatusCode::IM_A_TEAPOT, [("x-kind", "pot")], "short and stout")))).await;
    let answer = HttpClient::allowing_private().send(Request::get(format!("http://127.0.0.1:{port}/"))).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers["x-kind"], "pot");
    assert_eq!(answer.body, "short and stout");
}

#[tokio::test]
async fn addresses_in_the_url_are_refused_in_every_notation() {
    let client = HttpClient::ruled(Rules { plain_http: true, lookup: Arc::new(|name| panic!("{name} was looked up")), ..Rules::default() });
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "１２７.0.0.1",
        "127%2e0%2e0%2e1",
        "0",
        "169.254.169.254",
        "2852039166",
        "10.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ] {
        let refused = refusal(&client, format!("http://{host}/")).await;
        assert!(matches!(refused, HttpError::RefusedAddress { .. }), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn schemes_users_and_what_is_no_url_are_refused() {
    let client = HttpClient::new();
    for url in [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://ana@example.com/",
        "https://ana:secret@example.com/",
        "https://:secret@example.com/",
        "https://",
        "example.com",
        "",
        "https://[::1",
    ] {
        let refused = refusal(&client, url).await;
        assert!(matches!(refused, HttpError::InvalidAddress(_)), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_name_with_private_addresses_only_is_refused_without_a_connection() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let port = serve(Router::new().fallback(any(async move || count.fetch_add(1, Ordering::SeqCst).to_string()))).await;
    let client = HttpClient::ruled(Rules { plain_http: true, lookup: resolving_to(&["127.0.0.1", "10.0.0.1", "::1"]), ..Rules::default() });
    match refusal(&client, format!("http://rebound.example:{port}/secret")).await {
        HttpError::RefusedAddress { host } => assert_eq!(host, "rebound.example"),
        other => panic!("{other:?}"),
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // The system's own resolver is filtered too.
    let client = HttpClient::ruled(Rules { plain_http: true, ..Rules::default() });
    assert!(matches!(refusal(&client, format!("http://localhost:{port}/")).await, HttpError::RefusedAddress { .. }));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// Answers differently each time it is asked, as whoever owns a name can (DNS rebinding): what was found public is where the
/// connection goes, and what is found private later is refused, be it for another request or behind a redirect.
#[tokio::test]
async fn a_name_that_turns_private_is_not_followed() {
    let (public, private) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
    // 127.0.0.1 stands for the public internet here; what is private listens on the same port.
    let listener = TcpListener::bind((public, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let inside = TcpListener::bind((private, port)).await.expect("the same port");
    let came = Arc::new(AtomicUsize::new(0));
    let count = came.clone();
    crate::task::detach(async move {
        while inside.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let router = Router::new()
        .route("/", get(async || ([(header::CONNECTION, "close")], "outside")))
        .route("/again", get(async || ([(header::CONNECTION, "close")], Redirect::temporary("/"))));
    crate::task::detach(async move { axum::serve(listener, router).await.expect("served") });
    let client_of = |asked: &Arc<AtomicUsize>| {
        let asked = asked.clone();
        let lookup: Lookup = Arc::new(move |_| {
            let found = if asked.fetch_add(1, Ordering::SeqCst) == 0 { public } else { private };
            Box::pin(async move { Ok(vec![found]) })
        });
        HttpClient::ruled(Rules { lookup, ..local_rules() })
    };
    let at = |path: &str| format!("http://rebound.example:{port}{path}");
    let asked = Arc::new(AtomicUsize::new(0));
    let client = client_of(&asked);
    assert_eq!(client.send(Request::get(at("/"))).await.expect("an answer").body, "outside");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "asked once, and connected to what was found");
    let refused = refusal(&client, at("/")).await;
    assert!(matches!(refused, HttpError::RefusedAddress { .. }), "{refused:?}");
    let asked = Arc::new(AtomicUsize::new(0));
    let refused = refusal(&client_of(&asked), at("/again")).await;
    assert!(matches!(refused, HttpError::RefusedAddress { .. }), "{refused:?}");
    assert_eq!((asked.load(Ordering::SeqCst), came.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn of_mixed_addresses_the_public_ones_are_kept() {
    let names = PublicNames { lookup: resolving_to(&["127.0.0.1", "1.1.1.1", "::ffff:10.0.0.1", "2606:4700::1111"]), permits: is_public };
    let kept: Vec<_> =
        names.resolve("mixed.example".parse().expect("a name")).await.expect("resolved").map(|address| address.ip().to_string()).collect();
    assert_eq!(kept, ["1.1.1.1", "2606:4700::1111"]);
    // The connection goes to what was kept: 10.0.0.1 would not answer here.
    let port = serve(Router::new().route("/", get(async || "here"))).await;
    let client = HttpClient::ruled(Rules { lookup: resolving_to(&["10.0.0.1", "127.0.0.1"]), ..local_rules() });
    assert_eq!(client.send(Request::get(format!("http://mixed.example:{port}/"))).await.expect("an answer").body, "here");
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let router = Router::new()
        .route("/literal", get(async || Redirect::temporary("http://169.254.169.254/latest/meta-data/")))
        .route("/number", get(async || Redirect::temporary("http://167772161/")))
        .route("/name", get(async || Redirect::temporary("http://inside.example/")))
        .route("/scheme", get(async || Redirect::temporary("file:///etc/passwd")))
        .route("/user", get(async || Redirect::temporary("http://ana:x@127.0.0.1/")));
    let port = serve(router).await;
    let client = HttpClient::ruled(Rules { lookup: resolving_to(&["10.0.0.1"]), ..local_rules() });
    for path in ["literal", "number", "name"] {
        let refused = refusal(&client, format!("http://127.0.0.1:{port}/{path}")).await;
        assert!(matches!(refused, HttpError::RefusedAddress { .. }), "{path}: {refused:?}");
    }
    for path in ["scheme", "user"] {
        let refused = refusal(&client, format!("http://127.0.0.1:{port}/{path}")).await;
        assert!(matches!(refused, HttpError::RedirectRefused(_)), "{path}: {refused:?}");
    }
}

#[tokio::test]
async fn redirects_are_followed_up_to_three() {
    let router = Router::new()
        .route("/1", get(async || Redirect::temporary("/2")))
        .route("/2", get(async || Redirect::temporary("3")))
        .route("/3", get(async || Redirect::permanent("/end?x=1")))
        .route("/0", get(async || Redirect::temporary("/1")))
        .route("/end", get(async || "end"))
        .route("/endless", get(async || Redirect::temporary("/endless")))
        .route("/nowhere", get(async || StatusCode::FOUND));
    let port = serve(router).await;
    let client = HttpClient::ruled(local_rules());
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let answer = client.send(Request::get(at("/1"))).await.expect("an answer");
    assert_eq!((answer.body.as_ref(), answer.url), (&b"end"[..], at("/end?x=1")));
    for path in ["/0", "/endless"] {
        assert!(matches!(refusal(&client, at(path)).await, HttpError::TooManyRedirects(3)), "{path}");
    }
    assert_eq!(client.send(Request::get(at("/nowhere"))).await.expect("an answer").status, StatusCode::FOUND);
}

/// Answers with the method, the headers that matter, and the body.
async fn echo(method: Method, headers: HeaderMap, body: String) -> String {
    let of = |name: &str| headers.get(name).map_or("-", |value| value.to_str().expect("text")).to_owned();
    format!("{method} {} {} {} {body}", of("authorization"), of("x-secret"), of("accept"))
}

#[tokio::test]
async fn secrets_do_not_follow_a_redirect_to_another_origin() {
    let other = serve(Router::new().fallback(any(echo))).await;
    let away = format!("http://127.0.0.1:{other}/");
    let (temporary, other_page) = (away.clone(), away.clone());
    let router = Router::new()
        .route("/echo", any(echo))
        .route("/same", any(async || Redirect::temporary("/echo")))
        .route("/seen", any(async || Redirect::to("/echo")))
        .route("/away", any(async move || Redirect::temporary(&temporary)))
        .route("/found", any(async move || (StatusCode::FOUND, [(header::LOCATION, other_page)]).into_response()));
    let port = serve(router).await;
    let client = HttpClient::ruled(local_rules());
    let sent = async |method: Method, path: &str, body: &'static str| {
        let mut request = Request { method, body: body.into(), ..Request::get(format!("http://127.0.0.1:{port}{path}")) };
        for (name, value) in [("authorization", "Bearer t"), ("x-secret", "s"), ("accept", "text/plain")] {
            request.headers.insert(name, HeaderValue::from_static(value));
        }
        client.send(request).await.map(|answer| String::from_utf8(answer.body.to_vec()).expect("text"))
    };
    assert_eq!(sent(Method::POST, "/same", "body").await.expect("an answer"), "POST Bearer t s text/plain body");
    assert_eq!(sent(Method::POST, "/seen", "body").await.expect("an answer"), "GET Bearer t s text/plain ");
    assert_eq!(sent(Method::GET, "/away", "").await.expect("an answer"), "GET - - text/plain ");
    assert_eq!(sent(Method::POST, "/found", "body").await.expect("an answer"), "GET - - text/plain ");
    assert!(matches!(sent(Method::POST, "/away", "body").await, Err(HttpError::RedirectRefused(_))));
    assert!(matches!(sent(Method::PUT, "/found", "body").await, Err(HttpError::RedirectRefused(_))));
}

#[tokio::test]
async fn a_slow_server_is_left() {
    let pieces = || futures_util::stream::once(async { Ok::<_, io::Error>(Bytes::from_static(b"a")) });
    let router = Router::new()
        .route("/silent", get(std::future::pending::<&'static str>))
        .route("/stuck", get(async move || Body::from_stream(futures_util::StreamExt::chain(pieces(), futures_util::stream::pending()))));
    let port = serve(router).await;
    let client = HttpClient::ruled(Rules { total: Duration::from_millis(200), ..local_rules() });
    for path in ["silent", "stuck"] {
        assert!(matches!(refusal(&client, format!("http://127.0.0.1:{port}/{path}")).await, HttpError::TimedOut), "{path}");
    }
    // A listener that accepts nothing: the handshake of TLS never comes.
    let deaf = TcpListener::bind((HERE, 0)).await.expect("a port");
    let port = deaf.local_addr().expect("an address").port();
    let client = HttpClient::ruled(Rules { connect: Duration::from_millis(200), ..local_rules() });
    assert!(matches!(refusal(&client, format!("https://127.0.0.1:{port}/")).await, HttpError::TimedOut));
}

#[tokio::test]
async fn a_huge_answer_is_refused() {
    let endless = || futures_util::stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 8192])));
    let router = Router::new()
        .route("/stated", get(async || vec![b'x'; 1025]))
        .route("/endless", get(async move || Body::from_stream(endless())))
        .route("/fits", get(async || vec![b'x'; 1024]));
    let port = serve(router).await;
    let client = HttpClient::ruled(local_rules());
    let sent =
        async |path: &str| client.send(Request { answer_limit: 1024, ..Request::get(format!("http://127.0.0.1:{port}/{path}")) }).await;
    for path in ["stated", "endless"] {
        assert!(matches!(sent(path).await, Err(HttpError::TooLarge { limit: 1024 })), "{path}");
    }
    assert_eq!(sent("fits").await.expect("an answer").body.len(), 1024);
    assert!(matches!(
        client.send(Request::get(format!("http://127.0.0.1:{port}/endless"))).await,
        Err(HttpError::TooLarge { limit: ANSWER_LIMIT })
    ));
}

#[tokio::test]
async fn faults_of_the_connection_are_told_apart() {
    let plain = serve(Router::new()).await;
    let client = HttpClient::ruled(local_rules());
    let tls = refusal(&client, format!("https://127.0.0.1:{plain}/")).await;
    assert!(matches!(tls, HttpError::Tls(_)), "{tls:?}");
    let closed = {
        let listener = TcpListener::bind((HERE, 0)).await.expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let unreachable = refusal(&client, format!("http://127.0.0.1:{closed}/path?token=secret")).await;
    assert!(matches!(unreachable, HttpError::Unreachable(_)), "{unreachable:?}");
    assert!(!unreachable.to_string().contains("secret"));
    let unknown =
        HttpClient::ruled(Rules { lookup: Arc::new(|_| Box::pin(async { Err(io::Error::other("no such name")) })), ..local_rules() });
    assert!(matches!(refusal(&unknown, "http://unknown.example/").await, HttpError::Unreachable(_)));
    let mute = TcpListener::bind((HERE, 0)).await.expect("a port");
    let port = mute.local_addr().expect("an address").port();
    crate::task::detach(async move {
        while let Ok((stream, _)) = mute.accept().await {
            drop(stream);
        }
    });
    let broken = refusal(&client, format!("http://127.0.0.1:{port}/")).await;
    assert!(matches!(broken, HttpError::Broken(_)), "{broken:?}");
}
