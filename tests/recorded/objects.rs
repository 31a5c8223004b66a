//! The objects of a recorded cluster.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tekton_fix::model::Kind;
use tekton_fix::yaml;

/// All objects of an export by plural.
pub fn read(export: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut objects: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut folders = vec![export.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            for (_, document) in yaml::read_documents(&std::fs::read_to_string(&path).unwrap()).unwrap() {
                let list_version = document["apiVersion"].as_str().unwrap_or_default().to_owned();
                let list_kind = document["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
                let items = match document.get("items").and_then(Value::as_array) {
                    Some(items) => items.clone(),
                    None => vec![document],
                };
                for item in items {
                    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
                    let version = text("apiVersion").unwrap_or_else(|| list_version.clone());
                    let kind = text("kind").unwrap_or_else(|| list_kind.clone());
                    if let Some(kind) = Kind::of(&version, &kind) {
                        objects.entry(kind.plural().to_owned()).or_default().push(item);
                    }
                }
            }
        }
    }
    objects
}
