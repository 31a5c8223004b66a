//! The flags in force, by the three places that tell of them: the ConfigMap, the
//! operator's TektonConfig, and what recent runs were reconciled with.

use crate::finding::{About, Cause};
use serde_json::Value;

use crate::analysis::tekton::flags::{CONFIG_MAP, COSCHEDULE, DISABLE_ASSISTANT, of_operator};
use crate::analysis::tekton::{Coschedule, Installation, TektonVersion};
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};

use super::{Flag, Note, Preflight};

/// Reads all places; returns the mode in force.
pub(super) fn judge(cluster: &Cluster, installation: &Installation<'_>, found: &mut Preflight) -> Option<Coschedule> {
    let version = installation.tekton();
    let is_read = |key: &str| {
        version.is_none_or(|version| match key {
            COSCHEDULE => version.reads_coschedule(),
            _ => version.reads_disable_affinity_assistant(),
        })
    };
    let mut mode = None;
    match (installation.feature_flags, version) {
        (Some(map), version) => {
            for key in [COSCHEDULE, DISABLE_ASSISTANT] {
                if let Some(value) = map.data.get(key) {
                    let source = About::Object { kind: Kind::ConfigMap, name: CONFIG_MAP.to_owned() };
                    found.flags.push(Flag { source, key: key.to_owned(), value: value.clone(), read: is_read(key) });
                }
            }
            if let Some(version) = version {
                mode = of_config_map(installation, version, found);
            }
        }
        (None, _) => found.cannot_tell.push(
            "the flags: ConfigMap feature-flags was not read; it needs get on configmaps in Tekton's namespace"
                .to_owned(),
        ),
    }
    operator(cluster, version, found, &is_read);
    witness(cluster, found, mode)
}

fn of_config_map(installation: &Installation<'_>, version: TektonVersion, found: &mut Preflight) -> Option<Coschedule> {
    let flags = installation.assistant_flags()?;
    let mode = match flags.mode {
        Ok(mode) => Some(mode),
        Err(invalid) => {
            let text = format!(
                "{}: {:?} is rejected by the controller ({}); it keeps the configuration it had before, and after a restart it does not start",
                invalid.key, invalid.value, invalid.error
            );
            found.notes.push(Note::new(Cause::InvalidFlagValueIgnored, "error", text));
            None
        }
    };
    if let Some(value) = flags.dead_key {
        let on = mode.is_some_and(|mode| mode != Coschedule::Disabled);
        let contradicts = on && matches!(value.to_lowercase().as_str(), "true" | "t" | "1");
        let state = match mode {
            Some(Coschedule::Disabled) => "off",
            Some(_) => "on",
            None => "in an unknown state",
        };
        let text = format!(
            "{DISABLE_ASSISTANT}: {value:?} does nothing: Tekton {version} does not read that key (removed in 1.0); coschedule decides, and the affinity assistant is {state}"
        );
        found.notes.push(Note::new(Cause::FlagsMisreadLegacyKey, if contradicts { "warning" } else { "info" }, text));
    }
    if let Some(mode) = mode {
        found.notes.push(Note::new(Cause::FlagInForce, "info", meaning(mode, version)));
    }
    mode
}

fn meaning(mode: Coschedule, version: TektonVersion) -> String {
    let account = if version.assistant_has_service_account() {
        "the run's ServiceAccount"
    } else {
        "ServiceAccount default, whatever the run's is"
    };
    let context = if version.assistant_has_security_context() {
        "with the run's pod securityContext"
    } else {
        "without the run's pod securityContext"
    };
    let what = match mode {
        Coschedule::Disabled => {
            return "the affinity assistant is off: pods of a run may land on different nodes".to_owned();
        }
        Coschedule::Workspaces => "one for each claim of a run, and every pod that uses the claim must run on its node",
        Coschedule::PipelineRuns => "one for each run, all its pods on one node",
        Coschedule::IsolatePipelineRun => "one for each run, and no two runs on one node",
    };
    format!("the affinity assistant is on: {what}; its pod runs as {account}, {context}")
}

