//! What the flags ask to be changed.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::analysis::tekton::params::{self, Given};
use crate::analysis::tekton::{Coschedule, workspaces};
use crate::checks::focus::Focus;
use crate::cli::CommandError;
use crate::cli::args::duration;
use crate::model::run::PipelineRun;
use crate::model::volume::Claim;
use crate::model::{Kind, Quantity};
use crate::ops::edit::claim_template;
use crate::ops::{self, Edit};
use crate::repairs;
use crate::yaml;

use super::Args;
use crate::commands::choice::Chosen;

/// The changes in the order in which they are made; the node to pin to comes later.
pub(super) fn of(chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<Vec<Edit>, CommandError> {
    let mut edits = Vec::new();
    edits.extend(args.drop.iter().map(|part| part.edit()));
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
        edits.push(Edit::PodTemplate { fields: template });
    }
    if let Some(group) = &args.fs_group {
        edits.push(fs_group(chosen, group)?);
    }
    if let Some(user) = args.run_as_user {
        edits.push(Edit::RunAsUser { user });
    }
    if let Some(file) = &args.pod_template {
        edits.push(Edit::MergeTemplate { fields: pod_template(file)? });
    }
    if args.security_context_to_tasks {
        edits.push(Edit::SecurityContextToTasks);
    }
    if let Some(task) = &args.placement_of {
        edits.push(Edit::PlacementOf { task: task.clone() });
    }
    for pair in &args.node_selector {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::usage(format!("--node-selector {pair:?}: expected KEY=VALUE")))?;
        edits.push(Edit::NodeSelector { key: key.to_owned(), value: value.to_owned() });
    }
    for text in &args.toleration {
        edits.push(Edit::Toleration { toleration: toleration(text)? });
    }
    if let Some(name) = &args.service_account {
        edits.push(Edit::ServiceAccount { name: name.clone() });
    }
    for pair in &args.task_service_account {
        let (task, name) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::usage(format!("--task-service-account {pair:?}: expected TASK=NAME")))?;
        edits.push(Edit::TaskServiceAccount { task: task.to_owned(), name: name.to_owned() });
    }
    if args.keep_volumes {
        edits.extend(kept_volumes(chosen, old, None)?);
    }
    for text in &args.workspace {
        edits.push(workspace(text)?);
    }
    for text in &args.request {
        edits.push(request(text)?);
    }
    for text in &args.param {
        let edit = param(old, text)?;
        if let Edit::Param { name, .. } = &edit
            && let Given::Ignored(known) = params::given(&chosen.cluster, old, name)
        {
            let error =
                CommandError::incomplete(format!("the pipeline has no parameter {name:?}: Tekton would ignore it"));
            return Err(match known.as_slice() {
                [] => error.hint("it declares none"),
                known => error.known("parameters", name, known.iter().map(String::as_str)),
            });
        }
        edits.push(edit);
    }
    if let Some(text) = &args.timeout {
        // Tekton reads it as Go does; seconds without a unit are not a duration there.
        let seconds = duration("--timeout", text)?.as_secs();
        let is_bare = text.chars().all(|c| c.is_ascii_digit());
        edits.push(Edit::Timeout { timeout: if is_bare { format!("{seconds}s") } else { text.clone() } });
    }
    Ok(edits)
}

/// That the run has the tasks and workspaces of which edits speak, as far as they are known.
pub(super) fn exist(edits: &[Edit], old: &PipelineRun) -> Result<(), CommandError> {
    let tasks: Vec<&str> = old.task_names().collect();
    let bindings = old.spec_at("/workspaces").and_then(Value::as_array);
    let workspaces: Vec<&str> = bindings.into_iter().flatten().filter_map(|binding| binding["name"].as_str()).collect();
    for edit in edits {
        let (what, name, known) = match edit {
            Edit::Request { task, .. } | Edit::TaskServiceAccount { task, .. } if !tasks.is_empty() => {
                ("task", task, &tasks)
            }
            Edit::Workspace { name, .. } => ("workspace", name, &workspaces),
            _ => continue,
        };
        if !known.contains(&name.as_str()) {
            let error = CommandError::incomplete(format!("the run has no {what} {name:?}"));
            return Err(error.known(&format!("{what}s"), name, known.iter().copied()));
        }
    }
    Ok(())
}

