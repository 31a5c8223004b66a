//! What the next upgrade of Tekton will change for runs that work today.

use crate::analysis::tekton::flags;
use crate::analysis::tekton::{Coschedule, TektonVersion};
use crate::finding::{Cause, Finding, Severity};

use super::{Ground, Preflight};

/// Notes what lies ahead of the installed version.
pub(super) fn judge(ground: &Ground<'_>, mode: Option<Coschedule>, found: &mut Preflight) {
    let (installation, target) = (&ground.installation, ground.target);
    let Some(version) = installation.tekton() else { return };
    // What the same text will mean once the old key is no longer read.
    let is_dropped = version.reads_disable_affinity_assistant() && !target.reads_disable_affinity_assistant();
    if let (Some(map), Some(now), true) = (installation.feature_flags, mode, is_dropped) {
        let after = flags::assistant_flags(&map.data, TektonVersion::new(1, 0, 0)).mode;
        if let Ok(after) = after
            && after != now
        {
            let text = format!(
                "an upgrade to Tekton 1.0 or later turns {} into {} without any change of the ConfigMap; set coschedule: {} before it",
                now.as_str(),
                after.as_str(),
                now.as_str()
            );
            let changes = Finding::new(Cause::UpgradeChangesMeaning, text).severity(Severity::Warning);
            let by = [flags::COSCHEDULE, flags::DISABLE_ASSISTANT].into_iter().filter_map(|key| ground.flag(key));
            found.findings.push(changes.evidence(by).evidence(ground.version()));
        }
    }
    if mode == Some(Coschedule::Disabled) {
        return;
    }
    for (since, text) in [
        (
            TektonVersion::new(0, 63, 0),
            "the assistant's pod gets the run's pod securityContext; on OpenShift, where it runs as ServiceAccount default, ids outside the namespace's range are then refused",
        ),
        (
            TektonVersion::new(0, 70, 0),
            "spec.podTemplate under tekton.dev/v1 is dropped with a warning instead of being refused",
        ),
        (
            TektonVersion::new(1, 9, 0),
            "the assistant's pod runs as the run's ServiceAccount instead of default: rights that default was given for it no longer count",
        ),
    ] {
        if version < since && since <= target {
            let text = format!("from Tekton {}.{} on {text}", since.major, since.minor);
            let ahead = Finding::new(Cause::NextUpgrade, text).severity(Severity::Info);
            found.findings.push(ahead.evidence(ground.version()));
        }
    }
}
