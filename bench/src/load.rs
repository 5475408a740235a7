//! Load: so many connections that each ask, wait for the answer, and ask again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::client::{Answer, Client};
use crate::figures::percentile;

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Microseconds of each answered request, sorted.
    pub micros: Vec<f64>,
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub broken: u64,
    pub seconds: f64,
}

impl Tally {
    pub fn answered(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Answers of that status in a second.
    #[expect(clippy::cast_precision_loss, reason = "a figure to be printed")]
    pub fn rate(&self, status: u16) -> f64 {
        self.answered(status) as f64 / self.seconds
    }

    /// Answers with a status of 500 or above.
    pub fn server_errors(&self) -> u64 {
        self.statuses.range(500..).map(|(_, count)| count).sum()
    }

    pub fn millis(&self, part: f64) -> f64 {
        percentile(&self.micros, part) / 1000.0
    }

    /// `201: 9000, 409: 3`
    pub fn summary(&self) -> String {
        let mut parts: Vec<String> = self.statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        if self.broken > 0 {
            parts.push(format!("without answer: {}", self.broken));
        }
        parts.join(", ")
    }

    pub fn add(&mut self, other: &Self) {
        self.micros.extend(&other.micros);
        self.micros.sort_by(f64::total_cmp);
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.broken += other.broken;
        self.seconds += other.seconds;
    }
}

/// Asks over each of the connections until the time is over; requests under way are waited for. `next` makes a request and
/// what to remember it by, or None when there are no more; `note` learns of each answer.
pub async fn drive<T>(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    next: impl FnMut() -> Option<(T, Vec<u8>)>,
    note: impl FnMut(T, &Answer<'_>),
) -> Tally {
    // Borrowed only between two waits, and all of this is one task.
    let (next, note) = (RefCell::new(next), RefCell::new(note));
    let tally = RefCell::new(Tally::default());
    let mut clients: Vec<Client> = (0..connections).map(|_| Client::new(address)).collect();
    for client in &mut clients {
        if client.connect().await.is_err() {
            tally.borrow_mut().broken += 1;
        }
    }
    let started = Instant::now();
    join_all(clients.into_iter().map(async |mut client| {
        while started.elapsed() < time {
            let made = next.borrow_mut()();
            let Some((what, request)) = made else { return };
            let asked = Instant::now();
            match client.ask(&request).await {
                Ok(answer) => {
                    let micros = asked.elapsed().as_secs_f64() * 1e6;
                    let mut tally = tally.borrow_mut();
                    tally.micros.push(micros);
                    *tally.statuses.entry(answer.status).or_default() += 1;
                    note.borrow_mut()(what, &answer);
                }
                Err(_) => tally.borrow_mut().broken += 1,
            }
        }
    }))
    .await;
    let mut tally = tally.into_inner();
    tally.seconds = started.elapsed().as_secs_f64();
    tally.micros.sort_by(f64::total_cmp);
    tally
}
