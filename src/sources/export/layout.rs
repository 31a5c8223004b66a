//! Which file of an export holds what, by its path.
//!
//! The layout is that of `oc adm inspect` (openshift/oc pkg/cli/admin/inspect):
//! `namespaces/NS/GROUP/PLURAL.yaml`, `cluster-scoped-resources/GROUP/PLURAL/NAME.yaml`,
//! pod logs below `namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs`. A must-gather
//! wraps it into one or two folders more.

use std::path::Path;

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
}

/// A kind in a place, as an export lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Kind.
    pub kind: Kind,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
}

impl Place {
    /// Reads a path below the export's root.
    pub fn of(path: &Path) -> Self {
        let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
        let Some(file) = parts.last().copied() else { return Self::Ignored };
        let start = parts.iter().position(|part| matches!(*part, "namespaces" | "cluster-scoped-resources"));
        let inside = start.map_or(&parts[..], |start| &parts[start..]);
        match inside {
            ["namespaces", namespace, "pods", pod, container, .., "logs", log] => {
                if *log == "current.log" {
                    return Self::Log {
                        namespace: (*namespace).to_owned(),
                        pod: (*pod).to_owned(),
                        container: (*container).to_owned(),
                    };
                }
                Self::Ignored
            }
            _ if file == "timestamp" => Self::Timestamp,
            _ if !is_document(file) => Self::Ignored,
            ["namespaces", namespace, "pods", pod, _] => {
                let _ = pod;
                Self::Objects(listed(Some(Kind::Pod), namespace))
            }
            ["namespaces", namespace, group, list] => Self::Objects(listed(kind(group, stem(list)), namespace)),
            ["namespaces", namespace, group, plural, _] => Self::Objects(listed(kind(group, plural), namespace)),
            ["namespaces", _, _] => Self::Objects(None),
            ["cluster-scoped-resources", group, list] => Self::Objects(listed(kind(group, stem(list)), "")),
            ["cluster-scoped-resources", group, plural, _] => Self::Objects(listed(kind(group, plural), "")),
            _ => Self::Objects(None),
        }
    }
}

/// What a path that could not be looked into should hold, folder or file.
pub fn listed_below(path: &Path) -> Option<Listed> {
    let inside = if path.extension().is_some() { path.to_owned() } else { path.join("any.yaml") };
    match Place::of(&inside) {
        Place::Objects(listed) => listed,
        Place::Ignored | Place::Timestamp | Place::Log { .. } => None,
    }
}

fn listed(kind: Option<Kind>, namespace: &str) -> Option<Listed> {
    kind.map(|kind| Listed { kind, namespace: namespace.to_owned() })
}

fn kind(group: &str, plural: &str) -> Option<Kind> {
    Kind::of_resource(group, plural)
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
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
        Place::Objects(Some(Listed { kind, namespace: namespace.to_owned() }))
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
    }

    #[test]
    fn the_end_of_the_collection_is_the_time_of_reading() {
        let text = "2026-11-22 12:19:22.719525 +0000 UTC\n2026-11-22 14:19:23.059694 +0200 CEST m=+4.1\n";
        assert_eq!(taken_at(text), "2026-11-22T12:19:23.059694Z".parse().ok());
        assert_eq!(taken_at("2026-11-22T12:19:23Z\n"), "2026-11-22T12:19:23Z".parse().ok());
        assert_eq!(taken_at("yesterday"), None);
    }
}
