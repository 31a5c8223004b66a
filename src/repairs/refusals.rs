//! Repairs for refusals other than by SCC.

use serde_json::json;

use crate::analysis::admission::Plugin;
use crate::analysis::tekton::TektonVersion;
use crate::checks::finding::{Finding, Prediction, Repair};
use crate::checks::focus::Focus;

use super::prediction::{self, Lifted};
use super::resubmission::Edit;
use super::{by_admin, in_place, nudge, rerun, resubmission};

pub(super) fn pod_security(focus: &Focus<'_>) -> Vec<Repair> {
    let namespace = focus.namespace();
    let tekton = focus.installation.namespace.clone().unwrap_or_else(|| "tekton-pipelines".to_owned());
    vec![
        Repair {
            risk: "cluster-wide: containers that need root or more capabilities then fail; try it on one run first"
                .to_owned(),
            ..by_admin(
                "set-security-context",
                format!(
                    "kubectl patch configmap/feature-flags -n {tekton} --type=merge -p '{{\"data\":{{\"set-security-context\":\"true\"}}}}'\noc tekton-fix rerun {}/{}",
                    namespace,
                    focus.run().metadata.name
                ),
                "let Tekton give its own containers and the assistant a restricted security context, then submit again",
                restricted_outcome(focus),
                json!({ "configmap/feature-flags.data.set-security-context": "true" }),
            )
        },
        in_place(
            focus,
            Lifted::Plugin(Plugin::PodSecurity),
            Repair {
                risk: "every pod of the namespace may then do what `baseline` allows".to_owned(),
                ..by_admin(
                    "pod-security-baseline",
                    format!(
                        "kubectl label namespace/{namespace} pod-security.kubernetes.io/enforce=baseline --overwrite{}",
                        nudge(focus)
                    ),
                    "enforce `baseline` instead of `restricted` on the namespace; the stuck run heals by itself",
                    Prediction::Heals,
                    json!({ "namespace.metadata.labels.pod-security.kubernetes.io/enforce": "baseline" }),
                )
            },
        ),
    ]
}

/// The flag reaches the assistant since 0.64. Pods of tasks that were admitted show
/// that nothing but the assistant is refused.
fn restricted_outcome(focus: &Focus<'_>) -> Prediction {
    let admitted = focus.tree.tasks.iter().any(|task| task.pod.is_some());
    match focus.tekton() {
        Some(version) if version < TektonVersion::new(0, 64, 0) => Prediction::DoesNotHeal,
        Some(_) if admitted => Prediction::Heals,
        _ => Prediction::Unknown,
    }
}

/// What becomes of the run once its ServiceAccount is there: the new account has the
/// rights that every account has, no more.
fn with_account(focus: &Focus<'_>) -> Prediction {
    let predicted = prediction::of_edits(focus, &[]);
    match predicted.outcome {
        Prediction::DoesNotHeal if predicted.because.iter().all(|why| why.contains("erviceaccount")) => {
            Prediction::Heals
        }
        other => other,
    }
}

pub(super) fn policy(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let words =
        finding.evidence.iter().find(|item| item.value.contains("denied request")).map(|item| item.value.clone());
    vec![by_admin(
        "policy-exception",
        format!("kubectl get validatingadmissionpolicies,validatingwebhookconfigurations -o yaml{}", nudge(focus)),
        format!(
            "meet the policy or exempt pods labelled app.kubernetes.io/component=affinity-assistant; labels of the run are copied to the assistant. {}",
            words.unwrap_or_default()
        ),
        Prediction::Unknown,
        json!({}),
    )]
}

