//! Every check has a section in the docs, a recorded cluster on which it speaks, and
//! stays silent on healthy ones.
//!
//! `tests/fixtures/causes.tar.zst` is what `tests/cluster/causes` staged on the real
//! control plane, recorded with `TEKTON_FIX_RECORD=DIR cargo test --test cluster causes`
//! and packed with `tar -C DIR -cf - . | zstd -19 --long=27`.

mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use tekton_fix::checks::{self};
use tekton_fix::finding::RunReport;
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::{Kind, Reading};
use tekton_fix::repairs;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// A recorded cluster with the run to look at and what is true of it.
struct Fixture {
    name: String,
    namespace: String,
    run: String,
    causes: Vec<String>,
    cluster: Cluster,
}

fn staged() -> Vec<Fixture> {
    let root = unpack("causes.tar.zst");
    let mut fixtures = Vec::new();
    for platform in folders(root.path()) {
        for path in folders(&platform) {
            let text = fs::read_to_string(path.join("causes")).unwrap();
            let mut lines = text.lines().filter(|line| !line.is_empty()).map(str::to_owned);
            let run = lines.next().unwrap();
            let (namespace, run) = run.split_once('/').unwrap();
            fixtures.push(Fixture {
                name: path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned(),
                namespace: namespace.to_owned(),
                run: run.to_owned(),
                causes: lines.collect(),
                cluster: export::read(path.to_str().unwrap()).unwrap(),
            });
        }
    }
    fixtures
}

fn now(cluster: &Cluster) -> Timestamp {
    cluster.taken_at.unwrap()
}

fn report(cluster: &Cluster, namespace: &str, run: &str) -> RunReport {
    let mut report = checks::diagnose(cluster, cluster.pipeline_run(namespace, run).unwrap(), now(cluster));
    repairs::attach(cluster, &mut report, now(cluster));
    report
}

/// Cases whose run is healthy, or waits as it should.
fn is_healthy(fixture: &Fixture) -> bool {
    fixture.causes.is_empty()
}

/// Fixtures made of others, for words that nobody can stage: what no version of any
/// component says yet, and objects that only a cluster in trouble shows.
fn made(fixtures: &[Fixture]) -> Vec<(&'static str, RunReport)> {
    let of = |case: &str| fixtures.iter().find(|fixture| fixture.name.ends_with(case)).unwrap();
    let changed = |case: &str, change: &dyn Fn(&mut Cluster, &str, &str)| {
        let fixture = of(case);
        let mut cluster = fixture.cluster.overlay();
        change(&mut cluster, &fixture.namespace, &fixture.run);
        report(&cluster, &fixture.namespace, &fixture.run)
    };
    let say = |cluster: &mut Cluster, text: &str| {
        for pod in &mut cluster.pods {
            for condition in &mut pod.status.conditions {
                if condition.kind == "PodScheduled" && condition.status == "False" {
                    condition.message = text.to_owned();
                }
            }
        }
        cluster.forget(Kind::Node);
    };
    vec![
        (
            "TKF107",
            changed("/assistant-quota", &|cluster, _, _| {
                cluster.resource_quotas.clear();
                for event in &mut cluster.events {
                    if event.reason == "FailedCreate" {
                        event.message =
                            "create Pod x failed error: pods \"x\" is forbidden: the moon is full".to_owned();
                    }
                }
            }),
        ),
        (
            "TKF114",
            changed("/assistant-deleted", &|cluster, _, _| {
                cluster.forget(Kind::Event);
                cluster.coverage.record(Kind::Event, "", Reading::Listed);
                cluster.task_runs.retain(|task_run| !task_run.is_done());
            }),
        ),
        (
            "TKF127",
            changed("/assistant-pending-cordoned", &|cluster, _, _| {
                say(cluster, "0/1 nodes are available: 1 node(s) were asleep.")
            }),
        ),
        (
            "TKF211",
            changed("/nodes-cordoned", &|cluster, _, _| {
                say(cluster, "0/1 nodes are available: 1 node(s) were asleep.")
            }),
        ),
        (
            "TKF310",
            changed("/priority-class-missing", &|cluster, _, _| {
                for task_run in &mut cluster.task_runs {
                    for condition in &mut task_run.status.conditions {
                        condition.message = "failed to create task run pod: the moon is full".to_owned();
                    }
                }
            }),
        ),
        (
            "TKF409",
            changed("/priority-class-missing", &|cluster, _, _| {
                for task_run in &mut cluster.task_runs {
                    for condition in &mut task_run.status.conditions {
                        condition.reason = "TaskRunResultLargerThanAllowedLimit".to_owned();
                    }
                }
            }),
        ),
        ("TKF417", changed("/healthy-running", &|cluster, _, _| cluster.pods.clear())),
        (
            "TKF510",
            changed("/healthy-running", &|cluster, namespace, run| {
                cluster.task_runs.clear();
                cluster.pods.clear();
                cluster.stateful_sets.clear();
                for known in &mut cluster.pipeline_runs {
                    if known.metadata.namespace == namespace && known.metadata.name == run {
                        known.status = Default::default();
                    }
                }
            }),
        ),
        (
            "TKF901",
            changed("/assistant-quota", &|cluster, _, _| {
                cluster.forget(Kind::Event);
                cluster.forget(Kind::ResourceQuota);
            }),
        ),
    ]
}

