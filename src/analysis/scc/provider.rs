//! One SCC applied to a pod: it fills in what is unset, then judges everything.
//!
//! Mirrors openshift/apiserver-library-go `sccmatching/provider.go` and `matcher.go`
//! (a8019f39f).

use serde_json::Value;

use crate::model::access::SecurityContextConstraints;
use crate::model::meta::ObjectMeta;
use crate::model::pod::{Container, Pod};
use crate::model::pod_security::{ContainerSecurityContext, PodSecurityContext, SeLinuxOptions};

use super::ranges;
use super::refusal::{Refusal, Refuser};
use super::release::Release;
use super::strategies::group::GroupRule;
use super::strategies::seccomp::{self, SeccompRule};
use super::strategies::user::UserRule;
use super::strategies::{capabilities, selinux, sysctl, volumes};

/// An SCC with the namespace's values filled in.
pub(super) struct Provider<'a> {
    pub(super) scc: &'a SecurityContextConstraints,
    user: UserRule,
    se_linux: Option<SeLinuxOptions>,
    fs_group: GroupRule,
    supplemental_groups: GroupRule,
    seccomp: SeccompRule<'a>,
}

impl<'a> Provider<'a> {
    /// `CreateProviderFromConstraint`.
    ///
    /// # Errors
    /// With the plugin's words.
    pub(super) fn new(namespace: &ObjectMeta, scc: &'a SecurityContextConstraints) -> Result<Self, String> {
        let configure = |what: &str, error: String| {
            format!(
                "unable to find pre-allocated {what} annotation for namespace {} while trying to configure SCC {}: {error}",
                namespace.name, scc.metadata.name
            )
        };
        let mut user = scc.run_as_user.clone();
        if user.kind == "MustRunAsRange" && user.uid_range_min.is_none() && user.uid_range_max.is_none() {
            let range = ranges::user_ids(namespace).map_err(|error| configure("uid", error))?;
            (user.uid_range_min, user.uid_range_max) = (Some(range.min), Some(range.max));
        }
        let mut se_linux = None;
        if scc.se_linux_context.kind == "MustRunAs" {
            let mut options = scc.se_linux_context.se_linux_options.clone().unwrap_or_default();
            if options.level.is_empty() {
                options.level = ranges::level(namespace).map_err(|error| configure("mcs", error))?.to_owned();
            }
            se_linux = Some(options);
        }
        let mut fs_group = scc.fs_group.ranges.clone();
        if scc.fs_group.kind == "MustRunAs" && fs_group.is_empty() {
            fs_group = vec![ranges::fs_group(namespace).map_err(|error| configure("group", error))?];
        }
        let mut supplemental = scc.supplemental_groups.ranges.clone();
        if scc.supplemental_groups.kind == "MustRunAs" && supplemental.is_empty() {
            supplemental = ranges::groups(namespace).map_err(|error| configure("group", error))?;
        }
        let create = |error: String| {
            format!("error creating provider for SCC {} in namespace {}: {error}", scc.metadata.name, namespace.name)
        };
        let user = UserRule::new(&user).map_err(create)?;
        if !matches!(scc.se_linux_context.kind.as_str(), "MustRunAs" | "RunAsAny") {
            return Err(create(format!("Unrecognized SELinuxContext strategy type {}", scc.se_linux_context.kind)));
        }
        let group = |what: &str, kind: &str, ranges| match kind {
            "MustRunAs" => Ok(GroupRule::MustRunAs(ranges)),
            "RunAsAny" => Ok(GroupRule::Any),
            other => Err(create(format!("Unrecognized {what} strategy type {other}"))),
        };
        Ok(Self {
            scc,
            user,
            se_linux,
            fs_group: group("FSGroup", &scc.fs_group.kind, fs_group)?,
            supplemental_groups: group("SupplementalGroups", &scc.supplemental_groups.kind, supplemental)?,
            seccomp: SeccompRule::new(&scc.seccomp_profiles),
        })
    }

