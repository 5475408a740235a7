//! Messages as a mail program takes them apart (RFC 2045 to 2047), as far as tests look.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// One part; a multipart has parts, any other a body.
#[derive(Debug)]
pub struct Part {
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub parts: Vec<Part>,
}

impl Part {
    #[track_caller]
    pub fn parse(bytes: &[u8]) -> Self {
        let end = find(bytes, b"\r\n\r\n").unwrap_or_else(|| panic!("no end of the headers in {}", String::from_utf8_lossy(bytes)));
        let head = std::str::from_utf8(&bytes[..end]).expect("headers are ASCII or UTF-8");
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.split("\r\n") {
            match (line.strip_prefix([' ', '\t']), headers.last_mut()) {
                (Some(more), Some((_, value))) => *value = format!("{value} {}", more.trim_start()),
                _ => {
                    let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
        let mut part = Self { headers, body: bytes[end + 4..].to_vec(), parts: Vec::new() };
        if part.kind().starts_with("multipart/") {
            let boundary = format!("\r\n--{}", part.parameter("content-type", "boundary").expect("a boundary"));
            let body = [b"\r\n", part.body.as_slice()].concat();
            let mut rest = &body[find(&body, boundary.as_bytes()).expect("a first part") + boundary.len()..];
            while !rest.starts_with(b"--") {
                let inner = rest.strip_prefix(b"\r\n").expect("a line of its own");
                let end = find(inner, boundary.as_bytes()).expect("an end");
                part.parts.push(Self::parse(&inner[..end]));
                rest = &inner[end + boundary.len()..];
            }
        } else {
            part.body = decoded(&part.body, &part.header("content-transfer-encoding").unwrap_or_default());
        }
        part
    }

    /// The header's value with encoded words read.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| words(value))
    }

    /// `text/plain`
    pub fn kind(&self) -> String {
        self.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    pub fn parameter(&self, header: &str, name: &str) -> Option<String> {
        let value = self.header(header)?;
        value.split(';').skip(1).find_map(|pair| {
            let (of, value) = pair.split_once('=')?;
            of.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// The first part of that kind, as text; empty where there is none.
    pub fn find(&self, kind: &str) -> String {
        if self.parts.is_empty() && self.kind() == kind {
            return self.text();
        }
        self.parts.iter().map(|part| part.find(kind)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The kinds of the whole tree, `multipart/mixed(text/plain, …)`.
    pub fn outline(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Self::outline).collect();
        if parts.is_empty() { self.kind() } else { format!("{}({})", self.kind(), parts.join(", ")) }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn decoded(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.to_ascii_lowercase().as_str() {
        "base64" => STANDARD.decode(body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<u8>>()).expect("Base64"),
        "quoted-printable" => quoted_printable(body),
        "7bit" | "8bit" | "" => body.to_vec(),
        other => panic!("unknown encoding {other}"),
    }
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), body);
    while let [first, more @ ..] = rest {
        rest = match (first, more) {
            (b'=', [b'\r', b'\n', after @ ..]) => after,
            (b'=', [high, low, after @ ..]) => {
                out.push(u8::from_str_radix(&format!("{}{}", char::from(*high), char::from(*low)), 16).expect("two digits"));
                after
            }
            _ => {
                out.push(*first);
                more
            }
        };
    }
    out
}

/// Reads `=?utf-8?b?…?=`; white space between two encoded words is none.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, encoded)) = rest.split_once("=?") {
        if !(before.trim().is_empty() && out.ends_with('\u{0}')) {
            out.push_str(before);
        }
        let mut fields = encoded.splitn(4, '?');
        let (charset, kind, text) = (fields.next().expect("a charset"), fields.next().expect("a kind"), fields.next().expect("a text"));
        assert!(charset.eq_ignore_ascii_case("utf-8"), "{value}");
        let bytes = match kind {
            "b" | "B" => STANDARD.decode(text).expect("Base64"),
            _ => quoted_printable(text.replace('_', " ").as_bytes()),
        };
        out = out.replace('\u{0}', "");
        out.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        // Marks the end of an encoded word.
        out.push('\u{0}');
        rest = fields.next().and_then(|rest| rest.strip_prefix('=')).expect("the end of the word");
    }
    out.push_str(rest);
    out.replace('\u{0}', "")
}

#[test]
fn messages_come_apart() {
    let message = b"Subject: =?utf-8?b?w6k=?=\r\n =?utf-8?q?=C3=A9_x?= y\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=\r\n=3Db\r\n--b\r\nContent-Type: text/x; name=\"n\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b--\r\n";
    let part = Part::parse(message);
    assert_eq!((part.header("subject").as_deref(), part.outline().as_str()), (Some("éé x y"), "multipart/mixed(text/plain, text/x)"));
    assert_eq!((part.parts[0].text().as_str(), part.parts[1].text().as_str()), ("a=b", "a"));
    assert_eq!(part.parts[1].parameter("content-type", "name").as_deref(), Some("n"));
}
