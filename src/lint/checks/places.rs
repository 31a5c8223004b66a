//! Where a field belongs that is not known where it stands.

use crate::documents::edit::Change;
use crate::documents::{Content, Entry, Node, Path, Style};

use super::fields::Level;
use super::values;
use crate::lint::schema::{Schema, Shape};

/// What is known of a field that does not belong where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It belongs elsewhere in this object.
    Misplaced { to: Option<Path>, change: Option<Change> },
    /// It belongs to the run that uses the object.
    OfTheRun,
    /// It is a field of another API version.
    OtherVersion { version: &'static str, to: Option<Path>, change: Option<Change> },
    /// It was a field once.
    Removed,
    /// Its name is misspelt.
    Misspelt { right: String, only_case: bool, is_safe: bool },
    /// Nothing is known of it.
    Unknown,
}

/// How fields moved between v1beta1 and v1: the type without its version, the field, the
/// version in which it does not exist, and where it is there
/// (pkg/apis/pipeline/v1beta1/*_conversion.go).
const MOVED: [(&str, &str, &str, &[&str]); 15] = [
    ("PipelineRunSpec", "serviceAccountName", "v1", &["taskRunTemplate", "serviceAccountName"]),
    ("PipelineRunSpec", "podTemplate", "v1", &["taskRunTemplate", "podTemplate"]),
    ("PipelineRunSpec", "timeout", "v1", &["timeouts", "pipeline"]),
    ("PipelineTaskRunSpec", "taskServiceAccountName", "v1", &["serviceAccountName"]),
    ("PipelineTaskRunSpec", "taskPodTemplate", "v1", &["podTemplate"]),
    ("PipelineTaskRunSpec", "stepOverrides", "v1", &["stepSpecs"]),
    ("PipelineTaskRunSpec", "sidecarOverrides", "v1", &["sidecarSpecs"]),
    ("PipelineTaskRunSpec", "serviceAccountName", "v1beta1", &["taskServiceAccountName"]),
    ("PipelineTaskRunSpec", "podTemplate", "v1beta1", &["taskPodTemplate"]),
    ("PipelineTaskRunSpec", "stepSpecs", "v1beta1", &["stepOverrides"]),
    ("PipelineTaskRunSpec", "sidecarSpecs", "v1beta1", &["sidecarOverrides"]),
    ("TaskRunSpec", "stepOverrides", "v1", &["stepSpecs"]),
    ("TaskRunSpec", "sidecarOverrides", "v1", &["sidecarSpecs"]),
    ("TaskRunSpec", "stepSpecs", "v1beta1", &["stepOverrides"]),
    ("TaskRunSpec", "sidecarSpecs", "v1beta1", &["sidecarOverrides"]),
];

/// Types whose `resources` v1 calls `computeResources`.
const WITH_RESOURCES: [&str; 7] = [
    "Step",
    "StepTemplate",
    "Sidecar",
    "TaskRunStepSpec",
    "TaskRunSidecarSpec",
    "TaskRunStepOverride",
    "TaskRunSidecarOverride",
];

/// Types of a whole task, whose `resources` once were PipelineResources.
const OF_TASKS: [&str; 2] = ["TaskRunSpec", "PipelineTaskRunSpec"];

/// Fields that no version in the table has any more, by type
/// (docs/deprecations.md and pkg/apis/pipeline/v1beta1 of releases before 0.50).
const RETIRED: [(&str, &str); 14] = [
    ("PipelineRunSpec", "serviceAccountNames"),
    ("PipelineRunSpec", "resources"),
    ("PipelineRunSpec", "serviceAccount"),
    ("PipelineSpec", "resources"),
    ("PipelineTask", "resources"),
    ("PipelineTask", "conditions"),
    ("TaskSpec", "resources"),
    ("TaskSpec", "inputs"),
    ("TaskSpec", "outputs"),
    ("EmbeddedTask", "resources"),
    ("EmbeddedTask", "inputs"),
    ("TaskRunSpec", "resources"),
    ("TaskRunSpec", "inputs"),
    ("TaskRunSpec", "outputs"),
];

