//! What people reported in public, and what was staged live beyond the incidents: the
//! first cause is the true one, decisive words are there, false ones are not, and nothing
//! stuck is called healthy.
//!
//! `tests/fixtures/reports.tar.zst` holds a folder for each case, with the export and
//! `truth.yaml`, packed with `tar -cf - reports live | zstd -19 --long=27`.

mod aftermath;
mod endings;
mod offers;
#[path = "../recorded/mod.rs"]
mod recorded;
mod variants;
mod words;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use tekton_fix::checks;
use tekton_fix::finding::{Cause, Confidence, RunReport, RunState};
use tekton_fix::model::Kind;
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::event::Event;
use tekton_fix::model::pod::{ContainerState, Pod, PodStatus, Terminated, Waiting};
use tekton_fix::sources::export;
use tempfile::TempDir;

use recorded::{folders, unpack};
use words::{WORDS, own_words, text};

/// The cases, unpacked once.
static ROOT: LazyLock<TempDir> = LazyLock::new(|| unpack("reports.tar.zst"));

struct Case {
    name: String,
    cause: String,
    namespace: String,
    run: String,
    cluster: Cluster,
}

impl Case {
    fn read(path: &Path) -> Self {
        let truth = std::fs::read_to_string(path.join("truth.yaml")).unwrap();
        let truth: Value = serde_yaml::from_str(&truth).unwrap();
        let (namespace, run) = truth["run"].as_str().unwrap().split_once('/').unwrap();
        let cluster = export::read(path.join("snapshot").to_str().unwrap()).unwrap();
        assert_eq!(cluster.unreadable, [], "{path:?}");
        Self {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            cause: truth["cause"].as_str().unwrap().to_owned(),
            namespace: namespace.to_owned(),
            run: run.to_owned(),
            cluster,
        }
    }

    /// A case by the beginning of its folder's name.
    fn of(kind: &str, number: &str) -> Self {
        let all = folders(&ROOT.path().join(kind));
        let found = all.iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(number));
        Self::read(found.unwrap())
    }

    fn report(&self) -> RunReport {
        let run = self.cluster.pipeline_run(&self.namespace, &self.run).unwrap();
        checks::diagnose(&self.cluster, run, self.cluster.taken_at.unwrap())
    }

    /// The causes of the changed case.
    fn changed(mut self, change: impl FnOnce(&mut Cluster)) -> (Vec<&'static str>, RunReport) {
        change(&mut self.cluster);
        let report = self.report();
        (report.findings.iter().map(|finding| finding.cause.id()).collect(), report)
    }
}

