//! Repairs for pods that have a node and do not start there, or lost it.

use serde_json::{Value, json};

use crate::analysis::access::Cure;
use crate::checks::focus::Focus;
use crate::checks::workspace_access;
use crate::finding::{Finding, Prediction, Repair};
use crate::model::volume::VolumeSource;

use super::{assistant, pinning, rerun, resubmission, target};

/// A Secret or ConfigMap that is mounted and does not exist.
pub(super) fn source_missing(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let namespace = focus.namespace();
    let missing: Vec<(&str, &str)> = finding.about.split(',').filter_map(|about| about.split_once('/')).collect();
    let create = |(kind, name): &(&str, &str)| {
        let what = if *kind == "secret" { "secret generic" } else { kind };
        format!("kubectl create {what} {name} -n {namespace} --from-file=…")
    };
    let names: Vec<String> = missing.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
    let mut kinds: Vec<String> = missing.iter().map(|(kind, _)| format!("{kind}s")).collect();
    kinds.dedup();
    vec![Repair {
        id: "create-volume-source",
        summary: format!(
            "create {}; the kubelet tries again, and the stuck run goes on by itself",
            names.join(" and ")
        ),
        command: missing.iter().map(create).collect::<Vec<_>>().join("\n"),
        predicted: Prediction::Heals,
        because: vec!["its pod has a node and lacks nothing else that was read".to_owned()],
        needs: format!("create on {} in the namespace", kinds.join(" and ")),
        risk: "what it must hold is not known here: ask who wrote the pipeline".to_owned(),
        changes: Value::Object(
            missing.iter().map(|(kind, name)| (format!("{kind}/{name}"), json!("created"))).collect(),
        ),
    }]
}

/// An image that cannot be pulled, by what the registry, or the way to it, answered.
pub(super) fn image(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let texts = || finding.evidence.iter().map(|item| item.value.to_lowercase());
    let said = |words: &[&str]| texts().any(|text| words.iter().any(|word| text.contains(word)));
    let namespace = focus.namespace();
    let account = focus.run().service_account().unwrap_or("default");
    let (id, summary, first) = if said(&[
        "no such host",
        "server misbehaving",
        "connection refused",
        "i/o timeout",
        "network is unreachable",
    ]) {
        (
            "reach-registry",
            "let the nodes reach the registry (its name, DNS, proxy, firewall), then submit again; other credentials or another node change nothing where all nodes resolve names alike".to_owned(),
            String::new(),
        )
    } else if said(&["unauthorized", "authentication required", "denied", "forbidden", "401", "403"]) {
        (
            "pull-secret",
            format!("give ServiceAccount {account} a pull secret for the registry, then submit again"),
            format!(
                "kubectl create secret docker-registry NAME -n {namespace} --docker-server=… --docker-username=… --docker-password=…\noc secrets link {account} NAME --for=pull -n {namespace}\n"
            ),
        )
    } else if said(&["x509", "certificate"]) {
        (
            "trust-registry",
            "let the nodes trust the registry's certificate, then submit again".to_owned(),
            String::new(),
        )
    } else if said(&["toomanyrequests", "429", "rate limit"]) {
        (
            "wait",
            "wait until the registry's rate limit has passed, or pull with credentials, then submit again".to_owned(),
            String::new(),
        )
    } else if said(&["manifest unknown", "not found", "name unknown", "invalidimagename"]) {
        ("correct-image", "name an image and tag that exist in the task, then submit again".to_owned(), String::new())
    } else {
        ("correct-image", "make the image pullable from the nodes, then submit again".to_owned(), String::new())
    };
    let waits = focus.is_running();
    let last =
        if waits && id != "correct-image" { String::new() } else { format!("oc tekton-fix rerun {}", target(focus)) };
    vec![Repair {
        id,
        summary,
        command: format!("{first}{last}").trim_end().to_owned(),
        because: vec!["whether the image can be pulled then cannot be told from the cluster".to_owned()],
        changes: json!({}),
        ..Repair::default()
    }]
}

/// A volume that is attached to another node.
pub(super) fn multi_attach(focus: &Focus<'_>) -> Vec<Repair> {
    vec![pinning::pin(focus, &[], "")]
}

/// The pod's node has lost contact: a new run goes elsewhere, unless a volume holds it.
pub(super) fn node_lost(focus: &Focus<'_>) -> Vec<Repair> {
    let mut repair = resubmission(
        focus,
        "resubmit",
        "--cancel-old",
        "submit the run again: the scheduler leaves out a node that lost contact",
        &[],
        json!({}),
    );
    let attached =
        focus.tree.tasks.iter().filter_map(|task| task.pod).flat_map(|pod| &pod.spec.volumes).find(|volume| {
            let VolumeSource::PersistentVolumeClaim(source) = &volume.source else { return false };
            let claim = focus.cluster.claim(focus.namespace(), &source.claim_name);
            claim.is_none_or(|claim| {
                let attachment = |a: &&crate::model::volume::VolumeAttachment| {
                    a.spec.source.persistent_volume_name.as_deref() == Some(claim.spec.volume_name.as_str())
                };
                focus.cluster.volume_attachments.iter().any(|a| attachment(&a))
            })
        });
    if let (Prediction::Heals, Some(volume)) = (repair.predicted, attached) {
        repair.predicted = Prediction::Unknown;
        repair.because = vec![format!(
            "how soon volume {} is detached from the lost node: without contact that takes minutes",
            volume.name
        )];
    }
    let mut repairs = vec![repair];
    repairs.extend(assistant::on_lost_node(focus));
    repairs.push(Repair {
        id: "mend-node",
        summary: "bring the node back, or take it out of the cluster".to_owned(),
        because: vec!["what ails the node cannot be read from the cluster".to_owned()],
        needs: "rights of an administrator".to_owned(),
        changes: json!({}),
        ..Repair::default()
    });
    repairs
}

/// The kubelet evicted the pod.
pub(super) fn evicted(focus: &Focus<'_>) -> Vec<Repair> {
    vec![Repair {
        because: vec!["whether its next node has enough of what this one ran short of cannot be told".to_owned()],
        ..rerun(focus, "resubmit", "", "submit the run again unchanged", Prediction::Unknown, json!({}))
    }]
}

/// What lets a step get at the files of another.
pub(super) fn denied(focus: &Focus<'_>) -> Vec<Repair> {
    let repair = |cure: Cure| Repair {
        id: "open-workspace",
        summary: cure.summary,
        command: cure.rerun.map(|flags| format!("oc tekton-fix rerun {} {flags}", target(focus))).unwrap_or_default(),
        because: vec!["what the volume's files are like cannot be read from the cluster".to_owned()],
        changes: json!({}),
        ..Repair::default()
    };
    workspace_access::cures(focus).into_iter().map(repair).collect()
}