/// Fields of v1beta1 that are decoded and then refused (`ErrDisallowedFields` in
/// pkg/apis/pipeline/v1beta1/*_validation.go): PipelineResources, gone since 0.46.
const DISALLOWED: [&str; 6] =
    ["PipelineRunSpec", "TaskRunSpec", "PipelineSpec", "TaskSpec", "PipelineTask", "EmbeddedTask"];

/// Whether a field is decoded and then refused.
pub(crate) fn is_disallowed(type_name: &str, entry: &Entry) -> bool {
    let holds_something = match &entry.value.target().content {
        Content::List(items) => !items.is_empty(),
        _ => !entry.value.is_null(),
    };
    entry.name() == "resources"
        && holds_something
        && type_name.strip_prefix("v1beta1.").is_some_and(|bare| DISALLOWED.contains(&bare))
}

/// Fields of runs that people write into what a run uses.
const OF_RUNS: [&str; 9] = [
    "podTemplate",
    "serviceAccountName",
    "taskRunTemplate",
    "taskRunSpecs",
    "timeouts",
    "timeout",
    "nodeSelector",
    "tolerations",
    "pipelineRef",
];

/// Mappings into which a field may be moved without a choice.
const WRAPPERS: [&str; 13] = [
    "metadata",
    "spec",
    "taskRunTemplate",
    "podTemplate",
    "securityContext",
    "persistentVolumeClaim",
    "volumeClaimTemplate",
    "secret",
    "timeouts",
    "resources",
    "computeResources",
    "taskPodTemplate",
    "dnsConfig",
];

/// Names that stand in so many places that nothing follows from them.
const EVERYWHERE: [&str; 16] = [
    "name",
    "kind",
    "apiVersion",
    "description",
    "value",
    "type",
    "key",
    "metadata",
    "namespace",
    "params",
    "resolver",
    "optional",
    "items",
    "uid",
    "status",
    "default",
];

