//! Random changes of real manifests: each is proven or refused, and what is proven is
//! looked at by eyes that the proof does not have.

use std::collections::BTreeMap;
use std::io::Read as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::edit::Change;
use super::graft::{Graft, grafted};
use super::slices::slices;
use super::{Content, Node, Path, Segment, Style, proof, read};
use crate::yaml::scalar::Resolved;

/// Manifests of the corpus, document by document, and some in styles that it lacks.
fn texts() -> Vec<String> {
    let archive = zstd::Decoder::new(&include_bytes!("../../tests/fixtures/manifests.tar.zst")[..]).unwrap();
    let mut texts: Vec<String> = STYLES.iter().map(|text| (*text).to_owned()).collect();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let is_truth = entry.path().unwrap().ends_with("truth.yaml");
        let mut text = String::new();
        if !is_truth && entry.size() < 20_000 && entry.read_to_string(&mut text).is_ok() {
            texts.extend(slices(&text).into_iter().map(|range| text[range].to_owned()));
        }
    }
    texts.sort();
    texts.retain(|text| {
        let (documents, error) = read(text);
        error.is_none() && documents.len() == 1 && documents[0].root.is_mapping()
    });
    texts
}

const STYLES: [&str; 6] = [
    "a: &x\n  b: 1\n  c: [1, 2]\nd:\n  <<: *x\n  e: *x\n  f: {g: h, i: [j, {k: l}]}\n",
    "a:\r\n  # one\t# tab\r\n  b: |+\r\n    text\r\n\r\n    more\r\n\r\n  c: >-\r\n    folded\r\n    text\r\n  d:\r\n  - e: 1\r\n    f: 2\r\n  -   g: 3\r\n",
    "a:\n- b: 1 # x\n  c:\n  - d\n  # between\n  - e\n-\n  f: \"long # no comment\n    text\"\n  g: 'it''s'\n",
    "{\"a\": {\"b\": 1, \"c\": [true, null]}, \"d\": \"e\"}\n",
    "a: {}\nb: { c: 1 } # kept\nd:\n    e: 1\n    f:\n        g: 2\n\n    # last\n",
    "---\n# head\na:\n  ? b\n  : 1\n  \"c d\": 2\n  e: plain text\n    goes on\n  f: !!str 5\n...\n",
];

/// Every place of a document, with whether it is a mapping.
fn places(node: &Node, path: &Path, found: &mut Vec<(Path, bool)>) {
    match &node.content {
        Content::Mapping(entries) => {
            found.push((path.clone(), true));
            for entry in entries.iter().filter(|entry| !matches!(entry.name(), "" | "<<")) {
                places(&entry.value, &path.key(entry.name()), found);
            }
        }
        Content::List(items) => {
            found.push((path.clone(), false));
            for (index, item) in items.iter().enumerate() {
                places(item, &path.item(index), found);
            }
        }
        _ => found.push((path.clone(), false)),
    }
}

