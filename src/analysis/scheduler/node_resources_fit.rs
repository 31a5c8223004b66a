//! NodeResourcesFit: requests against what is free.
//!
//! Mirrors `plugins/noderesources/fit.go` (1.27 to 1.37). Reports every resource
//! that falls short.

use super::dynamic_resources::{self, Devices};
use super::filter::{Outcome, View};
use super::plugin::Plugin;
use super::requests::{self, Amounts, is_sidecar};
use super::snapshot::Snapshot;
use super::verdict::{Code, Reason, Refusal, Unread};
use super::version::Sidecars;
use crate::model::pod::Pod;

/// What the pod asks for.
#[derive(Debug)]
pub(super) struct State<'a> {
    wanted: Amounts<'a>,
    has_sidecar: bool,
    /// What devices may do for the extended resources that are asked for.
    devices: Vec<(&'a str, Devices)>,
}

/// Adds up what the pod asks for.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'_>) -> State<'a> {
    let behaviour = &snapshot.behaviour;
    let wanted = requests::of_incoming(pod, behaviour);
    let asked = wanted.scalars.iter().filter(|(_, want)| *want != 0);
    let devices = asked.map(|(name, _)| (*name, dynamic_resources::devices(name, snapshot))).collect();
    State {
        wanted,
        devices,
        has_sidecar: behaviour.sidecars == Sidecars::Refused && pod.spec.init_containers.iter().any(is_sidecar),
    }
}

impl State<'_> {
    /// Refuses a node on which something falls short.
    pub(super) fn filter(&self, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
        if self.has_sidecar {
            let reason = "Pod has a restartable init container and the SidecarContainers feature is disabled";
            return Refusal::unresolvable(Plugin::NodeResourcesFit, reason).into();
        }
        let behaviour = &snapshot.behaviour;
        let (info, wanted) = (view.info, &self.wanted);
        let mut reasons: Vec<Reason> = Vec::new();
        let mut larger = false;
        let mut unread: Option<Unread> = None;
        let mut is_doubtful = false;
        if i64::try_from(info.pods.len()).unwrap_or(i64::MAX) >= info.allocatable.pods {
            reasons.push("Too many pods".into());
        }
        let nothing =
            wanted.milli_cpu == 0 && wanted.memory == 0 && wanted.ephemeral_storage == 0 && wanted.scalars.is_empty();
        if !nothing {
            let (requested, allocatable) = (&info.requested, &info.allocatable);
            for (reason, want, used, all) in [
                ("Insufficient cpu", wanted.milli_cpu, requested.milli_cpu, allocatable.milli_cpu),
                ("Insufficient memory", wanted.memory, requested.memory, allocatable.memory),
                (
                    "Insufficient ephemeral-storage",
                    wanted.ephemeral_storage,
                    requested.ephemeral_storage,
                    allocatable.ephemeral_storage,
                ),
            ] {
                if (want > 0 || behaviour.compares_zero_requests) && want > all.saturating_sub(used) {
                    reasons.push(reason.into());
                    larger |= want > all;
                }
            }
            for (name, want) in wanted.scalars.iter().filter(|(_, want)| *want != 0) {
                let all = allocatable.scalar(name);
                if *want <= all.saturating_sub(requested.scalar(name)) {
                    continue;
                }
                // What the node does not offer itself, devices may: `shouldDelegateResourceToDRA`.
                match self.devices.iter().find(|(known, _)| known == name).map(|(_, devices)| devices) {
                    Some(Devices::Some(slices)) if all == 0 => unread = Some(slices.clone()),
                    Some(Devices::Unread(classes)) if all == 0 => {
                        unread = Some(classes.clone());
                        is_doubtful = true;
                    }
                    _ => {
                        reasons.push(format!("Insufficient {name}").into());
                        larger |= *want > all;
                    }
                }
            }
        }
        if reasons.is_empty() {
            return Outcome::unless_unread(unread.or_else(|| snapshot.unread_pods("")));
        }
        let code = if larger && behaviour.larger_than_node_is_unresolvable {
            Code::UnschedulableAndUnresolvable
        } else {
            Code::Unschedulable
        };
        let refusal = Refusal { plugin: Some(Plugin::NodeResourcesFit), code, reasons };
        let open = unread.filter(|_| is_doubtful);
        Outcome::refuse(refusal, open.or_else(|| snapshot.unread_pods("")))
    }
}
