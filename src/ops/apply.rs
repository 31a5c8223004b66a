//! The effect of operations on a cluster, for forecasts.

use serde_json::Value;

use super::{FlagPlace, Op};
use crate::analysis::admission::pod_security::ENFORCE;
use crate::model::{Cluster, Kind, Origin};

/// Changes an overlay as the operation would change the cluster. What a submission makes is
/// no object yet: the forecast puts it together.
pub fn apply(op: &Op, cluster: &mut Cluster) {
    match op {
        Op::Submit { .. } | Op::Retry { .. } | Op::Manual { .. } => {}
        // A new claim is bound by the time it counts: it is judged as one to be made.
        Op::Create { object, .. } if object.kind == Kind::Claim => {}
        Op::Release { run } if run.kind == Kind::TaskRun => cluster.task_runs.change(
            |known| known.metadata.namespace == run.namespace && known.metadata.name == run.name,
            |known| {
                if let Some(spec) = known.spec.as_object_mut() {
                    spec.remove("status");
                }
            },
        ),
        Op::Release { run } => cluster.pipeline_runs.change(
            |known| known.metadata.namespace == run.namespace && known.metadata.name == run.name,
            |known| {
                if let Some(spec) = known.spec.as_object_mut() {
                    spec.remove("status");
                }
            },
        ),
        Op::Delete { object, .. } => delete(cluster, object.kind, &object.namespace, &object.name),
        Op::Create { object, manifest } => {
            let mut manifest = manifest.clone();
            manifest["metadata"]["namespace"] = Value::from(object.namespace.clone());
            // What this program makes has the shape of its kind.
            let _ = cluster.insert(object.kind, manifest, Origin::Server(String::new()));
            cluster.sort();
        }
        Op::Scale { set, to, .. } => cluster.stateful_sets.change(
            |known| known.metadata.namespace == set.namespace && known.metadata.name == set.name,
            |known| known.spec.replicas = Some(*to),
        ),
        Op::Unannotate { object, key } if object.kind == Kind::Claim => cluster.claims.change(
            |known| known.metadata.namespace == object.namespace && known.metadata.name == object.name,
            |known| drop(known.metadata.annotations.remove(key)),
        ),
        // Nothing that is judged hangs on annotations of other kinds.
        Op::Unannotate { .. } => {}
        Op::Grant { namespace, grant } => grant.give(cluster, namespace),
        Op::SetFlags { place, pairs } => {
            let operator = matches!(place, FlagPlace::TektonConfig { .. });
            let is_flags = |name: &str| name == crate::analysis::tekton::flags::CONFIG_MAP;
            // The operator carries its own setting over into the ConfigMap.
            cluster.config_maps.change(
                |map| is_flags(&map.metadata.name),
                |map| map.data.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone()))),
            );
            if operator {
                cluster.tekton_configs.change(
                    |_| true,
                    |config| {
                        for (key, value) in pairs {
                            config.spec["pipeline"][*key] = Value::from(value.clone());
                        }
                    },
                );
            }
        }
        Op::Uncordon { node } => cluster.nodes.change(
            |known| known.metadata.name == *node,
            |known| {
                known.spec.unschedulable = false;
                known.spec.taints.retain(|taint| taint.key != "node.kubernetes.io/unschedulable");
            },
        ),
        Op::Enforce { namespace, level } => cluster.namespaces.change(
            |known| known.metadata.name == *namespace,
            |known| {
                known.metadata.labels.insert(ENFORCE.to_owned(), (*level).to_owned());
            },
        ),
        Op::RaiseQuota { quota, hard } => cluster.resource_quotas.change(
            |known| known.metadata.namespace == quota.namespace && known.metadata.name == quota.name,
            |known| {
                for new in hard {
                    known.spec.hard.insert(new.resource.clone(), new.new);
                    known.status.hard.insert(new.resource.clone(), new.new);
                }
            },
        ),
        Op::MoveBounds { range, bounds } => cluster.limit_ranges.change(
            |known| known.metadata.namespace == range.namespace && known.metadata.name == range.name,
            |known| {
                for bound in bounds {
                    let Some(item) = known.spec.limits.get_mut(bound.item) else { continue };
                    let side = match bound.side {
                        "min" => &mut item.min,
                        "max" => &mut item.max,
                        "default" => &mut item.default_limit,
                        _ => &mut item.max_limit_request_ratio,
                    };
                    match bound.new {
                        Some(new) => drop(side.insert(bound.resource.clone(), new)),
                        None => drop(side.remove(&bound.resource)),
                    }
                }
            },
        ),
    }
}

fn delete(cluster: &mut Cluster, kind: Kind, namespace: &str, name: &str) {
    match kind {
        Kind::Pod => cluster.pods.retain(|pod| pod.metadata.namespace != namespace || pod.metadata.name != name),
        Kind::PipelineRun => {
            let of_run = |meta: &crate::model::ObjectMeta| {
                meta.namespace == namespace && meta.label("tekton.dev/pipelineRun") == Some(name)
            };
            cluster.pipeline_runs.retain(|run| run.metadata.namespace != namespace || run.metadata.name != name);
            cluster.task_runs.retain(|task_run| !of_run(&task_run.metadata));
            cluster.stateful_sets.retain(|set| !of_run(&set.metadata));
            cluster.pods.retain(|pod| !of_run(&pod.metadata));
        }
        Kind::StatefulSet => {
            let pod_name = format!("{name}-0");
            cluster.stateful_sets.retain(|set| set.metadata.namespace != namespace || set.metadata.name != name);
            cluster.pods.retain(|pod| pod.metadata.namespace != namespace || pod.metadata.name != pod_name);
        }
        _ => {}
    }
}
