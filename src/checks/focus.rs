//! A run in focus: its objects, the installed Tekton, the time of reading, and the
//! quotations that findings are made of.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use crate::analysis::scheduler::Snapshot;
use crate::analysis::tekton::run_tree::{AssistantNode, RunTree, TaskNode};
use crate::analysis::tekton::{Coschedule, Installation, TektonVersion, assistant, timeouts};
use crate::model::event::Event;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::run::{PipelineRun, TaskRun};
use crate::model::workload::Workload;
use crate::model::{Cluster, Condition, Kind, Reading};

use super::judged::{Judged, kubernetes_version};
use crate::finding::{self, About, Evidence, Proof};

/// How many lines of a log are quoted.
const LOG_LINES: usize = 6;

/// A controller that has much to do acts within this time.
const SLOW_CONTROLLER: SignedDuration = SignedDuration::from_mins(3);

/// Within this time of its creation a pending pod is normal: in a healthy run too
/// task pods wait for their assistant to be placed.
pub const GRACE: SignedDuration = SignedDuration::from_secs(30);
/// By how much clocks may differ without being wrong.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// A new node of a cloud takes some minutes.
const SCALE_UP: SignedDuration = SignedDuration::from_mins(10);

self_cell::self_cell!(
    /// A cluster with the scheduler's view of it.
    struct State {
        owner: Cluster,
        #[covariant]
        dependent: Snapshot,
    }

    impl {Debug}
);

/// A run in focus. What is judged of it is judged once.
#[derive(Debug)]
pub struct Focus<'a> {
    /// Everything that was read.
    pub cluster: &'a Cluster,
    /// The run with its objects.
    pub tree: RunTree<'a>,
    /// The installed Tekton.
    pub installation: Installation<'a>,
    /// The time against which ages are counted.
    pub now: Timestamp,
    mode: Option<Coschedule>,
    by_installation: bool,
    is_past: bool,
    assumed: OnceCell<Box<Cluster>>,
    state: OnceCell<State>,
    state_without_own: OnceCell<State>,
    judged: RefCell<HashMap<String, Rc<Judged>>>,
    like: Option<&'a Self>,
}

impl<'a> Focus<'a> {
    /// Focuses on a run.
    pub fn new(cluster: &'a Cluster, run: &'a PipelineRun, now: Timestamp) -> Self {
        Self {
            cluster,
            tree: RunTree::of(cluster, run),
            installation: Installation::find(cluster),
            now,
            mode: None,
            by_installation: false,
            is_past: false,
            assumed: OnceCell::new(),
            state: OnceCell::new(),
            state_without_own: OnceCell::new(),
            judged: RefCell::default(),
            like: None,
        }
    }

    /// The same run, were the installation's mode another one.
    pub fn in_mode(&self, mode: Coschedule) -> Self {
        Self { mode: Some(mode), ..Self::new(self.cluster, self.run(), self.now) }
    }

    /// The mode under which the run is looked at instead of the installation's, if any.
    pub fn given_mode(&self) -> Option<Coschedule> {
        self.mode
    }

    /// The same run under the mode that the installation's settings give, whatever the run
    /// itself has recorded.
    #[must_use]
    pub fn by_installation(self) -> Self {
        Self { by_installation: true, ..self }
    }

    /// The same run as it once was, in a cluster whose other objects are those of now.
    pub fn in_the_past(self) -> Self {
        Self { is_past: true, ..self }
    }

    /// Whether the run is seen as it once was.
    pub fn is_in_the_past(&self) -> bool {
        self.is_past
    }

    /// The cluster in which nodes are judged, and whether it is all there is: where not
    /// every pod was read, those that were not read are taken for absent. Of the past only the
    /// scheduler's own words are a witness.
    pub fn as_whole(&self) -> (&Cluster, bool) {
        if self.cluster.coverage.proves_absence(Kind::Pod, "") {
            return (self.cluster, !self.is_past);
        }
        let assumed = self.assumed.get_or_init(|| {
            let mut assumed = self.cluster.overlay();
            // Nothing else is assumed: without CSINodes, for example, no node has room for
            // a volume for certain.
            assumed.coverage.forget(Kind::Pod);
            assumed.coverage.record(Kind::Pod, "", Reading::Listed);
            Box::new(assumed)
        });
        (assumed, false)
    }

    /// The same run in a cluster that another focus has looked at before: what is on the
    /// nodes is not looked at again where nothing of it was changed.
    #[must_use]
    pub fn like(self, other: &'a Self) -> Self {
        let like = self.cluster.has_same_placement(other.cluster).then_some(other);
        Self { like, ..self }
    }

