//! Reads what verdicts read, and keeps all fields: for a snapshot.

use serde_json::Value;
use tokio::sync::Semaphore;

use super::Connection;
use super::list::{Listing, git_version};
use super::read::{AT_ONCE, Job, jobs, join_all, record};
use crate::model::namespace::TEKTON_NAMESPACES;
use crate::model::{Cluster, Kind};
use crate::sources::{Raw, SourceError, Wanted};

impl Connection {
    /// Reads what is wanted, with all fields of the objects, and the pods of Tekton itself.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub async fn read_raw(&self, wanted: &Wanted) -> Result<(Cluster, Vec<Raw>), SourceError> {
        let probe = self.get_patiently("/version").await.map_err(|error| self.unreachable(&error))?;
        if probe.status == 401 {
            return Err(SourceError::new(probe.reason()).hint("log in again: oc login, or pass --token"));
        }
        let now = probe.date.unwrap_or_else(jiff::Timestamp::now);
        let mut cluster = Cluster { taken_at: Some(now), server_version: git_version(&probe), ..Cluster::default() };
        let mut kept = Vec::new();
        self.keep(jobs(wanted), &mut cluster, &mut kept).await?;
        let target = cluster.tekton_configs.iter().find_map(|config| config.spec.get("targetNamespace")?.as_str());
        let target = target.filter(|target| !TEKTON_NAMESPACES.contains(target)).map(str::to_owned);
        let own = wanted.namespaces.iter().flatten().filter(|_| !cluster.coverage.proves_absence(Kind::Namespace, ""));
        let named: Vec<String> = own.cloned().collect();
        let of_target = target.into_iter().flat_map(|namespace| {
            [Kind::ConfigMap, Kind::Deployment].map(|kind| Job {
                kind,
                namespace: Some(namespace.clone()),
                selector: None,
            })
        });
        self.keep(of_target.collect(), &mut cluster, &mut kept).await?;
        for name in named {
            // Who may not list namespaces may still read the own one.
            let Ok(Some(object)) = self.named(Kind::Namespace, "", &name).await else { continue };
            let job = Job { kind: Kind::Namespace, namespace: Some(name), selector: None };
            kept.push(Raw::new(job.kind, job.kind.version(), object.clone()));
            record(&mut cluster, &job, Listing::Whole(vec![object]))?;
        }
        cluster.sort();
        if let Some(tell) = &self.on_page {
            tell(None);
        }
        Ok((cluster, kept))
    }

    async fn keep(&self, jobs: Vec<Job>, cluster: &mut Cluster, kept: &mut Vec<Raw>) -> Result<(), SourceError> {
        let gate = Semaphore::new(AT_ONCE);
        let read = |job: Job| {
            let gate = &gate;
            async move {
                let _permit = gate.acquire().await;
                let listing = self.list::<Value>(job.kind, job.namespace.as_deref(), job.selector).await;
                (job, listing)
            }
        };
        let reads: Vec<_> = jobs.into_iter().map(|job| Box::pin(read(job))).collect();
        for (job, listing) in join_all(reads).await {
            if let Listing::Whole(objects) | Listing::Partly(objects, _) = &listing {
                let group = job.kind.group();
                let slash = if group.is_empty() { "" } else { "/" };
                let version = format!("{group}{slash}{}", job.kind.version());
                kept.extend(objects.iter().map(|object| Raw::new(job.kind, &version, object.clone())));
            }
            record(cluster, &job, listing)?;
        }
        Ok(())
    }
}
