//! Which file of an export holds what, by its path. What a path promises counts only where the
//! content keeps it.
//!
//! | collector | paths | source |
//! |---|---|---|
//! | `oc adm inspect`, must-gather | `namespaces/NS/GROUP/PLURAL.yaml`, `cluster-scoped-resources/GROUP/PLURAL/NAME.yaml`, `namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs` | openshift/oc pkg/cli/admin/inspect |
//! | must-gather of OpenShift Pipelines | the same, `namespaces/NS/taskrun/NAME/NAME.yaml`, `describe` | openshift-pipelines/must-gather bin/gather_pipelines |
//! | `kubectl cluster-info dump` | `nodes.json`, `NS/pods.json`, `NS/replication-controllers.json`, `NS/POD/logs.txt` | kubernetes/kubectl pkg/cmd/clusterinfo/clusterinfo_dump.go, v0.36.3 |
//! | support bundles | `cluster-resources/pods/NS.json`, `cluster-resources/custom-resources/PLURAL.GROUP/NS.json` | replicatedhq/troubleshoot pkg/constants/constants.go, pkg/collect/cluster_resources.go |
//! | crust-gather | `namespaces/NS/VERSION/KIND/NAME.yaml`, `cluster/VERSION/KIND/NAME.yaml`, `collected.timestamp` | crust-gather/crust-gather src/gather/representation.rs |
//!
//! Collectors wrap these into folders of their own.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::model::Kind;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nothing that is read.
    Ignored,
    /// When the export was taken.
    Timestamp,
    /// The log of a container.
    Log {
        /// Namespace.
        namespace: String,
        /// Pod.
        pod: String,
        /// Container.
        container: String,
    },
    /// Objects, with the kind and namespace that the path promises, if it does.
    Objects(Option<Listed>),
    /// What its content says.
    Unknown,
}

/// A kind in a place, as an export lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Kind.
    pub kind: Kind,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// The folder in or below which `cluster-info dump` has left its mark, where the path says
    /// so little that only this proves which collector wrote it.
    pub dump: Option<PathBuf>,
    /// Whether an array without a kind is a whole list there.
    pub is_bare: bool,
}

impl Place {
    /// Reads a path below the export's root.
    pub fn of(path: &Path) -> Self {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let Some(file) = parts.last().copied().map(unpacked) else { return Self::Ignored };
        let known = |part: &&str| matches!(*part, "namespaces" | "cluster-scoped-resources" | "cluster-resources");
        let start = parts.iter().position(known).or_else(|| {
            // Any folder may be called cluster; that of crust-gather has three parts below it.
            parts.len().checked_sub(4).filter(|start| parts[*start] == "cluster")
        });
        let inside = start.map_or(&parts[..], |start| &parts[start..]);
        match inside {
            ["namespaces", namespace, "pods", pod, container, .., "logs", _] if file == "current.log" => {
                Self::log(namespace, pod, container)
            }
            ["namespaces", namespace, "v1", "pod", pod, container, _] if file == "current.log" => {
                Self::log(namespace, pod, container)
            }
            ["cluster-resources", "pods", "logs", namespace, pod, _] => match file.strip_suffix(".log") {
                Some(container) if !container.ends_with("-previous") => Self::log(namespace, pod, container),
                _ => Self::Ignored,
            },
            _ if matches!(file, "timestamp" | "collected.timestamp") => Self::Timestamp,
            _ if is_talk(&parts, file) => Self::Ignored,
            _ if !is_document(file) => Self::Unknown,
            ["namespaces", namespace, "pods", _, _] => Self::Objects(listed(Some(Kind::Pod), namespace)),
            ["namespaces", namespace, group, _] => Self::Objects(listed(kind(group, stem(file)), namespace)),
            ["namespaces", namespace, group, plural, _] => {
                let found = kind(group, plural).or_else(|| of_version(group, plural));
                Self::Objects(listed(found, namespace))
            }
            ["namespaces", ..] => Self::Objects(None),
            ["cluster-scoped-resources", group, _] => Self::Objects(listed(kind(group, stem(file)), "")),
            ["cluster-scoped-resources", group, plural, _] => Self::Objects(listed(kind(group, plural), "")),
            ["cluster", version, name, _] => Self::Objects(listed(of_version(version, name), "")),
            ["cluster-resources", rest @ ..] => Self::Objects(of_bundle(rest, stem(file))),
            _ => Self::Objects(of_dump(path, &parts, stem(file))),
        }
    }

    /// What the path promises.
    pub fn listed(&self) -> Option<&Listed> {
        match self {
            Self::Objects(listed) => listed.as_ref(),
            Self::Ignored | Self::Timestamp | Self::Log { .. } | Self::Unknown => None,
        }
    }

