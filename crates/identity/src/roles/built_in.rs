//! The roles that every tenant begins with, each with what it allows beyond its parent.

use platform::auth::Scope;

/// A role as a new tenant gets it.
pub struct BuiltIn {
    pub name: &'static str,
    pub description: &'static str,
    pub parent: Option<&'static str>,
    pub is_default: bool,
    /// What it allows beyond its parent, of all records and of one's own.
    all: &'static [&'static str],
    own: &'static [&'static str],
}

impl BuiltIn {
    pub fn grants(&self) -> Vec<(&'static str, Scope)> {
        let all = self.all.iter().map(|name| (*name, Scope::All));
        all.chain(self.own.iter().map(|name| (*name, Scope::Own))).collect()
    }
}

pub const ROLES: [BuiltIn; 7] = [
    BuiltIn {
        name: super::OWNER,
        description: "Everything, ownership included",
        parent: Some("admin"),
        is_default: false,
        all: &["support:manage"],
        own: &[],
    },
    BuiltIn {
        name: "admin",
        description: "Everything but ownership",
        parent: Some("editor"),
        is_default: false,
        all: &[
            "members:write",
            "invitations:write",
            "roles:write",
            "settings:manage",
            "security:manage",
            "audit:read",
            "jobs:manage",
            "privacy:manage",
            "oauth_clients:manage",
            "webhooks:manage",
            "workflows:read",
            "workflows:write",
        ],
        own: &[],
    },
    BuiltIn {
        name: "editor",
        description: "All bookings, event types, availability and contacts",
        parent: Some("viewer"),
        is_default: false,
        all: &[
            "bookings:write",
            "event_types:write",
            "schedules:write",
            "organizers:write",
            "contacts:write",
            "contacts:delete",
            "files:write",
            "messages:write",
        ],
        own: &[],
    },
    BuiltIn {
        name: "salesperson",
        description: "Own bookings, availability and contacts, and deleting those",
        parent: Some("contributor"),
        is_default: false,
        all: &[],
        own: &["contacts:delete"],
    },
    BuiltIn {
        name: "contributor",
        description: "Own bookings, availability and contacts",
        parent: Some("guest"),
        is_default: false,
        // What one needs to know of others to do one's own work.
        all: &["organizers:read", "members:read", "settings:read"],
        own: &[
            "bookings:read",
            "bookings:write",
            "event_types:write",
            "schedules:read",
            "schedules:write",
            "organizers:write",
            "contacts:read",
            "contacts:write",
            "files:read",
            "files:write",
            "messages:read",
            "messages:write",
        ],
    },
    BuiltIn {
        name: "viewer",
        description: "Sees everything but the audit trail",
        parent: Some("guest"),
        is_default: true,
        all: &[
            "bookings:read",
            "schedules:read",
            "organizers:read",
            "contacts:read",
            "members:read",
            "invitations:read",
            "roles:read",
            "settings:read",
            "files:read",
            "messages:read",
        ],
        own: &[],
    },
    BuiltIn {
        name: "guest",
        description: "Sees what can be booked",
        parent: None,
        is_default: false,
        all: &["event_types:read"],
        own: &[],
    },
];
