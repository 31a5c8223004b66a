//! Who a container's process is to the kernel.

use crate::analysis::scc::effective::of_container;
use crate::model::pod::{Container, Pod};

use super::label::Label;

/// A process, as far as files ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// User; `None` where the image decides.
    pub uid: Option<u32>,
    /// Primary group; 0 where neither pod nor image names one.
    pub gid: u32,
    /// Supplementary groups, the fsGroup included.
    pub groups: Vec<u32>,
    /// Whether mode bits hold it back at all (no `CAP_DAC_OVERRIDE`).
    pub overrides_modes: bool,
    /// Its SELinux level.
    pub label: Label,
}

impl Process {
    /// A process by its ids, bound by mode bits.
    pub fn new(uid: u32, gid: u32, groups: &[u32]) -> Self {
        Self { uid: Some(uid), gid, groups: groups.to_vec(), overrides_modes: false, label: Label::Random }
    }

    /// The process of a container of an admitted pod. Root keeps what the runtime gives
    /// by default (CRI-O `internal/config/capabilities`) unless it was dropped; others
    /// have no capability in effect.
    pub fn of(pod: &Pod, container: &Container) -> Self {
        let context = pod.spec.security_context.clone().unwrap_or_default();
        let own = of_container(&context, container);
        let id = |value: i64| u32::try_from(value).ok();
        let mut groups: Vec<u32> = context.supplemental_groups.iter().flatten().copied().filter_map(id).collect();
        groups.extend(context.fs_group.and_then(id));
        let capabilities = own.capabilities.unwrap_or_default();
        let names = |list: &[String], name: &str| list.iter().any(|own| own == name || own == "ALL");
        let kept = own.privileged == Some(true)
            || names(&capabilities.add, "DAC_OVERRIDE")
            || !names(&capabilities.drop, "DAC_OVERRIDE");
        let uid = own.run_as_user.and_then(id);
        Self {
            uid,
            gid: own.run_as_group.and_then(id).unwrap_or_default(),
            groups,
            overrides_modes: uid == Some(0) && kept,
            label: Label::of(own.se_linux_options.as_ref()),
        }
    }

    /// Whether it belongs to a group.
    pub fn is_in(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.uid {
            Some(uid) => write!(f, "uid {uid}")?,
            None => f.write_str("the image's user")?,
        }
        write!(f, ", gid {}", self.gid)?;
        if !self.groups.is_empty() {
            let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
            write!(f, ", groups {}", groups.join(" "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(pod: serde_json::Value, container: serde_json::Value) -> Process {
        let pod: Pod = serde_json::from_value(json!({ "spec": { "securityContext": pod } })).unwrap();
        Process::of(&pod, &serde_json::from_value(json!({ "name": "c", "securityContext": container })).unwrap())
    }

    #[test]
    fn ids_come_from_the_container_then_the_pod() {
        let process = of(json!({ "runAsUser": 5, "fsGroup": 7, "supplementalGroups": [8] }), json!({ "runAsUser": 6 }));
        assert_eq!((process.uid, process.gid, process.groups.clone()), (Some(6), 0, vec![8, 7]));
        assert_eq!(process.to_string(), "uid 6, gid 0, groups 8 7");
    }

    #[test]
    fn only_root_that_kept_its_capabilities_ignores_modes() {
        assert!(of(json!({ "runAsUser": 0 }), json!({})).overrides_modes);
        assert!(!of(json!({ "runAsUser": 0 }), json!({ "capabilities": { "drop": ["ALL"] } })).overrides_modes);
        assert!(!of(json!({ "runAsUser": 1 }), json!({ "capabilities": { "add": ["DAC_OVERRIDE"] } })).overrides_modes);
        assert!(!of(json!({}), json!({})).overrides_modes);
    }
}
