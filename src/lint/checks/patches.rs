//! Patches of a kustomization: those that stand in it as text, strategic merges and JSON
//! patches (RFC 6902), and the files that are patches.

use crate::documents::embedded::Embedded;
use crate::documents::{Lines, Node, Path, Segment, read};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Finding, Problem};
use crate::lint::kind::Kind;
use crate::lint::schema::{Schema, Shape};
use crate::lint::{Rules, judge_document};

use super::assistant::Pipelines;
use super::fields;

/// Whether a document is a kustomization.
pub(crate) fn is_kustomization(root: &Node) -> bool {
    root.text_of("apiVersion").is_some_and(|version| version.starts_with("kustomize.config.k8s.io/"))
        || root.text_of("kind") == Some("Kustomization")
        || root.text_of("kind").is_none() && FIELDS.iter().any(|field| root.get(field).is_some_and(Node::is_list))
}

/// Fields of a kustomization that hold patches.
const FIELDS: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];

/// Names of the files that a kustomization uses as patches.
pub(crate) fn patch_files(root: &Node) -> Vec<String> {
    let direct = root.list("patchesStrategicMerge").iter().filter_map(|item| item.text());
    let listed = ["patches", "patchesJson6902"]
        .iter()
        .flat_map(|name| root.list(name))
        .filter_map(|patch| patch.text_of("path"));
    direct
        .chain(listed)
        .filter(|name| !name.contains('\n'))
        .map(|name| name.trim_start_matches("./").to_owned())
        .collect()
}

/// Judges the patches that stand in a kustomization.
pub(crate) fn check(out: &mut Collector<'_>, root: &Node, rules: &Rules) {
    for field in ["patches", "patchesJson6902"] {
        for (index, patch) in root.list(field).iter().enumerate() {
            let Some(entry) = patch.entry("patch") else { continue };
            let path = Path::default().key(field).item(index).key("patch");
            let found = patch_text(out, &entry.value, patch.get("target"), rules);
            take(out, found, &entry.value, entry.key.span.clone(), &path);
        }
    }
    for (index, patch) in root.list("patchesStrategicMerge").iter().enumerate() {
        let path = Path::default().key("patchesStrategicMerge").item(index);
        let found = patch_text(out, patch, None, rules);
        take(out, found, patch, patch.span.clone(), &path);
    }
}

/// Findings in the text of a patch, placed in that text.
fn patch_text(out: &Collector<'_>, node: &Node, target: Option<&Node>, rules: &Rules) -> Vec<Finding> {
    let Some(text) = node.text().filter(|text| text.contains(['\n', '{', '['])) else { return Vec::new() };
    let (documents, error) = read(text);
    if error.is_some() {
        return Vec::new();
    }
    let lines = Lines::of(text);
    let is_operations = documents.iter().any(|document| document.root.is_list());
    if is_operations {
        let Some(types) = target.map(|target| types(out.schema, target, rules)).filter(|types| !types.is_empty())
        else {
            return Vec::new();
        };
        let mut inner = Collector::new(text, &lines, out.schema, 0);
        for operation in documents.iter().flat_map(|document| document.root.items()) {
            operation_of(&mut inner, operation, &types);
        }
        return inner.finish();
    }
    let rules = Rules { is_patch: true, ..rules.clone() };
    documents.iter().flat_map(|document| judge_document(text, &lines, document, &rules, &Pipelines::new())).collect()
}

/// Puts findings of a text into those of the document in which the text stands.
fn take(out: &mut Collector<'_>, found: Vec<Finding>, node: &Node, key: std::ops::Range<usize>, path: &Path) {
    if found.is_empty() {
        return;
    }
    let embedded = Embedded::of(out.text, node);
    for finding in found {
        let span = embedded.as_ref().and_then(|text| text.outer(&finding.span)).unwrap_or_else(|| key.clone());
        if let Some(placed) = out.add(finding.kind, finding.path, &span, finding.problem, finding.effect) {
            placed.right_path = finding.right_path;
            placed.holder = Some(path.clone());
        }
    }
}

