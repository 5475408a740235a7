//! Rings: a crate depends on lower rings only, and products never on each other.

use std::collections::BTreeMap;
use std::path::Path;

const RINGS: [(&str, u8); 14] = [
    ("platform", 0),
    ("identity", 1),
    ("contacts", 2),
    ("integrations", 2),
    ("messaging", 2),
    ("scheduling", 3),
    ("time", 3),
    ("crm", 3),
    ("marketing", 3),
    ("pages", 3),
    ("courses", 3),
    ("commerce", 3),
    ("automation", 4),
    ("atrium", 5),
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn a_crate_depends_on_lower_rings_only() {
    let rings = BTreeMap::from(RINGS);
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("crates")).expect("crates") {
        let folder = entry.expect("a folder").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let ring = *rings.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no ring"));
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        for line in manifest.lines() {
            let dependency = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let Some(below) = rings.get(dependency) else { continue };
            assert!(*below < ring, "{name} (ring {ring}) must not depend on {dependency} (ring {below})");
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} dependencies between crates were found");
}

/// SQL stands in `store.rs`, or in a resource so small that it is one file of the crate, and in platform; anywhere else it
/// escapes review.
#[test]
fn statements_live_in_stores() {
    let mut offenders = Vec::new();
    for module in ["identity", "contacts", "messaging", "scheduling", "automation"] {
        let source = root().join("crates").join(module).join("src");
        walk(&source, &mut |path, text| {
            let is_store = path.file_name().is_some_and(|name| name == "store.rs")
                || path.components().any(|part| part.as_os_str() == "store")
                || path.parent() == Some(&source) && !path.ends_with("lib.rs");
            if !is_store && text.contains("sqlx::query") {
                offenders.push(path.display().to_string());
            }
        });
    }
    assert!(offenders.is_empty(), "SQL outside store.rs: {offenders:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    let mut offenders = Vec::new();
    for folder in ["crates", "web/src", "e2e", "migrations", "docs", "bench"] {
        walk(&root().join(folder), &mut |path, text| {
            for mark in
                [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "allow(")]
            {
                if text.contains(mark) {
                    offenders.push(format!("{}: {mark}", path.display()));
                }
            }
        });
    }
    assert!(offenders.is_empty(), "{offenders:#?}");
}

/// Whoever writes an event or a job must also register it, or nobody sees the one and nothing runs the other.
#[test]
fn events_jobs_and_reactions_are_registered() {
    let (mut kinds, mut jobs) = (Vec::new(), Vec::new());
    walk(&root().join("crates"), &mut |path, text| {
        if path.components().any(|part| part.as_os_str() == "tests") {
            return;
        }
        // Kinds stand in `events.rs`, some in a macro, and beside what they are about.
        let is_events = path.ends_with("events.rs") && !path.ends_with("platform/src/events.rs");
        for line in text.lines().filter(|line| is_events || line.contains("const KIND: &'static str =")) {
            let quoted = line.split('"').nth(1).unwrap_or_default();
            let is_kind =
                line.contains(" = \"") && quoted.split_once('.').is_some_and(|(resource, what)| !resource.is_empty() && !what.is_empty());
            if is_kind && !line.trim_start().starts_with("///") {
                kinds.push(quoted.to_owned());
            }
        }
        for block in text.split("impl Job for ").skip(1) {
            let name = block.split("const NAME: &'static str = \"").nth(1).and_then(|rest| rest.split('"').next());
            jobs.push(name.unwrap_or_else(|| panic!("a job without a name in {}", path.display())).to_owned());
        }
    });
    let mut registered: Vec<&str> = atrium::registry::event_kinds().iter().map(|kind| kind.kind).collect();
    registered.sort_unstable();
    kinds.sort_unstable();
    assert!(kinds.len() > 15, "{kinds:?}");
    assert_eq!(kinds, registered);
    let definitions = atrium::registry::jobs();
    let mut known: Vec<&str> = definitions.iter().map(|job| job.identifier()).collect();
    known.sort_unstable();
    jobs.sort_unstable();
    assert!(jobs.len() > 7, "{jobs:?}");
    assert_eq!(jobs, known);
    for reaction in atrium::registry::reactions() {
        assert!(registered.contains(&reaction.on), "{} waits for {}, which nobody publishes", reaction.name, reaction.on);
    }
}

fn walk(folder: &Path, look: &mut dyn FnMut(&Path, &str)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "node_modules" | "dist" | "results" | "target") {
                walk(&path, look);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            look(&path, &text);
        }
    }
}
