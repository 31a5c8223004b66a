//! Objects of an export: from documents into the cluster, and what that proves.

use serde_json::Value;

use crate::model::cluster::Unreadable;
use crate::model::meta::prune_nulls;
use crate::model::pod::PodSpec;
use crate::model::pod_security::ContainerSecurityContext;
use crate::model::shared::Pool;
use crate::model::{Cluster, Kind, Origin};
use crate::sources::{Raw, conversion};

use super::entries::Fields;
use super::layout::Listed;
use super::manifest::Manifest;
use super::records;
use super::seen::Seen;

/// Deepest list of lists that is read.
const DEEPEST: usize = 4;

/// Puts the objects of an export's files into a cluster.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) cluster: Cluster,
    pub(super) seen: Seen,
    /// The objects with all their fields, where somebody wants them.
    pub(super) kept: Option<Vec<Raw>>,
    /// What a snapshot says of itself.
    pub(super) manifest: Option<Manifest>,
    /// What pods have in common.
    pub(super) pool: Pool,
}

impl Reader {
    /// One that reads a part of the same export.
    pub(super) fn beside(&self) -> Self {
        Self { kept: self.kept.as_ref().map(|_| Vec::new()), ..Self::default() }
    }

    /// Adds what another has read behind what this one has.
    pub(super) fn absorb(&mut self, later: Self) {
        self.cluster.absorb(later.cluster);
        self.seen.absorb(later.seen);
        if let Some(kept) = &mut self.kept {
            kept.extend(later.kept.into_iter().flatten());
        }
        self.manifest = later.manifest.or(self.manifest.take());
    }

    /// Records a file that could not be read, and what its path says that it held.
    pub(super) fn unreadable(&mut self, file: &str, listed: Option<&Listed>, reason: &str) {
        if let Some(listed) = listed {
            self.seen.lost(listed.kind, &listed.namespace, format!("{file}: {reason}"));
        }
        let name = file.to_owned();
        self.cluster.unreadable.push(Unreadable { kind: "file".to_owned(), name, reason: reason.to_owned() });
    }

    /// Reads the text of a file; `listed` is what its path says that it holds.
    pub(super) fn read(&mut self, file: &str, text: &str, listed: Option<&Listed>) {
        self.documents(file, text, listed, false);
    }