/// The types that a target of a JSON patch may mean: without a version, those of the
/// files that are judged together, else the newest.
fn types(schema: Schema, target: &Node, rules: &Rules) -> Vec<String> {
    let is_tekton = target.text_of("group").is_none_or(|group| group == "tekton.dev");
    let (true, Some(kind)) = (is_tekton, target.text_of("kind")) else { return Vec::new() };
    let versions: Vec<String> = match target.text_of("version") {
        Some(version) => vec![version.to_owned()],
        None => match rules.versions.get(kind) {
            Some(versions) => versions.iter().cloned().collect(),
            None => vec!["v1".to_owned()],
        },
    };
    versions.iter().map(|version| format!("{version}.{kind}")).filter(|type_name| schema.has_type(type_name)).collect()
}

fn operation_of(out: &mut Collector<'_>, operation: &Node, types: &[String]) {
    let (Some(op), Some(entry)) = (operation.text_of("op"), operation.entry("path")) else { return };
    let Some(pointer) = entry.value.text() else { return };
    if !matches!(op, "add" | "replace") || pointer.contains('{') {
        return;
    }
    let mut unknown = None;
    for type_name in types {
        match reached(out.schema, type_name, pointer) {
            Ok(shape) => {
                if let (Some(Shape::Object(name)), Some(value), [_]) = (shape, operation.get("value"), types) {
                    fields::check(out, value, name, &steps(pointer));
                }
                return;
            }
            Err(way) => unknown = unknown.or(Some((type_name, way))),
        }
    }
    let Some((type_name, way)) = unknown else { return };
    let problem = Problem::PatchPath(pointer.to_owned());
    let right = right_pointer(type_name, &way);
    let kind = if right.is_some() { Kind::MisplacedField } else { Kind::UnknownField };
    if let Some(finding) = out.add(kind, Path::default().key("path"), &entry.key.span, problem, Effect::Pruned) {
        finding.right_path = right;
    }
}

fn parts(pointer: &str) -> impl Iterator<Item = String> {
    pointer.trim_start_matches('/').split('/').map(|step| step.replace("~1", "/").replace("~0", "~"))
}

fn steps(pointer: &str) -> Path {
    Path(parts(pointer).map(|step| step.parse().map_or(Segment::Key(step), Segment::Item)).collect())
}

/// What a JSON pointer reaches, where that is known; else its part up to the first field
/// that is not known.
fn reached(schema: Schema, type_name: &str, pointer: &str) -> Result<Option<Shape>, Vec<String>> {
    let Some(name) = schema.type_named(type_name) else { return Ok(None) };
    let mut shape = Shape::Object(name);
    let mut way = Vec::new();
    for step in parts(pointer) {
        way.push(step.clone());
        shape = match shape {
            Shape::Object(name) => match schema.field(name, &step) {
                Some(field) => field.shape.clone(),
                None => return Err(way),
            },
            Shape::List(inner) | Shape::Map(inner) => *inner,
            _ => return Ok(None),
        };
    }
    Ok(Some(shape))
}

/// Where a field belongs that v1 moved.
fn right_pointer(type_name: &str, way: &[String]) -> Option<Path> {
    let way: Vec<&str> = way.iter().map(String::as_str).collect();
    let keys: &[&str] = match (type_name, way.as_slice()) {
        ("v1.PipelineRun", ["spec", "timeout"]) => &["spec", "timeouts", "pipeline"],
        ("v1.PipelineRun", ["spec", "serviceAccountName"]) => &["spec", "taskRunTemplate", "serviceAccountName"],
        ("v1.PipelineRun", ["spec", "podTemplate"]) => &["spec", "taskRunTemplate", "podTemplate"],
        ("v1beta1.PipelineRun", ["spec", "taskRunTemplate"]) => &["spec"],
        _ => return None,
    };
    Some(Path::default().keys(keys))
}