    pub(super) fn name(&self) -> &'a str {
        &self.scc.metadata.name
    }

    /// Fills in what is unset and judges the result (`AssignSecurityContext`).
    pub(super) fn assign(&self, pod: &Pod, release: Release) -> (Pod, Vec<Refusal>) {
        let refuser = Refuser { scc: self.name(), release };
        let root = format!("provider {}: ", self.name());
        let mut pod = pod.clone();
        self.fill_pod(&mut pod);
        let mut refusals = self.validate_pod(&refuser, &root, &pod);
        let counts = [pod.spec.init_containers.len(), pod.spec.containers.len(), pod.spec.ephemeral_containers.len()];
        for (list, (name, count)) in CONTAINER_LISTS.iter().zip(counts).enumerate() {
            for index in 0..count {
                let filled = self.fill_container(&pod, &container_list(&pod, list)[index]);
                container_list_mut(&mut pod, list)[index].security_context = filled;
                let path = format!("{root}.{name}[{index}]");
                refusals.extend(self.validate_container(&refuser, &path, &pod, &container_list(&pod, list)[index]));
            }
        }
        (pod, refusals)
    }

    /// `CreatePodSecurityContext`.
    fn fill_pod(&self, pod: &mut Pod) {
        let seccomp = self.seccomp.generate(pod);
        let context = pod.spec.security_context.get_or_insert_default();
        if context.supplemental_groups.is_none() {
            context.supplemental_groups = self.supplemental_groups.generate().map(|group| vec![group]);
        }
        if context.fs_group.is_none() {
            context.fs_group = self.fs_group.generate();
        }
        if context.se_linux_options.is_none() {
            context.se_linux_options.clone_from(&self.se_linux);
        }
        if !seccomp.is_empty() {
            context.seccomp_profile = seccomp::as_field(&seccomp);
            pod.metadata.annotations.insert(seccomp::POD_KEY.to_owned(), seccomp);
        }
    }

    /// `CreateContainerSecurityContext`. A container without a context keeps none when
    /// there is nothing to fill in.
    fn fill_container(&self, pod: &Pod, container: &Container) -> Option<ContainerSecurityContext> {
        let own = container.security_context.clone();
        let mut context = own.clone().unwrap_or_default();
        let before = context.clone();
        let pod_context = pod.spec.security_context.as_ref();
        let pod_uid = pod_context.and_then(|context| context.run_as_user);
        if context.run_as_user.or(pod_uid).is_none() {
            context.run_as_user = self.user.generate();
        }
        let pod_label = pod_context.and_then(|context| context.se_linux_options.as_ref());
        if context.se_linux_options.is_none() && pod_label.is_none() {
            context.se_linux_options.clone_from(&self.se_linux);
        }
        let pod_non_root = pod_context.and_then(|context| context.run_as_non_root);
        if context.run_as_non_root.or(pod_non_root).is_none() {
            let non_root = match context.run_as_user.or(pod_uid) {
                None => self.user == UserRule::NonRoot,
                Some(uid) => uid > 0,
            };
            context.run_as_non_root = non_root.then_some(true);
        }
        context.capabilities = capabilities::generate(self.scc, context.capabilities.as_ref());
        if self.scc.read_only_root_filesystem {
            context.read_only_root_filesystem.get_or_insert(true);
        }
        let key = format!("{}{}", seccomp::CONTAINER_KEY, container.name);
        if let Some(profile) = pod.metadata.annotation(&key) {
            context.seccomp_profile = seccomp::as_field(profile);
        }
        let privileged = context.privileged == Some(true);
        let sys_admin =
            context.capabilities.as_ref().is_some_and(|caps| caps.add.iter().any(|name| name == "CAP_SYS_ADMIN"));
        if context.allow_privilege_escalation.is_none() && !privileged && !sys_admin {
            context.allow_privilege_escalation = self.scc.default_allow_privilege_escalation;
        }
        if self.scc.allow_privilege_escalation == Some(false) {
            context.allow_privilege_escalation.get_or_insert(false);
        }
        if own.is_none() && context == before { None } else { Some(context) }
    }

    /// `ValidatePodSecurityContext`.
    fn validate_pod(&self, refuser: &Refuser<'_>, root: &str, pod: &Pod) -> Vec<Refusal> {
        let empty = PodSecurityContext::default();
        let context = pod.spec.security_context.as_ref().unwrap_or(&empty);
        let path = format!("{root}.spec.securityContext");
        let fs_groups: Vec<i64> = context.fs_group.into_iter().collect();
        let mut refusals = self.fs_group.validate(refuser, &format!("{path}.fsGroup"), &fs_groups);
        let supplemental = context.supplemental_groups.as_deref().unwrap_or_default();
        refusals.extend(self.supplemental_groups.validate(
            refuser,
            &format!("{path}.supplementalGroups"),
            supplemental,
        ));
        refusals.extend(self.seccomp.validate_pod(refuser, pod));
        if let Some(wanted) = &self.se_linux {
            let path = format!("{path}.seLinuxOptions");
            refusals.extend(selinux::validate(wanted, refuser, &path, context.se_linux_options.as_ref()));
        }
        let host = if refuser.release.prints_spec_paths() { format!("{root}.spec") } else { path };
        refusals.extend(self.host_network(refuser, &host, pod));
        refusals.extend(self.host_pid_and_ipc(refuser, &host, pod));
        if self.scc.user_namespace_level == "RequirePodLevel" && pod.spec.host_users != Some(false) {
            let value = pod.spec.host_users.map_or(Value::Null, Value::from);
            refusals.push(refuser.invalid(format!("{host}.hostUsers"), value, "Host Users must be set to false"));
        }
        refusals.extend(sysctl::validate(self.scc, refuser, &context.sysctls));
        refusals.extend(volumes::validate(self.scc, refuser, root, &pod.spec.volumes));
        refusals
    }

    /// `ValidateContainerSecurityContext`.
    fn validate_container(&self, refuser: &Refuser<'_>, path: &str, pod: &Pod, container: &Container) -> Vec<Refusal> {
        let (empty_pod, empty) = (PodSecurityContext::default(), ContainerSecurityContext::default());
        let pod_context = pod.spec.security_context.as_ref().unwrap_or(&empty_pod);
        let context = container.security_context.as_ref().unwrap_or(&empty);
        let non_root = context.run_as_non_root.or(pod_context.run_as_non_root);
        let uid = context.run_as_user.or(pod_context.run_as_user);
        let mut refusals: Vec<Refusal> = self.user.validate(refuser, path, non_root, uid).into_iter().collect();
        if let Some(wanted) = &self.se_linux {
            let label = context.se_linux_options.as_ref().or(pod_context.se_linux_options.as_ref());
            refusals.extend(selinux::validate(wanted, refuser, &format!("{path}.seLinuxOptions"), label));
        }
        refusals.extend(self.seccomp.validate_container(refuser, pod, container));
        if !self.scc.allow_privileged_container && context.privileged == Some(true) {
            let detail = "Privileged containers are not allowed";
            refusals.push(refuser.invalid(format!("{path}.privileged"), true, detail));
        }
        refusals.extend(capabilities::validate(self.scc, refuser, path, context.capabilities.as_ref()));
        refusals.extend(self.host_network(refuser, path, pod));
        if !self.scc.allow_host_ports {
            refusals.extend(host_ports(refuser, path, pod));
        }
        refusals.extend(self.host_pid_and_ipc(refuser, path, pod));
        if self.scc.read_only_root_filesystem {
            let field = format!("{path}.readOnlyRootFilesystem");
            match context.read_only_root_filesystem {
                Some(true) => {}
                Some(false) => {
                    refusals.push(refuser.invalid(field, false, "ReadOnlyRootFilesystem must be set to true"));
                }
                None => {
                    let detail = "ReadOnlyRootFilesystem may not be nil and must be set to true";
                    refusals.push(refuser.invalid(field, Value::Null, detail));
                }
            }
        }
        if self.scc.allow_privilege_escalation == Some(false) && context.allow_privilege_escalation != Some(false) {
            let value = context.allow_privilege_escalation.map_or(Value::Null, Value::from);
            let detail = "Allowing privilege escalation for containers is not allowed";
            refusals.push(refuser.invalid(format!("{path}.allowPrivilegeEscalation"), value, detail));
        }
        refusals
    }

    fn host_network(&self, refuser: &Refuser<'_>, path: &str, pod: &Pod) -> Option<Refusal> {
        (!self.scc.allow_host_network && pod.spec.host_network)
            .then(|| refuser.invalid(format!("{path}.hostNetwork"), true, "Host network is not allowed to be used"))
    }

    fn host_pid_and_ipc(&self, refuser: &Refuser<'_>, path: &str, pod: &Pod) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        if !self.scc.allow_host_pid && pod.spec.host_pid {
            refusals.push(refuser.invalid(format!("{path}.hostPID"), true, "Host PID is not allowed to be used"));
        }
        if !self.scc.allow_host_ipc && pod.spec.host_ipc {
            refusals.push(refuser.invalid(format!("{path}.hostIPC"), true, "Host IPC is not allowed to be used"));
        }
        refusals
    }
}

/// Upstream visits every container for every container, and prints both paths.
fn host_ports(refuser: &Refuser<'_>, path: &str, pod: &Pod) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (list, name) in CONTAINER_LISTS.iter().enumerate() {
        for (index, container) in container_list(pod, list).iter().enumerate() {
            for port in container.ports.iter().filter(|port| port.host_port > 0) {
                let field = format!("{path}.{name}[{index}].hostPort");
                refusals.push(refuser.invalid(field, port.host_port, "Host ports are not allowed to be used"));
            }
        }
    }
    refusals
}

/// In the order in which they are visited (kubernetes `pkg/apis/core/pods/helpers.go`
/// `VisitContainersWithPath`).
const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

fn container_list(pod: &Pod, list: usize) -> &[Container] {
    match list {
        0 => &pod.spec.init_containers,
        1 => &pod.spec.containers,
        _ => &pod.spec.ephemeral_containers,
    }
}

fn container_list_mut(pod: &mut Pod, list: usize) -> &mut [Container] {
    match list {
        0 => &mut pod.spec.init_containers,
        1 => &mut pod.spec.containers,
        _ => &mut pod.spec.ephemeral_containers,
    }
}
