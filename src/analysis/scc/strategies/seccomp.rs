//! Seccomp profiles, in their field and in their old annotations
//! (openshift/apiserver-library-go `seccomp/strategy.go`, a8019f39f).

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::pod::{Container, Pod};
use crate::model::pod_security::SeccompProfile;

/// Annotation that stands for the pod's profile.
pub(in crate::analysis::scc) const POD_KEY: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// Annotation that stands for a container's profile, before its name.
pub(in crate::analysis::scc) const CONTAINER_KEY: &str = "container.seccomp.security.alpha.kubernetes.io/";

const RUNTIME: [&str; 2] = ["runtime/default", "docker/default"];

/// The profiles that an SCC allows.
#[derive(Debug, Clone)]
pub(in crate::analysis::scc) struct SeccompRule<'a> {
    allowed: Vec<&'a str>,
    any: bool,
}

impl<'a> SeccompRule<'a> {
    pub(in crate::analysis::scc) fn new(profiles: &'a [String]) -> Self {
        Self {
            allowed: profiles.iter().map(String::as_str).filter(|profile| *profile != "*").collect(),
            any: profiles.iter().any(|profile| profile == "*"),
        }
    }

    /// The profile that the pod has or gets, as the annotation writes it; empty for
    /// none.
    pub(in crate::analysis::scc) fn generate(&self, pod: &Pod) -> String {
        match (annotation(pod), pod_field(pod)) {
            (Some(profile), _) => profile.to_owned(),
            (None, Some(profile)) => as_annotation(profile),
            (None, None) => self.allowed.first().map(|first| (*first).to_owned()).unwrap_or_default(),
        }
    }

    pub(in crate::analysis::scc) fn validate_pod(&self, refuser: &Refuser<'_>, pod: &Pod) -> Option<Refusal> {
        let profile = match annotation(pod) {
            Some(profile) => profile.to_owned(),
            None => pod_field(pod).map(as_annotation).unwrap_or_default(),
        };
        self.validate(refuser, POD_KEY, &profile)
    }

    pub(in crate::analysis::scc) fn validate_container(
        &self,
        refuser: &Refuser<'_>,
        pod: &Pod,
        container: &Container,
    ) -> Option<Refusal> {
        let key = format!("{CONTAINER_KEY}{}", container.name);
        let own = container.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref());
        let profile = if let Some(profile) = own {
            as_annotation(profile)
        } else if let Some(profile) = pod.metadata.annotation(&key) {
            profile.to_owned()
        } else if let Some(profile) = pod_field(pod) {
            as_annotation(profile)
        } else {
            annotation(pod).unwrap_or_default().to_owned()
        };
        self.validate(refuser, &key, &profile)
    }

    fn validate(&self, refuser: &Refuser<'_>, key: &str, profile: &str) -> Option<Refusal> {
        if self.any || (self.allowed.is_empty() && profile.is_empty()) {
            return None;
        }
        let path = match refuser.release.prints_spec_paths() {
            true => format!("metadata.annotations[{key}]"),
            false => format!("pod.metadata.annotations[{key}]"),
        };
        if self.allowed.is_empty() {
            return Some(refuser.forbidden(path, "seccomp may not be set"));
        }
        let runtime = self.allowed.iter().any(|allowed| RUNTIME.contains(allowed));
        if self.allowed.contains(&profile) || (runtime && RUNTIME.contains(&profile)) {
            return None;
        }
        let valid = self.allowed.join(" ");
        Some(
            refuser.forbidden(path, format!("{profile} is not an allowed seccomp profile. Valid values are [{valid}]")),
        )
    }
}

fn annotation(pod: &Pod) -> Option<&str> {
    pod.metadata.annotation(POD_KEY).filter(|profile| !profile.is_empty())
}

fn pod_field(pod: &Pod) -> Option<&SeccompProfile> {
    pod.spec.security_context.as_ref()?.seccomp_profile.as_ref()
}

/// The profile as the annotation writes it (`seccompAnnotationForField`).
fn as_annotation(profile: &SeccompProfile) -> String {
    match (profile.kind.as_str(), &profile.localhost_profile) {
        ("Unconfined", _) => "unconfined".to_owned(),
        ("RuntimeDefault", _) => RUNTIME[0].to_owned(),
        ("Localhost", Some(file)) => format!("localhost/{file}"),
        _ => String::new(),
    }
}

/// The field for an annotation (`sccmatching/provider.go` `seccompFieldForAnnotation`).
pub(in crate::analysis::scc) fn as_field(annotation: &str) -> Option<SeccompProfile> {
    let of = |kind: &str, file: Option<String>| Some(SeccompProfile { kind: kind.to_owned(), localhost_profile: file });
    match annotation {
        "unconfined" => of("Unconfined", None),
        profile if RUNTIME.contains(&profile) => of("RuntimeDefault", None),
        profile => match profile.strip_prefix("localhost/") {
            Some(file) if !file.is_empty() => of("Localhost", Some(file.to_owned())),
            _ => None,
        },
    }
}
