//! Verdicts of SCC admission as a person reads them: each pod with its ids, or the
//! reasons against it.

use crate::analysis::scc::effective::{EffectiveContainer, effective};
use crate::analysis::scc::{Answer, Considered, Creator, Verdict, sentences};
use crate::finding::Offer;
use crate::ops::{Op, Right};

use super::{Block, Cell, Column, Document, Table, Text, Tone, diagnosis};

/// One pod with what admission says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// `NAMESPACE/NAME`.
    pub(crate) pod: String,
    /// What it is in its run.
    pub(crate) role: Option<String>,
    /// ServiceAccount it runs as.
    pub(crate) service_account: String,
    /// Who creates it.
    pub(crate) creator: Creator,
    /// How that is known.
    pub(crate) because: &'static str,
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// What every SCC says.
    pub(crate) considered: Vec<Considered>,
    /// What the server said, when it was asked.
    pub(crate) server: Option<Answered>,
}

/// The server's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Whether it admitted the pod; `None` when it could not be asked.
    pub(crate) admitted: Option<bool>,
    /// The SCC that it chose.
    pub(crate) scc: Option<String>,
    /// Whether it says what was predicted.
    pub(crate) agrees: Option<bool>,
    /// Its refusal, or why it could not be asked.
    pub(crate) message: Option<String>,
}

/// The verdict about one pod.
pub(crate) fn of_pod(judged: &Judged, wide: bool) -> Document {
    document(headline_of_pod(judged), std::slice::from_ref(judged), wide)
}

/// The verdicts about the pods of the run `NAMESPACE/NAME`, and what gets all of them
/// admitted.
pub(crate) fn of_run(run: &str, pods: &[Judged], offers: &[Offer], wide: bool) -> Document {
    let mut document = document(headline_of_run(run, pods), pods, wide);
    document.section(Tone::Strong.of("Repairs"), diagnosis::offers(offers));
    document
}

/// `wide` shows every SCC.
fn document(headline: Text, pods: &[Judged], wide: bool) -> Document {
    // Several assistants are told apart by their names.
    let assistants = pods.iter().filter(|judged| judged.role.as_deref() == Some(ASSISTANT)).count();
    let has_names = assistants > 1;
    let mut document = Document::verdict(headline);
    document.push(Block::Table(Table {
        columns: COLUMNS.to_vec(),
        rows: pods.iter().map(|judged| row(judged, has_names)).collect(),
        is_whole: wide,
        has_header: true,
    }));
    for judged in pods {
        document.section(Tone::Strong.of(name(judged)).and(":"), Block::items("•", notes(judged)));
        if wide {
            let title = format!("{}: every SCC, in the order of evaluation", name(judged));
            document.section(Tone::Strong.of(title), constraints(judged));
        }
    }
    document
}

fn name(judged: &Judged) -> &str {
    judged.role.as_deref().unwrap_or_else(|| judged.pod.rsplit('/').next().unwrap_or_default())
}

fn headline_of_pod(judged: &Judged) -> Text {
    let pod = Text::from("Pod ").and(Tone::Strong.of(&judged.pod)).and(": ");
    let verdict = &judged.verdict;
    let who = format!(" for {} as creator ({})", judged.creator.user, judged.because);
    match (&verdict.admitted, verdict.ignored, &verdict.scc) {
        (Answer::CannotTell(missing), ..) => {
            pod.and(Tone::Careful.of("cannot tell")).and(format!(": not read: {}", missing.join(", ")))
        }
        (Answer::No, ..) => pod.and(Tone::Bad.of("refused by SCC admission")).and(who),
        (Answer::Yes, Some(why), _) => pod.and(Tone::Good.of("not judged by SCC admission")).and(format!(": {why}")),
        (Answer::Yes, None, scc) => {
            let scc = scc.as_deref().unwrap_or_default();
            pod.and(Tone::Good.of(format!("admitted by SCC {scc}"))).and(who)
        }
    }
}

fn headline_of_run(run: &str, pods: &[Judged]) -> Text {
    let count = |wanted: fn(&Answer) -> bool| pods.iter().filter(|judged| wanted(&judged.verdict.admitted)).count();
    let refused = count(|answer| *answer == Answer::No);
    let unknown = count(|answer| matches!(answer, Answer::CannotTell(_)));
    let all = pods.len();
    let verdict = match (refused, unknown) {
        (0, 0) => Tone::Good.of(format!("SCC admission takes all {all} pods")),
        (0, _) => Tone::Careful.of(format!("cannot tell for {unknown} of {all} pods whether SCC admission takes them")),
        (refused, 0) => Tone::Bad.of(format!("SCC admission refuses {refused} of {all} pods")),
        _ => Tone::Bad.of(format!("SCC admission refuses {refused} of {all} pods; {unknown} cannot be judged")),
    };
    Text::from("Run ").and(Tone::Strong.of(run)).and(": ").and(verdict)
}

/// Who can carry out an offer: `author` of the run, `taskAuthor`, or `administrator`.
pub(super) fn by(offer: &Offer) -> &'static str {
    let any = |wanted: fn(&Right) -> bool| offer.ops.iter().flat_map(Op::rights).any(|right| wanted(&right));
    if any(|right| matches!(right, Right::Administrator | Right::InCluster(..))) {
        "administrator"
    } else if any(|right| *right == Right::Task) {
        "taskAuthor"
    } else {
        "author"
    }
}

/// Role of an affinity assistant.
const ASSISTANT: &str = "assistant";

const COLUMNS: [Column; 8] = [
    Column::needed("POD"),
    Column::needed("SERVICEACCOUNT"),
    Column::spare("CREATOR"),
    Column::needed("SCC"),
    Column::spare("BY"),
    Column::needed("UID"),
    Column::needed("FSGROUP"),
    Column::spare("LEVEL"),
];

