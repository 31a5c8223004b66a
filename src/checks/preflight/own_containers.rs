//! What Tekton 1.16 refuses in a namespace: its own containers carry a securityContext there by
//! default (`set-security-context`), and SCCs that list no seccomp profile allow none.

use jiff::Timestamp;

use crate::analysis::scc::run_pods::{self, Role};
use crate::analysis::scc::{Answer, Refusal, Verdict};
use crate::analysis::tekton::flags::{self, SET_SECURITY_CONTEXT};
use crate::checks::focus::Focus;
use crate::checks::{future, scc_verdict};
use crate::finding::{Cause, Evidence, Finding, Severity};
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};

use super::{Ground, Place};

/// Pipelines of a namespace that are looked at, each by its newest run.
const RUNS: usize = 30;
/// Runs whose pods are named in a note.
const NAMED: usize = 2;

/// A pod of a run, before and after.
struct Changed {
    run: String,
    role: Role,
    account: String,
    before: Verdict,
    after: Verdict,
}

/// Adds what an upgrade to `target` would do to the pods of a namespace's runs.
pub(super) fn judge(ground: &Ground<'_>, place: &mut Place) {
    let (cluster, installation, target) = (ground.cluster, &ground.installation, ground.target);
    let is_ahead = installation.tekton().is_some_and(|version| !version.sets_security_context_by_default())
        && target.sets_security_context_by_default();
    let is_on = installation.sets_security_context() == Some(true);
    if !is_ahead || is_on || !scc_verdict::is_openshift(cluster) {
        return;
    }
    let runs = newest(cluster, &place.name);
    if runs.is_empty() {
        return;
    }
    if cluster.sccs.is_empty() && !cluster.coverage.proves_absence(Kind::SecurityContextConstraints, "") {
        place
            .cannot_tell
            .push("what an upgrade to Tekton 1.16 breaks: SecurityContextConstraints were not read".to_owned());
        return;
    }
    let mut later = cluster.overlay();
    later.config_maps.change(
        |map| map.metadata.name == flags::CONFIG_MAP,
        |map| drop(map.data.insert(SET_SECURITY_CONTEXT.to_owned(), "true".to_owned())),
    );
    let changed: Vec<Changed> = runs.into_iter().flat_map(|run| pods(cluster, &later, run)).collect();
    let kept = cluster.tekton_configs.iter().find_map(|config| {
        let value = flags::of_operator(config, SET_SECURITY_CONTEXT)?;
        (flags::parse_bool(&value) == Some(false)).then(|| format!("TektonConfig/{}", config.metadata.name))
    });
    refused(ground, &changed, kept.as_deref(), place);
    elsewhere(ground, &changed, kept.as_deref(), place);
}

/// The newest run of each pipeline.
pub(super) fn newest<'c>(cluster: &'c Cluster, namespace: &str) -> Vec<&'c PipelineRun> {
    let mut runs: Vec<&PipelineRun> =
        cluster.pipeline_runs.iter().filter(|run| run.metadata.namespace == namespace).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.metadata.creation_timestamp));
    let stem = |run: &PipelineRun| {
        let named = run.spec_at("/pipelineRef/name").and_then(serde_json::Value::as_str).map(str::to_owned);
        let made = run.metadata.generate_name.clone().filter(|stem| !stem.is_empty());
        let account = run.service_account().unwrap_or_default().to_owned();
        (named.or(made).unwrap_or_else(|| run.metadata.name.clone()), account)
    };
    let mut seen = std::collections::BTreeSet::new();
    runs.retain(|run| seen.insert(stem(run)));
    runs.truncate(RUNS);
    runs
}

/// The pods of a run whose verdict or SCC changes.
fn pods(now: &Cluster, later: &Cluster, run: &PipelineRun) -> Vec<Changed> {
    let judged = |cluster: &Cluster| -> Vec<(Role, Pod, Verdict)> {
        let focus = Focus::new(cluster, run, cluster.taken_at.unwrap_or(Timestamp::UNIX_EPOCH));
        let plan = future::of(&focus, run).plan;
        let assistants = plan.assistants.into_iter().map(|pod| (Role::Assistant, pod));
        let tasks = plan.tasks.into_iter().filter_map(|task| Some((Role::Task(task.name), task.pod.ok()??)));
        let all = assistants.chain(tasks).map(|(role, pod)| {
            let pod = run_pods::as_admitted(pod);
            let verdict = run_pods::judge(cluster, &pod, &role.creator(cluster));
            (role, pod, verdict)
        });
        all.collect()
    };
    let before = judged(now);
    let after = judged(later);
    let changes = before.into_iter().zip(after).filter(|((role, ..), (other, ..))| role == other);
    let changes = changes.filter(|((.., before), (.., after))| {
        before.admitted == Answer::Yes
            && (after.admitted == Answer::No || after.is_admitted() && before.scc != after.scc)
    });
    changes
        .map(|((role, pod, before), (.., after))| Changed {
            run: run.metadata.name.clone(),
            role,
            account: pod.spec.service_account_name.clone(),
            before,
            after,
        })
        .collect()
}

