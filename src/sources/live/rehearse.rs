//! Asks the server what it would say if somebody else created a pod: a dry run that
//! impersonates the creator and stores nothing.

use http::Request;
use serde_json::Value;

use super::Connection;
use super::list::encode;
use crate::model::Kind;
use crate::sources::SourceError;

/// The server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehearsal {
    /// It would create the pod; the SCC that it chose, where it says so.
    Admitted(Option<String>),
    /// It would refuse it.
    Refused(String),
    /// It could not be asked.
    Unasked(String),
}

impl Connection {
    /// Has the server check the creation of a pod by a user with these groups.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn rehearse(&self, pod: &Value, user: &str, groups: &[String]) -> Result<Rehearsal, SourceError> {
        let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
        let path = super::list::path(Kind::Pod, Kind::Pod.version(), Some(namespace));
        let manager = encode("kubectl-tekton_fix");
        let mut request = Request::post(format!("{path}?dryRun=All&fieldManager={manager}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("impersonate-user", user);
        for group in groups {
            request = request.header("impersonate-group", group);
        }
        let request = request
            .body(pod.to_string().into_bytes())
            .map_err(|error| SourceError::new(format!("{user} cannot be named in a request: {error}")))?;
        let answer = self.send(request).await.map_err(|error| self.unreachable(&error))?;
        let reason = answer.reason();
        Ok(match answer.status {
            200 | 201 => {
                let stored: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let scc = stored.pointer("/metadata/annotations").and_then(|all| all.get("openshift.io/scc"));
                Rehearsal::Admitted(scc.and_then(Value::as_str).map(str::to_owned))
            }
            // Whether the name is free is asked last, after admission.
            409 => Rehearsal::Admitted(None),
            403 if !reason.contains("cannot impersonate") => Rehearsal::Refused(reason),
            _ => Rehearsal::Unasked(reason),
        })
    }
}
