//! What a plan comes to: writes in their order, and where in between the run is waited for.

use serde_json::{Value, json};

use crate::analysis::tekton::flags::CONFIG_MAP;
use crate::assess;
use crate::checks::focus::Focus;
use crate::finding::forecast::Forecast;
use crate::finding::{Finding, Offer, Outcome};
use crate::model::Kind;
use crate::model::run::PipelineRun;
use crate::ops::edit::{self, Edit};
use crate::ops::{FlagPlace, ObjectRef, Op, Request, Write};
use crate::sources::live::write::NONCE;
use crate::workflows::engine::marked;

/// One move of a repair.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) enum Move<W> {
    /// A write.
    Write(W),
    /// Waiting until the run's pods have a node.
    Follow,
    /// Waiting until others have carried a change over: the operator a flag into the
    /// ConfigMap, the quota controller a limit into the status. What comes next would be
    /// judged by the old value.
    CarriedOver(Request),
    /// Waiting until the pods of the old run are gone, and with them what they hold.
    Gone(ObjectRef),
}

/// The moves of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Moves {
    /// In their order.
    pub(in crate::commands) list: Vec<Move<Request>>,
    /// The run that is to go on: the new one, else the old.
    pub(in crate::commands) run: ObjectRef,
    /// Whether that is a new run.
    pub(in crate::commands) is_new: bool,
    /// Whether the old run is cancelled before the new one exists, because the new one needs
    /// what it holds.
    pub(in crate::commands) cancels_first: bool,
}

/// What the old run is asked, when it is to end (tektoncd/pipeline docs/pipelineruns.md).
fn cancellation(run: &ObjectRef) -> Request {
    Request { object: run.clone(), write: Write::Merge(json!({ "spec": { "status": "Cancelled" } })) }
}

/// The moves that carry out an offer, for a run that is read; `mark` is unique to this
/// attempt. With `keep_old` the old run is left as it is.
///
/// # Errors
/// When an edit does not fit the run.
pub(in crate::commands) fn of_offer(
    focus: &Focus<'_>,
    findings: &[Finding],
    offer: &Offer,
    mark: &str,
    keep_old: bool,
) -> Result<Moves, String> {
    let old = focus.run();
    let old_ref = ObjectRef::new(Kind::PipelineRun, &old.metadata.namespace, &old.metadata.name);
    let mut moves = Moves { list: Vec::new(), run: old_ref.clone(), is_new: false, cancels_first: false };
    for op in &offer.ops {
        let Op::Submit { edits, cancel_old, .. } = op else {
            let requests = op.requests(mark).into_iter().map(|request| marked(request, mark));
            moves.list.extend(requests.map(Move::Write));
            moves.list.extend(carried_over(focus, op).map(Move::CarriedOver));
            continue;
        };
        let new = resubmission(old, edits, mark)?;
        let cancels = *cancel_old && !keep_old && !old.is_done();
        let first = cancels && needs_what_the_old_run_holds(focus, findings, &offer.ops, &offer.forecast);
        moves.submit(new, cancels.then(|| cancellation(&old_ref)), first);
    }
    if !moves.list.contains(&Move::Follow) {
        moves.list.push(Move::Follow);
    }
    Ok(moves)
}

impl Moves {
    /// Adds the creation of a run, with the cancellation of the old one.
    pub(in crate::commands) fn submit(&mut self, new: Value, cancel: Option<Request>, cancels_first: bool) {
        let name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        self.run = ObjectRef::new(Kind::PipelineRun, &self.run.namespace, name);
        (self.is_new, self.cancels_first) = (true, cancels_first);
        let create = Move::Write(Request { object: self.run.clone(), write: Write::Create(new) });
        let cancel = cancel.map(Move::Write);
        if cancels_first {
            if let Some(Move::Write(cancel)) = cancel {
                let old = cancel.object.clone();
                self.list.extend([Move::Write(cancel), Move::Gone(old)]);
            }
            self.list.extend([create, Move::Follow]);
        } else {
            self.list.extend([create, Move::Follow]);
            self.list.extend(cancel);
        }
    }

    /// The moves of a submission alone.
    pub(in crate::commands) fn of_submission(old: &PipelineRun, new: Value, cancel_old: bool, first: bool) -> Self {
        let old_ref = ObjectRef::new(Kind::PipelineRun, &old.metadata.namespace, &old.metadata.name);
        let cancel = (cancel_old && !old.is_done()).then(|| cancellation(&old_ref));
        let first = first && cancel.is_some();
        let mut moves = Self { list: Vec::new(), run: old_ref, is_new: false, cancels_first: false };
        moves.submit(new, cancel, first);
        moves
    }
}

/// What others have to make of a change before it counts, as a patch that then changes
/// nothing.
fn carried_over(focus: &Focus<'_>, op: &Op) -> Option<Request> {
    let written = |op: &Op| op.requests("").into_iter().next();
    match op {
        Op::RaiseQuota { .. } => {
            let Request { object, write: Write::Merge(patch) } = written(op)? else { return None };
            Some(Request { object, write: Write::Merge(json!({ "status": patch["spec"] })) })
        }
        Op::SetFlags { place: FlagPlace::TektonConfig { .. }, pairs } => {
            let map = focus.cluster.config_maps.iter().find(|map| map.metadata.name == CONFIG_MAP)?;
            let place = FlagPlace::ConfigMap { namespace: map.metadata.namespace.clone() };
            written(&Op::SetFlags { place, pairs: pairs.clone() })
        }
        _ => None,
    }
}

/// The run once more, edited, under a new name and with a mark.
///
/// # Errors
/// When an edit does not fit the run.
pub(in crate::commands) fn resubmission(old: &PipelineRun, edits: &[Edit], mark: &str) -> Result<Value, String> {
    let mut new = edit::edited_as(old, &edit::name(old, &mark[..5]), edits)?;
    new["metadata"]["annotations"][NONCE] = Value::from(mark);
    Ok(new)
}

/// Whether the new run goes on only once the old one is gone: it holds a volume, a quota or
/// the room. `forecast` is that of the operations as they are.
pub(in crate::commands) fn needs_what_the_old_run_holds(
    focus: &Focus<'_>,
    findings: &[Finding],
    ops: &[Op],
    forecast: &Forecast,
) -> bool {
    let beside = || ops.iter().map(beside_the_old_run).collect::<Vec<Op>>();
    forecast.outcome() == Outcome::GoesOn && assess::forecast(focus, findings, &beside()).outcome() != Outcome::GoesOn
}

fn beside_the_old_run(op: &Op) -> Op {
    match op {
        Op::Submit { run, edits, .. } => Op::Submit { run: run.clone(), edits: edits.clone(), cancel_old: false },
        other => other.clone(),
    }
}
