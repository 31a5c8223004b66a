//! Variants of the cases whose offers were wrong: the same kind with other objects, other
//! words of the same source, and the neighbours in which the offer would be wrong.

use serde_json::{Value, json};
use tekton_fix::checks;
use tekton_fix::checks::preflight::preflight;
use tekton_fix::finding::{Offer, Outcome, RunReport, Severity};
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::{Kind, Origin};
use tekton_fix::ops::{Edit, Op};
use tekton_fix::repairs;

use crate::{Case, ROOT};

/// The report of a changed case, with its offers.
fn with_offers(kind: &str, number: &str, change: impl FnOnce(&mut Cluster)) -> RunReport {
    assert!(ROOT.path().exists());
    let mut case = Case::of(kind, number);
    change(&mut case.cluster);
    let now = case.cluster.taken_at.unwrap();
    let run = case.cluster.pipeline_run(&case.namespace, &case.run).unwrap();
    let mut report = checks::diagnose(&case.cluster, run, now);
    repairs::attach(&case.cluster, &mut report, now);
    report
}

fn offers(report: &RunReport) -> impl Iterator<Item = &Offer> {
    report.findings.iter().flat_map(|finding| &finding.offers)
}

fn offer<'r>(report: &'r RunReport, id: &str) -> Option<&'r Offer> {
    offers(report).find(|offer| offer.id == id)
}

fn works(report: &RunReport, id: &str) -> bool {
    offer(report, id).is_some_and(Offer::works)
}

fn edits(offer: &Offer) -> Vec<&Edit> {
    offer.ops.iter().filter_map(Op::edits).flatten().collect()
}

/// Adds an object as a server would send it.
fn insert(cluster: &mut Cluster, kind: Kind, object: Value) {
    cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    cluster.sort();
}

mod held_volumes {
    use super::*;

    fn pinned_to(report: &RunReport) -> Option<&str> {
        edits(offer(report, "pin-node")?).into_iter().find_map(|edit| match edit {
            Edit::PinNode { node, .. } => Some(node.as_str()),
            _ => None,
        })
    }

    #[test]
    fn the_pin_leads_to_the_node_that_holds_the_volume() {
        let report = with_offers("live", "01", |_| {});
        assert_eq!(pinned_to(&report), Some("worker-0"));
        assert!(works(&report, "pin-node") && report.findings[0].summary.contains("in use on worker-0"));
        assert!(report.findings[0].chain.iter().any(|link| link.contains("Run day-1 uses the claim on worker-0")));
    }

    #[test]
    fn other_words_of_the_controller_say_the_same() {
        let report = with_offers("live", "01", |cluster| {
            for event in cluster.events.iter_mut().filter(|event| event.message.contains("Multi-Attach")) {
                event.message = "Multi-Attach error for volume \"ci-rwo-models\" Volume is already exclusively attached to one node and can't be attached to another".to_owned();
            }
        });
        assert_eq!(pinned_to(&report), Some("worker-0"));
    }

    #[test]
    fn the_pin_follows_the_holder() {
        let report = with_offers("live", "01", |cluster| {
            for pod in cluster.pods.iter_mut().filter(|pod| pod.spec.node_name == "worker-0") {
                pod.spec.node_name = "worker-1".to_owned();
            }
        });
        assert_eq!(pinned_to(&report), Some("worker-1"));
    }

    #[test]
    fn without_the_pods_that_hold_it_no_holder_is_named() {
        let report = with_offers("live", "01", |cluster| {
            cluster.pods.retain(|pod| pod.spec.node_name != "worker-0");
        });
        assert!(report.findings[0].summary.contains("attached to another node"), "{}", report.findings[0].summary);
        assert!(offer(&report, "wait-for-runs").is_none());
    }
}

mod limits {
    use super::*;

    fn asked(report: &RunReport) -> Vec<String> {
        let edits = offer(report, "request-within-limits").map(edits).unwrap_or_default();
        let text = |edit: &Edit| match edit {
            Edit::Request { task, step, resource, quantity } => {
                Some(format!("{task}/{}:{resource}={quantity}", step.clone().unwrap_or_default()))
            }
            _ => None,
        };
        edits.into_iter().filter_map(text).collect()
    }

    #[test]
    fn requests_go_down_to_the_default_limit() {
        let report = with_offers("live", "02", |_| {});
        assert_eq!(asked(&report), ["compile/main:cpu=200m", "compile/main:memory=256Mi"]);
        assert!(works(&report, "request-within-limits") && works(&report, "raise-limitrange-default"));
    }

    #[test]
    fn only_what_is_above_the_limit_is_changed() {
        let report = with_offers("live", "02", |cluster| {
            for range in &mut cluster.limit_ranges {
                for item in &mut range.spec.limits {
                    item.default_limit.insert("memory".to_owned(), "1Gi".parse().unwrap());
                }
            }
        });
        assert_eq!(asked(&report), ["compile/main:cpu=200m"]);
    }