/// That no edit takes back what another does.
pub(super) fn agree(edits: &[Edit]) -> Result<(), CommandError> {
    let Some((one, other)) = ops::contradiction(edits) else { return Ok(()) };
    let words = |edit: &Edit| ops::flags(edit).join(" ");
    Err(CommandError::usage(format!("{} and {} contradict each other", words(one), words(other)))
        .hint("leave one of them out"))
}

/// `NAME=VALUE`; a list or an object is JSON, or for a list values with commas between them,
/// as `tkn pipeline start -p` takes them.
fn param(old: &PipelineRun, text: &str) -> Result<Edit, CommandError> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| CommandError::usage(format!("--param {text:?}: expected NAME=VALUE")))?;
    let params = old.spec.get("params").and_then(Value::as_array);
    let known = params.into_iter().flatten().find(|param| param["name"] == name).map(|param| &param["value"]);
    let value = match (known, serde_json::from_str::<Value>(value)) {
        (Some(Value::String(_)), _) => Value::from(value),
        (Some(Value::Array(_)), Ok(list @ Value::Array(_))) => list,
        (Some(Value::Array(_)), _) => value.split(',').collect(),
        (_, Ok(whole @ (Value::Array(_) | Value::Object(_)))) => whole,
        _ => Value::from(value),
    };
    Ok(Edit::Param { name: name.to_owned(), value })
}

/// The pod template in a YAML or JSON file, whole or below `podTemplate`.
fn pod_template(file: &Path) -> Result<Value, CommandError> {
    let text = fs::read_to_string(file)
        .map_err(|error| CommandError::unreadable(format!("{} cannot be read: {error}", file.display())))?;
    let documents = yaml::read_documents(&text)
        .map_err(|error| CommandError::unreadable(format!("{} is not valid YAML: {error}", file.display())))?;
    let bad = || {
        CommandError::usage(format!("{} does not hold one pod template", file.display()))
            .hint("expected fields such as nodeSelector, tolerations and securityContext")
    };
    let [(_, document)] = documents.as_slice() else { return Err(bad()) };
    let fields = document.get("podTemplate").unwrap_or(document);
    if fields.is_object() && fields.get("kind").is_none() { Ok(fields.clone()) } else { Err(bad()) }
}

