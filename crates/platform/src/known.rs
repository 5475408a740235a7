//! Sessions that were looked up a moment ago, so that not each request asks for the same one again.
//!
//! Nothing may outlive its right by this. An entry is used only while this process hears the notices by which the
//! database tells that a session, user, member, role or tenant changed, and all are dropped at each; and after each change
//! that this process makes itself, before it is answered. What is read beside such a change is not kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;
use uuid::Uuid;

use crate::auth::Session;

/// The channel of the notices: `user UUID` or `tenant UUID`, whose sessions are to be judged anew.
pub const CHANNEL: &str = "atrium_sessions";
/// Bounds what a notice that never came could do, and how late the idle limit and the last use are noted.
const LIFETIME: Duration = Duration::from_secs(10);
/// Above it, all go: a page's requests come together, so what is lost is one look-up each.
const MOST: usize = 10_000;

/// The sessions that this process knows.
#[derive(Clone)]
pub struct KnownSessions {
    state: Arc<Mutex<State>>,
    changes: broadcast::Sender<Uuid>,
}

#[derive(Default)]
struct State {
    /// Whether notices are heard.
    follows: bool,
    /// Moves with each change.
    generation: u64,
    sessions: HashMap<[u8; 32], (Session, Instant)>,
}

impl Default for KnownSessions {
    fn default() -> Self {
        Self { state: Arc::default(), changes: broadcast::Sender::new(64) }
    }
}

impl KnownSessions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of that token's hash, or the generation to [`KnownSessions::keep`] it with once it was looked up.
    ///
    /// # Errors
    /// The generation, where it is not known.
    pub fn of(&self, token_hash: &[u8; 32]) -> Result<Session, u64> {
        let state = self.state();
        match state.sessions.get(token_hash) {
            Some((session, since)) if since.elapsed() < LIFETIME => Ok(session.clone()),
            _ => Err(state.generation),
        }
    }

    /// Keeps what was looked up, unless something changed since.
    pub fn keep(&self, token_hash: [u8; 32], session: &Session, generation: u64) {
        let mut state = self.state();
        if state.follows && state.generation == generation {
            if state.sessions.len() >= MOST {
                state.sessions.clear();
            }
            state.sessions.insert(token_hash, (session.clone(), Instant::now()));
        }
    }

    /// Forgets all: something changed.
    pub fn forget(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.sessions.clear();
    }

    /// Begins to keep sessions, for as long as the answer lives: while notices are heard.
    pub fn follow(&self) -> Following {
        self.forget();
        self.state().follows = true;
        Following(self.clone())
    }

    /// A notice: forgets all, and ends the streams of that user or tenant.
    pub(crate) fn changed(&self, notice: &str) {
        self.forget();
        if let Some(whose) = notice.split(' ').nth(1).and_then(|id| id.parse().ok()) {
            // An error means that no stream is open.
            let _ = self.changes.send(whose);
        }
    }

    /// The users and tenants whose sessions are to be judged anew.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Uuid> {
        self.changes.subscribe()
    }
}

/// Notices are heard while it lives.
pub struct Following(KnownSessions);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.state().follows = false;
        self.0.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Permissions;
    use crate::time::Timestamp;

    fn session() -> Session {
        Session {
            id: crate::id::new(),
            user_id: crate::id::new(),
            name: "Ana".to_owned(),
            email: "ana@example.com".to_owned(),
            locale: "en".to_owned(),
            timezone: "UTC".to_owned(),
            is_platform_admin: false,
            tenant: None,
            permissions: Permissions::NONE,
            expires_at: Timestamp::from_second(0),
            factors: Vec::new(),
            verified_at: Timestamp::from_second(0),
            gate: Default::default(),
            token: None,
            is_read_only: false,
            lease: None,
        }
    }

    #[test]
    fn keeps_only_while_notices_are_heard() {
        let (known, hash) = (KnownSessions::default(), [7; 32]);
        let generation = known.of(&hash).expect_err("nothing yet");
        known.keep(hash, &session(), generation);
        let generation = known.of(&hash).expect_err("nobody listens");
        let following = known.follow();
        known.keep(hash, &session(), generation);
        let generation = known.of(&hash).expect_err("looked up before");
        known.keep(hash, &session(), generation);
        assert!(known.of(&hash).is_ok());
        drop(following);
        assert!(known.of(&hash).is_err());
    }

    #[test]
    fn keeps_nothing_that_was_read_beside_a_change() {
        let (known, hash) = (KnownSessions::default(), [7; 32]);
        let _following = known.follow();
        let generation = known.of(&hash).expect_err("nothing yet");
        known.forget();
        known.keep(hash, &session(), generation);
        assert!(known.of(&hash).is_err());
    }

    #[test]
    fn a_notice_forgets_and_names_whom() {
        let (known, hash, user) = (KnownSessions::default(), [7; 32], crate::id::new());
        let _following = known.follow();
        let mut changes = known.changes();
        let generation = known.of(&hash).expect_err("nothing yet");
        known.keep(hash, &session(), generation);
        known.changed(&format!("user {user}"));
        assert!(known.of(&hash).is_err());
        assert_eq!(changes.try_recv().ok(), Some(user));
    }
}
