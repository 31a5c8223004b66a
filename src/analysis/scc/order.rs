//! In which order SCCs are tried.
//!
//! Mirrors openshift/apiserver-library-go `util/sort/bypriority.go` and
//! `byrestrictions.go` (a8019f39f).

use std::cmp::{Ordering, Reverse};

use crate::model::access::SecurityContextConstraints;

/// Highest priority first, then the fewest points, then by name.
pub fn by_priority(a: &SecurityContextConstraints, b: &SecurityContextConstraints) -> Ordering {
    let key = |scc: &SecurityContextConstraints| (Reverse(scc.priority.unwrap_or(0)), points(scc));
    key(a).cmp(&key(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
}

/// How lax an SCC is; the more points, the laxer.
pub fn points(scc: &SecurityContextConstraints) -> i64 {
    let when = |yes: bool, points: i64| if yes { points } else { 0 };
    when(scc.allow_privileged_container, 1_600_000)
        + when(scc.allow_host_ports, 800_000)
        + when(scc.allow_host_network, 400_000)
        + volume_points(scc)
        + strategy_points(&scc.se_linux_context.kind)
        + strategy_points(&scc.run_as_user.kind)
        + capability_points(scc)
}

fn strategy_points(kind: &str) -> i64 {
    match kind {
        "RunAsAny" => 40_000,
        "MustRunAsNonRoot" => 30_000,
        "MustRunAsRange" => 20_000,
        "MustRunAs" => 10_000,
        _ => 0,
    }
}

fn volume_points(scc: &SecurityContextConstraints) -> i64 {
    const TRIVIAL: [&str; 6] = ["secret", "configMap", "emptyDir", "downwardAPI", "projected", "none"];
    let volumes = scc.volumes.as_deref().unwrap_or_default();
    if volumes.iter().any(|volume| volume == "hostPath" || volume == "*") {
        200_000
    } else if volumes.iter().any(|volume| !TRIVIAL.contains(&volume.as_str())) {
        100_000
    } else {
        0
    }
}

fn capability_points(scc: &SecurityContextConstraints) -> i64 {
    let count = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX / 1000);
    let has = |list: &[String], wanted: &str| list.iter().any(|name| name.to_uppercase() == wanted);
    let mut points = 5000 + 300 * count(&scc.default_add_capabilities);
    points += if has(&scc.allowed_capabilities, "*") || has(&scc.allowed_capabilities, "ALL") {
        4000
    } else {
        10 * count(&scc.allowed_capabilities)
    };
    points -=
        if has(&scc.required_drop_capabilities, "ALL") { 3000 } else { 50 * count(&scc.required_drop_capabilities) };
    points.clamp(0, 9999)
}
