//! The Tekton objects of a document: alone, in a List, in a TriggerTemplate.

use crate::documents::{Node, Path};

/// An object that is judged.
#[derive(Debug, Clone)]
pub(crate) struct Subject<'a> {
    /// The object.
    pub(crate) node: &'a Node,
    /// Where it stands in its document.
    pub(crate) path: Path,
    /// Its group.
    pub(crate) group: &'a str,
    /// Its version.
    pub(crate) version: &'a str,
    /// Its kind.
    pub(crate) kind: &'a str,
    /// Whether it is made by a trigger.
    pub(crate) is_triggered: bool,
    /// Whether it is only a part of an object: a patch.
    pub(crate) is_partial: bool,
}

/// The objects of a document, those of other groups left out.
pub(crate) fn subjects(root: &Node, is_partial: bool) -> Vec<Subject<'_>> {
    let mut found = Vec::new();
    collect(root, Path::default(), false, is_partial, 0, &mut found);
    found
}

/// The lists of objects in a TriggerTemplate's spec: both spellings are read.
pub(crate) const RESOURCE_TEMPLATES: [&str; 2] = ["resourcetemplates", "resourceTemplates"];

fn collect<'a>(
    node: &'a Node,
    path: Path,
    is_triggered: bool,
    is_partial: bool,
    depth: usize,
    found: &mut Vec<Subject<'a>>,
) {
    let (Some(api_version), Some(kind)) = (node.text_of("apiVersion"), node.text_of("kind")) else { return };
    if kind == "List" && api_version == "v1" && depth < 4 {
        for (index, item) in node.list("items").iter().enumerate() {
            collect(item.target(), path.key("items").item(index), is_triggered, is_partial, depth + 1, found);
        }
        return;
    }
    let Some((group, version)) = api_version.split_once('/') else { return };
    if !matches!(group, "tekton.dev" | "triggers.tekton.dev") {
        return;
    }
    let is_partial = is_partial || node.entry("$patch").is_some();
    found.push(Subject { node, path: path.clone(), group, version, kind, is_triggered, is_partial });
    if group == "triggers.tekton.dev" && kind == "TriggerTemplate" && depth < 4 {
        for name in RESOURCE_TEMPLATES {
            let Some(list) = node.at(&["spec", name]) else { continue };
            for (index, item) in list.items().iter().enumerate() {
                let path = path.keys(&["spec", name]).item(index);
                collect(item.target(), path, true, is_partial, depth + 1, found);
            }
        }
    }
}

impl Subject<'_> {
    /// The name of its type in the table of fields.
    pub(crate) fn type_name(&self) -> String {
        format!("{}.{}", self.version, self.kind)
    }
}
