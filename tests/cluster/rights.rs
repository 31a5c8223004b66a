//! People with few rights: what cannot be read is said, and never taken for fine.

use rig::{Platform, Rig, TektonVersion, scenario};
use serde_json::json;

use crate::plugin::{json as document, plugin, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_user_gets_what_the_own_objects_prove() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::OpenShift).await.unwrap();
    let staged = scenario::incident(&rig, "private-models").await.unwrap();
    rig.wait_for_refused_assistant(&staged).await.unwrap();
    let run = format!("{}/{}", staged.namespace, staged.run);
    let developer = rig.kubeconfig_for("developer").unwrap();

    let nothing = plugin(&developer, &["diagnose", &run]);
    assert_eq!(nothing.status.code(), Some(3), "{}", text(&nothing));
    assert!(text(&nothing).contains("forbidden"), "{}", text(&nothing));

    // The rights of OpenShift's `view` in one project.
    let rules = json!([
        { "apiGroups": ["tekton.dev"], "resources": ["pipelineruns", "taskruns"], "verbs": ["get", "list", "watch"] },
        { "apiGroups": [""], "resources": ["pods", "events", "serviceaccounts", "persistentvolumeclaims"],
          "verbs": ["get", "list", "watch"] },
        { "apiGroups": [""], "resources": ["namespaces"], "resourceNames": [staged.namespace], "verbs": ["get"] },
        { "apiGroups": ["apps"], "resources": ["statefulsets"], "verbs": ["get", "list", "watch"] },
    ]);
    let api = "rbac.authorization.k8s.io/v1";
    let role = json!({ "apiVersion": api, "kind": "Role", "rules": rules,
        "metadata": { "name": "view", "namespace": staged.namespace } });
    rig.api.apply(&role).await.unwrap();
    let binding = json!({ "apiVersion": api, "kind": "RoleBinding",
        "metadata": { "name": "view", "namespace": staged.namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "view" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "developer" }] });
    rig.api.apply(&binding).await.unwrap();
    rig.until("the developer may read", async || {
        let output = plugin(&developer, &["diagnose", &run, "-o", "json"]);
        Ok(output.status.code() == Some(1))
    })
    .await
    .unwrap();

    let report = document(&plugin(&developer, &["diagnose", &run, "-o", "json"]));
    let finding = &report["runs"][0]["findings"][0];
    assert_eq!(finding["cause"], "assistant-refused-by-scc", "{report:#}");
    assert_eq!(finding["confidence"], "proven", "the event says it, whatever else was not read");
    for repair in finding["repairs"].as_array().unwrap() {
        assert_ne!(repair["predicted"], "heals", "SCCs and nodes were not read: {repair:#}");
    }

    // Impersonation asks with the same rights, and says the same.
    let rig_admin = rig.kubeconfig();
    let impersonated = document(&plugin(&rig_admin, &["diagnose", &run, "-o", "json", "--as", "developer"]));
    let impersonated = &impersonated["runs"][0]["findings"][0];
    for key in ["cause", "confidence", "summary", "chain", "cannotTell", "repairs"] {
        assert_eq!(impersonated[key], finding[key], "{key}");
    }

    let own = document(&plugin(&developer, &["check", "-n", &staged.namespace, "-o", "json"]));
    let all = document(&plugin(&rig_admin, &["check", "-n", &staged.namespace, "-o", "json"]));
    // What the own run recorded, the own namespace shows and Tekton lets every user read by
    // its name (ConfigMap pipelines-info); the rest is said to be unknown, and the exit code
    // does not call it fine.
    assert_eq!((&own["coschedule"], &own["tektonVersion"]), (&json!("workspaces"), &json!("1.6.6")), "{own:#}");
    assert_eq!(own["exitCode"], 4, "{own:#}");
    assert!(!own["cannotTell"].as_array().unwrap().is_empty(), "{own:#}");
    let places = (&own["namespaces"][0], &all["namespaces"][0]);
    for key in ["name", "uidRange", "fsGroup", "serviceAccounts"] {
        assert_eq!(places.0[key], places.1[key], "{key}");
    }
    for unread in ["LimitRanges", "ResourceQuotas", "securitycontextconstraints"] {
        assert!(places.0["cannotTell"].to_string().contains(unread), "{own:#}");
    }
    assert_eq!(all["tektonVersion"], "1.6.6");
    assert_eq!((&all["cannotTell"], &places.1["cannotTell"]), (&json!([]), &json!([])), "{all:#}");
    let nodes = plugin(&developer, &["nodes", &run]);
    assert_eq!(nodes.status.code(), Some(4), "{}", text(&nodes));
    let rerun = plugin(&developer, &["rerun", &run, "--fs-group", "namespace", "--drop", "run-as-user", "--yes"]);
    assert!(text(&rerun).contains("forbidden"), "{}", text(&rerun));
    assert!(!text(&rerun).contains(" created"), "{}", text(&rerun));
}
