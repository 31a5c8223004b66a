//! The flags in force, by the three places that tell of them: the ConfigMap, the
//! operator's TektonConfig, and what recent runs were reconciled with.

use crate::finding::{About, Cause, Finding, Severity};
use serde_json::Value;

use crate::analysis::tekton::flags::{CONFIG_MAP, COSCHEDULE, DISABLE_ASSISTANT, of_operator};
use crate::analysis::tekton::{Coschedule, TektonVersion};
use crate::model::Kind;
use crate::model::run::PipelineRun;

use super::{Flag, Ground, Preflight};

/// Reads all places; returns the mode in force.
pub(super) fn judge(ground: &Ground<'_>, found: &mut Preflight) -> Option<Coschedule> {
    let version = ground.installation.tekton();
    let is_read = |key: &str| version.is_none_or(|version| is_read(version, key));
    let mut mode = None;
    match (ground.installation.feature_flags, version) {
        (Some(map), version) => {
            for key in [COSCHEDULE, DISABLE_ASSISTANT] {
                if let Some(value) = map.data.get(key) {
                    let source = About::Object { kind: Kind::ConfigMap, name: CONFIG_MAP.to_owned() };
                    found.flags.push(Flag { source, key: key.to_owned(), value: value.clone(), read: is_read(key) });
                }
            }
            if let Some(version) = version {
                mode = of_config_map(ground, version, found);
            }
        }
        (None, _) => found.cannot_tell.push(
            "the flags: ConfigMap feature-flags was not read; it needs get on configmaps in Tekton's namespace"
                .to_owned(),
        ),
    }
    operator(ground, version, found, &is_read);
    witness(ground, found, mode)
}

fn is_read(version: TektonVersion, key: &str) -> bool {
    match key {
        COSCHEDULE => version.reads_coschedule(),
        _ => version.reads_disable_affinity_assistant(),
    }
}

fn of_config_map(ground: &Ground<'_>, version: TektonVersion, found: &mut Preflight) -> Option<Coschedule> {
    let flags = ground.installation.assistant_flags()?;
    let mode = match flags.mode {
        Ok(mode) => Some(mode),
        Err(invalid) => {
            let text = format!(
                "{}: {:?} is rejected by the controller ({}); it keeps the configuration it had before, and after a restart it does not start",
                invalid.key, invalid.value, invalid.error
            );
            found.findings.push(Finding::new(Cause::InvalidFlagValueIgnored, text).evidence(ground.flag(&invalid.key)));
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
        let severity = if contradicts { Severity::Warning } else { Severity::Info };
        let dead = Finding::new(Cause::FlagsMisreadLegacyKey, text).severity(severity);
        found.findings.push(
            dead.evidence(ground.flag(DISABLE_ASSISTANT)).evidence(ground.flag(COSCHEDULE)).evidence(ground.version()),
        );
    }
    if let Some(mode) = mode {
        let deciding = [COSCHEDULE, DISABLE_ASSISTANT].into_iter().filter(|key| is_read(version, key));
        let in_force = Finding::new(Cause::FlagInForce, meaning(mode, version)).severity(Severity::Info);
        let by = deciding.filter_map(|key| ground.flag(key));
        found.findings.push(in_force.evidence(by).evidence(ground.version()));
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
fn operator(
    ground: &Ground<'_>,
    version: Option<TektonVersion>,
    found: &mut Preflight,
    is_read: &impl Fn(&str) -> bool,
) {
    let Some(config) = ground.cluster.tekton_configs.first() else { return };
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
            let edited = Finding::new(Cause::EditedConfigMap, text).severity(Severity::Warning);
            let edited = edited.evidence(ground.flag(key)).evidence(ground.operator_flag(key, Some(&value)));
            found.findings.push(edited);
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
        let edited = Finding::new(Cause::EditedConfigMap, text).severity(Severity::Warning);
        let edited = edited.evidence(ground.flag(COSCHEDULE)).evidence(ground.operator_flag(COSCHEDULE, None));
        found.findings.push(edited);
    }
    let dead = own(DISABLE_ASSISTANT).zip(version.filter(|version| !version.reads_disable_affinity_assistant()));
    if let Some((value, version)) = dead {
        let text = format!(
            "{source} sets {DISABLE_ASSISTANT}: {value}, which Tekton {version} does not read; the lasting place for the decision is spec.pipeline.coschedule of TektonConfig, edits of the ConfigMap are lost at the next upgrade of the operator"
        );
        let dead = Finding::new(Cause::OperatorSetsDeadKey, text).severity(Severity::Info);
        let set = ground.operator_flag(DISABLE_ASSISTANT, Some(&value));
        found.findings.push(dead.evidence(set).evidence(ground.version()));
    }
}

/// What the newest run was reconciled with, which everybody may read who may read
/// runs.
fn witness(ground: &Ground<'_>, found: &mut Preflight, mode: Option<Coschedule>) -> Option<Coschedule> {
    let dated = |run: &&PipelineRun| run.status.provenance.as_ref().is_some_and(|p| p.flag(COSCHEDULE).is_some());
    let newest = ground.cluster.pipeline_runs.iter().filter(dated).max_by_key(|run| run.metadata.creation_timestamp);
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
    let recorded = ground.of_run(run, "status.provenance.featureFlags.coschedule", &value);
    match (mode, witnessed) {
        (None, Some(witnessed)) => {
            let text =
                format!("coschedule was {} when {source} was reconciled, by its status.provenance", witnessed.as_str());
            let in_force = Finding::new(Cause::FlagInForce, text).severity(Severity::Info);
            found.findings.push(in_force.evidence([recorded]));
        }
        (Some(mode), Some(witnessed)) if mode != witnessed => {
            let text = format!(
                "the ConfigMap means {}, {source} was last reconciled with {}: the flag was changed since, or the controller has not taken it; a run keeps the assistants it began with",
                mode.as_str(),
                witnessed.as_str()
            );
            let lags = Finding::new(Cause::FlagNotInForceYet, text).severity(Severity::Info);
            found.findings.push(lags.evidence(ground.flag(COSCHEDULE)).evidence([recorded]));
        }
        _ => {}
    }
    mode.or(witnessed)
}
