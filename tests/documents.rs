//! Documents and code tell the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// Codes in some text, `TKF101` for example.
fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("TKF")
        .map(|(at, _)| text[at..].chars().take(6).collect::<String>())
        .filter(|code| code[3..].len() == 3 && code[3..].chars().all(|c| c.is_ascii_digit()))
        .collect()
}

#[test]
fn every_code_has_a_section_and_every_section_a_code() {
    let mut texts = Vec::new();
    sources(Path::new("src"), &mut texts);
    let used: BTreeSet<String> = texts.iter().flat_map(|text| codes(text)).collect();
    let page = fs::read_to_string("docs/findings.md").unwrap();
    let sections: BTreeSet<String> = page.lines().filter(|line| line.starts_with("## ")).flat_map(codes).collect();
    assert_eq!(used.difference(&sections).collect::<Vec<_>>(), Vec::<&String>::new(), "codes without a section");
    assert_eq!(sections.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "sections without a code");
}