/// The value of a document by the reader that knows spans: not the one of the proof.
fn value(node: &Node) -> Value {
    match &node.target().content {
        Content::Mapping(_) => node
            .entries()
            .into_iter()
            .map(|entry| (entry.name().to_owned(), value(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Content::List(items) => items.iter().map(|item| value(item)).collect::<Vec<_>>().into(),
        Content::Scalar(text) => match node.resolved() {
            Some(Resolved::Null) => Value::Null,
            Some(Resolved::Bool(value)) => Value::Bool(value),
            Some(Resolved::Text) => Value::from(text.as_str()),
            _ => Value::from(format!("number {text}")),
        },
        Content::Alias(_) => Value::Null,
    }
}

/// Comments, wherever they stand, told from `#` in texts by the spans of scalars.
fn comments(text: &str) -> BTreeMap<String, usize> {
    let (documents, _) = read(text);
    let mut scalars = Vec::new();
    fn collect(node: &Node, found: &mut Vec<std::ops::Range<usize>>) {
        match &node.content {
            Content::Mapping(entries) => entries.iter().for_each(|entry| {
                collect(&entry.key, found);
                collect(&entry.value, found);
            }),
            Content::List(items) => items.iter().for_each(|item| collect(item, found)),
            _ if node.style != Style::Alias => found.push(node.span.clone()),
            _ => {}
        }
    }
    documents.iter().for_each(|document| collect(&document.root, &mut scalars));
    let mut found = BTreeMap::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mark = line.match_indices('#').map(|(at, _)| start + at).find(|at| {
            let is_first = *at == start || text[..*at].ends_with([' ', '\t']);
            is_first && !scalars.iter().any(|span| span.contains(at))
        });
        if let Some(at) = mark {
            *found.entry(text[at..start + line.len()].trim_end().to_owned()).or_default() += 1;
        }
        start += line.len();
    }
    found
}

fn change_of(places: &[(Path, bool)], numbers: (usize, usize, usize)) -> Option<Change> {
    let (kind, first, second) = numbers;
    let (at, is_mapping) = places.get(first % places.len())?.clone();
    let mappings: Vec<&Path> = places.iter().filter(|(_, is_mapping)| *is_mapping).map(|(path, _)| path).collect();
    let into = mappings.get(second % mappings.len()).map(|path| (*path).clone()).unwrap_or_default();
    let key = at.last_key()?.to_owned();
    Some(match kind % 5 {
        0 => Change::Rename { at, to: format!("{key}New") },
        1 => Change::Rewrite { at, value: Value::from("written anew"), text: "\"written anew\"".to_owned() },
        2 if is_mapping => Change::Lift { from: at },
        3 => Change::Move { from: at, to: into.keys(&["made", &key]) },
        _ => Change::Move { from: at, to: into.key(&key) },
    })
}

/// Holds what was proven against what the proof did not look at; says what is wrong.
fn wrong(before: &str, after: &str, change: &Change) -> Option<String> {
    let (documents, error) = read(after);
    let ([document], None) = (documents.as_slice(), error) else { return Some("cannot be read".to_owned()) };
    let (was, _) = read(before);
    let mut wanted = value(&was[0].root);
    if !change.apply(&mut wanted) || wanted != value(&document.root) {
        return Some("means something else".to_owned());
    }
    if !matches!(change, Change::Rewrite { .. }) && comments(before) != comments(after) {
        return Some("comments came or went".to_owned());
    }
    if before.contains("\r\n") != after.contains("\r\n")
        || after.replace("\r\n", "").contains('\n') != before.replace("\r\n", "").contains('\n')
    {
        return Some("other line ends".to_owned());
    }
    None
}

/// Judges random places of random texts, some times: a text, its first document, the places in
/// it, and numbers by which to choose among them and what becomes of them.
fn judge_some(
    count: u32,
    judge: impl Fn(&str, &Node, &[(Path, bool)], (usize, usize, usize)) -> Result<(), TestCaseError>,
) {
    let texts = texts();
    assert!(texts.len() > 50, "{}", texts.len());
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (any::<prop::sample::Index>(), any::<u16>(), any::<u16>(), any::<u16>());
    let result = runner.run(&strategy, |(text, kind, first, second)| {
        let text = text.get(&texts);
        let (documents, _) = read(text);
        let mut found = Vec::new();
        places(&documents[0].root, &Path::default(), &mut found);
        judge(text, &documents[0].root, &found, (usize::from(kind), usize::from(first), usize::from(second)))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Makes some random changes; returns how many were proven and how many refused.
fn run(count: u32) -> (usize, usize) {
    let counted = std::cell::Cell::new((0, 0));
    judge_some(count, |text, root, found, numbers| {
        let Some(change) = change_of(found, numbers) else { return Ok(()) };
        let (proven, refused) = counted.get();
        match proof::changed(text, root, &change) {
            Err(_) => counted.set((proven, refused + 1)),
            Ok(after) => {
                counted.set((proven + 1, refused));
                if let Some(why) = wrong(text, &after, &change) {
                    return Err(TestCaseError::fail(format!("{why}: {change:?}\n{text}\n=>\n{after}")));
                }
            }
        }
        Ok(())
    });
    counted.get()
}

#[test]
fn random_changes_are_proven_or_refused_and_none_is_wrong() {
    let (proven, refused) = run(3000);
    assert!(proven > 900, "{proven} proven, {refused} refused");
}

/// `cargo xtask lint-edits`.
#[test]
#[ignore = "takes minutes"]
fn many_random_changes() {
    let count = std::env::var("LINT_EDITS").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let (proven, refused) = run(count);
    assert!(proven > refused / 4, "{proven} proven, {refused} refused");
}

fn graft_of(places: &[(Path, bool)], node: &Node, numbers: (usize, usize, usize)) -> Option<Graft> {
    let (kind, first, second) = numbers;
    let (at, is_mapping) = places.get(first % places.len())?.clone();
    let values = [
        Value::from("anew: #1"),
        Value::from("two\nlines"),
        json!({}),
        json!({"made": {"list": ["yes", {"b": "c, d"}]}, "e/f": ""}),
        json!(["x", "y z"]),
    ];
    let value = values[second % values.len()].clone();
    let is_list =
        at.0.iter()
            .try_fold(node, |node, segment| match segment {
                Segment::Key(key) => node.get(key),
                Segment::Item(index) => node.items().get(*index).map(std::convert::AsRef::as_ref),
            })
            .is_some_and(Node::is_list);
    Some(match kind % 4 {
        0 if is_mapping => Graft::Set { at: at.key("made"), value },
        0 if is_list => Graft::Append { at, value },
        1 | 2 => Graft::Remove { at },
        _ => Graft::Set { at, value },
    })
}

#[test]
fn random_differences_are_carried_over_or_refused_and_none_is_wrong() {
    let proven = std::cell::Cell::new(0);
    judge_some(3000, |text, root, found, numbers| {
        let Some(graft) = graft_of(found, root, numbers) else { return Ok(()) };
        let Ok(after) = grafted(text, std::slice::from_ref(&graft)) else { return Ok(()) };
        proven.set(proven.get() + 1);
        let fail = |why: &str| Err(TestCaseError::fail(format!("{why}: {graft:?}\n{text}\n=>\n{after}")));
        let (documents_after, error) = read(&after);
        let ([document], None) = (documents_after.as_slice(), error) else { return fail("cannot be read") };
        let mut wanted = value(root);
        if !graft.apply(&mut wanted) || wanted != value(&document.root) {
            return fail("means something else");
        }
        let (before, now) = (comments(text), comments(&after));
        let is_kept = match graft {
            Graft::Remove { .. } => now.iter().all(|(comment, count)| before.get(comment) >= Some(count)),
            _ => before == now,
        };
        if !is_kept {
            return fail("comments came or went");
        }
        Ok(())
    });
    assert!(proven.get() > 1500, "{} proven", proven.get());
}

#[test]
fn paths_of_items_and_keys() {
    let (documents, _) = read("a:\n- b: 1\n");
    let mut found = Vec::new();
    places(&documents[0].root, &Path::default(), &mut found);
    assert!(found.contains(&(Path(vec![Segment::Key("a".into()), Segment::Item(0), Segment::Key("b".into())]), false)));
}
