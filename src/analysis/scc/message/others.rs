//! Refusals by Pod Security, quota, LimitRange, missing objects, policies and webhooks.

use std::collections::BTreeMap;

use super::Denial;

/// One thing that Pod Security forbids (k8s.io/pod-security-admission
/// `policy/checks.go` `ForbiddenDetail`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodSecurityViolation {
    /// For example `runAsNonRoot != true`.
    pub reason: String,
    /// Who is concerned and what is wanted; may be empty.
    pub detail: String,
}

/// A quota that is used up (k8s.io/apiserver
/// `pkg/admission/plugin/resourcequota/controller.go`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExceededQuota {
    /// The ResourceQuota.
    pub quota: String,
    /// What the pod asked for, by resource.
    pub requested: BTreeMap<String, String>,
    /// What is in use.
    pub used: BTreeMap<String, String>,
    /// What is allowed.
    pub limited: BTreeMap<String, String>,
}

/// A request or limit that a quota demands (kubernetes
/// `pkg/quota/v1/evaluator/core/pods.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRequest {
    /// For example `requests.cpu`.
    pub resource: String,
    /// Containers without it; empty when the text does not tell.
    pub containers: Vec<String>,
}

/// One sentence of LimitRange admission (kubernetes
/// `plugin/pkg/admission/limitranger/admission.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitViolation {
    /// `minimum`, `maximum` or `ratio`.
    pub bound: String,
    /// For example `cpu`.
    pub resource: String,
    /// `Container` or `Pod`.
    pub scope: String,
    /// The bound's value.
    pub limit: String,
    /// What the pod has: `request is 50m`, `No limit is specified`.
    pub actual: String,
}

pub(super) fn read(body: &str) -> Option<Denial> {
    pod_security(body)
        .or_else(|| quota(body))
        .or_else(|| policy(body))
        .or_else(|| webhook(body))
        .or_else(|| limit_range(body))
        .or_else(|| not_found(body))
}

fn pod_security(body: &str) -> Option<Denial> {
    let (_, rest) = body.split_once("violates PodSecurity \"")?;
    let (policy, rest) = rest.split_once("\": ")?;
    let (level, version) = policy.split_once(':').unwrap_or((policy, "latest"));
    let violations = top_level(rest)
        .into_iter()
        .map(|item| match item.split_once(" (") {
            Some((reason, detail)) => PodSecurityViolation {
                reason: reason.to_owned(),
                detail: detail.strip_suffix(')').unwrap_or(detail).to_owned(),
            },
            None => PodSecurityViolation { reason: item.to_owned(), detail: String::new() },
        })
        .collect();
    Some(Denial::PodSecurity { level: level.to_owned(), version: version.to_owned(), violations })
}

/// Splits at commas that stand outside of parentheses and quotes.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn quota(body: &str) -> Option<Denial> {
    if body.contains("exceeded quota: ") {
        return Some(Denial::QuotaExceeded(body.split("exceeded quota: ").skip(1).map(exceeded).collect()));
    }
    if let Some((_, rest)) = body.split_once("failed quota: ") {
        let (quota, rest) = rest.split_once(": must specify ").unwrap_or((first_name(rest), ""));
        let missing = rest.split("; ").filter(|part| !part.is_empty()).flat_map(missing_requests).collect();
        return Some(Denial::QuotaNeeds { quota: quota.to_owned(), missing });
    }
    if let Some((_, rest)) = body.split_once("status unknown for quota: ") {
        return Some(Denial::QuotaUnknown { quota: first_name(rest).to_owned() });
    }
    let (_, rest) = body.split_once("insufficient quota to ")?;
    Some(Denial::QuotaInsufficient(rest.to_owned()))
}