/// The claims that the run has made for itself, in place of templates for new ones. Tekton
/// names them by a hash of workspace and run; the names are cut since 1.13
/// (tektoncd/pipeline pkg/reconciler/volumeclaim/pvchandler.go).
///
/// # Errors
/// When one of them is lost, or there is none. With `only`, of these workspaces alone.
pub(super) fn kept_volumes(
    chosen: &Chosen,
    old: &PipelineRun,
    only: Option<&[&str]>,
) -> Result<Vec<Edit>, CommandError> {
    let focus = Focus::new(&chosen.cluster, old, chosen.now());
    let mode = focus.coschedule().unwrap_or(Coschedule::Workspaces);
    let bindings = old.spec_at("/workspaces").and_then(Value::as_array);
    let templates = bindings.into_iter().flatten().filter(|binding| binding["volumeClaimTemplate"].is_object());
    let mut edits = Vec::new();
    for (binding, workspace) in templates.filter_map(|binding| Some((binding, binding["name"].as_str()?))) {
        if only.is_some_and(|only| !only.contains(&workspace)) {
            continue;
        }
        let lost = |why: String| {
            CommandError::incomplete(format!("the volume of workspace {workspace} cannot be kept: {why}"))
                .hint("without --keep-volumes the new run gets a new, empty volume")
        };
        let name = workspaces::claim_name(old, workspace, mode).unwrap_or_default();
        let hash = name.rsplit('-').next().unwrap_or_default();
        let owns = |claim: &Claim| claim.metadata.owner_references.iter().any(|owner| owner.uid == old.metadata.uid);
        let mut claims = chosen.cluster.claims.iter().filter(|claim| claim.metadata.namespace == chosen.namespace);
        let is_it = |claim: &&Claim| {
            claim.metadata.name == name || (owns(claim) && !hash.is_empty() && claim.metadata.name.ends_with(hash))
        };
        let Some(claim) = claims.find(is_it) else {
            let read = chosen.cluster.coverage.proves_absence(Kind::Claim, &chosen.namespace);
            return Err(lost(if read {
                format!("claim {name} does not exist")
            } else {
                "claims were not read".to_owned()
            }));
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return Err(lost(format!("claim {} is being deleted", claim.metadata.name)));
        }
        let goes = old.metadata.annotation("tekton.dev/auto-cleanup-pvc") == Some("true") || mode.is_per_run();
        if goes && !old.is_done() {
            return Err(lost(format!("claim {} goes when the old run ends", claim.metadata.name)));
        }
        let mut kept = json!({ "persistentVolumeClaim": { "claimName": claim.metadata.name } });
        if let Some(path) = binding.get("subPath").filter(|path| !path.is_null()) {
            kept["subPath"] = path.clone();
        }
        edits.push(Edit::Workspace { name: workspace.to_owned(), binding: kept });
    }
    if edits.is_empty() {
        return Err(CommandError::usage("--keep-volumes: the run has made no volume for itself")
            .hint("no workspace of it has a volumeClaimTemplate"));
    }
    Ok(edits)
}

/// A binding as `tkn pipeline start -w` takes it, or `NAME=emptyDir`.
fn workspace(text: &str) -> Result<Edit, CommandError> {
    const EXPECTED: &str = "expected NAME=emptyDir, or name=NAME with emptyDir=, with claimName=CLAIM[,subPath=DIR], or with size=SIZE[,storageClass=CLASS][,accessMode=MODE]";
    let bad = |what: String| CommandError::usage(format!("--workspace {text:?}: {what}")).hint(EXPECTED);
    if let Some((name, "emptyDir")) = text.split_once('=').filter(|(name, _)| *name != "name") {
        return Ok(Edit::Workspace { name: name.to_owned(), binding: json!({ "emptyDir": {} }) });
    }
    let (mut name, mut sources, mut sub_path) = (None, Vec::new(), None);
    let (mut size, mut class, mut mode) = (None, None, "ReadWriteOnce");
    for part in text.split(',') {
        let (key, value) = part.split_once('=').ok_or_else(|| bad(format!("{part:?} has no `=`")))?;
        match key {
            "name" => name = Some(value),
            "emptyDir" => sources.push(json!({ "emptyDir": {} })),
            "claimName" => sources.push(json!({ "persistentVolumeClaim": { "claimName": value } })),
            "subPath" => sub_path = Some(value),
            "size" => size = Some(value),
            "storageClass" => class = Some(value),
            "accessMode" => mode = value,
            other => return Err(bad(format!("{other:?} is not part of a binding"))),
        }
    }
    if let Some(size) = size {
        if size.parse::<Quantity>().is_err() {
            return Err(bad(format!("{size:?} is not a quantity")));
        }
        sources.push(claim_template(size, class, mode));
    }
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| bad("it names no workspace".to_owned()))?;
    let [source] = sources.as_mut_slice() else { return Err(bad(format!("{} sources", sources.len()))) };
    if let Some(path) = sub_path {
        source["subPath"] = Value::from(path);
    }
    Ok(Edit::Workspace { name: name.to_owned(), binding: source.take() })
}

