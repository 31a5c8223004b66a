//! The structure that ARCHITECTURE.md promises, read from the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprBinary, ExprMethodCall, Item, ItemMod, ItemUse, Macro, Member, UseTree};
use tekton_fix::finding::Cause;

/// Modules with those they may use, each after those it uses. The root may use all.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("model", &[]),
    ("yaml", &[]),
    ("documents", &["yaml"]),
    ("lint", &["documents"]),
    ("sources", &["model", "yaml"]),
    ("analysis", &["model"]),
    ("ops", &["model", "analysis"]),
    ("finding", &["model", "analysis", "ops"]),
    ("checks", &["model", "analysis", "finding", "yaml"]),
    ("assess", &["model", "analysis", "ops", "finding", "checks"]),
    ("repairs", &["model", "analysis", "ops", "finding", "checks", "assess"]),
    ("workflows", &["model", "sources", "ops"]),
    ("scripts", &["model", "yaml", "analysis", "ops", "finding", "checks", "assess", "repairs", "workflows"]),
    ("report", &["model", "yaml", "documents", "lint", "analysis", "ops", "finding", "checks", "workflows", "scripts"]),
    ("snapshot", &["model", "yaml", "sources", "report"]),
    ("cli", &["report", "sources"]),
    (
        "commands",
        &[
            "model",
            "yaml",
            "documents",
            "lint",
            "sources",
            "analysis",
            "ops",
            "finding",
            "checks",
            "assess",
            "repairs",
            "workflows",
            "scripts",
            "report",
            "snapshot",
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

/// Rooms of `analysis` with those they may use, each after those it uses.
const ROOMS: [(&str, &[&str]); 8] = [
    ("tekton", &[]),
    ("scheduler", &[]),
    ("admission", &[]),
    ("scc", &["tekton"]),
    ("access", &["scc"]),
    ("incoming", &["scheduler"]),
    ("pipeline_fit", &["scheduler"]),
    ("comparison", &["scheduler", "tekton"]),
];

fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// The path of a file's module: `["model", "pod"]` for src/model/pod.rs.
fn module_path(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    let mut parts: Vec<String> = parts.iter().skip(1).map(|part| part.to_str().unwrap().to_owned()).collect();
    parts.pop_if(|last| matches!(last.as_str(), "mod" | "lib" | "main"));
    parts
}

/// Whether an item is there for tests only.
fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    })
}

/// The paths that a file names in `use` trees, in its code and in the arguments of macros,
/// those of this crate from its root. Tests inside the file do not count.
struct Paths {
    own: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn of(path: &Path, text: &str) -> BTreeSet<Vec<String>> {
        let mut paths = Self { own: module_path(path), found: BTreeSet::new() };
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        paths.visit_file(&file);
        paths.found
    }

    /// Notes a path; `super` and `self` are those of the module in which it stands.
    fn note(&mut self, path: &[String]) {
        let mut full: Vec<String> = match path.first().map(String::as_str) {
            Some("crate") => vec!["crate".to_owned()],
            Some("super" | "self") => ["crate".to_owned()].into_iter().chain(self.own.iter().cloned()).collect(),
            _ => Vec::new(),
        };
        for part in path {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => drop(full.pop()),
                _ => full.push(part.clone()),
            }
        }
        self.found.insert(full);
    }

    fn note_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.note_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.note_tree(before, tree)),
            UseTree::Name(name) => self.note(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.note(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.note(before),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_of_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.own.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.own.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.note_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&parts);
        visit::visit_path(self, path);
    }

    /// The arguments of a macro are no syntax yet: their paths are read from its tokens.
    fn visit_macro(&mut self, called: &'ast Macro) {
        let mut path: Vec<String> = Vec::new();
        let mut goes_on = false;
        for word in called.tokens.to_string().replace("::", " :: ").split_whitespace() {
            let name = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
            let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if word == "::" {
                goes_on = true;
                continue;
            }
            if !goes_on && !path.is_empty() {
                self.note(&std::mem::take(&mut path));
            }
            goes_on = false;
            path.push(name);
        }
        self.note(&path);
        visit::visit_macro(self, called);
    }
}

