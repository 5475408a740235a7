//! Names of domains: as people type them, as DNS has them, and those that no workspace can have.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// The record's own label stands before the domain, and the whole is a name too (RFC 1035, 2.3.4).
const LONGEST: usize = 253 - RECORD.len();
/// Of the record that proves a domain.
pub const RECORD: &str = "_atrium.";

/// Last labels that lead to nobody's server, or to one that only its own network reaches (RFC 6761, 6762, 7686, 9476; ICANN SAC113).
const RESERVED: [&str; 8] = ["alt", "arpa", "internal", "invalid", "lan", "local", "localhost", "onion"];

/// Why a name cannot be a workspace's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// No name, or one of a single label, or with a wildcard.
    Malformed,
    /// A number in place of a name.
    Address,
    Reserved,
    /// The instance's own host, or a name below it.
    Own,
}

impl Unfit {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "invalid",
            Self::Address => "is_address",
            Self::Reserved => "reserved",
            Self::Own => "own_host",
        }
    }

    pub const fn message(self) -> &'static str {
        match self {
            Self::Malformed => "must be a name such as book.example.com, without https:// and without *",
            Self::Address => "must be a name and not an IP address",
            Self::Reserved => "cannot be reached from elsewhere",
            Self::Own => "belongs to this Atrium",
        }
    }
}

/// The name as DNS has it (UTS 46): in lower case, other scripts as `xn--…`, without a dot at the end. One that looks like another
/// but is spelt otherwise stays another.
///
/// # Errors
/// Why no workspace can have it.
pub fn normalized(typed: &str, own: &str) -> Result<String, Unfit> {
    let typed = typed.trim();
    if is_address(typed) {
        return Err(Unfit::Address);
    }
    let ascii = Uts46::new().to_ascii(typed.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::VerifyAllowRootDot);
    let ascii = ascii.map_err(|_| Unfit::Malformed)?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    let Some((_, last)) = name.rsplit_once('.').filter(|_| name.len() <= LONGEST) else { return Err(Unfit::Malformed) };
    // What ends in a number is an address to browsers (WHATWG URL, "ends in a number").
    if last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x") {
        return Err(Unfit::Address);
    }
    if RESERVED.contains(&last) {
        return Err(Unfit::Reserved);
    }
    if is_own(name, own) {
        return Err(Unfit::Own);
    }
    Ok(name.to_owned())
}

fn is_address(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<std::net::IpAddr>().is_ok()
}

fn is_own(name: &str, own: &str) -> bool {
    let own = own.to_ascii_lowercase();
    name == own || name.strip_suffix(own.as_str()).is_some_and(|before| before.ends_with('.'))
}

/// The name that a `Host` header gives, without port and without a dot at the end; None where it names the instance: by its own
/// host, or by an address or a name that no workspace can have, as proxies and probes of the own network do.
pub fn foreign(host: &str, own: &str) -> Option<String> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if name == own.to_ascii_lowercase() || is_address(&name) {
        return None;
    }
    let (_, last) = name.rsplit_once('.')?;
    (!RESERVED.contains(&last)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "app.atrium.example";

    #[test]
    fn each_way_to_write_a_name_is_one_name() {
        for typed in ["book.acme.example", " BOOK.Acme.Example. ", "book。acme．example", "ｂｏｏｋ.acme.example"] {
            assert_eq!(normalized(typed, OWN).as_deref(), Ok("book.acme.example"), "{typed}");
        }
        assert_eq!(normalized("Bücher.example", OWN).as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(normalized("xn--bcher-kva.example", OWN).as_deref(), Ok("xn--bcher-kva.example"));
        // Looks like another name, and is none of its spellings.
        assert_eq!(normalized("bооk.acme.example", OWN).map(|name| name.starts_with("xn--")), Ok(true));
    }

    #[test]
    fn what_is_no_name_of_a_workspace() {
        for (typed, why) in [
            ("", Unfit::Malformed),
            ("acme", Unfit::Malformed),
            (".", Unfit::Malformed),
            ("*.acme.example", Unfit::Malformed),
            ("https://acme.example", Unfit::Malformed),
            ("acme.example/b", Unfit::Malformed),
            ("acme.example:443", Unfit::Malformed),
            ("a@acme.example", Unfit::Malformed),
            ("a_b.acme.example", Unfit::Malformed),
            ("-a.acme.example", Unfit::Malformed),
            ("a..acme.example", Unfit::Malformed),
            ("acme.example\0", Unfit::Malformed),
            ("acme%2eexample", Unfit::Malformed),
            ("192.0.2.1", Unfit::Address),
            ("[2001:db8::1]", Unfit::Address),
            ("2001:db8::1", Unfit::Address),
            ("１９２.0.2.1", Unfit::Address),
            ("192.0.2.0x7", Unfit::Address),
            ("acme.localhost", Unfit::Reserved),
            ("acme.internal", Unfit::Reserved),
            ("1.2.0.192.in-addr.arpa", Unfit::Reserved),
            ("app.atrium.example", Unfit::Own),
            ("APP.Atrium.example.", Unfit::Own),
            ("acme.app.atrium.example", Unfit::Own),
        ] {
            assert_eq!(normalized(typed, OWN), Err(why), "{typed:?}");
        }
        assert_eq!(normalized("notapp.atrium.example", OWN).as_deref(), Ok("notapp.atrium.example"));
        let long = |length: usize| format!("{}.example", vec!["a".repeat(60); 4].join(".")[..length].trim_end_matches('.'));
        assert!(normalized(&long(230), OWN).is_ok() && normalized(&long(243), OWN) == Err(Unfit::Malformed));
    }

    #[test]
    fn hosts_that_are_not_the_instances() {
        for own in [
            "app.atrium.example",
            "APP.atrium.example:8443",
            "app.atrium.example.",
            "127.0.0.1:8080",
            "[::1]:80",
            "localhost",
            "web",
            "web.internal:80",
        ] {
            assert_eq!(foreign(own, OWN), None, "{own}");
        }
        assert_eq!(foreign("Book.Acme.example:443", OWN).as_deref(), Some("book.acme.example"));
        assert_eq!(foreign("book.acme.example.", OWN).as_deref(), Some("book.acme.example"));
        assert_eq!(foreign("acme.app.atrium.example", OWN).as_deref(), Some("acme.app.atrium.example"));
        assert_eq!(foreign("app.atrium.example@evil.example", OWN).as_deref(), Some("app.atrium.example@evil.example"));
    }
}
