//! What only a person can do, as values.

use serde::Serialize;

/// What only a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "instruction")]
pub enum Instruction {
    /// Wait until these runs end.
    WaitForRuns {
        /// The runs, each with its node.
        runs: Vec<String>,
    },
    /// Meet a policy, or have an exception made.
    MeetPolicy {
        /// What is refused.
        subject: Refused,
        /// The policy's own words.
        words: String,
    },
    /// Let Tekton's controller create what it was refused.
    LetControllerCreate {
        /// The refusal's own words.
        words: String,
    },
    /// Have a webhook answer again that must be asked.
    RecoverWebhook {
        /// The webhook.
        webhook: String,
    },
    /// Correct the definition that Tekton's own validation refuses.
    CorrectDefinition {
        /// Tekton's own words.
        words: String,
    },
    /// Correct the run's pod template, of which its assistant's StatefulSet is made.
    CorrectPodTemplate {
        /// The API server's words.
        words: String,
    },
    /// Correct the reference to a task, pipeline or bundle, or what it takes to fetch it.
    CorrectReference {
        /// What the resolver or the API server says.
        words: String,
    },
    /// Have whoever put scheduling gates on the pods take them away.
    OpenGates {
        /// The gates.
        gates: Vec<String>,
    },
    /// Let the nodes reach a registry.
    ReachRegistry,
    /// Give an account credentials for a registry.
    PullSecret {
        /// The account.
        account: String,
    },
    /// Let the nodes trust a registry.
    TrustRegistry,
    /// Wait for the registry's rate limit.
    WaitForRegistry,
    /// Name an image that exists.
    CorrectImage,
    /// Write the image's name as registries take it.
    ValidImageName,
    /// Name the registry of the image.
    NameRegistry,
    /// Let the node pull the image.
    AllowPull,
    /// Make the image pullable.
    MakePullable,
    /// Bring a node back, or remove it.
    RecoverNode,
    /// Create a Secret or ConfigMap whose contents are not known here.
    CreateSource {
        /// `secret` or `configmap`, with the name.
        sources: Vec<String>,
    },
    /// Start Tekton's controller.
    StartController,
    /// Find out why Tekton's controller does not go on.
    InspectController,
    /// Ask for less in the steps of a task.
    AskForLess {
        /// The task.
        task: String,
        /// The field of the steps' securityContext.
        field: &'static str,
    },
    /// Let an account use an SCC that allows what a step asks for, or ask for less.
    GrantSomeScc {
        /// The account.
        account: String,
    },
    /// End something else that uses a quota.
    FreeQuota {
        /// The quota.
        quota: String,
    },
    /// Raise a quota whose numbers were not read.
    RaiseQuota {
        /// The quota.
        quota: String,
        /// The refusal's own words.
        words: String,
    },
    /// Ask for what a LimitRange allows, or change it.
    FitLimitRange {
        /// The LimitRanges.
        ranges: Vec<String>,
    },
    /// Give containers default requests with a LimitRange.
    DefaultRequests,
    /// Set a flag to a value that Tekton knows.
    ValidFlag {
        /// The key.
        key: String,
        /// Values that it may have.
        values: Vec<&'static str>,
        /// Another key that has to be set for the value to be accepted.
        with: Option<(&'static str, &'static str)>,
    },
    /// Provide a storage class, or a volume.
    ProvideVolume {
        /// Other classes that exist.
        classes: Vec<String>,
    },
    /// End a pod that holds a port.
    EndPod {
        /// The pod.
        pod: String,
        /// What it holds.
        holds: String,
    },
    /// Ask for less than the task does now.
    RequestLess {
        /// The task.
        task: String,
    },
    /// Use a node that has room for the whole pipeline: none is known.
    FindNode,
    /// Give each workspace a claim of its own.
    SeparateClaims,
    /// Swap the order of the workspaces.
    SwapWorkspaces,
    /// Bind both workspaces to one claim with different sub-paths.
    OneClaim,
    /// Give a step more memory.
    MoreMemory {
        /// The task.
        task: String,
        /// The step.
        step: String,
        /// Its limit today.
        limit: Option<String>,
    },
    /// Give a container of Tekton's own more memory, in config-defaults.
    MoreMemoryForTekton {
        /// The container.
        container: String,
        /// Its limit today.
        limit: Option<String>,
    },
    /// Use an image that is built for the node's architecture.
    ImageForArchitecture,
    /// Correct what the queue does not admit, or ask its owner.
    AskQueue {
        /// What the queue says.
        words: String,
    },
    /// Find out why a container is not ready.
    InspectContainer {
        /// The container.
        container: String,
    },
    /// Let a step get at files on a volume.
    OpenFiles {
        /// How.
        how: String,
    },
}

impl Instruction {
    /// Whether it takes rights of an administrator.
    pub(super) fn is_administrators(&self) -> bool {
        matches!(
            self,
            Self::MeetPolicy { .. }
                | Self::LetControllerCreate { .. }
                | Self::RecoverWebhook { .. }
                | Self::ReachRegistry
                | Self::TrustRegistry
                | Self::RecoverNode
                | Self::StartController
                | Self::InspectController
                | Self::GrantSomeScc { .. }
                | Self::RaiseQuota { .. }
                | Self::FitLimitRange { .. }
                | Self::ValidFlag { .. }
                | Self::ProvideVolume { .. }
                | Self::MoreMemoryForTekton { .. }
        )
    }
}

/// What a policy refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Refused {
    /// The assistant's pod.
    Assistant,
    /// A TaskRun.
    TaskRun,
    /// A task's pod.
    TaskPod,
}