    fn log(namespace: &str, pod: &str, container: &str) -> Self {
        let [namespace, pod, container] = [namespace, pod, container].map(str::to_owned);
        Self::Log { namespace, pod, container }
    }
}

/// What a path that could not be looked into should hold, folder or file.
pub fn listed_below(path: &Path) -> Option<Listed> {
    let is_folder = path.file_name().is_some_and(|name| !is_document(unpacked(&name.to_string_lossy())));
    let inside = if is_folder { path.join("any.yaml") } else { path.to_owned() };
    Place::of(&inside).listed().cloned()
}

/// Whether a path is one of a collector, which puts one kind into a file.
pub fn is_collected(path: &Path) -> bool {
    path.iter().any(|part| part == "namespaces" || part == "cluster-scoped-resources")
}

/// Whether a text without a telling name may hold objects, by its first bytes. What `describe`
/// prints does not, nor do logs.
pub fn may_be_document(head: &[u8]) -> bool {
    let plain: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let has = |word: &str| plain.windows(word.len()).any(|window| window == word.as_bytes());
    (has("apiVersion") && (has("apiVersion:") || has("\"apiVersion\""))) || has("\"records\"")
}

/// What collectors say about themselves, and what they write for people.
fn is_talk(parts: &[&str], file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "log" | "logs" | "html" | "sha256" | "sha256sum")
        || matches!(file, "version" | "version.yaml" | "analysis.json" | "api.json" | "apis.json" | "logs.txt")
        || matches!(file, "aggregated-discovery-api.yaml" | "aggregated-discovery-apis.yaml")
        || file.ends_with("-errors.json")
        || parts.iter().rev().skip(1).any(|part| *part == "describe")
}

/// Kinds of `kubectl cluster-info dump`.
fn of_dump(path: &Path, parts: &[&str], stem: &str) -> Option<Listed> {
    let found = match stem {
        "pods" => Kind::Pod,
        "events" => Kind::Event,
        "deployments" => Kind::Deployment,
        "nodes" => Kind::Node,
        _ => return None,
    };
    let folder = path.parent()?;
    let namespace = if found.is_namespaced() { parts.iter().rev().nth(1)? } else { "" };
    Some(Listed { dump: Some(folder.to_owned()), ..listed(Some(found), namespace)? })
}

/// Kinds of a support bundle, by the path below `cluster-resources`.
fn of_bundle(rest: &[&str], stem: &str) -> Option<Listed> {
    let word = |word: &str| {
        Some(match word {
            "pods" => Kind::Pod,
            "events" => Kind::Event,
            "statefulsets" => Kind::StatefulSet,
            "deployments" => Kind::Deployment,
            "limitranges" => Kind::LimitRange,
            "resource-quota" => Kind::ResourceQuota,
            "pvcs" => Kind::Claim,
            "roles" => Kind::Role,
            "rolebindings" => Kind::RoleBinding,
            "serviceaccounts" => Kind::ServiceAccount,
            "configmaps" => Kind::ConfigMap,
            "nodes" => Kind::Node,
            "namespaces" => Kind::Namespace,
            "pvs" => Kind::PersistentVolume,
            "storage-classes" => Kind::StorageClass,
            "clusterroles" => Kind::ClusterRole,
            "clusterrolebindings" => Kind::ClusterRoleBinding,
            "priorityclasses" => Kind::PriorityClass,
            "volumeattachments" => Kind::VolumeAttachment,
            _ => return None,
        })
    };
    let of_resource = |name: &str| name.split_once('.').and_then(|(plural, group)| kind(group, plural));
    let (found, namespace) = match rest {
        [_] => (word(stem)?, ""),
        ["custom-resources", _] => (of_resource(stem)?, ""),
        ["custom-resources", resource, _] => (of_resource(resource)?, stem),
        [name, _] => (word(name)?, stem),
        _ => return None,
    };
    let is_namespaced = !namespace.is_empty();
    (is_namespaced == found.is_namespaced()).then_some(())?;
    Some(Listed { is_bare: true, ..listed(Some(found), namespace)? })
}

fn listed(kind: Option<Kind>, namespace: &str) -> Option<Listed> {
    kind.map(|kind| Listed { kind, namespace: namespace.to_owned(), dump: None, is_bare: false })
}

fn kind(group: &str, plural: &str) -> Option<Kind> {
    Kind::of_resource(group, plural)
}

