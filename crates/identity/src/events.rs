//! What other modules and the web app learn of.

use platform::events::{Event, EventKind};
use serde::Serialize;
use uuid::Uuid;

use crate::members::Member;
use crate::roles::Role;

/// Every kind that this module publishes, with the permission to see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: MemberJoined::KIND, permission: "members:read" },
    EventKind { kind: MemberUpdated::KIND, permission: "members:read" },
    EventKind { kind: MemberRemoved::KIND, permission: "members:read" },
    EventKind { kind: InvitationCreated::KIND, permission: "invitations:read" },
    EventKind { kind: InvitationResent::KIND, permission: "invitations:read" },
    EventKind { kind: InvitationAccepted::KIND, permission: "invitations:read" },
    EventKind { kind: InvitationDeclined::KIND, permission: "invitations:read" },
    EventKind { kind: InvitationRevoked::KIND, permission: "invitations:read" },
    EventKind { kind: RoleCreated::KIND, permission: "roles:read" },
    EventKind { kind: RoleUpdated::KIND, permission: "roles:read" },
    EventKind { kind: RoleDeleted::KIND, permission: "roles:read" },
    EventKind { kind: TenantUpdated::KIND, permission: "settings:read" },
];

macro_rules! member_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),*) => {$(
        $(#[$doc])*
        #[derive(Serialize)]
        pub struct $name {
            pub user_id: Uuid,
            pub name: String,
            pub status: String,
            pub roles: Vec<String>,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.user_id
            }

            fn owner(&self) -> Option<Uuid> {
                Some(self.user_id)
            }
        }

        impl From<&Member> for $name {
            fn from(member: &Member) -> Self {
                Self {
                    user_id: member.user_id,
                    name: member.name.clone(),
                    status: member.status.clone(),
                    roles: member.roles.iter().map(|role| role.name.clone()).collect(),
                }
            }
        }
    )*};
}
member_events! {
    /// A user became a member, or became active again through an invitation.
    MemberJoined = "member.joined",
    /// Name, zone, status or roles changed.
    MemberUpdated = "member.updated",
    /// The member no longer works here; the row stays.
    MemberRemoved = "member.removed"
}

macro_rules! invitation_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),*) => {$(
        $(#[$doc])*
        #[derive(Serialize)]
        pub struct $name {
            pub invitation_id: Uuid,
            pub email: String,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.invitation_id
            }
        }
    )*};
}
invitation_events! {
    InvitationCreated = "invitation.created",
    /// Sent again, with a new link.
    InvitationResent = "invitation.resent",
    InvitationAccepted = "invitation.accepted",
    InvitationDeclined = "invitation.declined",
    InvitationRevoked = "invitation.revoked"
}

macro_rules! role_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),*) => {$(
        $(#[$doc])*
        #[derive(Serialize)]
        pub struct $name {
            pub role_id: Uuid,
            pub name: String,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.role_id
            }
        }

        impl From<&Role> for $name {
            fn from(role: &Role) -> Self {
                Self { role_id: role.id, name: role.name.clone() }
            }
        }
    )*};
}
role_events! {
    RoleCreated = "role.created",
    /// Its name, its parent or what it allows changed.
    RoleUpdated = "role.updated",
    RoleDeleted = "role.deleted"
}

/// Name, zone or another setting of the workspace changed.
#[derive(Serialize)]
pub struct TenantUpdated {
    pub tenant_id: Uuid,
    pub name: String,
}

impl Event for TenantUpdated {
    const KIND: &'static str = "tenant.updated";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}
