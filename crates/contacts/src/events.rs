//! What others may learn of contacts.

use platform::events::Event;
use serde::Serialize;
use uuid::Uuid;

macro_rules! contact_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize)]
        pub struct $name {
            pub contact_id: Uuid,
            pub owner_id: Option<Uuid>,
            pub name: String,
            /// `manual`, `booking` and the like: how it became known.
            pub source: String,
        }

        impl Event for $name {
            const KIND: &'static str = $kind;

            fn subject(&self) -> Uuid {
                self.contact_id
            }

            fn owner(&self) -> Option<Uuid> {
                self.owner_id
            }
        }
    )*};
}

contact_events! {
    /// Somebody new, or somebody who comes back after being archived.
    ContactCreated = "contact.created",
    ContactUpdated = "contact.updated",
    ContactArchived = "contact.archived",
}

/// All data of a contact were handed out.
#[derive(Debug, Serialize)]
pub struct ContactExported {
    pub contact_id: Uuid,
}

impl Event for ContactExported {
    const KIND: &'static str = "contact_export.created";

    fn subject(&self) -> Uuid {
        self.contact_id
    }
}
