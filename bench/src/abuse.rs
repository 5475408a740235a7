//! Half-sent requests, slow bodies, bombs and the like, while good clients go on.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::client::{Client, get};
use crate::data::{self, Demand, EVENT_TYPE, Organizer, Tenant};
use crate::figures::{Figures, Target, percentile};
use crate::instance::{Instance, Setup};
use crate::{Outcome, title};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Connections that send half a request and fall silent
    #[arg(long, default_value_t = 1500)]
    half_sent: usize,
    /// Connections that send a body byte by byte
    #[arg(long, default_value_t = 100)]
    slow: usize,
    /// Seconds of abuse
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(15..=120))]
    seconds: u64,
}

/// Good clients of each kind.
const GOOD: usize = 2;
/// Pause of a good client between an answer and its next request.
const THINK: Duration = Duration::from_millis(20);
const CALM: Duration = Duration::from_secs(5);

/// # Errors
/// A program that does not start, or a database that cannot be asked.
pub async fn run(setup: &Setup, options: &Options, figures: &mut Figures) -> Outcome {
    title(&format!("abuse: {} half-sent requests, {} slow bodies and bombs, for {} s", options.half_sent, options.slow, options.seconds));
    let mut instance = Instance::start(setup).await?;
    let mut db = instance.owner().await?;
    let tenants = data::tenants(&mut db, 4, 5).await?;
    let contacts = data::contacts(&mut db, &tenants, 100).await?;
    let organizers: Vec<Organizer> = tenants.iter().flat_map(|tenant| tenant.organizers.clone()).collect();
    let demand = std::cell::RefCell::new(Demand::new(&organizers, 0));
    let read = get(&format!("/api/v1/contacts/{}", contacts[0][0]), &tenants[0].cookie);
    let slots = slots_request(&organizers[0])?;

    let good = async |time: Duration| {
        let started = Instant::now();
        let clients = (0..3 * GOOD).map(async |nth| {
            let mut client = Client::new(instance.address);
            let (mut millis, mut bad) = (Vec::new(), BTreeMap::<String, u64>::new());
            while started.elapsed() < time {
                let (request, expected) = match nth % 3 {
                    0 => (read.clone(), 200),
                    1 => (slots.clone(), 200),
                    _ => (demand.borrow_mut().wanted("")?.request, 201),
                };
                let asked = Instant::now();
                let outcome = match client.ask(&request).await {
                    Ok(answer) if answer.status == expected => None,
                    Ok(answer) => Some(format!("{} {}", answer.status, answer.code())),
                    Err(error) => Some(error.to_string()),
                };
                millis.push(asked.elapsed().as_secs_f64() * 1000.0);
                if let Some(bad_one) = outcome {
                    *bad.entry(bad_one).or_default() += 1;
                }
                sleep(THINK).await;
            }
            Outcome::Ok((millis, bad))
        });
        let (mut millis, mut bad) = (Vec::new(), BTreeMap::<String, u64>::new());
        for outcome in join_all(clients).await {
            let (some, wrong) = outcome?;
            millis.extend(some);
            for (what, count) in wrong {
                *bad.entry(what).or_default() += count;
            }
        }
        millis.sort_by(f64::total_cmp);
        Outcome::Ok((millis, bad))
    };

    let (calm, _) = good(CALM).await?;
    figures.tell("abuse: good clients before it, 99th percentile", percentile(&calm, 0.99), "ms");
    let time = Duration::from_secs(options.seconds);
    let most = Cell::new(0.0_f64);
    let watch = async {
        let started = Instant::now();
        while started.elapsed() < time {
            most.set(most.get().max(instance.resident()?));
            sleep(Duration::from_millis(200)).await;
        }
        Outcome::Ok(())
    };
    let bombs = Bombs::new(&organizers[0], &tenants[0])?;
    let (answered, half, slow, thrown, watched) = tokio::join!(
        good(time),
        half_sent(instance.address, options.half_sent),
        slow_bodies(instance.address, options.slow, &organizers[0], time),
        bombs.throw(instance.address, time),
        watch
    );
    watched?;
    let (millis, bad) = answered?;
    figures.tell("abuse: good clients during it, median", percentile(&millis, 0.5), "ms");
    figures.hold("abuse: good clients during it, 99th percentile", percentile(&millis, 0.99), "ms", Target::AtMost(500.0));
    figures.tell("abuse: good clients during it, slowest", percentile(&millis, 1.0), "ms");
    for (what, count) in bad {
        figures.wrong(format!("{count} good requests got: {what}"));
    }
    figures.tell("abuse: half-sent requests held open at a time", half.open, "");
    figures.hold("abuse: a half-sent request is closed after, longest", half.longest, "s", Target::AtMost(12.0));
    figures.hold("abuse: a slow body is ended after, longest", slow, "s", Target::AtMost(12.0));
    figures.hold("abuse: memory of atrium, most", most.get(), "MB", Target::AtMost(300.0));
    for (name, statuses) in thrown {
        let list: Vec<String> = statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
        println!("  {name:<46} {}", list.join(", "));
        if statuses.keys().any(|status| !status.starts_with('4')) {
            figures.wrong(format!("{name} was answered with {}", list.join(", ")));
        }
    }
    instance.stop().await
}

fn slots_request(organizer: &Organizer) -> Outcome<Vec<u8>> {
    let from = data::Calendar::new().first_day();
    let to = from.saturating_add(jiff::Span::new().try_days(7)?);
    let path =
        format!("/api/v1/public/organizers/{}/event-types/{EVENT_TYPE}/slots?from={from}T00:00:00Z&to={to}T00:00:00Z", organizer.slug);
    Ok(get(&path, ""))
}

struct HalfSent {
    /// How many were open together.
    open: f64,
    /// Seconds until the last was closed.
    longest: f64,
}

