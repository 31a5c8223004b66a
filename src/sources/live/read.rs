//! Fills a cluster from the server: what every look at it needs at once, and the rest when
//! somebody asks for it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::list::{Listing, Query, path};
use super::{Connection, Reading, SourceError};
use crate::model::cluster::Detail;
use crate::model::demand::Asked;
use crate::model::namespace::TEKTON_NAMESPACES as NAMESPACES;
use crate::model::{Cluster, Kind};
use crate::sources::{CLUSTER_WIDE, IN_NAMESPACE, Wanted};

/// Pods that are over use nothing on a node.
const LIVE_PODS: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// Label of everything that belongs to a run (tektoncd/pipeline
/// `pkg/apis/pipeline/register.go`, v1.15).
const RUN_LABEL: &str = "tekton.dev/pipelineRun";

/// Longest value of a label: a run with a longer name is not found by it.
const LONGEST_LABEL: usize = 63;

/// Kinds of a namespace that every look at a run needs.
const AT_ONCE: [Kind; 5] = [Kind::PipelineRun, Kind::TaskRun, Kind::Pod, Kind::Event, Kind::StatefulSet];

/// Kinds that are asked for together, sooner or later: one round instead of several.
const TOGETHER: [&[Kind]; 3] = [
    &[
        Kind::ServiceAccount,
        Kind::LimitRange,
        Kind::ResourceQuota,
        Kind::Namespace,
        Kind::Claim,
        Kind::StorageClass,
        Kind::PriorityClass,
    ],
    &[Kind::SecurityContextConstraints, Kind::Role, Kind::RoleBinding, Kind::ClusterRole, Kind::ClusterRoleBinding],
    &[Kind::Node, Kind::SchedulerConfig],
];

impl Connection {
    /// Reads what every look needs. All else that the server has is offered: it is noted in
    /// the demand of the cluster's coverage when somebody asks for it.
    ///
    /// # Errors
    /// When the server cannot be reached, does not know the login, or knows no PipelineRuns.
    pub async fn begin(&self, wanted: &Wanted) -> Result<Cluster, SourceError> {
        let mut cluster = Cluster::default();
        for kind in IN_NAMESPACE {
            for place in wanted.places() {
                cluster.offer(kind, place);
            }
        }
        for kind in CLUSTER_WIDE {
            cluster.offer(kind, "");
        }
        if wanted.all_pods {
            cluster.offer(Kind::Pod, "");
        }
        for namespace in NAMESPACES {
            cluster.offer(Kind::ConfigMap, namespace);
            cluster.offer(Kind::Deployment, namespace);
        }
        let (version, read) = tokio::join!(self.version_or_none(), self.read_first(&mut cluster, wanted));
        cluster.server_version = version?;
        read?;
        self.read_tekton_namespace(&mut cluster).await?;
        // Ages are counted from times that the server set: its clock, not this machine's.
        cluster.taken_at = Some(self.server_clock().unwrap_or_else(Timestamp::now));
        settle(&mut cluster);
        Ok(cluster)
    }

    async fn read_first(&self, cluster: &mut Cluster, wanted: &Wanted) -> Result<(), SourceError> {
        let mut queries = vec![Query::all(Kind::TektonConfig, None)];
        for namespace in NAMESPACES {
            queries.extend([Kind::ConfigMap, Kind::Deployment].map(|kind| Query::all(kind, Some(namespace))));
        }
        match (&wanted.run, wanted.namespaces.as_deref()) {
            (Some(run), Some([namespace])) if run.len() <= LONGEST_LABEL => {
                queries.extend([Kind::Event, Kind::StatefulSet].map(|kind| Query::all(kind, Some(namespace))));
                self.read_run(cluster, (namespace, run), queries).await
            }
            _ => {
                let places = wanted.places();
                queries.extend(places.iter().flat_map(|place| AT_ONCE.map(|kind| Query::all(kind, some(place)))));
                self.read_lists(cluster, queries).await
            }
        }
    }

    /// Reads a run and what carries its label, beside lists.
    async fn read_run(
        &self,
        cluster: &mut Cluster,
        (namespace, name): (&str, &str),
        queries: Vec<Query>,
    ) -> Result<(), SourceError> {
        let labelled = [Kind::TaskRun, Kind::Pod].map(|kind| Query {
            selectors: vec![("labelSelector", format!("{RUN_LABEL}={name}"))],
            ..Query::all(kind, Some(namespace))
        });
        let lists = join_all(labelled.iter().chain(&queries).map(|query| self.list(query)));
        let named = Query::all(Kind::PipelineRun, Some(namespace));
        let (run, lists) = tokio::join!(self.read_one(&named, name), lists);
        let mut lists = lists.into_iter();
        let mut is_whole = true;
        for (query, listing) in labelled.iter().zip(lists.by_ref()) {
            is_whole &= listing.reading == Reading::Listed;
            let reading = listing.reading.clone();
            take(cluster, listing);
            // Of the others nothing is known: they are still on offer.
            if reading != Reading::Listed {
                cluster.record(query.kind, namespace, reading);
            }
        }
        for (query, listing) in queries.iter().zip(lists) {
            record(cluster, query, listing)?;
        }
        // Without it the list is asked for, which says more of why.
        if let Ok(Some(page)) = run {
            cluster.take(page, Detail::Whole);
        }
        if is_whole {
            cluster.coverage.read_run(namespace, name);
        }
        Ok(())
    }