/// The kind by the lower case of `apiVersion` and `kind`, `tekton.dev-v1` and `pipelinerun`.
fn of_version(version: &str, name: &str) -> Option<Kind> {
    let group = version.rsplit_once('-').map_or("", |(group, _)| group);
    Kind::ALL.iter().copied().find(|known| known.group() == group && known.name().eq_ignore_ascii_case(name))
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The name of a file before it was packed.
fn unpacked(file: &str) -> &str {
    [".gz", ".zst", ".xz"].into_iter().find_map(|suffix| file.strip_suffix(suffix)).unwrap_or(file)
}

fn is_document(file: &str) -> bool {
    matches!(file.rsplit_once('.').map(|(_, extension)| extension), Some("yaml" | "yml" | "json"))
}

/// The last moment that a `timestamp` file names: begin and end of the collection
/// stand on a line each, as Go prints times.
pub fn taken_at(text: &str) -> Option<Timestamp> {
    text.lines().rev().find_map(|line| {
        let mut parts = line.split_whitespace();
        let (date, time) = (parts.next()?, parts.next());
        if let Ok(timestamp) = date.parse() {
            return Some(timestamp);
        }
        let offset = parts.next().unwrap_or("+0000");
        let (hours, minutes) = offset.split_at_checked(3)?;
        format!("{date}T{}{hours}:{minutes}", time?).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Place {
        Place::of(Path::new(path))
    }

    fn objects(kind: Kind, namespace: &str) -> Place {
        Place::Objects(listed(Some(kind), namespace))
    }

    #[test]
    fn paths_of_all_layouts_are_understood() {
        assert_eq!(place("namespaces/a/core/pods.yaml"), objects(Kind::Pod, "a"));
        assert_eq!(place("quay-io-sha256/namespaces/a/tekton.dev/taskruns/x.yaml"), objects(Kind::TaskRun, "a"));
        assert_eq!(place("namespaces/a/pods/p/p.yaml"), objects(Kind::Pod, "a"));
        assert_eq!(place("cluster-scoped-resources/core/nodes/n.yaml"), objects(Kind::Node, ""));
        assert_eq!(place("cluster-scoped-resources/storage.k8s.io/csinodes.yaml"), objects(Kind::CsiNode, ""));
        assert_eq!(
            place("namespaces/a/pods/p/step-x/step-x/logs/current.log"),
            Place::Log { namespace: "a".to_owned(), pod: "p".to_owned(), container: "step-x".to_owned() }
        );
        assert_eq!(place("namespaces/a/pods/p/step-x/step-x/logs/previous.log"), Place::Ignored);
        assert_eq!(place("event-filter.html"), Place::Ignored);
        assert_eq!(place("run.yaml"), Place::Objects(None));
        assert_eq!(place("namespaces/a/tekton.dev-v1/pipelinerun/r.yaml"), objects(Kind::PipelineRun, "a"));
        assert_eq!(place("cluster/storage.k8s.io-v1/csinode/n.yaml"), objects(Kind::CsiNode, ""));
        assert_eq!(place("cluster/namespaces/a/core/pods.yaml"), objects(Kind::Pod, "a"));
        assert_eq!(place("my/cluster/v1/node/n.yaml"), objects(Kind::Node, ""));
        assert_eq!(place("namespaces/a/taskrun/t/t.yaml"), Place::Objects(None));
        assert_eq!(place("namespaces/a/tekton.dev/describe/taskruns"), Place::Ignored);
        assert_eq!(place("namespaces/a/core/pods.yaml.gz"), objects(Kind::Pod, "a"));
        let bundle = |path: &str| place(path).listed().map(|listed| (listed.kind, listed.namespace.clone()));
        assert_eq!(bundle("b/cluster-resources/pvcs/a.json"), Some((Kind::Claim, "a".to_owned())));
        assert_eq!(bundle("b/cluster-resources/pvs.json"), Some((Kind::PersistentVolume, String::new())));
        assert_eq!(
            bundle("b/cluster-resources/custom-resources/taskruns.tekton.dev/a.json"),
            Some((Kind::TaskRun, "a".to_owned()))
        );
        assert_eq!(bundle("b/cluster-resources/pods.json"), None);
        assert_eq!(place("b/cluster-resources/pods/logs/a/p/c-previous.log"), Place::Ignored);
        assert!(matches!(place("b/cluster-resources/pods/logs/a/p/c.log"), Place::Log { .. }));
        assert_eq!(place("dump/a/pods.json").listed().and_then(|listed| listed.dump.clone()), Some("dump/a".into()));
    }

    #[test]
    fn the_end_of_the_collection_is_the_time_of_reading() {
        let text = "2026-11-22 12:19:22.719525 +0000 UTC\n2026-11-22 14:19:23.059694 +0200 CEST m=+4.1\n";
        assert_eq!(taken_at(text), "2026-11-22T12:19:23.059694Z".parse().ok());
        assert_eq!(taken_at("2026-11-22T12:19:23Z\n"), "2026-11-22T12:19:23Z".parse().ok());
        assert_eq!(taken_at("yesterday"), None);
    }
}