    /// Reads what is left of a file that ends too early: what stands at its end is not whole.
    pub(super) fn read_torn(&mut self, file: &str, text: &str, listed: Option<&Listed>, reason: &str) {
        self.unreadable(file, listed, reason);
        // A line that is cut may still say something, but not what it said.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        if !whole.trim().is_empty() {
            self.documents(file, whole, listed, true);
        }
    }

    /// Reads an array of objects, as support bundles write some kinds.
    pub(super) fn array(&mut self, at: At<'_>, mut items: Vec<Value>, entries: &[usize]) {
        if at.is_torn {
            items.pop();
        }
        let Some(listed) = at.listed.filter(|listed| listed.is_bare && !at.is_torn) else {
            return self.items(at, items, entries, ("", ""), 0);
        };
        self.seen.list(listed);
        let group = listed.kind.group();
        let version = if group.is_empty() { String::new() } else { format!("{group}/") };
        let version = format!("{version}{}", listed.kind.version());
        self.items(at, items, entries, (&version, listed.kind.name()), 0);
    }

    pub(super) fn document(&mut self, at: At<'_>, mut document: Value, entries: &[usize], depth: usize) {
        if records::is_list(&document) {
            return self.records(at, document, entries);
        }
        let is_list = document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        let items = match document.get_mut("items").map(Value::take) {
            // Go writes an empty list as null.
            Some(Value::Null) if is_list => Some(Value::Array(Vec::new())),
            items => items,
        };
        let Some(Value::Array(mut items)) = items else {
            if at.is_torn {
                return;
            }
            if let Some(kind) = self.insert(at, document, ("", ""))
                && let Some(listed) = at.listed.filter(|listed| listed.kind == kind)
            {
                self.seen.single(kind, &listed.namespace);
            }
            return;
        };
        let ends_early =
            at.last == Some("items") && (at.end == End::InLine || Fields::of(&items).is_short(items.last()));
        let list = self.list(at, &document, ends_early);
        if list.is_cut {
            // The last one may be half an object.
            items.pop();
        }
        self.items(at, items, entries, (&list.api_version, &list.item_kind), depth);
    }

    /// Notes what a list proves, by all of it but its objects; `ends_early` is whether they
    /// look as if it had been cut off.
    pub(super) fn list(&mut self, at: At<'_>, document: &Value, ends_early: bool) -> ListHead {
        let text = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let next = document.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default();
        let remaining = document.pointer("/metadata/remainingItemCount").and_then(Value::as_u64).unwrap_or_default();
        let item_kind = kind.strip_suffix("List").unwrap_or_default().to_owned();
        // A list that says its kind first and was cut off between two objects cannot be told
        // from a whole one, unless its text shows it.
        let is_cut = kind.is_empty() || at.is_torn || ends_early;
        let reason = if kind.is_empty() {
            Some("the list may have been cut off: it has no kind")
        } else if at.is_torn || ends_early {
            Some("the list was cut off")
        } else if at.last == Some("items") && at.end == End::AtBlock {
            Some("the list may have been cut off: its file ends where a block of the disk does")
        } else if !next.is_empty() || remaining > 0 {
            Some("it is one page of a longer list")
        } else if item_kind.is_empty() {
            // The product's must-gather and `kubectl get` write a bare `List` of what was chosen.
            Some("it holds a selection only")
        } else {
            None
        };
        match (at.listed, reason) {
            (Some(listed), None) if listed.kind.name() == item_kind => self.seen.list(listed),
            (Some(_), None) | (None, _) => {}
            (Some(listed), Some(reason)) => {
                self.seen.lost(listed.kind, &listed.namespace, format!("{}: {reason}", at.file));
            }
        }
        if kind.is_empty() {
            let name = at.file.to_owned();
            let reason = format!("line {}: {}", at.line, reason.unwrap_or_default());
            self.cluster.unreadable.push(Unreadable { kind: "list".to_owned(), name, reason });
        }
        ListHead { api_version, item_kind, is_cut }
    }

    /// Reads what Tekton Results has kept of runs; it says nothing about others.
    fn records(&mut self, at: At<'_>, document: Value, entries: &[usize]) {
        for (index, record) in records::of(document).into_iter().enumerate() {
            let at = At { line: entries.get(index).copied().unwrap_or(at.line), listed: None, ..at };
            match record {
                Ok(Some(object)) => drop(self.insert(at, object, ("", ""))),
                Ok(None) => {}
                Err(reason) => self.unreadable(at.file, None, &format!("line {}: {reason}", at.line)),
            }
        }
    }

    pub(super) fn items(&mut self, at: At<'_>, items: Vec<Value>, entries: &[usize], of: (&str, &str), depth: usize) {
        for (index, item) in items.into_iter().enumerate() {
            // What ends the list says nothing of how an item ends.
            let at = At { line: entries.get(index).copied().unwrap_or(at.line), last: None, ..at };
            if item.get("items").is_some_and(Value::is_array) {
                if depth < DEEPEST {
                    self.document(at, item, &[], depth + 1);
                } else {
                    let reason = format!("line {}: lists are nested more than {DEEPEST} deep", at.line);
                    self.unreadable(at.file, at.listed, &reason);
                }
            } else {
                self.insert(at, item, of);
            }
        }
    }

    /// Reads one object; items of a typed list may leave their kind away.
    fn insert(&mut self, at: At<'_>, mut object: Value, of: (&str, &str)) -> Option<Kind> {
        if let Some(manifest) = Manifest::of(&object) {
            self.manifest = Some(manifest);
            return None;
        }
        prune_nulls(&mut object);
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let api_version = text("/apiVersion").unwrap_or_else(|| of.0.to_owned());
        let name = text("/kind").unwrap_or_else(|| of.1.to_owned());
        let namespace = text("/metadata/namespace").unwrap_or_default();
        let Some(kind) = Kind::of(&api_version, &name) else {
            self.foreign(at, &object);
            return None;
        };
        let raw = self.kept.is_some().then(|| Raw::new(kind, &api_version, object.clone()));
        let object = conversion::to_v1(kind, &api_version, object);
        let place = at.listed.filter(|listed| listed.kind == kind).map_or(namespace, |listed| listed.namespace.clone());
        let origin = Origin::File { path: at.file.to_owned(), line: at.line };
        let inserted = match wrong_type(kind, &object).or_else(|| cut_off(at, kind, &object)) {
            Some(reason) => Err(Unreadable {
                kind: kind.name().to_owned(),
                name: text_at(&object, "/metadata/name"),
                reason: format!("{}:{}: {reason}", at.file, at.line),
            }),
            None => self.cluster.insert(kind, object, origin),
        };
        if inserted.is_ok()
            && let Some(kept) = &mut self.kept
        {
            kept.extend(raw);
        }
        match inserted {
            Ok(()) if at.listed.is_none_or(|listed| listed.kind != kind) => self.seen.loose(kind, &place, at.file),
            Ok(()) => {}
            Err(error) => {
                self.seen.lost(kind, &place, error.to_string());
                self.cluster.unreadable.push(error);
            }
        }
        Some(kind)
    }

    /// What is no object of a known kind: nothing to be sorry for, unless it stands where a
    /// known kind should.
    fn foreign(&mut self, at: At<'_>, object: &Value) {
        let Some(listed) = at.listed else { return };
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or("nothing that says its kind");
        let reason = format!("line {} holds {kind}, not {}", at.line, listed.kind);
        self.unreadable(at.file, Some(listed), &reason);
    }
}

