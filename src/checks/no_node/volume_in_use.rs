//! A ReadWriteOncePod claim that another pod uses.

use crate::checks::finding::Finding;

const CODE: &str = "TKF133";
const CAUSE: &str = "rwop-in-use";

/// `rwop-in-use`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("another pod uses the ReadWriteOncePod claim that task {task} needs"))
}

/// `rwop-in-use`: a task that must join its assistant, which mounts the claim.
pub fn beside_assistant(task: &str) -> Finding {
    let summary = format!("task {task} cannot use its ReadWriteOncePod claim: the assistant itself uses it");
    Finding::new(CODE, CAUSE, summary)
}

/// `rwop-in-use`: the assistant's pod.
pub fn of_assistant(pod: &str) -> Finding {
    let summary =
        format!("the affinity assistant's pod {pod} cannot use a ReadWriteOncePod claim that another pod uses");
    Finding::new(CODE, CAUSE, summary)
}
