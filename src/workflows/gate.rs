//! What stands between two writes: something to wait for, to ask, or to find true.

use serde::{Deserialize, Serialize};

use crate::ops::{ObjectRef, Request};

/// A gate. It is written into the journal with the write behind it, so that an interrupted
/// operation goes through it as well when it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "gate")]
pub enum Gate {
    /// Waiting for the run that is to go on.
    Wait {
        /// For what.
        until: Until,
        /// How long at most; absent: as long as the caller says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
    },
    /// Waiting until others have carried a change over: the operator a flag into the
    /// ConfigMap, the quota controller a limit into the status. What comes next would be
    /// judged by the old value.
    CarriedOver {
        /// The change, as a write that then changes nothing.
        request: Request,
    },
    /// Waiting until the pods of the old run are gone, and with them what they hold.
    Gone {
        /// The old run.
        run: ObjectRef,
    },
    /// Asking.
    Confirm {
        /// The question.
        question: String,
        /// Whether it is asked of who has said yes to everything as well.
        always: bool,
    },
    /// A condition on the run as it is then.
    Verify {
        /// The condition.
        that: String,
    },
    /// A minimal TaskRun that has to run.
    Probe {
        /// The task in whose place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
    },
    /// Showing what is wrong with the run.
    Diagnose,
}

/// What a run is waited for to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// Every pod of it that can exist has a node.
    #[default]
    Scheduled,
    /// It has succeeded.
    Succeeded,
}

/// What is done when a step fails. Whatever it is, nothing that comes after is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// The workflow ends; what was done before stays, and `undo` takes it back.
    #[default]
    Stop,
    /// The workflow goes on: only for wait, verify and probe.
    Continue,
    /// The workflow ends, and what it has changed is taken back.
    Undo,
}

/// A gate with what is done when it fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guarded {
    /// The gate.
    #[serde(flatten)]
    pub gate: Gate,
    /// What is done when it fails.
    #[serde(default)]
    pub on_failure: OnFailure,
}

impl Guarded {
    /// A gate whose failure ends the operation.
    pub fn stopping(gate: Gate) -> Self {
        Self { gate, on_failure: OnFailure::Stop }
    }
}

impl From<Gate> for Guarded {
    fn from(gate: Gate) -> Self {
        Self::stopping(gate)
    }
}

/// One move of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Move<W> {
    /// A write, with what is done when it is not carried out.
    Write(W, OnFailure),
    /// What stands between two writes.
    Gate(Guarded),
}

impl<W> Move<W> {
    /// A write whose failure ends the operation.
    pub fn write(write: W) -> Self {
        Self::Write(write, OnFailure::Stop)
    }

    /// A gate whose failure ends the operation.
    pub fn gate(gate: Gate) -> Self {
        Self::Gate(gate.into())
    }

    /// Waiting until the run's pods have a node.
    pub fn follow() -> Self {
        Self::gate(Gate::Wait { until: Until::Scheduled, seconds: None })
    }
}
