//! What to look at when Tekton's controller does not work.

use serde_json::json;

use crate::checks::focus::Focus;
use crate::finding::Repair;

use super::tekton_namespace;

/// The controller's pods, and their logs.
pub(super) fn look(focus: &Focus<'_>) -> Vec<Repair> {
    let namespace = tekton_namespace(focus);
    let is_down = focus.installation.controller.is_some_and(|controller| controller.status.available_replicas == 0);
    vec![Repair {
        id: "start-controller",
        summary: if is_down {
            "bring Tekton's controller up again; it then takes up the run by itself".to_owned()
        } else {
            "find out from its log why Tekton's controller does not go on; it takes up the run by itself once it does"
                .to_owned()
        },
        command: format!(
            "kubectl get pods -n {namespace} -l app.kubernetes.io/name=controller\nkubectl logs -n {namespace} deployment/tekton-pipelines-controller --tail=50"
        ),
        because: vec!["what keeps the controller cannot be read from the run".to_owned()],
        needs: "rights of an administrator".to_owned(),
        changes: json!({}),
        ..Repair::default()
    }]
}