/// `assistant and task fetch of run R`, for the first runs.
fn named(all: &[&Changed]) -> String {
    let mut runs: Vec<(&str, Vec<String>)> = Vec::new();
    for changed in all {
        let what = changed.role.to_string();
        match runs.iter_mut().find(|(run, _)| *run == changed.run) {
            Some((_, known)) => known.push(what),
            None => runs.push((&changed.run, vec![what])),
        }
    }
    let more = runs.len().saturating_sub(NAMED);
    let of_run = |(run, pods): &(&str, Vec<String>)| match pods.as_slice() {
        [first, second, .., _] => format!("{first}, {second} and {} more of run {run}", pods.len() - 2),
        few => format!("{} of run {run}", few.join(" and ")),
    };
    let mut names: Vec<String> = runs.iter().take(NAMED).map(of_run).collect();
    if more > 0 {
        names.push(format!("{more} more runs"));
    }
    names.join("; ")
}

/// What the operator's own setting means for it.
fn unless(kept: Option<&str>) -> String {
    kept.map(|config| format!("; {config} keeps set-security-context off, so only as long as that stays"))
        .unwrap_or_default()
}

/// What admits a pod today, and what the SCCs say of it after the upgrade.
fn verdicts(ground: &Ground<'_>, changed: &Changed) -> Vec<Evidence> {
    let quote = |scc: &str, field: &str, value: String| {
        Evidence::read(ground.cluster, (Kind::SecurityContextConstraints, "", scc), field, value).computed()
    };
    let admits = |verdict: &Verdict, field: &str| {
        let scc = verdict.scc.as_deref()?;
        Some(quote(scc, field, format!("admits {} of run {}", changed.role, changed.run)))
    };
    let refuses = |refusal: &&Refusal| !refusal.scc.is_empty() && !refusal.is_not_usable();
    let refusals = changed.after.refusals.iter().filter(refuses);
    let later = refusals.map(|refusal| quote(&refusal.scc, "verdict after the upgrade", refusal.detail.clone()));
    admits(&changed.before, "verdict today")
        .into_iter()
        .chain(admits(&changed.after, "verdict after the upgrade"))
        .chain(later)
        .collect()
}

fn refused(ground: &Ground<'_>, changed: &[Changed], kept: Option<&str>, place: &mut Place) {
    let refused: Vec<&Changed> = changed.iter().filter(|changed| changed.after.is_refused()).collect();
    let Some(first) = refused.first() else { return };
    let severity = if kept.is_some() { Severity::Info } else { Severity::Warning };
    let mut accounts: Vec<&str> = refused.iter().map(|changed| changed.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let about_profile = |refusal: &&Refusal| refusal.field.contains("seccomp") && !refusal.scc.is_empty();
    let mut strict: Vec<&str> = first.after.refusals.iter().filter(about_profile).map(|r| r.scc.as_str()).collect();
    strict.sort_unstable();
    strict.dedup();
    let why = match strict.as_slice() {
        [] => String::new(),
        [one] => format!(", which {one} does not allow"),
        many => format!(", which {} do not allow", many.join(" and ")),
    };
    let text = format!(
        "from Tekton 1.16 on its own containers ask for seccomp profile RuntimeDefault (set-security-context is true by default){why}: \
         no SCC admits {} any more{}; set set-security-context: \"false\" before, or let ServiceAccount {} use an SCC that allows \
         runtime/default, nonroot-v2 for example",
        named(&refused),
        unless(kept),
        accounts.join(", ")
    );
    let refused = Finding::new(Cause::UpgradeChangesMeaning, text).severity(severity);
    let refused = refused.evidence(ground.flag(SET_SECURITY_CONTEXT)).evidence(ground.version());
    place.findings.push(refused.evidence(verdicts(ground, first)));
}

fn elsewhere(ground: &Ground<'_>, changed: &[Changed], kept: Option<&str>, place: &mut Place) {
    let moved: Vec<&Changed> = changed.iter().filter(|changed| changed.after.is_admitted()).collect();
    let Some(first) = moved.first() else { return };
    let scc = |verdict: &Verdict| verdict.scc.clone().unwrap_or_default();
    let user = |verdict: &Verdict| {
        let pod = verdict.pod.as_ref()?;
        let of_pod = pod.spec.security_context.as_ref().and_then(|context| context.run_as_user);
        let of_step = pod.spec.containers.first().and_then(|step| step.security_context.as_ref()?.run_as_user);
        of_step.or(of_pod)
    };
    let ids = match (user(&first.before), user(&first.after)) {
        (before, Some(after)) if before != Some(after) => {
            let before = before.map_or_else(|| "the image's user".to_owned(), |user| format!("UID {user}"));
            format!(
                "; steps then run as UID {after} instead of {before}, and may not get at files of claims that were written before"
            )
        }
        _ => String::new(),
    };
    let text = format!(
        "from Tekton 1.16 on {} instead of {} admits {}{ids}{}",
        scc(&first.after),
        scc(&first.before),
        named(&moved),
        unless(kept)
    );
    let moved = Finding::new(Cause::NextUpgrade, text).severity(Severity::Info);
    let moved = moved.evidence(ground.flag(SET_SECURITY_CONTEXT)).evidence(ground.version());
    place.findings.push(moved.evidence(verdicts(ground, first)));
}
