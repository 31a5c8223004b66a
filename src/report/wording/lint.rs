//! Findings in manifests in words.

use crate::documents::Segment;
use crate::documents::edit::Refused;
use crate::lint::finding::Severity;
use crate::lint::{Effect, Finding, Problem};

/// How much it matters, in one word.
pub(crate) fn severity(finding: &Finding) -> &'static str {
    match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// What is wrong, in one sentence without a full stop; without the value where it is one
/// that should not be seen.
pub(crate) fn message(finding: &Finding, is_secret: bool) -> String {
    let key = finding.path.last_key().unwrap_or_default();
    let list = |names: &[&str]| names.join(", ");
    match &finding.problem {
        Problem::Unreadable(text) => format!("cannot be read: {text}"),
        Problem::UnknownField => format!("unknown field {key}"),
        Problem::Misplaced => match &finding.right_path {
            Some(path) => format!("{key} belongs at {path}"),
            None => format!("{key} does not belong here"),
        },
        Problem::OfTheRun => format!("{key} belongs to the run, not to what it runs"),
        Problem::OtherVersion(version) => match &finding.right_path {
            Some(path) => format!("{key} is a field of {version}; here it belongs at {path}"),
            None => format!("{key} is a field of {version}"),
        },
        Problem::Removed => format!("{key} was removed from this API version"),
        Problem::Misspelt { right, only_case: true } => format!("{key} is spelt {right}"),
        Problem::Misspelt { right, .. } => format!("unknown field {key}; did you mean {right}?"),
        Problem::Type { wanted, found } => format!("{} is {found}; expected {wanted}", last(finding)),
        Problem::EmptyItem => format!("nothing stands in {}", last(finding)),
        Problem::Lossy(_) if is_secret => "without quotes this is read as another value".to_owned(),
        Problem::Lossy(read) => format!("without quotes this is read as {read}"),
        Problem::Invalid(wanted) => format!("{} is not valid; expected {wanted}", last(finding)),
        Problem::TooLong { length, limit } => format!("{key} has {length} characters; at most {limit} are allowed"),
        Problem::Choice(allowed) => format!("{} is not one of {}", last(finding), list(allowed)),
        Problem::TimeoutSum => "tasks and finally add up to more than the pipeline timeout".to_owned(),
        Problem::TimeoutAbove { is_default: true } => {
            format!("{key} is longer than the default pipeline timeout of 1h; set pipeline as well")
        }
        Problem::TimeoutAbove { .. } => format!("{key} is longer than the pipeline timeout"),
        Problem::DefaultType(wanted) => format!("the default of a parameter of type {wanted} has another type"),
        Problem::Both("finally", _) => "a finally task cannot have runAfter".to_owned(),
        Problem::Both(first, second) => format!("{first} and {second} exclude each other"),
        Problem::Missing(field) => format!("{field} is missing"),
        Problem::MissingOneOf(fields) if finding.kind == crate::lint::Kind::ConflictingFields => {
            format!("more than one of {}", list(fields))
        }
        Problem::MissingOneOf(fields) => format!("one of {} is missing", list(fields)),
        Problem::UnboundParam(name) => format!("parameter {name} has neither a value nor a default"),
        Problem::UnboundWorkspace(name) => format!("the run binds no workspace {name}"),
        Problem::NoParam(name) => format!("no parameter {name} is declared"),
        Problem::NoKey { param, key } => format!("parameter {param} has no key {key}"),
        Problem::InScript(name) => format!("a step action's script cannot use $({name}); pass it through env"),
        Problem::NotInEnum => "the default is not one of the enum".to_owned(),
        Problem::NotText { param, kind } => {
            format!("parameter {param} is of type {kind}; here is room for text only")
        }
        Problem::NoWorkspace(name) => format!("no workspace {name} is declared"),
        Problem::NoTask(name) => format!("there is no task {name}"),
        Problem::NoResult(name) => format!("no result {name} is declared"),
        Problem::NoVariable(name) => format!("there is no variable $({name}) here"),
        Problem::Cycle(tasks) => {
            let first = tasks.first().map(String::as_str).unwrap_or_default();
            format!("tasks wait for each other: {} -> {first}", tasks.join(" -> "))
        }
        Problem::KeyTwice(line) => format!("{key} is already set on line {line}"),
        Problem::NameTwice(name) => format!("the name {name} is used twice"),
        Problem::ClusterTask => "ClusterTasks were removed in Tekton 1.0".to_owned(),
        Problem::Bundle => "references by bundle were removed; use the bundles resolver".to_owned(),
        Problem::Unserved { kind, api_version } => format!("{kind} is not served as {api_version}"),
        Problem::FixedName => "a fixed name lets a trigger create one run only; use generateName".to_owned(),
        Problem::SharedClaim { claim, waits: Some(task) } => {
            format!("another workspace binds claim {claim} too, and task {task} uses that one")
        }
        Problem::SharedClaim { claim, waits: None } => format!("another workspace binds claim {claim} too"),
        Problem::TwoClaims(names) => format!("one task uses several claims (workspaces {})", names.join(", ")),
        Problem::SinglePod => "ReadWriteOncePod allows one pod, and the affinity assistant takes that place".to_owned(),
        Problem::NotOnAssistant(task) => {
            format!("{key} of task {task} does not reach the affinity assistant, beside which it must run")
        }
        Problem::OnAssistant => "this securityContext also reaches the affinity assistant".to_owned(),
        Problem::OutsideRange { allowed } => format!("{key} is outside of what the namespace allows ({allowed})"),
        Problem::PatchPath(path) => format!("the patch sets {path}, which does not exist"),
    }
}

