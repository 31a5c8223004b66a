//! Repairs for refusals other than by SCC.

use serde_json::json;

use crate::analysis::admission::Plugin;
use crate::analysis::admission::pod_security::{self, ENFORCE};
use crate::analysis::tekton::TektonVersion;
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::checks::{refused, scc_verdict};
use crate::finding::{Cause, Finding, Prediction, Repair};
use crate::model::pod::Pod;
use crate::model::{Kind, Origin};

use super::prediction::{self, Lifted};
use super::resubmission::Edit;
use super::{by_admin, in_place, nudge, rerun, resubmission, target, tekton_namespace};

/// The level that the namespace enforces; that of a refusal where it was not read.
fn enforced<'a>(focus: &'a Focus<'_>) -> &'a str {
    let namespace = focus.cluster.namespace(focus.namespace());
    namespace.and_then(|known| known.metadata.label(ENFORCE)).unwrap_or("restricted")
}

pub(super) fn pod_security(focus: &Focus<'_>) -> Vec<Repair> {
    let namespace = focus.namespace();
    let enforced = enforced(focus);
    let flags = focus.installation.feature_flags;
    let is_set = flags.and_then(|map| map.data.get("set-security-context")).is_some_and(|value| value == "true");
    let mut repairs: Vec<Repair> = if is_set { Vec::new() } else { vec![set_security_context(focus)] };
    let baseline = assistants(focus).iter().flat_map(|pod| pod_security::violations(pod, "baseline")).count();
    let (level, allows) = if enforced == "baseline" || baseline > 0 {
        ("privileged", "anything")
    } else {
        ("baseline", "what `baseline` allows")
    };
    repairs.push(in_place(
        focus,
        Lifted::Plugin(Plugin::PodSecurity),
        Repair {
            risk: format!("every pod of the namespace may then do {allows}"),
            ..by_admin(
                if level == "baseline" { "pod-security-baseline" } else { "pod-security-privileged" },
                format!(
                    "kubectl label namespace/{namespace} pod-security.kubernetes.io/enforce={level} --overwrite{}",
                    nudge(focus)
                ),
                format!("enforce `{level}` instead of `{enforced}` on the namespace; the stuck run heals by itself"),
                Prediction::Heals,
                json!({ "namespace.metadata.labels.pod-security.kubernetes.io/enforce": level }),
            )
        },
    ));
    repairs
}

/// The pods that the run's assistants ask for.
fn assistants(focus: &Focus<'_>) -> Vec<Pod> {
    let sets = focus.tree.assistants.iter().filter_map(|node| node.stateful_set);
    sets.map(scc_verdict::template_pod).collect()
}

/// Tekton gives its own containers what `restricted` demands.
fn set_security_context(focus: &Focus<'_>) -> Repair {
    let predicted = with_security_context(focus);
    Repair {
        risk: "cluster-wide: containers that need root or more capabilities then fail; try it on one run first"
            .to_owned(),
        because: predicted.because,
        ..by_admin(
            "set-security-context",
            format!(
                "kubectl patch configmap/feature-flags -n {} --type=merge -p '{{\"data\":{{\"set-security-context\":\"true\"}}}}'\noc tekton-fix rerun {}",
                tekton_namespace(focus),
                target(focus)
            ),
            "let Tekton give its own containers and the assistant a restricted security context, then submit again",
            predicted.outcome,
            json!({ "configmap/feature-flags.data.set-security-context": "true" }),
        )
    }
}

/// What becomes of the run then. The flag reaches the assistant since 0.64; pods of tasks
/// that were admitted show that nothing but the assistant is refused.
fn with_security_context(focus: &Focus<'_>) -> prediction::Predicted {
    let still = still_violated(focus);
    let admitted = focus.tree.tasks.iter().any(|task| task.pod.is_some());
    let is_too_old = focus.tekton().map(|version| version < TektonVersion::new(0, 64, 0));
    let (outcome, why) = match is_too_old {
        Some(true) => (Prediction::DoesNotHeal, "the flag reaches the assistant from Tekton 0.64 on only"),
        Some(false) if !still.is_empty() => (Prediction::DoesNotHeal, ""),
        Some(false) if admitted => {
            (Prediction::Heals, "the assistant is all that is refused, and it then has what the level demands")
        }
        _ => (Prediction::Unknown, "whether the pods of its tasks are refused too cannot be told"),
    };
    prediction::Predicted { outcome, because: if still.is_empty() { vec![why.to_owned()] } else { still } }
}

/// What Pod Security would still say of the assistants, had their container all that the
/// flag set-security-context gives it (tektoncd/pipeline
/// pkg/reconciler/pipelinerun/affinity_assistant.go, v0.64).
fn still_violated(focus: &Focus<'_>) -> Vec<String> {
    let restricted = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
        "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    let mut violations: Vec<String> = Vec::new();
    for mut pod in assistants(focus) {
        for container in &mut pod.spec.containers {
            container.security_context = serde_json::from_value(restricted.clone()).ok();
        }
        violations.extend(pod_security::violations(&pod, enforced(focus)));
    }
    violations
}

