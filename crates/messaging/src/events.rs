//! What a member's own screens learn of notifications: that there is one, and what they may do about it, but not what it says.

use platform::events::Event;
use serde::Serialize;
use uuid::Uuid;

use crate::notifications::Group;

/// A member was told something.
#[derive(Debug, Serialize)]
pub struct NotificationCreated {
    pub notification_id: Uuid,
    #[serde(skip)]
    pub user_id: Uuid,
    pub notification_kind: String,
    pub group: Group,
    /// Whether it comes in hours in which the member wants no attention drawn to it.
    pub is_quiet: bool,
}

impl Event for NotificationCreated {
    const KIND: &'static str = "notification.created";

    fn subject(&self) -> Uuid {
        self.notification_id
    }

    fn owner(&self) -> Option<Uuid> {
        Some(self.user_id)
    }
}

/// Some of a member's were read, or are unread again.
#[derive(Debug, Serialize)]
pub struct NotificationsChanged {
    #[serde(skip)]
    pub user_id: Uuid,
}

impl Event for NotificationsChanged {
    const KIND: &'static str = "notification.changed";

    fn subject(&self) -> Uuid {
        self.user_id
    }

    fn owner(&self) -> Option<Uuid> {
        Some(self.user_id)
    }
}
