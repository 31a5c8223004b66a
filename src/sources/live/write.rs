//! The only place that writes to a cluster.
//!
//! A create goes out once, with a name made here and a nonce: an unclear answer is
//! settled by reading, never by sending again. Every write can be a server dry run;
//! all ask for strict field validation and hand back the server's warnings.

use std::time::Duration;

use http::Request;
use serde_json::Value;

use super::list::encode;
use super::{Answer, Connection};
use crate::model::Kind;
use crate::sources::SourceError;

/// Annotation that tells one submission from another.
pub const NONCE: &str = "tekton-fix.dev/submission";

/// Waits between looks for an object whose create got no answer.
const SETTLING: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// A mark of its own for each submission, of twelve characters that names may have.
pub fn mark() -> String {
    use std::hash::{BuildHasher, Hasher};
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    // The standard library seeds its hasher from the system's random source.
    let mut bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let mut text = String::new();
    for _ in 0..12 {
        text.push(char::from(ALPHABET[(bits % ALPHABET.len() as u64) as usize]));
        bits /= ALPHABET.len() as u64;
    }
    text
}

/// The mark that an object carries.
pub fn nonce(object: &Value) -> Option<&str> {
    object.pointer("/metadata/annotations")?.get(NONCE)?.as_str()
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The object as the server has it (or would have it).
    pub object: Value,
    /// The server's warnings.
    pub warnings: Vec<String>,
}

/// Whether a write counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The server checks everything and stores nothing.
    DryRun,
    /// The server stores it.
    Real,
}

fn query(mode: Mode) -> String {
    let dry_run = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
    format!("?fieldManager={}&fieldValidation=Strict{dry_run}", encode("kubectl-tekton_fix"))
}

impl Connection {
    /// Creates a namespaced object that carries its name and a nonce.
    ///
    /// # Errors
    /// When the server refuses, and when the outcome stays unclear after reading.
    pub async fn create(
        &self,
        kind: Kind,
        namespace: &str,
        object: &Value,
        mode: Mode,
    ) -> Result<Written, SourceError> {
        let path = super::list::path(kind, Some(namespace));
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let request = Request::post(format!("{path}{}", query(mode)))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(object.to_string().into_bytes())
            .map_err(|error| SourceError::new(format!("{path} is no path: {error}")))?;
        match self.send(request).await {
            Ok(answer) if answer.status == 200 || answer.status == 201 => written(&answer),
            Ok(answer) if mode == Mode::Real && answer.status >= 500 => {
                self.settle(kind, &path, name, object, &format!("the server answered {}", answer.status)).await
            }
            Ok(answer) => Err(refused(kind, name, &answer)),
            Err(error) if mode == Mode::Real => self.settle(kind, &path, name, object, &error.to_string()).await,
            Err(error) => Err(self.unreachable(&error)),
        }
    }

    /// Finds out whether a create whose answer was lost took place. It may still be on
    /// its way through a proxy, so "not there" is believed only after a while.
    async fn settle(
        &self,
        kind: Kind,
        path: &str,
        name: &str,
        object: &Value,
        why: &str,
    ) -> Result<Written, SourceError> {
        let path = format!("{path}/{name}");
        let mut found = self.object(&path).await;
        for wait in SETTLING {
            if !matches!(found, Ok(None)) {
                break;
            }
            tokio::time::sleep(wait).await;
            found = self.object(&path).await;
        }
        match found {
            Ok(Some(found)) if nonce(&found).is_some() && nonce(&found) == nonce(object) => {
                let warning = format!("{why}, but the object was created: it carries this submission's mark");
                Ok(Written { object: found, warnings: vec![warning] })
            }
            Ok(Some(_)) => Err(SourceError::new(format!("{why}; an object {name} of somebody else exists"))),
            Ok(None) => {
                Err(SourceError::new(format!("{why}; {name} had not come into being some seconds later")).hint(
                    format!("if `kubectl get {} {name}` still finds nothing, run the command again", kind.resource()),
                ))
            }
            Err(error) => {
                Err(SourceError::new(format!("{why}, and whether {name} was created could not be read: {error}"))
                    .hint(format!("look before you submit again: kubectl get {} {name}", kind.resource())))
            }
        }
    }

    /// Deletes an object; one that is not there counts as deleted.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn delete(&self, kind: Kind, namespace: &str, name: &str) -> Result<(), SourceError> {
        let path = format!("{}/{name}?propagationPolicy=Background", super::list::path(kind, Some(namespace)));
        let request = Request::delete(&path)
            .header("accept", "application/json")
            .body(Vec::new())
            .map_err(|error| SourceError::new(format!("{path} is no path: {error}")))?;
        let answer = self.send(request).await.map_err(|error| self.unreachable(&error))?;
        match answer.status {
            200 | 202 | 404 => Ok(()),
            _ => Err(SourceError::new(format!("the server refuses to delete {kind} {name}: {}", answer.reason()))),
        }
    }

    /// Changes an object by a JSON merge patch.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn merge_patch(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        patch: &Value,
        mode: Mode,
    ) -> Result<Written, SourceError> {
        let path = format!("{}/{name}", super::list::path(kind, Some(namespace)));
        let request = Request::patch(format!("{path}{}", query(mode)))
            .header("content-type", "application/merge-patch+json")
            .header("accept", "application/json")
            .body(patch.to_string().into_bytes())
            .map_err(|error| SourceError::new(format!("{path} is no path: {error}")))?;
        let answer = self.send(request).await.map_err(|error| self.unreachable(&error))?;
        if answer.status == 200 { written(&answer) } else { Err(refused(kind, name, &answer)) }
    }
}

fn written(answer: &Answer) -> Result<Written, SourceError> {
    let object = serde_json::from_slice(&answer.body)
        .map_err(|error| SourceError::new(format!("the server's answer is no JSON: {error}")))?;
    Ok(Written { object, warnings: answer.warnings.clone() })
}

fn refused(kind: Kind, name: &str, answer: &Answer) -> SourceError {
    let error = SourceError::new(format!("the server refuses {kind} {name}: {}", answer.reason()));
    match answer.status {
        403 => error.hint(format!("you need the right to create {}", kind.resource())),
        429 => error.hint("the server is overloaded and has stored nothing; run the command again later"),
        409 => error.hint("an object of that name exists already; run the command again for another name"),
        _ => error,
    }
}