/// A task's pod that Pod Security refuses: what its steps ask for is not known to be
/// needed, so only the level of the namespace is offered.
pub(super) fn task_pod_security(focus: &Focus<'_>) -> Vec<Repair> {
    let namespace = focus.namespace();
    let pods = future::of(focus, focus.run());
    let enforced = focus.cluster.namespace(namespace).and_then(|known| known.metadata.label(ENFORCE));
    let mut repairs: Vec<Repair> = Vec::new();
    for level in ["baseline", "privileged"] {
        if enforced == Some(level) {
            continue;
        }
        let all = pods.plan.assistants.iter().chain(pods.task_pods().map(|(_, pod)| pod));
        let violations: Vec<String> = all.flat_map(|pod| pod_security::violations(pod, level)).collect();
        let is_known = pods.plan.tasks.iter().all(|task| task.pod.is_ok());
        let predicted = match (violations.is_empty(), is_known) {
            (true, true) => Prediction::Heals,
            (true, false) => Prediction::Unknown,
            (false, _) => Prediction::DoesNotHeal,
        };
        repairs.push(Repair {
            because: if violations.is_empty() {
                vec![format!("none of its pods asks for more than `{level}` allows")]
            } else {
                violations
            },
            risk: format!("every pod of the namespace may then do what `{level}` allows"),
            ..by_admin(
                if level == "baseline" { "pod-security-baseline" } else { "pod-security-privileged" },
                format!(
                    "kubectl label namespace/{namespace} pod-security.kubernetes.io/enforce={level} --overwrite\noc tekton-fix rerun {}",
                    target(focus)
                ),
                format!("enforce `{level}` on the namespace, then submit again"),
                predicted,
                json!({ "namespace.metadata.labels.pod-security.kubernetes.io/enforce": level }),
            )
        });
        if predicted == Prediction::Heals {
            break;
        }
    }
    repairs
}

/// A task's pod that a LimitRange refuses.
pub(super) fn task_limit_range(focus: &Focus<'_>) -> Vec<Repair> {
    let names: Vec<&str> = range_names(focus);
    vec![Repair {
        because: vec!["by how much the task may be changed, or the LimitRange, is for their owners to say".to_owned()],
        ..by_admin(
            "fit-limitrange",
            format!(
                "kubectl get limitrange/{} -n {} -o yaml\noc tekton-fix rerun {} --request TASK/STEP:RESOURCE=QUANTITY",
                names.join(" limitrange/"),
                focus.namespace(),
                target(focus)
            ),
            "let the task ask for what the LimitRange allows, or change the LimitRange, then submit again",
            Prediction::Unknown,
            json!({}),
        )
    }]
}

/// The StatefulSet of the assistant itself was refused.
pub(super) fn stateful_set(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let text = &finding.summary;
    if !text.contains("exceeded quota") {
        return vec![Repair {
            because: vec!["what refused it is only known by its words".to_owned()],
            ..by_admin(
                "allow-statefulset",
                format!("oc tekton-fix rerun {}", target(focus)),
                "let Tekton's controller create StatefulSets in the namespace, as the message says, then submit again",
                Prediction::Unknown,
                json!({}),
            )
        }];
    }
    let quota = refused::quota_name(text);
    let predicted = prediction::of_edits(focus, &[], true);
    vec![Repair {
        because: predicted.because,
        ..by_admin(
            "raise-quota",
            format!(
                "kubectl edit resourcequota/{quota} -n {}\noc tekton-fix rerun {}",
                focus.namespace(),
                target(focus)
            ),
            format!("raise {quota} by one StatefulSet, then submit again"),
            predicted.outcome,
            json!({ format!("resourcequota/{quota}.spec.hard"): "raised" }),
        )
    }]
}

fn range_names<'a>(focus: &Focus<'a>) -> Vec<&'a str> {
    let ranges = focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace());
    ranges.map(|range| range.metadata.name.as_str()).collect()
}

/// What becomes of the run once its ServiceAccount is there: the new account has the
/// rights that every account has, no more.
fn with_account(focus: &Focus<'_>, name: &str) -> prediction::Predicted {
    let mut cluster = focus.cluster.overlay();
    let account = json!({ "metadata": { "name": name, "namespace": focus.namespace() } });
    // An object of a fixed shape is always read.
    let _ = cluster.insert(Kind::ServiceAccount, account, Origin::Server(String::new()));
    cluster.sort();
    prediction::of_edits(&Focus::new(&cluster, focus.run(), focus.now), &[], false)
}