/// What is cut off of a long text is missing: the name comes first.
fn exceeded(text: &str) -> ExceededQuota {
    let (quota, rest) = text.split_once(", requested: ").unwrap_or((first_name(text), ""));
    let (requested, rest) = rest.split_once(", used: ").unwrap_or((rest, ""));
    let (used, limited) = rest.split_once(", limited: ").unwrap_or((rest, ""));
    ExceededQuota {
        quota: quota.to_owned(),
        requested: amounts(requested),
        used: amounts(used),
        limited: amounts(limited),
    }
}

/// The name at the start of a text.
fn first_name(text: &str) -> &str {
    text.split([',', ':', ' ']).next().unwrap_or_default()
}

fn amounts(text: &str) -> BTreeMap<String, String> {
    text.split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, amount)| (name.to_owned(), amount.trim_end_matches([']', ' ']).to_owned()))
        .collect()
}

/// `limits.cpu for: a,b`, or before 1.24 `limits.cpu,limits.memory`.
fn missing_requests(text: &str) -> Vec<MissingRequest> {
    match text.split_once(" for: ") {
        Some((resource, containers)) => vec![MissingRequest {
            resource: resource.trim().to_owned(),
            containers: containers.split(',').map(|name| name.trim().to_owned()).collect(),
        }],
        None => text
            .split(',')
            .map(|resource| MissingRequest { resource: resource.trim().to_owned(), containers: Vec::new() })
            .collect(),
    }
}

fn policy(body: &str) -> Option<Denial> {
    let (_, rest) = body.split_once("ValidatingAdmissionPolicy '")?;
    let (policy, rest) = rest.split_once('\'')?;
    let (head, message) = rest.split_once(" denied request: ").unwrap_or((rest, ""));
    let binding = head.strip_prefix(" with binding '").and_then(|rest| rest.strip_suffix('\'')).unwrap_or_default();
    Some(Denial::Policy { policy: policy.to_owned(), binding: binding.to_owned(), message: message.to_owned() })
}

fn webhook(body: &str) -> Option<Denial> {
    if let Some((_, rest)) = body.split_once("failed calling webhook \"") {
        let (webhook, error) = rest.split_once('"')?;
        let error = error.trim_start_matches(": ");
        return Some(Denial::WebhookFailed { webhook: webhook.to_owned(), error: error.to_owned() });
    }
    if let Some((_, rest)) = body.split_once("conversion webhook for ") {
        let (object, rest) = rest.split_once(", ").or_else(|| rest.split_once(' ')).unwrap_or((rest, ""));
        let error = rest.strip_prefix("failed: ").unwrap_or(rest);
        return Some(Denial::ConversionFailed { object: object.to_owned(), error: error.to_owned() });
    }
    let (_, rest) = body.split_once("admission webhook \"")?;
    let (webhook, rest) = rest.split_once('"')?;
    let message = rest.split_once("denied the request: ").map_or("", |(_, message)| message);
    Some(Denial::Webhook { webhook: webhook.to_owned(), message: message.to_owned() })
}

