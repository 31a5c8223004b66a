//! Pod Security: the levels `baseline` and `restricted` of a namespace.
//!
//! Mirrors kubernetes staging/src/k8s.io/pod-security-admission/policy/check_*.go
//! (v1.33). Windows rules are left out: Tekton's Linux pods meet none of them.

use crate::model::pod::{Container, Pod};
use crate::model::pod_security::{ContainerSecurityContext, PodSecurityContext, SeccompProfile};
use crate::model::volume::VolumeSource;
use crate::model::{Cluster, Kind};

use super::{Judgement, Plugin, Refusal};

/// Label that says which level is enforced.
pub const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Capabilities that `baseline` lets containers add.
const ADDABLE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Judges a pod by its namespace's label. Who creates it may be exempt; that stands
/// in the server's configuration, which nobody can read.
pub fn judge(cluster: &Cluster, pod: &Pod) -> Judgement {
    let mut judgement = Judgement::default();
    let name = &pod.metadata.namespace;
    let Some(namespace) = cluster.namespace(name) else {
        if !cluster.coverage.proves_absence(Kind::Namespace, "") {
            judgement.unread.push(format!("the labels of namespace {name}"));
        }
        return judgement;
    };
    let level = namespace.metadata.label(ENFORCE).unwrap_or("privileged");
    let of_namespace = namespace.metadata.label(ENFORCE_VERSION).and_then(minor);
    let minor = of_namespace.or_else(|| cluster.server_version.as_deref().and_then(minor));
    let broken = violations_at(pod, level, minor);
    if !broken.is_empty() {
        let text = format!("violates PodSecurity \"{level}:latest\": {}", broken.join(", "));
        judgement.refusals.push(Refusal { plugin: Plugin::PodSecurity, object: name.clone(), text });
    }
    judgement
}

/// Label with the version of the levels; without it, or with `latest`, the server's counts.
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";

/// The minor of `v1.29`.
fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Sysctls that `baseline` allows, each since a minor of Kubernetes (check_sysctls.go, 1.37).
const SYSCTLS: [(u32, &str); 14] = [
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

/// Sysctls of a pod that no minor up to this one allows; where the minor is not known, none at
/// all.
fn forbidden_sysctls(pod: &Pod, minor: Option<u32>) -> Vec<&str> {
    let context = pod.spec.security_context.iter();
    let names = context.flat_map(|context| &context.sysctls).map(|sysctl| sysctl.name.as_str());
    let is_allowed =
        |name: &str| SYSCTLS.iter().any(|(since, known)| *known == name && minor.is_none_or(|minor| minor >= *since));
    names.filter(|name| !is_allowed(name)).collect()
}

/// The rules of a level that a pod breaks.
pub fn violations(pod: &Pod, level: &str) -> Vec<String> {
    violations_at(pod, level, None)
}

fn violations_at(pod: &Pod, level: &str, minor: Option<u32>) -> Vec<String> {
    let baseline = |pod: &Pod| {
        let mut broken = baseline(pod);
        let sysctls = forbidden_sysctls(pod, minor);
        if !sysctls.is_empty() {
            broken.push(format!("forbidden sysctls ({})", sysctls.join(", ")));
        }
        broken
    };
    match level {
        "baseline" => baseline(pod),
        "restricted" => {
            let mut broken = baseline(pod);
            broken.extend(restricted(pod));
            broken
        }
        _ => Vec::new(),
    }
}

fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.init_containers.iter().chain(&pod.spec.containers)
}

