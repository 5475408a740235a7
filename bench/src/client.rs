//! A lean HTTP/1.1 client over one kept connection: the load generator shares the processors with what it measures.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer that takes longer counts as a broken connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection, opened at the first request and again after it broke.
pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
}

/// An answer, as long as the connection is not used again.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    /// It was stored under the request's Idempotency-Key, by an earlier one.
    pub replayed: bool,
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body where it is JSON, else null.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    /// The body's `code`, which a refusal has.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, received: Vec::with_capacity(8 * 1024) }
    }

    /// Opens the connection where it is not open, so that the next request does not pay for it.
    ///
    /// # Errors
    /// The network's.
    pub async fn connect(&mut self) -> io::Result<&mut TcpStream> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        Ok(self.stream.insert(stream))
    }

    /// Sends a whole request and reads the whole answer.
    ///
    /// # Errors
    /// A connection that broke or stayed silent, or an answer that is no HTTP/1.1 with a length.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(Ok(head)) => {
                if head.closes {
                    self.stream = None;
                }
                Ok(Answer { status: head.status, replayed: head.replayed, body: &self.received[head.length..head.length + head.body] })
            }
            Ok(Err(error)) => {
                self.stream = None;
                Err(error)
            }
            Err(_) => {
                self.stream = None;
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Head> {
        self.received.clear();
        self.connect().await?;
        let Self { stream: Some(stream), received, .. } = self else { return Err(io::ErrorKind::NotConnected.into()) };
        stream.write_all(request).await?;
        loop {
            if stream.read_buf(received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some(head) = Head::parse(received)? else { continue };
            while received.len() < head.length + head.body {
                if stream.read_buf(received).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            return Ok(head);
        }
    }
}

/// The part of an answer before its body.
struct Head {
    status: u16,
    /// Of itself, the empty line included.
    length: usize,
    /// Of the body.
    body: usize,
    closes: bool,
    replayed: bool,
}

impl Head {
    /// None where it has not arrived whole.
    fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "not an answer of HTTP/1.1 with a length");
        let text = std::str::from_utf8(&received[..end]).map_err(|_| bad())?;
        let status: u16 = text.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(bad)?;
        let (mut body, mut closes, mut replayed) = (None, false, false);
        for line in text.split("\r\n").skip(1) {
            let (name, value) = line.split_once(':').ok_or_else(bad)?;
            if name.eq_ignore_ascii_case("content-length") {
                body = Some(value.trim().parse().map_err(|_| bad())?);
            } else if name.eq_ignore_ascii_case("connection") {
                closes = value.trim().eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("idempotency-replayed") {
                replayed = true;
            }
        }
        let body = match (status, body) {
            (204 | 304, None) => 0,
            (_, Some(length)) => length,
            (_, None) => return Err(bad()),
        };
        Ok(Some(Self { status, length: end + 4, body, closes, replayed }))
    }
}

/// A request to the listener, ready to be sent; `extra` are whole header lines, each with its line end.
pub fn get(path: &str, extra: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n{extra}\r\n").into_bytes()
}

/// As [`get`], with a body of JSON.
pub fn post(path: &str, extra: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{extra}\r\n{body}")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_when_they_are_whole() {
        let answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\nconnection: close\r\n\r\nabcde";
        assert!(Head::parse(&answer[..40]).expect("so far so good").is_none());
        let head = Head::parse(answer).expect("an answer").expect("whole");
        assert_eq!((head.status, head.length, head.body, head.closes), (409, answer.len() - 5, 5, true));
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "a body of unknown length");
        assert!(Head::parse(b"HTTP/1.1 204 No Content\r\n\r\n").is_ok());
        assert!(Head::parse(b"nonsense\r\n\r\n").is_err());
    }
}
