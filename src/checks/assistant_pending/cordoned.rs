//! The assistant's pod finds only cordoned nodes.

use crate::checks::focus::Focus;
use crate::checks::no_node::cordoned::quote_cordons;
use crate::finding::{Cause, Facts, Finding};

/// `assistant-pending-cordoned`.
pub fn finding(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    Finding::new(
        Cause::AssistantPendingCordoned,
        format!("every node that the affinity assistant's pod {pod} may use is cordoned"),
    )
    .evidence(quote_cordons(focus, nodes))
    .facts(Facts::Nodes(nodes.to_vec()))
}
