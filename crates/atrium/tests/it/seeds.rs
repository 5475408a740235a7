//! `docs/seed-map.tsv` and `docs/seed-rules.tsv` against the live schema: what they call built is there, and what they
//! call planned is not.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sqlx::{PgConnection, Row};

use crate::world::World;

fn docs(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).join(name)
}

fn table(name: &str, columns: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(docs(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            assert_eq!(cells.len(), columns, "{name}: {line}");
            cells
        })
        .collect()
}

async fn names(db: &mut PgConnection, sql: &'static str) -> HashSet<String> {
    sqlx::query(sql).fetch_all(db).await.expect(sql).iter().map(|row| row.get(0)).collect()
}

struct Schema {
    tables: HashSet<String>,
    columns: HashSet<String>,
    constraints: HashSet<String>,
    indexes: HashSet<String>,
    defaults: HashSet<String>,
    triggers: HashSet<String>,
}

impl Schema {
    async fn read() -> Self {
        let world = World::new().await;
        let mut db = world.as_owner().await;
        Self {
            tables: names(&mut db, "SELECT table_schema || '.' || table_name FROM information_schema.tables").await,
            columns: names(
                &mut db,
                "SELECT n.nspname || '.' || c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')",
            )
            .await,
            constraints: names(&mut db, "SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE conrelid <> 0").await,
            indexes: names(&mut db, "SELECT schemaname || '.' || indexname FROM pg_indexes").await,
            defaults: names(
                &mut db,
                "SELECT n.nspname || '.' || c.relname || '.' || a.attname || '=' || pg_get_expr(d.adbin, d.adrelid)
                   FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                   JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace",
            )
            .await,
            triggers: names(&mut db, "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal").await,
        }
    }
}

#[tokio::test]
async fn each_of_the_seeds_columns_lives_where_the_map_says() {
    let schema = Schema::read().await;
    let rows = table("seed-map.tsv", 6);
    assert_eq!(rows.len(), 878);
    let (mut wrong, mut built, mut planned) = (Vec::new(), 0, 0);
    for row in &rows {
        let [seed, from, column, target, note, state] = row.as_slice() else { unreachable!("six columns") };
        let is_there = schema.columns.contains(target);
        let its_table = target.rsplit_once('.').map(|(table, _)| table).unwrap_or_default();
        let right = match state.as_str() {
            "built" => {
                built += 1;
                if target == "-" { !note.is_empty() } else { is_there }
            }
            "planned" => {
                planned += 1;
                target == "-" || !schema.tables.contains(its_table)
            }
            "overruled" => !note.is_empty(),
            _ => false,
        };
        if !right {
            wrong.push(format!(
                "{seed} {from}.{column} -> {target} ({state}; column there: {is_there}, table there: {})",
                schema.tables.contains(its_table)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("seed map: {built} built, {planned} planned");
    assert!(built > 300, "{built}");
}

#[tokio::test]
async fn each_of_the_seeds_rules_is_kept() {
    let schema = Schema::read().await;
    let rows = table("seed-rules.tsv", 6);
    assert!(rows.len() > 300, "{}", rows.len());
    let sources = sources();
    let mut wrong = Vec::new();
    for row in &rows {
        let [seed, section, rule, kept_by, state, reason] = row.as_slice() else { unreachable!("six columns") };
        let right = match state.as_str() {
            "built" => kept_by.split(" + ").all(|keeper| keeps(&schema, &sources, keeper)),
            "planned" => {
                kept_by == "-"
                    || kept_by.split(" + ").all(|keeper| keeper.strip_prefix("table:").is_some_and(|table| !schema.tables.contains(table)))
            }
            "overruled" => !reason.is_empty() && (kept_by == "-" || kept_by.split(" + ").all(|keeper| keeps(&schema, &sources, keeper))),
            _ => false,
        };
        if !right {
            wrong.push(format!("{seed} {section}: {rule} -> {kept_by} ({state})"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a rule's keeper names, and whether it is there.
fn keeps(schema: &Schema, sources: &str, keeper: &str) -> bool {
    let Some((kind, name)) = keeper.trim().split_once(':') else { return false };
    match kind {
        "table" => schema.tables.contains(name),
        "column" => schema.columns.contains(name),
        "default" => schema.defaults.contains(name),
        "constraint" => schema.constraints.contains(name),
        "index" => schema.indexes.contains(name),
        "trigger" => schema.triggers.contains(name),
        "test" => {
            sources.match_indices(&format!("fn {name}(")).any(|(at, _)| is_a_test(&sources[..at]))
                || sources.contains(&format!("test('{name}'"))
                || sources.contains(&format!("test(\"{name}\""))
        }
        "doc" => docs("..").join(name.split('#').next().unwrap_or_default()).exists(),
        _ => false,
    }
}

/// Whether what stands before a function says that it is a test, and not a helper of the same name.
fn is_a_test(before: &str) -> bool {
    let own = before.rsplit("\n\n").next().unwrap_or_default();
    own.contains("#[test]") || own.contains("#[tokio::test")
}

/// Every test there is, in one text.
fn sources() -> String {
    let mut text = String::new();
    let root = docs("..");
    for folder in ["crates", "web/src", "e2e"] {
        collect(&root.join(folder), &mut text);
    }
    text
}

fn collect(folder: &Path, text: &mut String) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                collect(&path, text);
            }
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "ts" || kind == "tsx") {
            text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
}
