//! The kinds that a cluster is read as.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident: $group:literal, $version:literal, $plural:literal, $kind:literal, $namespaced:literal;)*) => {
        /// A kind of object that verdicts read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// API group; empty for core.
            pub const fn group(self) -> &'static str {
                match self { $(Self::$variant => $group,)* }
            }

            /// Version that is read.
            pub const fn version(self) -> &'static str {
                match self { $(Self::$variant => $version,)* }
            }

            /// Resource name in URLs.
            pub const fn plural(self) -> &'static str {
                match self { $(Self::$variant => $plural,)* }
            }

            /// Kind as objects write it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $kind,)* }
            }

            /// Whether its objects live in namespaces.
            pub const fn is_namespaced(self) -> bool {
                match self { $(Self::$variant => $namespaced,)* }
            }
        }
    };
}

kinds! {
    /// PipelineRun.
    PipelineRun: "tekton.dev", "v1", "pipelineruns", "PipelineRun", true;
    /// TaskRun.
    TaskRun: "tekton.dev", "v1", "taskruns", "TaskRun", true;
    /// CustomRun: a task that another controller runs, an approval for example.
    CustomRun: "tekton.dev", "v1beta1", "customruns", "CustomRun", true;
    /// ResolutionRequest: a remote task or pipeline that a resolver fetches.
    ResolutionRequest: "resolution.tekton.dev", "v1beta1", "resolutionrequests", "ResolutionRequest", true;
    /// Workload of Kueue: what represents a run in a queue.
    QueueWorkload: "kueue.x-k8s.io", "v1beta1", "workloads", "Workload", true;
    /// Pipeline.
    Pipeline: "tekton.dev", "v1", "pipelines", "Pipeline", true;
    /// Task.
    Task: "tekton.dev", "v1", "tasks", "Task", true;
    /// OpenShift's configuration of the scheduler, `cluster` by name.
    SchedulerConfig: "config.openshift.io", "v1", "schedulers", "Scheduler", false;
    /// TektonConfig of the operator.
    TektonConfig: "operator.tekton.dev", "v1alpha1", "tektonconfigs", "TektonConfig", false;
    /// Pod.
    Pod: "", "v1", "pods", "Pod", true;
    /// StatefulSet.
    StatefulSet: "apps", "v1", "statefulsets", "StatefulSet", true;
    /// Deployment.
    Deployment: "apps", "v1", "deployments", "Deployment", true;
    /// Event.
    Event: "", "v1", "events", "Event", true;
    /// Node.
    Node: "", "v1", "nodes", "Node", false;
    /// Namespace.
    Namespace: "", "v1", "namespaces", "Namespace", false;
    /// ServiceAccount.
    ServiceAccount: "", "v1", "serviceaccounts", "ServiceAccount", true;
    /// ConfigMap.
    ConfigMap: "", "v1", "configmaps", "ConfigMap", true;
    /// LimitRange.
    LimitRange: "", "v1", "limitranges", "LimitRange", true;
    /// ResourceQuota.
    ResourceQuota: "", "v1", "resourcequotas", "ResourceQuota", true;
    /// PersistentVolumeClaim.
    Claim: "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true;
    /// PersistentVolume.
    PersistentVolume: "", "v1", "persistentvolumes", "PersistentVolume", false;
    /// StorageClass.
    StorageClass: "storage.k8s.io", "v1", "storageclasses", "StorageClass", false;
    /// CSINode.
    CsiNode: "storage.k8s.io", "v1", "csinodes", "CSINode", false;
    /// CSIDriver.
    CsiDriver: "storage.k8s.io", "v1", "csidrivers", "CSIDriver", false;
    /// VolumeAttachment.
    VolumeAttachment: "storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false;
    /// CSIStorageCapacity.
    CsiStorageCapacity: "storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity", true;
    /// DeviceClass of dynamic resource allocation.
    DeviceClass: "resource.k8s.io", "v1", "deviceclasses", "DeviceClass", false;
    /// PriorityClass.
    PriorityClass: "scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false;
    /// RuntimeClass.
    RuntimeClass: "node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false;
    /// Role.
    Role: "rbac.authorization.k8s.io", "v1", "roles", "Role", true;
    /// RoleBinding.
    RoleBinding: "rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true;
    /// ClusterRole.
    ClusterRole: "rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false;
    /// ClusterRoleBinding.
    ClusterRoleBinding: "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false;
    /// SecurityContextConstraints.
    SecurityContextConstraints: "security.openshift.io", "v1", "securitycontextconstraints", "SecurityContextConstraints", false;
}

impl Kind {
    /// The kind of an object by its `apiVersion` and `kind`. Versions of one group are
    /// one kind; `events.k8s.io` events are events.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let group = if group == "events.k8s.io" { "" } else { group };
        Self::ALL.iter().copied().find(|known| known.name() == kind && known.group() == group)
    }

    /// The kind by its place in an export: group folder (`core` for core) and plural.
    pub fn of_resource(group: &str, plural: &str) -> Option<Self> {
        let group = if group == "core" { "" } else { group };
        Self::ALL.iter().copied().find(|known| known.plural() == plural && known.group() == group)
    }

    /// Resource as RBAC and `kubectl get` name it, `statefulsets.apps` for example.
    pub fn resource(self) -> String {
        if self.group().is_empty() { self.plural().to_owned() } else { format!("{}.{}", self.plural(), self.group()) }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