/// What a list says of its objects.
#[derive(Debug)]
pub(super) struct ListHead {
    pub(super) api_version: String,
    /// Their kind, where they are all of one.
    pub(super) item_kind: String,
    /// Whether the last one may be missing, or half an object.
    pub(super) is_cut: bool,
}

/// Where an object stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
    pub(super) listed: Option<&'a Listed>,
    /// The last field of its document, where it is YAML.
    pub(super) last: Option<&'a str>,
    /// Whether its document is the last one of a file that ends too early.
    pub(super) is_torn: bool,
    /// How its text ends, where it is the last document of a YAML file.
    pub(super) end: End,
}

/// How a text ends: collectors end every line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// In the middle of a line.
    InLine,
    /// Where a full disk or a broken copy ends.
    AtBlock,
}

impl End {
    pub(super) fn of(text: &str) -> Self {
        const BLOCK: usize = 4096;
        match text.len() {
            _ if !text.ends_with('\n') => Self::InLine,
            length if length.is_multiple_of(BLOCK) => Self::AtBlock,
            _ => Self::Whole,
        }
    }
}

/// Why an object in a file of its own may be the beginning of one only: collectors end every
/// line, and the API server stores some kinds with a status, which stands behind all else.
fn cut_off(at: At<'_>, kind: Kind, object: &Value) -> Option<String> {
    let is_own_file =
        at.listed.is_some_and(|listed| listed.kind == kind) && at.last.is_some_and(|last| last != "items");
    if is_own_file && at.end == End::InLine {
        return Some("its file ends in the middle of a line: it was cut off".to_owned());
    }
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let is_collected = match kind {
        Kind::Node | Kind::Pod | Kind::StatefulSet | Kind::Deployment | Kind::Claim | Kind::PersistentVolume => {
            at.listed.is_some_and(|listed| listed.kind == kind)
        }
        Kind::Namespace => at.file.ends_with(&format!("namespaces/{name}/{name}.yaml")),
        _ => false,
    };
    let is_short = is_collected && at.last.is_some_and(|last| last != "items") && object.get("status").is_none();
    is_short.then(|| "it has no status: its file may have been cut off".to_owned())
}

fn text_at(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Why the API server would refuse a run whose fields are kept as they are: a pod template
/// has the fields of a pod, with their types.
fn wrong_type(kind: Kind, object: &Value) -> Option<String> {
    let templates: Vec<(String, &Value)> = match kind {
        Kind::PipelineRun => {
            let own = object.pointer("/spec/taskRunTemplate/podTemplate");
            let specs = object.pointer("/spec/taskRunSpecs").and_then(Value::as_array);
            let of_tasks = specs.into_iter().flatten().enumerate().filter_map(|(at, spec)| {
                Some((format!("spec.taskRunSpecs[{at}].podTemplate"), spec.get("podTemplate")?))
            });
            own.map(|own| ("spec.taskRunTemplate.podTemplate".to_owned(), own)).into_iter().chain(of_tasks).collect()
        }
        Kind::TaskRun => {
            object.pointer("/spec/podTemplate").map(|own| ("spec.podTemplate".to_owned(), own)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let of_steps = wrong_step(kind, object);
    of_steps.or_else(|| {
        templates.into_iter().find_map(|(path, template)| {
            let wrong = <PodSpec as serde::Deserialize>::deserialize(template).err()?;
            Some(format!("{path}: {wrong}; the API server refuses it"))
        })
    })
}

/// The same of the security contexts of steps that a run brings along.
fn wrong_step(kind: Kind, object: &Value) -> Option<String> {
    let specs: Vec<&Value> = match kind {
        Kind::PipelineRun => ["tasks", "finally"]
            .iter()
            .filter_map(|list| object.pointer(&format!("/spec/pipelineSpec/{list}"))?.as_array())
            .flatten()
            .filter_map(|task| task.get("taskSpec"))
            .collect(),
        Kind::TaskRun => object.pointer("/spec/taskSpec").into_iter().collect(),
        _ => Vec::new(),
    };
    let lists = specs.into_iter().flat_map(|spec| ["steps", "sidecars"].map(|list| (list, spec.get(list))));
    lists.filter_map(|(list, steps)| Some((list, steps?.as_array()?))).find_map(|(list, steps)| {
        steps.iter().find_map(|step| {
            let context = step.get("securityContext")?;
            let wrong = <ContainerSecurityContext as serde::Deserialize>::deserialize(context).err()?;
            let name = step.get("name").and_then(Value::as_str).unwrap_or_default();
            Some(format!("{list}[{name}].securityContext: {wrong}; the API server refuses it"))
        })
    })
}
