//! What the commands print: each result becomes a [`Document`] (text for people) or a
//! frozen JSON type. Nothing here judges a cluster.
//!
//! A document knows neither width nor colour; [`emit`](emit::emit) renders it. Text from
//! a cluster is cleaned there, in the writer, and nowhere else.

pub(crate) mod admission;
pub(crate) mod clean;
pub(crate) mod comparison;
pub(crate) mod diagnosis;
pub(crate) mod document;
pub(crate) mod emit;
pub(crate) mod forecasts;
pub(crate) mod history;
pub(crate) mod json;
pub(crate) mod lint;
pub(crate) mod nodes;
pub(crate) mod pipeline_nodes;
pub(crate) mod preflight;
pub(crate) mod probe;
pub(crate) mod repair;
pub(crate) mod rerun;
pub(crate) mod scanners;
pub(crate) mod secrets;
pub(crate) mod snapshot;
pub(crate) mod source;
mod table;
pub mod wording;
pub(crate) mod workflow;
mod wrap;

pub(crate) use document::{Block, Cell, Column, Document, Table, Text, Tone};

/// How text is rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether to use colour; it never carries meaning alone.
    pub(crate) color: bool,
    /// Columns of the terminal.
    pub(crate) width: usize,
}

impl Style {
    /// Text with the escape codes of its tone, when colour is on.
    fn paint(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => anstyle::Style::new().bold(),
            Tone::Bad => anstyle::AnsiColor::Red.on_default().bold(),
            Tone::Good => anstyle::AnsiColor::Green.on_default(),
            Tone::Careful => anstyle::AnsiColor::Yellow.on_default(),
            Tone::Dim => anstyle::Style::new().dimmed(),
        };
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
