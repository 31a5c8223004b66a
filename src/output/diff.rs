//! A change as a unified diff.

use similar::{ChangeTag, TextDiff};

use super::Style;

/// The lines that differ, each with three lines around it.
pub fn unified(old: &str, new: &str, old_name: &str, new_name: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(old, new);
    if diff.ratio() >= 1.0 {
        return String::new();
    }
    let mut text = format!("{}\n{}\n", style.bold(&format!("--- {old_name}")), style.bold(&format!("+++ {new_name}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&hunk.header().to_string());
        text.push('\n');
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Delete => style.bad(&format!("-{line}")),
                ChangeTag::Insert => style.good(&format!("+{line}")),
                ChangeTag::Equal => format!(" {line}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}
