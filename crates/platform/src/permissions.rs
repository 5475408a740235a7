//! What a member may do: a set of permissions, each for all records or for one's own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every module's permissions, as in `lookup.permissions`, in alphabetical order: a permission's place is its bit. They stand
/// here, below the modules, so that a set of them is two numbers, and one that is not listed does not compile.
pub const CODENAMES: &[&str] = &[
    "audit:read",
    "bookings:read",
    "bookings:write",
    "contacts:delete",
    "contacts:read",
    "contacts:write",
    "event_types:read",
    "event_types:write",
    "files:read",
    "files:write",
    "invitations:read",
    "invitations:write",
    "jobs:manage",
    "members:read",
    "members:write",
    "messages:read",
    "messages:write",
    "oauth_clients:manage",
    "organizers:read",
    "organizers:write",
    "privacy:manage",
    "roles:read",
    "roles:write",
    "schedules:read",
    "schedules:write",
    "security:manage",
    "settings:manage",
    "settings:read",
    "support:manage",
    "webhooks:manage",
    "workflows:read",
    "workflows:write",
];
const _: () = assert!(CODENAMES.len() <= u128::BITS as usize, "the sets need more bits");

/// Whose records a permission covers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Own,
    All,
}

impl Scope {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Own, Self::All].into_iter().find(|scope| scope.name() == name)
    }
}

/// A permission as a type, so that a handler's signature says what it takes.
pub trait Permission: Send + Sync + 'static {
    const CODENAME: &'static str;
    /// Worked out while compiling, which fails for a codename that is not in [`CODENAMES`].
    const BIT: u128 = bit_of_known(Self::CODENAME);
}

/// Declares permission types with their codenames.
#[macro_export]
macro_rules! permissions {
    ($($name:ident = $codename:literal),* $(,)?) => {$(
        #[doc = concat!("`", $codename, "`")]
        pub struct $name;
        impl $crate::auth::Permission for $name {
            const CODENAME: &'static str = $codename;
        }
        const _: u128 = <$name as $crate::auth::Permission>::BIT;
    )*};
}

/// What a member may do, as two sets of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Held for all records or for one's own.
    held: u128,
    /// Those of them that are held for all records.
    all: u128,
}

impl Permissions {
    pub const NONE: Self = Self { held: 0, all: 0 };

    /// Whose records the permission covers, where it is held.
    pub fn of<P: Permission>(self) -> Option<Scope> {
        self.of_bit(P::BIT)
    }

    /// As [`Permissions::of`], by its codename; none for a permission that there is not.
    pub fn scope(self, codename: &str) -> Option<Scope> {
        self.of_bit(bit_of(codename)?)
    }

    fn of_bit(self, bit: u128) -> Option<Scope> {
        if self.all & bit != 0 {
            Some(Scope::All)
        } else if self.held & bit != 0 {
            Some(Scope::Own)
        } else {
            None
        }
    }

    /// Whether it holds all that `wanted` does: nobody gives more than he or she has.
    pub fn covers(self, wanted: Self) -> bool {
        wanted.held & !self.held == 0 && wanted.all & !self.all == 0
    }

    /// In alphabetical order.
    pub fn iter(self) -> impl Iterator<Item = (&'static str, Scope)> {
        CODENAMES.iter().enumerate().filter_map(move |(n, codename)| Some((*codename, self.of_bit(1 << n)?)))
    }
}

/// Of one permission in both scopes the wider counts; what there is not is left out.
impl<T: AsRef<str>> FromIterator<(T, Scope)> for Permissions {
    fn from_iter<I: IntoIterator<Item = (T, Scope)>>(items: I) -> Self {
        let mut set = Self::NONE;
        for (codename, scope) in items {
            let Some(bit) = bit_of(codename.as_ref()) else { continue };
            set.held |= bit;
            if scope == Scope::All {
                set.all |= bit;
            }
        }
        set
    }
}

fn bit_of(codename: &str) -> Option<u128> {
    CODENAMES.binary_search(&codename).ok().map(|n| 1 << n)
}

const fn bit_of_known(codename: &str) -> u128 {
    let mut n = 0;
    while n < CODENAMES.len() {
        if is_same(CODENAMES[n].as_bytes(), codename.as_bytes()) {
            return 1 << n;
        }
        n += 1;
    }
    panic!("a permission that is not in platform::permissions::CODENAMES")
}

/// `==` of slices is not to be had while compiling.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut n = 0;
    while n < one.len() {
        if one[n] != other[n] {
            return false;
        }
        n += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    permissions! { First = "audit:read", Last = "support:manage" }

    fn set(grants: &[(&str, Scope)]) -> Permissions {
        grants.iter().copied().collect()
    }

    #[test]
    fn the_list_is_in_order_and_names_each_once() {
        assert!(CODENAMES.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_was_put_in_is_found_by_type_and_by_name() {
        let some = set(&[("support:manage", Scope::Own), ("audit:read", Scope::Own), ("audit:read", Scope::All), ("no:such", Scope::All)]);
        assert_eq!((some.of::<First>(), some.of::<Last>()), (Some(Scope::All), Some(Scope::Own)));
        assert_eq!((some.scope("audit:read"), some.scope("no:such"), some.scope("files:read")), (Some(Scope::All), None, None));
        assert_eq!(some.iter().collect::<Vec<_>>(), [("audit:read", Scope::All), ("support:manage", Scope::Own)]);
        let every: Permissions = CODENAMES.iter().map(|codename| (codename, Scope::All)).collect();
        assert!(CODENAMES.iter().all(|codename| every.scope(codename) == Some(Scope::All)) && every.iter().count() == CODENAMES.len());
    }

    #[test]
    fn nobody_gives_more_than_is_held() {
        let held = set(&[("bookings:read", Scope::All), ("bookings:write", Scope::Own)]);
        assert!(held.covers(Permissions::NONE) && held.covers(held) && Permissions::NONE.covers(Permissions::NONE));
        assert!(held.covers(set(&[("bookings:read", Scope::Own)])));
        assert!(!held.covers(set(&[("bookings:write", Scope::All)])));
        assert!(!held.covers(set(&[("contacts:read", Scope::Own)])));
    }
}
