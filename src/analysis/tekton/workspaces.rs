//! Which workspaces of a run a task gets, and the volumes that they become.
//!
//! Mirrors tektoncd/pipeline `getTaskrunWorkspaces` and `propagateWorkspaces`
//! (`pkg/reconciler/pipelinerun/pipelinerun.go`), `pkg/workspace/apply.go` and
//! `pkg/reconciler/volumeclaim/pvchandler.go` (v0.68.1 to v1.15.0).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::assistant::{self, Coschedule};
use crate::model::cluster::find;
use crate::model::run::PipelineRun;
use crate::model::volume::{Claim, ClaimSource, Volume, VolumeSource};
use crate::model::{Cluster, ObjectMeta};

/// A task's use of a workspace of the run: `(task's name for it, run's name for it)`,
/// those that an embedded task uses without declaring them last.
pub fn used(task: &Value) -> Vec<(String, String)> {
    let mut used: Vec<(String, String)> = Vec::new();
    for usage in task.get("workspaces").and_then(Value::as_array).into_iter().flatten() {
        let Some(own) = usage.get("name").and_then(Value::as_str) else { continue };
        // An omitted `workspace` means the pipeline's workspace of that name.
        let of_run = usage.get("workspace").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(own);
        used.push((own.to_owned(), of_run.to_owned()));
    }
    let mut named = Vec::new();
    for part in ["steps", "sidecars", "stepTemplate"] {
        if let Some(part) = task.get("taskSpec").and_then(|spec| spec.get(part)) {
            mentioned(part, &mut named);
        }
    }
    for name in named {
        if !used.iter().any(|(own, _)| *own == name) {
            used.push((name.clone(), name));
        }
    }
    used
}

/// Names in `$(workspaces.NAME.path)` and the like.
fn mentioned(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            for (at, opening) in text.match_indices("$(workspaces.") {
                let rest = &text[at + opening.len()..];
                let name: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| mentioned(field, names)),
        _ => {}
    }
}

/// The run's binding of a workspace.
fn binding<'r>(run: &'r PipelineRun, workspace: &str) -> Option<&'r Value> {
    let bindings = run.spec_at("/workspaces")?.as_array()?;
    bindings.iter().find(|binding| binding.get("name").and_then(Value::as_str) == Some(workspace))
}

fn given<'v>(binding: &'v Value, field: &str) -> Option<&'v Value> {
    binding.get(field).filter(|value| !value.is_null())
}

/// Name of the claim behind a workspace, whether the run names it or has it made.
pub fn claim_name(run: &PipelineRun, workspace: &str, mode: Coschedule) -> Option<String> {
    let binding = binding(run, workspace)?;
    if let Some(claim) = given(binding, "persistentVolumeClaim") {
        return claim.get("claimName")?.as_str().map(str::to_owned);
    }
    let template = given(binding, "volumeClaimTemplate")?;
    let base = template.pointer("/metadata/name").and_then(Value::as_str).filter(|name| !name.is_empty());
    // A run that does not exist yet has no UID; its name keeps the claims apart.
    let owner = if run.metadata.uid.is_empty() { &run.metadata.name } else { &run.metadata.uid };
    let digest = Sha256::digest(format!("{workspace}{owner}").as_bytes());
    let hash: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{}-{hash}", base.unwrap_or("pvc"));
    Some(if mode.is_per_run() { format!("{name}-{}-0", assistant::name("", &run.metadata.name)) } else { name })
}

/// The claims that the run has made for itself and that do not exist yet, as they
/// would be stored: with the class that the server fills in.
pub fn claims_to_be_made(cluster: &Cluster, run: &PipelineRun, mode: Coschedule) -> Vec<Claim> {
    let bindings = run.spec_at("/workspaces").and_then(Value::as_array);
    let templates = bindings.into_iter().flatten().filter_map(|binding| {
        let name = claim_name(run, binding.get("name")?.as_str()?, mode)?;
        Some((name, given(binding, "volumeClaimTemplate")?))
    });
    templates
        .filter(|(name, _)| find(&cluster.claims, &run.metadata.namespace, name).is_none())
        .map(|(name, template)| {
            let mut claim: Claim = serde_json::from_value(template.clone()).unwrap_or_default();
            claim.metadata = ObjectMeta { name, namespace: run.metadata.namespace.clone(), ..ObjectMeta::default() };
            claim.status.phase = "Pending".to_owned();
            claim.spec.storage_class_name = claim.spec.storage_class_name.or_else(|| default_class(cluster));
            claim
        })
        .collect()
}

