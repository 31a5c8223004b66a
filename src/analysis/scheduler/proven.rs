//! What is certain of nodes that nobody may read: from the scheduler's own message and
//! from the objects of the pod's namespace.
//!
//! A node that a filter refused has passed all filters before it, in the order of
//! `default_plugins.go`.

use super::message::{Message, read};
use super::plugin::Plugin;
use crate::model::Cluster;
use crate::model::cluster::find;
use crate::model::pod::Pod;
use crate::model::volume::VolumeSource;

/// The annotation by which the scheduler ties an unbound claim to a node.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What is certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proven {
    /// Nodes that the scheduler knows, from its message.
    pub nodes: Option<usize>,
    /// Refusals from its message.
    pub refused: Vec<Counted>,
    /// What objects of the namespace say.
    pub facts: Vec<Fact>,
}

/// Nodes with one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub count: usize,
    /// The scheduler's words.
    pub reason: String,
    /// Filters that these nodes have passed.
    pub passed: &'static [Plugin],
}

/// What an object of the namespace proves of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The scheduler has tied an unbound claim of the pod to a node: no other will do.
    Selected {
        /// The claim.
        claim: String,
        /// The node.
        node: String,
    },
    /// Another pod uses a claim of the pod on a node, so its volume reaches that node.
    Used {
        /// The claim.
        claim: String,
        /// The node.
        node: String,
        /// The other pod.
        by: String,
    },
    /// Tekton's assistant, beside which the pod has to run, stands on a node.
    Assistant {
        /// The assistant's pod.
        pod: String,
        /// The node.
        node: String,
    },
}

/// Gathers what is certain for a pod that waits.
pub fn proven(cluster: &Cluster, pod: &Pod) -> Proven {
    let mut proven = Proven::default();
    let condition = pod.condition("PodScheduled").filter(|condition| condition.status == "False");
    if let Some(Message::Unschedulable(message)) = condition.map(|condition| read(&condition.message)) {
        proven.nodes = Some(message.nodes);
        proven.refused = message
            .reasons
            .iter()
            .map(|known| Counted { count: known.count, reason: known.reason.clone(), passed: known.meaning.passed() })
            .collect();
    }
    let namespace = pod.metadata.namespace.as_str();
    let others = || {
        cluster.pods_in(namespace).filter(|other| {
            other.metadata.name != pod.metadata.name && !other.spec.node_name.is_empty() && !other.is_terminal()
        })
    };
    for claim in claims(pod) {
        let selected =
            find(&cluster.claims, namespace, claim).and_then(|claim| claim.metadata.annotation(SELECTED_NODE));
        if let Some(node) = selected {
            proven.facts.push(Fact::Selected { claim: claim.to_owned(), node: node.to_owned() });
        }
        for other in others().filter(|other| claims(other).any(|used| used == claim)) {
            let (node, by) = (other.spec.node_name.clone(), other.metadata.name.clone());
            proven.facts.push(Fact::Used { claim: claim.to_owned(), node, by });
        }
    }
    let terms = pod.spec.affinity.pod_affinity.iter().flat_map(|affinity| &affinity.required);
    for selector in terms.filter_map(|term| term.label_selector.as_ref()) {
        let is_assistant = |other: &&Pod| {
            other.metadata.label("app.kubernetes.io/component") == Some("affinity-assistant")
                && selector.matches(&other.metadata.labels)
        };
        for other in others().filter(is_assistant) {
            let (pod, node) = (other.metadata.name.clone(), other.spec.node_name.clone());
            proven.facts.push(Fact::Assistant { pod, node });
        }
    }
    proven
}

fn claims(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(claim) => Some(claim.claim_name.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, node: &str, extra: serde_json::Value) -> Pod {
        let mut object = json!({ "metadata": { "name": name, "namespace": "ci" }, "spec": { "nodeName": node,
            "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "data" } }] } });
        for (key, value) in extra.as_object().unwrap() {
            object[key]
                .as_object_mut()
                .map_or_else(|| panic!("{key}"), |part| part.extend(value.as_object().unwrap().clone()));
        }
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn message_claims_and_neighbours_say_what_they_can() {
        let mut waiting = pod(
            "t",
            "",
            json!({ "spec": { "affinity": { "podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{ "topologyKey": "kubernetes.io/hostname",
                "labelSelector": { "matchLabels": { "app.kubernetes.io/instance": "aa" } } }] } } } }),
        );
        waiting.status.conditions = serde_json::from_value(json!([{ "type": "PodScheduled", "status": "False",
            "message": "0/7 nodes are available: 3 node(s) didn't match pod affinity rules, 4 Insufficient cpu. \
                preemption: 0/7 nodes are available: 7 Preemption is not helpful for scheduling." }]))
        .unwrap();
        let labels = json!({ "metadata": { "labels": { "app.kubernetes.io/component": "affinity-assistant",
            "app.kubernetes.io/instance": "aa" } } });
        let claim =
            json!({ "metadata": { "name": "data", "namespace": "ci", "annotations": { SELECTED_NODE: "n3" } } });
        let cluster = Cluster {
            pods: vec![pod("aa-0", "n2", labels), waiting.clone()].into(),
            claims: vec![serde_json::from_value(claim).unwrap()].into(),
            ..Cluster::default()
        };
        let proven = proven(&cluster, &waiting);
        assert_eq!((proven.nodes, proven.refused.len()), (Some(7), 2));
        let affinity = proven.refused.iter().find(|known| known.reason.contains("affinity")).unwrap();
        assert_eq!(affinity.count, 3);
        assert!(
            affinity.passed.contains(&Plugin::NodeResourcesFit) && affinity.passed.contains(&Plugin::TaintToleration)
        );
        let (claim, node) = ("data".to_owned(), "n2".to_owned());
        assert_eq!(
            proven.facts,
            [
                Fact::Selected { claim: claim.clone(), node: "n3".to_owned() },
                Fact::Used { claim, node: node.clone(), by: "aa-0".to_owned() },
                Fact::Assistant { pod: "aa-0".to_owned(), node },
            ]
        );
    }
}
