//! What a client may ask for: OpenID's scopes, and the codenames of permissions.

/// Those that are no permission. `offline_access` is a refresh token, which outlives the sign-in.
pub const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

pub const OFFLINE: &str = "offline_access";

/// The scopes of a parameter, sorted, none twice; nothing where one is not written as RFC 6749, 3.3 says, or is not
/// among those allowed.
pub fn parse(text: &str, allowed: &[String]) -> Option<Vec<String>> {
    let mut scopes: Vec<String> = text.split(' ').map(str::to_owned).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes.iter().all(|scope| allowed.contains(scope)).then_some(scopes)
}

pub fn has(scopes: &[String], wanted: &str) -> bool {
    scopes.iter().any(|scope| scope == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_and_well_written() {
        let allowed: Vec<String> = ["openid", "contacts:read"].map(str::to_owned).to_vec();
        assert_eq!(parse("openid contacts:read openid", &allowed), Some(vec!["contacts:read".to_owned(), "openid".to_owned()]));
        for bad in ["", " openid", "openid  contacts:read", "openid\tcontacts:read", "contacts:write", "OPENID"] {
            assert_eq!(parse(bad, &allowed), None, "{bad:?}");
        }
    }
}