    /// Reads what was asked for, with what is likely to be asked for next.
    ///
    /// # Errors
    /// When the server no longer knows the login, or knows no PipelineRuns.
    pub async fn fetch(&self, cluster: &mut Cluster, wanted: &Wanted, asked: &Asked) -> Result<(), SourceError> {
        let mut all = asked.clone();
        for (kind, place) in asked {
            let group = TOGETHER.iter().find(|group| group.contains(kind)).copied().unwrap_or_default();
            for other in group {
                let places = match (other.is_namespaced(), kind.is_namespaced()) {
                    (true, true) => vec![place.as_str()],
                    (true, false) => wanted.places(),
                    (false, _) => vec![""],
                };
                all.extend(places.into_iter().map(|place| (*other, place.to_owned())));
            }
            if (*kind, place.as_str()) == (Kind::Pod, "") {
                all.extend(wanted.places().into_iter().map(|place| (Kind::Pod, place.to_owned())));
            }
        }
        let is_offered = |(kind, place): &(Kind, String)| cluster.coverage.offers(*kind).contains(place);
        let queries: Vec<Query> =
            all.iter().filter(|asked| is_offered(asked)).map(|asked| query(asked, wanted)).collect();
        self.read_lists(cluster, queries).await?;
        self.read_own_namespaces(cluster, wanted).await;
        settle(cluster);
        Ok(())
    }

    /// Reads all that a diagnosis of every run of the wanted namespaces may need.
    ///
    /// # Errors
    /// When the server cannot be reached, does not know the login, or knows no PipelineRuns.
    pub async fn read(&self, wanted: &Wanted) -> Result<Cluster, SourceError> {
        let mut cluster = self.begin(&Wanted { run: None, ..wanted.clone() }).await?;
        let offered = cluster.coverage.offered().clone();
        self.fetch(&mut cluster, wanted, &offered).await?;
        self.end_of_reading();
        Ok(cluster)
    }

    /// Reads what is wanted as far as `look` looks for it: it is asked again and again, until
    /// it has looked for nothing that could be read and was not. What it says then it would
    /// say had everything been read.
    ///
    /// # Errors
    /// When the server cannot be reached, does not know the login, or knows no PipelineRuns.
    pub async fn look<T>(&self, wanted: &Wanted, look: impl Fn(&Cluster) -> T) -> Result<(Cluster, T), SourceError> {
        self.look_on(None, wanted, look).await
    }

    /// The same for a run that is followed: what an earlier look has read of the cluster
    /// outside of its namespace is not read again.
    ///
    /// # Errors
    /// When the server cannot be reached, does not know the login, or knows no PipelineRuns.
    pub async fn look_on<T>(
        &self,
        earlier: Option<&Cluster>,
        wanted: &Wanted,
        look: impl Fn(&Cluster) -> T,
    ) -> Result<(Cluster, T), SourceError> {
        let mut cluster = self.begin(wanted).await?;
        if let (Some(earlier), Some(namespaces)) = (earlier, &wanted.namespaces) {
            cluster.carry_over(earlier, namespaces);
            settle(&mut cluster);
        }
        let seen = self.look_again(wanted, &mut cluster, look).await?;
        Ok((cluster, seen))
    }

    /// The same of a cluster that was read in part.
    ///
    /// # Errors
    /// When nothing more can be read.
    pub async fn look_again<T>(
        &self,
        wanted: &Wanted,
        cluster: &mut Cluster,
        look: impl Fn(&Cluster) -> T,
    ) -> Result<T, SourceError> {
        loop {
            let seen = look(cluster);
            let asked = cluster.coverage.demand().take();
            if asked.is_empty() {
                self.end_of_reading();
                return Ok(seen);
            }
            self.fetch(cluster, wanted, &asked).await?;
        }
    }

    async fn read_lists(&self, cluster: &mut Cluster, queries: Vec<Query>) -> Result<(), SourceError> {
        let listings = join_all(queries.iter().map(|query| self.list(query))).await;
        for (query, listing) in queries.iter().zip(listings) {
            record(cluster, query, listing)?;
        }
        Ok(())
    }

