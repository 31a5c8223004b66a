//! What is read of a live cluster: as much as the answer needs, and no answer that a fault or
//! a missing right makes surer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tekton_fix::checks;
use tekton_fix::finding::{Confidence, RunReport, RunState};
use tekton_fix::model::{Cluster, Kind, Reading};
use tekton_fix::repairs;
use tekton_fix::report::wording;
use tekton_fix::sources::live::{Access, Connection, connect};
use tekton_fix::sources::{Wanted, export};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::objects;
use crate::recorded::{folders, unpack};
use crate::server::{self, Fault, Flaw, Server};

/// What the server says of its version.
const VERSION: &str = "v1.33.13";
/// Looks at the same time.
const AT_ONCE: usize = 8;

struct Incident {
    name: String,
    namespace: String,
    run: String,
    folder: PathBuf,
    objects: BTreeMap<String, Vec<Value>>,
    now: Timestamp,
}

fn incidents() -> (tempfile::TempDir, Vec<Arc<Incident>>) {
    let folder = unpack("incidents.tar.zst");
    let all = folders(&folder.path().join("incidents")).into_iter().map(|path| {
        let truth: Value = serde_yaml::from_str(&std::fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        let (namespace, run) = truth["run"].as_str().unwrap().split_once('/').unwrap();
        let snapshot = path.join("snapshot");
        Arc::new(Incident {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            namespace: namespace.to_owned(),
            run: run.to_owned(),
            objects: objects::read(&snapshot),
            now: export::read(snapshot.to_str().unwrap()).unwrap().taken_at.unwrap(),
            folder: snapshot,
        })
    });
    let all = all.collect();
    (folder, all)
}

impl Incident {
    fn wanted(&self) -> Wanted {
        Wanted::run(&self.namespace, &self.run)
    }

    fn report(&self, cluster: &Cluster) -> Option<RunReport> {
        let mut report = checks::diagnose(cluster, cluster.pipeline_run(&self.namespace, &self.run)?, self.now);
        repairs::attach(cluster, &mut report, self.now);
        Some(report)
    }

    /// What is said of it live, with what was read; `None` with the words of an error.
    async fn live(&self, fault: Fault) -> (Option<RunReport>, Cluster, Vec<String>) {
        let server = Server::serve(self.objects.clone(), fault).await;
        let connection = connection(&server, Duration::from_secs(2)).await;
        match connection.look(&self.wanted(), |cluster| self.report(cluster)).await {
            Ok((cluster, report)) => (report, cluster, server.requests()),
            Err(_) => (None, Cluster::default(), server.requests()),
        }
    }
}

async fn connection(server: &Server, timeout: Duration) -> Connection {
    let access = Access { kubeconfig: Some(server.kubeconfig.clone()), timeout, ..Access::default() };
    connect(&access).await.unwrap()
}

/// All that a report says, apart from where it was read.
fn told(report: &RunReport) -> String {
    let text = format!("{report:#?}");
    text.lines().filter(|line| !line.trim_start().starts_with("source: ")).collect::<Vec<_>>().join("\n")
}

/// The first lines in which two texts differ.
fn difference(left: &str, right: &str) -> String {
    let pairs = left.lines().zip(right.lines()).filter(|(left, right)| left != right);
    pairs.take(4).map(|(left, right)| format!("  {left}\n  {right}\n")).collect()
}

/// Runs all, a few at a time; gives what they complain of.
async fn complaints(all: Vec<impl Future<Output = Option<String>> + Send + 'static>) -> Vec<String> {
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for one in all {
        let gate = Arc::clone(&gate);
        running.spawn(async move {
            let _permit = gate.acquire_owned().await.unwrap();
            one.await
        });
    }
    let mut found: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_cluster_is_judged_as_its_export_and_as_one_that_was_read_whole() {
    let (_folder, incidents) = incidents();
    let all = incidents.into_iter().map(|incident| async move {
        let server = Server::serve(incident.objects.clone(), Fault::Read("taskruns", Flaw::Pages)).await;
        let connection = connection(&server, Duration::from_secs(20)).await;
        let (_, seen) = connection.look(&incident.wanted(), |cluster| incident.report(cluster)).await.unwrap();
        let seen = told(&seen.unwrap());
        let read = seen_as(&connection, &incident).await;
        if read != Reading::Listed {
            return Some(format!("{}: TaskRuns page by page: {read:?}", incident.name));
        }
        let whole = connection.read(&Wanted::namespace(&incident.namespace)).await.unwrap();
        let whole = told(&incident.report(&whole).unwrap());
        if seen != whole {
            return Some(format!("{}: read in part and whole:\n{}", incident.name, difference(&seen, &whole)));
        }
        let mut exported = export::read(incident.folder.to_str().unwrap()).unwrap();
        exported.coverage.assume_whole();
        exported.server_version = Some(VERSION.to_owned());
        exported.logs = Arc::default();
        let exported = told(&incident.report(&exported).unwrap());
        (seen != exported).then(|| format!("{}: live and export:\n{}", incident.name, difference(&seen, &exported)))
    });
    let wrong = complaints(all.collect()).await;
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// How TaskRuns are read page by page.
async fn seen_as(connection: &Connection, incident: &Incident) -> Reading {
    let wanted = Wanted::namespace(&incident.namespace);
    let (cluster, count) = connection.look(&wanted, |cluster| cluster.task_runs.len()).await.unwrap();
    let served = incident.objects.get("taskruns").into_iter().flatten();
    let here = served.filter(|object| object["metadata"]["namespace"] == incident.namespace.as_str());
    assert_eq!(count, here.count(), "{}", incident.name);
    cluster.coverage.of(Kind::TaskRun, &incident.namespace).clone()
}

/// What a report claims: causes that it is sure of, and plans that are said to work.
fn claims(report: &RunReport) -> BTreeSet<String> {
    let sure = report
        .findings
        .iter()
        .filter(|finding| finding.confidence() != Confidence::Likely || finding.cannot_tell.is_empty());
    let works = report.findings.iter().flat_map(|finding| &finding.offers).filter(|offer| offer.works());
    sure.map(|finding| format!("cause {}", finding.cause.id()))
        .chain(works.map(|offer| format!("works: {} ({})", offer.id, wording::summary(offer))))
        .chain((report.state == RunState::Healthy).then(|| "healthy".to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_right_no_answer_gets_surer() {
    let (_folder, incidents) = incidents();
    let all = incidents.into_iter().enumerate().map(|(at, incident)| async move {
        let (Some(known), _, requests) = incident.live(Fault::None).await else {
            return Some(format!("{} is not read", incident.name));
        };
        let mut wrong = Vec::new();
        // Each right is missing of a part of the incidents, which differ little in what they read.
        for kind in read(&requests).into_iter().skip(at % SHARE).step_by(SHARE) {
            let (less, _, _) = incident.live(Fault::Read(kind.plural(), Flaw::Status(403))).await;
            match less {
                Some(less) => {
                    let more: Vec<String> = claims(&less).difference(&claims(&known)).cloned().collect();
                    wrong.extend((!more.is_empty()).then(|| format!("{} without {kind}: {more:?}", incident.name)));
                }
                None if kind == Kind::PipelineRun => {}
                None => wrong.push(format!("{} without {kind}: no answer", incident.name)),
            }
        }
        (!wrong.is_empty()).then(|| wrong.join("\n"))
    });
    let wrong = complaints(all.collect::<Vec<_>>()).await;
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// Of how many incidents one lacks a certain right.
const SHARE: usize = 4;

/// The kinds that requests are about.
fn read(requests: &[String]) -> Vec<Kind> {
    let is_read = |kind: &&Kind| requests.iter().any(|path| server::resource(path) == kind.plural());
    Kind::ALL.iter().filter(is_read).copied().collect()
}

/// Flaws after which the answer is the same as without.
const PASSING: [Flaw; 6] =
    [Flaw::StatusOnce(429), Flaw::StatusOnce(503), Flaw::BrokenOnce, Flaw::Late, Flaw::ExpiresOnce, Flaw::Pages];
/// Flaws after which the answer may only be less sure.
const LASTING: [Flaw; 11] = [
    Flaw::Status(401),
    Flaw::Status(404),
    Flaw::Status(500),
    Flaw::Status(503),
    Flaw::Throttled,
    Flaw::Broken,
    Flaw::Cut,
    Flaw::Garbage,
    Flaw::Other,
    Flaw::Expires,
    Flaw::LoggedOut,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_read_meets_each_fault() {
    let now = export::read(crate::EXPORT).unwrap().taken_at.unwrap();
    let (namespace, run) = crate::RUN.split_once('/').unwrap();
    let (namespace, run) = (namespace.to_owned(), run.to_owned());
    let folder = PathBuf::from(crate::EXPORT);
    let objects = objects::read(Path::new(crate::EXPORT));
    let incident = Arc::new(Incident { name: "example".to_owned(), namespace, run, folder, objects, now });
    let (known, _, requests) = incident.live(Fault::None).await;
    let known = known.unwrap();
    let kinds = read(&requests).into_iter().map(Kind::plural).chain(["version", "apis"]);
    let mut all = Vec::new();
    for kind in kinds {
        let first = matches!(kind, "pipelineruns" | "taskruns" | "events" | "pods" | "nodes" | "version" | "apis");
        for flaw in PASSING.into_iter().chain(LASTING) {
            if !first && !matches!(flaw, Flaw::Status(503) | Flaw::Cut | Flaw::Expires | Flaw::StatusOnce(503)) {
                continue;
            }
            let (incident, known) = (Arc::clone(&incident), known.clone());
            all.push(async move {
                let begin = Instant::now();
                let (report, cluster, _) = incident.live(Fault::Read(kind, flaw)).await;
                let what = format!("{kind} {flaw:?}");
                // Waits end after 10 s; the rest is the machine's.
                if begin.elapsed() > Duration::from_secs(30) {
                    return Some(format!("{what}: {:?}", begin.elapsed()));
                }
                let Some(report) = report else {
                    let reading = cluster.coverage.of(Kind::PipelineRun, &incident.namespace);
                    let is_lost = matches!(kind, "pipelineruns" | "version") && !reading.proves_absence();
                    return (PASSING.contains(&flaw) || !is_lost).then(|| format!("{what}: no answer"));
                };
                if PASSING.contains(&flaw) {
                    let (known, now) = (told(&known), told(&report));
                    return (known != now).then(|| format!("{what}:\n{}", difference(&known, &now)));
                }
                let more: Vec<String> = claims(&report).difference(&claims(&known)).cloned().collect();
                // Whole lists of a kind that is said not to exist prove that it does not.
                (!more.is_empty() && flaw != Flaw::Status(404)).then(|| format!("{what}: {more:?}"))
            });
        }
    }
    let wrong = complaints(all).await;
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// The requests for a run are for the run: the cluster is not listed where nothing looks for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_needs_no_room_is_read_with_few_requests() {
    let server = Server::start(Path::new(crate::EXPORT), Fault::None).await;
    let (namespace, run) = ("private-models", "mistral-24b-quantized-sw7ss");
    let connection = connection(&server, Duration::from_secs(20)).await;
    let look = |cluster: &Cluster| {
        let run = cluster.pipeline_run(namespace, run).unwrap();
        checks::diagnose(cluster, run, cluster.taken_at.unwrap())
    };
    let (_, report) = connection.look(&Wanted::run(namespace, run), look).await.unwrap();
    let requests = server.requests();
    assert_eq!(report.state, RunState::Healthy);
    assert!(requests.len() <= 15, "{requests:#?}");
    assert!(!read(&requests).contains(&Kind::Node), "{requests:#?}");
    assert!(!requests.iter().any(|path| path.starts_with("/api/v1/pods")), "{requests:#?}");
    let mut seen = BTreeSet::new();
    assert!(requests.iter().all(|path| seen.insert(path)), "something is read twice: {requests:#?}");
}

/// A run that waits for room is followed without the cluster's nodes and pods being read again,
/// and what is said then is what a new look says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_a_run_reads_the_cluster_once() {
    let (_folder, incidents) = incidents();
    let incident = incidents.into_iter().find(|incident| incident.name.contains("pretrain-no-gpu-left")).unwrap();
    let server = Server::serve(incident.objects.clone(), Fault::None).await;
    let connection = connection(&server, Duration::from_secs(20)).await;
    let (cluster, first) = connection.look(&incident.wanted(), |cluster| incident.report(cluster)).await.unwrap();
    let of_cluster = ["/api/v1/nodes?", "/api/v1/pods?", "/version", "/apis?"];
    let again = |requests: Vec<String>| -> Vec<String> {
        requests.into_iter().filter(|path| of_cluster.iter().any(|of| path.starts_with(of))).collect()
    };
    assert_eq!(again(server.requests()).len(), 4);
    let (_, second) =
        connection.look_on(Some(&cluster), &incident.wanted(), |cluster| incident.report(cluster)).await.unwrap();
    assert_eq!(again(server.requests()), Vec::<String>::new());
    assert_eq!(told(&first.unwrap()), told(&second.unwrap()));
}

/// Neither a server that does not answer nor a person who gives up makes the program hang.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_ends_when_its_time_is_up_and_when_it_is_interrupted() {
    let server = Server::start(Path::new(crate::EXPORT), Fault::Read("events", Flaw::Hangs)).await;
    let begin = Instant::now();
    let output = crate::plugin(&server, &["diagnose", crate::RUN, "--command-timeout", "2s"]).await;
    assert_eq!(output.status.code(), Some(5), "{}", crate::text(&output));
    assert!(crate::text(&output).contains("--command-timeout"), "{}", crate::text(&output));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(["diagnose", crate::RUN]).env("KUBECONFIG", &server.kubeconfig);
    let mut child = command.spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let begin = Instant::now();
    let code = tokio::task::spawn_blocking(move || child.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(130));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

/// A list of TaskRuns that fails loses no line silently.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_runs_without_their_task_runs_are_no_complete_answer() {
    let server = Server::start(Path::new(crate::EXPORT), Fault::Read("taskruns", Flaw::Status(503))).await;
    let output = crate::plugin(&server, &["diagnose", "-n", "private-models", "--all"]).await;
    assert_eq!(output.status.code(), Some(4), "{}", crate::text(&output));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not all taskruns of namespace private-models were read: "), "{said}");
}

/// Who asks for a long wait is believed, but not waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_for_half_a_minute_is_named_at_once() {
    let server = Server::start(Path::new(crate::EXPORT), Fault::Read("taskruns", Flaw::Throttled)).await;
    let begin = Instant::now();
    let output = crate::plugin(&server, &["diagnose", "-n", "private-models", "--all"]).await;
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("asks to wait 30 s"), "{said}");
}

/// Clusters with an old Tekton serve its runs as v1beta1 only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_v1beta1_are_read_and_converted() {
    let server = Server::start(Path::new(crate::EXPORT), Fault::OnlyV1beta1).await;
    let output = crate::plugin(&server, &["diagnose", crate::RUN]).await;
    assert!(crate::text(&output).contains("TKF101"), "{}", crate::text(&output));
    assert!(server.requests().iter().all(|path| !path.starts_with("/apis/tekton.dev/v1/")));
}
