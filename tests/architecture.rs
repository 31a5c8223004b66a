//! The structure that ARCHITECTURE.md promises, read from the sources.

use std::fs;
use std::path::{Path, PathBuf};

use tekton_fix::finding::Cause;

/// Modules with those they may use. `commands` and the root may use all.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("yaml", &[]),
    ("sources", &["model", "yaml"]),
    ("analysis", &["model"]),
    ("ops", &["model", "analysis"]),
    ("finding", &["model", "analysis", "ops"]),
    ("checks", &["model", "analysis", "finding", "yaml"]),
    ("assess", &["model", "analysis", "ops", "finding", "checks"]),
    ("repairs", &["model", "analysis", "ops", "finding", "checks", "assess"]),
    ("workflows", &["model", "sources", "ops"]),
    ("report", &["model", "yaml", "analysis", "ops", "finding", "checks", "workflows"]),
    ("cli", &["report", "sources"]),
    (
        "commands",
        &[
            "model",
            "yaml",
            "sources",
            "analysis",
            "ops",
            "finding",
            "checks",
            "assess",
            "repairs",
            "workflows",
            "report",
            "cli",
        ],
    ),
];

fn files() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new("src"), &mut found);
    assert!(found.len() > 50);
    found
}

/// The top module of a file: `model` for src/model/pod.rs.
fn module(path: &Path) -> String {
    let part = path.iter().nth(1).unwrap().to_str().unwrap();
    part.trim_end_matches(".rs").to_owned()
}

fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let own = module(&path);
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == own) else { continue };
        for (at, _) in code(&text).match_indices("crate::") {
            let used: String = text[at + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = MAY_USE.iter().any(|(name, _)| *name == used);
            if known && used != own && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_of_the_rim_are_named_only_there() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let name = path.to_str().unwrap();
        let may = |places: &[&str]| places.iter().any(|place| name.starts_with(place));
        let text = code(&text);
        if text.contains("kube::") && !may(&["src/sources/live/"]) {
            wrong.push(format!("{name} names kube"));
        }
        if text.contains("tokio::")
            && !may(&[
                "src/sources/live/",
                "src/lib.rs",
                "src/commands/repair/follow.rs",
                "src/commands/watch.rs",
                "src/commands/probe.rs",
            ])
        {
            wrong.push(format!("{name} names tokio"));
        }
        if text.contains("dialoguer::") && !may(&["src/cli/ui.rs"]) {
            wrong.push(format!("{name} names dialoguer"));
        }
        if (text.contains("serde_yaml::") || text.contains("serde_saphyr::")) && !may(&["src/yaml/"]) {
            wrong.push(format!("{name} names a YAML crate"));
        }
        if ["io::stdout", "io::stderr", "\\x1b", "\\u{1b}"].iter().any(|word| text.contains(word))
            && !may(&["src/cli/ui.rs"])
        {
            wrong.push(format!("{name} writes to the terminal around Ui"));
        }
        if text.contains("anstyle::") && !may(&["src/report/mod.rs"]) {
            wrong.push(format!("{name} writes colour codes"));
        }
        if text.contains("std::fs")
            && !may(&[
                "src/sources/export/",
                "src/commands/diff.rs",
                "src/commands/completion.rs",
                "src/workflows/journal.rs",
            ])
        {
            wrong.push(format!("{name} reads files"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut sizes = Vec::new();
    for (path, text) in files() {
        assert!(text.starts_with("//!"), "{} has no module documentation", path.display());
        let lines = code(&text).lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
        sizes.push(lines);
    }
    sizes.sort_unstable();
    assert!(sizes[sizes.len() / 2] < 200, "the median file has {} lines", sizes[sizes.len() / 2]);
}

#[test]
fn names_are_the_fields_own() {
    for (path, _) in files() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        for word in ["manager", "util", "utils", "helper", "helpers", "context", "common", "misc"] {
            assert_ne!(name, word, "{}", path.display());
        }
    }
}

/// A code or id of a cause stands in the table alone; everything else names the variant.
#[test]
fn causes_are_named_by_their_variant() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        if path.ends_with("finding/cause.rs") || path.ends_with("commands/explain.rs") {
            continue;
        }
        for (number, line) in code(&text).lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            let literal = |cause: &Cause| {
                line.contains(&format!("\"{}\"", cause.id())) || line.contains(&format!("\"{}\"", cause.code()))
            };
            // `timeout` and `topology-spread` are words of the command line as well,
            // `unschedulable` is a field of a node.
            let wanted =
                |cause: &&Cause| !matches!(cause, Cause::Timeout | Cause::TopologySpread | Cause::Unschedulable);
            if !is_comment && Cause::ALL.iter().filter(wanted).any(literal) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