#[test]
fn the_first_cause_is_the_true_one_and_says_what_decides() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for kind in folders(ROOT.path()) {
        for case in folders(&kind).iter().map(|path| Case::read(path)) {
            seen += 1;
            let report = case.report();
            let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause.id()).collect();
            if found.first() != Some(&case.cause.as_str()) {
                wrong.push(format!("{}: found {found:?}, true is {}", case.name, case.cause));
            }
            if report.state == RunState::Healthy || found.is_empty() {
                wrong.push(format!("{}: is {:?} with {found:?}", case.name, report.state));
            }
            let Some((_, says, never)) = WORDS.iter().find(|(name, ..)| *name == case.name) else { continue };
            let (all, own) = (text(&report), own_words(&report));
            wrong
                .extend(says.iter().filter(|word| !all.contains(*word)).map(|w| format!("{}: lacks {w:?}", case.name)));
            wrong.extend(never.iter().filter(|word| own.contains(*word)).map(|w| format!("{}: says {w:?}", case.name)));
        }
    }
    assert!(seen >= 30, "{seen} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first object of a list.
fn first<'a, T: 'a>(objects: impl IntoIterator<Item = &'a mut T>) -> &'a mut T {
    objects.into_iter().next().unwrap()
}

/// The pod of the case's only task.
fn task_pod(cluster: &mut Cluster) -> &mut Pod {
    cluster.pods.iter_mut().find(|pod| pod.metadata.name.ends_with("-pod")).unwrap()
}

fn end(pod: &mut Pod, container: &str, change: impl Fn(&mut Terminated)) {
    let status: &mut PodStatus = &mut pod.status;
    let statuses = status.init_container_statuses.iter_mut().chain(&mut status.container_statuses);
    for status in statuses.filter(|status| status.name == container) {
        change(status.state.terminated.get_or_insert_default());
    }
}

#[test]
fn signals_are_distinguished_from_ordinary_ends() {
    for (code, reason, words) in [
        (139, "Error", "SIGSEGV"),
        (143, "Error", "SIGTERM"),
        (137, "OOMKilled", "killed for memory"),
        (255, "Error", "exit code 255"),
    ] {
        let (causes, report) = Case::of("reports", "02").changed(|cluster| {
            end(task_pod(cluster), "step-train", |end| {
                end.exit_code = code;
                end.reason = reason.to_owned();
            });
        });
        assert_eq!((causes.as_slice(), report.state), (&["step-killed"][..], RunState::Stuck), "{code}");
        assert!(report.headline.contains(words), "{}", report.headline);
        let doubts = report.findings[0].cannot_tell.iter().any(|text| text.contains("SIGKILL"));
        assert!(!doubts, "{:?}", report.findings[0].cannot_tell);
    }
}

#[test]
fn a_step_that_works_after_others_is_progress() {
    let (causes, report) = Case::of("reports", "02").changed(|cluster| {
        end(task_pod(cluster), "step-train", |end| {
            end.exit_code = 0;
            end.reason = "Completed".to_owned();
        });
    });
    assert_eq!((causes, report.state), (vec![], RunState::Healthy), "{}", report.headline);
}

#[test]
fn a_running_pod_without_container_statuses_proves_nothing() {
    let (causes, report) =
        Case::of("reports", "02").changed(|cluster| task_pod(cluster).status.container_statuses.clear());
    assert_eq!((causes, report.state), (vec!["evidence-missing"], RunState::Unknown));
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("kubectl describe pods")));
}

#[test]
fn a_failed_run_without_task_runs_is_not_without_findings() {
    let (causes, report) = Case::of("reports", "07").changed(|cluster| {
        cluster.forget(Kind::TaskRun);
        cluster.forget(Kind::Pod);
    });
    assert_eq!((causes, report.state), (vec!["evidence-missing"], RunState::Failed));
    assert!(report.headline.contains("were not read"), "{}", report.headline);
}

#[test]
fn whose_init_container_failed_is_said() {
    let (_, report) = Case::of("reports", "03").changed(|cluster| {
        let pod = task_pod(cluster);
        pod.spec.init_containers[0].name = "istio-init".to_owned();
        pod.status.init_container_statuses[0].name = "istio-init".to_owned();
        end(pod, "istio-init", |end| {
            end.exit_code = 1;
            end.reason = "Error".to_owned();
        });
    });
    assert_eq!(report.findings[0].cause, Cause::InitContainerFailed);
    let own = own_words(&report);
    assert!(own.contains("istio-init is not one of Tekton's own"), "{own}");
    assert!(!own.contains("16Mi"), "{own}");
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("kubectl logs")));
}

#[test]
fn a_pod_that_is_gone_or_failed_is_lost() {
    let (causes, report) = Case::of("reports", "02").changed(|cluster| cluster.pods.clear());
    assert_eq!((causes, report.state), (vec!["pod-lost"], RunState::Stuck));
    let (causes, _) = Case::of("reports", "02").changed(|cluster| {
        cluster.pods.clear();
        cluster.forget(Kind::Pod);
    });
    assert_eq!(causes, ["evidence-missing"], "absence proves nothing where pods were not listed");
    let (causes, report) = Case::of("reports", "03").changed(|cluster| {
        let pod = task_pod(cluster);
        pod.status.init_container_statuses.clear();
        pod.status.reason = "NodeShutdown".to_owned();
        pod.status.message = "Pod was terminated in response to imminent node shutdown.".to_owned();
    });
    assert_eq!(causes, ["pod-lost"]);
    assert!(report.headline.contains("NodeShutdown"), "{}", report.headline);
}

