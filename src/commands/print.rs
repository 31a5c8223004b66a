//! Documents for machines: one place that prints JSON and YAML.

use serde::Serialize;

use crate::cli::{CommandError, Ui};
use crate::yaml::{self, YamlError};

/// Prints a document as JSON.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn json(ui: &mut Ui, document: &impl Serialize) -> Result<(), CommandError> {
    serde_json::to_writer_pretty(ui.out(), document).map_err(std::io::Error::from)?;
    writeln!(ui.out())?;
    Ok(())
}

/// Prints a document as YAML.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn yaml(ui: &mut Ui, document: &impl Serialize) -> Result<(), CommandError> {
    let text = yaml::write(document)?;
    write!(ui.out(), "{text}")?;
    Ok(())
}

impl From<YamlError> for CommandError {
    fn from(error: YamlError) -> Self {
        Self::unreadable(error.to_string())
    }
}
