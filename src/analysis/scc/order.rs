//! The order in which constraints are tried: priority, then restriction, then name
//! (util/sort/bypriority.go, byrestrictions.go).

use crate::model::access::SecurityContextConstraints;

/// Sorts as admission tries them.
pub(super) fn sort(sccs: &mut [&SecurityContextConstraints]) {
    sccs.sort_by(|a, b| {
        let priority = |scc: &SecurityContextConstraints| std::cmp::Reverse(scc.priority.unwrap_or(0));
        priority(a)
            .cmp(&priority(b))
            .then_with(|| points(a).cmp(&points(b)))
            .then_with(|| a.metadata.name.cmp(&b.metadata.name))
    });
}

/// The more a constraint allows, the more points.
fn points(scc: &SecurityContextConstraints) -> i64 {
    let flag = |on: bool, points: i64| if on { points } else { 0 };
    let strategy = |kind: &str| match kind {
        "RunAsAny" => 40_000,
        "MustRunAsNonRoot" => 30_000,
        "MustRunAsRange" => 20_000,
        _ => 10_000,
    };
    flag(scc.allow_privileged_container, 1_600_000)
        + flag(scc.allow_host_ports, 800_000)
        + flag(scc.allow_host_network, 400_000)
        + volume_points(scc)
        + strategy(&scc.se_linux_context.kind)
        + strategy(&scc.run_as_user.kind)
        + capability_points(scc)
}

fn volume_points(scc: &SecurityContextConstraints) -> i64 {
    const TRIVIAL: [&str; 6] = ["secret", "configMap", "emptyDir", "downwardAPI", "projected", "none"];
    let volumes = scc.volumes.as_deref().unwrap_or_default();
    let has = |name: &str| volumes.iter().any(|volume| volume == name);
    if scc.allow_host_dir_volume_plugin || has("hostPath") || has("*") {
        200_000
    } else if volumes.iter().any(|volume| !TRIVIAL.contains(&volume.as_str())) {
        100_000
    } else {
        0
    }
}

fn capability_points(scc: &SecurityContextConstraints) -> i64 {
    let count = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX);
    let all = |list: &[String]| list.iter().any(|name| name == "*" || name == "ALL");
    let mut points = 5000 + 300 * count(&scc.default_add_capabilities);
    points += if all(&scc.allowed_capabilities) { 4000 } else { 10 * count(&scc.allowed_capabilities) };
    points -= if all(&scc.required_drop_capabilities) { 3000 } else { 50 * count(&scc.required_drop_capabilities) };
    points.clamp(0, 9999)
}
