//! Objects of an export: from documents into the cluster, and what that proves.

use serde_json::Value;

use crate::model::cluster::Unreadable;
use crate::model::{Cluster, Kind, Origin, Reading};
use crate::yaml;

use super::layout::Listed;
use crate::sources::conversion;

/// Records a file that could not be read.
pub fn unreadable(cluster: &mut Cluster, file: &str, reason: String) {
    cluster.unreadable.push(Unreadable { kind: "file".to_owned(), name: file.to_owned(), reason });
}

/// Reads a file whose path says what it lists.
pub fn read_listed(cluster: &mut Cluster, file: &str, text: &str, listed: Option<&Listed>) {
    let documents = match yaml::read_documents(text) {
        Ok(documents) => documents,
        Err(error) => {
            if let Some(listed) = listed {
                let reason = format!("{file}:{}: {}", error.line, error.message);
                cluster.coverage.record(listed.kind, &listed.namespace, Reading::Partly(reason));
            }
            return unreadable(cluster, file, format!("line {}: {}", error.line, error.message));
        }
    };
    let mut reading = Reading::Listed;
    for (line, document) in documents {
        // The product's must-gather writes a bare `List` of chosen objects.
        if document.get("kind").and_then(Value::as_str) == Some("List") {
            reading = Reading::Partly(format!("{file} holds a selection only"));
        }
        insert_all(cluster, file, text, line, document);
    }
    if let Some(listed) = listed {
        match cluster.coverage.of(listed.kind, &listed.namespace) {
            Reading::Partly(_) => {}
            _ => cluster.coverage.record(listed.kind, &listed.namespace, reading),
        }
    }
}

/// Reads a file of loose objects: they prove their own existence, never the absence
/// of others.
pub fn read_loose(cluster: &mut Cluster, file: &str, text: &str) {
    match yaml::read_documents(text) {
        Ok(documents) => {
            for (line, document) in documents {
                insert_all(cluster, file, text, line, document);
            }
        }
        Err(error) => unreadable(cluster, file, format!("line {}: {}", error.line, error.message)),
    }
    let kinds: Vec<(Kind, String)> =
        cluster.origins.keys().map(|(kind, namespace, _)| (*kind, namespace.clone())).collect();
    for (kind, namespace) in kinds {
        let reading = Reading::Partly(format!("{file} holds single objects"));
        cluster.coverage.record_if_unknown(kind, &namespace, reading);
    }
}

fn insert_all(cluster: &mut Cluster, file: &str, text: &str, line: usize, mut document: Value) {
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => {
            let list_version = document.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
            let item_kind = document.get("kind").and_then(Value::as_str).and_then(|kind| kind.strip_suffix("List"));
            let item_kind = item_kind.unwrap_or_default().to_owned();
            let lines = yaml::item_lines(text, line, items.len());
            for (index, mut item) in items.into_iter().enumerate() {
                let line = lines.get(index).copied().unwrap_or(line);
                // Items of a typed list may leave their kind away.
                if let Some(object) = item.as_object_mut() {
                    object.entry("apiVersion").or_insert_with(|| Value::from(list_version.clone()));
                    object.entry("kind").or_insert_with(|| Value::from(item_kind.clone()));
                }
                insert(cluster, file, line, item);
            }
        }
        _ => insert(cluster, file, line, document),
    }
}

fn insert(cluster: &mut Cluster, file: &str, line: usize, mut object: Value) {
    prune_nulls(&mut object);
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let Some(kind) = Kind::of(&api_version, &kind) else { return };
    let object = conversion::to_v1(kind, &api_version, object);
    let origin = Origin::File { path: file.to_owned(), line };
    if let Err(error) = cluster.insert(kind, object, origin) {
        cluster.unreadable.push(error);
    }
}

/// `null` in a manifest means absent.
pub fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}
