//! Texts of SCC admission that say why it could not judge at all. They lack the words
//! "security context constraint", so Tekton reports them as something else.

/// Why SCC admission could not judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SccProblem {
    /// The namespace or one of its annotations is missing.
    Namespace {
        /// The namespace.
        namespace: String,
        /// What is wrong.
        reason: String,
    },
    /// An annotation of the namespace cannot be read.
    Annotation {
        /// `uid`, `mcs` or `group`.
        kind: String,
        /// The namespace.
        namespace: String,
        /// The SCC that needs it.
        scc: String,
        /// What is wrong.
        reason: String,
    },
    /// An SCC is malformed.
    Malformed {
        /// The SCC.
        scc: String,
        /// The namespace.
        namespace: String,
        /// What is wrong.
        reason: String,
    },
    /// The SCC that the pod requires does not exist.
    RequiredNotFound(String),
    /// The pod's required SCC was changed after its creation.
    RequiredChanged,
    /// Something changed which SCC the pod is said to be validated by.
    RequiredMismatch {
        /// The required one.
        required: String,
        /// The one in `openshift.io/scc`.
        suggested: String,
    },
    /// Standard SCCs do not exist.
    StandardMissing(Vec<String>),
    /// The API server has not read the SCCs yet.
    NotReady,
}

/// Reads one or several problems, or nothing.
pub(super) fn read(body: &str) -> Option<Vec<SccProblem>> {
    let inner = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(inner) = inner.filter(|inner| starts(inner)) else {
        return read_one(body).map(|problem| vec![problem]);
    };
    let mut problems = Vec::new();
    let mut rest = inner;
    loop {
        let end = rest.match_indices(", ").map(|(at, _)| at).find(|at| starts(&rest[at + 2..])).unwrap_or(rest.len());
        problems.extend(read_one(&rest[..end]));
        match rest.get(end + 2..) {
            Some(next) => rest = next,
            None => return Some(problems),
        }
    }
}

const ANNOTATION: &str = "unable to find pre-allocated ";
const PROVIDER: &str = "error creating provider for SCC ";

fn starts(text: &str) -> bool {
    text.starts_with(ANNOTATION) || text.starts_with(PROVIDER)
}

fn read_one(text: &str) -> Option<SccProblem> {
    if let Some(rest) = text.strip_prefix(ANNOTATION) {
        let (kind, rest) = rest.split_once(" annotation for namespace ")?;
        let (namespace, rest) = rest.split_once(" while trying to configure SCC ")?;
        let (scc, reason) = rest.split_once(": ")?;
        return Some(SccProblem::Annotation {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            scc: scc.to_owned(),
            reason: reason.to_owned(),
        });
    }
    if let Some(rest) = text.strip_prefix(PROVIDER) {
        let (scc, rest) = rest.split_once(" in namespace ")?;
        let (namespace, reason) = rest.split_once(": ")?;
        let (scc, namespace, reason) = (scc.to_owned(), namespace.to_owned(), reason.to_owned());
        return Some(SccProblem::Malformed { scc, namespace, reason });
    }
    if let Some((namespace, reason)) =
        text.strip_prefix("error fetching namespace \"").and_then(|rest| rest.split_once("\": "))
    {
        return Some(SccProblem::Namespace { namespace: namespace.to_owned(), reason: reason.to_owned() });
    }
    if let Some((name, _)) =
        text.strip_prefix("failed to retrieve the required SCC \"").and_then(|rest| rest.split_once('"'))
    {
        return Some(SccProblem::RequiredNotFound(name.to_owned()));
    }
    if let Some((required, rest)) =
        text.strip_prefix("required scc/").and_then(|rest| rest.split_once(" does not match the suggested scc/"))
    {
        return Some(SccProblem::RequiredMismatch { required: required.to_owned(), suggested: rest.to_owned() });
    }
    if text.starts_with("invalid change of required security context constraint annotation") {
        return Some(SccProblem::RequiredChanged);
    }
    let cache = text.strip_prefix("securitycontextconstraints.security.openshift.io cache is ")?;
    match cache.strip_prefix("missing ") {
        Some(names) => Some(SccProblem::StandardMissing(names.split(", ").map(str::to_owned).collect())),
        None => Some(SccProblem::NotReady),
    }
}
