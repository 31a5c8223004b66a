//! Findings in manifests, each with the line that it is about.

use crate::documents::{Lines, Segment};
use crate::lint::finding::{Safety, Severity};
use crate::lint::{Finding, Linted};
use crate::model::secrecy::is_secret;

use super::secrets;
use super::wording::lint as wording;
use super::{Block, Document, Text, Tone, source};

/// A terminal of the usual width.
const NARROW: usize = 80;

/// The widest part of a line that is shown.
const WIDEST: usize = 68;

/// All findings of some files, and how many there are.
pub(crate) fn document(files: &[Linted]) -> Document {
    let mut document = Document::default();
    // Most files have none, and are not read once more.
    for linted in files.iter().filter(|file| !file.findings().is_empty()) {
        let lines = Lines::of(&linted.text);
        let secrets = Secrets::of(linted);
        let text = source::shown(&linted.text);
        let lines_shown = Lines::of(&text);
        for finding in linted.findings() {
            let is_secret = secrets.covers(finding);
            let (line, column) = lines.place(&linted.text, finding.span.start);
            let shown = lines_shown.text(&text, line - 1);
            let place = format!("{}:{line}:{column}", linted.file);
            let message = wording::message(finding, is_secret);
            let code = finding.kind.code();
            let fits = place.chars().count() + code.len() + message.chars().count() + 2 <= NARROW;
            let head = Tone::Strong.of(place).and(" ").and(tone(finding).of(code));
            let mut body = Vec::new();
            // A long message goes on a line of its own, where it is wrapped.
            let head = if fits {
                head.and(" ").and(message)
            } else {
                body.push(Block::Paragraph(Text::from(message)));
                head
            };
            body.extend(snippet(linted, shown, finding, (line, column)));
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

fn tone(finding: &Finding) -> Tone {
    match finding.severity() {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Careful,
    }
}

/// Which findings are about values that should not be seen: those of parameters and
/// variables whose name speaks of a secret.
pub(crate) struct Secrets {
    documents: Vec<crate::documents::Document>,
}

impl Secrets {
    /// Those of a file; it is read again where a finding is about a value at all.
    pub(crate) fn of(linted: &Linted) -> Self {
        let is_needed = linted.findings().iter().any(|finding| value_of(finding).is_some());
        Self { documents: if is_needed { crate::documents::read(&linted.text).0 } else { Vec::new() } }
    }

    /// Whether a finding is about such a value.
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        let Some(holder) = value_of(finding) else { return false };
        let document = self.documents.iter().find(|document| document.index == finding.document);
        let mut node = document.map(|document| document.root.as_ref());
        for segment in &holder {
            node = node.and_then(|node| match segment {
                Segment::Key(key) => node.get(key),
                Segment::Item(index) => node.items().get(*index).map(std::convert::AsRef::as_ref),
            });
        }
        node.and_then(|node| node.text_of("name")).is_some_and(|name| is_secret(name) && !secrets::are_shown())
    }
}

/// Where the parameter or variable stands of whose value a finding speaks.
fn value_of(finding: &Finding) -> Option<Vec<Segment>> {
    let at = finding
        .path
        .0
        .iter()
        .rposition(|segment| matches!(segment, Segment::Key(key) if matches!(key.as_str(), "value" | "default")))?;
    Some(finding.path.0[..at].to_vec())
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
        Safety::Unsafe if finding.is_proposed() => "fix: needs a choice, with lint --fix=unsafe".to_owned(),
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
pub(crate) fn annotations(files: &[Linted], paths: &[String]) -> Vec<String> {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut found = Vec::new();
    for (linted, path) in files.iter().zip(paths) {
        let lines = Lines::of(&linted.text);
        let secrets = Secrets::of(linted);
        for finding in linted.findings() {
            let (line, column) = lines.place(&linted.text, finding.span.start);
            found.push(format!(
                "::{} file={},line={line},col={column},title={}::{}; {}",
                wording::severity(finding),
                property(path),
                finding.kind.code(),
                data(&wording::message(finding, secrets.covers(finding))),
                wording::effect(finding)
            ));
        }
    }
    found
}
