//! What Tekton Results keeps of runs that are gone: records, in which the object stands as
//! base64 of its JSON.
//!
//! tektoncd/results proto/v1alpha2/resources.proto (`Record`, `Any`) and docs/api, as its REST
//! API, `tkn results records list -o json` and `opc` print them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Whether a document is a record, or a list of some.
pub(super) fn is_list(document: &Value) -> bool {
    document.get("records").is_some_and(Value::is_array) || is_record(document)
}

fn is_record(document: &Value) -> bool {
    document.get("kind").is_none() && document.pointer("/data/type").is_some_and(Value::is_string)
}

/// The object of each record; `None` for records of other things, logs for example.
pub(super) fn of(mut document: Value) -> Vec<Result<Option<Value>, String>> {
    match document.get_mut("records").map(Value::take) {
        Some(Value::Array(records)) => records.iter().map(object).collect(),
        _ => vec![object(&document)],
    }
}

fn object(record: &Value) -> Result<Option<Value>, String> {
    let kind = record.pointer("/data/type").and_then(Value::as_str).unwrap_or_default();
    // Earlier releases wrote `pipeline.tekton.dev/TaskRun`.
    if !["PipelineRun", "TaskRun", "CustomRun"].iter().any(|name| kind.ends_with(name)) {
        return Ok(None);
    }
    let name = record.get("name").and_then(Value::as_str).unwrap_or("a record");
    let value = match record.pointer("/data/value") {
        Some(Value::String(value)) => {
            let bytes = STANDARD.decode(value.trim()).map_err(|error| format!("{name}: data.value: {error}"))?;
            serde_json::from_slice(&bytes).map_err(|error| format!("{name}: data.value: {error}"))?
        }
        // Some clients decode it.
        Some(value @ Value::Object(_)) => value.clone(),
        _ => return Err(format!("{name}: data.value is missing")),
    };
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_hold_their_objects_as_base64() {
        let run = json!({ "apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": { "name": "r" } });
        let record = |value: Value| json!({ "name": "n/results/a/records/b", "data": { "type": "tekton.dev/v1.TaskRun", "value": value } });
        let packed = record(Value::from(STANDARD.encode(run.to_string())));
        let log = json!({ "data": { "type": "results.tekton.dev/v1alpha3.Log", "value": "e30=" } });
        let list = json!({ "records": [packed, record(run.clone()), log, record(json!("*"))] });
        assert!(is_list(&list) && is_list(&packed) && !is_list(&run));
        let found = of(list);
        assert_eq!(found[..3], [Ok(Some(run.clone())), Ok(Some(run.clone())), Ok(None)]);
        assert!(found[3].is_err());
        assert_eq!(of(packed), [Ok(Some(run))]);
    }
}
