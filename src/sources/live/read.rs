//! Fills a cluster from the server: own namespace first, then what verdicts need
//! of the rest, at most six requests at a time.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Connection;
use super::list::{Listing, git_version, path};
use crate::model::namespace::TEKTON_NAMESPACES as NAMESPACES;
use crate::model::{Cluster, Kind, Origin, Reading};
use crate::sources::{CLUSTER_WIDE, IN_NAMESPACE, SourceError, Wanted};

/// Requests under way at once: every one over HTTP/1.1 is a connection.
pub(super) const AT_ONCE: usize = 6;

/// Pods that are over use nothing on a node.
const LIVE_PODS: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// One list to read.
pub(super) struct Job {
    pub(super) kind: Kind,
    pub(super) namespace: Option<String>,
    pub(super) selector: Option<&'static str>,
}

impl Connection {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// When the server cannot be reached or knows no PipelineRuns.
    pub async fn read(&self, wanted: &Wanted) -> Result<Cluster, SourceError> {
        let probe = self.get_patiently("/version").await.map_err(|error| self.unreachable(&error))?;
        // Ages are counted from times that the server set: its clock, not this machine's.
        let now = probe.date.unwrap_or_else(Timestamp::now);
        let mut cluster = Cluster { taken_at: Some(now), ..Cluster::default() };
        if probe.status == 401 {
            return Err(SourceError::new(probe.reason()).hint("log in again: oc login, or pass --token"));
        }
        cluster.server_version = git_version(&probe);
        let jobs = jobs(wanted);
        let gate = Semaphore::new(AT_ONCE);
        let mut answers: Vec<(Job, Listing<Value>)> = Vec::with_capacity(jobs.len());
        let read = |job: Job| {
            let gate = &gate;
            async move {
                let _permit = gate.acquire().await;
                let listing = self.list_values(&job).await;
                (job, listing)
            }
        };
        let reads: Vec<_> = jobs.into_iter().map(|job| Box::pin(read(job))).collect();
        answers.extend(join_all(reads).await);
        for (job, listing) in answers {
            record(&mut cluster, &job, listing)?;
        }
        self.read_own_namespaces(&mut cluster, wanted).await;
        self.read_tekton_namespace(&mut cluster).await;
        self.read_tekton_info(&mut cluster).await;
        cluster.sort();
        if let Some(tell) = &self.on_page {
            tell(None);
        }
        Ok(cluster)
    }

    async fn list_values(&self, job: &Job) -> Listing<Value> {
        self.list::<Value>(job.kind, job.namespace.as_deref(), job.selector).await
    }

    /// Who may not list namespaces may still read the own one, whose annotations hold
    /// the ranges of ids.
    async fn read_own_namespaces(&self, cluster: &mut Cluster, wanted: &Wanted) {
        if cluster.coverage.proves_absence(Kind::Namespace, "") {
            return;
        }
        for name in wanted.namespaces.iter().flatten() {
            let Ok(found) = self.object(&format!("{}/{name}", path(Kind::Namespace, None))).await else { continue };
            let listing = Listing::Whole(found.into_iter().collect());
            let job = Job { kind: Kind::Namespace, namespace: Some(name.clone()), selector: None };
            // Only PipelineRuns can fail here.
            let _ = record(cluster, &job, listing);
        }
    }

    /// The operator may have put Tekton into a namespace of its own choice.
    async fn read_tekton_namespace(&self, cluster: &mut Cluster) {
        let target = cluster.tekton_configs.iter().find_map(|config| config.spec.get("targetNamespace")?.as_str());
        let Some(namespace) = target.map(str::to_owned).filter(|ns| !NAMESPACES.contains(&ns.as_str())) else { return };
        for kind in [Kind::ConfigMap, Kind::Deployment] {
            let job = Job { kind, namespace: Some(namespace.clone()), selector: None };
            let listing = self.list_values(&job).await;
            // A refusal here is no reason to lose the rest.
            let _ = record(cluster, &job, listing);
        }
    }

