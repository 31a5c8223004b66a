//! `rerun --edit`: the run in the person's own editor, before it is checked and shown.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use serde_json::{Map, Value};

use crate::cli::{CommandError, Ui};
use crate::ops::Edit;
use crate::report::json;
use crate::yaml;

/// Opens the run in an editor, again while it cannot be read; what was changed as an edit,
/// and the name, which is none.
pub(super) fn edit(ui: &mut Ui, run: &Value) -> Result<(Option<Edit>, String), CommandError> {
    if !ui.can_prompt() {
        return Err(CommandError::usage("--edit needs a terminal")
            .hint("print the run with --dry-run=client, change it, and create it with kubectl"));
    }
    let mut text = json::yaml(run)?;
    loop {
        text = opened(&text)?;
        match changed(run, &text) {
            Ok((fields, name)) => {
                let is_same = fields.as_object().is_some_and(Map::is_empty);
                return Ok(((!is_same).then_some(Edit::Patch { fields }), name));
            }
            Err(error) => {
                ui.status(&format!("The edited run cannot be used: {error}"));
                if !ui.confirm("Edit it again?")? {
                    return Err(CommandError::declined("nothing was created"));
                }
            }
        }
    }
}

/// The text as the editor leaves it.
fn opened(text: &str) -> Result<String, CommandError> {
    let failed = |error: std::io::Error| CommandError::unreadable(format!("the run cannot be edited: {error}"));
    let mut file = tempfile::Builder::new().prefix("pipelinerun-").suffix(".yaml").tempfile().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("KUBE_EDITOR").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&editor).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| CommandError::usage(format!("EDITOR {editor:?} is not a command")))?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(file.path()).status();
    let status = status
        .map_err(|error| CommandError::unreadable(format!("the editor {editor:?} cannot be started: {error}")))?;
    if !status.success() {
        return Err(CommandError::declined(format!("the editor {editor:?} has failed; nothing was created")));
    }
    fs::read_to_string(file.path()).map_err(failed)
}

/// What was changed of a run, as a merge patch, and its name.
fn changed(run: &Value, text: &str) -> Result<(Value, String), String> {
    let documents = yaml::read_documents(text).map_err(|error| error.to_string())?;
    let [(_, wanted)] = documents.as_slice() else { return Err("expected one run".to_owned()) };
    for field in ["/apiVersion", "/kind", "/metadata/namespace"] {
        if wanted.pointer(field) != run.pointer(field) {
            let field = field.trim_start_matches('/').replace('/', ".");
            return Err(format!("{field} cannot be changed"));
        }
    }
    let name = wanted.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if name.is_empty() || name.len() > 63 || !name.chars().all(is_part) {
        return Err(format!("metadata.name {name:?}: expected lower-case letters, digits, hyphens, at most 63"));
    }
    let mut patch = difference(run, wanted);
    if let Some(metadata) = patch.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
        if metadata.is_empty() {
            patch.as_object_mut().map(|fields| fields.remove("metadata"));
        }
    }
    Ok((patch, name.to_owned()))
}

/// The merge patch (RFC 7386) that makes one object another.
fn difference(old: &Value, new: &Value) -> Value {
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else { return new.clone() };
    let mut patch = Map::new();
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in after {
        match before.get(key) {
            Some(known) if known == value => {}
            Some(known) if known.is_object() && value.is_object() => {
                patch.insert(key.clone(), difference(known, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run() -> Value {
        json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": { "name": "r", "namespace": "n" },
            "spec": { "params": [{ "name": "a", "value": "1" }], "taskRunTemplate": { "serviceAccountName": "x" } } })
    }

    #[test]
    fn what_was_changed_is_a_patch_that_gives_it_again() {
        let mut wanted = run();
        wanted["metadata"]["name"] = json!("s");
        wanted["metadata"]["labels"] = json!({ "team": "a" });
        wanted["spec"] = json!({ "params": [], "timeouts": { "pipeline": "1h" } });
        let (patch, name) = changed(&run(), &yaml::write(&wanted).unwrap()).unwrap();
        assert_eq!((name.as_str(), patch["metadata"].get("name")), ("s", None));
        let mut made = run();
        json_patch::merge(&mut made, &patch);
        made["metadata"]["name"] = json!("s");
        assert_eq!(made, wanted);
        assert_eq!(changed(&run(), &yaml::write(&run()).unwrap()).unwrap().0, json!({}));
    }

    #[test]
    fn what_is_no_run_of_the_namespace_is_refused() {
        for (at, value) in [
            ("/kind", json!("TaskRun")),
            ("/metadata/namespace", json!("other")),
            ("/metadata/name", json!("")),
            ("/metadata/name", json!("A b")),
        ] {
            let mut wanted = run();
            *wanted.pointer_mut(at).unwrap() = value;
            assert!(changed(&run(), &yaml::write(&wanted).unwrap()).is_err(), "{at}");
        }
        assert!(changed(&run(), "a: [").is_err());
        assert!(changed(&run(), "").is_err());
    }
}
