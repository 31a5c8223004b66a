//! Objects that somebody said are missing. What was missing then may be there now: an event or
//! a condition is older than the objects that were read.

use jiff::Timestamp;

use crate::model::Kind;
use crate::model::cluster::find;

use super::focus::Focus;
use crate::finding::Evidence;

/// An object of the run's namespace, or of the cluster, that was said to be missing.
#[derive(Debug, Clone)]
pub struct Missing {
    /// What is true of it: `does not exist in namespace ci` for example.
    pub words: String,
    /// The object, where it exists now.
    pub now: Option<Evidence>,
}

/// What is known now of an object that was said to be missing.
pub fn of(focus: &Focus<'_>, kind: Kind, name: &str) -> Missing {
    let place = if kind.is_namespaced() { format!(" in namespace {}", focus.namespace()) } else { String::new() };
    let Some(created) = since(focus, kind, name) else {
        return Missing { words: words(false, 1, &place), now: None };
    };
    let created = created.map(|time| time.to_string()).unwrap_or_default();
    let now = focus.quote(kind, name, "metadata.creationTimestamp", created);
    Missing { words: words(true, 1, &place), now: Some(now) }
}

/// What is true now of some objects that were said to be missing in a place.
pub fn words(exist_now: bool, count: usize, place: &str) -> String {
    match (exist_now, count) {
        (true, _) => format!("did not exist{place} when it was needed; it exists now"),
        (false, 1) => format!("does not exist{place}"),
        (false, _) => format!("do not exist{place}"),
    }
}

/// Whether an object that was said to be missing was read.
pub fn exists_now(focus: &Focus<'_>, kind: Kind, name: &str) -> bool {
    since(focus, kind, name).is_some()
}

/// Whether all sources of volumes, `secret/NAME` or `configmap/NAME`, were read. Secrets never
/// are.
pub fn all_exist_now(focus: &Focus<'_>, sources: &[String]) -> bool {
    let is_there = |source: &String| {
        source.strip_prefix("configmap/").is_some_and(|name| exists_now(focus, Kind::ConfigMap, name))
    };
    !sources.is_empty() && sources.iter().all(is_there)
}

/// When an object was created, if it was read and is not being deleted.
#[expect(clippy::option_option, reason = "an object of an export may lack the time")]
fn since(focus: &Focus<'_>, kind: Kind, name: &str) -> Option<Option<Timestamp>> {
    let (cluster, namespace) = (focus.cluster, focus.namespace());
    let meta = match kind {
        Kind::Claim => &cluster.claim(namespace, name)?.metadata,
        Kind::ServiceAccount => &find(&cluster.service_accounts, namespace, name)?.metadata,
        Kind::ConfigMap => &find(&cluster.config_maps, namespace, name)?.metadata,
        Kind::PriorityClass => &find(&cluster.priority_classes, "", name)?.metadata,
        Kind::RuntimeClass => &find(&cluster.runtime_classes, "", name)?.metadata,
        _ => return None,
    };
    meta.deletion_timestamp.is_none().then_some(meta.creation_timestamp)
}
