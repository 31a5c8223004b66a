//! A ConfigMap that was edited beside the operator, which will set it back some day.

use crate::analysis::tekton::flags::{COSCHEDULE, of_operator};
use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;

use super::quote;

/// Causes that a flag brought about.
const OF_FLAGS: [Cause; 4] = [
    Cause::FlagsMisreadLegacyKey,
    Cause::InvalidFlagValueIgnored,
    Cause::AssistantMissingFlagFlip,
    Cause::TwoClaimsInOneTask,
];

/// Adds to findings that a flag brought about that the flag will not last: the operator
/// writes the map anew at its upgrade and when its own object changes.
pub fn annotate(focus: &Focus<'_>, findings: &mut [Finding]) {
    let Some((link, evidence)) = difference(focus) else { return };
    if let Some(finding) = findings.iter_mut().find(|finding| OF_FLAGS.contains(&finding.cause)) {
        *finding = finding.clone().link(link).evidence(evidence);
    }
}

fn difference(focus: &Focus<'_>) -> Option<(String, Vec<Evidence>)> {
    let map = focus.installation.feature_flags?.data.get(COSCHEDULE)?;
    let config = focus.cluster.tekton_configs.first()?;
    let name = &config.metadata.name;
    let own = of_operator(config, COSCHEDULE);
    if own.as_deref().unwrap_or("workspaces").eq_ignore_ascii_case(map) {
        return None;
    }
    let setting = own.as_deref().map_or("does not set it".to_owned(), |own| format!("sets it to {own:?}"));
    let link = format!(
        "coschedule was edited in the ConfigMap ({map:?}), and TektonConfig/{name} {setting}: the operator writes its own value again at its next upgrade or when TektonConfig changes."
    );
    let field =
        focus.quote(Kind::TektonConfig, name, "spec.pipeline.coschedule", own.unwrap_or_else(|| "absent".to_owned()));
    Some((link, vec![quote(focus, COSCHEDULE, map), field]))
}
