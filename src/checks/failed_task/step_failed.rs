//! A step ended with an error of its own.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding, Severity};
use crate::model::run::StepState;

use super::log::Words;

/// Lines of a log that are shown without being asked for.
const LINES: usize = 3;

/// Why the runtime, or Tekton's entrypoint, could not start the step at all (kubernetes
/// pkg/kubelet/kuberuntime/kuberuntime_container.go, v1.33; tektoncd/pipeline
/// cmd/entrypoint/main.go, v1.6).
fn not_started(words: &Words<'_>) -> Option<String> {
    let reason = words.end_reason();
    let by_runtime = matches!(reason, "StartError" | "ContainerCannotRun" | "RunContainerError");
    if by_runtime {
        return Some(if words.termination.is_empty() { reason.to_owned() } else { words.termination.to_owned() });
    }
    // Tekton's own words: a program of the step may fail to start others and say so.
    let line = words.line(&["error executing command: "])?;
    Some(line.to_owned())
}

/// What a step died of, by what it wrote last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// A name was not resolved.
    Dns,
    /// A certificate was not trusted.
    Tls,
    /// git refuses a directory of another owner.
    DubiousOwnership,
    /// The program's own heap was full.
    Heap,
    /// Results are larger than a termination message may be.
    Results,
}

/// The words of each, in lower case: Tekton (cmd/entrypoint/main.go and pkg/termination,
/// v1.15), Go, glibc, curl, OpenSSL, git, Node and Java.
const WORDS: [(Death, &[&str]); 5] = [
    (Death::Results, &["termination message is above max allowed size"]),
    (Death::DubiousOwnership, &["dubious ownership in repository"]),
    (Death::Heap, &["heap out of memory", "java.lang.outofmemoryerror"]),
    (
        Death::Dns,
        &[
            "no such host",
            "could not resolve host",
            "temporary failure in name resolution",
            "name or service not known",
            "getaddrinfo enotfound",
            "getaddrinfo eai_again",
            "unknownhostexception",
        ],
    ),
    (
        Death::Tls,
        &[
            "x509: ",
            "certificate verify failed",
            "ssl certificate problem",
            "unable to get local issuer certificate",
            "self-signed certificate",
            "pkix path building failed",
        ],
    ),
];

impl Death {
    const fn lesson(self) -> &'static str {
        match self {
            Self::Dns => "A name was not resolved: spelled wrongly, or unknown to the cluster's DNS.",
            Self::Tls => {
                "A certificate was not trusted: the step's image lacks its authority, or the certificate is not valid."
            }
            Self::DubiousOwnership => {
                "git refuses a repository that another user owns: run both tasks as one user, or name it in safe.directory."
            }
            Self::Heap => {
                "The program reached its own limit of memory, not the container's: raise that of the runtime."
            }
            Self::Results => "Results of one step share a few kilobytes: write less into them, or use a workspace.",
        }
    }
}

/// Lines at the end of a log that may tell what a step died of: what stands before was
/// survived.
const DEATH_LINES: usize = 5;

/// What the last lines name, with the line.
fn death<'a>(words: &Words<'a>) -> Option<(Death, &'a str)> {
    let lines = words.last_lines(DEATH_LINES);
    let of_line = |line: &&'a str| {
        let lower = line.to_lowercase();
        let (death, _) = WORDS.iter().find(|(_, of_it)| of_it.iter().any(|word| lower.contains(word)))?;
        Some((*death, *line))
    };
    lines.iter().rev().find_map(of_line)
}

/// `step-failed`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState, words: &Words<'_>) -> Finding {
    let code = step.state.terminated.as_ref().map(|end| end.exit_code).unwrap_or_default();
    if let Some(why) = not_started(words) {
        let summary = format!("step {} of task {} could not be started: {why}", step.name, task.task);
        let finding = Finding::new(Cause::StepFailed, summary).facts(Facts::ExitCode(code));
        let finding = finding.severity(Severity::Warning).link("No line of the step was executed.");
        return words.quoted(focus, finding);
    }
    let mut finding = Finding::new(
        Cause::StepFailed,
        format!("step {} of task {} ended with exit code {code}", step.name, task.task),
    )
    .facts(Facts::ExitCode(code))
    .severity(Severity::Warning);
    let death = death(words);
    finding = match death {
        Some((death, line)) => {
            finding.summary = format!("{}: {line}", finding.summary);
            finding.link(death.lesson())
        }
        None => {
            finding.link("The pod was admitted, got a node and started; the program in the step ended with the error.")
        }
    };
    let told = death.map(|(_, line)| line);
    for line in words.last_lines(LINES).into_iter().filter(|line| Some(*line) != told) {
        finding = finding.link(format!("Its log ends: {line}"));
    }
    let finding = words.quoted(focus, finding);
    if words.log.is_some() {
        return finding;
    }
    let run = focus.run();
    let binds_claim =
        run.task(task.task).is_some_and(|definition| !assistant::task_claim_workspaces(run, definition).is_empty());
    if binds_claim || task.task_run.assistant().is_some() {
        // On a shared volume it may have been denied a file; only the log tells.
        return finding.not_proven();
    }
    finding
}
