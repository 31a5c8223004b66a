//! The plugin's two passes.
//!
//! Mirrors openshift/apiserver-library-go `sccadmission/admission.go` (a8019f39f) and
//! the run-level exception of openshift/kubernetes
//! `openshift-kube-apiserver/admission/namespaceconditions`.

use std::collections::BTreeMap;

use crate::model::access::SecurityContextConstraints;
use crate::model::pod::Pod;
use crate::model::{Cluster, Kind, Reading};

use super::candidates::{Candidates, Usability, pod_service_account};
use super::defaults::with_api_defaults;
use super::order::by_priority;
use super::provider::Provider;
use super::ranges;
use super::refusal::{Refusal, Refuser, aggregate, go_quote};
use super::request::{AdmissionRequest, Operation};
use super::verdict::{Answer, Phase, SubjectType, Verdict};

/// Names the SCC that took a pod.
pub const VALIDATED: &str = "openshift.io/scc";
/// Names the one SCC that a pod wants to be judged by.
pub const REQUIRED: &str = "openshift.io/required-scc";
/// Tells whose right to use the SCC counted.
pub const SUBJECT_TYPE: &str = "security.openshift.io/validated-scc-subject-type";

/// Judges a pod as the API server does when no webhook changes it: both passes.
pub fn admit(cluster: &Cluster, request: &AdmissionRequest<'_>) -> Verdict {
    let first = admit_only(cluster, request);
    let (Answer::Yes, None, Some(pod)) = (&first.admitted, first.ignored, &first.pod) else {
        return first;
    };
    let second = validate(cluster, &AdmissionRequest { pod, ..request.clone() });
    match second.admitted {
        Answer::No => Verdict { scc: first.scc, subject_type: first.subject_type, pod: first.pod.clone(), ..second },
        _ => first,
    }
}

/// The first pass, which fills in values.
pub fn admit_only(cluster: &Cluster, request: &AdmissionRequest<'_>) -> Verdict {
    let pod = with_api_defaults(request.pod);
    let judge = match Judge::start(cluster, request, &pod) {
        Ok(judge) => judge,
        Err(verdict) => return *verdict,
    };
    let required = pod.metadata.annotation(REQUIRED).unwrap_or_default();
    if let Some(old) = request.old_pod
        && old.metadata.annotation(REQUIRED).unwrap_or_default() != required
    {
        let body = format!("invalid change of required security context constraint annotation: {REQUIRED}");
        return judge.refuse(Phase::Admit, body);
    }
    let mutation = match request.operation {
        Operation::Create => Mutation::Pod,
        Operation::Update => Mutation::None,
        Operation::UpdateEphemeralContainers => Mutation::EphemeralContainers,
    };
    let walked = match judge.walk(mutation, required, "") {
        Ok(walked) => walked,
        Err(stopped) => return judge.stop(Phase::Admit, stopped),
    };
    let Some(allowed) = walked.allowed else {
        let list = aggregate(walked.refusals.iter().map(|refusal| refusal.text.as_str()));
        return judge.refuse_all(Phase::Admit, walked, &list);
    };
    let mut stored = allowed.pod;
    stored.metadata.annotations.insert(VALIDATED.to_owned(), allowed.scc.clone());
    stored.metadata.annotations.insert(SUBJECT_TYPE.to_owned(), allowed.subject_type.as_str().to_owned());
    Verdict {
        scc: Some(allowed.scc),
        subject_type: Some(allowed.subject_type),
        maybe_instead: walked.maybe,
        usable: judge.usable,
        pod: Some(stored),
        refusals: walked.refusals,
        ..Verdict::blank()
    }
}

