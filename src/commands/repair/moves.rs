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
use crate::ops::{FlagPlace, ObjectRef, Op, Request, Write, resubmission};
use crate::scripts::plan::{Planned, What};
use crate::sources::live::write::NONCE;
use crate::workflows::engine::marked;
use crate::workflows::gate::{Gate, Guarded, Move, OnFailure, Until};

/// The moves of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Moves {
    /// In their order.
    pub(in crate::commands) list: Vec<Move<Request>>,
    /// The run that is repaired.
    pub(in crate::commands) old: ObjectRef,
    /// The run that is to go on: the new one, else the old.
    pub(in crate::commands) run: ObjectRef,
    /// Whether that is a new run.
    pub(in crate::commands) is_new: bool,
    /// Whether the old run is cancelled before the new one exists, because the new one needs
    /// what it holds.
    pub(in crate::commands) cancels_first: bool,
    /// What makes the new run of the old one.
    pub(in crate::commands) edits: Option<Vec<Edit>>,
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
    let mut moves = Moves::none(focus.run());
    let first = holds(focus, findings, &offer.ops, &offer.forecast);
    for op in &offer.ops {
        moves.op(focus, op, mark, (keep_old, first), OnFailure::Stop)?;
    }
    if !moves.list.contains(&Move::follow()) {
        moves.list.push(Move::follow());
    }
    Ok(moves)
}

/// The moves of a workflow: its operations in their order, with its gates between them.
///
/// # Errors
/// When an edit does not fit the run.
pub(in crate::commands) fn of_workflow(
    focus: &Focus<'_>,
    findings: &[Finding],
    planned: &Planned,
    mark: &str,
) -> Result<Moves, String> {
    let mut moves = Moves::none(focus.run());
    let first = planned.offer.as_ref().is_some_and(|offer| holds(focus, findings, &offer.ops, &offer.forecast));
    for step in &planned.steps {
        match &step.what {
            What::Ops(ops) => {
                for op in ops {
                    moves.op(focus, op, mark, (false, first), step.on_failure)?;
                }
            }
            What::Gate(gate) => {
                moves.list.push(Move::Gate(Guarded { gate: gate.clone(), on_failure: step.on_failure }));
            }
        }
    }
    let waits = |one: &Move<Request>| matches!(one, Move::Gate(Guarded { gate: Gate::Wait { .. }, .. }));
    if planned.offer.is_some() && !moves.list.iter().any(waits) {
        moves.list.push(Move::follow());
    }
    Ok(moves)
}

/// Whether the plan submits a run that needs what the old one holds.
fn holds(focus: &Focus<'_>, findings: &[Finding], ops: &[Op], forecast: &Forecast) -> bool {
    let cancels = ops.iter().any(|op| matches!(op, Op::Submit { cancel_old: true, .. }));
    cancels && focus.is_running() && needs_what_the_old_run_holds(focus, findings, ops, forecast)
}

impl Moves {
    fn none(old: &PipelineRun) -> Self {
        let old = ObjectRef::new(Kind::PipelineRun, &old.metadata.namespace, &old.metadata.name);
        Self { list: Vec::new(), run: old.clone(), old, is_new: false, cancels_first: false, edits: None }
    }

    /// Adds an operation.
    fn op(
        &mut self,
        focus: &Focus<'_>,
        op: &Op,
        mark: &str,
        (keep_old, first): (bool, bool),
        on_failure: OnFailure,
    ) -> Result<(), String> {
        let old = focus.run();
        let Op::Submit { edits, cancel_old, .. } = op else {
            let requests = op.requests(mark).into_iter().map(|request| marked(request, mark));
            self.list.extend(requests.map(|request| Move::Write(request, on_failure)));
            self.list.extend(carried_over(focus, op).map(|request| Move::gate(Gate::CarriedOver { request })));
            return Ok(());
        };
        let new = resubmission(old, edits, mark)?;
        self.edits = Some(edits.clone());
        let cancels = *cancel_old && !keep_old && !old.is_done();
        self.submit(new, cancels.then(|| cancellation(&self.old)), cancels && first, on_failure);
        Ok(())
    }

    /// Adds the creation of a run, with the cancellation of the old one.
    fn submit(&mut self, new: Value, cancel: Option<Request>, cancels_first: bool, on_failure: OnFailure) {
        let name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        self.run = ObjectRef::new(Kind::PipelineRun, &self.run.namespace, name);
        (self.is_new, self.cancels_first) = (true, cancels_first);
        let create = Move::Write(Request { object: self.run.clone(), write: Write::Create(new) }, on_failure);
        let cancel = cancel.map(|cancel| Move::Write(cancel, on_failure));
        let follow = Move::Gate(Guarded { gate: Gate::Wait { until: Until::Scheduled, seconds: None }, on_failure });
        if cancels_first {
            self.list.extend(cancel);
            self.list.push(Move::gate(Gate::Gone { run: self.old.clone() }));
            self.list.extend([create, follow]);
        } else {
            self.list.extend([create, follow]);
            self.list.extend(cancel);
        }
    }

    /// The moves of a submission alone.
    pub(in crate::commands) fn of_submission(
        old: &PipelineRun,
        (new, edits): (Value, Vec<Edit>),
        cancel_old: bool,
        first: bool,
    ) -> Self {
        let mut moves = Self::none(old);
        moves.edits = Some(edits);
        let cancel = (cancel_old && !old.is_done()).then(|| cancellation(&moves.old));
        let first = first && cancel.is_some();
        moves.submit(new, cancel, first, OnFailure::Stop);
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
    let mut new = edit::edited_as(old, &resubmission::name(old, &mark[..5]), edits)?;
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