/// The last key of the path, with the items behind it: `runAfter[0]`.
fn last(finding: &Finding) -> String {
    let segments = &finding.path.0;
    let from = segments.iter().rposition(|segment| matches!(segment, Segment::Key(_))).unwrap_or_default();
    match &segments[from..] {
        [Segment::Key(key)] => key.clone(),
        rest => crate::documents::Path(rest.to_vec()).to_string(),
    }
}

/// What becomes of the mistake once it is submitted.
pub(crate) fn effect(finding: &Finding) -> &'static str {
    match (finding.effect, &finding.problem) {
        (Effect::Pruned, Problem::PatchPath(_)) => "the API server drops the field, with a warning",
        (Effect::Pruned, _) => {
            "the API server drops the field, with a warning (Tekton 0.70 and later; before, the webhook refused it)"
        }
        (Effect::Decoder, _) => "Tekton's webhook refuses the object: it cannot decode it",
        (Effect::Webhook, _) => "Tekton's webhook refuses the object",
        (Effect::Server, _) => "the API server refuses the object",
        (Effect::NoMatch, _) => "the API server has no such kind",
        (Effect::RunFails, Problem::FixedName) => "the second event fails: the run exists already",
        (Effect::RunFails, _) => "accepted, and the run fails at once",
        (Effect::RunHangs, Problem::OnAssistant) => {
            "accepted; the run hangs where the assistant's ServiceAccount may not use these ids"
        }
        (Effect::RunHangs, Problem::SharedClaim { waits: None, .. }) => {
            "accepted; a task hangs if the last claim among its workspaces is not bound by this one"
        }
        (Effect::RunHangs, _) => "accepted, and the run hangs",
        (Effect::Lost, Problem::KeyTwice(_)) => "kubectl takes the last one, kustomize and Argo CD refuse the file",
        (Effect::Lost, _) => "accepted, with another value than the one written",
        (Effect::Literal, _) => "accepted; the text stays as it is written",
        (Effect::Works, _) => "works today, because everything below is kept and Go ignores case",
        (Effect::NotRead, _) => "nothing from here on is judged",
    }
}

/// Why a fix was not made.
pub(crate) fn refused(reason: Refused) -> &'static str {
    match reason {
        Refused::FlowStyle => "it stands in brackets; move it by hand",
        Refused::Shared => "it is shared through an anchor",
        Refused::Taken => "something else stands there already",
        Refused::Layout => "its lines hold more than the field; move it by hand",
        Refused::LastEntry => "nothing would be left where it stands",
        Refused::NotProven => "the result could not be proven to mean what it should",
    }
}