/// Where a field belongs; `levels` are the mappings in which it stands, outermost first.
pub(crate) fn place(schema: Schema, levels: &[Level<'_>], entry: &Entry) -> Verdict {
    let Some(level) = levels.last() else { return Verdict::Unknown };
    let key = entry.name();
    let (version, bare) = level.type_name.split_once('.').unwrap_or(("", level.type_name));
    if let Some(verdict) = moved(schema, level, version, bare, entry) {
        return verdict;
    }
    if let Some(verdict) = misspelt(schema, level, entry, true) {
        return verdict;
    }
    if key == "taskRunTemplate" && bare.ends_with("RunSpec") && bare != "PipelineTaskRunSpec" {
        return lifted(schema, level, entry, version == "v1beta1" && bare == "PipelineRunSpec");
    }
    if RETIRED.contains(&(bare, key)) {
        return Verdict::Removed;
    }
    let other = if version == "v1" { "v1beta1" } else { "v1" };
    if matches!(version, "v1" | "v1beta1") && schema.field(&format!("{other}.{bare}"), key).is_some() {
        return Verdict::Removed;
    }
    if let Some(verdict) = elsewhere(schema, levels, entry) {
        return verdict;
    }
    misspelt(schema, level, entry, false)
        .or_else(|| repeats_parent(schema, level, entry))
        .or_else(|| nearly_elsewhere(schema, levels, entry))
        .unwrap_or(Verdict::Unknown)
}

/// Two mistakes at once, a wrong place and a wrong name: told, and left to a person.
fn nearly_elsewhere(schema: Schema, levels: &[Level<'_>], entry: &Entry) -> Option<Verdict> {
    let key = entry.name();
    let is_near = |name: &str| {
        let (key, name) = (fold(key), fold(name));
        key == name || key.len() > 6 && strsim::osa_distance(&key, &name) <= 1
    };
    for level in levels.iter().rev() {
        let (version, bare) = level.type_name.split_once('.').unwrap_or(("", level.type_name));
        let row = MOVED.iter().find(|(name, field, without, _)| *name == bare && *without == version && is_near(field));
        if let Some((.., target)) = row {
            return Some(Verdict::Misplaced { to: Some(level.path.keys(target)), change: None });
        }
        let mut near: Vec<Vec<&'static str>> = Vec::new();
        names_below(schema, level.type_name, 3, &mut Vec::new(), &mut |way, field| {
            // A right name with a value that does not fit is no misspelt one.
            let fits = field != key
                || shape_at(schema, level.type_name, &[way, &[field]].concat())
                    .is_some_and(|shape| !entry.value.is_null() && shape_fits(&shape, &entry.value));
            if fits && is_near(field) && !EVERYWHERE.contains(&field) && !is_barred(level, way) {
                near.push([way, &[field]].concat());
            }
        });
        if let [target] = near.as_slice() {
            return Some(Verdict::Misplaced { to: Some(level.path.keys(target)), change: None });
        }
        if level.in_list {
            return None;
        }
    }
    None
}

/// All fields in the wrappers below a type.
fn names_below(
    schema: Schema,
    type_name: &str,
    depth: usize,
    way: &mut Vec<&'static str>,
    visit: &mut dyn FnMut(&[&'static str], &'static str),
) {
    for field in schema.fields(type_name).filter(|field| WRAPPERS.contains(&field.name)) {
        let Shape::Object(inner) = &field.shape else { continue };
        way.push(field.name);
        schema.fields(inner).for_each(|field| visit(way, field.name));
        if depth > 1 {
            names_below(schema, inner, depth - 1, way, visit);
        }
        way.pop();
    }
}

/// A name without what people write otherwise: case, dashes, underscores.
fn fold(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// `configMapName` below `configMap`, where the field is `name`.
fn repeats_parent(schema: Schema, level: &Level<'_>, entry: &Entry) -> Option<Verdict> {
    let rest = entry.name().strip_prefix(level.path.last_key()?)?;
    let field = schema.fields(level.type_name).find(|field| field.name.eq_ignore_ascii_case(rest))?;
    let is_safe = level.node.entry(field.name).is_none() && shape_fits(&field.shape, &entry.value);
    Some(Verdict::Misspelt { right: field.name.to_owned(), only_case: false, is_safe })
}

/// Fields that another API version has elsewhere.
fn moved(schema: Schema, level: &Level<'_>, version: &str, bare: &str, entry: &Entry) -> Option<Verdict> {
    let key = entry.name();
    let resources: Option<&'static [&'static str]> = match (version, key) {
        ("v1", "resources") if WITH_RESOURCES.contains(&bare) => Some(&["computeResources"]),
        ("v1", "resources") if OF_TASKS.contains(&bare) && is_compute(&entry.value) => Some(&["computeResources"]),
        ("v1beta1", "computeResources") if WITH_RESOURCES.contains(&bare) => Some(&["resources"]),
        _ => None,
    };
    let target = resources.or_else(|| {
        let row =
            MOVED.iter().find(|(name, field, without, _)| *name == bare && *field == key && *without == version)?;
        Some(row.3)
    })?;
    let at = level.path.key(key);
    let to = level.path.keys(target);
    let fits = value_fits(schema, level.type_name, target, &entry.value);
    let change = (fits && !is_taken(level.node, target)).then(|| match target {
        [name] => Change::Rename { at, to: (*name).to_owned() },
        _ => Change::Move { from: at, to: to.clone() },
    });
    if (bare, key) == ("PipelineRunSpec", "podTemplate") {
        return Some(Verdict::Misplaced { to: Some(to), change });
    }
    let version = if version == "v1" { "v1beta1" } else { "v1" };
    Some(Verdict::OtherVersion { version, to: Some(to), change })
}

/// Whether a value is what a container asks for: PipelineResources had `inputs` and `outputs`.
fn is_compute(value: &Node) -> bool {
    let entries = value.entries();
    !entries.is_empty() && entries.iter().all(|entry| matches!(entry.name(), "requests" | "limits" | "claims"))
}

/// A `taskRunTemplate` where its entries stand at the level above.
fn lifted(schema: Schema, level: &Level<'_>, entry: &Entry, is_of_v1: bool) -> Verdict {
    let fits = entry.value.is_mapping()
        && entry.value.entries().iter().all(|inner| {
            schema.field(level.type_name, inner.name()).is_some() && level.node.entry(inner.name()).is_none()
        });
    let change = fits.then(|| Change::Lift { from: level.path.key(entry.name()) });
    let to = Some(level.path.clone());
    if is_of_v1 { Verdict::OtherVersion { version: "v1", to, change } } else { Verdict::Misplaced { to, change } }
}

/// Whether something stands where a field would go.
fn is_taken(node: &Node, target: &[&str]) -> bool {
    node.at(target).is_some() || target.len() == 1 && node.entry(target[0]).is_some()
}

/// Whether a value has the shape of the field at the end of some keys.
fn value_fits(schema: Schema, type_name: &str, target: &[&str], value: &Node) -> bool {
    let Some(shape) = shape_at(schema, type_name, target) else { return false };
    shape_fits(&shape, value)
}

fn shape_at(schema: Schema, type_name: &str, target: &[&str]) -> Option<Shape> {
    let (first, rest) = target.split_first()?;
    let field = schema.field(type_name, first)?;
    match (&field.shape, rest) {
        (shape, []) => Some(shape.clone()),
        (Shape::Object(name), rest) => shape_at(schema, name, rest),
        _ => None,
    }
}

fn shape_fits(shape: &Shape, value: &Node) -> bool {
    if value.is_null() {
        return true;
    }
    match shape {
        Shape::Any | Shape::Param => true,
        Shape::List(_) => value.is_list(),
        Shape::Map(_) | Shape::Object(_) => value.is_mapping(),
        _ => value.text().is_some(),
    }
}

/// A name that is written otherwise: in another case, or nearly so.
fn misspelt(schema: Schema, level: &Level<'_>, entry: &Entry, only_case: bool) -> Option<Verdict> {
    let key = entry.name();
    let wanted = fold(key);
    if only_case {
        let field = schema.fields(level.type_name).find(|field| fold(field.name) == wanted)?;
        let is_safe = level.node.entry(field.name).is_none() && is_block_key(entry);
        let only_case = field.name.eq_ignore_ascii_case(key);
        return Some(Verdict::Misspelt { right: field.name.to_owned(), only_case, is_safe });
    }
    let length = wanted.chars().count();
    let most = if length < 5 { 1 } else { 2 };
    let mut near: Vec<(usize, &'static str)> = schema
        .fields(level.type_name)
        .filter(|field| shape_fits(&field.shape, &entry.value))
        .filter_map(|field| {
            let known = fold(field.name);
            let distance = strsim::osa_distance(&wanted, &known);
            // `storageClass` for `storageClassName`, `name` for `claimName`.
            let is_begun = length >= 4 && known.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.len() > 3);
            let is_name = wanted == "name" && known.ends_with("name") && level.type_name.starts_with("core.");
            let goes_on = length >= 8 && known.len() >= 6 && wanted.starts_with(&known);
            let is_part = is_begun || is_name || goes_on;
            let is_near = distance <= most && distance * 2 < length;
            if is_near {
                Some((distance, field.name))
            } else if is_part {
                Some((most + 1, field.name))
            } else {
                None
            }
        })
        .collect();
    near.sort_unstable();
    if near.is_empty() {
        // One letter off, with a value of another type: two mistakes at once.
        let mut off =
            schema.fields(level.type_name).filter(|field| strsim::osa_distance(&wanted, &fold(field.name)) == 1);
        let (Some(field), None) = (off.next(), off.next()) else { return None };
        let is_of_text = entry.value.text().is_some() && length > 5;
        return is_of_text.then(|| Verdict::Misspelt {
            right: field.name.to_owned(),
            only_case: false,
            is_safe: false,
        });
    }
    let (distance, right) = *near.first()?;
    let is_only = near.get(1).is_none_or(|(next, _)| *next > distance);
    let is_free = level.node.entry(right).is_none();
    if !is_only || (!is_free && distance > 1) {
        return None;
    }
    Some(Verdict::Misspelt { right: right.to_owned(), only_case: false, is_safe: is_free && is_block_key(entry) })
}

fn is_block_key(entry: &Entry) -> bool {
    matches!(entry.key.style, Style::Plain | Style::Quoted)
}

/// The one place in the object where the field is known: in a mapping below its own, else
/// in one above, nearest first.
fn elsewhere(schema: Schema, levels: &[Level<'_>], entry: &Entry) -> Option<Verdict> {
    let key = entry.name();
    let own = levels.last()?;
    // Nothing says what a null was meant for.
    if entry.value.is_null() {
        return None;
    }
    if EVERYWHERE.contains(&key) && !is_of_metadata(own, key) && !(key == "params" && levels.len() > 1) {
        return None;
    }
    let from = own.path.key(key);
    let mut crossed_list = false;
    for (up, level) in levels.iter().rev().enumerate() {
        let branch = levels.get(levels.len() - up).and_then(|below| below.path.0.get(level.path.0.len()));
        let mut places: Vec<Vec<&'static str>> = Vec::new();
        if up > 0 && schema.field(level.type_name, key).is_some_and(|field| shape_fits(&field.shape, &entry.value)) {
            places.push(Vec::new());
        }
        if places.is_empty() && !EVERYWHERE[..9].contains(&key) || is_of_metadata(level, key) && up == 0 {
            for depth in 1..=3 {
                let mut at_depth = Vec::new();
                below(schema, level.type_name, &entry.value, key, depth, &mut Vec::new(), &mut at_depth);
                at_depth.retain(|place| {
                    branch.is_none_or(
                        |branch| !matches!(branch, crate::documents::Segment::Key(name) if name == place[0]),
                    )
                });
                if !at_depth.is_empty() {
                    places = at_depth;
                    break;
                }
            }
        }
        if let [place] = places.as_slice() {
            let mut target: Vec<&str> = place.clone();
            target.push(key);
            if crossed_list {
                return Some(Verdict::Misplaced { to: None, change: None });
            }
            if is_barred(level, place) {
                return None;
            }
            let to = level.path.keys(&target);
            let is_free = level.node.at(&target).is_none();
            let change = is_free.then(|| Change::Move { from, to: to.clone() });
            return Some(Verdict::Misplaced { to: Some(to), change });
        }
        if places.len() > 1 {
            return None;
        }
        crossed_list |= level.in_list;
    }
    let root = levels.first()?.type_name;
    let is_used_by_runs = root.ends_with(".Pipeline") || root.ends_with(".Task") || root.ends_with(".StepAction");
    let in_task = own.type_name.ends_with(".PipelineTask");
    (OF_RUNS.contains(&key) && (is_used_by_runs || in_task)).then_some(Verdict::OfTheRun)
}

/// Whether what stands beside a new mapping excludes it: another volume of a workspace, a
/// reference beside an embedded spec.
fn is_barred(level: &Level<'_>, place: &[&str]) -> bool {
    let Some(first) = place.first() else { return false };
    let others: &[&str] = match *first {
        "pipelineSpec" => &["pipelineRef", "taskRef", "taskSpec"],
        "taskSpec" => &["taskRef", "pipelineRef", "pipelineSpec"],
        _ if level.type_name.ends_with(".WorkspaceBinding") => super::run::VOLUMES,
        _ => &[],
    };
    others.iter().any(|other| other != first && level.node.entry(other).is_some())
}

/// Embedded specs, and the keys that only they have.
const EMBEDDED: [(&str, &[&str]); 2] =
    [("pipelineSpec", &["tasks", "finally"]), ("taskSpec", &["steps", "stepTemplate", "sidecars"])];

/// Whether a field may be moved into a mapping.
fn is_wrapper(name: &str, key: &str) -> bool {
    WRAPPERS.contains(&name) || EMBEDDED.iter().any(|(spec, keys)| *spec == name && keys.contains(&key))
}

/// Whether a key at an object's root is one of its metadata.
fn is_of_metadata(level: &Level<'_>, key: &str) -> bool {
    level.path.0.is_empty() && matches!(key, "name" | "namespace") && values::is_one_word(key)
}

/// Places `depth` mappings below a type where a field is known.
fn below(
    schema: Schema,
    type_name: &str,
    value: &Node,
    key: &str,
    depth: usize,
    path: &mut Vec<&'static str>,
    found: &mut Vec<Vec<&'static str>>,
) {
    for field in schema.fields(type_name).filter(|field| is_wrapper(field.name, key)) {
        let Shape::Object(inner) = &field.shape else { continue };
        path.push(field.name);
        if depth > 1 {
            below(schema, inner, value, key, depth - 1, path, found);
        } else if schema.field(inner, key).is_some_and(|field| shape_fits(&field.shape, value)) {
            found.push(path.clone());
        }
        path.pop();
    }
}