    #[test]
    fn a_default_is_not_raised_above_the_most_that_is_allowed() {
        let report = with_offers("reports", "08", |cluster| {
            for item in cluster.limit_ranges.iter_mut().flat_map(|range| &mut range.spec.limits) {
                item.max.insert("memory".to_owned(), "200Mi".parse().unwrap());
            }
        });
        assert!(offer(&report, "raise-limitrange-default").is_none());
        assert_eq!(asked(&report), ["e2e/install:memory=180Mi", "e2e/test:memory=180Mi"]);
    }

    #[test]
    fn a_quota_on_best_effort_pods_is_met_by_asking_for_something() {
        let report = with_offers("live", "37", |_| {});
        assert!(works(&report, "request-something"));
        let report = with_offers("live", "37", |cluster| {
            for quota in &mut cluster.resource_quotas {
                quota.spec.scopes.clear();
                quota.spec.scope_selector =
                    Some(json!({ "matchExpressions": [{ "scopeName": "BestEffort", "operator": "Exists" }] }));
            }
        });
        assert!(works(&report, "request-something"));
        let report = with_offers("live", "37", |cluster| {
            for quota in &mut cluster.resource_quotas {
                quota.spec.scopes.clear();
            }
        });
        assert!(offer(&report, "request-something").is_none());
    }
}

mod webhooks {
    use super::*;

    fn ids(report: &RunReport) -> Vec<&str> {
        offers(report).map(|offer| offer.id.as_ref()).collect()
    }

    #[test]
    fn a_silent_webhook_has_to_answer_again_whatever_its_trouble() {
        for trouble in [
            "EOF",
            "no endpoints available for service \"kyverno-svc\"",
            "context deadline exceeded",
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
        ] {
            let report = with_offers("reports", "11", |cluster| {
                for run in &mut cluster.pipeline_runs {
                    for condition in &mut run.status.conditions {
                        condition.message = condition.message.replace("EOF", trouble);
                    }
                }
            });
            assert_eq!(ids(&report), ["recover-webhook"], "{trouble}");
            assert!(offers(&report).all(|offer| offer.forecast.outcome() == Outcome::Unknown));
        }
    }

    #[test]
    fn an_invalid_definition_is_corrected_and_not_exempted() {
        let report = with_offers("reports", "05", |_| {});
        assert_eq!(ids(&report), ["correct-definition"]);
    }

    #[test]
    fn a_policy_is_met_or_exempts() {
        let report = with_offers("reports", "05", |cluster| {
            for event in &mut cluster.events {
                event.message =
                    event.message.replace("validation.webhook.pipeline.tekton.dev", "labels.policy.example.com");
            }
        });
        assert_eq!(ids(&report), ["policy-exception"]);
    }

    #[test]
    fn a_quota_on_task_runs_is_raised_and_not_exempted() {
        let words = "error creating TaskRuns called [x-a] for PipelineTask a from PipelineRun x: taskruns.tekton.dev \"x-a\" is forbidden: exceeded quota: objs, requested: count/taskruns.tekton.dev=1, used: count/taskruns.tekton.dev=50, limited: count/taskruns.tekton.dev=50";
        let report = with_offers("reports", "05", |cluster| {
            for event in cluster.events.iter_mut().filter(|event| event.message.contains("admission webhook")) {
                event.message = words.to_owned();
            }
        });
        assert_eq!(report.findings[0].cause.id(), "task-run-refused");
        assert_eq!(ids(&report), ["raise-quota"]);
    }

    #[test]
    fn a_pod_template_that_makes_an_invalid_assistant_is_corrected() {
        let words = "Failed to create StatefulSet for PipelineRun a/x correctly: failed to create StatefulSet affinity-assistant-1: StatefulSet.apps \"affinity-assistant-1\" is invalid: spec.template.spec.tolerations[0].effect: Invalid value: \"NoExecute\": effect must be set";
        let report = with_offers("reports", "11", |cluster| {
            cluster.events.clear();
            for condition in cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
                condition.status = "False".to_owned();
                condition.reason = "CouldntCreateOrUpdateAffinityAssistantStatefulSet".to_owned();
                condition.message = words.to_owned();
            }
        });
        assert_eq!(report.findings[0].cause.id(), "assistant-statefulset-refused");
        assert_eq!(ids(&report), ["correct-pod-template"]);
    }
}

mod claims {
    use super::*;

    fn size(report: &RunReport) -> Option<String> {
        edits(offer(report, "smaller-claim")?).into_iter().find_map(|edit| match edit {
            Edit::Workspace { binding, .. } => {
                let size = binding.pointer("/volumeClaimTemplate/spec/resources/requests/storage")?;
                size.as_str().map(str::to_owned)
            }
            _ => None,
        })
    }