/// Opens them all, and waits until the server has closed each.
#[expect(clippy::cast_precision_loss, reason = "a figure to be printed")]
async fn half_sent(address: SocketAddr, count: usize) -> HalfSent {
    let (open, longest) = (Cell::new(0_usize), Cell::new(0.0_f64));
    join_all((0..count).map(async |_| {
        let Ok(mut stream) = TcpStream::connect(address).await else { return };
        if stream.write_all(b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.is_err() {
            return;
        }
        open.set(open.get() + 1);
        let started = Instant::now();
        let mut rest = Vec::new();
        // Whether it says 408 before it closes does not matter.
        let closed = timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
        let seconds = if closed.is_ok() { started.elapsed().as_secs_f64() } else { f64::INFINITY };
        longest.set(longest.get().max(seconds));
    }))
    .await;
    HalfSent { open: open.get() as f64, longest: longest.get() }
}

/// Sends bodies of which a byte arrives each second; the longest time until one was answered or closed.
async fn slow_bodies(address: SocketAddr, count: usize, organizer: &Organizer, time: Duration) -> f64 {
    let longest = Cell::new(0.0_f64);
    let head = format!(
        "POST /api/v1/public/organizers/{}/event-types/{EVENT_TYPE}/bookings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
        organizer.slug
    );
    join_all((0..count).map(async |_| {
        let Ok(mut stream) = TcpStream::connect(address).await else { return };
        let started = Instant::now();
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        let mut answer = [0; 1024];
        while started.elapsed() < time + Duration::from_secs(10) {
            match timeout(Duration::from_secs(1), stream.read(&mut answer)).await {
                // Answered or closed.
                Ok(_) => {
                    longest.set(longest.get().max(started.elapsed().as_secs_f64()));
                    return;
                }
                Err(_) => {
                    if stream.write_all(b" ").await.is_err() {
                        longest.set(longest.get().max(started.elapsed().as_secs_f64()));
                        return;
                    }
                }
            }
        }
        longest.set(f64::INFINITY);
    }))
    .await;
    longest.get()
}

/// Requests that would cost much if they were taken.
struct Bombs(Vec<(&'static str, Vec<u8>)>);

impl Bombs {
    fn new(organizer: &Organizer, tenant: &Tenant) -> Outcome<Self> {
        let bookings = format!("/api/v1/public/organizers/{}/event-types/{EVENT_TYPE}/bookings", organizer.slug);
        let post = |extra: &str, body: &[u8]| {
            let head = format!(
                "POST {bookings} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{extra}content-length: {}\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        };
        let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
        let megabyte = vec![b' '; 1 << 20];
        for _ in 0..100 {
            zipped.write_all(&megabyte)?;
        }
        let deep = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
        let keys: Vec<String> = (0..50_000).map(|nth| format!("\"k{nth}\":0")).collect();
        let keys = format!("{{{}}}", keys.join(","));
        let long_header = format!("x-long: {}\r\n", "a".repeat(100_000));
        let many_headers: String = (0..1000).map(|nth| format!("x-{nth}: a\r\n")).collect();
        let cookie = format!("cookie: {}\r\n", "atrium_session=a; ".repeat(3000));
        Ok(Self(vec![
            ("100 MB of spaces, gzipped", post("content-encoding: gzip\r\n", &zipped.finish()?)),
            ("JSON nested 10,000 deep", post("", &deep)),
            ("JSON with 50,000 unknown keys", post("", keys.as_bytes())),
            ("a body that says it has 1 GB", {
                let head = format!(
                    "POST {bookings} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n{{\"start\":"
                );
                head.into_bytes()
            }),
            ("2 MB of JSON", post("", format!("{{\"name\":\"{}\"}}", "a".repeat(2 << 20)).as_bytes())),
            ("a header of 100 kB", get("/api/v1/session", &long_header)),
            ("1,000 headers", get("/api/v1/session", &many_headers)),
            ("3,000 cookies", get("/api/v1/session", &cookie)),
            ("a path of 60,000 bytes", get(&format!("/api/v1/{}", "a".repeat(60_000)), &tenant.cookie)),
            ("two lengths that differ", {
                let text = format!("POST {bookings} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 20\r\n\r\n{{}}");
                text.into_bytes()
            }),
        ]))
    }

    /// Sends each again and again; what they were answered with, by name.
    async fn throw(&self, address: SocketAddr, time: Duration) -> Vec<(&'static str, BTreeMap<String, u64>)> {
        let started = Instant::now();
        join_all(self.0.iter().map(async |(name, request)| {
            let mut statuses = BTreeMap::<String, u64>::new();
            while started.elapsed() < time {
                *statuses.entry(answer_to(address, request).await).or_default() += 1;
                sleep(Duration::from_millis(100)).await;
            }
            (*name, statuses)
        }))
        .await
    }
}

/// The status, read while the request is still being sent: a refusal may come before its end.
async fn answer_to(address: SocketAddr, request: &[u8]) -> String {
    let Ok(mut stream) = TcpStream::connect(address).await else { return "no connection".to_owned() };
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let send = async {
        // Refused half way where the server has heard enough.
        let _ = writing.write_all(request).await;
        std::future::pending::<()>().await;
    };
    let receive = async {
        while answer.len() < 12 {
            match reading.read_buf(&mut answer).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    let heard = timeout(Duration::from_secs(15), async {
        tokio::select! { () = send => {}, () = receive => {} }
    })
    .await;
    match (heard, answer.get(9..12)) {
        (_, Some(status)) => String::from_utf8_lossy(status).into_owned(),
        (Ok(()), None) => "4xx not said: closed".to_owned(),
        (Err(_), None) => "silence".to_owned(),
    }
}