#[test]
fn a_sidecar_that_is_ready_holds_back_nothing() {
    let ready = |released: bool, since: &str| {
        let since: jiff::Timestamp = since.parse().unwrap();
        Case::of("live", "14").changed(move |cluster| {
            for pod in &mut cluster.pods {
                pod.status.container_statuses.iter_mut().for_each(|status| status.ready = true);
                let conditions = pod.status.conditions.iter_mut();
                for condition in conditions.filter(|condition| condition.kind == "ContainersReady") {
                    condition.status = "True".to_owned();
                    condition.last_transition_time = Some(since);
                }
                if released {
                    pod.metadata.annotations.insert("tekton.dev/ready".to_owned(), "READY".to_owned());
                }
            }
        })
    };
    let now = Case::of("live", "14").cluster.taken_at.unwrap();
    let ago = |seconds: i64| (now - jiff::SignedDuration::from_secs(seconds)).to_string();
    let (causes, report) = ready(true, &ago(600));
    assert_eq!((causes, report.state), (vec![], RunState::Healthy));
    // The controller releases the first step within moments; a container that runs is no work.
    let (causes, report) = ready(false, &ago(5));
    assert_eq!((causes, report.state), (vec![], RunState::Waiting));
    let (causes, report) = ready(false, &ago(600));
    assert_eq!((causes, report.state), (vec!["controller-not-running"], RunState::Stuck));
    assert!(report.findings[0].summary.contains("has not released the first step"), "{}", report.findings[0].summary);
    // Tekton has released the steps before the sidecar became unready.
    let (causes, _) = Case::of("live", "14").changed(|cluster| {
        for pod in &mut cluster.pods {
            pod.metadata.annotations.insert("tekton.dev/ready".to_owned(), "READY".to_owned());
        }
    });
    assert_eq!(causes, Vec::<&str>::new());
}

#[test]
fn a_native_sidecar_holds_back_the_steps_too() {
    let (causes, report) = Case::of("live", "14").changed(|cluster| {
        cluster.pods.retain(|pod| pod.metadata.name != "verify-1-fetch-pod");
        let pod = task_pod(cluster);
        pod.status.phase = "Pending".to_owned();
        let at = pod.spec.containers.iter().position(|own| own.name == "sidecar-mockserver").unwrap();
        let mut sidecar = pod.spec.containers.remove(at);
        sidecar.restart_policy = Some("Always".to_owned());
        pod.spec.init_containers.push(sidecar);
        let at = pod.status.container_statuses.iter().position(|own| own.name == "sidecar-mockserver").unwrap();
        let status = pod.status.container_statuses.remove(at);
        pod.status.init_container_statuses.push(status);
        pod.status.container_statuses[0].state = ContainerState::default();
        warn(cluster, "Unhealthy", "Startup probe failed: dial tcp 10.1.2.3:1080: connect: connection refused");
    });
    assert_eq!((causes, report.state), (vec!["sidecar-not-ready"], RunState::Stuck));
    assert!(own_words(&report).contains("Startup probe failed"), "{}", own_words(&report));
}

/// The case of a failed step whose log is another one.
fn with_log(log: &str) -> (Vec<&'static str>, RunReport) {
    Case::of("reports", "07").changed(|cluster| {
        assert_eq!(cluster.logs.len(), 1);
        Arc::make_mut(&mut cluster.logs).values_mut().for_each(|text| log.clone_into(text));
    })
}

