//! No allowed node has enough free.

use crate::analysis::scheduler::message::Detail;
use crate::analysis::scheduler::requests::{Amounts, of_incoming};
use crate::analysis::scheduler::{Behaviour, NodeInfo};
use crate::checks::focus::Focus;
use crate::checks::obstacles::Spoken;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

/// Nodes whose remaining room is quoted, at most.
const SHOWN: usize = 6;

/// `insufficient-resources`: a task's pod on its own; `message` is the scheduler's,
/// `nodes` are those that lack nothing else.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str, message: &str, nodes: &[String]) -> Finding {
    let summary = format!("no node that task {task} may use has enough free: {}", shortages(message));
    Finding::new(Cause::InsufficientResources, summary).evidence(quote_room(focus, pod, nodes))
}

/// The resources that the scheduler's text calls insufficient.
fn shortages(message: &str) -> String {
    let spoken = Spoken::read(message);
    let mut names: Vec<&str> = Vec::new();
    for detail in spoken.details() {
        if let Detail::Resource(name) = detail
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    if names.is_empty() { "pods per node".to_owned() } else { names.join(", ") }
}

/// Quotes what nodes have left of what they lack for the pod; nothing where not all pods
/// were read.
pub fn quote_room(focus: &Focus<'_>, pod: &Pod, nodes: &[String]) -> Vec<Evidence> {
    if !focus.cluster.coverage.proves_absence(Kind::Pod, "") {
        return Vec::new();
    }
    let snapshot = focus.state(false);
    let wanted = of_incoming(pod, &Behaviour::of(snapshot.version()));
    let known = nodes.iter().filter_map(|name| snapshot.node(name)).take(SHOWN);
    let quoted = known.map(|info| {
        let text = short(&wanted, info).join("; ");
        focus.quote(Kind::Node, info.name(), "status.allocatable less the requests of its pods", text)
    });
    quoted.filter(|item| !item.value.is_empty()).collect()
}

/// What a node lacks: `nvidia.com/gpu: 1 of 4 left, 2 wanted`.
fn short(wanted: &Amounts<'_>, info: &NodeInfo<'_>) -> Vec<String> {
    let (has, used) = (&info.allocatable, &info.requested);
    let cpu = |milli: i64| if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") };
    let mebi = |bytes: i64| format!("{}Mi", bytes / (1024 * 1024));
    let count = |number: i64| number.to_string();
    let mut found = Vec::new();
    let mut compare = |name: &str, asked: i64, of: i64, used: i64, text: &dyn Fn(i64) -> String| {
        let left = of.saturating_sub(used);
        if asked > left {
            found.push(format!("{name}: {} of {} left, {} wanted", text(left.max(0)), text(of), text(asked)));
        }
    };
    compare("cpu", wanted.milli_cpu, has.milli_cpu, used.milli_cpu, &cpu);
    compare("memory", wanted.memory, has.memory, used.memory, &mebi);
    compare("ephemeral-storage", wanted.ephemeral_storage, has.ephemeral_storage, used.ephemeral_storage, &mebi);
    for (name, asked) in &wanted.scalars {
        compare(name, *asked, has.scalar(name), used.scalar(name), &count);
    }
    let pods = i64::try_from(info.pods.len()).unwrap_or(i64::MAX);
    compare("pods", 1, has.pods, pods, &count);
    found
}
