//! What of the directory goes when it is old.

use platform::retained_by_instance;
use platform::retention::{Kept, Own, Retained};

/// Sessions that are over, used links and unfinished sign-ups after a week, old waits, tokens of clients a month after they ran
/// out, and logs of accounts.
pub fn retained() -> Vec<Retained> {
    vec![
        retained_by_instance!(
            Kept::Own(Own::Sessions),
            "directory.sessions",
            "last_seen_at < $1 AND (ended_at IS NOT NULL OR expires_at < $2 OR idle_until < $2)"
        ),
        retained_by_instance!(Kept::Own(Own::SignIns), "directory.login_history", "created_at < $1"),
        retained_by_instance!(Kept::Own(Own::SignIns), "directory.security_events", "created_at < $1"),
        retained_by_instance!(Kept::Days(7), "directory.one_time_tokens", "expires_at < $1"),
        retained_by_instance!(Kept::Days(7), "directory.email_changes", "expires_at < $1"),
        retained_by_instance!(Kept::Days(7), "directory.registrations", "expires_at < $1"),
        retained_by_instance!(Kept::Days(1), "directory.login_challenges", "expires_at < $1"),
        retained_by_instance!(Kept::Days(1), "directory.login_throttles", "last_failed_at < $1"),
        retained_by_instance!(Kept::Days(crate::devices::FORGOTTEN / (24 * 3600)), "directory.devices", "last_seen_at < $1"),
        retained_by_instance!(Kept::Days(0), "directory.oauth_requests", "expires_at < $1"),
        retained_by_instance!(Kept::Days(0), "directory.oauth_used_proofs", "expires_at < $1"),
        retained_by_instance!(Kept::Days(0), "directory.oauth_device_codes", "expires_at < $1"),
        // Codes and tokens go with their grant.
        retained_by_instance!(Kept::Days(30), "directory.oauth_grants", "expires_at < $1 OR revoked_at < $1"),
        // Of a family that goes on: what has run out itself, and was refreshed long ago.
        retained_by_instance!(
            Kept::Days(30),
            "directory.oauth_tokens",
            "access_token_expires_at < $1 AND (refresh_token_expires_at IS NULL OR refresh_token_expires_at < $1)"
        ),
    ]
}