    #[test]
    fn a_claim_may_be_as_large_as_the_quota_has_room() {
        let report = with_offers("live", "10", |_| {});
        assert_eq!(size(&report).as_deref(), Some("5Gi"));
        assert!(works(&report, "smaller-claim") && works(&report, "raise-quota"));
    }

    #[test]
    fn what_is_used_already_is_taken_off_and_classes_have_room_of_their_own() {
        let report = with_offers("live", "10", |cluster| {
            for quota in &mut cluster.resource_quotas {
                quota.status.used.insert("requests.storage".to_owned(), "2Gi".parse().unwrap());
            }
        });
        assert_eq!(size(&report).as_deref(), Some("3Gi"));
        let report = with_offers("live", "10", |cluster| {
            for quota in &mut cluster.resource_quotas {
                let key = "fast-rwo.storageclass.storage.k8s.io/requests.storage";
                quota.status.hard.insert(key.to_owned(), "1Gi".parse().unwrap());
                quota.status.used.insert(key.to_owned(), "0".parse().unwrap());
            }
        });
        assert_eq!(size(&report).as_deref(), Some("1Gi"));
    }

    #[test]
    fn a_full_quota_leaves_no_smaller_claim() {
        let report = with_offers("live", "10", |cluster| {
            for quota in &mut cluster.resource_quotas {
                quota.status.used.insert("requests.storage".to_owned(), "5Gi".parse().unwrap());
            }
        });
        assert_eq!(size(&report), None);
    }

    #[test]
    fn a_choice_of_a_node_that_is_gone_is_taken_back() {
        let report = with_offers("live", "36", |_| {});
        let op = &offer(&report, "choose-node-again").unwrap().ops[0];
        assert!(matches!(op, Op::Unannotate { object, .. } if object.name == "scratch"));
        let report = with_offers("live", "36", |cluster| {
            for claim in &mut cluster.claims {
                let key = "volume.kubernetes.io/selected-node".to_owned();
                claim.metadata.annotations.entry(key).and_modify(|node| "worker-1".clone_into(node));
            }
        });
        assert!(offer(&report, "choose-node-again").is_none());
    }

    #[test]
    fn another_claim_has_to_be_reached_together_with_the_rest() {
        let report = with_offers("live", "09", |_| {});
        let of = |claim: &str, workspace: &str| {
            offers(&report).filter(|offer| offer.works()).any(|offer| {
                edits(offer).iter().any(|edit| {
                    matches!(edit, Edit::Workspace { name, binding }
                        if name == workspace && binding["persistentVolumeClaim"]["claimName"] == claim)
                })
            })
        };
        assert!(of("cache0", "cache") && !of("cache0", "src"));
        let report =
            with_offers("live", "09", |cluster| cluster.claims.retain(|claim| claim.metadata.name != "cache0"));
        assert!(offer(&report, "other-claim").is_none());
    }
}

mod groups {
    use super::*;

    fn group(report: &RunReport) -> Option<i64> {
        edits(offer(report, "open-workspace")?).into_iter().find_map(|edit| match edit {
            Edit::FsGroup { group, .. } => Some(*group),
            _ => None,
        })
    }

    #[test]
    fn elsewhere_than_on_openshift_the_steps_own_id_will_do() {
        for (number, expected) in [("16", 65532), ("21", 1001)] {
            let report = with_offers("reports", number, |_| {});
            assert_eq!(group(&report), Some(expected));
            assert!(works(&report, "open-workspace"), "{number}");
        }
    }

    #[test]
    fn a_driver_that_ignores_the_group_is_no_place_for_it() {
        let report = with_offers("reports", "16", |cluster| {
            for volume in &mut cluster.persistent_volumes {
                let mut object = serde_json::to_value(&*volume).unwrap();
                object["spec"]["nfs"] = json!({ "server": "s", "path": "/" });
                *volume = serde_json::from_value(object).unwrap();
            }
        });
        assert_eq!(group(&report), None);
    }

    #[test]
    fn one_task_alone_is_not_told_to_share_a_user_with_another() {
        let report = with_offers("reports", "16", |_| {});
        assert!(offers(&report).all(|offer| offer.ops.iter().all(|op| !op.is_manual())));
    }
}

mod gates {
    use super::*;

    #[test]
    fn gates_are_for_whoever_put_them_there() {
        let report = with_offers("live", "21", |_| {});
        let offer = offer(&report, "open-gates").unwrap();
        assert!(!offer.works() && offers(&report).all(|offer| !offer.works()));
    }
}

mod tekton_1_16 {
    use super::*;

