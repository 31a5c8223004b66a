//! Repairs by Tekton's feature flags, which hold for the whole cluster.

use crate::analysis::tekton::Coschedule;
use crate::analysis::tekton::flags::{COSCHEDULE, DISABLE_ASSISTANT, SET_SECURITY_CONTEXT, assistant_flags};
use crate::checks::focus::Focus;
use crate::ops::{FlagPlace, Instruction, Op};

use super::{Plan, manual_with, submit, tekton_namespace};

/// Gives Tekton's own containers what the level `restricted` demands.
pub(crate) const SECURITY_CONTEXT: &str = SET_SECURITY_CONTEXT;

/// Where flags last: in the operator's TektonConfig, else in the ConfigMap.
pub(crate) fn place(focus: &Focus<'_>) -> FlagPlace {
    match focus.cluster.tekton_configs.first() {
        Some(config) => FlagPlace::TektonConfig { name: config.metadata.name.clone() },
        None => FlagPlace::ConfigMap { namespace: tekton_namespace(focus).to_owned() },
    }
}

/// What has to be set for a mode to be in force: versions that read both keys refuse some
/// pairs, and with them the whole map.
pub(crate) fn pairs_for(focus: &Focus<'_>, mode: Coschedule) -> Vec<(&'static str, String)> {
    let value = mode.as_str();
    let Some(version) = focus.tekton() else { return vec![(COSCHEDULE, value.to_owned())] };
    let first = match mode {
        Coschedule::Disabled if version.reads_disable_affinity_assistant() => (DISABLE_ASSISTANT, "true".to_owned()),
        _ => (COSCHEDULE, value.to_owned()),
    };
    let data = focus.installation.feature_flags.map(|map| map.data.clone()).unwrap_or_default();
    let gives = |pairs: &[(&'static str, String)]| {
        let mut data = data.clone();
        data.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        assistant_flags(&data, version).mode == Ok(mode)
    };
    let one = [first];
    if gives(&one) {
        one.to_vec()
    } else {
        vec![(DISABLE_ASSISTANT, "true".to_owned()), (COSCHEDULE, value.to_owned())]
    }
}

fn set(focus: &Focus<'_>, id: &'static str, pairs: Vec<(&'static str, String)>) -> Plan {
    // Assistants are made before a run's first TaskRun: the stuck run itself is not repaired.
    Plan::new(id, vec![Op::SetFlags { place: place(focus), pairs }, submit(focus, Vec::new(), true)])
}

/// Switches the assistant off where that is really decided.
pub(super) fn coschedule_off(focus: &Focus<'_>) -> Option<Plan> {
    let is_on = focus.coschedule() != Some(Coschedule::Disabled);
    is_on.then(|| set(focus, "coschedule-disabled", pairs_for(focus, Coschedule::Disabled)))
}

/// One assistant for each run in place of the mode in force.
pub(super) fn one_assistant_for_each_run(focus: &Focus<'_>) -> Plan {
    set(focus, "coschedule-pipelineruns", pairs_for(focus, Coschedule::PipelineRuns))
}

/// Tekton gives its own containers a restricted security context; absent where it does.
pub(super) fn security_context(focus: &Focus<'_>) -> Option<Plan> {
    let is_set = focus.installation.sets_security_context() == Some(true);
    (!is_set).then(|| set(focus, SECURITY_CONTEXT, vec![(SECURITY_CONTEXT, "true".to_owned())]))
}

/// Tekton leaves its own containers as they are; absent where it does.
pub(super) fn security_context_off(focus: &Focus<'_>) -> Option<Plan> {
    let is_set = focus.installation.sets_security_context() == Some(true);
    is_set.then(|| set(focus, "set-security-context-off", vec![(SECURITY_CONTEXT, "false".to_owned())]))
}

/// A value that Tekton knows, in place of one that it rejects.
pub(super) fn valid_flag(focus: &Focus<'_>) -> Option<Plan> {
    let namespace = focus.installation.namespace.clone()?;
    let invalid = focus.installation.assistant_flags()?.mode.err()?;
    let modes = || ["disabled", "workspaces", "pipelineruns", "isolate-pipelinerun"].to_vec();
    let (values, with) = match invalid.key.as_str() {
        COSCHEDULE if Coschedule::parse(&invalid.value).is_some() => (modes(), Some((DISABLE_ASSISTANT, "true"))),
        COSCHEDULE => (modes(), None),
        DISABLE_ASSISTANT => (vec!["true", "false"], None),
        _ => (vec!["stable", "beta", "alpha"], None),
    };
    let instruction = Instruction::ValidFlag { key: invalid.key, values, with };
    let look: &[&str] = &["get", "configmap/feature-flags", "-n", &namespace, "-o", "yaml"];
    Some(Plan::new("valid-flag", vec![manual_with(instruction, &[look]), submit(focus, Vec::new(), true)]))
}
