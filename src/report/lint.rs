//! Findings in manifests, each with the line that it is about.

use crate::documents::Lines;
use crate::lint::finding::Safety;
use crate::lint::{Finding, Linted};

use super::wording::lint as wording;
use super::{Block, Document, Text, Tone, source};

/// The widest part of a line that is shown.
const WIDEST: usize = 68;

/// All findings of some files, and how many there are.
pub(crate) fn document(files: &[Linted]) -> Document {
    let mut document = Document::default();
    for linted in files {
        let lines = Lines::of(&linted.text);
        let text = source::shown(&linted.text);
        let lines_shown = Lines::of(&text);
        for finding in linted.findings() {
            let (line, column) = lines.place(&linted.text, finding.span.start);
            let shown = lines_shown.text(&text, line - 1);
            let place = format!("{}:{line}:{column}", linted.file);
            let head = Tone::Strong
                .of(place)
                .and(" ")
                .and(Tone::Bad.of(finding.kind.code()))
                .and(" ")
                .and(wording::message(finding));
            let mut body = snippet(linted, shown, finding, (line, column));
            body.push(Block::Paragraph(Text::from(wording::effect(finding))));
            body.extend(cure(finding).map(|text| Block::Paragraph(Text::from(text))));
            document.push(Block::Section(head, body));
        }
    }
    let count = files.iter().map(|file| file.findings().len()).sum();
    document.push(Block::Section(summary(files, count), Vec::new()));
    document
}

fn summary(files: &[Linted], count: usize) -> Text {
    let of_files = plural(files.len(), "file");
    if count == 0 {
        return Tone::Good.of(format!("no findings in {of_files}"));
    }
    let with = files.iter().filter(|file| !file.findings().is_empty()).count();
    let safe = files.iter().flat_map(Linted::findings).filter(|finding| finding.is_mended()).count();
    let fixes = match safe {
        0 => String::new(),
        safe => format!("; lint --fix mends {safe}"),
    };
    Tone::Bad.of(format!("{} in {with} of {of_files}{fixes}", plural(count, "finding")))
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The line of a finding, with carets below what it points at.
fn snippet(linted: &Linted, shown: &str, finding: &Finding, (line, column): (usize, usize)) -> Vec<Block> {
    let source = shown.trim_start_matches('\u{feff}').replace('\t', " ");
    let spanned = linted.text.get(finding.span.clone()).unwrap_or_default();
    let width = spanned.lines().next().unwrap_or_default().chars().count().max(1);
    // A long line is cut around the place.
    let start = if column + width > WIDEST { (column - 1).saturating_sub(WIDEST / 3) } else { 0 };
    let shown: String = source.chars().skip(start).take(WIDEST).collect();
    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    let carets = "^".repeat(width.min(WIDEST.saturating_sub(column - 1 - start)).max(1));
    let under = " ".repeat(column - 1 - start);
    vec![
        Block::Line(Tone::Dim.of(format!("{number} | ")).and(shown)),
        Block::Line(Tone::Dim.of(format!("{gutter} | ")).and(Tone::Bad.of(format!("{under}{carets}")))),
    ]
}

fn cure(finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    Some(match fix.safety {
        Safety::Safe => match fix.obstacle {
            None => "fix: safe, with lint --fix".to_owned(),
            Some(obstacle) => format!("fix: by hand: {}", wording::refused(obstacle)),
        },
        Safety::Unsafe => "fix: needs a choice, by hand".to_owned(),
    })
}

/// What a fix changes in a file, as a unified diff.
pub(crate) fn change(file: &str, before: &str, after: &str) -> Document {
    let (before, after) = (source::shown(before), source::shown(after));
    let diff = similar::TextDiff::from_lines(&*before, &*after);
    let mut document = Document::default();
    document.push(Block::Line(Tone::Strong.of(format!("--- {file}"))));
    document.push(Block::Line(Tone::Strong.of(format!("+++ {file}"))));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        document.push(Block::Line(Tone::Dim.of(hunk.header().to_string())));
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches(['\n', '\r']);
            let (sign, tone) = match change.tag() {
                similar::ChangeTag::Delete => ("-", Tone::Bad),
                similar::ChangeTag::Insert => ("+", Tone::Good),
                similar::ChangeTag::Equal => (" ", Tone::Plain),
            };
            document.push(Block::Line(tone.of(format!("{sign}{text}"))));
        }
    }
    document
}

/// The findings as annotations of a GitHub workflow
/// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
pub(crate) fn annotations(files: &[Linted]) -> Vec<String> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut found = Vec::new();
    for linted in files {
        let lines = Lines::of(&linted.text);
        for finding in linted.findings() {
            let (line, column) = lines.place(&linted.text, finding.span.start);
            found.push(format!(
                "::error file={},line={line},col={column},title={}::{}; {}",
                property(&linted.file),
                finding.kind.code(),
                data(&wording::message(finding)),
                wording::effect(finding)
            ));
        }
    }
    found
}
