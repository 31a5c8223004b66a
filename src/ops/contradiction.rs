//! Edits that contradict each other: one takes back what another does, or both decide the
//! same differently. Which of them wins would be a matter of their order.

use serde_json::Value;

use super::Edit;
use super::edit::HOSTNAME;

/// What an edit decides of the new run. A whole holds its parts only where both say so.
fn decides(edit: &Edit) -> Vec<String> {
    let security = |field: &str| format!("securityContext.{field}");
    match edit {
        Edit::PinNode { .. } => vec![format!("nodeSelector[{HOSTNAME}]")],
        Edit::NodeSelector { key, .. } => vec![format!("nodeSelector[{key}]")],
        Edit::FsGroup { .. } => vec![security("fsGroup")],
        Edit::RunAsUser { .. } => vec![security("runAsUser")],
        Edit::DropSecurityField { field } => vec![security(field)],
        // What is set beside it is what is there instead.
        Edit::DropSecurityContext | Edit::SecurityContextToTasks => vec!["securityContext".to_owned()],
        Edit::DropTaskPlacement | Edit::PlacementOf { .. } => vec!["placement of tasks".to_owned()],
        Edit::DropPodField { field } => vec![(*field).to_owned()],
        Edit::Param { name, .. } => vec![format!("params[{name}]")],
        Edit::Timeout { .. } => vec!["timeouts.pipeline".to_owned()],
        Edit::ServiceAccount { .. } => vec!["serviceAccountName".to_owned()],
        Edit::TaskServiceAccount { task, .. } => vec![format!("taskRunSpecs[{task}].serviceAccountName")],
        Edit::Workspace { name, .. } => vec![format!("workspaces[{name}]")],
        Edit::Request { task, step, resource, .. } => {
            vec![format!("taskRunSpecs[{task}].{}.{resource}", step.as_deref().unwrap_or_default())]
        }
        Edit::MergeTemplate { fields } => of_template(fields),
        // A toleration adds; a selection that is dropped makes room for another; what a person
        // has written, or meant at first, is laid over everything.
        Edit::Toleration { .. }
        | Edit::DropNodeSelection
        | Edit::Patch { .. }
        | Edit::OnlyTasks { .. }
        | Edit::PodTemplate { .. } => Vec::new(),
    }
}

/// The fields of a pod template, those of its selector and securityContext one by one.
fn of_template(fields: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in fields.as_object().into_iter().flatten() {
        match (key.as_str(), value.as_object()) {
            ("nodeSelector", Some(labels)) => found.extend(labels.keys().map(|label| format!("nodeSelector[{label}]"))),
            ("securityContext", Some(parts)) => found.extend(parts.keys().map(|part| format!("{key}.{part}"))),
            _ => found.push(key.clone()),
        }
    }
    found
}

/// Two edits of which only one can be meant, the first that there are.
pub fn contradiction(edits: &[Edit]) -> Option<(&Edit, &Edit)> {
    let decided: Vec<Vec<String>> = edits.iter().map(decides).collect();
    let pairs = (0..edits.len()).flat_map(|later| (0..later).map(move |earlier| (earlier, later)));
    let mut contradicting = pairs.filter(|(earlier, later)| {
        edits[*earlier] != edits[*later] && decided[*earlier].iter().any(|what| decided[*later].contains(what))
    });
    contradicting.next().map(|(earlier, later)| (&edits[earlier], &edits[later]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ops::Part;

    #[test]
    fn what_takes_back_what_another_does_is_found() {
        let group = |group| Edit::FsGroup { group, of_namespace: false };
        let label = |value: &str| Edit::NodeSelector { key: "pool".to_owned(), value: value.to_owned() };
        let pin = || Edit::PinNode { node: "a".to_owned(), hostname: "a".to_owned() };
        let host = || Edit::NodeSelector { key: HOSTNAME.to_owned(), value: "b".to_owned() };
        let param = |value: &str| Edit::Param { name: "p".to_owned(), value: json!(value) };
        let merge = |fields: Value| Edit::MergeTemplate { fields };
        for edits in [
            vec![Part::FsGroup.edit(), group(0)],
            vec![label("a"), label("b")],
            vec![pin(), host()],
            vec![param("a"), group(1), param("b")],
            vec![Part::SecurityContext.edit(), Edit::SecurityContextToTasks],
            vec![Part::TaskPlacement.edit(), Edit::PlacementOf { task: "t".to_owned() }],
            vec![group(1), merge(json!({ "securityContext": { "fsGroup": 2 } }))],
            vec![Part::Affinity.edit(), merge(json!({ "affinity": {} }))],
        ] {
            assert!(contradiction(&edits).is_some(), "{edits:?}");
        }
        for edits in [
            vec![Part::RunAsUser.edit(), group(0)],
            vec![Part::SecurityContext.edit(), group(1)],
            vec![Part::NodeSelector.edit(), pin()],
            vec![label("a"), pin(), label("a")],
            vec![merge(json!({ "securityContext": { "runAsUser": 2 } })), group(1)],
        ] {
            assert_eq!(contradiction(&edits), None);
        }
    }
}
