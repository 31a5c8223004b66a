//! Fills a cluster from the server: own namespace first, then what verdicts need
//! of the rest, at most six requests at a time.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::Connection;
use super::list::{Listing, Query, git_version, path};
use crate::model::cluster::Detail;
use crate::model::meta::prune_nulls;
use crate::model::namespace::TEKTON_NAMESPACES as NAMESPACES;
use crate::model::{Cluster, Kind, Origin, Reading};
use crate::sources::{CLUSTER_WIDE, IN_NAMESPACE, SourceError, Wanted};

/// Requests under way at once: every one over HTTP/1.1 is a connection.
const AT_ONCE: usize = 6;

/// Pods that are over use nothing on a node: `status.phase!=Succeeded,status.phase!=Failed`.
const LIVE_PODS: &str = "&fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";

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
        let gate = Semaphore::new(AT_ONCE);
        let read = |query: Query| {
            let gate = &gate;
            async move {
                let _permit = gate.acquire().await;
                let listing = self.list(&query).await;
                (query, listing)
            }
        };
        let reads: Vec<_> = queries(wanted).into_iter().map(|query| Box::pin(read(query))).collect();
        for (query, listing) in join_all(reads).await {
            record(&mut cluster, &query, listing)?;
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

    /// Who may not list namespaces may still read the own one, whose annotations hold
    /// the ranges of ids.
    async fn read_own_namespaces(&self, cluster: &mut Cluster, wanted: &Wanted) {
        if cluster.coverage.proves_absence(Kind::Namespace, "") {
            return;
        }
        for name in wanted.namespaces.iter().flatten() {
            let Ok(found) = self.object(&format!("{}/{name}", path(Kind::Namespace, None))).await else { continue };
            if let Some(object) = found {
                insert(cluster, Kind::Namespace, object);
            }
            cluster.coverage.record(Kind::Namespace, name, Reading::Listed);
        }
    }

    /// The operator may have put Tekton into a namespace of its own choice.
    async fn read_tekton_namespace(&self, cluster: &mut Cluster) {
        let target = cluster.tekton_configs.iter().find_map(|config| config.spec.get("targetNamespace")?.as_str());
        let Some(namespace) = target.map(str::to_owned).filter(|ns| !NAMESPACES.contains(&ns.as_str())) else { return };
        for kind in [Kind::ConfigMap, Kind::Deployment] {
            let query = Query::all(kind, Some(&namespace));
            let listing = self.list(&query).await;
            // A refusal here is no reason to lose the rest.
            let _ = record(cluster, &query, listing);
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

fn queries(wanted: &Wanted) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    if wanted.all_pods && wanted.namespaces.is_some() {
        // By far the longest list comes first: the others come in beside it.
        queries.push(Query { detail: Detail::Room, selectors: LIVE_PODS.to_owned(), ..Query::all(Kind::Pod, None) });
    }
    let namespaces: Vec<Option<&str>> = match &wanted.namespaces {
        Some(namespaces) => namespaces.iter().map(|namespace| Some(namespace.as_str())).collect(),
        None => vec![None],
    };
    for namespace in &namespaces {
        queries.extend(IN_NAMESPACE.map(|kind| Query::all(kind, *namespace)));
    }
    queries.extend(CLUSTER_WIDE.map(|kind| Query::all(kind, None)));
    for namespace in NAMESPACES {
        queries.extend([Kind::ConfigMap, Kind::Deployment].map(|kind| Query::all(kind, Some(namespace))));
    }
    queries
}

/// Puts a list into the cluster, and how it went into the coverage.
fn record(cluster: &mut Cluster, query: &Query, listing: Listing) -> Result<(), SourceError> {
    if query.kind == Kind::PipelineRun && listing.reading == Reading::NotServed {
        return Err(SourceError::new("the API server does not know PipelineRuns (tekton.dev/v1)")
            .hint("is Tekton, or OpenShift Pipelines, installed on this cluster?"));
    }
    for page in listing.pages {
        cluster.take(page);
    }
    cluster.unreadable.extend(listing.unreadable);
    let namespace = query.namespace.as_deref().unwrap_or_default();
    cluster.coverage.record(query.kind, namespace, listing.reading);
    Ok(())
}

/// Puts one object into the cluster.
fn insert(cluster: &mut Cluster, kind: Kind, mut object: Value) {
    prune_nulls(&mut object);
    let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Err(error) = cluster.insert(kind, object, Origin::Server(version)) {
        cluster.unreadable.push(error);
    }
}

/// Awaits all, in parallel on one task.
async fn join_all<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
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
