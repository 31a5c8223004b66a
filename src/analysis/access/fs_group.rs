//! What the kubelet does to a volume for a pod's fsGroup, and whether it does it.

use crate::model::Cluster;
use crate::model::pod_security::PodSecurityContext;
use crate::model::volume::PersistentVolume;

use super::file::{Entry, EntryKind, SET_GID};

/// `fsGroupChangePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangePolicy {
    /// At every start of a pod.
    #[default]
    Always,
    /// Only where the volume's root does not look so already.
    OnRootMismatch,
}

impl ChangePolicy {
    /// Of a pod.
    pub fn of(context: &PodSecurityContext) -> Self {
        match context.fs_group_change_policy.as_deref() {
            Some("OnRootMismatch") => Self::OnRootMismatch,
            _ => Self::Always,
        }
    }
}

/// Whether the kubelet gives a volume to the pod's fsGroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// It does.
    Managed,
    /// It does not; the text says why.
    Unmanaged(String),
    /// What was not read.
    Unknown(String),
}

/// Judges a volume (kubernetes `pkg/volume/csi/csi_mounter.go` `supportsFSGroup`; the
/// in-tree plugins' `GetAttributes().Managed`).
pub fn ownership(cluster: &Cluster, volume: &PersistentVolume) -> Ownership {
    let spec = &volume.spec;
    let unmanaged = |why: &str| Ownership::Unmanaged(why.to_owned());
    if spec.nfs.is_some() {
        return unmanaged("an NFS volume keeps the server's owners; use supplementalGroups that the export knows");
    }
    if spec.host_path.is_some() {
        return unmanaged("a hostPath volume keeps the node's owners");
    }
    if spec.azure_file.is_some() {
        return unmanaged("Azure Files takes uid, gid and modes from mount options");
    }
    let Some(csi) = &spec.csi else { return Ownership::Managed };
    let driver = cluster.csi_drivers.iter().find(|driver| driver.metadata.name == csi.driver);
    if driver.is_none() && !cluster.coverage.proves_absence(crate::model::Kind::CsiDriver, "") {
        return Ownership::Unknown(format!("CSIDriver {}", csi.driver));
    }
    let policy = driver.and_then(|driver| driver.spec.fs_group_policy.as_deref()).unwrap_or("ReadWriteOnceWithFSType");
    match policy {
        "File" => Ownership::Managed,
        "None" => Ownership::Unmanaged(format!("CSIDriver {} has fsGroupPolicy None", csi.driver)),
        _ if csi.fs_type.is_empty() => {
            Ownership::Unmanaged(format!("CSIDriver {} manages ownership only of volumes with an fsType", csi.driver))
        }
        _ if !spec.access_modes.iter().any(|mode| mode == "ReadWriteOnce") => {
            Ownership::Unmanaged(format!("CSIDriver {} manages ownership only of ReadWriteOnce volumes", csi.driver))
        }
        _ => Ownership::Managed,
    }
}

/// Whether the volume's root already looks as the kubelet would make it
/// (`volume_linux.go` `requiresPermissionChange`).
fn matches(root: &Entry, group: u32) -> bool {
    root.gid == group && root.mode & 0o770 == 0o770 && root.mode & SET_GID != 0
}

/// Gives a tree to a group; the root comes first (`changeFilePermission`).
pub fn apply(tree: &mut [Entry], group: u32, policy: ChangePolicy) {
    if policy == ChangePolicy::OnRootMismatch && tree.first().is_some_and(|root| matches(root, group)) {
        return;
    }
    for entry in tree {
        entry.gid = group;
        entry.mode |= match entry.kind {
            EntryKind::Directory => 0o770 | SET_GID,
            EntryKind::File => 0o660,
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Kind, Origin, Reading};

    #[test]
    fn a_root_that_looks_right_keeps_new_files_as_they_are() {
        let mut tree = [Entry::fresh_root(), Entry::file(0, 0, 0o600)];
        apply(&mut tree, 7, ChangePolicy::OnRootMismatch);
        assert_eq!(tree, [Entry::directory(0, 7, 0o2775), Entry::file(0, 7, 0o660)]);
        tree[1] = Entry::file(0, 0, 0o600);
        apply(&mut tree, 7, ChangePolicy::OnRootMismatch);
        assert_eq!(tree[1], Entry::file(0, 0, 0o600));
        apply(&mut tree, 7, ChangePolicy::Always);
        assert_eq!(tree[1], Entry::file(0, 7, 0o660));
    }

    fn judged(driver: serde_json::Value, volume: serde_json::Value) -> Ownership {
        let mut cluster = Cluster::default();
        cluster.coverage.record(Kind::CsiDriver, "", Reading::Listed);
        let driver = json!({ "metadata": { "name": "d" }, "spec": driver });
        cluster.insert(Kind::CsiDriver, driver, Origin::Server(String::new())).unwrap();
        ownership(&cluster, &serde_json::from_value(json!({ "spec": volume })).unwrap())
    }

    #[test]
    fn the_driver_decides_whether_the_group_counts() {
        let block = json!({ "csi": { "driver": "d", "fsType": "ext4" }, "accessModes": ["ReadWriteOnce"] });
        let shared = json!({ "csi": { "driver": "d" }, "accessModes": ["ReadWriteMany"] });
        assert_eq!(judged(json!({ "fsGroupPolicy": "File" }), shared.clone()), Ownership::Managed);
        assert_eq!(judged(json!({}), block.clone()), Ownership::Managed);
        for (driver, volume) in
            [(json!({}), shared), (json!({ "fsGroupPolicy": "None" }), block), (json!({}), json!({ "nfs": {} }))]
        {
            assert!(matches!(judged(driver, volume), Ownership::Unmanaged(_)));
        }
    }
}