/// Names of the containers for which a rule does not hold.
fn of(pod: &Pod, broken: impl Fn(&ContainerSecurityContext) -> bool) -> Option<String> {
    let none = ContainerSecurityContext::default();
    let names: Vec<String> = containers(pod)
        .filter(|container| broken(container.security_context.as_ref().unwrap_or(&none)))
        .map(|container| format!("\"{}\"", container.name))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn baseline(pod: &Pod) -> Vec<String> {
    let mut broken = Vec::new();
    let spec = &pod.spec;
    if spec.host_network || spec.host_pid || spec.host_ipc {
        broken.push("host namespaces".to_owned());
    }
    if spec
        .volumes
        .iter()
        .any(|volume| matches!(&volume.source, VolumeSource::Inline { kind, .. } if kind == "hostPath"))
    {
        broken.push("hostPath volumes".to_owned());
    }
    if containers(pod).any(|container| container.ports.iter().any(|port| port.host_port != 0)) {
        broken.push("hostPort".to_owned());
    }
    if let Some(names) = of(pod, |context| context.privileged == Some(true)) {
        broken.push(format!("privileged (containers {names})"));
    }
    let adds = |context: &ContainerSecurityContext| {
        let added = context.capabilities.iter().flat_map(|capabilities| &capabilities.add);
        added.into_iter().any(|name| !ADDABLE.contains(&name.as_str()))
    };
    if let Some(names) = of(pod, adds) {
        broken.push(format!("non-default capabilities (containers {names})"));
    }
    if let Some(names) = of(pod, |context| context.proc_mount.as_deref().is_some_and(|mount| mount != "Default")) {
        broken.push(format!("procMount (containers {names})"));
    }
    let unconfined = |profile: Option<&SeccompProfile>| profile.is_some_and(|profile| profile.kind == "Unconfined");
    let pod_level = pod.spec.security_context.as_ref();
    if unconfined(pod_level.and_then(|context| context.seccomp_profile.as_ref()))
        || of(pod, |context| unconfined(context.seccomp_profile.as_ref())).is_some()
    {
        broken.push("seccompProfile".to_owned());
    }
    broken
}

fn restricted(pod: &Pod) -> Vec<String> {
    let mut broken = Vec::new();
    let none = PodSecurityContext::default();
    let pod_level = pod.spec.security_context.as_ref().unwrap_or(&none);
    if let Some(names) = of(pod, |context| context.allow_privilege_escalation != Some(false)) {
        broken.push(format!("allowPrivilegeEscalation != false (containers {names} must set securityContext.allowPrivilegeEscalation=false)"));
    }
    let keeps = |context: &ContainerSecurityContext| {
        context.capabilities.as_ref().is_none_or(|capabilities| {
            !capabilities.drop.iter().any(|name| name == "ALL")
                || capabilities.add.iter().any(|name| name != "NET_BIND_SERVICE")
        })
    };
    if let Some(names) = of(pod, keeps) {
        broken.push(format!(
            "unrestricted capabilities (containers {names} must set securityContext.capabilities.drop=[\"ALL\"])"
        ));
    }
    let may_be_root =
        |context: &ContainerSecurityContext| context.run_as_non_root.or(pod_level.run_as_non_root) != Some(true);
    if of(pod, may_be_root).is_some() {
        broken.push("runAsNonRoot != true".to_owned());
    }
    let is_root = pod_level.run_as_user == Some(0) || of(pod, |context| context.run_as_user == Some(0)).is_some();
    if is_root {
        broken.push("runAsUser=0".to_owned());
    }
    let unset = |context: &ContainerSecurityContext| {
        let profile = context.seccomp_profile.as_ref().or(pod_level.seccomp_profile.as_ref());
        profile.is_none_or(|profile| !matches!(profile.kind.as_str(), "RuntimeDefault" | "Localhost"))
    };
    if of(pod, unset).is_some() {
        broken.push(
            "seccompProfile (must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
                .to_owned(),
        );
    }
    let other = pod.spec.volumes.iter().any(|volume| match &volume.source {
        VolumeSource::Inline { kind, .. } => kind != "csi" && kind != "hostPath",
        VolumeSource::Other(kind) => !matches!(kind.as_str(), "emptyDir" | "downwardAPI" | "image"),
        _ => false,
    });
    if other {
        broken.push("restricted volume types".to_owned());
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bare_container_breaks_restricted_and_not_baseline() {
        let bare: Pod = serde_json::from_value(json!({ "spec": { "containers": [{ "name": "a" }] } })).unwrap();
        assert!(violations(&bare, "baseline").is_empty());
        assert_eq!(violations(&bare, "restricted").len(), 4);
        let good: Pod = serde_json::from_value(json!({ "spec": { "containers": [{ "name": "a", "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "runAsNonRoot": true,
            "seccompProfile": { "type": "RuntimeDefault" } } }] } }))
        .unwrap();
        assert!(violations(&good, "restricted").is_empty());
        let privileged: Pod = serde_json::from_value(
            json!({ "spec": { "containers": [{ "name": "a", "securityContext": { "privileged": true } }] } }),
        )
        .unwrap();
        assert_eq!(violations(&privileged, "baseline"), ["privileged (containers \"a\")"]);
        assert!(violations(&privileged, "privileged").is_empty());
    }

    #[test]
    fn sysctls_are_allowed_by_version() {
        let pod: Pod = serde_json::from_value(serde_json::json!({ "spec": { "securityContext": { "sysctls": [
            { "name": "net.ipv4.tcp_syncookies", "value": "1" }, { "name": "net.ipv4.tcp_rmem", "value": "1" },
            { "name": "net.ipv4.tcp_notsent_lowat", "value": "1" }, { "name": "net.core.somaxconn", "value": "1" }] } } }))
        .unwrap();
        let names = |minor| forbidden_sysctls(&pod, minor);
        assert_eq!(names(Some(31)), ["net.ipv4.tcp_rmem", "net.ipv4.tcp_notsent_lowat", "net.core.somaxconn"]);
        assert_eq!(names(Some(36)), ["net.ipv4.tcp_notsent_lowat", "net.core.somaxconn"]);
        assert_eq!((names(Some(37)), names(None)), (vec!["net.core.somaxconn"], vec!["net.core.somaxconn"]));
        assert_eq!(violations(&pod, "baseline"), ["forbidden sysctls (net.core.somaxconn)"]);
        assert_eq!((minor("v1.29"), minor("1.37.2+x"), minor("latest")), (Some(29), Some(37), None));
    }
}