    /// Who may not list namespaces may still read the own one, whose annotations hold
    /// the ranges of ids.
    async fn read_own_namespaces(&self, cluster: &mut Cluster, wanted: &Wanted) {
        let readings = |cluster: &Cluster, at: &str| {
            let mut all = cluster.coverage.iter().filter(|(kind, _, _)| *kind == Kind::Namespace);
            all.find(|(_, place, _)| *place == at).map(|(_, _, reading)| reading.proves_absence())
        };
        if readings(cluster, "") != Some(false) {
            return;
        }
        for name in wanted.namespaces.iter().flatten() {
            if readings(cluster, name).is_some() {
                continue;
            }
            let Ok(found) = self.read_one(&Query::all(Kind::Namespace, None), name).await else { continue };
            if let Some(page) = found {
                cluster.take(page, Detail::Whole);
            }
            cluster.record(Kind::Namespace, name, Reading::Listed);
        }
    }

    /// The operator may have put Tekton into a namespace of its own choice.
    async fn read_tekton_namespace(&self, cluster: &mut Cluster) -> Result<(), SourceError> {
        let target = cluster.tekton_configs.known().find_map(|config| config.spec.get("targetNamespace")?.as_str());
        let target = target.filter(|namespace| !namespace.is_empty() && !NAMESPACES.contains(namespace));
        let kinds = [Kind::ConfigMap, Kind::Deployment];
        let queries = target.map(|namespace| kinds.map(|kind| Query::all(kind, Some(namespace)))).into_iter().flatten();
        self.read_lists(cluster, queries.collect()).await?;
        self.read_tekton_info(cluster).await;
        Ok(())
    }

    /// Every user may read the ConfigMap with Tekton's version by its name, without the right to
    /// list others (tektoncd/pipeline config/200-role.yaml, Role tekton-pipelines-info, v1.15).
    async fn read_tekton_info(&self, cluster: &mut Cluster) {
        const INFO: &str = "pipelines-info";
        for namespace in NAMESPACES {
            let is_refused = matches!(cluster.coverage.of(Kind::ConfigMap, namespace), Reading::Forbidden(_));
            if !is_refused || cluster.config_maps.known().any(|map| map.metadata.name == INFO) {
                continue;
            }
            // A refusal here is no reason to lose the rest.
            if let Ok(Some(page)) = self.read_one(&Query::all(Kind::ConfigMap, Some(namespace)), INFO).await {
                cluster.take(page, Detail::Whole);
            }
        }
    }

    /// Reads the pods of Tekton's own namespace, whose logs are about to be read.
    pub async fn read_controller_pods(&self, cluster: &mut Cluster, namespace: &str) {
        if cluster.coverage.offers(Kind::Pod).iter().any(String::is_empty) {
            take(cluster, self.list(&Query::all(Kind::Pod, Some(namespace))).await);
            settle(cluster);
        }
    }

    /// The log of a container, the last lines of it.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn log(&self, namespace: &str, pod: &str, container: &str) -> Result<String, SourceError> {
        let pods = path(Kind::Pod, Kind::Pod.version(), Some(namespace));
        let path = format!("{pods}/{pod}/log?container={container}&tailLines=200");
        let answer = self.get_patiently(&path).await.map_err(|error| self.unreachable(&error))?;
        if answer.status != 200 {
            return Err(SourceError::new(answer.reason()));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Tells that nothing more is read.
    pub fn end_of_reading(&self) {
        if let Some(tell) = &self.on_page {
            tell(None);
        }
    }
}

fn some(place: &str) -> Option<&str> {
    (!place.is_empty()).then_some(place)
}

/// How a kind is read in a place.
fn query((kind, place): &(Kind, String), wanted: &Wanted) -> Query {
    let all = Query::all(*kind, some(place));
    match &wanted.namespaces {
        // The own namespaces' pods are read whole.
        Some(own) if *kind == Kind::Pod && place.is_empty() => {
            let others = own.iter().map(|namespace| format!(",metadata.namespace!={namespace}"));
            let selector = std::iter::once(LIVE_PODS.to_owned()).chain(others).collect();
            Query { detail: Detail::Room, selectors: vec![("fieldSelector", selector)], ..all }
        }
        _ => all,
    }
}

/// Puts a list into the cluster, and how it went into the coverage.
fn record(cluster: &mut Cluster, query: &Query, listing: Listing) -> Result<(), SourceError> {
    if query.kind == Kind::PipelineRun && listing.reading == Reading::NotServed {
        return Err(no_tekton());
    }
    let reading = listing.reading.clone();
    take(cluster, listing);
    cluster.record(query.kind, query.namespace.as_deref().unwrap_or_default(), reading);
    Ok(())
}

fn take(cluster: &mut Cluster, listing: Listing) {
    for page in listing.pages {
        cluster.take(page, listing.detail);
    }
    cluster.unreadable.extend(listing.unreadable);
}

/// Makes a cluster ready to be looked at after something was added.
fn settle(cluster: &mut Cluster) {
    cluster.sort();
    cluster.events_by_object = std::sync::OnceLock::new();
    cluster.indexes = crate::model::cluster::Indexes::default();
    // Reading itself asks for nothing.
    cluster.coverage.demand().take();
}

fn no_tekton() -> SourceError {
    SourceError::new("the API server does not know PipelineRuns (tekton.dev/v1)")
        .hint("is Tekton, or OpenShift Pipelines, installed on this cluster?")
}
