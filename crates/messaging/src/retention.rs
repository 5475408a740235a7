//! What of this module goes when it is old.

use platform::retained;
use platform::retention::{Kept, Kind, Retained};

/// The log of messages; notifications from when they were read. What nobody reads is kept nine months longer: a year, where 90 days hold.
pub fn retained() -> Vec<Retained> {
    vec![
        retained!(Kept::Workspace(Kind::Notifications), "messaging.notifications", "tenant_id = $1 AND read_at < $2"),
        // What waits for the end of quiet hours is days old at most.
        retained!(Kept::Workspace(Kind::NotificationLogs), "messaging.notification_deliveries", "tenant_id = $1 AND created_at < $2"),
        retained!(
            Kept::Workspace(Kind::Notifications),
            "messaging.notifications",
            "tenant_id = $1 AND created_at < $2::timestamptz - interval '275 days'"
        ),
    ]
}