/// What the operator holds. It writes the ConfigMap only when its own object changes
/// or at its upgrade (tektoncd/operator
/// pkg/reconciler/kubernetes/tektoninstallerset/install.go), so an edit of the map
/// works, and is lost later.
fn operator(cluster: &Cluster, version: Option<TektonVersion>, found: &mut Preflight, is_read: &impl Fn(&str) -> bool) {
    let Some(config) = cluster.tekton_configs.first() else { return };
    let source = About::Object { kind: Kind::TektonConfig, name: config.metadata.name.clone() };
    let own = |key: &str| of_operator(config, key);
    for key in [COSCHEDULE, DISABLE_ASSISTANT] {
        let Some(value) = own(key) else { continue };
        let in_map = found.flags.iter().find(|flag| flag.key == key && flag.source.is_object(Kind::ConfigMap));
        if let Some(in_map) = in_map.filter(|flag| !flag.value.eq_ignore_ascii_case(&value)) {
            let text = format!(
                "{CONFIG_MAP} has {key}: {:?}, {source} has {value:?}: the ConfigMap was edited by hand; that works until the operator is upgraded or its object changes, so set spec.pipeline.{key} of TektonConfig",
                in_map.value
            );
            found.notes.push(Note::new(Cause::EditedConfigMap, "warning", text));
        }
        found.flags.push(Flag { source: source.clone(), key: key.to_owned(), value, read: is_read(key) });
    }
    let edited = found.flags.iter().any(|flag| {
        flag.key == COSCHEDULE
            && flag.source.is_object(Kind::ConfigMap)
            && !flag.value.eq_ignore_ascii_case("workspaces")
    });
    if own(COSCHEDULE).is_none() && edited {
        let text = format!(
            "coschedule was set in the ConfigMap, {source} does not hold it: the operator's next upgrade sets it back to its default; the lasting place is spec.pipeline.coschedule of TektonConfig"
        );
        found.notes.push(Note::new(Cause::EditedConfigMap, "warning", text));
    }
    let dead = own(DISABLE_ASSISTANT).zip(version.filter(|version| !version.reads_disable_affinity_assistant()));
    if let Some((value, version)) = dead {
        let text = format!(
            "{source} sets {DISABLE_ASSISTANT}: {value}, which Tekton {version} does not read; the lasting place for the decision is spec.pipeline.coschedule of TektonConfig, edits of the ConfigMap are lost at the next upgrade of the operator"
        );
        found.notes.push(Note::new(Cause::OperatorSetsDeadKey, "info", text));
    }
}

/// What the newest run was reconciled with, which everybody may read who may read
/// runs.
fn witness(cluster: &Cluster, found: &mut Preflight, mode: Option<Coschedule>) -> Option<Coschedule> {
    let dated = |run: &&PipelineRun| run.status.provenance.as_ref().is_some_and(|p| p.flag(COSCHEDULE).is_some());
    let newest = cluster.pipeline_runs.iter().filter(dated).max_by_key(|run| run.metadata.creation_timestamp);
    let Some(run) = newest else { return mode };
    let provenance = run.status.provenance.as_ref()?;
    let value = provenance.flag(COSCHEDULE)?.as_str()?.to_owned();
    let off = provenance.flag("disableAffinityAssistant").and_then(Value::as_bool) == Some(true);
    let witnessed = match Coschedule::parse(&value) {
        // With the old key on, `workspaces` means off.
        Some(Coschedule::Workspaces) if off => Some(Coschedule::Disabled),
        other => other,
    };
    let source = About::Object { kind: Kind::PipelineRun, name: run.metadata.name.clone() };
    found.flags.push(Flag { source: source.clone(), key: COSCHEDULE.to_owned(), value: value.clone(), read: true });
    match (mode, witnessed) {
        (None, Some(witnessed)) => {
            let text =
                format!("coschedule was {} when {source} was reconciled, by its status.provenance", witnessed.as_str());
            found.notes.push(Note::new(Cause::FlagInForce, "info", text));
        }
        (Some(mode), Some(witnessed)) if mode != witnessed => {
            let text = format!(
                "the ConfigMap means {}, {source} was last reconciled with {}: the flag was changed since, or the controller has not taken it; a run keeps the assistants it began with",
                mode.as_str(),
                witnessed.as_str()
            );
            found.notes.push(Note::new(Cause::FlagNotInForceYet, "info", text));
        }
        _ => {}
    }
    mode.or(witnessed)
}
