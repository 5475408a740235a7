//! A mail server for tests, on this machine: takes what it is told to take, and keeps it.

use std::sync::{Arc, Mutex};

use base64::Engine;
use platform::mail::{NamedBy, Security, Sender, Smtp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: String,
    /// User and password, where the client signed in.
    pub login: Option<(String, String)>,
    pub data: Vec<u8>,
}

/// What the server says to the next messages; once used up, it takes everything.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To RCPT TO: `550 no such user`
    Recipient(&'static str),
    /// After the message has come: `451 try again`
    Message(&'static str),
    /// Takes the message, and is gone before it says so.
    Silence,
    /// To RCPT TO: nothing, ever.
    Stall,
    /// To RCPT TO: nothing until [`Server::go_on`], then that all is well.
    Wait,
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    replies: Mutex<Vec<Reply>>,
    stalled: Notify,
    go_on: Notify,
}

pub struct Server {
    pub port: u16,
    state: Arc<State>,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    pub async fn start(replies: &[Reply]) -> Self {
        Self::on(0, replies).await
    }

    /// On that port; 0 is any that is free.
    pub async fn on(port: u16, replies: &[Reply]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State { replies: Mutex::new(replies.iter().rev().cloned().collect()), ..State::default() });
        let stop = CancellationToken::new();
        let (serving, stopped) = (state.clone(), stop.clone());
        platform::task::detach(async move {
            loop {
                let accepted = tokio::select! {
                    () = stopped.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((stream, _)) = accepted else { return };
                let state = serving.clone();
                platform::task::detach(async move {
                    // A client that goes away in the middle is its own affair.
                    let _ = converse(stream, &state).await;
                });
            }
        });
        Self { port, state, stop }
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().expect("lock").clone()
    }

    /// Lets who waits for [`Reply::Wait`] go on.
    pub fn go_on(&self) {
        self.state.go_on.notify_one();
    }

    /// Waits until a client waits for [`Reply::Stall`] or [`Reply::Wait`].
    pub async fn stalled(&self) {
        self.state.stalled.notified().await;
    }

    pub fn smtp(&self) -> Smtp {
        smtp_at(self.port)
    }
}

pub fn smtp_at(port: u16) -> Smtp {
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        username: None,
        password: None,
        from: Sender { address: "atrium@mail.example.com".to_owned(), name: "Atrium".to_owned() },
        named_by: NamedBy::Instance,
    }
}

/// A port that nobody listens on.
pub async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port()
}

async fn converse(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    write.write_all(b"220 double ESMTP\r\n").await?;
    let (mut from, mut to, mut login) = (String::new(), String::new(), None);
    loop {
        let mut line = Vec::new();
        if read.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-double\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => {
                login = plain_login(&line);
                "235 welcome".to_owned()
            }
            "MAIL" => {
                from = address(&line);
                "250 ok".to_owned()
            }
            "RCPT" => {
                to = address(&line);
                match take(state, |reply| matches!(reply, Reply::Recipient(_) | Reply::Stall | Reply::Wait)) {
                    Some(Reply::Recipient(text)) => text.to_owned(),
                    Some(Reply::Wait) => {
                        state.stalled.notify_one();
                        state.go_on.notified().await;
                        "250 ok".to_owned()
                    }
                    Some(_) => {
                        state.stalled.notify_one();
                        return std::future::pending().await;
                    }
                    None => "250 ok".to_owned(),
                }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let data = message(&mut read).await?;
                let reply = take(state, |reply| matches!(reply, Reply::Message(_) | Reply::Silence));
                if !matches!(reply, Some(Reply::Message(_))) {
                    let received = Received { from: from.clone(), to: to.clone(), login: login.clone(), data };
                    state.received.lock().expect("lock").push(received);
                }
                match reply {
                    Some(Reply::Message(text)) => text.to_owned(),
                    Some(_) => return Ok(()),
                    None => "250 taken".to_owned(),
                }
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "NOOP" | "RSET" => "250 ok".to_owned(),
            _ => "502 what?".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// The next planned reply, if it is one for this moment.
fn take(state: &State, fits: impl Fn(&Reply) -> bool) -> Option<Reply> {
    let mut replies = state.replies.lock().expect("lock");
    if replies.last().is_some_and(fits) { replies.pop() } else { None }
}

/// The text up to the lonely dot, without the dots that were doubled on the way (RFC 5321, 4.5.2).
async fn message(read: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        if read.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.as_slice() {
            b".\r\n" => return Ok(data),
            [b'.', rest @ ..] => data.extend_from_slice(rest),
            whole => data.extend_from_slice(whole),
        }
    }
}

fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// `AUTH PLAIN` with `\0user\0password` in Base64 (RFC 4616).
fn plain_login(line: &str) -> Option<(String, String)> {
    let text = base64::engine::general_purpose::STANDARD.decode(line.strip_prefix("AUTH PLAIN ")?).ok()?;
    let text = String::from_utf8(text).ok()?;
    let mut parts = text.split('\0').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}