pub(super) fn policy(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let words =
        finding.evidence.iter().find(|item| item.value.contains("denied request")).map(|item| item.value.clone());
    let what = match finding.cause {
        Cause::AssistantRefusedByPolicy => {
            "meet the policy or exempt pods labelled app.kubernetes.io/component=affinity-assistant; labels of the run are copied to the assistant."
        }
        Cause::TaskRunRefused => "meet the policy in the run, or exempt TaskRuns that Tekton's controller makes.",
        _ => "meet the policy in the task or the run's pod template, or exempt the pods of TaskRuns.",
    };
    let repair = by_admin(
        "policy-exception",
        format!("kubectl get validatingadmissionpolicies,validatingwebhookconfigurations -o yaml{}", nudge(focus)),
        format!("{what} {}", words.unwrap_or_default()),
        Prediction::Unknown,
        json!({}),
    );
    vec![Repair { because: vec!["what the policy accepts is only known by its words".to_owned()], ..repair }]
}

pub(super) fn quota(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let quota = &finding.about;
    let lifts_assistant = finding.cause == Cause::AssistantQuota;
    let raise = by_admin(
        "raise-quota",
        format!("kubectl edit resourcequota/{quota} -n {}{}", focus.namespace(), nudge(focus)),
        if lifts_assistant {
            format!(
                "raise {quota} by what the refusal asks for (the assistant needs 50m CPU, 100Mi memory and one pod); the run goes on by itself"
            )
        } else {
            format!("raise {quota} by what the refusal asks for{}; the run goes on by itself", asked(finding))
        },
        Prediction::Heals,
        json!({ format!("resourcequota/{quota}.spec.hard"): "raised" }),
    );
    vec![
        if lifts_assistant {
            in_place(focus, Lifted::Plugin(Plugin::ResourceQuota), raise)
        } else {
            let predicted = without_quota(focus, quota);
            let mut because = predicted.because;
            if predicted.outcome == Prediction::Heals {
                because.insert(0, "Tekton tries again every minute".to_owned());
            }
            Repair { predicted: predicted.outcome, because, ..raise }
        },
        Repair {
            needs: "delete on pods in the namespace".to_owned(),
            because: vec!["what may be ended is for its owners to say".to_owned()],
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

/// What becomes of the run where a quota has room.
fn without_quota(focus: &Focus<'_>, quota: &str) -> prediction::Predicted {
    let mut cluster = focus.cluster.overlay();
    cluster
        .resource_quotas
        .retain(|known| known.metadata.namespace != focus.namespace() || known.metadata.name != quota);
    prediction::of_edits(&Focus::new(&cluster, focus.run(), focus.now), &[], true)
}

/// What the quota's own words ask for: `requested: pods=1, used: pods=2, limited: pods=2`.
fn asked(finding: &Finding) -> String {
    let words =
        finding.evidence.iter().find_map(|item| item.value.split_once("exceeded quota: ")).map(|(_, rest)| rest);
    let part = |from: &str, to: &str| words?.split_once(from)?.1.split(to).next().map(|text| text.trim().to_owned());
    match (part("requested: ", ", used:"), part("used: ", ", limited:")) {
        (Some(requested), Some(used)) => format!(" (it wants {requested} more than the {used} in use)"),
        _ => String::new(),
    }
}

pub(super) fn needs_requests(focus: &Focus<'_>) -> Vec<Repair> {
    let repair = by_admin(
        "limitrange-defaults",
        format!(
            "echo '{{\"apiVersion\":\"v1\",\"kind\":\"LimitRange\",\"metadata\":{{\"name\":\"defaults\"}},\"spec\":{{\"limits\":[{{\"type\":\"Container\",\"default\":{{\"cpu\":\"500m\",\"memory\":\"512Mi\"}},\"defaultRequest\":{{\"cpu\":\"10m\",\"memory\":\"32Mi\"}}}}]}}}}' | kubectl create -n {} -f -\noc tekton-fix rerun {}/{}",
            focus.namespace(),
            focus.namespace(),
            focus.run().metadata.name
        ),
        "give containers default requests with a LimitRange, then submit again",
        Prediction::Unknown,
        json!({ "limitrange.spec.limits[Container].defaultRequest": { "cpu": "10m", "memory": "32Mi" } }),
    );
    vec![Repair { because: vec!["which amounts suit the steps cannot be told".to_owned()], ..repair }]
}

pub(super) fn limit_range(focus: &Focus<'_>) -> Vec<Repair> {
    let ranges = range_names(focus);
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
    let account = &finding.about;
    let namespace = focus.namespace();
    let created = with_account(focus, account);
    let mut repairs = vec![Repair {
        id: "create-service-account",
        summary: format!(
            "create ServiceAccount {account}, then submit again; it has no rights until somebody grants them"
        ),
        command: format!(
            "kubectl create serviceaccount {account} -n {namespace}\noc tekton-fix rerun {namespace}/{}",
            focus.run().metadata.name
        ),
        predicted: created.outcome,
        because: created.because,
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
