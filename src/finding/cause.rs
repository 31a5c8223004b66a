//! The causes that are known: one row each, and nothing about a cause is repeated elsewhere.

/// Where on its way a run is held up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// In the manifest, before anything was created.
    Manifest,
    /// The API server refuses a task's pod, a claim or a TaskRun.
    Admission,
    /// The affinity assistant is refused, missing or in the way.
    Assistant,
    /// No node takes a pod.
    Placement,
    /// A pod has a node and does not start.
    Start,
    /// Steps ran, or a controller has the run in hand.
    Run,
    /// The run was ended.
    End,
    /// Settings of Tekton, apart from any run.
    Settings,
    /// Something decisive was not read.
    Unread,
}

/// Whether a cause is met again by a new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Survival {
    /// The forecast judges it by rule, on the objects as they would be.
    Ruled,
    /// A new run does not meet it.
    Gone,
    /// A new run meets it again, unless a change lifts it.
    Stays,
    /// Whether a new run meets it again is not known.
    Open,
}

macro_rules! causes {
    ($($variant:ident: $code:literal $id:literal $stage:ident $survival:ident;)*) => {
        /// A cause, by its permanent code and id (docs/findings.md).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause {
            $(#[allow(missing_docs, reason = "docs/findings.md has a section for each")] $variant,)*
        }

        impl Cause {
            /// All causes, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Permanent code, `TKF101` for example.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Permanent id, `assistant-refused-by-scc` for example.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }

            /// Where on its way the run is held up.
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage),* }
            }

            /// Whether a new run meets the cause again.
            pub const fn survival(self) -> Survival {
                match self { $(Self::$variant => Survival::$survival),* }
            }
        }
    };
}

