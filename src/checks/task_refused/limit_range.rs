//! A task's pod against a LimitRange.

use serde_json::Value;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

/// `task-pod-limitrange`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(Cause::TaskPodLimitrange, format!("a LimitRange refuses the pod of task {task}: {message}"))
}

/// `task-pod-limitrange`: a LimitRange gives containers without a limit its default, which
/// is below what they ask for; the API server then finds the pod invalid (kubernetes
/// plugin/pkg/admission/limitranger and pkg/apis/core/validation, v1.33). Its text does
/// not name the LimitRange.
pub fn by_default(focus: &Focus<'_>, task: &TaskNode<'_>, message: &str) -> Option<Finding> {
    let over = over_limit(message);
    let ranges = focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace());
    let mut finding: Option<Finding> = None;
    for range in ranges {
        for item in range.spec.limits.iter().filter(|item| item.kind == "Container") {
            for (resource, asked) in &over {
                let Some(default) = item.default_limit.get(resource) else { continue };
                // A limit of the step's own is not the LimitRange's.
                if steps_with(task, "limits", resource) == Some(true) {
                    continue;
                }
                let name = &range.metadata.name;
                let text = format!("{resource}: default limit {default}, the step asks for {asked}");
                let known = finding.get_or_insert_with(|| {
                    Finding::new(
                        Cause::TaskPodLimitrange,
                        format!(
                            "LimitRange {name} gives the steps of task {} its default {resource} limit {default}, below their request {asked}",
                            task.task
                        ),
                    )
                    .link("A container without a limit of its own gets the default of the LimitRange as limit; a request above the limit makes the pod invalid.")
                });
                let max = item.max.get(resource).map(|max| format!(", at most {max}")).unwrap_or_default();
                *known = known
                    .clone()
                    .link(format!(
                        "Steps that set a {resource} limit of at least {asked} themselves{max} are admitted."
                    ))
                    .evidence([focus.quote(Kind::LimitRange, name, "spec.limits[Container].default", text)]);
            }
        }
    }
    let is_unread = !focus.cluster.coverage.proves_absence(Kind::LimitRange, focus.namespace());
    let (resource, asked) = over.first()?;
    if finding.is_none() && is_unread && steps_with(task, "limits", resource) == Some(false) {
        let namespace = focus.namespace();
        finding = Some(
            Finding::new(
                Cause::TaskPodLimitrange,
                format!(
                    "the steps of task {} ask for {asked} {resource}, and a default limit below that applies to them",
                    task.task
                ),
            )
            .not_proven()
            .link("The steps set no limit of their own; only a LimitRange gives containers a default.")
            .cannot_tell(format!(
                "which LimitRange: those of the namespace were not read; kubectl get limitranges -n {namespace} -o yaml"
            )),
        );
    }
    finding.map(|mut finding| {
        finding.chain.dedup();
        finding
    })
}

/// Resources of which a request is above the limit, with the request, each once:
/// `Invalid value: "300Mi": must be less than or equal to memory limit`.
fn over_limit(message: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in message.split("Invalid value: ").skip(1) {
        let value = between(part, "\"", "\"");
        let resource = between(part, "must be less than or equal to ", " limit");
        if let (Some(value), Some(resource)) = (value, resource) {
            let pair = (resource.to_owned(), value.to_owned());
            if !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
    found
}

/// Whether every step of the task sets the resource; `None` where the task is not known.
fn steps_with(task: &TaskNode<'_>, part: &str, resource: &str) -> Option<bool> {
    let spec = task.task_run.status.task_spec.as_ref().or_else(|| task.task_run.spec.get("taskSpec"))?;
    let steps = spec.get("steps").and_then(Value::as_array)?;
    let sets = |step: &Value| step.pointer(&format!("/computeResources/{part}/{resource}")).is_some();
    Some(!steps.is_empty() && steps.iter().all(sets))
}

#[cfg(test)]
mod tests {
    use super::over_limit;

    #[test]
    fn requests_above_their_limit_are_read() {
        let text = "Pod \"p\" is invalid: [spec.containers[0].resources.requests: Invalid value: \"500m\": must be less than or equal to cpu limit of 200m, spec.containers[0].resources.requests: Invalid value: \"512Mi\": must be less than or equal to memory limit, spec.containers[1].resources.requests: Invalid value: \"512Mi\": must be less than or equal to memory limit]";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(over_limit(text), [pair("cpu", "500m"), pair("memory", "512Mi")]);
    }
}
