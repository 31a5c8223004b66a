//! What becomes of the runs of manifests, before they are submitted.

use crate::finding::Outcome;
use crate::finding::forecast::Forecast;

use super::{Block, Document, Text, Tone, wording};

/// What is known of a run's future.
#[derive(Debug)]
pub(crate) enum Judged {
    /// Its pods were put together and judged.
    Forecast(Box<Forecast>),
    /// It is refused as it stands: its findings say why.
    RefusedBefore,
    /// Somebody has to fill it in first.
    Template,
    /// It names no namespace, and none is known.
    NoNamespace,
    /// Its pipeline is not known: why.
    NoPipeline(String),
}

/// A run of a manifest with its future.
#[derive(Debug)]
pub(crate) struct Forecasted {
    /// The file.
    pub(crate) file: String,
    /// Line of its document.
    pub(crate) line: usize,
    /// `PipelineRun` or `TaskRun`.
    pub(crate) kind: String,
    /// Its name, or what its name begins with.
    pub(crate) name: String,
    /// The namespace; empty where none is known.
    pub(crate) namespace: String,
    /// What becomes of it.
    pub(crate) judged: Judged,
}

impl Forecasted {
    /// What it comes to.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.judged {
            Judged::Forecast(forecast) => forecast.outcome(),
            Judged::RefusedBefore => Outcome::Blocked,
            _ => Outcome::Unknown,
        }
    }

    /// Whether something stands in its way.
    pub(crate) fn is_blocked(&self) -> bool {
        self.outcome() == Outcome::Blocked
    }

    /// Why, a clause each.
    pub(crate) fn because(&self) -> Vec<String> {
        match &self.judged {
            Judged::Forecast(forecast) => wording::because(forecast),
            Judged::RefusedBefore => vec!["the object is refused as it stands; see its findings".to_owned()],
            Judged::Template => vec!["it has to be filled in first".to_owned()],
            Judged::NoNamespace => {
                vec!["it names no namespace; add -n, or metadata.namespace".to_owned()]
            }
            Judged::NoPipeline(why) => vec![why.clone()],
        }
    }

    /// Codes of the causes that stand in the way.
    pub(crate) fn causes(&self) -> Vec<&'static str> {
        let Judged::Forecast(forecast) = &self.judged else { return Vec::new() };
        let mut codes: Vec<&'static str> =
            forecast.blocks.iter().filter_map(|block| Some(block.cause()?.code())).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// Clauses of a run that are shown.
const SHOWN: usize = 6;

/// All of them.
pub(crate) fn document(forecasts: &[Forecasted]) -> Document {
    let mut document = Document::default();
    for told in forecasts {
        let (word, tone) = match told.outcome() {
            Outcome::GoesOn => ("would go on", Tone::Good),
            Outcome::Blocked => ("would not get through", Tone::Bad),
            Outcome::Unknown => ("cannot be foretold", Tone::Careful),
        };
        let place =
            if told.namespace.is_empty() { String::new() } else { format!("in namespace {}: ", told.namespace) };
        let head = Tone::Strong.of(format!("{}:{}", told.file, told.line)).and(format!(" {} {}", told.kind, told.name));
        let because = told.because();
        let verdict = Text::from(place).and(tone.of(word));
        let mut body: Vec<Block> = vec![Block::Paragraph(verdict)];
        body.extend(because.iter().take(SHOWN).map(|clause| Block::Paragraph(Text::from(clause.as_str()))));
        if because.len() > SHOWN {
            body.push(Block::Paragraph(Text::from(format!("and {} more", because.len() - SHOWN))));
        }
        document.push(Block::Section(head, body));
    }
    document
}
