//! Every recorded text of SCC admission is read into what it says.

use std::collections::BTreeMap;
use std::io::Read;

use proptest::prelude::*;
use serde_json::Value;
use tekton_fix::analysis::scc::message::{Denial, Wrapping, parse};
use tekton_fix::analysis::scc::refusal::Refusal;

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/scc/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

struct Line<'t> {
    id: &'t str,
    form: &'t str,
    phase: &'t str,
    source: &'t str,
    text: &'t str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    text.lines()
        .map(|line| {
            let columns: Vec<&str> = line.splitn(5, '\t').collect();
            Line { id: columns[0], form: columns[1], source: columns[2], phase: columns[3], text: columns[4] }
        })
        .collect()
}

fn refusals(line: &Line<'_>) -> Option<Vec<Refusal>> {
    if line.form == "provider-only" {
        return Some(tekton_fix::analysis::scc::message::read_list(line.text));
    }
    match parse(line.text).denial {
        Denial::Scc(refusals) => Some(refusals),
        _ => None,
    }
}

#[test]
fn every_text_is_understood_whole() {
    let text = fixture("errors.txt.gz");
    let mut bad = Vec::new();
    for line in lines(&text) {
        let message = parse(line.text);
        let wrapped = match line.form {
            "sts-event" => matches!(message.wrapping, Wrapping::StatefulSet { .. }),
            "tekton-PodCreationFailed" | "tekton-CouldntGetTask" => {
                matches!(message.wrapping, Wrapping::TaskRun { .. })
            }
            _ => message.wrapping == Wrapping::None,
        };
        if !wrapped || (line.form != "provider-only" && message.pod.is_none()) {
            bad.push(format!("{} wrapping: {message:?}", line.id));
        }
        if let Some(read) = refusals(&line) {
            // Put together again, the entries are the text.
            let texts: Vec<&str> = read.iter().map(|refusal| refusal.text.as_str()).collect();
            let blank = line.phase == "validate" || line.source.starts_with("scc=4.7");
            let joined = texts.join(if blank { " " } else { ", " });
            let whole = if read.len() > 1 || blank { format!("[{joined}]") } else { joined };
            let whole = if read.is_empty() { String::new() } else { whole };
            if !line.text.contains(&whole) || (read.is_empty() && !line.text.contains("constraint: []")) {
                bad.push(format!("{} parts: {whole}\n  {}", line.id, line.text));
            }
        } else if matches!(message.denial, Denial::Other(_)) {
            bad.push(format!("{} not understood: {}", line.id, line.text));
        }
    }
    assert!(bad.is_empty(), "{} of them, the first: {:#?}", bad.len(), &bad[..bad.len().min(5)]);
}

#[test]
fn fields_values_and_details_are_the_true_ones() {
    let text = fixture("errors.txt.gz");
    let by_id: BTreeMap<&str, Line<'_>> = lines(&text).into_iter().map(|line| (line.id, line)).collect();
    let (mut bad, mut all, mut named, mut unnamed) = (Vec::new(), 0, 0, 0);
    for expected in fixture("errors-expected.jsonl.gz").lines() {
        let expected: Value = serde_json::from_str(expected).unwrap();
        let id = expected["id"].as_str().unwrap();
        let line = &by_id[id];
        let read = refusals(line).unwrap_or_default();
        let mut wanted: Vec<&Value> = expected["entries"].as_array().unwrap().iter().collect();
        if line.phase != "validate" && !line.source.starts_with("scc=4.7") {
            let mut seen = Vec::new();
            wanted.retain(|entry| {
                let new = !seen.contains(&&entry["text"]);
                seen.push(&entry["text"]);
                new
            });
        }
        if read.len() != wanted.len() {
            bad.push(format!("{id}: {} entries instead of {}", read.len(), wanted.len()));
            continue;
        }
        for (ours, theirs) in read.iter().zip(wanted) {
            all += 1;
            let same = serde_json::to_value(ours.kind).unwrap() == theirs["kind"]
                && ours.field == theirs["field"]
                && ours.value == theirs["value"]
                && ours.detail == theirs["detail"]
                && ours.text == theirs["text"];
            // An entry that names no SCC may stay without one; a wrong one is an error.
            let owner = ours.scc.is_empty() || ours.scc == theirs["scc"];
            if ours.scc.is_empty() {
                unnamed += 1;
            } else {
                named += 1;
            }
            if !same || !owner {
                bad.push(format!("{id}\n  ours   {ours:?}\n  theirs {theirs}"));
            }
        }
    }
    println!("{all} entries, owner told for {named}, left open for {unnamed}");
    assert!(bad.is_empty(), "{} of them, the first: {:#?}", bad.len(), &bad[..bad.len().min(5)]);
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(text in ".{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("pods \"x\" is forbidden: unable to validate against any security context constraint: [{text}"));
        let _ = parse(&format!("pods \"x\" is forbidden: unable to validate against any security context constraint: [provider a: .spec: Invalid value: {text}"));
        let _ = parse(&format!("pods \"x\" is forbidden: {text}, but request is {text}"));
    }

    #[test]
    fn texts_that_were_cut_do_not_make_it_panic(line in 0_usize..1000, cut in 0_usize..4000) {
        let text = fixture("errors.txt.gz");
        let lines = lines(&text);
        let whole = lines[line % lines.len()].text;
        let end = (0..=cut.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap_or(0);
        let _ = parse(&whole[..end]);
    }
}
