//! Documents and code tell the same.

use std::fs;

use tekton_fix::finding::Cause;

#[test]
fn every_cause_has_a_section_and_every_section_a_cause() {
    let page = fs::read_to_string("docs/findings.md").unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let causes: Vec<String> = Cause::ALL.iter().map(|cause| format!("{} {}", cause.code(), cause.id())).collect();
    assert_eq!(sections, causes);
}