    /// Tekton 1.16 whose ConfigMap does not have the key.
    fn upgrade(cluster: &mut Cluster) {
        for map in &mut cluster.config_maps {
            match map.metadata.name.as_str() {
                "pipelines-info" => drop(map.data.insert("version".to_owned(), "v1.16.0".to_owned())),
                "feature-flags" => drop(map.data.remove("set-security-context")),
                _ => {}
            }
        }
        for config in &mut cluster.tekton_configs {
            if let Some(pipeline) = config.spec.get_mut("pipeline").and_then(Value::as_object_mut) {
                pipeline.remove("set-security-context");
            }
        }
    }

    fn set(cluster: &mut Cluster, value: &str) {
        for map in cluster.config_maps.iter_mut().filter(|map| map.metadata.name == "feature-flags") {
            map.data.insert("set-security-context".to_owned(), value.to_owned());
        }
    }

    #[test]
    fn a_missing_key_means_on_and_the_flag_can_be_switched_off() {
        let report = with_offers("live", "33", upgrade);
        assert_eq!(report.findings[0].cause.id(), "task-pod-refused-by-scc");
        for id in ["set-security-context-off", "grant-scc", "scc-with-seccomp", "smallest-change"] {
            assert!(works(&report, id), "{id}");
        }
        // What was tried and refused.
        let moves = |edit: &&Edit| matches!(edit, Edit::SecurityContextToTasks | Edit::ServiceAccount { .. });
        assert!(offers(&report).filter(|offer| offer.works()).all(|offer| !edits(offer).iter().any(&moves)));
    }

    #[test]
    fn every_spelling_of_a_boolean_counts() {
        for (value, is_on) in [("True", true), ("1", true), ("T", true), ("F", false), ("0", false)] {
            let report = with_offers("live", "33", |cluster| {
                upgrade(cluster);
                set(cluster, value);
            });
            assert_eq!(offer(&report, "set-security-context-off").is_some(), is_on, "{value}");
        }
    }

    #[test]
    fn a_copied_scc_is_that_one_with_the_profile_and_nobody_else_may_use_it() {
        let report = with_offers("live", "33", upgrade);
        let Op::Create { object, manifest } = &offer(&report, "scc-with-seccomp").unwrap().ops[0] else { panic!() };
        assert_eq!((object.kind, object.name.as_str()), (Kind::SecurityContextConstraints, "anyuid-seccomp"));
        assert_eq!(manifest["seccompProfiles"], json!(["runtime/default"]));
        assert_eq!(
            (&manifest["users"], &manifest["groups"], &manifest["priority"]),
            (&json!([]), &json!([]), &Value::Null)
        );
        assert_eq!(manifest["allowPrivilegedContainer"], json!(false));
    }

    fn notes(change: impl FnOnce(&mut Cluster), target: &str) -> Vec<(&'static str, &'static str, String)> {
        let mut case = Case::of("live", "33");
        // The version before, with the flag off, as everybody has it.
        set(&mut case.cluster, "false");
        change(&mut case.cluster);
        let target = tekton_fix::analysis::tekton::TektonVersion::parse(target);
        let found = preflight(&case.cluster, &[case.namespace.clone()], target);
        let notes = found.namespaces.into_iter().flat_map(|place| place.findings);
        notes.map(|note| (note.cause.id(), note.severity.as_str(), note.summary)).collect()
    }

