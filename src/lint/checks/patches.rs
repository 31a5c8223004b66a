//! Patches of a kustomization: JSON patches whose paths their kind does not have, and the
//! files that are patches.

use crate::documents::{Entry, Node, Path, read};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;
use crate::lint::schema::{Schema, Shape};

/// Whether a document is a kustomization.
pub(crate) fn is_kustomization(root: &Node) -> bool {
    root.text_of("apiVersion").is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"))
        || root.text_of("kind") == Some("Kustomization")
}

/// Names of the files that a kustomization uses as patches.
pub(crate) fn patch_files(root: &Node) -> Vec<String> {
    let direct = root.list("patchesStrategicMerge").iter().filter_map(|item| item.text());
    let listed = ["patches", "patchesJson6902"]
        .iter()
        .flat_map(|name| root.list(name))
        .filter_map(|patch| patch.text_of("path"));
    direct.chain(listed).map(|name| name.trim_start_matches("./").to_owned()).collect()
}

/// Judges the JSON patches that stand in a kustomization.
pub(crate) fn check(out: &mut Collector<'_>, root: &Node) {
    for field in ["patches", "patchesJson6902"] {
        for (index, patch) in root.list(field).iter().enumerate() {
            let Some(target) = patch.get("target") else { continue };
            let is_tekton = target.text_of("group").is_none_or(|group| group == "tekton.dev");
            let (Some(kind), Some(entry)) = (target.text_of("kind"), patch.entry("patch")) else { continue };
            let version = target.text_of("version").unwrap_or("v1");
            let type_name = format!("{version}.{kind}");
            if is_tekton && out.schema.has_type(&type_name) {
                operations(out, entry, &Path::default().key(field).item(index).key("patch"), &type_name);
            }
        }
    }
}

fn operations(out: &mut Collector<'_>, entry: &Entry, path: &Path, type_name: &str) {
    let Some(text) = entry.value.text() else { return };
    let (documents, error) = read(text);
    if error.is_some() {
        return;
    }
    for operation in documents.iter().flat_map(|document| document.root.items()) {
        let (Some(op), Some(pointer)) = (operation.text_of("op"), operation.text_of("path")) else { continue };
        if !matches!(op, "add" | "replace") || pointer.contains('{') {
            continue;
        }
        if let Some(unknown) = unknown_step(out.schema, type_name, pointer) {
            let problem = Problem::PatchPath(pointer.to_owned());
            let right = right_pointer(type_name, &unknown);
            if let Some(finding) = out.add(Kind::MisplacedField, path.clone(), &entry.key.span, problem, Effect::Pruned)
            {
                finding.right_path = right;
            }
        }
    }
}

/// The part of a JSON pointer up to the first field that is not known.
fn unknown_step(schema: Schema, type_name: &str, pointer: &str) -> Option<Vec<String>> {
    let mut shape = Shape::Object(schema.type_named(type_name)?);
    let mut way = Vec::new();
    for step in pointer.trim_start_matches('/').split('/') {
        let step = step.replace("~1", "/").replace("~0", "~");
        way.push(step.clone());
        shape = match shape {
            Shape::Object(name) => match schema.field(name, &step) {
                Some(field) => field.shape.clone(),
                None => return Some(way),
            },
            Shape::List(inner) | Shape::Map(inner) => *inner,
            _ => return None,
        };
    }
    None
}

/// Where a field belongs that v1 moved.
fn right_pointer(type_name: &str, way: &[String]) -> Option<Path> {
    let way: Vec<&str> = way.iter().map(String::as_str).collect();
    let keys: &[&str] = match (type_name, way.as_slice()) {
        ("v1.PipelineRun", ["spec", "timeout"]) => &["spec", "timeouts", "pipeline"],
        ("v1.PipelineRun", ["spec", "serviceAccountName"]) => &["spec", "taskRunTemplate", "serviceAccountName"],
        ("v1.PipelineRun", ["spec", "podTemplate"]) => &["spec", "taskRunTemplate", "podTemplate"],
        _ => return None,
    };
    Some(Path::default().keys(keys))
}
