//! The preview of a new run: what changes, and what that is predicted to do.

use crate::analysis::comparison::Difference;
use crate::finding::forecast::Forecast;
use crate::finding::{Outcome, RunReport};
use crate::model::Kind;
use crate::ops::Op;

use super::{Block, Document, Text, Tone, diagnosis, secrets, wording};

/// What is shown before a new run is created.
#[derive(Debug)]
pub(crate) struct Preview<'a> {
    /// The change of the manifest.
    pub(crate) change: Document,
    /// Whether the new run asks for the same as the old one.
    pub(crate) is_same: bool,
    /// What is predicted of the new run.
    pub(crate) forecast: &'a Forecast,
    /// The diagnosis of the old run, with its offers.
    pub(crate) old: &'a RunReport,
    /// The same without the old run, where that is what works.
    pub(crate) without_old: Option<&'a Op>,
    /// How its pipeline and tasks stand today, where there is something to say.
    pub(crate) drift: Vec<Drift>,
}

/// How what a run refers to stands today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drift {
    /// Pipeline or Task.
    pub(crate) kind: Kind,
    /// Which; empty where there is only one.
    pub(crate) names: Vec<String>,
    /// What became of it.
    pub(crate) since: Since,
}

/// What became of something since the old run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    /// It is fetched anew by this resolver.
    Fetched(String),
    /// It does not exist any more.
    Gone,
    /// It was not read.
    Unread,
    /// It is another one than the old run used.
    Differs(Vec<Difference>),
}

/// Differences that are shown.
const SHOWN: usize = 6;

/// Characters of a value that are shown: a script may be long.
const LENGTH: usize = 60;

fn cut(path: &str, text: &str) -> String {
    let text = secrets::at_path(path, text);
    if text.chars().count() <= LENGTH { text } else { format!("{}…", text.chars().take(LENGTH).collect::<String>()) }
}

fn drift(drift: &Drift) -> Vec<Block> {
    let names = drift.names.join(", ");
    let many = drift.names.len() > 1;
    let what = match (&drift.kind, names.is_empty()) {
        (kind, false) if many => format!("{kind}s {names}"),
        (kind, false) => format!("{kind} {names}"),
        (_, true) => "The pipeline".to_owned(),
    };
    let (be, have, exist) = if many { ("are", "have", "do not exist") } else { ("is", "has", "does not exist") };
    match &drift.since {
        Since::Fetched(resolver) => {
            let text = format!("{what} {be} fetched anew by resolver {resolver}, and may have changed since.");
            vec![Block::Paragraph(Tone::Dim.of(text))]
        }
        Since::Gone => vec![Block::Paragraph(Tone::Bad.of(format!("{what} {exist} any more.")))],
        Since::Unread => {
            let text = format!("Whether {what} {have} changed since the old run is unknown: not read.");
            vec![Block::Paragraph(Tone::Careful.of(text))]
        }
        Since::Differs(differences) => {
            let text = format!("{what} {have} changed since the old run:");
            let mut blocks = vec![Block::Paragraph(Tone::Careful.of(text))];
            let line = |one: &Difference| {
                let side =
                    |text: &Option<String>| text.as_ref().map_or_else(|| "-".to_owned(), |text| cut(&one.path, text));
                Block::Line(format!("{}: {} -> {}", one.path, side(&one.left), side(&one.right)).into())
            };
            blocks.push(Block::Nested(differences.iter().take(SHOWN).map(line).collect()));
            let more = differences.len().saturating_sub(SHOWN);
            if more > 0 {
                blocks.push(Block::Nested(vec![Block::Line(format!("and {more} more").into())]));
            }
            blocks
        }
    }
}

/// The change, the prediction, and what would work instead.
pub(crate) fn preview(preview: Preview<'_>) -> Document {
    let Preview { change, is_same, forecast, old, without_old, drift } = preview;
    let mut document = change;
    // A blank line ends the diff.
    document.push(Block::Line(Text::default()));
    if is_same {
        document.push(Block::Line("The new run asks for the same as the old one.".into()));
    }
    document.blocks.extend(drift.iter().flat_map(self::drift));
    let outcome = forecast.outcome();
    let verdict = match outcome {
        Outcome::GoesOn => Tone::Good.of("the new run will go on"),
        Outcome::Blocked => Tone::Bad.of("the new run will stay stuck"),
        Outcome::Unknown => Tone::Careful.of("unknown"),
    };
    let because = wording::because(forecast);
    let because = if because.is_empty() { String::new() } else { format!(", because {}", because.join("; ")) };
    document.push(Block::Verdict(Text::from("Prediction: ").and(verdict).and(format!("{because}."))));
    if outcome == Outcome::Blocked {
        let offers = old.findings.iter().flat_map(|finding| &finding.offers).filter(|offer| offer.works());
        let instead = offers.map(|offer| Block::Item {
            mark: "",
            text: format!("works instead: {}", wording::summary(offer)).into(),
            body: diagnosis::commands(offer),
        });
        let same = without_old.map(|op| {
            let commands = op.commands(wording::caller());
            Block::Item {
                mark: "",
                text: "works instead: the same, and the old run is cancelled: it holds what the new one needs".into(),
                body: commands.iter().map(|command| Block::Command(command.line())).collect(),
            }
        });
        document.push(Block::Nested(same.into_iter().chain(instead).collect()));
    }
    document
}
