//! Feature flags that do not say what they seem to say.

use crate::analysis::tekton::flags::{CONFIG_MAP, DISABLE_ASSISTANT};

use super::finding::{Evidence, Finding};
use super::focus::Focus;

fn quote(focus: &Focus<'_>, key: &str, value: &str) -> Evidence {
    let namespace = focus.installation.namespace.clone().unwrap_or_default();
    let origin = focus.cluster.origin(crate::model::Kind::ConfigMap, &namespace, CONFIG_MAP);
    Evidence {
        object: format!("ConfigMap/{CONFIG_MAP}"),
        field: format!("data[{key}]"),
        value: value.to_owned(),
        source: origin.map(ToString::to_string).unwrap_or_default(),
    }
}

/// The assistant is what hurts a run, by these other findings.
fn assistant_hurts(others: &[Finding]) -> bool {
    others.iter().any(|finding| {
        finding.cause.starts_with("assistant-") || matches!(finding.cause, "two-claims-in-one-task" | "rwop-in-use")
    })
}

/// `flags-misread-legacy-key`: the old key says off, the assistant is on, and a task
/// is refused for that.
pub fn legacy_key(focus: &Focus<'_>, others: &[Finding]) -> Option<Finding> {
    let flags = focus.installation.assistant_flags()?;
    let value = flags.dead_key.filter(|value| matches!(value.to_lowercase().as_str(), "true" | "t" | "1"))?;
    let two_claims = others.iter().find(|finding| finding.cause == "two-claims-in-one-task")?;
    let version = focus.tekton()?;
    let coschedule = focus
        .installation
        .feature_flags?
        .data
        .get("coschedule")
        .cloned()
        .unwrap_or_else(|| "workspaces (default)".to_owned());
    Some(
        Finding::new(
            "TKF601",
            "flags-misread-legacy-key",
            format!("{DISABLE_ASSISTANT}: {value:?} does nothing on Tekton {version}: the affinity assistant is on, and that is why the task is refused"),
        )
        .link(format!("Tekton reads {DISABLE_ASSISTANT} no longer since 1.0; coschedule: {coschedule} decides. Up to 0.70 the same pair meant off, so an upgrade turned the assistant on."))
        .evidence([quote(focus, DISABLE_ASSISTANT, &value), quote(focus, "coschedule", &coschedule)])
        .evidence(two_claims.evidence.clone()),
    )
}

/// `invalid-flag-value-ignored`: the ConfigMap holds what the controller rejects.
pub fn invalid_value(focus: &Focus<'_>, others: &[Finding]) -> Option<Finding> {
    let flags = focus.installation.assistant_flags()?;
    let invalid = flags.mode.err()?;
    if !assistant_hurts(others) {
        return None;
    }
    Some(
        Finding::new(
            "TKF602",
            "invalid-flag-value-ignored",
            format!("feature-flags holds {}: {:?}, which Tekton's controller rejects: it keeps the configuration it had before", invalid.key, invalid.value),
        )
        .link(format!("The controller only logs it: {}", invalid.error))
        .link("Tekton's webhook refuses such a value only while it runs and the ConfigMap has its label app.kubernetes.io/part-of: tekton-pipelines.")
        .evidence([quote(focus, &invalid.key, &invalid.value)])
        .evidence(provenance(focus)),
    )
}

/// What the run itself witnesses of the flags in force.
fn provenance(focus: &Focus<'_>) -> Option<Evidence> {
    let run = focus.run();
    let value = run.status.provenance.as_ref()?.flag("coschedule")?.as_str()?.to_owned();
    Some(focus.quote(
        crate::model::Kind::PipelineRun,
        &run.metadata.name,
        "status.provenance.featureFlags.coschedule",
        value,
    ))
}
