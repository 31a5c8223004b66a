//! The timeout overwrote the reason why a run did not go on.

use crate::checks::finding::{Confidence, Finding};
use crate::checks::focus::Focus;
use crate::checks::refused::{self, RefusedBy};
use crate::checks::scc_verdict;

use super::{TimedOut, with_evidence};

/// `timeout-hid-the-reason`, followed by the refusals of which events still tell.
pub(super) fn findings(ended: &TimedOut<'_, '_>) -> Vec<Finding> {
    let focus = ended.focus;
    let finding = Finding::new(
        "TKF505",
        "timeout-hid-the-reason",
        "the run timed out, and the timeout overwrote the reason why it did not go on",
    );
    let mut finding = with_evidence(finding, ended);
    if ended.refused.is_empty() && ended.waiting.is_empty() {
        finding = finding.confidence(Confidence::Likely).cannot_tell(format!(
            "why the run waited: no event of namespace {} tells; events live for hours only, collect them while the run is stuck",
            focus.namespace()
        ));
    }
    let mut findings = vec![finding];
    findings.extend(ended.refused.iter().filter_map(|refused| refusal_behind(focus, refused)));
    findings
}

/// The refusal of which events tell, as a finding of its own.
fn refusal_behind(focus: &Focus<'_>, refused: &refused::RefusedAssistant<'_>) -> Option<Finding> {
    let event = refused.event?;
    let text = refused::api_text(&event.message);
    let (code, cause) = match refused.by.as_ref()? {
        RefusedBy::Scc => ("TKF101", "assistant-refused-by-scc"),
        RefusedBy::PodSecurity => ("TKF102", "assistant-refused-by-pod-security"),
        RefusedBy::Policy(_) => ("TKF103", "assistant-refused-by-policy"),
        RefusedBy::Quota | RefusedBy::QuotaNeedsRequests => ("TKF104", "assistant-quota"),
        RefusedBy::LimitRange => ("TKF105", "assistant-limitrange"),
        RefusedBy::ServiceAccountMissing(_) => ("TKF106", "assistant-service-account-missing"),
        _ => ("TKF107", "assistant-refused"),
    };
    Some(
        Finding::new(
            code,
            cause,
            format!("the pod of the affinity assistant {} was refused until the timeout", refused.name),
        )
        .link(format!("The StatefulSet controller wrote: {text}"))
        .evidence([focus.quote_event(event)])
        .evidence(scc_verdict::run_fields(focus, text)),
    )
}
