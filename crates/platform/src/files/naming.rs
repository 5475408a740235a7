//! What a file is called and what it is, as far as its own bytes tell.

/// The table's limit, in characters.
const NAME_LIMIT: usize = 255;
/// What stands before the limit is cut where a name is longer; its extension is kept up to this length.
const EXTENSION_LIMIT: usize = 16;

/// A name to show and to download under: without folders, control characters, or signs that turn the direction of
/// writing (`photo\u{202e}gpj.exe` reads as a picture). `file` where nothing is left.
pub fn clean_name(given: &str) -> String {
    // Old browsers send whole paths, of either kind of system.
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = name.trim().trim_matches('.').trim();
    if name.is_empty() {
        return "file".to_owned();
    }
    if name.chars().count() <= NAME_LIMIT {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= EXTENSION_LIMIT => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = NAME_LIMIT - extension.chars().count();
    stem.chars().take(room).chain(extension.chars()).collect()
}

/// Format characters of Unicode: directions, joiners, separators of lines, byte order marks, noncharacters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// A `Content-Disposition` after RFC 6266: the name in ASCII for old programs, and as it is (RFC 8187).
pub fn disposition(kind: &str, name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

/// The types that a browser may show in place.
pub fn is_picture(content_type: &str) -> bool {
    PICTURES.contains(&content_type)
}

const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const TEXTS: [&str; 4] = ["text/plain", "text/csv", "text/calendar", "application/json"];
const ZIPPED: [&str; 5] = [
    "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
];
const UNKNOWN: &str = "application/octet-stream";

/// How many of the first bytes [`content_type`] looks at.
pub const HEAD: usize = 512;

/// The type that the first bytes show. What the sender claims counts only for the few types that have no mark of their
/// own, or that are one format to the bytes.
pub fn content_type(head: &[u8], claimed: Option<&str>) -> &'static str {
    let claimed = claimed.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let claimed_of = |allowed: &[&'static str]| allowed.iter().copied().find(|kind| *kind == claimed);
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [b'P', b'K', 3, 4, ..] => claimed_of(&ZIPPED).unwrap_or(UNKNOWN),
        text if !text.contains(&0) => claimed_of(&TEXTS).unwrap_or(UNKNOWN),
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_they_should_not_hold() {
        for (given, kept) in [
            ("report.pdf", "report.pdf"),
            ("  my report (1).pdf ", "my report (1).pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\cv.docx", "cv.docx"),
            ("a/b\\c", "c"),
            ("x\r\nSet-Cookie: a=b", "xSet-Cookie: a=b"),
            ("nul\0.txt", "nul.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("\u{200b}\u{feff}", "file"),
            ("", "file"),
            ("..", "file"),
            (" . ", "file"),
            (".htaccess", "htaccess"),
            ("folder/", "file"),
            ("日本語 ção.png", "日本語 ção.png"),
        ] {
            assert_eq!(clean_name(given), kept, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let kept = clean_name(&format!("{}.pdf", "é".repeat(300)));
        assert_eq!(kept.chars().count(), 255);
        assert!(kept.ends_with("é.pdf"));
        assert_eq!(clean_name(&format!("a.{}", "b".repeat(300))).chars().count(), 255);
        assert_eq!(clean_name(&"b".repeat(255)), "b".repeat(255));
    }

    #[test]
    fn dispositions() {
        assert_eq!(disposition("attachment", "a b.pdf"), "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        assert_eq!(
            disposition("inline", "ção \"x\".png"),
            "inline; filename=\"__o _x_.png\"; filename*=UTF-8''%C3%A7%C3%A3o%20%22x%22.png"
        );
        assert_eq!(disposition("attachment", "50%'s;*.txt"), "attachment; filename=\"50_'s;*.txt\"; filename*=UTF-8''50%25%27s%3B%2A.txt");
    }

    #[test]
    fn types_come_from_the_bytes() {
        for (head, claimed, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some("text/html"), "image/png"),
            (b"\xff\xd8\xff\xe0", None, "image/jpeg"),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", None, "image/webp"),
            (b"RIFF\x01\x02\x03\x04WAVE", Some("audio/wav"), UNKNOWN),
            (b"GIF89a", None, "image/gif"),
            (b"GIF88a", Some("image/gif"), UNKNOWN),
            (b"<html><script>", Some("text/html"), UNKNOWN),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", Some("image/svg+xml"), UNKNOWN),
            (b"<svg>", Some("image/png"), UNKNOWN),
            (b"%PDF-1.7", None, "application/pdf"),
            (b"no", Some("application/pdf"), UNKNOWN),
            (b"a,b\n", Some("Text/CSV; charset=utf-8"), "text/csv"),
            (b"a\0b", Some("text/plain"), UNKNOWN),
            (b"plain", None, UNKNOWN),
            (b"PK\x03\x04", Some("application/zip"), "application/zip"),
            (b"PK\x03\x04", Some("application/java-archive"), UNKNOWN),
            (b"PK\x03\x04", Some("text/plain"), UNKNOWN),
            (b"x", Some("application/zip"), UNKNOWN),
        ] {
            assert_eq!(content_type(head, claimed), kind, "{head:?} {claimed:?}");
        }
    }
}
