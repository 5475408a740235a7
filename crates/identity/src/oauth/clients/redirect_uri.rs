//! Redirect addresses: which may be registered, and which of a request is a registered one (RFC 9700, 2.1).

use url::{Host, Url};

use super::Kind;

/// Why an address cannot be registered for that kind of client; nothing where it can.
///
/// It has to be written as the URL standard writes it, so that what is compared byte by byte has one spelling.
pub fn fault(text: &str, kind: Kind) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else { return Some("is not an address") };
    if url.as_str() != text || text.contains('*') || text.contains('\\') {
        return Some("must be written in full and plainly: a host in lower case, then a path, without wildcards");
    }
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Some("must have neither a fragment nor a user name");
    }
    // Twice encoded, or encoded where it need not be: two readers see two addresses.
    let path = url.path().to_ascii_lowercase();
    if ["%25", "%2e", "%2f", "%5c", ";", "//"].iter().any(|trick| path.contains(trick)) {
        return Some("has a path that two readers may read differently");
    }
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => None,
        ("http", Some(Host::Ipv4(ip))) if ip.is_loopback() => None,
        ("http", Some(Host::Ipv6(ip))) if ip.is_loopback() => None,
        ("http", Some(Host::Domain("localhost"))) => None,
        ("http", _) => Some("must begin with https://, but on this machine itself"),
        // RFC 8252, 7.1: the reversed name of a domain of one's own.
        (scheme, None) if kind == Kind::Native && scheme.contains('.') => None,
        (_, None) if kind == Kind::Native => Some("must have a scheme such as com.example.app"),
        _ => Some("must begin with https://"),
    }
}

/// Whether `asked` is that registered address: the same text, but for the port of a native client on this machine
/// (RFC 8252, 7.3), which its system chooses.
pub fn matches(registered: &str, asked: &str, kind: Kind) -> bool {
    if registered == asked {
        return true;
    }
    let without_port = |text: &str| {
        let (host, rest) =
            ["http://127.0.0.1", "http://[::1]"].iter().find_map(|host| Some((*host, text.strip_prefix(host)?.to_owned())))?;
        let Some(after) = rest.strip_prefix(':') else { return Some((host, rest)) };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let port = after[..digits].parse::<u16>().ok().filter(|port| *port > 0)?;
        (after[..digits] == port.to_string()).then(|| (host, after[digits..].to_owned()))
    };
    kind == Kind::Native
        && without_port(registered).is_some_and(|(_, rest)| rest.starts_with('/'))
        && without_port(registered) == without_port(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        for (good, kind) in [
            ("https://app.example.com/cb", Kind::Confidential),
            ("https://app.example.com/cb?tenant=1", Kind::Public),
            ("https://app.example.com:8443/", Kind::Public),
            ("http://localhost:3000/cb", Kind::Confidential),
            ("http://127.0.0.1/cb", Kind::Native),
            ("http://[::1]/cb", Kind::Native),
            ("com.example.app:/cb", Kind::Native),
        ] {
            assert_eq!(fault(good, kind), None, "{good}");
        }
        for (bad, kind) in [
            ("", Kind::Native),
            ("/cb", Kind::Public),
            ("http://app.example.com/cb", Kind::Confidential),
            ("http://127.0.0.1.example.com/cb", Kind::Native),
            ("https://app.example.com", Kind::Public),
            ("https://App.example.com/cb", Kind::Public),
            ("https://app.example.com:443/cb", Kind::Public),
            ("https://app.example.com/cb#x", Kind::Public),
            ("https://app.example.com/cb#", Kind::Public),
            ("https://user@app.example.com/cb", Kind::Public),
            ("https://*.example.com/cb", Kind::Public),
            ("https://app.example.com/a/../cb", Kind::Public),
            ("https://app.example.com/a/%2e%2e/cb", Kind::Public),
            ("https://app.example.com/..;/cb", Kind::Public),
            ("https://app.example.com/%252fcb", Kind::Public),
            ("https://app.example.com//cb", Kind::Public),
            ("https://app.example.com\\@evil.example/", Kind::Public),
            ("https://app.example.com/\tcb", Kind::Public),
            (" https://app.example.com/cb", Kind::Public),
            ("javascript:alert(1)", Kind::Native),
            ("data:text/html,x", Kind::Native),
            ("file:///etc/passwd", Kind::Native),
            ("myapp:/cb", Kind::Native),
            ("com.example.app:/cb", Kind::Public),
            ("ftp://app.example.com/cb", Kind::Native),
        ] {
            assert!(fault(bad, kind).is_some(), "{bad}");
        }
    }

    #[test]
    fn only_the_port_of_this_machine_is_free_and_only_for_native_clients() {
        let one = "http://127.0.0.1/cb";
        for same in [one, "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
            assert!(matches(one, same, Kind::Native), "{same}");
        }
        assert!(matches("http://[::1]:4000/cb", "http://[::1]:51234/cb", Kind::Native));
        for other in [
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1:80.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:80/cb/",
            "http://127.0.0.1:80/cb?x=1",
            "http://127.0.0.1:80/cb#x",
            "http://localhost:80/cb",
            "http://127.0.0.2:80/cb",
            "http://[::1]:80/cb",
            "https://127.0.0.1:80/cb",
        ] {
            assert!(!matches(one, other, Kind::Native), "{other}");
        }
        assert!(!matches(one, "http://127.0.0.1:81/cb", Kind::Public));
        assert!(!matches("https://a.example/cb", "https://a.example:444/cb", Kind::Native));
    }
}
