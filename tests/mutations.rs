//! Recorded incidents, changed: other names, less evidence. The cause stays exact or
//! becomes "cannot tell"; it never turns into another cause, and never into health.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tekton_fix::analysis::tekton::assistant;
use tekton_fix::checks;
use tekton_fix::finding::{Confidence, Finding, RunReport, RunState};
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::{Kind, Reading};
use tekton_fix::repairs;
use tekton_fix::report::wording;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// What must not be reported.
const HEALTHY: [&str; 2] = ["healthy-succeeded", "waiting-normal"];

struct Incident {
    name: String,
    truth: Value,
    folder: PathBuf,
    cluster: Cluster,
}

impl Incident {
    fn run(&self) -> (&str, &str) {
        self.truth["run"].as_str().unwrap().split_once('/').unwrap()
    }

    /// Causes that a complete copy shows, by truth.
    fn wanted(&self) -> Vec<&str> {
        let also = self.truth["also_causes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let all = self.truth["cause"].as_str().into_iter().chain(also);
        all.filter(|cause| !HEALTHY.contains(cause)).collect()
    }
}

fn incidents() -> (tempfile::TempDir, Vec<Incident>) {
    let folder = unpack("incidents.tar.zst");
    let all = folders(&folder.path().join("incidents")).into_iter().map(|path| {
        let truth = fs::read_to_string(path.join("truth.yaml")).unwrap();
        Incident {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            truth: serde_yaml::from_str(&truth).unwrap(),
            cluster: export::read(path.join("snapshot").to_str().unwrap()).unwrap(),
            folder: path.join("snapshot"),
        }
    });
    let all = all.collect();
    (folder, all)
}

fn report(cluster: &Cluster, namespace: &str, name: &str) -> RunReport {
    let now = cluster.taken_at.unwrap();
    let mut report = checks::diagnose(cluster, cluster.pipeline_run(namespace, name).unwrap(), now);
    repairs::attach(cluster, &mut report, now);
    report
}

/// A finding that says itself that it is no proof.
fn is_open(finding: &Finding) -> bool {
    finding.confidence() == Confidence::Likely && !finding.cannot_tell.is_empty()
}

/// Less evidence about a kind.
struct Loss {
    what: &'static str,
    kinds: &'static [Kind],
    /// The kind was listed and is empty, as events are after hours.
    listed: bool,
}

const LOSSES: &[Loss] = &[
    Loss { what: "events expired", kinds: &[Kind::Event], listed: true },
    Loss { what: "events not read", kinds: &[Kind::Event], listed: false },
    Loss { what: "nodes not read", kinds: &[Kind::Node], listed: false },
    Loss { what: "StatefulSets not read", kinds: &[Kind::StatefulSet], listed: false },
    Loss { what: "StatefulSets and events not read", kinds: &[Kind::StatefulSet, Kind::Event], listed: false },
    Loss { what: "SCCs not read", kinds: &[Kind::SecurityContextConstraints], listed: false },
    Loss { what: "SCCs and events not read", kinds: &[Kind::SecurityContextConstraints, Kind::Event], listed: false },
    Loss { what: "ConfigMaps not read", kinds: &[Kind::ConfigMap], listed: false },
    Loss { what: "Tekton not read", kinds: &[Kind::ConfigMap, Kind::Deployment, Kind::TektonConfig], listed: false },
    Loss { what: "pods not read", kinds: &[Kind::Pod], listed: false },
    Loss { what: "TaskRuns not read", kinds: &[Kind::TaskRun], listed: false },
    Loss { what: "TaskRuns and pods not read", kinds: &[Kind::TaskRun, Kind::Pod], listed: false },
    Loss { what: "volumes not read", kinds: &[Kind::PersistentVolume, Kind::Claim, Kind::StorageClass], listed: false },
    Loss { what: "quotas and ranges not read", kinds: &[Kind::ResourceQuota, Kind::LimitRange], listed: false },
    Loss {
        what: "no right to read anything of the cluster",
        kinds: &[
            Kind::Node,
            Kind::PersistentVolume,
            Kind::StorageClass,
            Kind::CsiNode,
            Kind::SecurityContextConstraints,
            Kind::ClusterRole,
            Kind::ClusterRoleBinding,
            Kind::Namespace,
            Kind::TektonConfig,
        ],
        listed: false,
    },
];

fn without(cluster: &Cluster, loss: &Loss) -> Cluster {
    let mut cluster = cluster.overlay();
    for kind in loss.kinds {
        cluster.forget(*kind);
        if loss.listed {
            cluster.coverage.record(*kind, "", Reading::Listed);
        }
    }
    cluster
}

/// What is wrong with a diagnosis of a changed copy; nothing, if it is exact or open.
fn complaint(incident: &Incident, report: &RunReport) -> Option<String> {
    let wanted = incident.wanted();
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause.id()).collect();
    if wanted.is_empty() {
        return (!found.is_empty()).then(|| format!("healthy, but says {found:?}"));
    }
    if found.is_empty() {
        let open = report.state == RunState::Unknown || report.state == RunState::Failed;
        return (!open).then(|| format!("says nothing and {:?}; true is {wanted:?}", report.state));
    }
    let other: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| !wanted.contains(&finding.cause.id()) && !is_open(finding))
        .map(|finding| format!("{} ({:?})", finding.cause.id(), finding.confidence()))
        .collect();
    (!other.is_empty()).then(|| format!("claims {other:?}; true is {wanted:?}"))
}