fn row(judged: &Judged, has_names: bool) -> Vec<Cell> {
    let verdict = &judged.verdict;
    let scc = match (&verdict.admitted, verdict.ignored) {
        (Answer::CannotTell(_), _) => "unknown".to_owned(),
        (Answer::No, _) => "refused".to_owned(),
        (Answer::Yes, Some(_)) => "exempt".to_owned(),
        (Answer::Yes, None) => verdict.scc.clone().unwrap_or_default(),
    };
    let admitted = verdict.pod.as_ref().filter(|_| verdict.is_admitted()).map(effective);
    let pod = admitted.as_ref().map(|effective| &effective.pod_security_context);
    let containers = admitted.as_ref().map_or(&[][..], |effective| &effective.containers);
    let name = judged.pod.split_once('/').map_or(judged.pod.as_str(), |(_, name)| name);
    let title = judged.role.as_ref().map_or_else(
        || name.to_owned(),
        |role| if has_names && role == ASSISTANT { format!("{role} {name}") } else { role.clone() },
    );
    let number = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let creator = judged.creator.user.strip_prefix("system:serviceaccount:").unwrap_or(&judged.creator.user);
    let user = if admitted.is_some() { common(containers, uid) } else { "-".to_owned() };
    let level = if admitted.is_some() { common(containers, level) } else { "-".to_owned() };
    let cells = [
        title,
        judged.service_account.clone(),
        creator.replace(':', "/"),
        scc,
        verdict.subject_type.filter(|_| verdict.is_admitted()).map_or("-", |subject| subject.as_str()).to_owned(),
        user,
        number(pod.and_then(|pod| pod.fs_group)),
        level,
    ];
    let tone = if verdict.is_refused() { Tone::Bad } else { Tone::Plain };
    cells.into_iter().map(|cell| tone.of(cell).into()).collect()
}

fn uid(container: &EffectiveContainer) -> String {
    container.effective.run_as_user.map_or_else(|| "image".to_owned(), |user| user.to_string())
}

fn level(container: &EffectiveContainer) -> String {
    let options = container.effective.se_linux_options.as_ref();
    options
        .map(|options| options.level.clone())
        .filter(|level| !level.is_empty())
        .unwrap_or_else(|| "random".to_owned())
}

/// What all containers share, else each value once.
fn common(containers: &[EffectiveContainer], of: fn(&EffectiveContainer) -> String) -> String {
    let mut values: Vec<String> = containers.iter().map(of).collect();
    values.sort();
    values.dedup();
    values.join("|")
}

/// Reasons, the API server's words, and what was not read.
fn notes(judged: &Judged) -> Vec<String> {
    let verdict = &judged.verdict;
    let mut lines: Vec<String> = Vec::new();
    if verdict.is_refused() {
        lines.extend(verdict.sentences());
    }
    if let Answer::CannotTell(missing) = &verdict.admitted {
        lines.push(format!("not read: {}", missing.join(", ")));
    }
    if let Some(why) = verdict.ignored {
        lines.push(why.to_owned());
    }
    if !verdict.maybe_instead.is_empty() && verdict.is_admitted() {
        lines.push(format!("if rights that were not read allow it, {} is used", verdict.maybe_instead.join(" or ")));
    }
    lines.extend(judged.server.as_ref().map(server));
    lines
}

fn server(answered: &Answered) -> String {
    let said = match (answered.admitted, &answered.scc, &answered.message) {
        (Some(true), Some(scc), _) => format!("admits it under SCC {scc}"),
        (Some(true), None, _) => "admits it, without naming an SCC".to_owned(),
        (Some(false), _, message) => format!("refuses it: {}", message.as_deref().unwrap_or_default()),
        (None, _, message) => format!("could not be asked: {}", message.as_deref().unwrap_or_default()),
    };
    match answered.agrees {
        Some(true) => format!("the server agrees: it {said}"),
        Some(false) => format!("THE SERVER DISAGREES with this prediction: it {said}"),
        None => format!("the server {said}"),
    }
}

/// Every SCC in the order in which it is asked.
fn constraints(judged: &Judged) -> Vec<Block> {
    judged.considered.iter().map(|considered| constraint(considered, judged)).collect()
}

fn constraint(considered: &Considered, judged: &Judged) -> Block {
    let account = format!("ServiceAccount: {}", considered.usability.service_account);
    let creator = format!("creator: {}", considered.usability.user);
    let takes = if considered.refusals.is_empty() { "takes it" } else { "refuses it" };
    let may = match considered.usability.subject_type() {
        Some(subject) => format!("usable by {subject}"),
        None if considered.usability.unknown().is_some() => "unknown whether usable".to_owned(),
        None => "not usable".to_owned(),
    };
    let chosen = if judged.verdict.scc.as_deref() == Some(&considered.scc) { " ← chosen" } else { "" };
    let text = format!("{}: {takes}, {may} ({account}; {creator}){chosen}", considered.scc);
    let reasons = if considered.refusals.is_empty() { Vec::new() } else { sentences(&considered.refusals) };
    Block::Item { mark: "", text: text.into(), body: Block::items("•", reasons) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disagreement_is_shown_in_capitals() {
        let answered = |agrees, admitted| Answered {
            admitted,
            scc: Some("anyuid".to_owned()),
            agrees,
            message: Some("no".to_owned()),
        };
        assert_eq!(server(&answered(Some(true), Some(true))), "the server agrees: it admits it under SCC anyuid");
        assert_eq!(
            server(&answered(Some(false), Some(false))),
            "THE SERVER DISAGREES with this prediction: it refuses it: no"
        );
        assert_eq!(server(&answered(None, None)), "the server could not be asked: no");
    }
}
