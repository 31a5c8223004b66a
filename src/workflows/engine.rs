//! Carries out writes, one at a time: each is read and checked by the server first, sent
//! once, settled by reading where its answer was lost, and recorded before and after.

use std::io;

use serde_json::Value;

use crate::ops::{ObjectRef, Request, Write};
use crate::sources::SourceError;
use crate::sources::live::Connection;
use crate::sources::live::write::{Body, Mode, NONCE, Target, WriteError, Written, is_gone, is_marked_as};

use super::journal::State;
use super::operation::Operation;

/// A write that the server has checked, with the object before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The write.
    pub request: Request,
    /// The object today; absent where it does not exist.
    pub before: Option<Value>,
    /// The object as the server would have it; nothing for a deletion.
    pub after: Option<Value>,
    /// The server's warnings.
    pub warnings: Vec<String>,
    /// What takes it back, where anything does.
    pub inverse: Option<Request>,
}

impl Prepared {
    /// Whether there is nothing to do: what is to exist exists, what is to go is gone, or
    /// everything has its value already.
    pub fn is_needless(&self) -> bool {
        !matches!(self.request.write, Write::Create(_)) && self.request.is_in_force(self.before.as_ref())
    }
}

/// Why a write was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// It could not be recorded, so nothing was sent.
    NotRecorded(String),
    /// The object could not be read, so nothing was sent.
    Unread(SourceError),
    /// Somebody else has changed the object since it was shown; nothing was sent.
    Changed(ObjectRef),
    /// The server has refused it.
    Refused(SourceError),
    /// Whether it took place is not known.
    Unclear(SourceError),
}

/// An object as the connection takes it.
pub fn target(object: &ObjectRef) -> Target<'_> {
    Target { kind: object.kind, namespace: &object.namespace, name: &object.name }
}

/// The uid of an object that was read.
pub fn uid(object: Option<&Value>) -> Option<&str> {
    object?.pointer("/metadata/uid")?.as_str()
}

/// Whether a write has had its effect, by what is found of its object, whose uid before the
/// write was this one.
pub fn took_place(request: &Request, found: Option<&Value>, before: Option<&str>) -> bool {
    match &request.write {
        Write::Create(object) => is_marked_as(found, object),
        // Another object of the name is not the one that was to go.
        Write::Delete { .. } => is_gone(found) || uid(found) != before,
        Write::Ensure(_) | Write::Merge(_) | Write::Json(_) => request.is_in_force(found),
    }
}

/// Reads the object and has the server check the write.
///
/// # Errors
/// When the object could not be read, or the server refuses.
pub async fn prepare(connection: &Connection, request: Request) -> Result<Prepared, SourceError> {
    let before = connection.find(target(&request.object)).await?;
    let mut prepared =
        Prepared { inverse: request.inverse(before.as_ref()), before, after: None, warnings: Vec::new(), request };
    if prepared.is_needless() {
        prepared.after.clone_from(&prepared.before);
        return Ok(prepared);
    }
    let ObjectRef { kind, name, .. } = &prepared.request.object;
    let is_patch = matches!(prepared.request.write, Write::Merge(_) | Write::Json(_));
    if is_patch && prepared.before.is_none() {
        return Err(SourceError::new(format!("{kind} {name} does not exist")));
    }
    let written = send(connection, &prepared, prepared.before.as_ref(), Mode::DryRun).await?;
    prepared.warnings = written.warnings;
    prepared.after = (!matches!(prepared.request.write, Write::Delete { .. })).then_some(written.object);
    Ok(prepared)
}

/// What became of a write that was not stopped.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// It took place.
    Written(Written),
    /// There was nothing to do.
    Unchanged,
}

/// How often a write is tried on an object that changes all the time, its status for
/// example, while what the write touches stays the same. A conflict stores nothing.
const TRIES: u32 = 4;