/// A case of `tests/fixtures/reports.tar.zst` by its folder.
fn reported(root: &Path, folder: &str) -> Fixture {
    let path = root.join(folder);
    let truth: serde_json::Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
    let (namespace, run) = truth["run"].as_str().unwrap().split_once('/').unwrap();
    Fixture {
        name: folder.to_owned(),
        namespace: namespace.to_owned(),
        run: run.to_owned(),
        causes: vec![truth["cause"].as_str().unwrap().to_owned()],
        cluster: export::read(path.join("snapshot").to_str().unwrap()).unwrap(),
    }
}

/// What people reported and what was staged live, each with its cause; the rest are
/// variants of them.
fn made_of_reports(fixtures: &[Fixture]) -> Vec<(&'static str, RunReport)> {
    let root = unpack("reports.tar.zst");
    let cases = [
        ("TKF116", "live/42-assistant-scaled-to-zero"),
        ("TKF213", "reports/13-two-volumes-two-zones"),
        ("TKF517", "live/05-namespace-terminating"),
        ("TKF414", "reports/02-step-killed-137"),
        ("TKF415", "live/14-sidecar-never-ready"),
        ("TKF416", "reports/03-prepare-oom-running"),
        ("TKF418", "reports/07-exec-format-error"),
        ("TKF419", "reports/01-claim-being-deleted"),
        ("TKF514", "reports/12-kueue-unknown-resource"),
        ("TKF515", "reports/04-resolved-but-unnoticed"),
        ("TKF516", "live/31-run-being-deleted"),
    ];
    let mut made: Vec<(&'static str, RunReport)> = Vec::new();
    for (code, folder) in cases {
        let case = reported(root.path(), folder);
        made.push((code, report(&case.cluster, &case.namespace, &case.run)));
    }
    let mut variant = |code: &'static str, case: &Fixture, change: &dyn Fn(&mut Cluster)| {
        let mut cluster = case.cluster.overlay();
        change(&mut cluster);
        made.push((code, report(&cluster, &case.namespace, &case.run)));
    };
    let staged = |case: &str| fixtures.iter().find(|fixture| fixture.name.ends_with(case)).unwrap();
    variant("TKF420", staged("/container-not-created"), &|cluster| {
        for pod in &mut cluster.pods {
            for status in &mut pod.status.container_statuses {
                if let Some(waiting) = &mut status.state.waiting {
                    waiting.reason = "CreateContainerConfigError".to_owned();
                    waiting.message = "container has runAsNonRoot and image will run as root".to_owned();
                }
            }
        }
    });
    let killed = reported(root.path(), "reports/02-step-killed-137");
    variant("TKF417", &killed, &|cluster| cluster.pods.clear());
    let written = reported(root.path(), "reports/07-exec-format-error");
    let says = |line: &'static str| {
        move |cluster: &mut Cluster| {
            std::sync::Arc::make_mut(&mut cluster.logs).values_mut().for_each(|log| line.clone_into(log))
        }
    };
    variant("TKF421", &written, &says("write /workspace/out.tar: no space left on device"));
    variant("TKF422", &written, &says("touch: cannot touch '/workspace/x': Read-only file system"));
    let deleted = reported(root.path(), "live/04-claim-being-deleted");
    variant("TKF423", &deleted, &|cluster| {
        for pod in &mut cluster.pods {
            for condition in &mut pod.status.conditions {
                condition.message =
                    condition.message.replace("is being deleted", "bound to non-existent persistentvolume \"pv-1\"");
            }
        }
    });
    let held = reported(root.path(), "live/01-two-runs-one-claim");
    variant("TKF424", &held, &|cluster| {
        for event in cluster.events.iter_mut().filter(|event| event.message.contains("Multi-Attach")) {
            "FailedMount".clone_into(&mut event.reason);
            "Unable to attach or mount volumes: failed to process volumes=[ws]: conflicting SELinux labels of volume ci-rwo-models: \"s0:c1,c2\" and \"s0:c3,c4\"".clone_into(&mut event.message);
        }
    });
    variant("TKF518", staged("/run-invalid-by-resolver"), &|cluster| {
        for condition in cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
            condition.message = condition.message.replace(
                "resolution took longer than global timeout of 1m0s",
                "error getting \"Git\" \"a/git-1\": authentication required",
            );
        }
    });
    made
}