#[test]
fn what_a_step_wrote_decides() {
    for (log, cause) in [
        ("standard_init_linux.go:228: exec user process caused: exec format error", "wrong-architecture"),
        ("tar: /workspace/x: Cannot write: No space left on device", "volume-full"),
        ("Error: ENOSPC: no space left on device, write", "volume-full"),
        ("OSError: [Errno 122] Disk quota exceeded: '/workspace/a'", "volume-full"),
        ("mkdir: cannot create directory '/etc/x': Read-only file system", "volume-read-only"),
        ("java.nio.file.FileSystemException: /workspace/a: Read-only file system", "volume-read-only"),
        ("main.go:7: undefined: x", "step-failed"),
    ] {
        let (causes, report) = with_log(log);
        assert_eq!(causes, [cause], "{log}");
        let quoted = report.findings[0].evidence.iter().any(|item| item.value.contains(log));
        assert!(quoted, "{log}");
        assert!(!own_words(&report).contains("not at fault"));
    }
    let (_, report) = Case::of("reports", "07").changed(|cluster| Arc::make_mut(&mut cluster.logs).clear());
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("kubectl logs")));
}

#[test]
fn one_architecture_in_the_cluster_leaves_a_doubt() {
    let (causes, report) = Case::of("reports", "07").changed(|cluster| {
        for node in &mut cluster.nodes {
            node.metadata.labels.insert("kubernetes.io/arch".to_owned(), "amd64".to_owned());
        }
    });
    assert_eq!(causes, ["wrong-architecture"]);
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("#!")));
}

#[test]
fn three_answers_of_webhooks_have_three_summaries() {
    let event = |message: &'static str| {
        Case::of("reports", "05").changed(|cluster| {
            for event in &mut cluster.events {
                if event.kind == "Warning" {
                    event.message = format!("Failed to create TaskRuns [\"x\"]: {message}");
                    event.reason = "TaskRunsCreationFailed".to_owned();
                }
            }
        })
    };
    for (message, words) in [
        (
            "admission webhook \"validate.kyverno.svc-fail\" denied the request: label team is missing",
            "the admission policy validate.kyverno.svc-fail refuses the run's TaskRuns: label team is missing",
        ),
        (
            "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \"https://w.n.svc:443/\": context deadline exceeded",
            "does not answer: it did not answer in time",
        ),
        (
            "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \"https://w.n.svc:443/\": no endpoints available for service \"w\"",
            "its Service has no endpoints",
        ),
    ] {
        let (causes, report) = event(message);
        assert_eq!(causes, ["task-run-refused"]);
        assert!(report.headline.contains(words), "{}", report.headline);
    }
}

#[test]
fn the_event_of_a_refused_task_run_has_other_reasons_in_other_versions() {
    let (causes, report) = Case::of("reports", "05")
        .changed(|cluster| cluster.events.retain(|event| event.reason != "TaskRunsCreationFailed"));
    assert_eq!(causes, ["task-run-refused"]);
    assert!(report.headline.starts_with("Tekton's own validation refuses"), "{}", report.headline);
}

#[test]
fn queues_speak_for_themselves() {
    let (causes, report) = Case::of("reports", "12").changed(|cluster| {
        for condition in cluster.queue_workloads.iter_mut().flat_map(|workload| &mut workload.status.conditions) {
            condition.message = "couldn't assign flavors to pod set main: insufficient unused quota for cpu".to_owned();
        }
    });
    assert_eq!((causes, report.state), (vec!["held-by-queue"], RunState::Waiting));
    let (_, report) = Case::of("reports", "12").changed(|cluster| cluster.forget(Kind::QueueWorkload));
    assert_eq!(report.state, RunState::Waiting);
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("workloads.kueue.x-k8s.io")));
    let (causes, report) = Case::of("reports", "12").changed(|cluster| {
        let run = first(&mut cluster.pipeline_runs);
        run.metadata.labels.clear();
        run.spec.as_object_mut().unwrap().remove("managedBy");
        run.metadata.labels.insert("pipelinesascode.tekton.dev/state".to_owned(), "queued".to_owned());
        run.metadata.annotations.insert("pipelinesascode.tekton.dev/repository".to_owned(), "shop".to_owned());
        let mut ahead = run.clone();
        ahead.metadata.name = "ahead".to_owned();
        ahead.metadata.labels.insert("pipelinesascode.tekton.dev/state".to_owned(), "started".to_owned());
        cluster.pipeline_runs.push(ahead);
    });
    assert_eq!((causes, report.state), (vec!["held-by-queue"], RunState::Waiting));
    let all = text(&report);
    assert!(all.contains("Repository shop") && all.contains("in front of it: ahead"), "{all}");
}

