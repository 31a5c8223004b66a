//! The assistant's pod keeps away from other assistants, and each node has one.

use crate::checks::finding::Finding;

/// `anti-affinity-isolate`: in the mode isolate-pipelinerun that anti-affinity is
/// required (tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go).
pub fn finding(pod: &str) -> Finding {
    Finding::new(
        "TKF124",
        "anti-affinity-isolate",
        format!(
            "the affinity assistant's pod {pod} finds no node without another run's assistant (coschedule: isolate-pipelinerun)"
        ),
    )
}
