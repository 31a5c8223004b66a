//! What the answer to each case has to say, and what it must not say.

use tekton_fix::finding::RunReport;

/// Words that a good answer has, and words that it must not have.
pub const WORDS: [(&str, &[&str], &[&str]); 23] = [
    (
        "01-claim-being-deleted",
        &[
            "is being deleted",
            "metadata.deletionTimestamp",
            "pvc-protection",
            "holds its claim",
            "new run makes a new one",
        ],
        &["does not exist in namespace"],
    ),
    (
        "02-step-killed-137",
        &["step train", "SIGKILL", "137", "report, upload", "never start", "512Mi", "who sent SIGKILL"],
        &["healthy", "goes on", "makes progress"],
    ),
    (
        "03-prepare-oom-running",
        &["pod has Failed", "init container prepare", "OOMKilled", "16Mi", "default-container-resource-requirements"],
        &["healthy", "goes on"],
    ),
    ("04-resolved-but-unnoticed", &["ResolutionRequest", "Succeeded", "not woken", "1.15.0"], &["does not answer"]),
    (
        "05-taskrun-denied",
        &["Tekton's own validation", "validation.webhook.pipeline.tekton.dev", "expected exactly one, got both"],
        &["does not answer"],
    ),
    (
        "07-exec-format-error",
        &["exec format error", "arm64", "nodeSelector kubernetes.io/arch", "multi-arch", "amd64"],
        &["not at fault"],
    ),
    (
        "08-limitrange-default-below-request",
        &["LimitRange mem-limit-range", "180Mi", "300Mi", "set a memory limit", "at most 2Gi"],
        &["ServiceAccount", "registry", "Maybe"],
    ),
    (
        "11-statefulset-webhook-eof",
        &["mutate.kyverno.svc-fail", "must be asked", "does not answer", "EOF", "broke off", "failurePolicy is Fail"],
        &["RBAC", "rights of the controller"],
    ),
    (
        "12-kueue-unknown-resource",
        &["Kueue queue pipelines-queue", "Workload", "unavailable in ClusterQueue", "spec.managedBy"],
        &["controller has not taken up", "whoever set it"],
    ),
    (
        "13-two-volumes-two-zones",
        &[
            "2 volumes",
            "cn-north-g",
            "cn-north-h",
            "Immediate",
            "WaitForFirstConsumer",
            "no assistant has a part in it",
        ],
        &["coschedule", "node selection"],
    ),
    (
        "16-git-clone-fresh-claim",
        &["65532", "/workspace/output/.git", "sets no fsGroup", "belongs to root"],
        &["most likely SELinux"],
    ),
    (
        "20-podsecurity-old-reason",
        &["Pod Security restricted", "namespace tekton-import", "set-security-context", "place-scripts"],
        &["Maybe", "missing"],
    ),
    ("21-pod-template-one-level-up", &["mkdir /workspace/source/.mvn", "sets no fsGroup"], &[]),
    ("02-limit-below-request", &["LimitRange team-defaults", "cpu", "200m", "256Mi", "500m", "512Mi"], &["Maybe"]),
    ("04-claim-being-deleted", &["claim models", "affinity-assistant", "anew"], &["cannot be told", "were not read"]),
    ("05-namespace-terminating", &["preview-417", "is being deleted", "chains.tekton.dev/pipelinerun"], &[]),
    ("09-two-volumes-two-zones", &["claim src is in worker-0", "claim cache is in worker-2"], &["node selection"]),
    ("10-assistants-claim-over-quota", &["requests.storage=20Gi", "affinity assistant's StatefulSet"], &["50m CPU"]),
    (
        "14-sidecar-never-ready",
        &["sidecar mockserver", "not been Ready", "no step", "no event Unhealthy"],
        &["makes progress"],
    ),
    ("21-gated-by-queue", &["queue.example.com/admission"], &["finds no node", "nvidia.com/gpu"]),
    ("24-controller-stopped", &["has not noticed", "no available pod"], &["just started"]),
    ("31-run-being-deleted", &["results.tekton.dev/pipelinerun", "was deleted"], &["just started"]),
    ("42-assistant-scaled-to-zero", &["scaled to 0", "spec.replicas"], &["cannot be told", "refuses it"]),
];

/// Everything that a report says, apart from repairs.
pub fn text(report: &RunReport) -> String {
    let mut lines = vec![report.headline.clone()];
    for finding in &report.findings {
        lines.push(finding.summary.clone());
        lines.extend(finding.chain.clone());
        lines.extend(finding.cannot_tell.clone());
        lines.extend(finding.evidence.iter().map(|item| format!("{} {} {}", item.object, item.field, item.value)));
    }
    lines.join("\n")
}

/// What a person says, apart from quotations.
pub fn own_words(report: &RunReport) -> String {
    let mut lines = vec![report.headline.clone()];
    for finding in &report.findings {
        lines.push(finding.summary.clone());
        lines.extend(finding.chain.clone());
    }
    lines.join("\n")
}
