//! Verdicts of SCC admission as a person reads them: each pod with its ids, or the
//! reasons against it.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Style, plain, wording, wrap};
use crate::analysis::scc::effective::{EffectiveContainer, effective};
use crate::analysis::scc::{Answer, Considered, Creator, Verdict, sentences};
use crate::finding::Offer;
use crate::ops::{Op, Right};

/// One pod with what admission says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// What it is in its run.
    pub role: Option<String>,
    /// ServiceAccount it runs as.
    pub service_account: String,
    /// Who creates it.
    pub creator: Creator,
    /// How that is known.
    pub because: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What every SCC says.
    pub considered: Vec<Considered>,
    /// What the server said, when it was asked.
    pub server: Option<Answered>,
}

/// The server's own answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whether it admitted the pod; `None` when it could not be asked.
    pub admitted: Option<bool>,
    /// The SCC that it chose.
    pub scc: Option<String>,
    /// Whether it says what was predicted.
    pub agrees: Option<bool>,
    /// Its refusal, or why it could not be asked.
    pub message: Option<String>,
}

/// Renders pods; `headline` comes first, and `wide` shows every SCC.
///
/// # Errors
/// Those of the writer.
pub fn render(headline: &str, pods: &[Judged], wide: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", wrap(headline, style.width, "", "  "))?;
    writeln!(out)?;
    table(pods, style, out)?;
    for judged in pods {
        notes(judged, style, out)?;
        if wide {
            constraints(judged, style, out)?;
        }
    }
    Ok(())
}

/// One sentence about one pod.
pub fn headline_of_pod(judged: &Judged, style: Style) -> String {
    let pod = style.bold(&plain(&judged.pod));
    let verdict = &judged.verdict;
    let who = format!("for {} as creator ({})", plain(&judged.creator.user), judged.because);
    match (&verdict.admitted, verdict.ignored, &verdict.scc) {
        (Answer::CannotTell(missing), ..) => {
            format!("Pod {pod}: {}: not read: {}", style.warn("cannot tell"), plain(&missing.join(", ")))
        }
        (Answer::No, ..) => format!("Pod {pod}: {} {who}", style.bad("refused by SCC admission")),
        (Answer::Yes, Some(why), _) => format!("Pod {pod}: {}: {why}", style.good("not judged by SCC admission")),
        (Answer::Yes, None, scc) => {
            let scc = scc.as_deref().unwrap_or_default();
            format!("Pod {pod}: {} {who}", style.good(&format!("admitted by SCC {}", plain(scc))))
        }
    }
}

/// One sentence about the pods of a run.
pub fn headline_of_run(run: &str, pods: &[Judged], style: Style) -> String {
    let run = style.bold(&plain(run));
    let count = |wanted: fn(&Answer) -> bool| pods.iter().filter(|judged| wanted(&judged.verdict.admitted)).count();
    let refused = count(|answer| *answer == Answer::No);
    let unknown = count(|answer| matches!(answer, Answer::CannotTell(_)));
    let all = pods.len();
    let verdict = match (refused, unknown) {
        (0, 0) => style.good(&format!("SCC admission takes all {all} pods")),
        (0, _) => style.warn(&format!("cannot tell for {unknown} of {all} pods whether SCC admission takes them")),
        (refused, 0) => style.bad(&format!("SCC admission refuses {refused} of {all} pods")),
        _ => style.bad(&format!("SCC admission refuses {refused} of {all} pods; {unknown} cannot be judged")),
    };
    format!("Run {run}: {verdict}")
}

/// Renders the changes that get all pods admitted.
///
/// # Errors
/// Those of the writer.
pub fn render_changes(changes: &[Offer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    super::diagnosis::render_offers(changes, style, out)
}

/// Who can carry out an offer: `author` of the run, `taskAuthor`, or `administrator`.
pub fn by(offer: &Offer) -> &'static str {
    let any = |wanted: fn(&Right) -> bool| offer.ops.iter().map(Op::right).any(|right| wanted(&right));
    if any(|right| *right == Right::Administrator) {
        "administrator"
    } else if any(|right| *right == Right::Task) {
        "taskAuthor"
    } else {
        "author"
    }
}

/// The commands of an offer, a line each.
pub fn commands(offer: &Offer) -> String {
    let commands = offer.ops.iter().flat_map(|op| op.commands(wording::caller()));
    commands.map(|command| command.line()).collect::<Vec<_>>().join("\n")
}

const TITLES: [&str; 8] = ["POD", "SERVICEACCOUNT", "CREATOR", "SCC", "BY", "UID", "FSGROUP", "LEVEL"];

fn table(pods: &[Judged], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 8]> = pods.iter().map(row).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].width()).chain([TITLES[column].width()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    let line = |cells: &[String; 8]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.trim_end().to_owned()
    };
    writeln!(out, "{}", style.bold(&line(&TITLES.map(str::to_owned))))?;
    for (row, judged) in rows.iter().zip(pods) {
        let text = line(row);
        let text = if judged.verdict.is_refused() { style.bad(&text) } else { text };
        writeln!(out, "{text}")?;
    }
    Ok(())
}

fn row(judged: &Judged) -> [String; 8] {
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
        |role| if role == "assistant" { format!("{role} {name}") } else { role.clone() },
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
    cells.map(|cell| plain(&cell).into_owned())
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
fn notes(judged: &Judged, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &judged.verdict;
    let name = judged.role.as_deref().unwrap_or_else(|| judged.pod.rsplit('/').next().unwrap_or_default());
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
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "{}:", style.bold(&plain(name)))?;
    for line in lines {
        writeln!(out, "{}", wrap(&plain(&line), style.width, "  • ", "    "))?;
    }
    Ok(())
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
fn constraints(judged: &Judged, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if judged.considered.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let name = judged.role.as_deref().unwrap_or_else(|| judged.pod.rsplit('/').next().unwrap_or_default());
    writeln!(out, "{}", style.bold(&format!("{}: every SCC, in the order of evaluation", plain(name))))?;
    for considered in &judged.considered {
        let account = format!("ServiceAccount: {}", considered.usability.service_account);
        let creator = format!("creator: {}", considered.usability.user);
        let takes = if considered.refusals.is_empty() { "takes it" } else { "refuses it" };
        let may = match considered.usability.subject_type() {
            Some(subject) => format!("usable by {subject}"),
            None if considered.usability.unknown().is_some() => "not known whether usable".to_owned(),
            None => "not usable".to_owned(),
        };
        let chosen = if judged.verdict.scc.as_deref() == Some(&considered.scc) { " ← chosen" } else { "" };
        let head = format!("{}: {takes}, {may} ({account}; {creator}){chosen}", considered.scc);
        writeln!(out, "{}", wrap(&plain(&head), style.width, "  ", "    "))?;
        for sentence in sentences(&considered.refusals).iter().filter(|_| !considered.refusals.is_empty()) {
            writeln!(out, "{}", wrap(&plain(sentence), style.width, "    • ", "      "))?;
        }
    }
    Ok(())
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
