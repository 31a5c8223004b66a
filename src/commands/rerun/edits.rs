//! What the flags ask to be changed.

use serde_json::{Value, json};

use crate::checks::focus::Focus;
use crate::cli::CommandError;
use crate::model::run::PipelineRun;
use crate::repairs;
use crate::repairs::resubmission::Edit;

use super::{Args, Part};
use crate::commands::choice::Chosen;

/// The changes in the order in which they are made; the node to pin to comes later.
pub(super) fn of(chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<Vec<Edit>, CommandError> {
    let mut edits = Vec::new();
    for part in &args.drop {
        edits.push(match part {
            Part::RunAsUser => Edit::DropSecurityField("runAsUser"),
            Part::FsGroup => Edit::DropSecurityField("fsGroup"),
            Part::SecurityContext => Edit::DropSecurityContext,
            Part::NodeSelector => Edit::DropNodeSelection,
            Part::TaskPlacement => Edit::DropTaskPlacement,
        });
    }
    if args.drop_security_context {
        edits.push(Edit::DropSecurityContext);
    }
    if args.correct_pod_template {
        let applied: Option<Value> = old
            .metadata
            .annotation("kubectl.kubernetes.io/last-applied-configuration")
            .and_then(|text| serde_json::from_str(text).ok());
        let template = applied.and_then(|applied| applied.pointer("/spec/podTemplate").cloned()).ok_or_else(|| {
            CommandError::usage("the run does not tell of a misplaced pod template: it has no last-applied-configuration with spec.podTemplate")
        })?;
        edits.push(Edit::PodTemplate(template));
    }
    if let Some(group) = &args.fs_group {
        edits.push(Edit::FsGroup(fs_group(chosen, group)?));
    }
    if args.security_context_to_tasks {
        edits.push(Edit::SecurityContextToTasks);
    }
    if let Some(task) = &args.placement_of {
        edits.push(Edit::PlacementOf(task.clone()));
    }
    for pair in &args.node_selector {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::usage(format!("--node-selector {pair:?}: expected KEY=VALUE")))?;
        edits.push(Edit::NodeSelector(key.to_owned(), value.to_owned()));
    }
    for text in &args.toleration {
        edits.push(Edit::Toleration(toleration(text)?));
    }
    if let Some(name) = &args.service_account {
        edits.push(Edit::ServiceAccount(name.clone()));
    }
    for binding in &args.workspace {
        match binding.split_once('=') {
            Some((name, "emptyDir")) => edits.push(Edit::EmptyDir(name.to_owned())),
            _ => return Err(CommandError::usage(format!("--workspace {binding:?}: expected NAME=emptyDir"))),
        }
    }
    Ok(edits)
}

fn fs_group(chosen: &Chosen, text: &str) -> Result<i64, CommandError> {
    if text != "namespace" {
        return text
            .parse()
            .map_err(|_| CommandError::usage(format!("--fs-group {text:?}: expected a group id or `namespace`")));
    }
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    repairs::block_start(&focus).ok_or_else(|| {
        CommandError::incomplete(format!("the group block of namespace {} is not known", chosen.namespace)).hint(
            "the Namespace object with its annotation openshift.io/sa.scc.supplemental-groups was not read; pass the number",
        )
    })
}

fn toleration(text: &str) -> Result<Value, CommandError> {
    let bad = || {
        CommandError::usage(format!(
            "--toleration {text:?}: expected KEY[=VALUE]:EFFECT, for example nvidia.com/gpu=true:NoSchedule"
        ))
    };
    let (taint, effect) = text.rsplit_once(':').ok_or_else(bad)?;
    if !matches!(effect, "NoSchedule" | "NoExecute" | "PreferNoSchedule") {
        return Err(bad());
    }
    Ok(match taint.split_once('=') {
        Some((key, value)) => json!({ "key": key, "operator": "Equal", "value": value, "effect": effect }),
        None => json!({ "key": taint, "operator": "Exists", "effect": effect }),
    })
}