#[test]
fn the_resolver_is_quoted() {
    let with = |status: &'static str, message: &'static str| {
        Case::of("reports", "04").changed(|cluster| {
            for condition in cluster.resolution_requests.iter_mut().flat_map(|request| &mut request.status.conditions) {
                condition.status = status.to_owned();
                condition.message = message.to_owned();
            }
        })
    };
    let (causes, report) = with("False", "error getting \"Http\" \"platform/http-5e3f\": requested URL returned 404");
    assert_eq!(causes, ["reference-not-fetched"]);
    assert!(report.headline.ends_with("could not be fetched: requested URL returned 404"), "{}", report.headline);
    let (causes, report) = with("Unknown", "");
    assert_eq!(causes, ["resolver-not-answering"]);
    assert!(text(&report).contains("has been unanswered for 22m"));
    let (causes, _) = Case::of("reports", "04").changed(|cluster| cluster.forget(Kind::ResolutionRequest));
    assert_eq!(causes, ["resolver-not-answering"]);
}

#[test]
fn a_limit_of_the_steps_own_is_not_the_limit_ranges() {
    let (causes, _) = Case::of("reports", "08").changed(|cluster| {
        for task_run in &mut cluster.task_runs {
            for step in task_run.status.task_spec.as_mut().unwrap()["steps"].as_array_mut().unwrap() {
                step["computeResources"]["limits"] = serde_json::json!({ "memory": "100Mi" });
            }
        }
    });
    assert_eq!(causes, ["task-pod-refused"]);
}

#[test]
fn what_was_not_read_leaves_a_likely_cause() {
    for (number, kind, cause) in
        [("08", Kind::LimitRange, "task-pod-limitrange"), ("13", Kind::Node, "volumes-in-different-zones")]
    {
        let (causes, report) = Case::of("reports", number).changed(|cluster| cluster.forget(kind));
        assert_eq!(causes, [cause]);
        assert_eq!(report.findings[0].confidence(), Confidence::Likely);
        assert!(!report.findings[0].cannot_tell.is_empty());
    }
}

#[test]
fn a_deleted_claim_counts_although_the_scheduler_has_not_spoken_since() {
    let (causes, _) = Case::of("live", "04").changed(|cluster| {
        for pod in &mut cluster.pods {
            for condition in pod.status.conditions.iter_mut().filter(|condition| condition.status == "False") {
                condition.message = "0/7 nodes are available: 7 node(s) didn't match pod affinity rules.".to_owned();
            }
        }
    });
    assert_eq!(causes, ["claim-being-deleted"]);
}

#[test]
fn an_image_for_another_cpu_is_named_wherever_it_ends() {
    let message = "exec /bin/sh: exec format error";
    let (causes, report) = Case::of("reports", "03").changed(|cluster| {
        end(task_pod(cluster), "prepare", |end| {
            end.exit_code = 255;
            end.reason = "Error".to_owned();
            end.message = message.to_owned();
        });
    });
    assert_eq!(causes, ["wrong-architecture"]);
    assert!(report.headline.starts_with("init container prepare"), "{}", report.headline);
    let (causes, _) = Case::of("reports", "02").changed(|cluster| {
        end(task_pod(cluster), "step-train", |end| {
            end.exit_code = 128;
            end.reason = "StartError".to_owned();
            end.message = message.to_owned();
        });
    });
    assert_eq!(causes, ["wrong-architecture"]);
}

#[test]
fn volumes_in_one_zone_are_another_matter() {
    let (causes, _) = Case::of("reports", "13").changed(|cluster| {
        let place = first(&mut cluster.persistent_volumes).spec.node_affinity.clone();
        for volume in &mut cluster.persistent_volumes {
            volume.spec.node_affinity.clone_from(&place);
        }
        for node in &mut cluster.nodes {
            node.metadata.labels.retain(|key, _| !key.contains("zone"));
        }
    });
    assert_eq!(causes, ["volume-node-affinity"]);
}

