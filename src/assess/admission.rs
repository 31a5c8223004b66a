//! Whether the pods of a run to come are admitted, by every rule of the server.

use crate::analysis::admission::{self, Plugin, quota, service_account};
use crate::checks::focus::Focus;
use crate::checks::future::Future;
use crate::checks::scc_verdict::{self, SetVerdict};
use crate::finding::forecast::{Block, Forecast, Gap, Ground, Who};
use crate::model::pod::Pod;

use super::forecast::Subject;

pub(super) fn judge(forecast: &mut Forecast, focus: &Focus<'_>, subject: Subject, future: &Future) {
    for (who, refused) in &future.refused {
        // LimitRanges are judged below, with the name of the object.
        if refused.plugin != "LimitRanger" {
            forecast.block(Block::Incoming { who: who.clone(), refused: refused.clone() });
        }
    }
    let gone = subject.gone(focus);
    let assistants = &future.plan.assistants;
    for (at, pod) in assistants.iter().enumerate() {
        // Assistants come first and stay for as long as the run does.
        let before: Vec<&Pod> = assistants[..at].iter().collect();
        rules(forecast, focus, &Who::Assistant, pod, (&gone, &before));
        scc(forecast, focus, &Who::Assistant, pod);
    }
    let beside: Vec<&Pod> = assistants.iter().collect();
    for (task, pod) in future.task_pods() {
        let node = focus.tree.tasks.iter().find(|node| node.task == task);
        if subject == Subject::Continued && node.is_some_and(|node| node.pod.is_some()) {
            continue;
        }
        let who = Who::Task(task.to_owned());
        rules(forecast, focus, &who, pod, (&gone, &beside));
        scc(forecast, focus, &who, pod);
    }
}

fn scc(forecast: &mut Forecast, focus: &Focus<'_>, who: &Who, pod: &Pod) {
    if !scc_verdict::is_openshift(focus.cluster) {
        return;
    }
    let verdict = match who {
        Who::Assistant | Who::Pods => scc_verdict::of_assistant(focus.cluster, focus.namespace(), pod),
        Who::Task(_) => {
            let tekton = focus.installation.namespace.as_deref().unwrap_or("openshift-pipelines");
            scc_verdict::of_task(focus.cluster, focus.namespace(), pod, tekton)
        }
    };
    match verdict {
        SetVerdict::Admitted if *who == Who::Assistant => forecast.ground(Ground::SccAdmits(who.clone())),
        SetVerdict::Admitted => {}
        SetVerdict::Refused { reasons } => forecast.block(Block::Scc { who: who.clone(), reasons }),
        SetVerdict::CannotTell(why) => forecast.gap(Gap::Scc(who.clone(), why)),
    }
}

/// LimitRanges, Pod Security, quotas and the ServiceAccount.
fn rules(forecast: &mut Forecast, focus: &Focus<'_>, who: &Who, pod: &Pod, (gone, beside): (&[&Pod], &[&Pod])) {
    account(forecast, focus, who, pod);
    let levels = (!skips_levels(focus, who)).then(|| admission::pod_security::judge(focus.cluster, pod));
    let parts = [
        Some(admission::limit_range::judge(focus.cluster, pod)),
        levels,
        Some(quota::judge_beside(focus.cluster, pod, gone, beside)),
    ];
    for part in parts.into_iter().flatten() {
        for refusal in part.refusals {
            forecast.block(Block::Admission { who: who.clone(), refusal });
        }
        for unread in part.unread {
            forecast.gap(Gap::Admission(who.clone(), unread));
        }
    }
}

/// On OpenShift SCC admission fills in what Pod Security asks for. Elsewhere an assistant's
/// container is judged only where it is known what Tekton sets on it, and a task's pod only
/// where no pod of the run shows that Tekton's controller is exempt from the level.
fn skips_levels(focus: &Focus<'_>, who: &Who) -> bool {
    if scc_verdict::is_openshift(focus.cluster) {
        return true;
    }
    let violates = |pod: &Pod| !admission::pod_security::judge(focus.cluster, pod).refusals.is_empty();
    match who {
        Who::Assistant | Who::Pods => {
            focus.installation.feature_flags.is_none()
                && focus.tree.assistants.iter().all(|node| node.stateful_set.is_none())
        }
        Who::Task(_) => focus.tree.tasks.iter().filter_map(|task| task.pod).any(violates),
    }
}

/// The account that a pod runs as: without it Tekton makes no pod of a task, and the run
/// fails (tektoncd/pipeline pkg/pod/pod.go `Build`, v0.68 to v1.15).
fn account(forecast: &mut Forecast, focus: &Focus<'_>, who: &Who, pod: &Pod) {
    let account = pod.spec.service_account_name.as_str();
    let judgement = service_account::judge(focus.cluster, pod);
    for refusal in judgement.refusals {
        debug_assert_eq!(refusal.plugin, Plugin::ServiceAccount);
        forecast.block(Block::Admission { who: who.clone(), refusal });
    }
    // A pod that runs as it shows that it exists, and every namespace gets `default`.
    let is_seen = |other: &Pod| other.spec.service_account_name == account;
    if !judgement.unread.is_empty()
        && !matches!(account, "" | service_account::DEFAULT)
        && !focus.cluster.pods_in(&pod.metadata.namespace).any(is_seen)
    {
        forecast.gap(Gap::Account(account.to_owned()));
    }
}
