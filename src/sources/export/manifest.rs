//! What a snapshot says of itself: `manifest.yaml` in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Cluster, Coverage, Kind, Reading};

/// `apiVersion` of a manifest.
const VERSION: &str = "tekton-fix.dev/v1";
/// `kind` of a manifest.
const NAME: &str = "Snapshot";

/// The manifest of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    api_version: String,
    kind: String,
    /// When the objects were read: ages are counted against it.
    pub taken_at: Timestamp,
    /// The version of this program.
    pub program: String,
    /// The version of the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// `NAMESPACE/NAME` of the run, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Namespaces that were taken whole; empty for all.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// What was read of each kind.
    pub kinds: Vec<Taken>,
    /// Logs of containers.
    #[serde(default)]
    pub logs: usize,
    /// Objects and logs that were left out, because their names are none of Kubernetes.
    #[serde(default)]
    pub foreign: usize,
    /// What was taken out.
    #[serde(default)]
    pub redacted: Redacted,
}

/// What was read of a kind in a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The kind.
    pub kind: String,
    /// The namespace; absent for the whole cluster.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// How it was read.
    pub read: Extent,
    /// Why not all of it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Objects that the snapshot holds.
    pub objects: usize,
}

/// How completely a kind was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// Every object.
    Whole,
    /// Some objects.
    Partly,
    /// The server refused.
    Forbidden,
    /// The server does not serve the kind.
    NotServed,
}

/// How many values were taken out, by what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Redacted {
    /// Values of environment variables.
    pub environment: usize,
    /// Values of parameters and results whose name speaks of a secret.
    pub secrets: usize,
    /// Values of ConfigMaps other than Tekton's.
    pub config_maps: usize,
    /// Texts that held a token or password.
    pub texts: usize,
    /// Matches of patterns of the caller's own.
    pub patterns: usize,
}

impl Manifest {
    /// The manifest of what was read of a cluster.
    pub fn new(taken_at: Timestamp, cluster: &Cluster, kinds: Vec<Taken>) -> Self {
        Self {
            api_version: VERSION.to_owned(),
            kind: NAME.to_owned(),
            taken_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            server_version: cluster.server_version.clone(),
            run: None,
            namespaces: Vec::new(),
            kinds,
            logs: 0,
            foreign: 0,
            redacted: Redacted::default(),
        }
    }

    /// Whether it is the kind of a manifest.
    pub(super) fn is(api_version: &str, kind: &str) -> bool {
        (api_version, kind) == (VERSION, NAME)
    }

    /// A manifest, if a document is one.
    pub(super) fn of(document: &Value) -> Option<Self> {
        let is_one = document.get("apiVersion").and_then(Value::as_str) == Some(VERSION)
            && document.get("kind").and_then(Value::as_str) == Some(NAME);
        is_one.then(|| Self::deserialize(document).ok()).flatten()
    }

    /// Records what was read of the cluster from which the snapshot was taken, as far as the
    /// snapshot still holds it. What it was found to lack stays so.
    pub(super) fn record(self, cluster: &mut Cluster, is_lost: impl Fn(Kind, &str) -> bool) {
        let mut coverage = Coverage::default();
        let known = |name: &str| Kind::ALL.iter().copied().find(|kind| kind.name() == name);
        let kinds: Vec<(Kind, Taken)> =
            self.kinds.into_iter().filter_map(|taken| Some((known(&taken.kind)?, taken))).collect();
        for (kind, namespace, reading) in cluster.coverage.iter() {
            let is_told = kinds.iter().any(|(told, _)| *told == kind);
            if !is_told || is_lost(kind, namespace) {
                coverage.record(kind, namespace, reading.clone());
            }
        }
        for (kind, taken) in kinds {
            if is_lost(kind, &taken.namespace) {
                continue;
            }
            let found = cluster.count(kind, &taken.namespace);
            let reading = if found < taken.objects {
                let (all, plural) = (taken.objects, kind.plural());
                Reading::Partly(format!("the snapshot holds {found} of the {all} {plural} that its manifest counts"))
            } else {
                match taken.read {
                    Extent::Whole => Reading::Listed,
                    Extent::Partly => Reading::Partly(taken.reason),
                    Extent::Forbidden => Reading::Forbidden(taken.reason),
                    Extent::NotServed => Reading::NotServed,
                }
            };
            coverage.record(kind, &taken.namespace, reading);
        }
        cluster.coverage = coverage;
        cluster.server_version = self.server_version;
        cluster.taken_at = Some(self.taken_at);
    }
}

impl Taken {
    /// What a cluster's coverage says, with the number of objects that are kept.
    pub fn of(kind: Kind, namespace: &str, reading: &Reading, objects: usize) -> Option<Self> {
        let (read, reason) = match reading {
            Reading::Listed => (Extent::Whole, ""),
            Reading::Partly(reason) => (Extent::Partly, reason.as_str()),
            Reading::Forbidden(reason) => (Extent::Forbidden, reason.as_str()),
            Reading::NotServed => (Extent::NotServed, ""),
            Reading::NotRead => return None,
        };
        let (namespace, reason) = (namespace.to_owned(), reason.to_owned());
        Some(Self { kind: kind.name().to_owned(), namespace, read, reason, objects })
    }
}