/// Uses that the table does not allow, of modules below `above`; and the uses that there are.
fn judge(above: &[&str], table: &[(&str, &[&str])]) -> (Vec<String>, BTreeSet<(String, String)>) {
    let (mut wrong, mut edges) = (Vec::new(), BTreeSet::new());
    let root: Vec<&str> = ["crate"].iter().chain(above).copied().collect();
    for (path, text) in files() {
        let own = module_path(&path);
        if !own.iter().map(String::as_str).take(above.len()).eq(above.iter().copied()) {
            continue;
        }
        let Some(own) = own.get(above.len()) else { continue };
        let Some((_, allowed)) = table.iter().find(|(name, _)| name == own) else { continue };
        for used in Paths::of(&path, &text) {
            if !used.iter().map(String::as_str).take(root.len()).eq(root.iter().copied()) {
                continue;
            }
            let Some(used) = used.get(root.len()).filter(|used| *used != own) else { continue };
            if !table.iter().any(|(name, _)| name == used) {
                continue;
            }
            edges.insert((own.clone(), used.clone()));
            if !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    (wrong, edges)
}

/// A table in which each row names only rows before it has no cycle.
fn assert_layered(table: &[(&str, &[&str])]) {
    for (at, (name, allowed)) in table.iter().enumerate() {
        for used in *allowed {
            assert!(table[..at].iter().any(|(before, _)| before == used), "{name} uses {used}, which stands after it");
        }
    }
}

#[test]
fn modules_use_only_what_they_may() {
    assert_layered(&MAY_USE);
    let (wrong, _) = judge(&[], &MAY_USE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_of_analysis_use_only_what_they_may() {
    assert_layered(&ROOMS);
    let (wrong, edges) = judge(&["analysis"], &ROOMS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (own, allowed) in ROOMS {
        for used in allowed {
            let edge = (own.to_owned(), (*used).to_owned());
            assert!(edges.contains(&edge), "{own} does not use {used} any more: take it out of the table");
        }
    }
    for entry in fs::read_dir("src/analysis").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(name == "mod" || ROOMS.iter().any(|(room, _)| *room == name), "{name} is not in the table of rooms");
    }
}

#[test]
fn paths_are_read_from_all_their_forms() {
    let text =
        "use crate::{a::b, c as d}; use super::{super::e, f::*}; fn x() { crate::g::h(); assert!(crate::i::J > 0); }
        #[cfg(test)] mod tests { use crate::k; }";
    let paths = Paths::of(Path::new("src/own/room/file.rs"), text);
    let has = |path: &[&str]| paths.contains(&path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
    for path in [
        ["crate", "a", "b"].as_slice(),
        &["crate", "c"],
        &["crate", "own", "e"],
        &["crate", "own", "room", "f"],
        &["crate", "g", "h"],
        &["crate", "i", "J"],
    ] {
        assert!(has(path), "{path:?} is not in {paths:?}");
    }
    assert!(!has(&["crate", "k"]));
}

/// Crates that only some places name.
const RIM: [(&str, &[&str]); 10] = [
    ("cel", &["src/scripts/expression.rs"]),
    ("kube", &["src/sources/live/"]),
    (
        "tokio",
        &[
            "src/sources/live/",
            "src/lib.rs",
            "src/commands/repair/gates.rs",
            "src/commands/repair/follow.rs",
            "src/commands/resume.rs",
            "src/commands/probe/",
            "src/commands/completion/candidates.rs",
        ],
    ),
    ("dialoguer", &["src/cli/ui.rs"]),
    ("serde_yaml", &["src/yaml/"]),
    ("serde_saphyr", &["src/yaml/"]),
    ("granit_parser", &["src/documents/read.rs", "src/yaml/read.rs"]),
    ("ignore", &["src/commands/lint/files.rs"]),
    ("anstyle", &["src/report/mod.rs"]),
    ("jsonpath_rust", &["src/report/json/template/path.rs"]),
];

#[test]
fn crates_of_the_rim_are_named_only_there() {
    let mut wrong = Vec::new();
    for (path, text) in files() {
        let name = path.to_str().unwrap();
        let may = |places: &[&str]| places.iter().any(|place| name.starts_with(place));
        let paths = Paths::of(&path, &text);
        for (rim, places) in RIM {
            if !may(places) && paths.iter().any(|used| used.len() > 1 && used[0] == rim) {
                wrong.push(format!("{name} names {rim}"));
            }
        }
        let text = code(&text);
        if ["io::stdout", "io::stderr", "\\x1b", "\\u{1b}"].iter().any(|word| text.contains(word))
            && !may(&["src/cli/ui.rs"])
        {
            wrong.push(format!("{name} writes to the terminal around Ui"));
        }
        if text.contains("std::fs")
            && !may(&[
                "src/sources/export/",
                "src/cli/output.rs",
                "src/commands/diff.rs",
                "src/commands/lint/files.rs",
                "src/commands/lint/fix.rs",
                "src/commands/rerun/edits.rs",
                "src/commands/rerun/editor.rs",
                "src/commands/completion/mod.rs",
                "src/workflows/journal.rs",
                "src/scripts/library.rs",
            ])
        {
            wrong.push(format!("{name} reads files"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fields that hold text which the program made itself.
const OWN_TEXTS: [&str; 8] = ["summary", "headline", "chain", "sentence", "object", "value", "command", "cannot_tell"];

/// Methods that read a text.
const READS: [&str; 22] = [
    "contains",
    "starts_with",
    "ends_with",
    "split",
    "split_once",
    "rsplit",
    "rsplit_once",
    "splitn",
    "split_whitespace",
    "strip_prefix",
    "strip_suffix",
    "find",
    "rfind",
    "matches",
    "match_indices",
    "eq",
    "ne",
    "eq_ignore_ascii_case",
    "cmp",
    "parse",
    "trim_start_matches",
    "trim_end_matches",
];

/// What reads such a field all the same, with the reason why it may.
const MAY_READ: [(&str, &str, &str); 4] = [
    ("src/workflows/journal.rs", "object", "lines of the journal about one write are put together"),
    ("src/checks/mod.rs", "chain", "a link that two tasks share is said once"),
    ("src/checks/controller_log.rs", "value", "a line that the controller repeats is quoted once"),
    ("src/checks/preflight/flags.rs", "value", "the value of a flag, as the cluster holds it"),
];

/// Reads of the fields that hold own texts.
struct Reads(BTreeSet<String>);

impl Reads {
    /// The field from which an expression takes its text.
    fn field(expression: &Expr) -> Option<String> {
        match expression {
            Expr::Field(field) => match &field.member {
                Member::Named(name) if OWN_TEXTS.contains(&name.to_string().as_str()) => Some(name.to_string()),
                _ => None,
            },
            Expr::MethodCall(call) => Self::field(&call.receiver),
            Expr::Reference(reference) => Self::field(&reference.expr),
            Expr::Unary(unary) => Self::field(&unary.expr),
            Expr::Paren(inner) => Self::field(&inner.expr),
            Expr::Index(index) => Self::field(&index.expr),
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Reads {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_of_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if READS.contains(&call.method.to_string().as_str()) {
            self.0.extend(Self::field(&call.receiver));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if matches!(binary.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_)) {
            self.0.extend([&binary.left, &binary.right].into_iter().filter_map(|side| Self::field(side)));
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_match(&mut self, judged: &'ast syn::ExprMatch) {
        self.0.extend(Self::field(&judged.expr));
        visit::visit_expr_match(self, judged);
    }
}

/// What the program says is for people: nothing in it decides by a summary, a link, a quoted
/// value or a printed command. Texts of the cluster are read in `analysis` and `sources`,
/// those of manifests in `documents` and `lint`.
#[test]
fn own_texts_are_not_read_back() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in files() {
        let name = path.to_str().unwrap();
        if ["src/analysis/", "src/sources/", "src/model/", "src/yaml/", "src/documents/", "src/lint/"]
            .iter()
            .any(|room| name.starts_with(room))
        {
            continue;
        }
        let mut reads = Reads(BTreeSet::new());
        reads.visit_file(&syn::parse_file(&text).unwrap());
        for field in reads.0 {
            if MAY_READ.iter().any(|(file, known, _)| *file == name && *known == field) {
                used.insert((name.to_owned(), field));
            } else {
                wrong.push(format!("{name} reads .{field}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (file, field, why) in MAY_READ {
        assert!(used.contains(&(file.to_owned(), field.to_owned())), "{file} does not read .{field} any more ({why})");
    }
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
