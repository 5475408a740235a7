//! What other modules and the web app learn of.

use platform::events::{Event, EventKind};
use platform::time::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::domains::DomainUpdated;
use crate::members::Member;
use crate::plans::SubscriptionUpdated;
use crate::roles::Role;

/// Every kind that this module publishes, with the permission to see it.
pub const EVENTS: &[EventKind] = &[
    EventKind { kind: MemberJoined::KIND, permission: Some("members:read") },
    EventKind { kind: MemberUpdated::KIND, permission: Some("members:read") },
    EventKind { kind: MemberRemoved::KIND, permission: Some("members:read") },
    EventKind { kind: InvitationCreated::KIND, permission: Some("invitations:read") },
    EventKind { kind: InvitationResent::KIND, permission: Some("invitations:read") },
    EventKind { kind: InvitationAccepted::KIND, permission: Some("invitations:read") },
    EventKind { kind: InvitationDeclined::KIND, permission: Some("invitations:read") },
    EventKind { kind: InvitationRevoked::KIND, permission: Some("invitations:read") },
    EventKind { kind: RoleCreated::KIND, permission: Some("roles:read") },
    EventKind { kind: RoleUpdated::KIND, permission: Some("roles:read") },
    EventKind { kind: RoleDeleted::KIND, permission: Some("roles:read") },
    EventKind { kind: TenantUpdated::KIND, permission: Some("settings:read") },
    EventKind { kind: TenantDeletionRequested::KIND, permission: Some("settings:read") },
    EventKind { kind: TenantDeletionCancelled::KIND, permission: Some("settings:read") },
    EventKind { kind: OwnershipOffered::KIND, permission: None },
    EventKind { kind: OwnershipTransferred::KIND, permission: Some("members:read") },
    EventKind { kind: OAuthClientCreated::KIND, permission: Some("oauth_clients:manage") },
    EventKind { kind: SubscriptionUpdated::KIND, permission: Some("settings:manage") },
    EventKind { kind: DomainUpdated::KIND, permission: Some("settings:manage") },
    EventKind { kind: ACCOUNT_NOTICED, permission: None },
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
            /// `status`, `roles` and `permissions`: what of these another member changed.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub changes: Vec<&'static str>,
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
                    changes: Vec::new(),
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

/// An owner asked for the workspace to be deleted.
#[derive(Serialize)]
pub struct TenantDeletionRequested {
    #[serde(skip)]
    pub tenant_id: Uuid,
    pub scheduled_at: Timestamp,
}

impl Event for TenantDeletionRequested {
    const KIND: &'static str = "tenant.deletion_requested";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}

/// An owner called the deletion off.
#[derive(Serialize)]
pub struct TenantDeletionCancelled {
    #[serde(skip)]
    pub tenant_id: Uuid,
}

impl Event for TenantDeletionCancelled {
    const KIND: &'static str = "tenant.deletion_cancelled";

    fn subject(&self) -> Uuid {
        self.tenant_id
    }
}

macro_rules! ownership_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),*) => {$(
        $(#[$doc])*
        #[derive(Serialize)]
        pub struct $name {
            #[serde(skip)]
            pub offer_id: Uuid,
            pub to_user_id: Uuid,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.offer_id
            }

            fn owner(&self) -> Option<Uuid> {
                Some(self.to_user_id)
            }
        }
    )*};
}
ownership_events! {
    /// An owner offered the workspace to another member.
    OwnershipOffered = "ownership.offered",
    OwnershipTransferred = "ownership.transferred"
}

/// An app was registered for the workspace.
#[derive(Serialize)]
pub struct OAuthClientCreated {
    pub oauth_client_id: Uuid,
    pub name: String,
}

impl Event for OAuthClientCreated {
    const KIND: &'static str = "oauth_client.created";

    fn subject(&self) -> Uuid {
        self.oauth_client_id
    }
}

/// Something happened to the account of a member, in none of the workspaces: `identity.tell_workspaces` writes it into each.
pub const ACCOUNT_NOTICED: &str = "account.noticed";