    #[test]
    fn check_names_what_the_upgrade_will_refuse() {
        let found = notes(
            |cluster| {
                for config in &mut cluster.tekton_configs {
                    if let Some(pipeline) = config.spec.get_mut("pipeline").and_then(Value::as_object_mut) {
                        pipeline.remove("set-security-context");
                    }
                }
            },
            "1.16",
        );
        let [(code, severity, text)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*code, *severity), ("upgrade-changes-meaning", "warning"));
        for words in ["anyuid", "assistant", "task fetch", "seed-", "scorer", "nonroot-v2"] {
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn a_setting_that_the_operator_keeps_makes_it_a_note() {
        let found = notes(
            |cluster| {
                for config in &mut cluster.tekton_configs {
                    config.spec["pipeline"]["set-security-context"] = json!(false);
                }
            },
            "1.16",
        );
        assert!(
            matches!(found.as_slice(), [(_, "info", text)] if text.contains("keeps set-security-context off")),
            "{found:?}"
        );
    }

    #[test]
    fn an_upgrade_to_an_older_minor_breaks_nothing() {
        assert_eq!(notes(|_| {}, "1.15"), []);
    }

    #[test]
    fn another_scc_means_other_ids() {
        let found = notes(
            |cluster| {
                // The run as ServiceAccount pipeline, without ids of its own: pipelines-scc takes it today.
                for run in &mut cluster.pipeline_runs {
                    run.spec["taskRunTemplate"] = json!({ "serviceAccountName": "pipeline" });
                }
            },
            "1.16",
        );
        let moved = found.iter().find(|(code, ..)| *code == "next-upgrade").unwrap_or_else(|| panic!("{found:?}"));
        assert!(moved.2.contains("restricted-v2 instead of pipelines-scc"), "{moved:?}");
        assert!(moved.2.contains("UID 1000680000"), "{moved:?}");
    }

    #[test]
    fn a_namespace_without_runs_and_an_unread_kind_are_told_apart() {
        let mut case = Case::of("live", "33");
        set(&mut case.cluster, "false");
        case.cluster.pipeline_runs.retain(|_| false);
        let found = preflight(&case.cluster, &[case.namespace.clone()], None);
        assert!(found.namespaces[0].findings.is_empty() && found.namespaces[0].cannot_tell.is_empty());
        let mut case = Case::of("live", "33");
        set(&mut case.cluster, "false");
        case.cluster.forget(Kind::SecurityContextConstraints);
        case.cluster.coverage.forget(Kind::SecurityContextConstraints);
        let found = preflight(&case.cluster, &[case.namespace.clone()], None);
        assert!(found.namespaces[0].cannot_tell.iter().any(|text| text.contains("1.16")), "{found:?}");
    }

    #[test]
    fn a_node_made_for_nothing_but_the_level_is_not_needed() {
        // Off OpenShift no SCC refuses, and nothing is said of the upgrade.
        let mut case = Case::of("live", "25");
        insert(&mut case.cluster, Kind::ConfigMap, json!({ "metadata": { "name": "other", "namespace": "x" } }));
        set(&mut case.cluster, "false");
        let found = preflight(&case.cluster, &[case.namespace.clone()], None);
        assert!(found.namespaces[0].findings.iter().all(|note| note.cause.id() != "upgrade-changes-meaning"));
    }
}

mod labels {
    use super::*;

    /// The case of two runs on one claim, on one node, with the kubelet's words on labels.
    fn conflict(cluster: &mut Cluster, level: &str) {
        const TEXT: &str = "Unable to attach or mount volumes: unmounted volumes=[ws], unattached volumes=[ws], failed to process volumes=[ws]: conflicting SELinux labels of volume ci-rwo-models: \"system_u:object_r:container_file_t:s0:c1,c2\" and \"system_u:object_r:container_file_t:s0:c3,c4\"";
        for event in cluster.events.iter_mut().filter(|event| event.message.contains("Multi-Attach")) {
            "FailedMount".clone_into(&mut event.reason);
            TEXT.clone_into(&mut event.message);
        }
        for pod in
            cluster.pods.iter_mut().filter(|pod| pod.spec.node_name == "worker-2" || pod.spec.node_name == "worker-0")
        {
            let level = if pod.spec.node_name == "worker-0" { level } else { "s0:c3,c4" };
            let mut object = serde_json::to_value(&*pod).unwrap();
            object["spec"]["nodeName"] = json!("worker-2");
            object["spec"]["securityContext"] = json!({ "seLinuxOptions": { "level": level } });
            *pod = serde_json::from_value(object).unwrap();
        }
    }

    #[test]
    fn both_labels_and_the_other_run_are_named() {
        let report = with_offers("live", "01", |cluster| conflict(cluster, "s0:c1,c2"));
        let finding = &report.findings[0];
        assert_eq!(finding.cause.id(), "selinux-label-conflict");
        for words in ["claim models of task fetch", "s0:c1,c2", "s0:c3,c4", "worker-2"] {
            assert!(finding.summary.contains(words), "{}", finding.summary);
        }
        assert!(finding.chain.iter().any(|link| link.contains("of run day-1") && link.contains("level s0:c1,c2")));
        assert!(offer(&report, "wait-for-runs").is_some_and(|offer| !offer.works()));
    }

    #[test]
    fn options_of_the_run_itself_can_be_dropped() {
        let report = with_offers("live", "01", |cluster| {
            conflict(cluster, "s0:c1,c2");
            for run in cluster.pipeline_runs.iter_mut().filter(|run| run.metadata.name == "day-2") {
                run.spec["taskRunTemplate"] =
                    json!({ "podTemplate": { "securityContext": { "seLinuxOptions": { "level": "s0:c3,c4" } } } });
            }
        });
        assert!(offer(&report, "drop-selinux-options").is_some());
    }

    #[test]
    fn a_pod_with_the_same_label_is_not_the_one_in_the_way() {
        let report = with_offers("live", "01", |cluster| conflict(cluster, "s0:c4,c3"));
        assert!(
            report.findings[0].chain.iter().all(|link| !link.contains("of run day-1")),
            "{:?}",
            report.findings[0].chain
        );
    }
}

mod full_and_read_only {
    use super::*;

    fn wrote(cluster: &mut Cluster, line: &str) {
        std::sync::Arc::make_mut(&mut cluster.logs).values_mut().for_each(|log| line.clone_into(log));
    }