    /// Every user may read the ConfigMap with Tekton's version by its name, without the right to
    /// list others (tektoncd/pipeline config/200-role.yaml, Role tekton-pipelines-info, v1.15).
    async fn read_tekton_info(&self, cluster: &mut Cluster) {
        const INFO: &str = "pipelines-info";
        for namespace in NAMESPACES {
            let is_refused = matches!(cluster.coverage.of(Kind::ConfigMap, namespace), Reading::Forbidden(_));
            if !is_refused || cluster.config_maps.iter().any(|map| map.metadata.name == INFO) {
                continue;
            }
            let name = format!("{}/{INFO}", path(Kind::ConfigMap, Some(namespace)));
            // A refusal here is no reason to lose the rest.
            let Ok(Some(object)) = self.object(&name).await else { continue };
            insert(cluster, Kind::ConfigMap, object);
        }
    }

    /// The log of a container, the last lines of it.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn log(&self, namespace: &str, pod: &str, container: &str) -> Result<String, SourceError> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&tailLines=200");
        let answer = self.get_patiently(&path).await.map_err(|error| self.unreachable(&error))?;
        if answer.status != 200 {
            return Err(SourceError::new(answer.reason()));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }
}

pub(super) fn jobs(wanted: &Wanted) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let namespaces: Vec<Option<String>> = match &wanted.namespaces {
        Some(namespaces) => namespaces.iter().cloned().map(Some).collect(),
        None => vec![None],
    };
    for namespace in &namespaces {
        for kind in IN_NAMESPACE {
            jobs.push(Job { kind, namespace: namespace.clone(), selector: None });
        }
    }
    for kind in CLUSTER_WIDE {
        jobs.push(Job { kind, namespace: None, selector: None });
    }
    if wanted.all_pods && wanted.namespaces.is_some() {
        jobs.push(Job { kind: Kind::Pod, namespace: None, selector: Some(LIVE_PODS) });
    }
    for namespace in NAMESPACES {
        for kind in [Kind::ConfigMap, Kind::Deployment] {
            jobs.push(Job { kind, namespace: Some(namespace.to_owned()), selector: None });
        }
    }
    jobs
}

/// Puts a list into the cluster, and how it went into the coverage.
pub(super) fn record(cluster: &mut Cluster, job: &Job, listing: Listing<Value>) -> Result<(), SourceError> {
    let namespace = job.namespace.clone().unwrap_or_default();
    let (objects, reading) = match listing {
        Listing::Whole(objects) => (objects, Reading::Listed),
        Listing::Partly(objects, reason) => (objects, Reading::Partly(reason)),
        Listing::Forbidden(reason) => (Vec::new(), Reading::Forbidden(reason)),
        Listing::NotServed => (Vec::new(), Reading::NotServed),
        Listing::Failed(reason) => (Vec::new(), Reading::Partly(reason)),
    };
    if job.kind == Kind::PipelineRun && reading == Reading::NotServed {
        return Err(SourceError::new("the API server does not know PipelineRuns (tekton.dev/v1)")
            .hint("is Tekton, or OpenShift Pipelines, installed on this cluster?"));
    }
    for object in objects {
        insert(cluster, job.kind, object);
    }
    cluster.coverage.record(job.kind, &namespace, reading);
    Ok(())
}

/// Puts one object into the cluster.
fn insert(cluster: &mut Cluster, kind: Kind, mut object: Value) {
    crate::sources::export::prune_nulls(&mut object);
    let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Err(error) = cluster.insert(kind, object, Origin::Server(version)) {
        cluster.unreadable.push(error);
    }
}

/// Awaits all, in parallel on one task.
pub(super) async fn join_all<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, slot) in futures.iter_mut().zip(done.iter_mut()) {
            if slot.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *slot = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