    /// What is on the nodes, with or without the run's own pods. Where not every pod was
    /// read, what was not read is taken for absent.
    pub fn state(&self, own_are_gone: bool) -> &Snapshot<'_> {
        if let Some(other) = self.like {
            return other.state(own_are_gone);
        }
        let cell = if own_are_gone { &self.state_without_own } else { &self.state };
        let state = cell.get_or_init(|| {
            let (cluster, _) = self.as_whole();
            let gone: Vec<(String, String)> = if own_are_gone { self.own_pods() } else { Vec::new() };
            State::new(cluster.overlay(), |cluster| {
                let without: Vec<(&str, &str)> =
                    gone.iter().map(|(namespace, name)| (namespace.as_str(), name.as_str())).collect();
                Snapshot::leaving_out(cluster, kubernetes_version(cluster), &without)
            })
        });
        state.borrow_dependent()
    }

    /// Namespace and name of the run's pods, the assistants' included.
    fn own_pods(&self) -> Vec<(String, String)> {
        let assistants = self.tree.assistants.iter().filter_map(|node| node.pod);
        let pods = assistants.chain(self.tree.tasks.iter().filter_map(|node| node.pod));
        pods.map(|pod| (pod.metadata.namespace.clone(), pod.metadata.name.clone())).collect()
    }

    /// What `judge` says of a pod of this cluster, which is asked once.
    pub(super) fn judged_once(&self, pod: &Pod, judge: impl FnOnce() -> Judged) -> Rc<Judged> {
        if let Some(other) = self.like.filter(|other| other.is_past == self.is_past) {
            return other.judged_once(pod, judge);
        }
        let known = self.judged.borrow().get(&pod.metadata.name).cloned();
        known.unwrap_or_else(|| {
            let judged = Rc::new(judge());
            self.judged.borrow_mut().insert(pod.metadata.name.clone(), Rc::clone(&judged));
            judged
        })
    }

    /// The run.
    pub fn run(&self) -> &'a PipelineRun {
        self.tree.run
    }

    /// The run's namespace.
    pub fn namespace(&self) -> &'a str {
        &self.tree.run.metadata.namespace
    }

    /// The installed version of Tekton, where it could be read.
    pub fn tekton(&self) -> Option<TektonVersion> {
        self.installation.tekton()
    }

    /// How the run's pods are kept together, by the best witness: the run's own
    /// provenance, then the ConfigMap.
    pub fn coschedule(&self) -> Option<Coschedule> {
        if self.mode.is_some() {
            return self.mode;
        }
        if self.by_installation {
            return self.installation.assistant_flags()?.mode.ok();
        }
        let provenance = self.run().status.provenance.as_ref();
        let witnessed = provenance.and_then(|p| p.flag("coschedule")?.as_str()).and_then(Coschedule::parse);
        let legacy_on = provenance.and_then(|p| p.flag("disableAffinityAssistant")?.as_bool()) == Some(true);
        match witnessed {
            Some(Coschedule::Workspaces) if legacy_on => Some(Coschedule::Disabled),
            Some(mode) => Some(mode),
            None => self.installation.assistant_flags()?.mode.ok(),
        }
    }

    /// The run is under way.
    pub fn is_running(&self) -> bool {
        !self.run().is_done()
    }

    /// Age of something, counted at the time of reading. What is younger than nothing has no
    /// age: one of the two clocks is wrong.
    pub fn age(&self, since: Option<Timestamp>) -> Option<SignedDuration> {
        let age = self.now.duration_since(since?);
        (age >= -CLOCK_SKEW).then(|| age.max(SignedDuration::ZERO))
    }

    /// Whether a node is on its way for a pod: the cluster autoscaler said so lately.
    pub fn is_scaling_up(&self, pod: &Pod) -> bool {
        let events = self.events_about("Pod", &pod.metadata.name);
        events.iter().any(|event| {
            event.reason == "TriggeredScaleUp" && self.age(event.last_seen()).is_some_and(|age| age < SCALE_UP)
        })
    }

    /// Whether something is old enough not to be a normal start.
    pub fn is_past_grace(&self, since: Option<Timestamp>) -> bool {
        self.age(since).is_none_or(|age| age >= GRACE)
    }

    /// How long ago the timeout of the run, or of a task of it, should have ended it; `None`
    /// where it has time left, or a controller that is slow may still be at it.
    pub fn overdue(&self, task: Option<&TaskNode<'_>>) -> Option<SignedDuration> {
        let end = match task {
            Some(task) => timeouts::end_of_task_run(task.task_run, &self.installation),
            None => timeouts::end_of_run(self.run(), &self.installation),
        };
        self.age(Some(end?)).filter(|age| *age >= SLOW_CONTROLLER)
    }

    /// Whether a task under way is past its own timeout or the run's.
    pub fn is_overdue(&self, task: &TaskNode<'_>) -> bool {
        self.overdue(None).or_else(|| self.overdue(Some(task))).is_some()
    }

    /// Unfinished tasks whose pod must stand beside an assistant.
    pub fn beside_assistant(&self) -> impl Iterator<Item = (&TaskNode<'a>, &'a str)> {
        self.tree.unfinished().filter_map(|task| Some((task, task.task_run.assistant()?)))
    }

    /// Unfinished tasks whose pod has no node yet.
    pub fn unplaced(&self) -> impl Iterator<Item = (&TaskNode<'a>, &'a Pod)> {
        self.tree.unfinished().filter_map(|task| Some((task, unplaced(task.pod?)?)))
    }

    /// The node on which an assistant stands. One that is being deleted still counts: the
    /// scheduler looks at it until it is gone.
    pub fn assistant_node(&self, name: &str) -> Option<&'a str> {
        let pod = self.tree.assistant(name)?.pod?;
        (!pod.spec.node_name.is_empty() && !pod.is_terminal()).then_some(pod.spec.node_name.as_str())
    }

    /// Events about an object of the run, oldest first. Names are used again: what was
    /// said before the run existed was said of another one. Claims outlive runs.
    pub fn events_about(&self, kind: &str, name: &str) -> Vec<&'a Event> {
        let mut events = self.cluster.events_about(kind, self.namespace(), name);
        if kind != "PersistentVolumeClaim" {
            let since = self.run().metadata.creation_timestamp;
            events.retain(|event| event.last_seen() >= since);
        }
        events
    }

    /// Assistants of other runs that stand on a node, of all namespaces that were read.
    pub fn other_assistants(&self) -> impl Iterator<Item = &'a Pod> {
        let own = self.run();
        self.cluster.pods.iter().filter(|pod| {
            let meta = &pod.metadata;
            let is_own = meta.namespace == own.metadata.namespace
                && meta.label("tekton.dev/pipelineRun") == Some(own.metadata.name.as_str());
            meta.label(assistant::COMPONENT_LABEL) == Some(assistant::COMPONENT)
                && !is_own
                && !pod.spec.node_name.is_empty()
                && !pod.is_terminal()
        })
    }

    /// Warnings of the StatefulSet controller about an assistant, the newest first.
    pub fn refusals_of(&self, assistant: &str) -> Vec<&'a Event> {
        let mut events = self.events_about("StatefulSet", assistant);
        events.retain(|event| event.reason == "FailedCreate");
        events.reverse();
        events
    }

    /// Names of all assistants that matter: those that exist, and those that
    /// TaskRuns name.
    pub fn assistant_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tree.assistants.iter().map(|node| node.name.clone()).collect();
        names.extend(self.tree.tasks.iter().filter_map(|task| task.task_run.assistant()).map(str::to_owned));
        // The StatefulSet of a run that ended is gone; its events may still be there.
        names.extend(
            assistant::created_for(self.run(), self.coschedule().unwrap_or(Coschedule::Workspaces))
                .into_iter()
                .map(|(name, _)| name),
        );
        names.sort();
        names.dedup();
        names
    }

    /// Quotes a field of an object.
    pub fn quote(&self, kind: Kind, name: &str, field: impl Into<String>, value: impl Into<String>) -> Evidence {
        let namespace = if kind.is_namespaced() { self.namespace() } else { "" };
        self.quote_in(namespace, kind, name, field, value)
    }

    /// Quotes a field of an object of any namespace; "" for those without one.
    pub fn quote_in(
        &self,
        namespace: &str,
        kind: Kind,
        name: &str,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Evidence {
        Evidence::read(self.cluster, (kind, namespace, name), field, value)
    }

    fn quote_condition(&self, kind: Kind, name: &str, condition: &Condition) -> Evidence {
        let value = format!("{} {}: {}", condition.status, condition.reason, condition.message);
        let quoted = self.quote(kind, name, format!("status.conditions[{}]", condition.kind), value);
        Evidence { proof: Proof::Said, ..quoted }
    }

    /// Quotes the run's state.
    pub fn quote_run(&self) -> Option<Evidence> {
        let run = self.run();
        Some(self.quote_condition(Kind::PipelineRun, &run.metadata.name, run.succeeded()?))
    }

    /// Quotes a TaskRun's state.
    pub fn quote_task_run(&self, task_run: &TaskRun) -> Option<Evidence> {
        Some(self.quote_condition(Kind::TaskRun, &task_run.metadata.name, task_run.succeeded()?))
    }

    /// Quotes the annotation that ties a TaskRun to its assistant.
    pub fn quote_annotation(&self, task_run: &TaskRun) -> Option<Evidence> {
        let name = task_run.assistant()?;
        let field = format!("metadata.annotations[{}]", crate::model::run::ASSISTANT_ANNOTATION);
        Some(self.quote(Kind::TaskRun, &task_run.metadata.name, field, name))
    }

    /// Quotes what the scheduler said of a pod.
    pub fn quote_scheduler(&self, pod: &Pod) -> Option<Evidence> {
        let condition = pod.condition("PodScheduled").filter(|condition| condition.status == "False")?;
        let field = "status.conditions[PodScheduled].message";
        Some(self.quote(Kind::Pod, &pod.metadata.name, field, &condition.message))
    }

    /// Quotes how many pods a StatefulSet has.
    pub fn quote_replicas(&self, set: &Workload) -> Evidence {
        let value = format!("{} / {}", set.status.replicas, set.status.ready_replicas);
        self.quote(Kind::StatefulSet, &set.metadata.name, "status.replicas / status.readyReplicas", value)
    }

    /// Quotes an event.
    pub fn quote_event(&self, event: &Event) -> Evidence {
        Evidence {
            proof: Proof::Said,
            object: About::Event {
                kind: event.involved_object.kind.clone(),
                name: event.involved_object.name.clone(),
                reason: event.reason.clone(),
            },
            field: "reason: message".to_owned(),
            value: format!("{}: {}", event.reason, event.message),
            source: finding::place(self.cluster, Kind::Event, &event.metadata.namespace, &event.metadata.name),
        }
    }

    /// The log of a container, where it was read.
    pub fn log(&self, pod: &Pod, container: &str) -> Option<&'a str> {
        let key = format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name);
        self.cluster.logs.get(&key).map(String::as_str)
    }

    /// Quotes the last lines of a container's log.
    pub fn quote_log(&self, pod: &Pod, container: &str) -> Option<Evidence> {
        let lines: Vec<&str> = self.log(pod, container)?.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
        (!last.is_empty()).then(|| Evidence {
            proof: Proof::Said,
            object: About::Object { kind: Kind::Pod, name: pod.metadata.name.clone() },
            field: format!("log of container {container}, last lines"),
            value: last.join("\n"),
            source: format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name),
        })
    }

    /// Quotes that a node is cordoned.
    pub fn quote_cordon(&self, node: &Node) -> Evidence {
        self.quote(Kind::Node, &node.metadata.name, "spec.unschedulable", node.spec.unschedulable.to_string())
    }

    /// The usual first links of evidence for a waiting task: run, TaskRun,
    /// annotation, scheduler.
    pub fn quote_waiting(&self, task: &TaskNode<'a>) -> Vec<Evidence> {
        let mut evidence: Vec<Evidence> = Vec::new();
        evidence.extend(self.quote_run());
        evidence.extend(self.quote_task_run(task.task_run));
        evidence.extend(self.quote_annotation(task.task_run));
        evidence.extend(task.pod.and_then(|pod| self.quote_scheduler(pod)));
        evidence.extend(self.quote_warnings("TaskRun", &task.task_run.metadata.name));
        evidence
    }

    /// Quotes the warnings about an object.
    pub fn quote_warnings(&self, kind: &str, name: &str) -> Vec<Evidence> {
        let events = self.events_about(kind, name);
        events.into_iter().filter(|event| event.kind == "Warning").map(|event| self.quote_event(event)).collect()
    }

    /// Quotes the warnings about the run and its failed TaskRuns.
    pub fn quote_run_warnings(&self) -> Vec<Evidence> {
        let mut evidence = self.quote_warnings("PipelineRun", &self.run().metadata.name);
        for task in &self.tree.tasks {
            if task.task_run.succeeded().is_some_and(|condition| condition.status == "False") {
                evidence.extend(self.quote_warnings("TaskRun", &task.task_run.metadata.name));
            }
        }
        evidence
    }

    /// The assistant's node in the tree, or an empty one of that name.
    pub fn assistant_or_absent(&self, name: &str) -> AssistantNode<'a> {
        self.tree.assistant(name).cloned().unwrap_or(AssistantNode {
            name: name.to_owned(),
            stateful_set: self.cluster.stateful_set(self.namespace(), name),
            pod: self.cluster.pod(self.namespace(), &format!("{name}-0")),
        })
    }
}

/// The pod, if it waits for a node.
pub fn unplaced(pod: &Pod) -> Option<&Pod> {
    (pod.spec.node_name.is_empty() && !pod.is_terminal() && pod.metadata.deletion_timestamp.is_none()).then_some(pod)
}
