//! The site of a workspace's own domain, as which a request came.

use crate::ctx::TenantId;

/// Put into the request where its host is not the instance's own.
#[derive(Clone, Debug)]
pub struct Site {
    /// Whose pages stand there, and nobody else's; none where the host is nobody's.
    pub tenant: Option<TenantId>,
    /// `https://book.example.com`: the allowed Origin.
    pub origin: String,
}