/// The second pass, on the pod as webhooks left it; it fills in nothing.
pub fn validate(cluster: &Cluster, request: &AdmissionRequest<'_>) -> Verdict {
    let pod = with_api_defaults(request.pod);
    let judge = match Judge::start(cluster, request, &pod) {
        Ok(judge) => judge,
        Err(verdict) => return *verdict,
    };
    let required = pod.metadata.annotation(REQUIRED).unwrap_or_default();
    let hint = pod.metadata.annotation(VALIDATED).unwrap_or_default();
    if !required.is_empty() && required != hint {
        return judge
            .refuse(Phase::Validate, format!("required scc/{required} does not match the suggested scc/{hint}"));
    }
    let walked = match judge.walk(Mutation::None, required, hint) {
        Ok(walked) => walked,
        Err(stopped) => return judge.stop(Phase::Validate, stopped),
    };
    match walked.allowed {
        Some(allowed) => Verdict {
            scc: Some(allowed.scc),
            subject_type: Some(allowed.subject_type),
            maybe_instead: walked.maybe,
            usable: judge.usable,
            pod: Some(pod.clone()),
            refusals: walked.refusals,
            ..Verdict::blank()
        },
        None => {
            // This pass prints the Go slice: blanks between, nothing left out.
            let texts: Vec<&str> = walked.refusals.iter().map(|refusal| refusal.text.as_str()).collect();
            let list = format!("[{}]", texts.join(" "));
            judge.refuse_all(Phase::Validate, walked, &list)
        }
    }
}

/// What one SCC says of a pod, whether or not it comes to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered {
    /// The SCC.
    pub scc: String,
    /// Who may use it.
    pub usability: Usability,
    /// Its reasons; empty when it takes the pod.
    pub refusals: Vec<Refusal>,
    /// The pod as it would be stored, when the SCC takes it.
    pub pod: Option<Pod>,
}

/// Asks every SCC, in the order of the first pass; none where the plugin does not get
/// that far.
pub fn each(cluster: &Cluster, request: &AdmissionRequest<'_>) -> Vec<Considered> {
    let pod = with_api_defaults(request.pod);
    let Ok(judge) = Judge::start(cluster, request, &pod) else { return Vec::new() };
    let required = pod.metadata.annotation(REQUIRED).unwrap_or_default();
    let Ok(sccs) = judge.ordered(required, "") else { return Vec::new() };
    let Ok(providers) = judge.providers(&sccs) else { return Vec::new() };
    let considered = providers.iter().map(|provider| {
        let (filled, refusals) = provider.assign(&pod, request.release);
        let usability = judge.usable[provider.name()].clone();
        let pod = refusals.is_empty().then_some(filled);
        Considered { scc: provider.name().to_owned(), usability, refusals, pod }
    });
    considered.collect()
}

/// What may be filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mutation {
    Pod,
    EphemeralContainers,
    None,
}

/// Why the walk did not take place.
enum Stopped {
    Refused(String),
    CannotTell(Vec<String>),
}

struct Allowed {
    scc: String,
    subject_type: SubjectType,
    pod: Pod,
}

struct Walked {
    allowed: Option<Allowed>,
    /// SCCs that take the pod, if rights that were not read allow their use.
    maybe: Vec<String>,
    missing: Vec<String>,
    refusals: Vec<Refusal>,
}

struct Judge<'a> {
    cluster: &'a Cluster,
    request: &'a AdmissionRequest<'a>,
    pod: &'a Pod,
    usable: BTreeMap<String, Usability>,
}

impl<'a> Judge<'a> {
    /// Leaves out what the plugin does not look at (`shouldSkipSCCEvaluation`).
    fn start(cluster: &'a Cluster, request: &'a AdmissionRequest<'a>, pod: &'a Pod) -> Result<Self, Box<Verdict>> {
        let ignored = |why| Box::new(Verdict { ignored: Some(why), pod: Some(pod.clone()), ..Verdict::blank() });
        let kind = Kind::SecurityContextConstraints;
        if *cluster.coverage.of(kind, "") == Reading::NotServed {
            return Err(ignored("the cluster has no SecurityContextConstraints"));
        }
        if pod.spec.os.as_ref().is_some_and(|os| os.name == "windows") {
            return Err(ignored("SCCs do not apply to Windows pods"));
        }
        if let Some(old) = request.old_pod
            && is_ignored_update(&with_api_defaults(old), pod, request)
        {
            return Err(ignored("the update changes nothing that SCCs look at"));
        }
        let run_level =
            cluster.namespace(&pod.metadata.namespace).and_then(|ns| ns.metadata.label("openshift.io/run-level"));
        if matches!(run_level, Some("0" | "1")) {
            return Err(ignored("namespaces of run level 0 and 1 are exempt"));
        }
        let namespace = &pod.metadata.namespace;
        let account = pod_service_account(namespace, &pod.spec.service_account_name);
        let candidates = Candidates::of(cluster, namespace, account.as_ref(), request.creator);
        let usable = cluster.sccs.iter().map(|scc| (scc.metadata.name.clone(), candidates.usability(scc))).collect();
        Ok(Self { cluster, request, pod, usable })
    }

