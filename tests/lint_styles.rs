//! Safe fixes of one manifest in many styles: indentation, lists, quotes, comments, blank
//! lines, line ends. Each is made exactly, or refused with the file left alone.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

/// How a manifest is written.
#[derive(Debug, Clone)]
struct Style {
    /// Columns of a level.
    indent: usize,
    /// Whether the dashes of a list are indented.
    indents_lists: bool,
    /// The quote of texts.
    quote: &'static str,
    /// Whether keys have quotes too.
    quotes_keys: bool,
    /// What is put before some lines: comments and blank lines, by turns.
    before: Vec<Option<&'static str>>,
    /// What is put behind some lines.
    behind: Vec<&'static str>,
    end: &'static str,
    has_mark: bool,
    ends_with_line: bool,
}

fn style() -> impl Strategy<Value = Style> {
    let before = prop::collection::vec(
        prop_oneof![3 => Just(None), 1 => Just(Some("")), 1 => Just(Some("# a comment: [x, {y}]")), 1 => Just(Some("#"))],
        1..9,
    );
    let behind =
        prop::collection::vec(prop_oneof![3 => Just(""), 1 => Just(" # why: \"it\" is"), 1 => Just("   ")], 1..7);
    (
        prop_oneof![Just(2usize), Just(3), Just(4)],
        any::<bool>(),
        prop_oneof![Just(""), Just("'"), Just("\"")],
        any::<bool>(),
        before,
        behind,
        prop_oneof![3 => Just("\n"), 1 => Just("\r\n")],
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(indent, indents_lists, quote, quotes_keys, before, behind, end, has_mark, ends_with_line)| {
            Style { indent, indents_lists, quote, quotes_keys, before, behind, end, has_mark, ends_with_line }
        })
}

struct Writer<'a> {
    style: &'a Style,
    out: String,
    lines: usize,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let style = self.style;
        if let Some(before) = style.before[self.lines % style.before.len()] {
            let blanks = if before.is_empty() { 0 } else { depth };
            let _ = write!(self.out, "{}{before}{}", " ".repeat(blanks), style.end);
        }
        let behind = style.behind[self.lines % style.behind.len()];
        let _ = write!(self.out, "{}{text}{behind}{}", " ".repeat(depth), style.end);
        self.lines += 1;
    }

    fn scalar(&self, value: &Value) -> String {
        match value {
            Value::String(text) => format!("{0}{text}{0}", self.style.quote),
            other => other.to_string(),
        }
    }

    /// Entries from a column on; `lead` is what the first line begins with instead.
    fn mapping(&mut self, entries: &[(&str, Value)], depth: usize, lead: Option<(usize, String)>) {
        let mut lead = lead;
        for (key, value) in entries {
            let quote = if self.style.quotes_keys { "\"" } else { "" };
            let key = format!("{quote}{key}{quote}:");
            let (at, prefix) = lead.take().unwrap_or((depth, String::new()));
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.line(at, &format!("{prefix}{key}"));
                    let inner: Vec<(&str, Value)> =
                        inner.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
                    self.mapping(&inner, depth + self.style.indent, None);
                }
                Value::Array(items) => {
                    self.line(at, &format!("{prefix}{key}"));
                    let dash = depth + if self.style.indents_lists { self.style.indent } else { 0 };
                    for item in items {
                        match item {
                            Value::Object(inner) => {
                                let inner: Vec<(&str, Value)> =
                                    inner.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
                                let gap = "-".to_owned() + &" ".repeat(self.style.indent - 1);
                                self.mapping(&inner, dash + self.style.indent, Some((dash, gap)));
                            }
                            other => {
                                let text = format!("- {}", self.scalar(other));
                                self.line(dash, &text);
                            }
                        }
                    }
                }
                other => {
                    let text = format!("{prefix}{key} {}", self.scalar(other));
                    self.line(at, &text);
                }
            }
        }
    }
}

/// The spec of a run with mistakes that have safe fixes, its entries in some order.
fn spec(order: usize) -> Vec<(&'static str, Value)> {
    let mut spec = vec![
        ("pipelineRef", json!({"name": "build"})),
        ("serviceAccountName", json!("robot")),
        ("timeout", json!("1h30m")),
        ("podTemplate", json!({"nodeSelector": {"pool": "gpu"}, "tolerations": [{"key": "a", "operator": "Exists"}]})),
        ("params", json!([{"name": "p", "value": "v"}, {"name": "q", "value": "w"}])),
        (
            "workspaces",
            json!([{"name": "w", "volumeClaimTemplate": {"accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}}}}, {"name": "s", "secret": {"secretName": "t"}}]),
        ),
    ];
    let length = spec.len();
    spec.rotate_left(order % length);
    if order % 2 == 1 {
        spec.swap(0, 3);
    }
    spec
}

/// What the manifest means once it is mended.
fn mended() -> Value {
    json!({
        "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": {"generateName": "r-"},
        "spec": {
            "pipelineRef": {"name": "build"},
            "taskRunTemplate": {"serviceAccountName": "robot", "podTemplate": {"nodeSelector": {"pool": "gpu"},
                "tolerations": [{"key": "a", "operator": "Exists"}]}},
            "timeouts": {"pipeline": "1h30m"},
            "params": [{"name": "p", "value": "v"}, {"name": "q", "value": "w"}],
            "workspaces": [{"name": "w", "volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}}}}}, {"name": "s", "secret": {"secretName": "t"}}],
        },
    })
}

fn fix(path: &Path) -> i32 {
    let output = Command::new(BINARY)
        .args(["lint", "--fix", "--yes", path.to_str().unwrap()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    output.status.code().unwrap()
}

/// Comments of a text, each with how often it occurs, wherever they stand.
fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> =
        text.lines().filter_map(|line| line.find('#').map(|at| line[at..].trim_end().to_owned())).collect();
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_style_is_fixed_and_keeps_its_comments(style in style(), order in 0usize..12) {
        let mut writer = Writer { style: &style, out: String::new(), lines: 0 };
        let head = [
            ("apiVersion", json!("tekton.dev/v1")),
            ("kind", json!("PipelineRun")),
            ("metadata", json!({"generateName": "r-"})),
        ];
        writer.mapping(&head, 0, None);
        writer.line(0, if style.quotes_keys { "\"spec\":" } else { "spec:" });
        writer.mapping(&spec(order), style.indent, None);
        let mut text = writer.out;
        if style.has_mark {
            text.insert(0, '\u{feff}');
        }
        if !style.ends_with_line {
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.yaml");
        fs::write(&path, &text).unwrap();
        prop_assert_eq!(fix(&path), 0, "{}", text);
        let after = fs::read_to_string(&path).unwrap();
        let value: Value = serde_yaml::from_str(after.trim_start_matches('\u{feff}')).unwrap();
        prop_assert_eq!(value, mended(), "{}\n{}", text, after);
        prop_assert_eq!(comments(&text), comments(&after));
        prop_assert_eq!(style.has_mark, after.starts_with('\u{feff}'));
        prop_assert_eq!(style.end == "\r\n", after.contains("\r\n"));
        prop_assert!(style.end == "\n" || !after.replace("\r\n", "").contains('\n'), "{after:?}");
        let blank = |text: &str| text.lines().filter(|line| line.trim().is_empty()).count();
        prop_assert_eq!(blank(&text), blank(&after));
    }
}
