//! One repair as the journal knows it: an operation of several writes.

use std::io;

use jiff::Timestamp;

use crate::model::Kind;
use crate::ops::{Edit, ObjectRef, Request, Write};

use super::engine::{Prepared, uid};
use super::gate::{Move, OnFailure};
use super::journal::{Entry, Journal, Part, State};

/// An operation that is recorded.
#[derive(Debug, Clone)]
pub struct Operation {
    journal: Journal,
    id: String,
    server: String,
    cluster: Option<String>,
    namespace: String,
    plan: String,
    run: String,
    steps: usize,
    edits: Option<Vec<Edit>>,
}

/// Of which cluster, and for which run.
#[derive(Debug, Clone)]
pub struct Place {
    /// Address of the API server.
    pub server: String,
    /// The uid of namespace kube-system, which tells clusters apart.
    pub cluster: Option<String>,
    /// The run that is repaired.
    pub run: ObjectRef,
}

impl Operation {
    /// A new operation of so many writes; `id` is unique.
    pub fn new(journal: Journal, id: &str, place: Place, plan: &str, steps: usize) -> Self {
        Self {
            journal,
            id: id.to_owned(),
            server: place.server,
            cluster: place.cluster,
            namespace: place.run.namespace,
            plan: plan.to_owned(),
            run: place.run.name,
            steps,
            edits: None,
        }
    }

    /// The same with the edits that make its new run, unless they may hold secrets: with them
    /// `resume` can make the run that an interruption has left unmade.
    #[must_use]
    pub fn with_edits(mut self, edits: Option<Vec<Edit>>) -> Self {
        self.edits = edits.filter(|edits| !edits.iter().any(Edit::may_hold_secrets));
        self
    }

    /// The operation that entries of the journal belong to.
    pub fn of(journal: Journal, entries: &[Entry]) -> Option<Self> {
        let first = entries.first()?;
        let part = first.part.as_ref()?;
        Some(Self {
            journal,
            id: first.id.clone(),
            server: first.server.clone(),
            cluster: part.cluster.clone(),
            namespace: part.run_namespace.clone(),
            plan: part.plan.clone(),
            run: part.run.clone(),
            steps: part.steps,
            edits: None,
        })
    }

    /// By what `undo` and `resume` call it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Records a write, with the uid of what it made.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn record(&self, step: usize, prepared: &Prepared, made: Option<String>, state: State) -> io::Result<()> {
        self.journal.add(&self.of_prepared(step, prepared, made, state))
    }

    /// Records how a write that is in the journal stands now.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note(&self, part: &Part, state: State) -> io::Result<()> {
        self.journal.add(&self.entry(part.step, &part.request, part.inverse.as_ref(), part.uid.clone(), state))
    }

    /// Records all writes before the first goes out, in one piece.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn plan(&self, moves: &[Move<Prepared>]) -> io::Result<()> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut gates = Vec::new();
        for one in moves {
            let (prepared, on_failure) = match one {
                Move::Gate(gate) => {
                    gates.push(gate.clone());
                    continue;
                }
                Move::Write(prepared, on_failure) => (prepared, *on_failure),
            };
            let mut entry = self.of_prepared(entries.len(), prepared, None, State::Planned);
            if let Some(part) = &mut entry.part {
                (part.before, part.on_failure) = (std::mem::take(&mut gates), on_failure);
            }
            entries.push(entry);
        }
        if let Some(last) = entries.last_mut().and_then(|entry| entry.part.as_mut()) {
            last.after = gates;
        }
        self.journal.add_all(&entries)
    }

    fn of_prepared(&self, step: usize, prepared: &Prepared, made: Option<String>, state: State) -> Entry {
        let known = || uid(prepared.before.as_ref()).map(str::to_owned);
        self.entry(step, &prepared.request, prepared.inverse.as_ref(), made.or_else(known), state)
    }

    fn entry(
        &self,
        step: usize,
        request: &Request,
        inverse: Option<&Request>,
        uid: Option<String>,
        state: State,
    ) -> Entry {
        let ObjectRef { namespace, .. } = &request.object;
        Entry {
            time: Timestamp::now(),
            id: self.id.clone(),
            server: self.server.clone(),
            namespace: if namespace.is_empty() { self.namespace.clone() } else { namespace.clone() },
            action: action(request).to_owned(),
            object: request.object.target(),
            undo: inverse.map(|_| format!("undo {}", self.id)),
            state,
            part: Some(Part {
                version: Part::VERSION,
                cluster: self.cluster.clone(),
                plan: self.plan.clone(),
                run: self.run.clone(),
                run_namespace: self.namespace.clone(),
                step,
                steps: self.steps,
                request: without_contents(request),
                inverse: inverse.cloned(),
                uid,
                edits: self.edits.clone().filter(|_| is_submission(request)),
                before: Vec::new(),
                after: Vec::new(),
                on_failure: OnFailure::Stop,
            }),
        }
    }
}

/// What a write does, in one word.
fn action(request: &Request) -> &'static str {
    match &request.write {
        Write::Create(_) | Write::Ensure(_) => "create",
        Write::Merge(_) | Write::Json(_) if is_cancellation(request) => "cancel",
        Write::Merge(_) | Write::Json(_) => "patch",
        Write::Delete { .. } => "delete",
    }
}

/// Whether it cancels a run.
pub fn is_cancellation(request: &Request) -> bool {
    let Write::Merge(patch) = &request.write else { return false };
    request.object.kind == Kind::PipelineRun && patch.pointer("/spec/status").is_some()
}

/// Whether it submits a run.
pub fn is_submission(request: &Request) -> bool {
    request.object.kind == Kind::PipelineRun && matches!(request.write, Write::Create(_))
}

/// A new run may hold secrets (its params), and so may a TaskRun: only the mark is kept.
fn without_contents(request: &Request) -> Request {
    let mut request = request.clone();
    if !matches!(request.object.kind, Kind::PipelineRun | Kind::TaskRun) {
        return request;
    }
    if let Write::Create(object) | Write::Ensure(object) = &mut request.write {
        let annotation = crate::sources::live::write::nonce(object).map(str::to_owned);
        *object = serde_json::json!({});
        if let Some(mark) = annotation {
            object["metadata"]["annotations"][crate::sources::live::write::NONCE] = mark.into();
        }
    }
    request
}
