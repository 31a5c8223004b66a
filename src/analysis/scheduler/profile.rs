//! The scheduler's profile, which on OpenShift is an administrator's choice.
//!
//! Mirrors `pkg/operator/configobservation/…` and `bindata` of
//! openshift/cluster-kube-scheduler-operator (56fa3254): `LowNodeUtilization` is the
//! scheduler's own default.

use super::plugin::ScorePlugin;
use crate::model::Cluster;

/// How nodes that fit are ranked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Profile {
    /// Much left is best; also where the configuration was not read.
    #[default]
    LowNodeUtilization,
    /// Full nodes are best.
    HighNodeUtilization,
    /// The first node found will do.
    NoScoring,
}

impl Profile {
    /// The profile of the configuration named `cluster`.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let config = cluster.scheduler_configs.iter().find(|config| config.metadata.name == "cluster");
        match config.and_then(|config| config.spec.get("profile")?.as_str()) {
            Some("HighNodeUtilization") => Self::HighNodeUtilization,
            Some("NoScoring") => Self::NoScoring,
            _ => Self::LowNodeUtilization,
        }
    }

    /// Weight of a plugin in the sum; none when it does not score.
    pub(super) const fn weight(self, plugin: ScorePlugin) -> Option<i64> {
        match (self, plugin) {
            (Self::NoScoring, _) | (Self::HighNodeUtilization, ScorePlugin::NodeResourcesBalancedAllocation) => None,
            (Self::HighNodeUtilization, ScorePlugin::NodeResourcesFit) => Some(5),
            (Self::LowNodeUtilization | Self::HighNodeUtilization, _) => Some(plugin.weight()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::analysis::scheduler::{KubernetesVersion, Options, judge};
    use crate::model::pod::Pod;
    use crate::model::{Cluster, Kind, Origin};

    /// The nodes that a profile prefers for a pod of a quarter of a node, where one node
    /// is half full, and the sum of the empty one.
    fn preferred(profile: &str) -> (Vec<String>, Option<i64>) {
        let mut cluster = Cluster::default();
        let mut put = |kind, object| cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
        for name in ["empty", "half"] {
            let amounts = json!({ "cpu": "4", "memory": "4Gi", "pods": "10" });
            put(Kind::Node, json!({ "metadata": { "name": name }, "status": { "allocatable": amounts } }));
        }
        let pod = |name: &str, node: &str, cpu: &str, memory: &str| {
            json!({ "metadata": { "name": name, "namespace": "n" }, "spec": { "nodeName": node,
                "containers": [{ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } }] } })
        };
        put(Kind::Pod, pod("there", "half", "2", "2Gi"));
        put(Kind::SchedulerConfig, json!({ "metadata": { "name": "cluster" }, "spec": { "profile": profile } }));
        cluster.coverage.assume_whole();
        let incoming: Pod = serde_json::from_value(pod("t", "", "1", "1Gi")).unwrap();
        let judgement = judge(&cluster, &incoming, KubernetesVersion::new(1, 33, 13), Options::default());
        let empty = judgement.node("empty").unwrap().score.as_ref().map(|score| score.total);
        (judgement.chosen_among, empty)
    }

    #[test]
    fn full_nodes_are_preferred_where_nodes_are_to_be_used_up() {
        // Taints 3 * 100, fit 75, balance 100.
        assert_eq!(preferred(""), (vec!["empty".to_owned()], Some(475)));
        assert_eq!(preferred("LowNodeUtilization"), (vec!["empty".to_owned()], Some(475)));
        // Taints 3 * 100, fit 5 * 25.
        assert_eq!(preferred("HighNodeUtilization"), (vec!["half".to_owned()], Some(425)));
        assert_eq!(preferred("NoScoring"), (vec!["empty".to_owned(), "half".to_owned()], Some(0)));
    }
}