#[test]
fn every_check_is_documented_speaks_when_it_should_and_is_silent_on_health() {
    let fixtures = staged();
    assert!(fixtures.len() >= 100, "{} fixtures", fixtures.len());
    let page = fs::read_to_string("docs/findings.md").unwrap();
    let sections: BTreeMap<&str, &str> =
        page.lines().filter_map(|line| line.strip_prefix("## ")).filter_map(|title| title.split_once(' ')).collect();
    let mut wrong = Vec::new();
    let mut spoken: BTreeSet<&'static str> = BTreeSet::new();
    let mut healthy = 0;
    for fixture in &fixtures {
        let report = report(&fixture.cluster, &fixture.namespace, &fixture.run);
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause.id()).collect();
        if found != fixture.causes {
            wrong.push(format!("{}: found {found:?}, staged {:?}", fixture.name, fixture.causes));
        }
        healthy += usize::from(is_healthy(fixture));
        for finding in &report.findings {
            spoken.insert(finding.cause.code());
            if sections.get(finding.cause.code()) != Some(&finding.cause.id()) {
                wrong.push(format!(
                    "docs/findings.md has no section \"{} {}\"",
                    finding.cause.code(),
                    finding.cause.id()
                ));
            }
        }
    }
    for (code, report) in made(&fixtures).into_iter().chain(made_of_reports(&fixtures)) {
        match report.findings.iter().find(|finding| finding.cause.code() == code) {
            Some(finding) => {
                spoken.insert(finding.cause.code());
            }
            None => wrong
                .push(format!("{code}: found {:?}", report.findings.iter().map(|f| f.cause.id()).collect::<Vec<_>>())),
        }
    }
    // Those of `check` are no findings of runs.
    let of_runs = |code: &&&str| !code.starts_with("TKF60") || matches!(**code, "TKF601" | "TKF602");
    for code in sections.keys().filter(of_runs) {
        if !spoken.contains(code) {
            wrong.push(format!("{code} {}: no fixture triggers it", sections[code]));
        }
    }
    assert!(healthy >= 8, "{healthy} healthy fixtures");
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// A task that waits for GPUs on tainted nodes, changed.
fn waiting_for_gpus(change: impl FnOnce(&mut Cluster)) -> RunReport {
    let fixtures = staged();
    let fixture = fixtures.iter().find(|fixture| fixture.name.ends_with("/untolerated-taint")).unwrap();
    let mut cluster = fixture.cluster.overlay();
    change(&mut cluster);
    report(&cluster, &fixture.namespace, &fixture.run)
}

#[test]
fn nodes_that_are_full_of_unread_pods_are_another_way_out() {
    let report = waiting_for_gpus(|cluster| {
        for pod in cluster.pods.iter_mut().filter(|pod| pod.spec.node_name.is_empty()) {
            for container in &mut pod.spec.containers {
                container.resources.requests.remove("nvidia.com/gpu");
                container.resources.limits.remove("nvidia.com/gpu");
            }
            for condition in &mut pod.status.conditions {
                condition.message = condition.message.replace("Insufficient nvidia.com/gpu", "Insufficient cpu");
            }
        }
    });
    let first = &report.findings[0];
    assert_eq!((first.cause.id(), first.confidence().as_str()), ("insufficient-resources", "likely"));
    assert!(first.cannot_tell.iter().any(|open| open.contains("taints, ")), "{:?}", first.cannot_tell);
    assert!(first.offers.iter().any(|offer| offer.id == "tolerate"), "{:?}", first.offers);
    assert!(first.offers.iter().all(|offer| !offer.works()), "{:?}", first.offers);
}

#[test]
fn nodes_on_their_way_out_are_not_to_be_tolerated() {
    for (key, cause, words) in [
        ("ToBeDeletedByClusterAutoscaler", "node-not-ready", "are being removed from the cluster"),
        ("karpenter.sh/disrupted", "node-not-ready", "are being removed from the cluster"),
        ("node.kubernetes.io/out-of-service", "node-not-ready", "are shut down or out of service"),
        ("node.kubernetes.io/network-unavailable", "node-not-ready", "have no network for pods"),
        ("node.cloudprovider.kubernetes.io/uninitialized", "node-not-ready", "are not set up yet"),
        ("node.kubernetes.io/disk-pressure", "node-under-pressure", "are under memory, disk or PID pressure"),
        ("node.kubernetes.io/window", "untolerated-taint", "has a taint"),
    ] {
        let report = waiting_for_gpus(|cluster| {
            for node in &mut cluster.nodes {
                for taint in node.spec.taints.iter_mut().filter(|taint| taint.key == "nvidia.com/gpu") {
                    taint.key = key.to_owned();
                }
                // No other worker may be used.
                if node.metadata.name.starts_with("worker") || node.metadata.name.starts_with("own") {
                    node.spec.unschedulable = true;
                }
            }
            for pod in cluster.pods.iter_mut().filter(|pod| pod.spec.node_name.is_empty()) {
                for condition in &mut pod.status.conditions {
                    condition.message = condition.message.replace("{nvidia.com/gpu: ", &format!("{{{key}: "));
                }
            }
        });
        let first = &report.findings[0];
        assert_eq!(first.cause.id(), cause, "{key}: {}", first.summary);
        assert!(first.summary.contains(words), "{key}: {}", first.summary);
        assert_eq!(first.offers.iter().any(|offer| offer.id == "tolerate"), cause == "untolerated-taint", "{key}");
    }
}
