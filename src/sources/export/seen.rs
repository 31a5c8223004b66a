//! What an export proves to be whole: that is told by what its files hold, not by where they
//! lie. A list is whole when it was written to its end and has no further page; single
//! objects, lists that were cut off, objects that cannot be decoded and files that cannot be
//! read prove nothing about what else there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::model::{Cluster, Kind, Reading};

use super::layout::Listed;
use super::manifest::Manifest;

type Place = (Kind, String);

/// What the files of an export hold, kind by kind and namespace by namespace.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whole lists.
    lists: BTreeSet<Place>,
    /// Lists that are whole if `cluster-info dump` wrote the folder.
    dumps: BTreeMap<Place, PathBuf>,
    /// Why an archive ended early.
    torn: Option<String>,
    /// What is missing, and why.
    lost: BTreeMap<Place, String>,
    /// Files with single objects in the folder of their kind.
    singles: BTreeMap<Place, usize>,
    /// Objects of which it is not known whether they are all.
    loose: BTreeMap<Place, String>,
}

impl Seen {
    /// A list that is whole, if the collector whose place it has is the one that wrote it.
    pub(super) fn list(&mut self, listed: &Listed) {
        let place = (listed.kind, listed.namespace.clone());
        match &listed.dump {
            Some(folder) => drop(self.dumps.insert(place, folder.clone())),
            None => drop(self.lists.insert(place)),
        }
    }

    /// An archive ended before its end: what single files prove together is not known.
    pub(super) fn ended_early(&mut self, reason: String) {
        self.torn.get_or_insert(reason);
    }

    /// Proves which lists are those of `cluster-info dump`: it alone writes a file of that name
    /// beside them.
    pub(super) fn settle(&mut self, files: &BTreeSet<PathBuf>) {
        const MARK: &str = "replication-controllers";
        let marks: Vec<&Path> = files
            .iter()
            .filter(|file| file.file_stem().is_some_and(|stem| stem == MARK))
            .filter_map(|file| file.parent())
            .collect();
        for (place, folder) in std::mem::take(&mut self.dumps) {
            let is_proven =
                marks.iter().any(|mark| *mark == folder || place.1.is_empty() && mark.parent() == Some(&folder));
            if is_proven {
                self.lists.insert(place);
            } else {
                self.loose
                    .entry(place)
                    .or_insert_with(|| format!("{} holds lists of unknown origin", folder.display()));
            }
        }
    }

    /// Something of a kind was lost; the first reason counts.
    pub(super) fn lost(&mut self, kind: Kind, namespace: &str, reason: String) {
        self.lost.entry((kind, namespace.to_owned())).or_insert(reason);
    }

    /// An object in a file of its own, in the folder of its kind.
    pub(super) fn single(&mut self, kind: Kind, namespace: &str) {
        *self.singles.entry((kind, namespace.to_owned())).or_default() += 1;
    }

    /// An object of a file that says nothing about others.
    pub(super) fn loose(&mut self, kind: Kind, namespace: &str, file: &str) {
        self.loose.entry((kind, namespace.to_owned())).or_insert_with(|| format!("{file} holds single objects"));
    }

    /// Adds what was read after this.
    pub(super) fn absorb(&mut self, later: Self) {
        let Self { lists, dumps, torn, lost, singles, loose } = later;
        self.lists.extend(lists);
        self.dumps.extend(dumps);
        self.torn = self.torn.take().or(torn);
        for (place, reason) in lost {
            self.lost.entry(place).or_insert(reason);
        }
        for (place, count) in singles {
            *self.singles.entry(place).or_default() += count;
        }
        for (place, reason) in loose {
            self.loose.entry(place).or_insert(reason);
        }
    }

    /// Records it all; of a snapshot, what its manifest says.
    pub(super) fn record(self, cluster: &mut Cluster, manifest: Option<Manifest>) {
        let lost: BTreeSet<Place> = self.lost.keys().cloned().collect();
        self.record_found(cluster);
        if let Some(manifest) = manifest {
            manifest.record(cluster, |kind, namespace| lost.contains(&(kind, namespace.to_owned())));
        }
    }

    fn record_found(self, cluster: &mut Cluster) {
        let Self { lists, lost, singles, loose, torn, .. } = self;
        for (place, reason) in loose {
            cluster.coverage.record(place.0, &place.1, Reading::Partly(reason));
        }
        for (place, count) in singles {
            let has_csi_nodes = lists.contains(&(Kind::CsiNode, String::new()));
            let is_whole = is_a_list(cluster, place.0, count) && (place.0 != Kind::Node || has_csi_nodes);
            let reading = if let Some(reason) = &torn {
                Reading::Partly(reason.clone())
            } else if place.1.is_empty() && is_whole {
                Reading::Listed
            } else {
                Reading::Partly(format!("its {} stand in files of their own, which may not be all", place.0.plural()))
            };
            cluster.coverage.record(place.0, &place.1, reading);
        }
        for (kind, namespace) in lists {
            cluster.coverage.record(kind, &namespace, Reading::Listed);
        }
        for (place, reason) in lost {
            cluster.coverage.record(place.0, &place.1, Reading::Partly(reason));
        }
    }
}

/// The SCCs that every OpenShift has, restored when they are deleted (openshift/api
/// security/v1, openshift/cluster-kube-apiserver-operator bindata, 4.6 and later).
const SCCS: [&str; 7] =
    ["anyuid", "hostaccess", "hostmount-anyuid", "hostnetwork", "nonroot", "privileged", "restricted"];

/// ClusterRoles that every API server restores (kubernetes
/// plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.33).
const CLUSTER_ROLES: [&str; 9] = [
    "cluster-admin",
    "admin",
    "edit",
    "view",
    "system:basic-user",
    "system:discovery",
    "system:node",
    "system:kube-scheduler",
    "system:kube-controller-manager",
];

/// Whether cluster-scoped objects in files of their own are all: `oc adm inspect` writes them
/// so for a whole resource as well as for one name (openshift/oc
/// pkg/cli/admin/inspect/resource.go, 4.20). Every cluster has some by name; of nodes the
/// others speak.
fn is_a_list(cluster: &Cluster, kind: Kind, count: usize) -> bool {
    let has = |names: &[&str]| names.iter().all(|name| cluster.origin(kind, "", name).is_some());
    match kind {
        Kind::TektonConfig | Kind::SchedulerConfig => true,
        Kind::SecurityContextConstraints => {
            let used = cluster.pods.iter().filter_map(|pod| pod.metadata.annotation("openshift.io/scc"));
            has(&SCCS) && used.into_iter().all(|name| has(&[name]))
        }
        Kind::ClusterRole => has(&CLUSTER_ROLES),
        Kind::ClusterRoleBinding => has(&["cluster-admin"]) && count > 1,
        Kind::PriorityClass => has(&["system-node-critical", "system-cluster-critical"]),
        Kind::Node => {
            let known = |name: &str| cluster.node(name).is_some();
            cluster.csi_nodes.iter().all(|node| known(&node.metadata.name))
                && cluster
                    .pods
                    .iter()
                    .all(|pod| pod.spec.node_name.is_empty() || pod.is_terminal() || known(&pod.spec.node_name))
        }
        Kind::CsiNode => {
            !cluster.nodes.is_empty()
                && cluster.nodes.iter().all(|node| cluster.origin(kind, "", &node.metadata.name).is_some())
        }
        _ => false,
    }
}