    fn size(report: &RunReport) -> Option<String> {
        edits(offer(report, "larger-claim")?).into_iter().find_map(|edit| match edit {
            Edit::Workspace { binding, .. } => {
                let size = binding.pointer("/volumeClaimTemplate/spec/resources/requests/storage")?;
                size.as_str().map(str::to_owned)
            }
            _ => None,
        })
    }

    #[test]
    fn a_full_claim_is_made_twice_as_large_which_may_help() {
        let line = "fatal: write error: No space left on device: /workspace/output/pack";
        let report = with_offers("reports", "16", |cluster| wrote(cluster, line));
        assert_eq!(report.findings[0].cause.id(), "volume-full");
        assert_eq!(size(&report).as_deref(), Some("2Gi"));
        assert!(offers(&report).all(|offer| offer.forecast.outcome() == Outcome::Unknown));
    }

    #[test]
    fn a_workspace_that_the_run_binds_read_only_can_be_bound_for_writing() {
        let line = "touch: cannot touch '/workspace/output/x': Read-only file system";
        let report = with_offers("reports", "16", |cluster| {
            wrote(cluster, line);
            for run in &mut cluster.pipeline_runs {
                run.spec["workspaces"] =
                    json!([{ "name": "output", "persistentVolumeClaim": { "claimName": "c", "readOnly": true } }]);
            }
        });
        assert_eq!(report.findings[0].cause.id(), "volume-read-only");
        let offer = offer(&report, "writable-workspace").unwrap();
        let Edit::Workspace { binding, .. } = edits(offer)[0] else { panic!() };
        assert_eq!(*binding, json!({ "persistentVolumeClaim": { "claimName": "c" } }));
    }

    #[test]
    fn other_storage_that_became_read_only_is_not_bound_again() {
        let line = "touch: cannot touch '/workspace/output/x': Read-only file system";
        let report = with_offers("reports", "16", |cluster| wrote(cluster, line));
        assert_eq!(report.findings[0].cause.id(), "volume-read-only");
        assert_eq!(offers(&report).count(), 0);
    }
}

mod cluster_tasks {
    use super::*;

    fn without(change: impl FnOnce(&mut Cluster)) -> RunReport {
        const TEXT: &str = "Pipeline platform/p can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task \"git-clone\": clustertasks.tekton.dev \"git-clone\" not found";
        with_offers("reports", "04", |cluster| {
            for condition in cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
                "False".clone_into(&mut condition.status);
                "CouldntGetTask".clone_into(&mut condition.reason);
                TEXT.clone_into(&mut condition.message);
            }
            change(cluster);
        })
    }

    fn says(report: &RunReport, words: &str) -> bool {
        report.findings[0].chain.iter().any(|link| link.contains(words))
    }

    #[test]
    fn the_task_that_takes_its_place_is_named_with_its_reference() {
        let task = |namespace: &str| json!({ "metadata": { "name": "git-clone", "namespace": namespace }, "spec": {} });
        let report = without(|cluster| insert(cluster, Kind::Task, task("openshift-pipelines")));
        assert_eq!(report.findings[0].cause.id(), "reference-not-fetched");
        assert!(says(&report, "Task git-clone of namespace openshift-pipelines can take its place"));
        assert!(says(&report, "{name: namespace, value: openshift-pipelines}"));
        assert!(offer(&report, "correct-reference").is_some_and(|offer| !offer.works()));
        let report = without(|cluster| insert(cluster, Kind::Task, task("platform")));
        assert!(says(&report, "exists in namespace platform"));
        let report = without(|_| {});
        assert!(says(&report, "Install Task git-clone"));
    }
}

mod held_task_runs {
    use super::*;

    fn hold(cluster: &mut Cluster) {
        let held = |name: &str| name == "sim-1-fetch";
        for task_run in cluster.task_runs.iter_mut().filter(|task_run| held(&task_run.metadata.name)) {
            task_run.spec["status"] = json!("TaskRunPending");
        }
        cluster.pods.retain(|pod| !pod.metadata.name.starts_with("sim-1-fetch"));
        for pod in &mut cluster.pods {
            pod.spec.scheduling_gates.clear();
        }
        cluster.events.retain(|_| false);
    }

    #[test]
    fn a_task_run_without_pod_may_be_held_on_purpose() {
        let report = with_offers("live", "21", hold);
        let finding = &report.findings[0];
        assert_eq!(finding.cause.id(), "pending-by-spec-status");
        assert!(finding.summary.contains("spec.status of TaskRun sim-1-fetch is TaskRunPending"));
        assert_eq!(report.state, tekton_fix::finding::RunState::Waiting);
        let op = &offer(&report, "release-run").unwrap().ops[0];
        assert!(matches!(op, Op::Release { run } if run.kind == Kind::TaskRun && run.name == "sim-1-fetch"));
    }