#[test]
fn a_lost_claim_is_no_unbound_one() {
    let (causes, report) = Case::of("live", "04").changed(|cluster| {
        for claim in &mut cluster.claims {
            claim.metadata.deletion_timestamp = None;
            claim.status.phase = "Lost".to_owned();
        }
        for pod in &mut cluster.pods {
            for condition in &mut pod.status.conditions {
                condition.message =
                    condition.message.replace("is being deleted", "bound to non-existent persistentvolume \"pv-1\"");
            }
        }
    });
    assert_eq!(causes, ["claim-lost"]);
    assert!(text(&report).contains("status.phase Lost"));
}

#[test]
fn a_node_that_lost_contact_makes_a_running_pod_unknown_progress() {
    let (causes, report) = Case::of("live", "24").changed(|cluster| {
        let pod = task_pod(cluster);
        pod.status.phase = "Running".to_owned();
        let node = pod.spec.node_name.clone();
        for status in &mut pod.status.container_statuses {
            status.state.terminated = None;
            status.state.running = Some(Default::default());
        }
        for condition in cluster
            .nodes
            .iter_mut()
            .filter(|known| known.metadata.name == node)
            .flat_map(|known| &mut known.status.conditions)
        {
            if condition.kind == "Ready" {
                condition.status = "Unknown".to_owned();
            }
        }
    });
    assert_ne!(report.state, RunState::Healthy);
    assert_eq!(causes.first(), Some(&"node-not-ready"));
}

/// An event about a task's pod.
fn warn(cluster: &mut Cluster, reason: &str, message: &str) {
    let pod = task_pod(cluster).metadata.clone();
    let mut event = Event { kind: "Warning".to_owned(), reason: reason.to_owned(), ..Event::default() };
    event.metadata.namespace.clone_from(&pod.namespace);
    event.metadata.name = format!("{}.1", pod.name);
    event.message = message.to_owned();
    event.involved_object.kind = "Pod".to_owned();
    event.involved_object.name.clone_from(&pod.name);
    event.involved_object.namespace = pod.namespace;
    event.last_timestamp = cluster.taken_at;
    cluster.events.push(event);
}

