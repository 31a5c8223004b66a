//! What is filled in before the plugin sees an object.

use std::collections::BTreeSet;

use crate::model::access::SecurityContextConstraints;
use crate::model::pod::{Pod, PodPlan};

/// An SCC as the API server stores it
/// (openshift/apiserver-library-go `sccdefaults/defaults.go`, a8019f39f).
pub fn set_scc_defaults(scc: &mut SecurityContextConstraints) {
    for strategy in [&mut scc.fs_group, &mut scc.supplemental_groups] {
        if strategy.kind.is_empty() {
            strategy.kind = "RunAsAny".to_owned();
        }
    }
    let mut volumes: BTreeSet<String> = match &scc.volumes {
        None => BTreeSet::from(["*".to_owned()]),
        Some(listed) if listed.is_empty() && scc.allow_host_dir_volume_plugin => {
            BTreeSet::from(["hostPath".to_owned()])
        }
        Some(listed) if listed.is_empty() => BTreeSet::from(["none".to_owned()]),
        Some(listed) => listed.iter().cloned().collect(),
    };
    if scc.allow_host_dir_volume_plugin {
        if !volumes.contains("*") {
            volumes.insert("hostPath".to_owned());
        }
    } else {
        volumes.remove("hostPath");
        if volumes.remove("*") {
            volumes.extend(VOLUME_TYPES.iter().filter(|kind| **kind != "hostPath").map(|kind| (*kind).to_owned()));
        }
    }
    scc.volumes = Some(volumes.into_iter().collect());
    scc.allow_privilege_escalation.get_or_insert(true);
}

/// Every volume type that an SCC can list (`util/util.go` `GetAllFSTypesAsSet`).
pub const VOLUME_TYPES: [&str; 30] = [
    "hostPath",
    "azureFile",
    "flocker",
    "flexVolume",
    "emptyDir",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephFS",
    "downwardAPI",
    "fc",
    "configMap",
    "vsphere",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "projected",
    "portworxVolume",
    "scaleIO",
    "storageOS",
    "csi",
    "ephemeral",
    "image",
];

/// A pod after API defaulting, as far as the plugin reads it
/// (kubernetes `pkg/apis/core/v1/defaults.go` `SetDefaults_PodSpec`, v1.33): with the
/// host's network every container port is a port of the host.
pub fn with_api_defaults(pod: &Pod) -> Pod {
    let mut pod = pod.clone();
    pod.spec.security_context.get_or_insert_default();
    if pod.spec.host_network {
        let spec: &mut PodPlan = &mut pod.spec;
        for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            for port in container.ports.iter_mut().filter(|port| port.host_port == 0) {
                port.host_port = port.container_port;
            }
        }
    }
    pod
}