/// `TASK:RESOURCE=QUANTITY` or `TASK/STEP:RESOURCE=QUANTITY`.
fn request(text: &str) -> Result<Edit, CommandError> {
    let bad = || {
        CommandError::usage(format!("--request {text:?}: expected TASK[/STEP]:RESOURCE=QUANTITY"))
            .hint("for example --request build/compile:cpu=2")
    };
    let (owner, amount) = text.split_once(':').ok_or_else(bad)?;
    let (resource, quantity) = amount.split_once('=').ok_or_else(bad)?;
    let (task, step) = match owner.split_once('/') {
        Some((task, step)) => (task, Some(step.to_owned())),
        None => (owner, None),
    };
    if task.is_empty() || resource.is_empty() || quantity.parse::<Quantity>().is_err() {
        return Err(bad());
    }
    let (task, resource, quantity) = (task.to_owned(), resource.to_owned(), quantity.to_owned());
    Ok(Edit::Request { task, step, resource, quantity })
}

fn fs_group(chosen: &Chosen, text: &str) -> Result<Edit, CommandError> {
    if text != "namespace" {
        return text
            .parse()
            .map(|group| Edit::FsGroup { group, of_namespace: false })
            .map_err(|_| CommandError::usage(format!("--fs-group {text:?}: expected a group id or `namespace`")));
    }
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let start = repairs::block_start(&focus).map(|group| Edit::FsGroup { group, of_namespace: true });
    start.ok_or_else(|| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_read_as_tkn_reads_them() {
        let bound = |binding: Value| Edit::Workspace { name: "w".to_owned(), binding };
        let empty = bound(json!({ "emptyDir": {} }));
        assert_eq!(workspace("w=emptyDir"), Ok(empty.clone()));
        assert_eq!(workspace("name=w,emptyDir="), Ok(empty));
        assert_eq!(
            workspace("name=w,claimName=c,subPath=d"),
            Ok(bound(json!({ "persistentVolumeClaim": { "claimName": "c" }, "subPath": "d" })))
        );
        let Ok(Edit::Workspace { binding: made, .. }) = workspace("name=w,size=5Gi,storageClass=fast") else {
            panic!()
        };
        assert_eq!(made["volumeClaimTemplate"]["spec"]["storageClassName"], "fast");
        assert_eq!(made["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"], "5Gi");
        for text in
            ["w", "w=pvc", "name=w", "name=w,emptyDir=,claimName=c", "name=w,size=big", "emptyDir=", "name=w,x=y"]
        {
            assert!(workspace(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_keep_the_type_that_they_have() {
        let run = json!({ "metadata": { "name": "r" }, "spec": { "params": [
            { "name": "text", "value": "a" }, { "name": "list", "value": ["a"] }] } });
        let run: PipelineRun = serde_json::from_value(run).unwrap();
        let value = |text: &str| match param(&run, text) {
            Ok(Edit::Param { value, .. }) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!(value("text=[1]"), json!("[1]"));
        assert_eq!(value("text=a=b"), json!("a=b"));
        assert_eq!(value("list=a,b"), json!(["a", "b"]));
        assert_eq!(value(r#"list=["a,b"]"#), json!(["a,b"]));
        assert_eq!(value(r#"new={"a":"b"}"#), json!({ "a": "b" }));
        assert_eq!(value("new=1"), json!("1"));
        assert!(param(&run, "=x").is_err() && param(&run, "x").is_err());
    }

    #[test]
    fn requests_name_task_step_resource_and_amount() {
        let ask = |task: &str, step: Option<&str>, resource: &str, quantity: &str| Edit::Request {
            task: task.to_owned(),
            step: step.map(str::to_owned),
            resource: resource.to_owned(),
            quantity: quantity.to_owned(),
        };
        assert_eq!(request("build:cpu=2"), Ok(ask("build", None, "cpu", "2")));
        assert_eq!(request("fit/main:nvidia.com/gpu=1"), Ok(ask("fit", Some("main"), "nvidia.com/gpu", "1")));
        for text in ["build", "build:cpu", ":cpu=1", "build:cpu=much", "build:=1"] {
            assert!(request(text).is_err(), "{text}");
        }
    }
}
