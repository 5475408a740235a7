//! The one HTTP client for addresses that users give: it reaches public hosts only, over TLS, and gives up early.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;

mod address;
#[cfg(test)]
mod tests;

pub use address::is_public;

/// How much of an answer is read unless the request says otherwise.
pub const ANSWER_LIMIT: usize = 1024 * 1024;

/// Finds the addresses of a name.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    rules: Rules,
    /// Made at the first request: it reads the system's root certificates.
    client: OnceCell<reqwest::Client>,
}

struct Rules {
    permits: fn(IpAddr) -> bool,
    plain_http: bool,
    lookup: Lookup,
    connect: Duration,
    /// From the name to the last byte of the answer, over all redirects.
    total: Duration,
    redirects: usize,
}

/// One request. Its headers are sent as they are; those but `Accept` and `User-Agent` stay behind where a redirect
/// leads to another origin.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Bytes of the answer's body above which it is refused.
    pub answer_limit: usize,
    /// For messages: a redirect is an answer like any other, and of a longer body so many bytes are enough.
    pub is_message: bool,
}

impl Request {
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            answer_limit: ANSWER_LIMIT,
            is_message: false,
        }
    }

    /// `content_type` such as `application/json`.
    pub fn post(url: impl Into<String>, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { method: Method::POST, headers, body: body.into(), ..Self::get(url) }
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Where it came from, after redirects.
    pub url: String,
}

/// Why there is no answer. The texts name hosts at most, since paths and queries of such addresses hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the address {0}")]
    InvalidAddress(&'static str),
    #[error("{host} is not on the public internet")]
    RefusedAddress { host: String },
    #[error("no answer in time")]
    TimedOut,
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("a redirect was not followed: it {0}")]
    RedirectRefused(&'static str),
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    #[error("no secure connection: {0}")]
    Tls(String),
    /// No such name, or nobody listens there.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended early, or spoke no HTTP.
    #[error("the answer broke off: {0}")]
    Broken(String),
}

/// A name has addresses, and none of them may be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address")]
struct Refused(String);

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("plain_http", &self.0.rules.plain_http).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// https to public addresses; 5 s to connect, 15 s in all, 3 redirects.
    pub fn new() -> Self {
        Self::ruled(Rules::default())
    }

    /// Any address, and plain http as well: where the person who hosts says so, and for tests, whose servers listen on this machine.
    pub fn allowing_private() -> Self {
        Self::allowing(|_| true)
    }

    /// The same for those private addresses alone.
    pub fn allowing(permits: fn(IpAddr) -> bool) -> Self {
        Self::ruled(Rules { permits, plain_http: true, ..Rules::default() })
    }

    fn ruled(rules: Rules) -> Self {
        Self(Arc::new(Inner { rules, client: OnceCell::new() }))
    }

    /// Sends, follows redirects, and reads the answer whole.
    ///
    /// # Errors
    /// [`HttpError`]; a status of 400 or more is none.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        tokio::time::timeout(self.0.rules.total, self.follow(request)).await.unwrap_or(Err(HttpError::TimedOut))
    }

    /// Whether requests may go there, as far as the address alone says it.
    ///
    /// # Errors
    /// Why not.
    pub fn check_address(&self, url: &str) -> Result<(), HttpError> {
        self.0.rules.check(&Url::parse(url).map_err(|_| HttpError::InvalidAddress("is not a URL"))?)
    }

    async fn follow(&self, mut request: Request) -> Result<Answer, HttpError> {
        let rules = &self.0.rules;
        let client = self.0.client.get_or_try_init(async || rules.client()).await?;
        let mut url = Url::parse(&request.url).map_err(|_| HttpError::InvalidAddress("is not a URL"))?;
        rules.check(&url)?;
        for _ in 0..=rules.redirects {
            let sent = client.request(request.method.clone(), url.clone()).headers(request.headers.clone()).body(request.body.clone());
            let answer = sent.send().await.map_err(|error| HttpError::of(&error, &url))?;
            if request.is_message {
                return read_beginning(answer, &url, request.answer_limit).await;
            }
            let Some(next) = target(&answer, &url)? else { return read(answer, &url, request.answer_limit).await };
            rules.check(&next).map_err(|error| match error {
                HttpError::InvalidAddress(reason) => HttpError::RedirectRefused(reason),
                other => other,
            })?;
            request.redirect(answer.status(), url.origin() == next.origin())?;
            url = next;
        }
        Err(HttpError::TooManyRedirects(rules.redirects))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            permits: is_public,
            plain_http: false,
            lookup: Arc::new(|name| {
                Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
            }),
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
            redirects: 3,
        }
    }
}

