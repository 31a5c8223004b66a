//! Three ways in which a webhook stops an object: it refuses, it is silent, or it is
//! Tekton's own and finds the object invalid. Each has its own words, for every kind of object.

use super::refused::RefusedBy;

/// What a webhook says about an object, as a summary and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The webhook or policy.
    pub by: String,
    /// One sentence, with `whom` in it.
    pub summary: String,
    /// Further sentences.
    pub links: Vec<String>,
}

/// Reads the API server's text about an object, `the StatefulSet` for example; `None`
/// where no webhook or policy has a part in it.
pub fn said(whom: &str, text: &str) -> Option<Said> {
    match RefusedBy::read(text) {
        RefusedBy::WebhookSilent(webhook) => Some(Said {
            by: webhook.clone(),
            summary: format!(
                "the admission webhook {webhook} must be asked about {whom} and does not answer: {}",
                silence(text)
            ),
            links: vec![
                format!("The API server's words: {}", after_wrappings(text)),
                format!(
                    "Its failurePolicy is Fail: until the service behind {webhook} answers again, the API server admits nothing that the webhook looks at."
                ),
            ],
        }),
        RefusedBy::Invalid(webhook) => Some(Said {
            by: webhook.clone(),
            summary: format!("Tekton's own validation refuses {whom}: {}", reason(text)),
            links: vec![format!(
                "{webhook} checks what Tekton would run; the definition has to change, a retry meets the same answer."
            )],
        }),
        RefusedBy::Policy(policy) => Some(Said {
            by: policy.clone(),
            summary: format!("the admission policy {policy} refuses {whom}: {}", reason(text)),
            links: Vec::new(),
        }),
        _ => None,
    }
}

/// What kept a webhook from answering (kubernetes
/// staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook, v1.33).
pub fn silence(text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["no endpoints available"]) {
        "its Service has no endpoints, so no pod of it is ready"
    } else if has(&["x509", "certificate"]) {
        "its certificate does not match the caBundle of the webhook configuration"
    } else if has(&["no such host"]) || text.contains("service \"") && text.contains("not found") {
        "its Service does not exist"
    } else if has(&["connection refused"]) {
        "nothing listens at its address"
    } else if has(&["no route to host", "network is unreachable", "i/o timeout"]) {
        "the API server cannot reach it over the network"
    } else if has(&["deadline exceeded", "Client.Timeout", "timeout awaiting"]) {
        "it did not answer in time"
    } else if has(&["EOF", "connection reset", "broken pipe"]) {
        "the connection broke off, as it does when its pod crashes"
    } else {
        "the call failed"
    }
}

/// What a webhook or policy gives as its reason.
pub fn reason(text: &str) -> &str {
    let rest = text.split_once("denied the request: ").or_else(|| text.split_once("denied request: "));
    let rest = rest.map_or(text, |(_, rest)| rest);
    rest.strip_prefix("validation failed: ").unwrap_or(rest).trim()
}

/// The API server's words without what controllers put before them.
fn after_wrappings(text: &str) -> &str {
    text.find("failed calling webhook")
        .or_else(|| text.find("conversion webhook"))
        .map_or(text, |at| &text[at..])
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_silence_and_validation_have_different_words() {
        for (text, words) in [
            (
                "failed to create StatefulSet affinity-assistant-1: Internal error occurred: failed calling webhook \"mutate.kyverno.svc-fail\": failed to call webhook: Post \"https://kyverno-svc.kyverno.svc:443/mutate?timeout=10s\": EOF",
                "the admission webhook mutate.kyverno.svc-fail must be asked about it and does not answer: the connection broke off, as it does when its pod crashes",
            ),
            (
                "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \"https://w.ns.svc:443/?timeout=10s\": context deadline exceeded",
                "the admission webhook w.example.com must be asked about it and does not answer: it did not answer in time",
            ),
            (
                "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \"https://w.ns.svc:443/?timeout=10s\": no endpoints available for service \"w\"",
                "the admission webhook w.example.com must be asked about it and does not answer: its Service has no endpoints, so no pod of it is ready",
            ),
            (
                "Internal error occurred: failed calling webhook \"w.example.com\": failed to call webhook: Post \"https://w.ns.svc:443/?timeout=10s\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
                "the admission webhook w.example.com must be asked about it and does not answer: its certificate does not match the caBundle of the webhook configuration",
            ),
            (
                "admission webhook \"w.example.com\" denied the request: no label team",
                "the admission policy w.example.com refuses it: no label team",
            ),
            (
                "admission webhook \"validation.webhook.pipeline.tekton.dev\" denied the request: validation failed: expected exactly one, got both: spec.taskRef.name, spec.taskRef.resolver",
                "Tekton's own validation refuses it: expected exactly one, got both: spec.taskRef.name, spec.taskRef.resolver",
            ),
        ] {
            assert_eq!(said("it", text).unwrap().summary, words);
        }
        assert_eq!(said("it", "pods \"x\" is forbidden: exceeded quota: q"), None);
    }
}
