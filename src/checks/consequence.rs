//! Which difference between two runs matters: one that a finding of the worse run
//! names as its cause.

use crate::analysis::comparison::{Difference, Level};
use crate::analysis::scc;
use crate::model::Kind;

use crate::finding::{About, Cause, Evidence, Facts, Finding, RunReport};

/// What a difference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// One sentence.
    pub sentence: String,
    /// Cause that it leads to.
    pub cause: Cause,
    /// The proof.
    pub evidence: Vec<Evidence>,
}

/// Paths of a run's spec that can bring a cause about, where the finding does not
/// quote the field itself.
fn fields_of(cause: Cause) -> &'static [&'static str] {
    match cause {
        Cause::AssistantMissingSharedClaim
        | Cause::TwoClaimsInOneTask
        | Cause::PvcMissing
        | Cause::PvcUnbound
        | Cause::ClaimBeingDeleted
        | Cause::ClaimLost
        | Cause::VolumeFull
        | Cause::VolumesInDifferentZones
        | Cause::RwopInUse => &["spec.workspaces["],
        Cause::WorkspaceClaimRefused => &["spec.workspaces["],
        Cause::AssistantPendingVolumeNodeAffinity | Cause::VolumeNodeAffinity | Cause::VolumeMultiAttach => {
            &["podTemplate.nodeSelector", "podTemplate.affinity", "spec.workspaces["]
        }
        Cause::NodeSelectorMismatch => &["podTemplate.nodeSelector", "podTemplate.affinity"],
        Cause::WorkspacePermissionDenied => &["securityContext"],
        Cause::AssistantContradictsTaskPlacement => &["spec.taskRunSpecs["],
        Cause::UntoleratedTaint | Cause::AssistantPendingUntoleratedTaint => {
            &["podTemplate.tolerations", "podTemplate.nodeSelector", "computeResources"]
        }
        Cause::InsufficientResources | Cause::AssistantNodeFull => {
            &["computeResources", "podTemplate.nodeSelector", "podTemplate.tolerations"]
        }
        Cause::ServiceAccountMissing | Cause::AssistantServiceAccountMissing => &["serviceAccountName"],
        Cause::TaskPodRefusedByScc => &["serviceAccountName", "securityContext"],
        Cause::StepKilled => &["computeResources"],
        Cause::WrongArchitecture => &["podTemplate.nodeSelector", "podTemplate.affinity", "taskSpec"],
        Cause::ImageWouldRunAsRoot => &["securityContext", "serviceAccountName"],
        Cause::ReferenceNotFetched | Cause::ResolverNotAnswering => &["pipelineRef", "taskRef"],
        Cause::SchedulerNotRunning => &["podTemplate.schedulerName"],
        Cause::PriorityClassMissing => &["podTemplate.priorityClassName"],
        Cause::RuntimeClassMissing => &["podTemplate.runtimeClassName"],
        Cause::AntiAffinityAgainstAssistant | Cause::IsolateAffinityAliasing => &["podTemplate.affinity"],
        Cause::TopologySpread => &["podTemplate.topologySpreadConstraints"],
        Cause::HostportConflict => &["taskSpec"],
        Cause::Timeout => &["spec.timeouts"],
        _ => &[],
    }
}

/// What the difference leads to in the run of the report, if anything. The report is
/// that of the right side, unless `of_left`.
pub fn of(difference: &Difference, report: &RunReport, of_left: bool) -> Option<Consequence> {
    if difference.level != Level::Spec {
        return None;
    }
    let found = report.findings.iter().find_map(|finding| {
        let quoted = finding.evidence.iter().any(|item| names(&item.field, &difference.path));
        let can = fields_of(finding.cause).iter().any(|field| difference.path.contains(field));
        (quoted || can).then(|| consequence(difference, finding, &report.name, of_left))
    });
    let Some((field, place)) = difference.dropped() else { return found };
    let dropped = format!("PipelineRun v1 has no field {field}: the API server drops it; it belongs in {place}");
    Some(match found {
        Some(found) => Consequence { sentence: format!("{dropped}. {}", found.sentence), ..found },
        None => Consequence { sentence: dropped, cause: Cause::PodTemplateMisplaced, evidence: Vec::new() },
    })
}

/// The last part of a path: `fsGroup`, or `kubernetes.io/hostname` of a map.
fn leaf(path: &str) -> &str {
    match path.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((_, key)) => key,
        None => path.rsplit(['.', ']']).next().unwrap_or(path),
    }
}

/// Whether a quoted field is the difference's, or one below or above it.
fn names(quoted: &str, path: &str) -> bool {
    quoted.starts_with("spec.")
        && (path == quoted || path.starts_with(&format!("{quoted}.")) || path.starts_with(&format!("{quoted}[")))
}

fn consequence(difference: &Difference, finding: &Finding, run: &str, of_left: bool) -> Consequence {
    let field = leaf(&difference.path);
    let (good, bad) =
        if of_left { (&difference.right, &difference.left) } else { (&difference.left, &difference.right) };
    let change = match (good, bad) {
        (_, Some(bad)) => format!("sets {field} {bad}"),
        (Some(good), None) => format!("lacks {field} {good}"),
        (None, None) => format!("changes {field}"),
    };
    let decisive = finding.evidence.iter().filter(|item| {
        matches!(&item.object, About::Event { kind, .. } if kind == Kind::StatefulSet.name())
            || item.field.contains("PodScheduled")
            || item.field.starts_with("status.conditions[Succeeded]") && item.object.is_object(Kind::TaskRun)
    });
    // A refusal by several constraints has a reason for each field.
    let own = match &finding.facts {
        Facts::Denied { reasons, .. } => reasons.iter().find(|reason| leaf(&reason.field) == field),
        _ => None,
    };
    let own = own.map(|reason| scc::sentences(std::slice::from_ref(reason)).join("; "));
    let why = own.unwrap_or_else(|| finding.summary.clone());
    Consequence {
        sentence: format!("{run} {change} → {}: {why}", finding.cause),
        cause: finding.cause,
        evidence: decisive.cloned().collect(),
    }
}
