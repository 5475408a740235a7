//! The codes of refusals, by which clients tell them apart: those in the sources are those of `docs/api/codes.tsv`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const HEAD: &str = "kind\tcode\tstatus\twords";

/// Of the names that the sources use.
fn number(status: &str) -> Option<u16> {
    Some(match status.trim().strip_prefix("StatusCode::")? {
        "BAD_REQUEST" => 400,
        "UNAUTHORIZED" => 401,
        "FORBIDDEN" => 403,
        "NOT_FOUND" => 404,
        "METHOD_NOT_ALLOWED" => 405,
        "CONFLICT" => 409,
        "GONE" => 410,
        "PRECONDITION_FAILED" => 412,
        "PAYLOAD_TOO_LARGE" => 413,
        "UNSUPPORTED_MEDIA_TYPE" => 415,
        "UNPROCESSABLE_ENTITY" => 422,
        "PRECONDITION_REQUIRED" => 428,
        "TOO_MANY_REQUESTS" => 429,
        "INTERNAL_SERVER_ERROR" => 500,
        "BAD_GATEWAY" => 502,
        "SERVICE_UNAVAILABLE" => 503,
        other => panic!("a status without a number here: {other}"),
    })
}

/// The arguments of a call, from behind its bracket.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut depth, mut in_text, mut escaped) = (vec![String::new()], 0_u32, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                all.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    all.iter().map(|argument| argument.trim().to_owned()).filter(|argument| !argument.is_empty()).collect()
}

fn literal(argument: &str) -> Option<&str> {
    argument.strip_prefix('"')?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

/// The sentence for people, as far as the source has it as one.
fn words(argument: Option<&String>) -> String {
    let text =
        argument.map_or("", |argument| argument.strip_prefix("format!(").map_or(argument.as_str(), |inner| inner.trim_end_matches(')')));
    let Some(text) = text.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { return "-".to_owned() };
    text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") && path.file_name().is_none_or(|name| name != "tests.rs") {
            all.push(path);
        }
    }
}

type Codes = BTreeMap<(&'static str, String), (Vec<u16>, String)>;

fn found() -> Codes {
    let crates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).expect("the crates") {
        let folder = entry.expect("a crate").path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut files);
        }
    }
    files.sort();
    let mut codes = Codes::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_error = file.ends_with("platform/src/error.rs");
        let mut note = |kind, code: &str, status: Option<u16>, words: String| {
            let entry = codes.entry((kind, code.to_owned())).or_insert_with(|| (Vec::new(), words.clone()));
            // What is said differently in several places is in none of them the code's meaning.
            if entry.1 != words {
                entry.1 = "-".to_owned();
            }
            if let Some(status) = status.filter(|status| !entry.0.contains(status)) {
                entry.0.push(status);
                entry.0.sort_unstable();
            }
        };
        for (call, kind, at) in [
            ("Problem::new(", "problem", 1),
            ("Problem::conflict(", "problem", 0),
            ("Problem::field(", "field", 1),
            (".add(", "field", 1),
            ("Self::new(", "problem", 1),
        ] {
            if call == "Self::new(" && !is_error {
                continue;
            }
            for (place, _) in text.match_indices(call) {
                let arguments = arguments(&text[place + call.len()..]);
                let Some(code) = arguments.get(at).and_then(|argument| literal(argument)) else {
                    // A code that comes from elsewhere would be in no list: only the constructors themselves pass one on.
                    assert!(kind == "field" || is_error, "{}: {call}{arguments:?} has no code of its own", file.display());
                    continue;
                };
                let status = match call {
                    "Problem::conflict(" => Some(409),
                    "Problem::field(" | ".add(" => Some(422),
                    _ => number(&arguments[0]).or_else(|| arguments[0].is_empty().then_some(0)),
                };
                note(kind, code, status, words(arguments.get(at + 1)));
            }
        }
    }
    codes
}

fn lines(codes: &Codes) -> String {
    let mut text = format!("{HEAD}\n");
    for ((kind, code), (statuses, words)) in codes {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        text += &format!("{kind}\t{code}\t{}\t{words}\n", if statuses.is_empty() { "-".to_owned() } else { statuses.join(",") });
    }
    text
}

#[test]
fn the_codes_of_the_sources_are_those_of_the_list() {
    let codes = found();
    assert!(codes.len() > 120, "the sources are not read as they should be: {}", codes.len());
    let listed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/codes.tsv")).unwrap_or_default();
    let names = |text: &str| -> Vec<(String, String)> {
        text.lines()
            .skip(1)
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
            })
            .collect()
    };
    let made = lines(&codes);
    let gone: Vec<_> = names(&listed).into_iter().filter(|name| !names(&made).contains(name)).collect();
    assert!(gone.is_empty(), "codes that clients may know are gone or have another name: {gone:?}. Within v1 none is taken away");
    if listed != made {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("codes.tsv");
        std::fs::write(&place, &made).expect("written");
        panic!("docs/api/codes.tsv is not what the sources say; take {}", place.display());
    }
}

#[test]
fn a_call_is_read_as_it_is_written() {
    let text = "\n    StatusCode::CONFLICT,\n    \"name_taken\",\n    format!(\"{name} is taken, by (somebody)\"),\n).into())";
    let read = arguments(text);
    assert_eq!(read, ["StatusCode::CONFLICT", "\"name_taken\"", "format!(\"{name} is taken, by (somebody)\")"]);
    assert_eq!((literal(&read[1]), literal(&read[0]), number(&read[0])), (Some("name_taken"), None, Some(409)));
    assert_eq!(words(read.get(2)), "{name} is taken, by (somebody)");
    assert_eq!(words(Some(&"\"one \\\n    two\"".to_owned())), "one two");
}