    #[test]
    fn a_task_run_that_has_a_pod_is_not_held() {
        let report = with_offers("live", "21", |cluster| {
            for task_run in &mut cluster.task_runs {
                task_run.spec["status"] = json!("TaskRunPending");
            }
        });
        assert_eq!(report.findings[0].cause.id(), "scheduling-gated");
    }
}

mod variables {
    use super::*;

    fn spoil(cluster: &mut Cluster, run: &str) {
        for run in cluster.pipeline_runs.iter_mut().filter(|known| known.metadata.name == run) {
            let params = json!([{ "name": "stamp", "value": "build-$(date)" }]);
            if let Some(pipeline) = run.spec.get_mut("pipelineSpec") {
                pipeline["tasks"][0]["params"] = params.clone();
            }
            if let Some(pipeline) = &mut run.status.pipeline_spec {
                pipeline["tasks"][0]["params"] = params;
            }
        }
    }

    fn version(cluster: &mut Cluster, version: &str) {
        for map in cluster.config_maps.iter_mut().filter(|map| map.metadata.name == "pipelines-info") {
            map.data.insert("version".to_owned(), version.to_owned());
        }
    }

    #[test]
    fn an_old_spec_is_not_submitted_to_a_version_that_refuses_it() {
        let report = with_offers("live", "01", |cluster| spoil(cluster, "day-2"));
        assert!(works(&report, "pin-node"));
        let report = with_offers("live", "01", |cluster| {
            spoil(cluster, "day-2");
            version(cluster, "v1.15.1");
        });
        assert_eq!(offer(&report, "pin-node").unwrap().forecast.outcome(), Outcome::Blocked);
    }

    #[test]
    fn check_names_the_run_before_the_upgrade() {
        let notes = |target: &str| {
            let mut case = Case::of("live", "01");
            spoil(&mut case.cluster, "day-2");
            let target = tekton_fix::analysis::tekton::TektonVersion::parse(target);
            let found = preflight(&case.cluster, &[case.namespace.clone()], target);
            let texts = found.namespaces.into_iter().flat_map(|place| place.findings).map(|note| note.summary);
            texts.filter(|text| text.contains("$(date)")).count()
        };
        assert_eq!((notes("1.14"), notes("1.13")), (1, 0));
    }
}

mod default_selector {
    use super::*;

    /// The task without an assistant, with a selector from Tekton's settings that no node meets.
    fn select(cluster: &mut Cluster) {
        let text = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
        let defaults = json!({ "metadata": { "name": "config-defaults", "namespace": "tekton-pipelines" },
            "data": { "default-pod-template": "nodeSelector:\n  pool: ci\n" } });
        cluster.config_maps.retain(|map| map.metadata.name != "config-defaults");
        insert(cluster, Kind::ConfigMap, defaults);
        for pod in cluster.pods.iter_mut().filter(|pod| pod.spec.node_name.is_empty()) {
            pod.spec.node_selector.insert("pool".to_owned(), "ci".to_owned());
            pod.spec.volumes.clear();
            for condition in &mut pod.status.conditions {
                text.clone_into(&mut condition.message);
            }
        }
        for run in &mut cluster.pipeline_runs {
            for workspace in run.spec["workspaces"].as_array_mut().unwrap() {
                *workspace = json!({ "name": workspace["name"], "emptyDir": {} });
            }
        }
        cluster.coverage.assume_whole();
    }

    #[test]
    fn the_settings_are_named_and_a_selector_of_the_runs_own_replaces_theirs() {
        let report = with_offers("reports", "13", select);
        let finding = &report.findings[0];
        assert_eq!(finding.cause.id(), "node-selector-mismatch");
        assert!(finding.chain.iter().any(|link| link.contains("default-pod-template in ConfigMap config-defaults")));
        for id in ["own-node-selector", "pin-node"] {
            assert!(works(&report, id), "{id}: {:?}", offer(&report, id).map(|offer| &offer.forecast));
        }
    }

    #[test]
    fn a_selector_of_the_run_is_the_runs_own() {
        let report = with_offers("reports", "13", |cluster| {
            select(cluster);
            for run in &mut cluster.pipeline_runs {
                run.spec["taskRunTemplate"] = json!({ "podTemplate": { "nodeSelector": { "pool": "ci" } } });
            }
        });
        assert!(report.findings[0].chain.iter().all(|link| !link.contains("default-pod-template")));
        assert!(works(&report, "drop-node-selector") || offer(&report, "drop-node-selector").is_some());
        assert!(offer(&report, "own-node-selector").is_none());
    }
}

mod siblings {
    use super::*;

