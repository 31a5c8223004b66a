//! The documents of a text as slices of it, so that one can be changed alone.

use std::ops::Range;

/// The bytes of each document: they lie side by side and cover the text. A mark `---`
/// belongs to the document that it opens.
pub(crate) fn slices(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut is_empty = true;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        if bare == "---" || bare.starts_with("--- ") || bare.starts_with("---\t") {
            if !is_empty {
                starts.push(at);
            }
            is_empty = false;
        } else if !bare.trim().is_empty() && !bare.trim_start().starts_with('#') {
            is_empty = false;
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}
