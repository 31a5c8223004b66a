//! Documents for programs: one place that prints JSON and YAML.

use serde::Serialize;

use crate::cli::{CommandError, Output, Ui};
use crate::report::json;
use crate::report::json::v1::{Document, Kind};
use crate::yaml::YamlError;

/// Prints a document of version 1, when JSON, YAML or a format of the caller's is wanted; tells
/// whether it was.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn document<T: Serialize + Kind>(
    ui: &mut Ui,
    output: Option<&Output>,
    code: u8,
    body: impl FnOnce() -> T,
) -> Result<bool, CommandError> {
    match output {
        Some(Output::Json) => ui.text(&json::json(&Document::of(body(), code))?)?,
        Some(Output::Yaml) => ui.text(&json::yaml(&Document::of(body(), code))?)?,
        Some(Output::Template(template)) => {
            let document = serde_json::to_value(Document::of(body(), code)).map_err(std::io::Error::from)?;
            ui.text(&template.render(&document, T::LIST, ui.has_headers()))?;
        }
        Some(Output::Wide | Output::Name) | None => return Ok(false),
    }
    Ok(true)
}

/// Prints an object as the YAML that is given to kubectl.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn manifest(ui: &mut Ui, object: &impl Serialize) -> Result<(), CommandError> {
    ui.text(&json::yaml(object)?)?;
    Ok(())
}

impl From<YamlError> for CommandError {
    fn from(error: YamlError) -> Self {
        Self::unreadable(error.to_string())
    }
}
