//! What belongs to what, found without looking at every object: ten thousand runs are
//! diagnosed in turn, and each would look at the TaskRuns and pods of all others.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::cluster::{Cluster, Object};
use super::kind::Kind;
use super::list::List;
use super::meta::OwnerReference;
use super::pod::Pod;
use super::run::{PipelineRun, TaskRun};
use super::workload::Workload;

/// Label of TaskRuns, pods and assistants with the name of their run.
const RUN_LABEL: &str = "tekton.dev/pipelineRun";

/// Positions of a list's objects by namespace and a key; of that very list only.
#[derive(Debug)]
struct Index<T> {
    of: List<T>,
    positions: Arc<HashMap<(String, String), Vec<usize>>>,
}

impl<T> Clone for Index<T> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), positions: Arc::clone(&self.positions) }
    }
}

impl<T: Object> Index<T> {
    fn new<'a>(of: &'a List<T>, keys: impl Fn(&'a T) -> [Option<&'a str>; 2]) -> Self {
        let mut positions: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, object) in of.known().enumerate() {
            for key in keys(object).into_iter().flatten() {
                positions.entry((object.metadata().namespace.clone(), key.to_owned())).or_default().push(at);
            }
        }
        Self { of: of.clone(), positions: Arc::new(positions) }
    }

    /// The objects of `list` that may have one of the keys, in their order: all of them where
    /// the list is another one than that of the index.
    fn candidates<'a>(&self, list: &'a List<T>, namespace: &str, keys: &[&str]) -> Vec<&'a T> {
        if !self.of.is_same(list) {
            return list.known().filter(|object| object.metadata().namespace == namespace).collect();
        }
        let at = |key: &&str| self.positions.get(&(namespace.to_owned(), (*key).to_owned()));
        let mut found: Vec<usize> = keys.iter().filter_map(at).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| list.get(at)).collect()
    }
}

/// The indexes of a cluster, each built when it is first asked for. An overlay shares them,
/// and does without where its list is another one.
#[derive(Debug, Default, Clone)]
pub struct Indexes {
    task_runs: OnceLock<Index<TaskRun>>,
    pods_by_task_run: OnceLock<Index<Pod>>,
    pods_by_run: OnceLock<Index<Pod>>,
    sets_by_run: OnceLock<Index<Workload>>,
}

impl Cluster {
    /// TaskRuns that may belong to a run, by the UID of their owner or the name of their run.
    pub(crate) fn task_runs_near<'a>(&'a self, run: &PipelineRun) -> Vec<&'a TaskRun> {
        let index = self.indexes.task_runs.get_or_init(|| {
            Index::new(&self.task_runs, |task_run| {
                let owner = task_run.metadata.controller().map(|owner| owner.uid.as_str());
                [owner.filter(|uid| !uid.is_empty()), task_run.pipeline_run()]
            })
        });
        let meta = &run.metadata;
        self.coverage.note_unless_read(Kind::TaskRun, &meta.namespace, Some(&meta.name));
        index.candidates(&self.task_runs, &meta.namespace, &[&meta.uid, &meta.name])
    }

    /// Pods that may have been made for a TaskRun, by the name of their owner. Those of
    /// workloads, of which a cluster is full, are in no index.
    pub(crate) fn pods_near_task_run<'a>(&'a self, task_run: &TaskRun) -> Vec<&'a Pod> {
        let index = self.indexes.pods_by_task_run.get_or_init(|| {
            let is_task_run = |owner: &&OwnerReference| owner.kind == "TaskRun";
            let owner = |pod: &'a Pod| pod.metadata.controller().filter(is_task_run).map(|owner| owner.name.as_str());
            Index::new(&self.pods, |pod| [owner(pod), None])
        });
        let meta = &task_run.metadata;
        self.coverage.note_unless_read(Kind::Pod, &meta.namespace, task_run.pipeline_run());
        index.candidates(&self.pods, &meta.namespace, &[&meta.name])
    }

    /// Pods that may have the label of a run.
    pub(crate) fn pods_near(&self, run: &PipelineRun) -> Vec<&Pod> {
        let index = self
            .indexes
            .pods_by_run
            .get_or_init(|| Index::new(&self.pods, |pod| [pod.metadata.label(RUN_LABEL), None]));
        let meta = &run.metadata;
        self.coverage.note_unless_read(Kind::Pod, &meta.namespace, Some(&meta.name));
        index.candidates(&self.pods, &meta.namespace, &[&meta.name])
    }

    /// StatefulSets that may have the label of a run.
    pub(crate) fn stateful_sets_near(&self, run: &PipelineRun) -> Vec<&Workload> {
        let index = self
            .indexes
            .sets_by_run
            .get_or_init(|| Index::new(&self.stateful_sets, |set| [set.metadata.label(RUN_LABEL), None]));
        index.candidates(&self.stateful_sets, &run.metadata.namespace, &[&run.metadata.name])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task_run(name: &str, owner: &str, uid: &str, label: &str) -> TaskRun {
        let owners = if owner.is_empty() {
            serde_json::json!([])
        } else {
            serde_json::json!([{ "kind": "PipelineRun", "name": owner, "uid": uid, "controller": true }])
        };
        serde_json::from_value(serde_json::json!({ "metadata": {
            "name": name, "namespace": "n", "ownerReferences": owners, "labels": { RUN_LABEL: label } } }))
        .unwrap()
    }

    fn run(name: &str, uid: &str) -> PipelineRun {
        serde_json::from_value(serde_json::json!({ "metadata": { "name": name, "namespace": "n", "uid": uid } }))
            .unwrap()
    }

    fn names(found: &[&TaskRun]) -> Vec<String> {
        found.iter().map(|found| found.metadata.name.clone()).collect()
    }

    #[test]
    fn children_are_found_by_owner_and_by_label_each_once_and_in_order() {
        let mut cluster = Cluster::default();
        cluster.task_runs.push(task_run("a", "r", "1", "r"));
        cluster.task_runs.push(task_run("b", "", "", "r"));
        cluster.task_runs.push(task_run("c", "other", "2", "other"));
        cluster.task_runs.push(task_run("d", "renamed", "1", "renamed"));
        assert_eq!(names(&cluster.task_runs_near(&run("r", "1"))), ["a", "b", "d"]);
        // A run without a UID does not take what has an owner without one.
        assert_eq!(names(&cluster.task_runs_near(&run("other", ""))), ["c"]);
    }

    #[test]
    fn a_changed_overlay_is_looked_through_and_not_the_index_of_the_original() {
        let mut cluster = Cluster::default();
        cluster.task_runs.push(task_run("a", "r", "1", "r"));
        assert_eq!(names(&cluster.task_runs_near(&run("r", "1"))), ["a"]);
        let mut changed = cluster.overlay();
        changed.task_runs.push(task_run("b", "r", "1", "r"));
        assert_eq!(names(&changed.task_runs_near(&run("r", "1"))), ["a", "b"]);
        changed.task_runs.clear();
        assert!(changed.task_runs_near(&run("r", "1")).is_empty());
        assert_eq!(names(&cluster.task_runs_near(&run("r", "1"))), ["a"]);
    }
}
