//! The preview of a new run: what changes, and what that is predicted to do.

use crate::finding::forecast::Forecast;
use crate::finding::{Outcome, RunReport};

use super::{Block, Document, Text, Tone, diagnosis, wording};

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
}

/// The change, the prediction, and what would work instead.
pub(crate) fn preview(preview: Preview<'_>) -> Document {
    let Preview { change, is_same, forecast, old } = preview;
    let mut document = change;
    // A blank line ends the diff.
    document.push(Block::Line(Text::default()));
    if is_same {
        document.push(Block::Line("The new run asks for the same as the old one.".into()));
    }
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
        document.push(Block::Nested(instead.collect()));
    }
    document
}