    /// `computeSecurityContext`.
    fn walk(&self, mutation: Mutation, required: &str, hint: &str) -> Result<Walked, Stopped> {
        let release = self.request.release;
        self.require_standard()?;
        let sccs = self.ordered(required, hint)?;
        let providers = self.providers(&sccs)?;
        let mut walked = Walked { allowed: None, maybe: Vec::new(), missing: Vec::new(), refusals: Vec::new() };
        let mut restricted_denied = false;
        for provider in &providers {
            let usability = &self.usable[provider.name()];
            let (subject_type, unknown) = (usability.subject_type(), usability.unknown().map(str::to_owned));
            if subject_type.is_none() && unknown.is_none() {
                restricted_denied |= provider.name() == "restricted";
                walked.refusals.push(Refuser { scc: provider.name(), release }.not_usable());
                continue;
            }
            let (filled, refusals) = provider.assign(self.pod, release);
            if !refusals.is_empty() {
                walked.refusals.extend(refusals);
                walked.missing.extend(unknown);
                continue;
            }
            if !self.mutation_allowed(mutation, &filled) {
                continue;
            }
            match subject_type {
                Some(subject_type) => {
                    let scc = provider.name().to_owned();
                    walked.allowed = Some(Allowed { scc, subject_type, pod: filled });
                    break;
                }
                None => {
                    walked.maybe.push(provider.name().to_owned());
                    walked.missing.extend(unknown);
                }
            }
        }
        let find = |name: &str| providers.iter().find(|provider| provider.name() == name);
        if walked.allowed.is_none() && restricted_denied && find("restricted-v2").is_some() {
            let takes = find("restricted").is_some_and(|restricted| restricted.assign(self.pod, release).1.is_empty());
            if takes {
                walked.refusals.push(Refuser { scc: "restricted", release }.forbidden(
                    "no access to scc/restricted",
                    "the pod fails to validate against the `restricted-v2` security context constraint, but would validate successfully against the `restricted` security context constraint",
                ));
            }
        }
        walked.missing.sort();
        walked.missing.dedup();
        Ok(walked)
    }

    fn mutation_allowed(&self, mutation: Mutation, filled: &Pod) -> bool {
        match mutation {
            Mutation::Pod => true,
            Mutation::None => filled == self.pod,
            Mutation::EphemeralContainers => {
                let mut filled = filled.clone();
                filled.spec.ephemeral_containers.clone_from(&self.pod.spec.ephemeral_containers);
                filled == *self.pod
            }
        }
    }