fn limit_range(body: &str) -> Option<Denial> {
    let inner = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(body);
    let starts = |text: &str| {
        text.starts_with("minimum ") || text.starts_with("maximum ") || text.split(' ').nth(1) == Some("max")
    };
    let (mut violations, mut rest) = (Vec::new(), inner);
    loop {
        let end = rest.match_indices(", ").map(|(at, _)| at).find(|at| starts(&rest[at + 2..])).unwrap_or(rest.len());
        violations.extend(limit_violation(&rest[..end]));
        match rest.get(end + 2..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    (!violations.is_empty()).then_some(Denial::LimitRange(violations))
}

fn limit_violation(text: &str) -> Option<LimitViolation> {
    let (bound, resource, rest) = if let Some((resource, rest)) = text.split_once(" max limit to request ratio per ") {
        ("ratio", resource, rest)
    } else {
        let (bound, rest) = text.split_once(' ').filter(|(bound, _)| matches!(*bound, "minimum" | "maximum"))?;
        let (resource, rest) = rest.split_once(" usage per ")?;
        (bound, resource, rest)
    };
    let (scope, rest) = rest.split_once(" is ")?;
    let (limit, actual) = rest.split_once(", but ").or_else(|| rest.split_once(".  "))?;
    Some(LimitViolation {
        bound: bound.to_owned(),
        resource: resource.to_owned(),
        scope: scope.to_owned(),
        limit: limit.to_owned(),
        actual: actual.to_owned(),
    })
}

fn not_found(body: &str) -> Option<Denial> {
    if let Some((_, rest)) = body.split_once("error looking up service account ") {
        let (account, _) = rest.split_once(": ")?;
        let (namespace, name) = account.split_once('/')?;
        return Some(Denial::ServiceAccountNotFound { namespace: namespace.to_owned(), name: name.to_owned() });
    }
    for mark in ["serviceaccount \"", "serviceaccounts \""] {
        if let Some((name, rest)) = body.split_once(mark).and_then(|(_, rest)| rest.split_once('"'))
            && rest.starts_with(" not found")
        {
            return Some(Denial::ServiceAccountNotFound { namespace: String::new(), name: name.to_owned() });
        }
    }
    if let Some((name, _)) =
        body.split_once("no PriorityClass with name ").and_then(|(_, rest)| rest.split_once(" was found"))
    {
        return Some(Denial::PriorityClassNotFound(name.to_owned()));
    }
    if let Some((name, rest)) = body.split_once("RuntimeClass \"").and_then(|(_, rest)| rest.split_once('"'))
        && rest.starts_with(" not found")
    {
        return Some(Denial::RuntimeClassNotFound(name.to_owned()));
    }
    let conflict = "pod tolerations (possibly merged with namespace default tolerations) conflict with its";
    body.contains(conflict).then_some(Denial::Tolerations)
}

#[cfg(test)]
mod tests {
    use super::super::{Denial, parse};

    #[test]
    fn quotas_are_read_with_their_amounts() {
        let Denial::QuotaExceeded(quotas) = parse(
            "pods \"a\" is forbidden: exceeded quota: t, requested: limits.cpu=50m,requests.memory=100Mi, used: limits.cpu=1,requests.memory=624Mi, limited: limits.cpu=1,requests.memory=640Mi",
        )
        .denial
        else {
            panic!("not read as a quota");
        };
        assert_eq!(quotas[0].requested["requests.memory"], "100Mi");
        assert_eq!(quotas[0].limited["limits.cpu"], "1");
        let Denial::QuotaNeeds { missing, .. } = parse(
            "pods \"a\" is forbidden: failed quota: t: must specify limits.cpu for: prepare,place-scripts; requests.memory for: prepare",
        )
        .denial
        else {
            panic!("not read as a quota");
        };
        assert_eq!(missing[0].containers, ["prepare", "place-scripts"]);
        assert_eq!(missing[1].resource, "requests.memory");
    }

    #[test]
    fn pod_security_details_keep_their_commas() {
        let Denial::PodSecurity { level, violations, .. } = parse(
            "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (containers \"a\", \"b\" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
        )
        .denial
        else {
            panic!("not read as Pod Security");
        };
        assert_eq!((level.as_str(), violations.len()), ("restricted", 2));
        assert_eq!(violations[1].reason, "runAsNonRoot != true");
        assert!(violations[0].detail.starts_with("containers \"a\", \"b\" must"));
    }

    #[test]
    fn limit_ranges_are_read_one_by_one() {
        let Denial::LimitRange(violations) = parse(
            "pods \"a\" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum memory usage per Pod is 1Gi.  No limit is specified, cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000]",
        )
        .denial
        else {
            panic!("not read as a LimitRange");
        };
        let read: Vec<String> = violations
            .iter()
            .map(|v| format!("{} {} {} {} | {}", v.bound, v.resource, v.scope, v.limit, v.actual))
            .collect();
        assert_eq!(
            read,
            [
                "minimum cpu Container 100m | request is 50m",
                "maximum memory Pod 1Gi | No limit is specified",
                "ratio cpu Container 2 | provided ratio is 4.000000"
            ]
        );
    }
}
