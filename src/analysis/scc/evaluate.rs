//! One constraint against one pod: what is unset is filled in, what is set is
//! checked (sccmatching/provider.go and the strategy packages).

use crate::model::access::{GroupStrategy, IdRange, SecurityContextConstraints};
use crate::model::pod::{Container, Pod};
use crate::model::pod_security::{PodSecurityContext, SeLinuxOptions};

use super::Refusal;
use super::ranges::Ranges;

/// Everything the constraint finds against the pod; empty when it admits it.
pub(super) fn evaluate(scc: &SecurityContextConstraints, pod: &Pod, ranges: &Ranges) -> Vec<Refusal> {
    let mut found = Found { scc: &scc.metadata.name, refusals: Vec::new() };
    let empty = PodSecurityContext::default();
    let context = pod.spec.security_context.as_ref().unwrap_or(&empty);
    groups(&mut found, scc, context, ranges);
    se_linux(&mut found, ".spec.securityContext.seLinuxOptions", scc, context.se_linux_options.as_ref(), ranges);
    seccomp(
        &mut found,
        ".spec.securityContext.seccompProfile",
        scc,
        context.seccomp_profile.as_ref().map(|p| p.kind.as_str()),
    );
    pod_wide(&mut found, scc, pod);
    volumes(&mut found, scc, pod);
    let lists = [
        (".initContainers", &pod.spec.init_containers),
        (".containers", &pod.spec.containers),
        (".ephemeralContainers", &pod.spec.ephemeral_containers),
    ];
    for (list, containers) in lists {
        for (index, one) in containers.iter().enumerate() {
            container(&mut found, &format!("{list}[{index}]"), scc, one, context, ranges);
        }
    }
    found.refusals
}

struct Found<'a> {
    scc: &'a str,
    refusals: Vec<Refusal>,
}

impl Found<'_> {
    fn add(&mut self, field: impl Into<String>, value: impl ToString, detail: impl Into<String>) {
        self.refusals.push(Refusal {
            scc: self.scc.to_owned(),
            field: field.into(),
            value: value.to_string(),
            detail: detail.into(),
        });
    }
}

/// The ranges of a group rule. `fsGroup` without ranges is exactly the start of the
/// namespace's first block (`getPreallocatedFSGroup`), supplemental groups are all
/// blocks.
fn allowed_groups(strategy: &GroupStrategy, ranges: &Ranges, is_fs_group: bool) -> Vec<IdRange> {
    if !strategy.ranges.is_empty() {
        return strategy.ranges.clone();
    }
    let blocks = ranges.groups.iter();
    if is_fs_group {
        blocks.take(1).map(|block| IdRange { min: block.start, max: block.start }).collect()
    } else {
        blocks.map(|block| IdRange { min: block.start, max: block.end }).collect()
    }
}

fn groups(found: &mut Found<'_>, scc: &SecurityContextConstraints, context: &PodSecurityContext, ranges: &Ranges) {
    let mut check = |strategy: &GroupStrategy, field: &str, groups: &[i64], is_fs_group: bool| {
        if strategy.kind != "MustRunAs" {
            return;
        }
        let allowed = allowed_groups(strategy, ranges, is_fs_group);
        for group in groups {
            if !allowed.iter().any(|range| (range.min..=range.max).contains(group)) {
                found.add(field, format!("{groups:?}"), format!("{group} is not an allowed group"));
            }
        }
    };
    // Unset groups are filled in from the ranges.
    let fs_group: Vec<i64> = context.fs_group.into_iter().collect();
    check(&scc.fs_group, ".spec.securityContext.fsGroup", &fs_group, true);
    let supplemental = context.supplemental_groups.clone().unwrap_or_default();
    check(&scc.supplemental_groups, ".spec.securityContext.supplementalGroups", &supplemental, false);
}

fn se_linux(
    found: &mut Found<'_>,
    field: &str,
    scc: &SecurityContextConstraints,
    options: Option<&SeLinuxOptions>,
    ranges: &Ranges,
) {
    let Some(options) = options.filter(|_| scc.se_linux_context.kind == "MustRunAs") else { return };
    let required = scc.se_linux_context.se_linux_options.clone().unwrap_or_default();
    let level = if required.level.is_empty() { ranges.mcs.clone() } else { required.level.clone() };
    for (name, value, wanted) in [
        ("level", &options.level, &level),
        ("role", &options.role, &required.role),
        ("type", &options.kind, &required.kind),
        ("user", &options.user, &required.user),
    ] {
        if value != wanted {
            found.add(format!("{field}.{name}"), format!("{value:?}"), format!("must be {wanted}"));
        }
    }
}

fn seccomp(found: &mut Found<'_>, field: &str, scc: &SecurityContextConstraints, profile: Option<&str>) {
    let Some(profile) = profile else { return };
    if scc.seccomp_profiles.is_empty() {
        return found.add(field, "", "seccomp may not be set");
    }
    let name = match profile {
        "RuntimeDefault" => "runtime/default",
        "Unconfined" => "unconfined",
        other => other,
    };
    if !scc
        .seccomp_profiles
        .iter()
        .any(|allowed| allowed == "*" || allowed == name || allowed.starts_with("localhost/") && name == "Localhost")
    {
        found.add(
            field,
            name,
            format!("{name} is not an allowed seccomp profile. Valid values are {:?}", scc.seccomp_profiles),
        );
    }
}

