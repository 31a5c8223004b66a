//! Admission webhooks: one that denies, one that puts a scheduling gate on pods, and
//! one that nobody serves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::pki::Pki;
use crate::{Result, https};

/// What a webhook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Denies every object, with the words `no such thing here`.
    Deny,
    /// Puts the scheduling gate `queue.example.com/admission` on pods.
    Gate,
    /// Is not served: whoever asks finds nobody.
    Silent,
}

impl Answer {
    fn path(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Gate => "gate",
            Self::Silent => "silent",
        }
    }
}

/// Serves the answers on a port.
///
/// # Errors
/// When the port or the certificate cannot be had.
pub async fn serve(pki: &Pki, port: u16) -> Result<JoinHandle<()>> {
    https::serve(pki, port, |request| async move { answer(request).await.unwrap_or_default() }).await
}

async fn answer(request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.ok()?.to_bytes();
    let review: Value = serde_json::from_slice(&body).ok()?;
    let mut response = json!({ "uid": review.pointer("/request/uid")?, "allowed": true });
    if path == "/deny" {
        response["allowed"] = json!(false);
        response["status"] = json!({ "code": 403, "message": "no such thing here" });
    } else {
        let gates = json!([{ "op": "add", "path": "/spec/schedulingGates", "value": [{ "name": "queue.example.com/admission" }] }]);
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(STANDARD.encode(gates.to_string()));
    }
    let review = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response });
    let mut response = Response::new(Full::new(Bytes::from(review.to_string())));
    response.headers_mut().insert("content-type", "application/json".parse().ok()?);
    Some(response)
}

/// The configuration of a webhook for the creation of a resource in a namespace; only of
/// objects with `labels`, where there are some.
pub fn configuration(
    (pki, port): (&Pki, u16),
    name: &str,
    answer: Answer,
    (group, version, resource): (&str, &str, &str),
    (namespace, labels): (&str, Value),
) -> Result<Value> {
    let authority = std::fs::read(pki.path("ca.crt")).map_err(|error| error.to_string())?;
    // Port 9 is that of the discard protocol, which nobody serves.
    let port = if answer == Answer::Silent { 9 } else { port };
    let kind = if answer == Answer::Gate { "MutatingWebhookConfiguration" } else { "ValidatingWebhookConfiguration" };
    Ok(json!({ "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": { "name": name },
        "webhooks": [{ "name": format!("{name}.example.com"), "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": { "url": format!("https://127.0.0.1:{port}/{}", answer.path()), "caBundle": STANDARD.encode(authority) },
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } },
            "objectSelector": { "matchLabels": labels },
            "rules": [{ "operations": ["CREATE"], "apiGroups": [group], "apiVersions": [version], "resources": [resource] }] }] }))
}