#[test]
fn less_evidence_never_makes_another_cause() {
    let (_folder, incidents) = incidents();
    let mut wrong = Vec::new();
    for incident in &incidents {
        let (namespace, name) = incident.run();
        for loss in LOSSES {
            let cluster = without(&incident.cluster, loss);
            if let Some(complaint) = complaint(incident, &report(&cluster, namespace, name)) {
                wrong.push(format!("{} with {}: {complaint}", incident.name, loss.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// Repairs that heal by the full copy are the only ones that may heal by less.
#[test]
fn less_evidence_never_makes_a_repair_better() {
    let (_folder, incidents) = incidents();
    let mut wrong = Vec::new();
    for incident in &incidents {
        let (namespace, name) = incident.run();
        let heals = |report: &RunReport| -> BTreeSet<String> {
            let repairs = report.findings.iter().flat_map(|finding| &finding.offers);
            let heals = repairs.filter(|repair| repair.works());
            heals.map(|repair| format!("{}: {}", repair.id, wording::summary(repair))).collect()
        };
        let known = heals(&report(&incident.cluster, namespace, name));
        for loss in LOSSES {
            let cluster = without(&incident.cluster, loss);
            let more: Vec<String> = heals(&report(&cluster, namespace, name)).difference(&known).cloned().collect();
            if !more.is_empty() {
                wrong.push(format!("{} with {}: {more:?}", incident.name, loss.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every name of a copy with its new one.
fn renaming(incident: &Incident) -> Vec<(String, String)> {
    let (namespace, name) = incident.run();
    let mut names = Vec::new();
    for run in incident.cluster.pipeline_runs.iter().filter(|run| run.metadata.namespace == namespace) {
        let old = &run.metadata.name;
        let new = format!("zz-{old}");
        let mut workspaces: Vec<String> =
            assistant::claim_workspaces(run).into_iter().map(|bound| bound.workspace).collect();
        workspaces.push(String::new());
        for workspace in workspaces {
            names.push((assistant::name(&workspace, old), assistant::name(&workspace, &new)));
        }
        names.push((old.clone(), new));
    }
    assert!(names.iter().any(|(old, _)| old == name));
    names.push((namespace.to_owned(), format!("ns-{}", namespace.len())));
    for node in &incident.cluster.nodes {
        names.push((node.metadata.name.clone(), format!("host-of-{}", node.metadata.name.replace('.', "-"))));
    }
    // The longest first, so that no name is cut out of another.
    names.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    names
}

/// Copies a folder with every name replaced, in one pass over each text.
fn copy(from: &Path, to: &Path, names: &[(String, String)]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = replace(path.file_name().unwrap().to_str().unwrap(), names);
        if path.is_dir() {
            copy(&path, &to.join(name), names);
        } else {
            fs::write(to.join(name), replace(&fs::read_to_string(&path).unwrap(), names)).unwrap();
        }
    }
}

fn replace(text: &str, names: &[(String, String)]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    'text: while let Some(first) = rest.chars().next() {
        for (old, new) in names {
            if rest.starts_with(old.as_str()) {
                result.push_str(new);
                rest = &rest[old.len()..];
                continue 'text;
            }
        }
        result.push(first);
        rest = &rest[first.len_utf8()..];
    }
    result
}

#[test]
fn other_names_change_nothing() {
    let (folder, incidents) = incidents();
    let mut wrong = Vec::new();
    for incident in &incidents {
        let names = renaming(incident);
        let to = folder.path().join("renamed").join(&incident.name);
        copy(&incident.folder, &to, &names);
        let cluster = export::read(to.to_str().unwrap()).unwrap();
        let (namespace, name) = incident.run();
        let before = report(&incident.cluster, namespace, name);
        let (namespace, name) = (replace(namespace, &names), replace(name, &names));
        let after = report(&cluster, &namespace, &name);
        let told = |report: &RunReport| {
            let repairs = |finding: &Finding| {
                finding.offers.iter().map(|repair| (repair.id.clone(), repair.forecast.outcome())).collect::<Vec<_>>()
            };
            report
                .findings
                .iter()
                .map(|finding| (finding.cause.id(), finding.confidence(), repairs(finding)))
                .collect::<Vec<_>>()
        };
        if told(&before) != told(&after) || before.state != after.state {
            wrong.push(format!("{}: {:?}\n  became {:?}", incident.name, told(&before), told(&after)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
