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

#[test]
fn every_kind_of_a_manifest_s_finding_has_a_section() {
    let page = fs::read_to_string("docs/lint.md").unwrap();
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## TKF")).collect();
    let table = fs::read_to_string("src/lint/kind.rs").unwrap();
    let rows: Vec<String> = table
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';')?.split_once(": \"TKF"))
        .map(|(_, row)| row.replace('"', ""))
        .collect();
    assert!(rows.len() > 20);
    assert_eq!(sections, rows);
}
