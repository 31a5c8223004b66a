//! A host port that is taken.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

const CAUSE: Cause = Cause::HostportConflict;

/// `hostport-conflict`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str, nodes: &[String]) -> Finding {
    let summary = format!("the host port that task {task} wants is taken on every node it may use");
    Finding::new(CAUSE, summary).evidence(quote_ports(focus, pod, nodes)).facts(holders(focus, pod, nodes))
}

/// `hostport-conflict`: a task that must join its assistant.
pub fn beside_assistant(focus: &Focus<'_>, pod: &Pod, task: &str, node: &str) -> Finding {
    let summary = format!("a host port that task {task} wants is taken on {node}");
    Finding::new(CAUSE, summary).evidence(quote_ports(focus, pod, &[node.to_owned()])).facts(holders(
        focus,
        pod,
        &[node.to_owned()],
    ))
}

/// The host ports of a pod.
fn ports(pod: &Pod) -> impl Iterator<Item = i32> {
    pod.all_containers().flat_map(|container| &container.ports).map(|port| port.host_port).filter(|port| *port > 0)
}

/// Other pods on these nodes that have a port which the pod wants, with those ports.
fn taken<'f>(focus: &'f Focus<'_>, pod: &'f Pod, nodes: &'f [String]) -> impl Iterator<Item = (&'f Pod, String)> {
    let wanted: Vec<i32> = ports(pod).collect();
    let others = focus.cluster.pods.iter().filter(|other| {
        nodes.contains(&other.spec.node_name) && !other.is_terminal() && other.metadata.name != pod.metadata.name
    });
    others.filter_map(move |other| {
        let taken: Vec<i32> = ports(other).filter(|port| wanted.contains(port)).collect();
        (!taken.is_empty()).then(|| (other, listed(&taken)))
    })
}

fn listed(ports: &[i32]) -> String {
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn holders(focus: &Focus<'_>, pod: &Pod, nodes: &[String]) -> Facts {
    let of = |(other, ports): (&Pod, String)| (format!("{}/{}", other.metadata.namespace, other.metadata.name), ports);
    Facts::Ports(taken(focus, pod, nodes).map(of).collect())
}

/// Quotes the port that is wanted, and the pods that have it.
fn quote_ports(focus: &Focus<'_>, pod: &Pod, nodes: &[String]) -> Vec<Evidence> {
    let field = "spec.containers[].ports[].hostPort";
    let wanted: Vec<i32> = ports(pod).collect();
    let mut evidence = vec![focus.quote(Kind::Pod, &pod.metadata.name, field, listed(&wanted))];
    evidence.extend(taken(focus, pod, nodes).map(|(other, ports)| {
        let meta = &other.metadata;
        let value = format!("{ports} on {} (namespace {})", other.spec.node_name, meta.namespace);
        focus.quote_in(&meta.namespace, Kind::Pod, &meta.name, field, value)
    }));
    evidence
}
