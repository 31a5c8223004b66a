//! The numeric priority of a pod, from its class or the cluster's default one.
//!
//! Mirrors `plugin/pkg/admission/priority/admission.go` (1.27 to 1.36), `admitPod`.

use super::Admitted;
use crate::model::cluster::find;
use crate::model::{Cluster, Kind};

/// Classes that every server makes for itself (`pkg/apis/scheduling/types.go`).
const SYSTEM: [(&str, i32); 2] = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

pub(super) fn apply(cluster: &Cluster, admitted: &mut Admitted) {
    let name = admitted.pod.spec.priority_class_name.clone();
    let system = SYSTEM.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    if system.is_none() {
        admitted.needs(cluster, Kind::PriorityClass);
    }
    let class = if name.is_empty() {
        // Of several defaults the lowest counts (`getDefaultPriorityClass`).
        cluster.priority_classes.iter().filter(|class| class.global_default).min_by_key(|class| class.value)
    } else {
        find(&cluster.priority_classes, "", &name)
    };
    let Some(class) = class else {
        if !name.is_empty() && system.is_none() && cluster.coverage.proves_absence(Kind::PriorityClass, "") {
            admitted.refuse("Priority", format!("no PriorityClass with name {name} was found"));
        }
        admitted.pod.spec.priority = system.or(admitted.pod.spec.priority).or(Some(0));
        return;
    };
    let spec = &mut admitted.pod.spec;
    spec.priority_class_name.clone_from(&class.metadata.name);
    spec.priority = Some(class.value);
    if class.preemption_policy.is_some() {
        spec.preemption_policy.clone_from(&class.preemption_policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reading;

    fn admitted(class: &str) -> Admitted {
        let mut cluster = Cluster::default();
        cluster.coverage.record(Kind::PriorityClass, "", Reading::Listed);
        for (name, value, default) in [("low", 5, true), ("high", 900, false), ("base", 3, true)] {
            let object = serde_json::json!({ "metadata": { "name": name }, "value": value, "globalDefault": default,
                "preemptionPolicy": "Never" });
            cluster.priority_classes.push(serde_json::from_value(object).unwrap());
        }
        let mut admitted = Admitted::default();
        admitted.pod.spec.priority_class_name = class.to_owned();
        apply(&cluster, &mut admitted);
        admitted
    }

    #[test]
    fn the_class_decides_and_the_lowest_default_stands_in() {
        assert_eq!(admitted("high").pod.spec.priority, Some(900));
        let default = admitted("").pod.spec;
        assert_eq!((default.priority, default.priority_class_name.as_str()), (Some(3), "base"));
        assert_eq!(default.preemption_policy.as_deref(), Some("Never"));
        assert_eq!(admitted("system-node-critical").pod.spec.priority, Some(2_000_001_000));
    }

    #[test]
    fn an_unknown_class_is_refused_only_where_classes_were_listed() {
        assert_eq!(admitted("gone").refused[0].message, "no PriorityClass with name gone was found");
        let mut unread = Admitted::default();
        unread.pod.spec.priority_class_name = "gone".to_owned();
        apply(&Cluster::default(), &mut unread);
        assert_eq!((unread.refused.len(), unread.unread), (0, vec![Kind::PriorityClass]));
    }
}