/// Sends a write that was prepared, once. What the object is now is compared with what was
/// shown; `step` is its place in the operation.
///
/// # Errors
/// Why it was not carried out, or that its outcome is unclear.
pub async fn carry_out(
    connection: &Connection,
    operation: &Operation,
    step: usize,
    prepared: &Prepared,
) -> Result<Carried, Stop> {
    let Prepared { request, before, .. } = prepared;
    let recorded = |result: io::Result<()>| result.map_err(|error| Stop::NotRecorded(error.to_string()));
    let mut tries = 0;
    loop {
        let now = connection.find(target(&request.object)).await.map_err(Stop::Unread)?;
        if prepared.is_needless() && request.is_in_force(now.as_ref()) {
            let unchanged = Prepared { inverse: None, ..prepared.clone() };
            recorded(operation.record(step, &unchanged, None, State::Done))?;
            return Ok(Carried::Unchanged);
        }
        let is_same = match (before, &now) {
            (Some(before), Some(now)) => uid(Some(before)) == uid(Some(now)) && request.finds_same(before, now),
            // What was to be deleted is gone.
            (Some(_), None) => matches!(request.write, Write::Delete { .. }),
            (None, now) => now.is_none(),
        };
        if !is_same {
            return Err(Stop::Changed(request.object.clone()));
        }
        recorded(operation.record(step, prepared, None, State::Sent))?;
        let sent = send(connection, prepared, now.as_ref(), Mode::Real).await;
        tries += 1;
        if matches!(sent, Err(WriteError::Conflict(_))) && tries < TRIES {
            continue;
        }
        // A refusal quotes what was sent, and that may be a secret.
        let is_create = matches!(request.write, Write::Create(_));
        let words =
            |error: &SourceError| if is_create { "see the command's own output".to_owned() } else { error.to_string() };
        let state = match &sent {
            Ok(_) => State::Done,
            Err(WriteError::Refused(error) | WriteError::Conflict(error)) => State::Failed(words(error)),
            Err(WriteError::Unclear(error)) => State::Unclear(words(error)),
        };
        let made = sent.as_ref().ok().and_then(|written| uid(Some(&written.object)).map(str::to_owned));
        // The write has happened; that it could not be noted changes nothing about it, and
        // `sent` in the journal has `resume` look.
        let _ = operation.record(step, prepared, made, state);
        return sent.map(Carried::Written).map_err(|error| match error {
            WriteError::Refused(error) => Stop::Refused(error),
            WriteError::Conflict(_) => Stop::Changed(request.object.clone()),
            WriteError::Unclear(error) => Stop::Unclear(error),
        });
    }
}

/// Sends a write on the object as it is `now`.
async fn send(
    connection: &Connection,
    prepared: &Prepared,
    now: Option<&Value>,
    mode: Mode,
) -> Result<Written, WriteError> {
    let Prepared { request, before, .. } = prepared;
    let of_this_object = uid(before.as_ref());
    let guarded;
    let body = match &request.write {
        Write::Create(object) | Write::Ensure(object) => Body::Create(object),
        Write::Merge(patch) => {
            let mut patch = patch.clone();
            for field in ["uid", "resourceVersion"] {
                if let Some(value) = now.and_then(|now| now["metadata"].get(field)) {
                    patch["metadata"][field] = value.clone();
                }
            }
            guarded = patch;
            Body::Merge(&guarded)
        }
        Write::Json(patch) => {
            guarded = request.guarded(now).unwrap_or_else(|| patch.clone());
            Body::Json(&guarded)
        }
        Write::Delete { force } => Body::Delete { force: *force, uid: of_this_object },
    };
    let took_place = |found: Option<&Value>| took_place(request, found, of_this_object);
    connection.write(target(&request.object), body, mode, &took_place).await
}

/// Gives an object to create the mark by which a lost answer is settled.
pub fn marked(mut request: Request, mark: &str) -> Request {
    if let Write::Create(object) = &mut request.write {
        object["metadata"]["annotations"][NONCE] = Value::from(mark);
    }
    request
}