#[test]
fn a_probe_that_fails_is_quoted() {
    let (_, report) = Case::of("live", "14").changed(|cluster| {
        // The case's last task is the one that waits.
        cluster.pods.retain(|pod| pod.metadata.name != "verify-1-fetch-pod");
        warn(cluster, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503");
    });
    assert!(own_words(&report).contains("statuscode: 503"), "{}", own_words(&report));
    assert_eq!(report.findings[0].cannot_tell, Vec::<String>::new());
}

#[test]
fn a_timeout_behind_a_killed_step_names_the_step() {
    let (causes, report) = Case::of("reports", "02").changed(|cluster| {
        let now = cluster.taken_at;
        cluster.pods.clear();
        for condition in &mut first(&mut cluster.pipeline_runs).status.conditions {
            condition.status = "False".to_owned();
            condition.reason = "PipelineRunTimeout".to_owned();
            condition.message = "PipelineRun failed to finish within \"6h0m0s\"".to_owned();
        }
        let status = &mut first(&mut cluster.task_runs).status;
        status.completion_time = now;
        for condition in &mut status.conditions {
            condition.status = "False".to_owned();
            condition.reason = "TaskRunTimeout".to_owned();
            condition.message = "TaskRun failed to finish within \"1h0m0s\"".to_owned();
        }
        for step in status.steps.iter_mut().skip(1) {
            step.state.running = None;
            step.state.terminated =
                Some(Terminated { exit_code: 1, reason: "TaskRunTimeout".to_owned(), ..Terminated::default() });
        }
    });
    assert_eq!((causes, report.state), (vec!["step-killed"], RunState::Failed));
    assert!(own_words(&report).contains("until the timeout"), "{}", own_words(&report));
}

#[test]
fn who_asks_for_another_user_than_root_is_said() {
    for (message, level, scc, words) in [
        (
            "container has runAsNonRoot and image will run as root (pod: \"x\", container: step-train)",
            "restricted",
            None,
            "Pod Security level restricted",
        ),
        (
            "container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root",
            "",
            Some("nonroot-v2"),
            "SCC nonroot-v2",
        ),
    ] {
        let (causes, report) = Case::of("reports", "02").changed(|cluster| {
            for namespace in &mut cluster.namespaces {
                namespace.metadata.labels.insert("pod-security.kubernetes.io/enforce".to_owned(), level.to_owned());
            }
            let pod = task_pod(cluster);
            pod.status.phase = "Pending".to_owned();
            pod.metadata.annotations.extend(scc.map(|scc| ("openshift.io/scc".to_owned(), scc.to_owned())));
            for status in &mut pod.status.container_statuses {
                status.state = ContainerState::default();
            }
            pod.status.container_statuses[0].state.waiting =
                Some(Waiting { reason: "CreateContainerConfigError".to_owned(), message: message.to_owned() });
        });
        assert_eq!((causes.as_slice(), report.state), (&["image-would-run-as-root"][..], RunState::Stuck), "{message}");
        let own = own_words(&report);
        assert!(own.contains("step-train") && own.contains(words), "{own}");
    }
}

#[test]
fn a_run_that_ended_before_its_namespace_was_deleted_has_another_cause() {
    let (causes, _) = Case::of("live", "05").changed(|cluster| {
        let run = first(&mut cluster.pipeline_runs);
        run.status.completion_time = run.metadata.creation_timestamp;
    });
    assert_eq!(causes, ["evidence-missing"], "its TaskRuns are gone");
}

#[test]
fn what_is_past_its_timeout_or_deleted_makes_no_progress() {
    fn hours(cluster: &Cluster, hours: i64) -> jiff::Timestamp {
        cluster.taken_at.unwrap() - jiff::SignedDuration::from_hours(hours)
    }
    let working = |change: fn(&mut Cluster)| {
        Case::of("live", "14").changed(move |cluster| {
            for pod in &mut cluster.pods {
                pod.metadata.annotations.insert("tekton.dev/ready".to_owned(), "READY".to_owned());
                pod.status.container_statuses.iter_mut().for_each(|status| status.ready = true);
            }
            change(cluster);
        })
    };
    let (causes, report) = working(|_| ());
    assert_eq!((causes, report.state), (vec![], RunState::Healthy));
    let (causes, report) = working(|cluster| {
        let start = hours(cluster, 4);
        for run in &mut cluster.pipeline_runs {
            run.status.start_time = Some(start);
            run.metadata.creation_timestamp = Some(start);
            run.spec["timeouts"] = serde_json::json!({ "pipeline": "1h0m0s" });
        }
    });
    assert_eq!((causes, report.state), (vec!["controller-not-running"], RunState::Stuck));
    assert!(report.findings[0].summary.starts_with("the timeout of the run passed 3h00m ago"));
    let (causes, _) = working(|cluster| {
        let start = hours(cluster, 2);
        for task_run in &mut cluster.task_runs {
            task_run.status.start_time = Some(start);
            task_run.spec["timeout"] = serde_json::json!("30m0s");
        }
    });
    assert_eq!(causes, ["controller-not-running"]);
    let (causes, report) = working(|cluster| {
        let deleted = hours(cluster, 1);
        for task_run in &mut cluster.task_runs {
            task_run.metadata.deletion_timestamp = Some(deleted);
            task_run.metadata.finalizers = vec!["chains.tekton.dev".to_owned()];
        }
    });
    assert_eq!((causes, report.state), (vec!["run-being-deleted"], RunState::Stuck));
    assert!(report.findings[0].summary.contains("finalizer chains.tekton.dev keeps the object"));
}
