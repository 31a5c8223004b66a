//! The frozen JSON shapes, version 1: types of their own, so that the inside may change
//! without the contract (docs/json-v1.md, docs/schema/v1).
//!
//! Fields may be added; none changes its meaning or goes away within the version.

use serde::Serialize;

pub(crate) mod admission;
pub(crate) mod comparison;
pub(crate) mod diagnosis;
pub(crate) mod failure;
pub(crate) mod history;
pub(crate) mod lint;
pub(crate) mod nodes;
pub(crate) mod pipeline_nodes;
pub(crate) mod preflight;
pub(crate) mod probe;
pub(crate) mod repair;
pub(crate) mod version;
pub(crate) mod workflow;

/// Version of every JSON and YAML document that commands print.
pub(crate) const SCHEMA_VERSION: &str = "v1";

/// The part of a document that depends on its kind.
pub(crate) trait Kind {
    /// Its kind, unique among all documents.
    const KIND: &'static str;
    /// The field that holds its objects, of which each is a row of a table.
    const LIST: Option<&'static str> = None;
}

/// A whole document.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document<T> {
    /// Version of this shape.
    schema_version: &'static str,
    /// What this document is.
    kind: &'static str,
    /// The process's exit code, because some shells lose it.
    exit_code: u8,
    #[serde(flatten)]
    body: T,
}

impl<T: Kind> Document<T> {
    /// A document of this version.
    pub(crate) fn of(body: T, exit_code: u8) -> Self {
        Self { schema_version: SCHEMA_VERSION, kind: T::KIND, exit_code, body }
    }
}

#[cfg(test)]
mod schema {
    //! The published JSON Schemas are those of the types.
    //!
    //! After a wanted change: `UPDATE_SCHEMA=1 cargo test --lib schema`, and read the diff.

    use std::fs;
    use std::path::Path;

    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    use super::{Document, Kind, SCHEMA_VERSION};

    fn schema<T: JsonSchema + Kind>() -> (&'static str, Value) {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let mut schema = generator.into_root_schema_for::<Document<T>>().to_value();
        schema["title"] = T::KIND.into();
        schema["properties"]["schemaVersion"]["const"] = SCHEMA_VERSION.into();
        schema["properties"]["kind"]["const"] = T::KIND.into();
        (T::KIND, schema)
    }

    #[test]
    fn published_schemas_are_those_of_the_types() {
        let schemas = [
            schema::<super::admission::Run<'_>>(),
            schema::<super::admission::OnePod<'_>>(),
            schema::<super::comparison::Comparison<'_>>(),
            schema::<super::diagnosis::Diagnosis<'_>>(),
            schema::<super::failure::Failure<'_>>(),
            schema::<super::history::History<'_>>(),
            schema::<super::lint::Lint>(),
            schema::<super::nodes::Nodes<'_>>(),
            schema::<super::pipeline_nodes::PipelineNodes<'_>>(),
            schema::<super::preflight::Preflight<'_>>(),
            schema::<super::probe::Probe<'_>>(),
            schema::<super::repair::RepairEvent<'_>>(),
            schema::<super::version::Version>(),
            schema::<super::workflow::RepairPlans<'_>>(),
            schema::<super::workflow::WorkflowLint>(),
            schema::<super::workflow::WorkflowList<'_>>(),
            schema::<super::workflow::WorkflowPlan<'_>>(),
        ];
        let folder = Path::new("docs/schema/v1");
        let mut stale = Vec::new();
        for (kind, schema) in &schemas {
            assert_eq!(schema["properties"]["exitCode"]["type"], json!("integer"), "{kind}");
            let path = folder.join(format!("{kind}.json"));
            if std::env::var_os("UPDATE_SCHEMA").is_some() {
                fs::create_dir_all(folder).unwrap();
                fs::write(&path, format!("{schema:#}\n")).unwrap();
            }
            let published = fs::read_to_string(&path).unwrap_or_default();
            if serde_json::from_str::<Value>(&published).ok().as_ref() != Some(schema) {
                stale.push(path.display().to_string());
            }
        }
        assert!(stale.is_empty(), "UPDATE_SCHEMA=1 cargo test --lib schema: {}", stale.join(", "));
        assert_eq!(fs::read_dir(folder).unwrap().count(), schemas.len(), "{} holds something else", folder.display());
    }

    /// A probe needs a cluster; tests/json.rs sees the documents of all other commands.
    #[test]
    fn a_probe_is_told_as_its_schema_says() {
        use crate::report::probe::Outcome;
        let schema = schema::<super::probe::Probe<'_>>().1;
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for outcome in [Outcome::Ran, Outcome::Failed("x".to_owned()), Outcome::Waits("x".to_owned())] {
            let document = Document::of(super::probe::Probe::of("n/r", "t", &outcome), 0);
            assert!(validator.is_valid(&serde_json::to_value(&document).unwrap()), "{outcome:?}");
        }
    }
}
