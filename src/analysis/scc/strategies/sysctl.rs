//! Kernel parameters
//! (openshift/apiserver-library-go `sysctl/mustmatchpatterns.go`, a8019f39f).

use crate::analysis::scc::refusal::{Refusal, Refuser, go_quote};
use crate::model::access::SecurityContextConstraints;
use crate::model::pod_security::Sysctl;

const SAFE: [&str; 9] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];

/// Safe from OpenShift 4.21 on, on kernels from 4.15 on.
const NEWER_SAFE: [&str; 3] = ["net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

/// Judges the pod's kernel parameters.
pub(in crate::analysis::scc) fn validate(
    scc: &SecurityContextConstraints,
    refuser: &Refuser<'_>,
    sysctls: &[Sysctl],
) -> Vec<Refusal> {
    let root = if refuser.release.prints_spec_paths() { "" } else { "pod." };
    let safe =
        |name: &str| SAFE.contains(&name) || (refuser.release.allows_newer_sysctls() && NEWER_SAFE.contains(&name));
    sysctls
        .iter()
        .enumerate()
        .filter_map(|(index, sysctl)| {
            let name = sysctl.name.as_str();
            let unsafe_word = if matches(&scc.forbidden_sysctls, name) {
                ""
            } else if safe(name) || matches(&scc.allowed_unsafe_sysctls, name) {
                return None;
            } else {
                "unsafe "
            };
            let detail = format!("{unsafe_word}sysctl {} is not allowed", go_quote(name));
            Some(refuser.forbidden(format!("{root}spec.securityContext.sysctls[{index}]"), detail))
        })
        .collect()
}

/// Whether a name is listed, or begins with what stands before a `*`.
fn matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    })
}
