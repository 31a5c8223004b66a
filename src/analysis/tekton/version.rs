//! Versions of Tekton Pipelines, compared by number.

use std::fmt;

/// A release of tektoncd/pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TektonVersion {
    /// Major.
    pub major: u32,
    /// Minor.
    pub minor: u32,
    /// Patch.
    pub patch: u32,
}

impl TektonVersion {
    /// The newest release whose behaviour is known here; one of a newer minor is judged
    /// like it, and the output says so.
    pub const NEWEST_KNOWN: Self = Self::new(1, 16, 0);

    /// A version by its numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `v1.6.6`, `1.6.6` or `v1.6.0-rc1`. `devel` and revisions are no
    /// versions.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let core = text.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(|part| part.parse::<u32>().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = parts.next().flatten().unwrap_or(0);
        Some(Self { major, minor, patch })
    }

    /// Whether it is of a minor that came out after the newest known one: patches change no
    /// behaviour (v1.15.1 is v1.15.0 but for its dependencies).
    pub fn is_newer_than_known(self) -> bool {
        let known = Self::NEWEST_KNOWN;
        (self.major, self.minor) > (known.major, known.minor)
    }

    /// Whether `set-security-context` is on where the ConfigMap does not say: since 1.16.0
    /// (pull request 9589, pkg/apis/config/feature_flags.go `DefaultSetSecurityContext`).
    pub fn sets_security_context_by_default(self) -> bool {
        self >= Self::new(1, 16, 0)
    }

    /// Whether the key `disable-affinity-assistant` is read at all: it was removed
    /// in 1.0.0 (tektoncd/pipeline 5e3f6f850, pkg/apis/config/feature_flags.go).
    pub fn reads_disable_affinity_assistant(self) -> bool {
        self < Self::new(1, 0, 0)
    }

    /// Whether the key `coschedule` is read: since 0.51.0 (in 0.50 the other modes
    /// were not implemented).
    pub fn reads_coschedule(self) -> bool {
        self >= Self::new(0, 51, 0)
    }

    /// Whether a task's own pod template is merged into the run's rather than put in
    /// its place: since 0.47.3 and 0.50.0, not in 0.48 and 0.49 (846e6b1b9).
    pub fn merges_task_pod_templates(self) -> bool {
        self >= Self::new(0, 50, 0) || (self >= Self::new(0, 47, 3) && self < Self::new(0, 48, 0))
    }

    /// Whether `default-container-resource-requirements` is read: since 0.56.0.
    pub fn reads_container_resources(self) -> bool {
        self >= Self::new(0, 56, 0)
    }

    /// Whether the assistant's pod gets the run's priority class: since 0.65.0
    /// (5b63e54f3).
    pub fn assistant_has_priority_class(self) -> bool {
        self >= Self::new(0, 65, 0)
    }

    /// Whether the assistant's pod gets the run's pod securityContext: since 0.63.0
    /// (41cc39859, pkg/reconciler/pipelinerun/affinity_assistant.go).
    pub fn assistant_has_security_context(self) -> bool {
        self >= Self::new(0, 63, 0)
    }

    /// Whether the assistant's pod runs as the run's ServiceAccount: since 1.9.0
    /// (a4dc89527), never backported.
    pub fn assistant_has_service_account(self) -> bool {
        self >= Self::new(1, 9, 0)
    }

    /// Whether the API server prunes unknown fields of a run with a warning
    /// instead of Tekton's webhook refusing them: since 0.70.0 (c82e66769).
    pub fn prunes_unknown_fields(self) -> bool {
        self >= Self::new(0, 70, 0)
    }

    /// Whether variables of a pipeline must begin with a known prefix: since 1.14.0
    /// (b0feac468).
    pub fn checks_variable_prefixes(self) -> bool {
        self >= Self::new(1, 14, 0)
    }

    /// Whether a run is woken for certain once its remote task or pipeline has come:
    /// since 1.15.0 (pull request 10429).
    pub fn wakes_resolved_runs(self) -> bool {
        self >= Self::new(1, 15, 0)
    }

    /// Whether a timeout keeps the status before it: since 1.13.0 (d5a575b53).
    pub fn timeout_keeps_previous_status(self) -> bool {
        self >= Self::new(1, 13, 0)
    }
}

impl fmt::Display for TektonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_of_a_known_minor_are_known() {
        let newer = |text| TektonVersion::parse(text).unwrap().is_newer_than_known();
        assert!(!newer("1.15.1") && !newer("1.16.0") && !newer("1.16.7"));
        assert!(newer("1.17.0") && newer("2.0.0"));
    }

    #[test]
    fn versions_are_read_and_compared_by_number() {
        assert_eq!(TektonVersion::parse("v1.6.6"), Some(TektonVersion::new(1, 6, 6)));
        assert_eq!(TektonVersion::parse("1.15"), Some(TektonVersion::new(1, 15, 0)));
        assert_eq!(TektonVersion::parse("v0.70.0-rc1"), Some(TektonVersion::new(0, 70, 0)));
        assert!(TektonVersion::new(1, 15, 0) > TektonVersion::new(1, 9, 0));
        for text in ["devel", "4a2e1f9", "", "v1"] {
            assert_eq!(TektonVersion::parse(text), None, "{text}");
        }
    }
}