fn pod_wide(found: &mut Found<'_>, scc: &SecurityContextConstraints, pod: &Pod) {
    let spec = &pod.spec;
    for (asked, allowed, field, detail) in [
        (
            spec.host_network,
            scc.allow_host_network,
            ".spec.securityContext.hostNetwork",
            "Host network is not allowed to be used",
        ),
        (spec.host_pid, scc.allow_host_pid, ".spec.securityContext.hostPID", "Host PID is not allowed to be used"),
        (spec.host_ipc, scc.allow_host_ipc, ".spec.securityContext.hostIPC", "Host IPC is not allowed to be used"),
    ] {
        if asked && !allowed {
            found.add(field, asked, detail);
        }
    }
    if scc.user_namespace_level == "RequirePodLevel" && spec.host_users != Some(false) {
        let value = spec.host_users.map_or_else(|| "null".to_owned(), |value| value.to_string());
        found.add(".spec.securityContext.hostUsers", value, "Host Users must be set to false");
    }
}

fn volumes(found: &mut Found<'_>, scc: &SecurityContextConstraints, pod: &Pod) {
    let Some(allowed) = &scc.volumes else { return };
    if allowed.iter().any(|volume| volume == "*") {
        return;
    }
    for (index, volume) in pod.spec.volumes.iter().enumerate() {
        let kind = volume.source.field_name();
        let is_allowed = allowed.iter().any(|name| name == kind)
            || kind == "hostPath" && scc.allow_host_dir_volume_plugin
            // The projected volume of every ServiceAccount token counts as a secret.
            || kind == "projected" && allowed.iter().any(|name| name == "secret");
        if !is_allowed {
            found.add(
                format!(".spec.volumes[{index}]"),
                format!("{kind:?}"),
                format!("{kind} volumes are not allowed to be used"),
            );
        }
    }
}

fn container(
    found: &mut Found<'_>,
    path: &str,
    scc: &SecurityContextConstraints,
    container: &Container,
    pod: &PodSecurityContext,
    ranges: &Ranges,
) {
    let own = container.security_context.clone().unwrap_or_default();
    run_as_user(
        found,
        path,
        scc,
        own.run_as_user.or(pod.run_as_user),
        own.run_as_non_root.or(pod.run_as_non_root),
        ranges,
    );
    if let Some(options) = own.se_linux_options.as_ref() {
        se_linux(found, &format!("{path}.seLinuxOptions"), scc, Some(options), ranges);
    }
    seccomp(found, &format!("{path}.seccompProfile"), scc, own.seccomp_profile.as_ref().map(|p| p.kind.as_str()));
    if own.privileged == Some(true) && !scc.allow_privileged_container {
        found.add(format!("{path}.privileged"), true, "Privileged containers are not allowed");
    }
    if own.allow_privilege_escalation == Some(true) && scc.allow_privilege_escalation == Some(false) {
        found.add(
            format!("{path}.allowPrivilegeEscalation"),
            true,
            "Allowing privilege escalation for containers is not allowed",
        );
    }
    if own.read_only_root_filesystem == Some(false) && scc.read_only_root_filesystem {
        found.add(format!("{path}.readOnlyRootFilesystem"), false, "ReadOnlyRootFilesystem must be set to true");
    }
    capabilities(found, path, scc, &own.capabilities.unwrap_or_default().add);
    if !scc.allow_host_ports {
        for port in container.ports.iter().filter(|port| port.host_port > 0) {
            found.add(format!("{path}.hostPort"), port.host_port, "Host ports are not allowed to be used");
        }
    }
}

fn run_as_user(
    found: &mut Found<'_>,
    path: &str,
    scc: &SecurityContextConstraints,
    user: Option<i64>,
    non_root: Option<bool>,
    ranges: &Ranges,
) {
    let strategy = &scc.run_as_user;
    let field = format!("{path}.runAsUser");
    match (strategy.kind.as_str(), user) {
        ("MustRunAs", Some(user)) if strategy.uid.is_some_and(|uid| uid != user) => {
            found.add(field, user, format!("must be: {}", strategy.uid.unwrap_or_default()));
        }
        ("MustRunAsRange", Some(user)) => {
            let min = strategy.uid_range_min.unwrap_or(ranges.uid.start);
            let max = strategy.uid_range_max.unwrap_or(ranges.uid.end);
            if !(min..=max).contains(&user) {
                found.add(field, user, format!("must be in the ranges: [{min}, {max}]"));
            }
        }
        ("MustRunAsNonRoot", Some(0)) => found.add(field, 0, "running with the root UID is forbidden"),
        ("MustRunAsNonRoot", None) if non_root == Some(false) => {
            found.add(format!("{path}.runAsNonRoot"), false, "must be true");
        }
        _ => {}
    }
}

fn capabilities(found: &mut Found<'_>, path: &str, scc: &SecurityContextConstraints, added: &[String]) {
    if scc.allowed_capabilities.iter().any(|name| name == "*") {
        return;
    }
    for name in added {
        if !scc.allowed_capabilities.contains(name) && !scc.default_add_capabilities.contains(name) {
            found.add(format!("{path}.capabilities.add"), format!("{name:?}"), "capability may not be added");
        }
    }
}