/// The class of claims that name none: the newest of those marked
/// (`DefaultStorageClass` admission, `pkg/volume/util/storageclass.go`).
pub fn default_class(cluster: &Cluster) -> Option<String> {
    let marked = cluster.storage_classes.iter().filter(|class| {
        let is_set = |key: &str| class.metadata.annotation(key) == Some("true");
        is_set("storageclass.kubernetes.io/is-default-class")
            || is_set("storageclass.beta.kubernetes.io/is-default-class")
    });
    let newest = marked.max_by(|a, b| {
        let by_age = a.metadata.creation_timestamp.cmp(&b.metadata.creation_timestamp);
        by_age.then_with(|| b.metadata.name.cmp(&a.metadata.name))
    });
    newest.map(|class| class.metadata.name.clone())
}

/// The volumes of a task's workspaces; one claim in two workspaces is one volume.
pub fn volumes(run: &PipelineRun, task: &Value, mode: Coschedule) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    for (own, of_run) in used(task) {
        let Some(binding) = binding(run, &of_run) else { continue };
        let source = match claim_name(run, &of_run, mode) {
            Some(claim_name) => {
                let read_only = binding.pointer("/persistentVolumeClaim/readOnly").and_then(Value::as_bool);
                VolumeSource::PersistentVolumeClaim(ClaimSource { claim_name, read_only: read_only.unwrap_or(false) })
            }
            None => match source(binding) {
                Some(source) => source,
                None => continue,
            },
        };
        let is_same_claim = |volume: &Volume| match (&volume.source, &source) {
            (VolumeSource::PersistentVolumeClaim(known), VolumeSource::PersistentVolumeClaim(new)) => {
                known.claim_name == new.claim_name
            }
            _ => false,
        };
        if !volumes.iter().any(is_same_claim) {
            volumes.push(Volume { name: format!("ws-{own}"), source });
        }
    }
    volumes
}

/// A binding to anything but a claim, read as a pod's volume.
fn source(binding: &Value) -> Option<VolumeSource> {
    const SOURCES: [&str; 5] = ["emptyDir", "configMap", "secret", "projected", "csi"];
    let (field, content) = SOURCES.iter().find_map(|field| Some((*field, given(binding, field)?)))?;
    let volume: Volume = serde_json::from_value(serde_json::json!({ "name": "ws", field: content })).ok()?;
    Some(volume.source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run() -> PipelineRun {
        let mut run = PipelineRun {
            spec: json!({ "workspaces": [
                { "name": "src", "persistentVolumeClaim": { "claimName": "data" } },
                { "name": "again", "persistentVolumeClaim": { "claimName": "data" }, "subPath": "x" },
                { "name": "new", "volumeClaimTemplate": { "spec": { "accessModes": ["ReadWriteOnce"] } } },
                { "name": "cfg", "configMap": { "name": "settings" } }] }),
            ..PipelineRun::default()
        };
        run.metadata.name = "r".to_owned();
        run.metadata.namespace = "ci".to_owned();
        run
    }

    #[test]
    fn embedded_tasks_get_what_they_mention() {
        let task = json!({ "workspaces": [{ "name": "a", "workspace": "src" }, { "name": "cfg" }],
            "taskSpec": { "steps": [{ "script": "cd $(workspaces.new.path) && $(workspaces.a.path)" }] } });
        let names: Vec<(String, String)> = used(&task);
        let texts: Vec<String> = names.iter().map(|(own, of_run)| format!("{own}={of_run}")).collect();
        assert_eq!(texts, ["a=src", "cfg=cfg", "new=new"]);
    }

    #[test]
    fn one_claim_is_one_volume_and_new_claims_have_names_of_their_own() {
        let task =
            json!({ "workspaces": [{ "name": "src" }, { "name": "again" }, { "name": "new" }, { "name": "cfg" }] });
        let volumes = volumes(&run(), &task, Coschedule::Workspaces);
        let kinds: Vec<&str> = volumes.iter().map(|volume| volume.source.field_name()).collect();
        assert_eq!(kinds, ["persistentVolumeClaim", "persistentVolumeClaim", "configMap"]);
        let per_run = claim_name(&run(), "new", Coschedule::PipelineRuns).unwrap();
        assert!(per_run.starts_with("pvc-") && per_run.ends_with("-0"), "{per_run}");
        let mut old = run();
        old.metadata.uid = "8f0e".to_owned();
        assert_ne!(claim_name(&run(), "new", Coschedule::Workspaces), claim_name(&old, "new", Coschedule::Workspaces));
    }

    #[test]
    fn a_claim_to_be_made_has_the_default_class() {
        let mut cluster = Cluster::default();
        let class = json!({ "metadata": { "name": "fast",
            "annotations": { "storageclass.kubernetes.io/is-default-class": "true" } }, "provisioner": "p" });
        cluster.storage_classes.push(serde_json::from_value(class).unwrap());
        let claims = claims_to_be_made(&cluster, &run(), Coschedule::Workspaces);
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].spec.storage_class_name.as_deref(), Some("fast"));
        cluster.claims = claims.into();
        assert!(claims_to_be_made(&cluster, &run(), Coschedule::Workspaces).is_empty());
    }
}
