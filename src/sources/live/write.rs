//! The only place that writes to a cluster.
//!
//! A create goes out once, with a name made here and a nonce: an unclear answer is
//! settled by reading, never by sending again. Every write can be a server dry run;
//! all ask for strict field validation and hand back the server's warnings.

use std::time::Duration;

use http::Request;
use serde_json::{Value, json};

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

/// Whether an object was made by the submission of another: it carries the same mark.
pub fn is_marked_as(found: Option<&Value>, object: &Value) -> bool {
    found.is_some_and(|found| nonce(found).is_some() && nonce(found) == nonce(object))
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The object as the server has it (or would have it).
    pub object: Value,
    /// The server's warnings.
    pub warnings: Vec<String>,
}

impl Written {
    fn nothing() -> Self {
        Self { object: Value::Null, warnings: Vec::new() }
    }
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

/// A write that has no effect that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The server has refused it, or nothing was sent: nothing is stored.
    #[error("{}", .0.message)]
    Refused(SourceError),
    /// The object is not what the write expects it to be: nothing is stored.
    #[error("{}", .0.message)]
    Conflict(SourceError),
    /// Whether it took place is not known, even after reading.
    #[error("{}", .0.message)]
    Unclear(SourceError),
}

impl From<WriteError> for SourceError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(error) | WriteError::Conflict(error) | WriteError::Unclear(error) => error,
        }
    }
}