    /// A task that waits beside its assistant for room, with another one of the run that works
    /// there and holds so much.
    fn matrix(cluster: &mut Cluster, held: &str) {
        const WAITS: &str = "pack-2-quantize";
        let text = "0/7 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node-role.kubernetes.io/master: }, 2 node(s) didn't match pod affinity rules, 3 node(s) had untolerated taint {nvidia.com/gpu: true}. preemption: 0/7 nodes are available: 1 No preemption victims found for incoming pod, 6 Preemption is not helpful for scheduling.";
        for claim in &mut cluster.claims {
            claim.metadata.deletion_timestamp = None;
        }
        for node in cluster.nodes.iter_mut().filter(|node| node.metadata.name == "worker-2") {
            node.status.allocatable.insert("cpu".to_owned(), "4".parse().unwrap());
        }
        let pod = cluster.pods.iter().find(|pod| pod.metadata.name == format!("{WAITS}-pod")).unwrap();
        let mut waiting = serde_json::to_value(pod).unwrap();
        waiting["spec"]["containers"][0]["resources"] = json!({ "requests": { "cpu": "2" } });
        waiting["status"]["conditions"][0]["message"] = json!(text);
        let mut works = waiting.clone();
        works["metadata"]["name"] = json!("pack-2-other-pod");
        works["metadata"]["uid"] = json!("other-pod");
        works["spec"]["nodeName"] = json!("worker-2");
        works["metadata"]["annotations"]["tekton.dev/ready"] = json!("READY");
        works["spec"]["containers"][0]["resources"] = json!({ "requests": { "cpu": held } });
        let name = works["spec"]["containers"][0]["name"].clone();
        works["status"] =
            json!({ "phase": "Running", "containerStatuses": [{ "name": name, "state": { "running": {} } }] });
        let known = cluster.task_runs.iter().find(|task_run| task_run.metadata.name == WAITS).unwrap();
        let mut other = serde_json::to_value(known).unwrap();
        other["metadata"]["name"] = json!("pack-2-other");
        other["metadata"]["uid"] = json!("other");
        other["metadata"]["labels"]["tekton.dev/pipelineTask"] = json!("other");
        other["status"]["podName"] = json!("pack-2-other-pod");
        cluster.pods.retain(|pod| pod.metadata.name != format!("{WAITS}-pod"));
        for pod in [waiting, works] {
            insert(cluster, Kind::Pod, pod);
        }
        insert(cluster, Kind::TaskRun, other);
        cluster.coverage.assume_whole();
    }

    #[test]
    fn a_matrix_that_takes_turns_is_not_stuck() {
        let report = with_offers("live", "04", |cluster| matrix(cluster, "3"));
        assert_eq!(report.state, tekton_fix::finding::RunState::Waiting);
        let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
        assert_eq!((finding.cause.id(), finding.severity), ("assistant-node-full", Severity::Warning));
        assert!(finding.chain.iter().any(|link| link.contains("waits for its turn")));
        assert_eq!(offers(&report).count(), 0);
    }

    #[test]
    fn a_node_that_others_fill_stays_full() {
        let report = with_offers("live", "04", |cluster| {
            matrix(cluster, "1");
            let foreign = json!({ "metadata": { "name": "foreign", "namespace": "other" }, "spec": { "nodeName": "worker-2",
                "containers": [{ "name": "c", "resources": { "requests": { "cpu": "2500m" } } }] }, "status": { "phase": "Running" } });
            insert(cluster, Kind::Pod, foreign);
        });
        let finding = &report.findings[0];
        assert_eq!((finding.cause.id(), finding.severity), ("assistant-node-full", Severity::Error));
        assert_eq!(report.state, tekton_fix::finding::RunState::Stuck);
    }
}

mod claims_and_ranges {
    use super::*;

    #[test]
    fn a_claim_that_a_limit_range_refuses_is_made_as_large_as_it_allows() {
        let report = with_offers("live", "10", |cluster| {
            cluster.resource_quotas.retain(|_| false);
            let range = json!({ "metadata": { "name": "claims", "namespace": "quotas" }, "spec": { "limits": [
                { "type": "PersistentVolumeClaim", "max": { "storage": "8Gi" } }] } });
            insert(cluster, Kind::LimitRange, range);
            for event in cluster.events.iter_mut().filter(|event| event.message.contains("exceeded quota")) {
                let (start, _) = event.message.split_once("exceeded quota").unwrap();
                event.message =
                    format!("{start}maximum storage usage per PersistentVolumeClaim is 8Gi, but request is 20Gi");
            }
        });
        assert_eq!(report.findings[0].cause.id(), "workspace-claim-refused");
        let offer = offer(&report, "smaller-claim").unwrap();
        assert!(offer.works(), "{:?}", offer.forecast);
        let Edit::Workspace { binding, .. } = edits(offer)[0] else { panic!() };
        assert_eq!(binding.pointer("/volumeClaimTemplate/spec/resources/requests/storage"), Some(&json!("8Gi")));
    }
}