impl Rules {
    /// The resolver is not asked about addresses that stand in the URL, so these are looked at here. The URL parser has
    /// brought every notation of them (octal, hexadecimal, one number) into the usual one.
    fn check(&self, url: &Url) -> Result<(), HttpError> {
        match url.scheme() {
            "https" => {}
            "http" if self.plain_http => {}
            _ => return Err(HttpError::InvalidAddress("must begin with https://")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpError::InvalidAddress("must not hold a user name or password"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(HttpError::InvalidAddress("names no host"))?;
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) if !(self.permits)(address) => Err(HttpError::RefusedAddress { host: host.to_owned() }),
            _ => Ok(()),
        }
    }

    fn client(&self) -> Result<reqwest::Client, HttpError> {
        install_tls_provider();
        #[expect(clippy::disallowed_methods, reason = "the one place that makes this client")]
        reqwest::Client::builder()
            .user_agent(concat!("Atrium/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            // Compressed answers would have to be limited twice.
            .no_gzip()
            .referer(false)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!self.plain_http)
            .connect_timeout(self.connect)
            .dns_resolver(PublicNames { lookup: self.lookup.clone(), permits: self.permits })
            .build()
            .map_err(|error| HttpError::Tls(chain(&error)))
    }
}

/// Resolves names to the addresses that may be reached, and the connection goes to one of these: between look-up and
/// connection there is no second look-up that could answer otherwise (DNS rebinding).
struct PublicNames {
    lookup: Lookup,
    permits: fn(IpAddr) -> bool,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, permits, name) = ((self.lookup)(name.as_str().to_owned()), self.permits, name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            let reachable: Vec<_> = found.iter().filter(|ip| permits(**ip)).map(|ip| SocketAddr::new(*ip, 0)).collect();
            if reachable.is_empty() && !found.is_empty() {
                return Err(Refused(name).into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

impl Request {
    /// Becomes the request that a redirect asks for, as browsers do it (Fetch, section 4.4), and stricter where another
    /// origin is concerned.
    fn redirect(&mut self, status: StatusCode, same_origin: bool) -> Result<(), HttpError> {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => !matches!(self.method, Method::GET | Method::HEAD),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
                self.headers.remove(name);
            }
        }
        if same_origin {
            return Ok(());
        }
        if !self.body.is_empty() {
            return Err(HttpError::RedirectRefused("would send the body to another host"));
        }
        let kept = |name: &HeaderName| matches!(*name, header::ACCEPT | header::USER_AGENT);
        self.headers = self.headers.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(())
    }
}

fn target(answer: &reqwest::Response, from: &Url) -> Result<Option<Url>, HttpError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(header::LOCATION) else { return Ok(None) };
    let unreadable = HttpError::RedirectRefused("leads to what is not a URL");
    match std::str::from_utf8(location.as_bytes()).map(|location| from.join(location)) {
        Ok(Ok(next)) => Ok(Some(next)),
        _ => Err(unreadable),
    }
}

async fn read(mut answer: reqwest::Response, url: &Url, limit: usize) -> Result<Answer, HttpError> {
    let too_large = HttpError::TooLarge { limit };
    if answer.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| HttpError::of(&error, url))? {
        if body.len() + piece.len() > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status: answer.status(), headers: std::mem::take(answer.headers_mut()), body: body.into(), url: url.to_string() })
}

/// So much of the body as is wanted. What was sent has arrived, so a body that breaks off is no failure.
async fn read_beginning(mut answer: reqwest::Response, url: &Url, limit: usize) -> Result<Answer, HttpError> {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        body.extend_from_slice(&piece[..piece.len().min(limit - body.len())]);
        if body.len() == limit {
            break;
        }
    }
    Ok(Answer { status: answer.status(), headers: std::mem::take(answer.headers_mut()), body: body.into(), url: url.to_string() })
}

impl HttpError {
    fn of(error: &reqwest::Error, url: &Url) -> Self {
        let found = causes(error);
        let host = url.host_str().unwrap_or_default().to_owned();
        if found.iter().any(|cause| cause.is::<Refused>()) {
            return Self::RefusedAddress { host };
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if let Some(tls) = found.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return Self::Tls(tls.to_string());
        }
        let reason = found.last().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        if error.is_connect() { Self::Unreachable(format!("{host}: {reason}")) } else { Self::Broken(format!("{host}: {reason}")) }
    }
}

/// What is below an error, from the outside in. The error inside an [`io::Error`] is not among its sources.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut found: Vec<&'a (dyn StdError + 'static)> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        found.push(cause);
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    found
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let texts: Vec<_> = causes(error).iter().map(ToString::to_string).collect();
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}

/// TLS takes its ciphers from the process. The program sets them when it starts; tests and tools may not have.
pub(crate) fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