/// The object that a write is about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Kind.
    pub kind: Kind,
    /// Namespace; of no meaning for kinds without.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl Target<'_> {
    fn list(&self) -> String {
        super::list::path(self.kind, self.kind.version(), Some(self.namespace))
    }

    fn path(&self) -> String {
        format!("{}/{}", self.list(), self.name)
    }
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// A new object.
    Create(&'a Value),
    /// A JSON merge patch.
    Merge(&'a Value),
    /// A JSON patch.
    Json(&'a Value),
    /// Nothing: the object goes.
    Delete {
        /// Without waiting for the node.
        force: bool,
        /// Only the object of this uid.
        uid: Option<&'a str>,
    },
}

impl Connection {
    /// The object as the server has it; `None` when it does not exist.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn find(&self, target: Target<'_>) -> Result<Option<Value>, SourceError> {
        self.object(&target.path()).await
    }

    /// Writes once. An answer that is lost, or that is a server error, is settled by reading
    /// the object: `took_place` says of it whether the write has had its effect.
    ///
    /// # Errors
    /// When the server refuses, and when the outcome stays unclear.
    pub async fn write(
        &self,
        target: Target<'_>,
        body: Body<'_>,
        mode: Mode,
        took_place: &(dyn Fn(Option<&Value>) -> bool + Sync),
    ) -> Result<Written, WriteError> {
        let request = request(target, body, mode).map_err(WriteError::Refused)?;
        let why = match self.send(request).await {
            Ok(answer) if matches!(answer.status, 200..=202) => match written(&answer) {
                Ok(written) => return Ok(written),
                Err(error) if mode == Mode::Real => error,
                Err(error) => return Err(WriteError::Refused(SourceError::new(error))),
            },
            // What is not there is deleted.
            Ok(answer) if answer.status == 404 && matches!(body, Body::Delete { .. }) => return Ok(Written::nothing()),
            Ok(answer) if mode == Mode::Real && answer.status >= 500 => {
                format!("the server answered {}", answer.status)
            }
            Ok(answer) if answer.status == 409 && !matches!(body, Body::Create(_)) => {
                return Err(WriteError::Conflict(refused(target, body, &answer)));
            }
            Ok(answer) => return Err(WriteError::Refused(refused(target, body, &answer))),
            Err(error) if mode == Mode::Real => error.to_string(),
            Err(error) => return Err(WriteError::Refused(self.unreachable(&error))),
        };
        self.settle(target, body, took_place, &why).await
    }

    /// Finds out whether a write whose answer was lost took place. It may still be on its
    /// way through a proxy, so "not there" is believed only after a while.
    async fn settle(
        &self,
        target: Target<'_>,
        body: Body<'_>,
        took_place: &(dyn Fn(Option<&Value>) -> bool + Sync),
        why: &str,
    ) -> Result<Written, WriteError> {
        let Target { kind, name, .. } = target;
        let is_create = matches!(body, Body::Create(_));
        let mut found = self.find(target).await;
        for wait in SETTLING {
            let is_settled = match &found {
                Ok(Some(object)) => is_create || took_place(Some(object)),
                Ok(None) => took_place(None),
                Err(_) => true,
            };
            if is_settled {
                break;
            }
            tokio::time::sleep(wait).await;
            found = self.find(target).await;
        }
        let error = match found {
            Ok(found) if took_place(found.as_ref()) => {
                let said = match body {
                    Body::Create(_) => "the object was created: it carries this submission's mark",
                    Body::Merge(_) | Body::Json(_) => "the object is as it was to become",
                    Body::Delete { .. } => "the object is gone",
                };
                let warnings = vec![format!("{why}, but {said}")];
                return Ok(Written { object: found.unwrap_or_default(), warnings });
            }
            Ok(Some(_)) if is_create => {
                return Err(WriteError::Refused(SourceError::new(format!(
                    "{why}; an object {name} of somebody else exists"
                ))));
            }
            Ok(_) if is_create => SourceError::new(format!("{why}; {name} had not come into being some seconds later"))
                .hint(format!(
                    "if `kubectl get {} {name}` still finds nothing, run the command again",
                    kind.resource()
                )),
            Ok(_) => SourceError::new(format!("{why}; {kind} {name} had not changed some seconds later"))
                .hint(format!("look before you try again: kubectl get {} {name} -o yaml", kind.resource())),
            Err(error) => {
                let change = if is_create { "created" } else { "changed" };
                SourceError::new(format!("{why}, and whether {name} was {change} could not be read: {error}"))
                    .hint(format!("look before you try again: kubectl get {} {name}", kind.resource()))
            }
        };
        Err(WriteError::Unclear(error))
    }
}

/// Whether an object does not exist, or is about to go.
pub fn is_gone(found: Option<&Value>) -> bool {
    found.is_none_or(|found| found.pointer("/metadata/deletionTimestamp").is_some())
}

fn request(target: Target<'_>, body: Body<'_>, mode: Mode) -> Result<Request<Vec<u8>>, SourceError> {
    let path = target.path();
    let (builder, content, body) = match body {
        Body::Create(object) => {
            (Request::post(format!("{}{}", target.list(), query(mode))), "application/json", object.to_string())
        }
        Body::Merge(patch) => {
            (Request::patch(format!("{path}{}", query(mode))), "application/merge-patch+json", patch.to_string())
        }
        Body::Json(patch) => {
            (Request::patch(format!("{path}{}", query(mode))), "application/json-patch+json", patch.to_string())
        }
        Body::Delete { force, uid } => {
            let mut options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background" });
            if force {
                options["gracePeriodSeconds"] = json!(0);
            }
            if let Some(uid) = uid {
                options["preconditions"] = json!({ "uid": uid });
            }
            if mode == Mode::DryRun {
                options["dryRun"] = json!(["All"]);
            }
            (Request::delete(&path), "application/json", options.to_string())
        }
    };
    builder
        .header("content-type", content)
        .header("accept", "application/json")
        .body(body.into_bytes())
        .map_err(|error| SourceError::new(format!("{path} is not a valid path: {error}")))
}

fn written(answer: &Answer) -> Result<Written, String> {
    let object =
        serde_json::from_slice(&answer.body).map_err(|error| format!("the server's answer is not JSON: {error}"))?;
    Ok(Written { object, warnings: answer.warnings.clone() })
}

fn refused(target: Target<'_>, body: Body<'_>, answer: &Answer) -> SourceError {
    let Target { kind, name, .. } = target;
    let (act, verb) = match body {
        Body::Create(_) => ("", "create"),
        Body::Merge(_) | Body::Json(_) => ("to change ", "patch"),
        Body::Delete { .. } => ("to delete ", "delete"),
    };
    let error = SourceError::new(format!("the server refuses {act}{kind} {name}: {}", answer.reason()));
    match answer.status {
        // A quota or a namespace that is being deleted is no matter of rights.
        403 if is_about_rights(&answer.reason()) => {
            error.hint(format!("you need the right to {verb} {}", kind.resource()))
        }
        429 => error.hint("the server is overloaded and has stored nothing; run the command again later"),
        409 if verb == "create" => {
            error.hint("an object of that name exists already; run the command again for another name")
        }
        409 => error.hint("somebody else has changed it meanwhile; run the command again"),
        _ => error,
    }
}

/// Whether a refusal is the authorizer's (k8s.io/apiserver
/// `pkg/endpoints/handlers/responsewriters/errors.go` `forbiddenMessage`).
fn is_about_rights(reason: &str) -> bool {
    reason.contains(" cannot ")
}
