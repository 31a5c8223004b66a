//! The table of fields as JSON Schema, for editors (draft 07, which yaml-language-server
//! reads).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Schema, Shape};

/// Kinds that people write, with their API versions, the newest first.
const KINDS: [(&str, &str); 12] = [
    ("v1", "PipelineRun"),
    ("v1", "TaskRun"),
    ("v1", "Pipeline"),
    ("v1", "Task"),
    ("v1beta1", "StepAction"),
    ("v1beta1", "CustomRun"),
    ("v1beta1", "PipelineRun"),
    ("v1beta1", "TaskRun"),
    ("v1beta1", "Pipeline"),
    ("v1beta1", "Task"),
    ("v1alpha1", "StepAction"),
    ("v1alpha1", "Run"),
];

/// The kinds of which there are schemas: `v1/PipelineRun`.
pub(crate) fn kinds(schema: Schema) -> Vec<String> {
    KINDS
        .iter()
        .filter(|(version, kind)| schema.has_type(&format!("{version}.{kind}")))
        .map(|(version, kind)| format!("{version}/{kind}"))
        .collect()
}

/// The schema of a kind (`PipelineRun`, `v1beta1/PipelineRun`), or of all kinds; `None`
/// where there is no such kind.
pub(crate) fn schema_of(schema: Schema, wanted: Option<&str>) -> Option<Value> {
    let known = |version: &str, kind: &str| schema.type_named(&format!("{version}.{kind}"));
    let chosen: Vec<(&str, &str)> = match wanted {
        None => KINDS.iter().copied().filter(|(version, kind)| known(version, kind).is_some()).collect(),
        Some(wanted) => {
            let (version, kind) = match wanted.rsplit_once('/') {
                Some((version, kind)) => (Some(version.strip_prefix("tekton.dev/").unwrap_or(version)), kind),
                None => (None, wanted),
            };
            let fits = |(of, name): &&(&str, &str)| {
                name.eq_ignore_ascii_case(kind) && version.is_none_or(|version| *of == version)
            };
            let found = *KINDS.iter().filter(fits).find(|(version, kind)| known(version, kind).is_some())?;
            vec![found]
        }
    };
    let mut definitions = BTreeMap::new();
    let mut roots = Vec::new();
    for (version, kind) in &chosen {
        let name = known(version, kind)?;
        define(schema, name, &mut definitions);
        roots.push(json!({
            "allOf": [{"$ref": format!("#/definitions/{name}")}],
            "required": ["apiVersion", "kind"],
            "properties": {"apiVersion": {"const": format!("tekton.dev/{version}")}, "kind": {"const": kind}},
        }));
    }
    let mut root = match roots.as_mut_slice() {
        [only] => only.take(),
        _ => json!({"oneOf": roots}),
    };
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!(format!("Tekton {}", schema.version()));
    root["definitions"] = json!(definitions);
    Some(root)
}

fn define(schema: Schema, name: &'static str, definitions: &mut BTreeMap<&'static str, Value>) {
    if definitions.contains_key(name) {
        return;
    }
    definitions.insert(name, Value::Null);
    let mut properties = Map::new();
    for field in schema.fields(name) {
        properties.insert(field.name.to_owned(), shape(schema, &field.shape, definitions));
    }
    let object = json!({"type": ["object", "null"], "properties": properties, "additionalProperties": false});
    definitions.insert(name, object);
}

/// Nulls are left out by decoders, so they are allowed anywhere.
fn shape(schema: Schema, of: &Shape, definitions: &mut BTreeMap<&'static str, Value>) -> Value {
    let text = json!(["string", "null"]);
    match of {
        Shape::Any => json!({}),
        Shape::Text => json!({"type": text}),
        Shape::Int => json!({"type": ["integer", "null"]}),
        Shape::Number => json!({"type": ["number", "null"]}),
        Shape::Bool => json!({"type": ["boolean", "null"]}),
        Shape::Duration => {
            let pattern = r"^[-+]?(0|([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|ms|s|m|h)|.*\$\().*$";
            json!({"type": text, "pattern": pattern})
        }
        Shape::Quantity | Shape::IntOrText => json!({"type": ["string", "number", "null"]}),
        Shape::Param => json!({"type": ["string", "number", "boolean", "null", "array", "object"]}),
        Shape::List(inner) => json!({"type": ["array", "null"], "items": shape(schema, inner, definitions)}),
        Shape::Map(inner) => {
            json!({"type": ["object", "null"], "additionalProperties": shape(schema, inner, definitions)})
        }
        Shape::Object(name) => {
            define(schema, name, definitions);
            json!({"$ref": format!("#/definitions/{name}")})
        }
    }
}