pub(super) fn quota(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let quota = finding.summary.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let lifts_assistant = finding.cause == "assistant-quota";
    let raise = by_admin(
        "raise-quota",
        format!("kubectl edit resourcequota/{quota} -n {}{}", focus.namespace(), nudge(focus)),
        format!(
            "raise {quota} by what the refusal asks for (the assistant needs 50m CPU, 100Mi memory and one pod); the run goes on by itself"
        ),
        Prediction::Heals,
        json!({ format!("resourcequota/{quota}.spec.hard"): "raised" }),
    );
    vec![
        if lifts_assistant { in_place(focus, Lifted::Plugin(Plugin::ResourceQuota), raise) } else { raise },
        Repair {
            needs: "delete on pods in the namespace".to_owned(),
            ..by_admin(
                "free-quota",
                format!("kubectl get pods -n {}", focus.namespace()),
                "end something else in the namespace that uses the quota",
                Prediction::Unknown,
                json!({}),
            )
        },
    ]
}

pub(super) fn needs_requests(focus: &Focus<'_>) -> Vec<Repair> {
    vec![by_admin(
        "limitrange-defaults",
        format!(
            "kubectl create -n {} -f - <<'EOF'\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: defaults}}\nspec: {{limits: [{{type: Container, default: {{cpu: 500m, memory: 512Mi}}, defaultRequest: {{cpu: 10m, memory: 32Mi}}}}]}}\nEOF\noc tekton-fix rerun {}/{}",
            focus.namespace(),
            focus.namespace(),
            focus.run().metadata.name
        ),
        "give containers default requests with a LimitRange, then submit again",
        Prediction::Unknown,
        json!({ "limitrange.spec.limits[Container].defaultRequest": { "cpu": "10m", "memory": "32Mi" } }),
    )]
}

pub(super) fn limit_range(focus: &Focus<'_>) -> Vec<Repair> {
    let ranges: Vec<&str> = focus
        .cluster
        .limit_ranges
        .iter()
        .filter(|range| range.metadata.namespace == focus.namespace())
        .map(|range| range.metadata.name.as_str())
        .collect();
    vec![
        in_place(
            focus,
            Lifted::Plugin(Plugin::LimitRanger),
            by_admin(
                "lower-limitrange",
                format!(
                    "kubectl edit limitrange/{} -n {}{}",
                    ranges.join(" limitrange/"),
                    focus.namespace(),
                    nudge(focus)
                ),
                "lower the LimitRange's minimum to 50m CPU and 100Mi memory or less (its maximum to no less); the stuck run heals by itself",
                Prediction::Heals,
                json!({ "limitrange.spec.limits[Container].min": { "cpu": "50m", "memory": "100Mi" } }),
            ),
        ),
        rerun(
            focus,
            "resubmit",
            "",
            "submit again with other requests: the assistant's are fixed, so this changes nothing",
            Prediction::DoesNotHeal,
            json!({}),
        ),
    ]
}

pub(super) fn service_account(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let mut words = finding.summary.split("ServiceAccount ").skip(1).flat_map(|rest| rest.split([' ', ',']).next());
    let account = words.next().unwrap_or_default().to_owned();
    let namespace = focus.namespace();
    let mut repairs = vec![Repair {
        id: "create-service-account",
        summary: format!(
            "create ServiceAccount {account}, then submit again; it has no rights until somebody grants them"
        ),
        command: format!(
            "kubectl create serviceaccount {account} -n {namespace}\noc tekton-fix rerun {namespace}/{}",
            focus.run().metadata.name
        ),
        predicted: with_account(focus),
        needs: "create on serviceaccounts in the namespace".to_owned(),
        risk: String::new(),
        changes: json!({ format!("serviceaccount/{account}"): "created" }),
    }];
    let existing = focus
        .cluster
        .service_accounts
        .iter()
        .find(|existing| existing.metadata.namespace == namespace && existing.metadata.name == "pipeline");
    if existing.is_some() {
        repairs.push(resubmission(
            focus,
            "use-pipeline-service-account",
            "--service-account pipeline",
            "run as ServiceAccount pipeline, which exists",
            &[Edit::ServiceAccount("pipeline".to_owned())],
            json!({ "spec.taskRunTemplate.serviceAccountName": "pipeline" }),
        ));
    }
    repairs
}
