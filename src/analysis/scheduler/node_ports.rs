//! NodePorts: host ports that are taken.
//!
//! Mirrors `plugins/nodeports/node_ports.go` and `HostPortInfo` of
//! `framework/types.go` (1.27 to 1.36).

use super::filter::{Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::requests::is_sidecar;
use super::snapshot::Snapshot;
use super::verdict::Refusal;
use super::version::Behaviour;
use crate::model::pod::{ContainerPort, Pod};

const ANY_ADDRESS: &str = "0.0.0.0";

/// A port on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HostPort<'a> {
    address: &'a str,
    protocol: &'a str,
    port: i32,
}

impl HostPort<'_> {
    /// Only `0.0.0.0` means every address; `::` is an address like any other.
    fn conflicts(&self, other: &HostPort<'_>) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.address == other.address || self.address == ANY_ADDRESS || other.address == ANY_ADDRESS)
    }
}

fn host_ports<'a>(pod: &'a Pod, behaviour: &Behaviour) -> impl Iterator<Item = HostPort<'a>> {
    let sidecars = behaviour.sidecar_host_ports;
    let or = |text: &'a str, default: &'static str| if text.is_empty() { default } else { text };
    let init = pod.spec.init_containers.iter().filter(move |container| sidecars && is_sidecar(container));
    pod.spec.containers.iter().chain(init).flat_map(|container| &container.ports).filter(|port| port.host_port > 0).map(
        move |port: &'a ContainerPort| HostPort {
            address: or(&port.host_ip, ANY_ADDRESS),
            protocol: or(&port.protocol, "TCP"),
            port: port.host_port,
        },
    )
}

/// The ports that the pod wants.
#[derive(Debug)]
pub(super) struct State<'a>(Vec<HostPort<'a>>);

/// Collects the ports that the pod wants.
pub(super) fn pre_filter<'a>(pod: &'a Pod, behaviour: &Behaviour) -> PreFilter<State<'a>> {
    let ports: Vec<_> = host_ports(pod, behaviour).collect();
    if ports.is_empty() { PreFilter::Skip } else { PreFilter::Run(State(ports)) }
}

/// What adding (`sign` 1) or removing (-1) a pod changes. The scheduler keeps a set of
/// ports: where two pods hold one port, removing either frees it.
pub(super) fn change<'a>(freed: &mut Vec<HostPort<'a>>, other: &'a Pod, behaviour: &Behaviour, sign: i64) {
    for port in host_ports(other, behaviour) {
        if sign < 0 {
            freed.push(port);
        } else {
            freed.retain(|known| *known != port);
        }
    }
}

impl State<'_> {
    /// Refuses a node on which a port is taken.
    pub(super) fn filter(&self, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
        let freed = view.changes.map_or(&[][..], |changes| &changes.freed_ports);
        let used = view.info.pods.iter().flat_map(|pod| host_ports(pod, &snapshot.behaviour));
        let mut taken = used.filter(|port| !freed.contains(port));
        if taken.any(|used| self.0.iter().any(|wanted| wanted.conflicts(&used))) {
            let reason = "node(s) didn't have free ports for the requested pod ports";
            return Refusal::unschedulable(Plugin::NodePorts, reason).into();
        }
        Outcome::unless_unread(snapshot.unread_pods(""))
    }
}