causes! {
    AssistantRefusedByScc: "TKF101" "assistant-refused-by-scc" Assistant Ruled;
    AssistantRefusedByPodSecurity: "TKF102" "assistant-refused-by-pod-security" Assistant Ruled;
    AssistantRefusedByPolicy: "TKF103" "assistant-refused-by-policy" Assistant Stays;
    AssistantQuota: "TKF104" "assistant-quota" Assistant Ruled;
    AssistantLimitrange: "TKF105" "assistant-limitrange" Assistant Ruled;
    AssistantServiceAccountMissing: "TKF106" "assistant-service-account-missing" Assistant Ruled;
    AssistantRefused: "TKF107" "assistant-refused" Assistant Stays;
    AssistantStatefulsetRefused: "TKF108" "assistant-statefulset-refused" Assistant Stays;
    AssistantMissingSharedClaim: "TKF111" "assistant-missing-shared-claim" Assistant Ruled;
    AssistantMissingFlagFlip: "TKF112" "assistant-missing-flag-flip" Assistant Gone;
    AssistantDeleted: "TKF113" "assistant-deleted" Assistant Gone;
    AssistantMissing: "TKF114" "assistant-missing" Assistant Gone;
    TwoClaimsInOneTask: "TKF115" "two-claims-in-one-task" Assistant Ruled;
    AssistantScaledToZero: "TKF116" "assistant-scaled-to-zero" Assistant Gone;
    AssistantPendingUntoleratedTaint: "TKF121" "assistant-pending-untolerated-taint" Assistant Ruled;
    AssistantPendingVolumeNodeAffinity: "TKF122" "assistant-pending-volume-node-affinity" Assistant Ruled;
    AssistantPendingVolumeLimit: "TKF123" "assistant-pending-volume-limit" Assistant Ruled;
    AntiAffinityIsolate: "TKF124" "anti-affinity-isolate" Assistant Ruled;
    AssistantPendingInsufficientResources: "TKF125" "assistant-pending-insufficient-resources" Assistant Ruled;
    AssistantPendingCordoned: "TKF126" "assistant-pending-cordoned" Assistant Ruled;
    AssistantPending: "TKF127" "assistant-pending" Assistant Open;
    AssistantNodeFull: "TKF130" "assistant-node-full" Assistant Ruled;
    AssistantNodeCordoned: "TKF131" "assistant-node-cordoned" Assistant Ruled;
    AssistantContradictsTaskPlacement: "TKF132" "assistant-contradicts-task-placement" Assistant Ruled;
    RwopInUse: "TKF133" "rwop-in-use" Assistant Ruled;
    AntiAffinityAgainstAssistant: "TKF134" "anti-affinity-against-assistant" Assistant Ruled;
    IsolateAffinityAliasing: "TKF135" "isolate-affinity-aliasing" Assistant Ruled;
    TopologySpread: "TKF136" "topology-spread" Assistant Ruled;
    UntoleratedTaint: "TKF201" "untolerated-taint" Placement Ruled;
    NodeSelectorMismatch: "TKF202" "node-selector-mismatch" Placement Ruled;
    InsufficientResources: "TKF203" "insufficient-resources" Placement Ruled;
    VolumeNodeAffinity: "TKF204" "volume-node-affinity" Placement Ruled;
    NodeNotReady: "TKF205" "node-not-ready" Placement Ruled;
    HostportConflict: "TKF206" "hostport-conflict" Placement Ruled;
    VolumeLimit: "TKF207" "volume-limit" Placement Ruled;
    AntiAffinity: "TKF208" "anti-affinity" Placement Ruled;
    PodAffinity: "TKF209" "pod-affinity" Placement Ruled;
    NodesCordoned: "TKF210" "nodes-cordoned" Placement Ruled;
    Unschedulable: "TKF211" "unschedulable" Placement Open;
    NodeUnderPressure: "TKF212" "node-under-pressure" Placement Ruled;
    VolumesInDifferentZones: "TKF213" "volumes-in-different-zones" Placement Ruled;
    SchedulerNotRunning: "TKF220" "scheduler-not-running" Placement Stays;
    SchedulingGated: "TKF221" "scheduling-gated" Placement Stays;
    TaskPodRefusedByScc: "TKF301" "task-pod-refused-by-scc" Admission Ruled;
    TaskPodRefusedByPodSecurity: "TKF302" "task-pod-refused-by-pod-security" Admission Ruled;
    QuotaExceeded: "TKF303" "quota-exceeded" Admission Ruled;
    QuotaNeedsRequests: "TKF304" "quota-needs-requests" Admission Ruled;
    ServiceAccountMissing: "TKF305" "service-account-missing" Admission Ruled;
    TaskPodLimitrange: "TKF306" "task-pod-limitrange" Admission Ruled;
    PriorityClassMissing: "TKF307" "priority-class-missing" Admission Ruled;
    RuntimeClassMissing: "TKF308" "runtime-class-missing" Admission Ruled;
    TaskPodRefusedByPolicy: "TKF309" "task-pod-refused-by-policy" Admission Stays;
    TaskPodRefused: "TKF310" "task-pod-refused" Admission Stays;
    TaskRunRefused: "TKF311" "task-run-refused" Admission Stays;
    PvcUnbound: "TKF401" "pvc-unbound" Placement Ruled;
    PvcMissing: "TKF402" "pvc-missing" Placement Ruled;
    VolumeMultiAttach: "TKF403" "volume-multi-attach" Placement Ruled;
    VolumeSourceMissing: "TKF404" "volume-source-missing" Start Stays;
    ImagePull: "TKF405" "image-pull" Start Stays;
    ContainerNotCreated: "TKF406" "container-not-created" Start Stays;
    PodEvicted: "TKF407" "pod-evicted" Start Open;
    StepFailed: "TKF408" "step-failed" Run Stays;
    TaskFailed: "TKF409" "task-failed" Run Stays;
    WorkspacePermissionDenied: "TKF410" "workspace-permission-denied" Run Stays;
    PodNotStarted: "TKF411" "pod-not-started" Start Open;
    WorkspaceClaimRefused: "TKF412" "workspace-claim-refused" Admission Stays;
    VolumeNotMounted: "TKF413" "volume-not-mounted" Start Open;
    StepKilled: "TKF414" "step-killed" Run Stays;
    SidecarNotReady: "TKF415" "sidecar-not-ready" Run Stays;
    InitContainerFailed: "TKF416" "init-container-failed" Start Stays;
    PodLost: "TKF417" "pod-lost" Run Open;
    WrongArchitecture: "TKF418" "wrong-architecture" Run Stays;
    ClaimBeingDeleted: "TKF419" "claim-being-deleted" Placement Ruled;
    ImageWouldRunAsRoot: "TKF420" "image-would-run-as-root" Start Stays;
    VolumeFull: "TKF421" "volume-full" Run Stays;
    VolumeReadOnly: "TKF422" "volume-read-only" Run Stays;
    ClaimLost: "TKF423" "claim-lost" Placement Ruled;
    SelinuxLabelConflict: "TKF424" "selinux-label-conflict" Start Open;
    PendingBySpecStatus: "TKF501" "pending-by-spec-status" End Gone;
    CancelledByUser: "TKF502" "cancelled-by-user" End Gone;
    RunInvalid: "TKF503" "run-invalid" End Stays;
    TimeoutAfterAssistantRefusedByScc: "TKF504" "timeout-after-assistant-refused-by-scc" End Ruled;
    TimeoutHidTheReason: "TKF505" "timeout-hid-the-reason" End Gone;
    Timeout: "TKF506" "timeout" End Stays;
    ControllerNotRunning: "TKF510" "controller-not-running" Run Stays;
    ManagedByOtherController: "TKF511" "managed-by-other-controller" Run Open;
    CustomRunWaits: "TKF512" "custom-run-waits" Run Stays;
    ResolverNotAnswering: "TKF513" "resolver-not-answering" Run Stays;
    HeldByQueue: "TKF514" "held-by-queue" Run Stays;
    ResolverAnswerUnnoticed: "TKF515" "resolver-answer-unnoticed" Run Gone;
    RunBeingDeleted: "TKF516" "run-being-deleted" End Gone;
    NamespaceTerminating: "TKF517" "namespace-terminating" End Stays;
    ReferenceNotFetched: "TKF518" "reference-not-fetched" Run Stays;
    PodTemplateMisplaced: "TKF520" "pod-template-misplaced" Manifest Gone;
    FlagsMisreadLegacyKey: "TKF601" "flags-misread-legacy-key" Settings Gone;
    InvalidFlagValueIgnored: "TKF602" "invalid-flag-value-ignored" Settings Ruled;
    FlagInForce: "TKF603" "flag-in-force" Settings Gone;
    NewerThanKnown: "TKF604" "newer-than-known" Settings Gone;
    UpgradeChangesMeaning: "TKF605" "upgrade-changes-meaning" Settings Gone;
    OperatorSetsDeadKey: "TKF606" "operator-sets-dead-key" Settings Gone;
    FlagNotInForceYet: "TKF607" "flag-not-in-force-yet" Settings Gone;
    EditedConfigMap: "TKF608" "edited-config-map" Settings Gone;
    NextUpgrade: "TKF609" "next-upgrade" Settings Gone;
    EvidenceMissing: "TKF901" "evidence-missing" Unread Open;
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_ids_are_used_once() {
        let mut codes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        let mut ids: Vec<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        assert!(codes.is_sorted());
        codes.dedup();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((codes.len(), ids.len()), (Cause::ALL.len(), Cause::ALL.len()));
    }
}
