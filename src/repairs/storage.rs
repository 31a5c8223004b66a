//! Repairs for volumes that a step could not write to.

use serde_json::{Value, json};

use crate::analysis::tekton::Coschedule;
use crate::analysis::tekton::assistant::{self, ClaimWorkspace};
use crate::analysis::tekton::workspaces::claim_name;
use crate::checks::focus::Focus;
use crate::finding::Facts;
use crate::model::Quantity;
use crate::ops::Edit;
use crate::ops::edit::claim_template;

use super::workspaces::{empty_dir, users, wishes_of};
use super::{Plan, submit};

/// A volume that is full: a claim of twice its size for each run, or the node's disk for what
/// one task uses alone. Whether that is enough nobody can tell from the cluster.
pub(super) fn full(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Claim(claim) = facts else { return Vec::new() };
    let mode = focus.coschedule().unwrap_or(Coschedule::Workspaces);
    let is_full = |bound: &ClaimWorkspace| claim_name(focus.run(), &bound.workspace, mode).as_deref() == Some(claim);
    let bound = assistant::claim_workspaces(focus.run()).into_iter().filter(is_full);
    let mut plans = Vec::new();
    for bound in bound {
        let (size, class, mode) = wishes_of(focus, &bound);
        let larger = size.parse::<Quantity>().ok().map(|size| size.saturating_add(size));
        if let Some(larger) = larger {
            let binding = claim_template(&larger.to_string(), class.as_deref(), &mode);
            let edit = Edit::Workspace { name: bound.workspace.clone(), binding };
            plans.push(Plan::new("larger-claim", vec![submit(focus, vec![edit], true)]));
        }
        if users(focus, &bound.workspace) < 2 {
            plans.push(empty_dir(focus, &bound.workspace));
        }
    }
    plans
}

/// A workspace that the run itself binds read-only, for writing.
pub(super) fn read_only(focus: &Focus<'_>) -> Vec<Plan> {
    let bindings = focus.run().spec_at("/workspaces").and_then(Value::as_array);
    let plan = |binding: &Value| {
        let claim = binding.get("persistentVolumeClaim")?;
        claim.get("readOnly")?.as_bool().filter(|is_read_only| *is_read_only)?;
        let mut new = json!({ "persistentVolumeClaim": { "claimName": claim.get("claimName")? } });
        if let Some(path) = binding.get("subPath") {
            new["subPath"] = path.clone();
        }
        let edit = Edit::Workspace { name: binding.get("name")?.as_str()?.to_owned(), binding: new };
        Some(Plan::new("writable-workspace", vec![submit(focus, vec![edit], true)]))
    };
    bindings.into_iter().flatten().filter_map(plan).collect()
}