    /// `requireStandardSCCs`: without them nothing is admitted.
    fn require_standard(&self) -> Result<(), Stopped> {
        let kind = Kind::SecurityContextConstraints;
        if !self.cluster.coverage.proves_absence(kind, "") {
            return Err(Stopped::CannotTell(vec![kind.resource()]));
        }
        let missing: Vec<&str> = STANDARD
            .iter()
            .copied()
            .filter(|name| self.request.release.has_second_versions() || !name.ends_with("-v2"))
            .filter(|name| !self.cluster.sccs.iter().any(|scc| scc.metadata.name == *name))
            .collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Stopped::Refused(format!("{} cache is missing {}", kind.resource(), missing.join(", ")))),
        }
    }

    /// `listSortedSCCs`.
    fn ordered(&self, required: &str, hint: &str) -> Result<Vec<&'a SecurityContextConstraints>, Stopped> {
        let mut sccs: Vec<&SecurityContextConstraints> = self.cluster.sccs.iter().collect();
        if !required.is_empty() {
            sccs.retain(|scc| scc.metadata.name == required);
            if sccs.is_empty() {
                let name = go_quote(required);
                return Err(Stopped::Refused(format!(
                    "failed to retrieve the required SCC {name}: securitycontextconstraints.security.openshift.io {name} not found"
                )));
            }
        }
        sccs.sort_by(|a, b| by_priority(a, b));
        sccs.sort_by_key(|scc| hint.is_empty() || scc.metadata.name != hint);
        Ok(sccs)
    }

    /// `CreateProvidersFromConstraints`: one SCC that cannot be set up refuses all.
    fn providers(&self, sccs: &[&'a SecurityContextConstraints]) -> Result<Vec<Provider<'a>>, Stopped> {
        let name = &self.pod.metadata.namespace;
        let fetch = |error: String| Stopped::Refused(format!("error fetching namespace {}: {error}", go_quote(name)));
        let Some(namespace) = self.cluster.namespace(name) else {
            return Err(if self.cluster.coverage.proves_absence(Kind::Namespace, name) {
                fetch(format!("namespace {} not found", go_quote(name)))
            } else {
                Stopped::CannotTell(vec![format!("namespace {name} with its annotations")])
            });
        };
        for key in [ranges::UID_RANGE, ranges::MCS] {
            if namespace.metadata.annotation(key).is_none() {
                return Err(fetch(format!("unable to find annotation {key}")));
            }
        }
        let (mut providers, mut errors) = (Vec::new(), Vec::new());
        for scc in sccs {
            match Provider::new(&namespace.metadata, scc) {
                Ok(provider) => providers.push(provider),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            return Ok(providers);
        }
        Err(Stopped::Refused(aggregate(errors.iter().map(String::as_str))))
    }

    /// `admission.NewForbidden`.
    fn message(&self, body: &str) -> String {
        let meta = &self.pod.metadata;
        let name = match (meta.name.as_str(), meta.generate_name.as_deref()) {
            ("", None | Some("")) => "Unknown",
            ("", Some(prefix)) => prefix,
            (name, _) => name,
        };
        format!("pods {} is forbidden: {body}", go_quote(name))
    }

    fn refuse(&self, phase: Phase, body: String) -> Verdict {
        Verdict {
            admitted: Answer::No,
            denied_by: Some(phase),
            message: Some(self.message(&body)),
            usable: self.usable.clone(),
            ..Verdict::blank()
        }
    }

    fn stop(&self, phase: Phase, stopped: Stopped) -> Verdict {
        match stopped {
            Stopped::Refused(body) => self.refuse(phase, body),
            Stopped::CannotTell(missing) => {
                Verdict { admitted: Answer::CannotTell(missing), usable: self.usable.clone(), ..Verdict::blank() }
            }
        }
    }

    fn refuse_all(&self, phase: Phase, walked: Walked, list: &str) -> Verdict {
        let body = format!("unable to validate against any security context constraint: {list}");
        let answer = if walked.maybe.is_empty() { Answer::No } else { Answer::CannotTell(walked.missing.clone()) };
        Verdict {
            denied_by: (answer == Answer::No).then_some(phase),
            // With unread rights it is open which entries would say "not usable".
            message: walked.missing.is_empty().then(|| self.message(&body)),
            admitted: answer,
            maybe_instead: walked.maybe,
            usable: self.usable.clone(),
            refusals: walked.refusals,
            ..Verdict::blank()
        }
    }
}

const STANDARD: [&str; 10] = [
    "anyuid",
    "hostaccess",
    "hostmount-anyuid",
    "hostnetwork",
    "hostnetwork-v2",
    "nonroot",
    "nonroot-v2",
    "privileged",
    "restricted",
    "restricted-v2",
];

/// Updates that are let through unseen: the spec is the same, and only the network
/// plugin's annotation, owner references or finalizers differ (`shouldIgnoreMetaChanges`,
/// kubernetes `pkg/registry/rbac/helpers.go` `IsOnlyMutatingGCFields`).
fn is_ignored_update(old: &Pod, new: &Pod, request: &AdmissionRequest<'_>) -> bool {
    let mut spec = new.spec.clone();
    if request.release.ignores_scheduling_gates() {
        spec.scheduling_gates.clone_from(&old.spec.scheduling_gates);
    }
    if spec != old.spec {
        return false;
    }
    let judged = |pod: &Pod| {
        let mut meta = pod.metadata.clone();
        meta.annotations.remove("k8s.ovn.org/pod-networks");
        meta.owner_references.clear();
        meta.finalizers.clear();
        meta.resource_version.clear();
        meta
    };
    judged(old) == judged(new)
}
