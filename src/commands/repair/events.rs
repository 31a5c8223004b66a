//! What happens while a repair is carried out: a line for a person, or a document a line
//! for a program.

use crate::cli::exit;
use crate::cli::{CommandError, Ui};
use crate::finding::RunReport;
use crate::ops::ObjectRef;
use crate::report::json;
use crate::report::json::v1::Document;
use crate::report::json::v1::repair::RepairEvent;
use crate::report::repair as screens;
use crate::workflows::engine::{Prepared, Stop};
use crate::workflows::gate::Until;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Event {
    what: &'static str,
    object: ObjectRef,
    step: Option<usize>,
    /// What there is to say of it.
    words: String,
    cause: Option<&'static str>,
    /// The line for a person; nothing where another event says it.
    line: Option<Line>,
}

#[derive(Debug, Clone, PartialEq)]
enum Line {
    /// A result, on stdout.
    Result(String),
    /// Progress, on stderr.
    Progress(String),
}

impl Event {
    /// A write is about to go out, or has taken place.
    pub(in crate::commands) fn write(what: &'static str, step: usize, prepared: &Prepared) -> Self {
        let object = prepared.request.object.clone();
        let line = match what {
            "done" => Some(Line::Result(screens::done(&prepared.request))),
            "unchanged" => Some(Line::Result(screens::unchanged(&prepared.request))),
            _ => None,
        };
        Self { what, object, step: Some(step), words: String::new(), cause: None, line }
    }

    /// A write was not carried out, or nobody knows.
    pub(in crate::commands) fn stopped(step: usize, prepared: &Prepared, stop: &Stop) -> Self {
        let (what, words) = match stop {
            Stop::NotRecorded(error) => ("refused", error.clone()),
            Stop::Unread(error) | Stop::Refused(error) => ("refused", error.to_string()),
            Stop::Changed(_) => ("refused", "changed meanwhile by somebody else".to_owned()),
            Stop::Unclear(error) => ("unclear", error.to_string()),
        };
        let object = prepared.request.object.clone();
        Self { what, object, step: Some(step), words, cause: None, line: None }
    }

    /// The run is waited for.
    pub(in crate::commands) fn waiting(run: &ObjectRef, until: Until) -> Self {
        let ObjectRef { namespace, name, .. } = run;
        let words = match until {
            Until::Scheduled => format!("Waiting until the pods of {namespace}/{name} have a node."),
            Until::Succeeded => format!("Waiting until {namespace}/{name} has succeeded."),
        };
        Self::plain("waiting", run, String::new(), Some(Line::Progress(words)))
    }

    /// A change has to be carried over before what comes next.
    pub(in crate::commands) fn carried_over(object: &ObjectRef) -> Self {
        let words = format!("Waiting until {} {} has taken over the change.", object.kind, object.name);
        Self::plain("waiting", object, String::new(), Some(Line::Progress(words)))
    }

    /// The pods of the old run have to go before what comes next.
    pub(in crate::commands) fn going(run: &ObjectRef) -> Self {
        let words = format!("Waiting until the pods of {}/{} are gone.", run.namespace, run.name);
        Self::plain("waiting", run, String::new(), Some(Line::Progress(words)))
    }

    /// What became of the run.
    pub(in crate::commands) fn of_run(what: &'static str, run: &ObjectRef, words: &str) -> Self {
        let line = format!("{}/{}: {words}", run.namespace, run.name);
        Self::plain(what, run, words.to_owned(), Some(Line::Progress(line)))
    }

    /// The run is stuck or has failed.
    pub(in crate::commands) fn ill(run: &ObjectRef, report: &RunReport) -> Self {
        let first = report.findings.first();
        let words = first.map_or_else(|| report.headline.clone(), |finding| finding.summary.clone());
        Self { cause: first.map(|finding| finding.cause.id()), ..Self::plain("stuck", run, words, None) }
    }

    fn plain(what: &'static str, object: &ObjectRef, words: String, line: Option<Line>) -> Self {
        Self { what, object: object.clone(), step: None, words, cause: None, line }
    }
}

/// Where events go.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Events {
    /// Whether a program reads them.
    pub(in crate::commands) as_json: bool,
    /// Whether stdout belongs to something else.
    pub(in crate::commands) is_quiet: bool,
    /// The operation that they belong to.
    pub(in crate::commands) operation: String,
}

impl Events {
    /// Hands an event on.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(in crate::commands) fn emit(&self, ui: &mut Ui, event: &Event) -> Result<(), CommandError> {
        if self.as_json {
            let Event { what, object, step, words, cause, .. } = event;
            let body = RepairEvent::of(&self.operation, what, object, *step, words, *cause);
            ui.line(&json::line(&Document::of(body, exit::OK))?)?;
            return Ok(ui.flush()?);
        }
        match &event.line {
            Some(Line::Result(line)) if self.is_quiet => ui.status(line),
            Some(Line::Result(line)) => {
                ui.line(line)?;
                ui.flush()?;
            }
            Some(Line::Progress(line)) => ui.status(line),
            None => {}
        }
        Ok(())
    }
}
