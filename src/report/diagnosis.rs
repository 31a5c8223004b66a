//! A diagnosis: what is wrong with which run on the first two lines, then why, then what to
//! type. Evidence, risks and all commands come with `-o wide`.

use crate::checks::grouping;
use crate::checks::ruled_out::RuledOut;
use crate::finding::{Cause, Evidence, Finding, Offer, Outcome, RunReport, RunState, Severity};

use super::document::{Cell, Column, Table};
use super::{Block, Document, Text, Tone, emit, wording};

/// How much of a diagnosis is shown without `-o wide`.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Open questions.
    open: usize,
    /// Offers that get a line of their own.
    offers: usize,
    /// Offers that do not help.
    vain: usize,
}

/// What is shown of a diagnosis that is short enough.
const ROOMY: Limits = Limits { open: 3, offers: 5, vain: 3 };
/// What is shown of a longer one: causes, reasons and the best fix stay, the alternatives go.
const TIGHT: Limits = Limits { open: 1, offers: 1, vain: 1 };
/// The longest diagnosis that is shown with all of its alternatives, in lines.
const LONGEST: usize = 40;
/// The last line on which a fix that works begins: a terminal has 24, and some are scrolled
/// away by the prompt.
const NEAR: usize = 20;
/// Columns at which lines are counted.
const COLUMNS: usize = 80;
/// Tasks that are named on the first line.
const TASKS: usize = 3;

/// The diagnosis of one run; `wide` adds evidence, risks and all commands.
pub(crate) fn one(report: &RunReport, wide: bool) -> Document {
    if wide {
        let mut document = Document { blocks: vec![opening(report)] };
        document.append(whole(report));
        document.blocks.extend(in_git(report));
        return document;
    }
    let roomy = brief(report, ROOMY);
    if emit::height(&roomy, COLUMNS) <= LONGEST { roomy } else { brief(report, TIGHT) }
}

fn opening(report: &RunReport) -> Block {
    // Where it is the whole answer it has the headline as well, which may be long.
    let is_all = report.findings.is_empty();
    if is_all { Block::Verdict(first_line(report)) } else { Block::Line(first_line(report)) }
}

/// The diagnosis without evidence: why, then what fixes it. Where that would begin below the
/// first screen, or under another cause than the first, what fixes it comes before why, so that
/// nobody has to read through all of it to find what to do.
fn brief(report: &RunReport, limits: Limits) -> Document {
    let mut document = Document { blocks: vec![opening(report)] };
    let works = |finding: &&Finding| with(&finding.offers, Outcome::GoesOn).next().is_some();
    let fixed = report.findings.iter().position(|finding| works(&finding));
    let mut is_fixed = false;
    let mut begins = 0;
    for (at, finding) in report.findings.iter().enumerate() {
        document.push(Block::Verdict(title(finding)));
        document.section(Tone::Strong.of("Why"), Block::items(">", &finding.chain));
        document.section(Tone::Strong.of("Unknown"), open(finding, limits.open));
        if fixed == Some(at) {
            // After a blank line and the heading.
            begins = emit::height(&document, COLUMNS) + 3;
        }
        // An offer that works takes care of every cause; a later one has nothing to add
        // unless something works there as well.
        if !finding.offers.is_empty() && !is_fixed {
            document.section(Tone::Strong.of(heading(&finding.offers)), short(&finding.offers, limits));
            is_fixed = works(&finding);
        }
    }
    if let Some(at) = fixed.filter(|at| *at > 0 || begins > NEAR) {
        document = fix_first(report, &report.findings[at], limits);
    }
    document.blocks.extend(in_git(report));
    if let Some(first) = report.findings.first() {
        let code = first.cause.code();
        document.push(Block::Note(format!("Evidence, risks, all commands: -o wide.  About the cause: explain {code}")));
    }
    document
}

/// Where the run has to be changed as well, so that the next one is not stuck again.
pub(crate) fn in_git(report: &RunReport) -> Vec<Block> {
    let lines = wording::origins::of_report(report);
    lines.into_iter().map(|line| Block::Paragraph(Tone::Careful.of(format!("Fix it in Git too: {line}.")))).collect()
}

/// The first lines of a diagnosis: the run, and each cause.
pub(crate) fn head(report: &RunReport) -> Document {
    let titles = report.findings.iter().map(|finding| Block::Verdict(title(finding)));
    Document { blocks: std::iter::once(Block::Line(first_line(report))).chain(titles).collect() }
}

/// What is wrong, then what works, and only then why.
fn fix_first(report: &RunReport, fixed: &Finding, limits: Limits) -> Document {
    let mut document = Document { blocks: vec![opening(report)] };
    document.blocks.extend(report.findings.iter().map(|finding| Block::Verdict(title(finding))));
    document.section(Tone::Strong.of(heading(&fixed.offers)), short(&fixed.offers, limits));
    let is_one = report.findings.len() == 1;
    for finding in &report.findings {
        let of = |word: &str, of: &str| {
            if is_one { word.to_owned() } else { format!("{word}{of} {}", finding.cause.code()) }
        };
        document.section(Tone::Strong.of(of("Why", "")), Block::items(">", &finding.chain));
        document.section(Tone::Strong.of(of("Unknown", " of")), open(finding, limits.open));
    }
    document
}

/// Each finding with its evidence and all that is offered.
fn whole(report: &RunReport) -> Document {
    let mut document = Document::default();
    for finding in &report.findings {
        document.push(Block::Verdict(title(finding)));
        document.section(Tone::Strong.of("Why"), Block::items(">", &finding.chain));
        document.section(Tone::Strong.of("Evidence"), Block::items("*", finding.evidence.iter().map(quoted)));
        document.section(Tone::Strong.of("Unknown"), open(finding, finding.cannot_tell.len()));
        document.section(Tone::Strong.of("Fix"), offers(&finding.offers));
    }
    document
}

/// State, run, age and what waits: complete on one line, to be searched.
fn first_line(report: &RunReport) -> Text {
    let mut more: Vec<String> = report.age.map(wording::age).into_iter().collect();
    match report.waiting.as_slice() {
        [] => {}
        [one] => more.push(format!("task {one} waits")),
        tasks if tasks.len() <= TASKS => more.push(format!("tasks {} wait", tasks.join(", "))),
        tasks => more.push(format!("{} tasks wait", tasks.len())),
    }
    if report.findings.is_empty() {
        more.push(report.headline.clone());
    }
    let run = format!("{}/{}", report.namespace, report.name);
    let (tone, word) = state(report);
    tone.of(format!("{word:<6}")).and(" ").and(Tone::Strong.of(run)).and(format!("  {}", more.join(", ")))
}

fn state(report: &RunReport) -> (Tone, &'static str) {
    match report.state {
        RunState::Waiting if report.is_held() => (Tone::Careful, "HELD"),
        RunState::Healthy => (Tone::Good, "OK"),
        RunState::Waiting => (Tone::Careful, "WAIT"),
        RunState::Stuck => (Tone::Bad, "STUCK"),
        RunState::Failed => (Tone::Bad, "FAILED"),
        RunState::Cancelled => (Tone::Careful, "CANCELLED"),
        RunState::Unknown => (Tone::Careful, "CANNOT TELL"),
    }
}

/// Code, what is wrong, and how sure that is.
fn title(finding: &Finding) -> Text {
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Careful,
        Severity::Info => Tone::Strong,
    };
    tone.of(finding.cause.code()).and(format!(" {} [{}]", finding.summary, finding.confidence().as_str()))
}

pub(super) fn quoted(item: &Evidence) -> Text {
    let source = if item.source.is_empty() { String::new() } else { format!(" [{}]", item.source) };
    Text::from(format!("{} {}: {}", item.object, item.field, item.value)).and(Tone::Dim.of(source))
}

/// What is unknown, with what to collect.
fn open(finding: &Finding, shown: usize) -> Vec<Block> {
    let mut items = Block::items("?", finding.cannot_tell.iter().take(shown));
    let more = finding.cannot_tell.len().saturating_sub(shown);
    if more > 0 {
        items.push(Block::Note(format!("and {more} more (-o wide)")));
    }
    items
}

fn with(offers: &[Offer], outcome: Outcome) -> impl Iterator<Item = &Offer> {
    offers.iter().filter(move |offer| offer.forecast.outcome() == outcome)
}

/// How many offers work, and that a new run begins again.
fn heading(offers: &[Offer]) -> String {
    let works: Vec<&Offer> = with(offers, Outcome::GoesOn).collect();
    let restarts =
        if works.first().is_some_and(|best| best.submits()) { "; a new run starts at its first task" } else { "" };
    match works.as_slice() {
        [] => "Fix (none is known to work)".to_owned(),
        [_] => format!("Fix (predicted to work{restarts})"),
        several => format!("Fix (all {} predicted to work{restarts})", several.len()),
    }
}

/// What works, the best with its commands; then what may work, and what does not.
fn short(offers: &[Offer], limits: Limits) -> Vec<Block> {
    const MARKS: [&str; ROOMY.offers] = ["1.", "2.", "3.", "4.", "5."];
    let mut blocks = Vec::new();
    for (at, (offer, mark)) in with(offers, Outcome::GoesOn).zip(MARKS).take(limits.offers).enumerate() {
        let mut body = Vec::new();
        if at == 0 {
            body.extend(commands(offer));
            let wide = offer.risks.iter().filter(|risk| risk.is_wide());
            body.extend(wide.map(|risk| Block::Paragraph(format!("risk: {}", wording::risk(risk)).into())));
        }
        blocks.push(Block::Item { mark, text: wording::summary(offer).into(), body });
    }
    let more = with(offers, Outcome::GoesOn).count().saturating_sub(limits.offers);
    if more > 0 {
        blocks.push(Block::Note(format!("and {more} more (-o wide)")));
    }
    let has_none = blocks.is_empty();
    for (at, offer) in with(offers, Outcome::Unknown).take(limits.offers).enumerate() {
        let because = wording::because(&offer.forecast);
        let why = because.first().map(|why| format!("; unknown: {why}")).unwrap_or_default();
        let text = format!("May help: {}{why}", wording::summary(offer));
        // Somebody without a sure way still wants something to try.
        let body = if has_none && at == 0 { commands(offer) } else { Vec::new() };
        blocks.push(Block::Item { mark: "", text: text.into(), body });
    }
    let vain: Vec<String> = with(offers, Outcome::Blocked).map(wording::summary).collect();
    if !vain.is_empty() {
        let more = vain.len().saturating_sub(limits.vain);
        let more = if more > 0 { format!("; {more} more") } else { String::new() };
        let vain: Vec<String> = vain.into_iter().take(limits.vain).collect();
        blocks.push(Block::entry(format!("Does not help: {}{more}.", vain.join("; "))));
    }
    blocks
}

/// Offers, what works first.
pub(super) fn offers(offers: &[Offer]) -> Vec<Block> {
    offers.iter().map(offer).collect()
}

fn offer(offer: &Offer) -> Block {
    let outcome = offer.forecast.outcome();
    let verdict = match outcome {
        Outcome::GoesOn => Tone::Good.of("works"),
        Outcome::Blocked => Tone::Bad.of("does not help"),
        Outcome::Unknown => Tone::Careful.of("unknown"),
    };
    let mut details = Vec::new();
    let because = wording::because(&offer.forecast);
    if !because.is_empty() {
        details.push(Block::Paragraph(format!("because {}", because.join("; ")).into()));
    }
    // Nobody should paste what will not work.
    if outcome != Outcome::Blocked {
        details.extend(commands(offer));
        details.extend(conditions(offer));
    }
    let text = verdict.and(format!(": {}", wording::summary(offer)));
    Block::Item { mark: "", text, body: vec![Block::Nested(details)] }
}

/// What an offer takes, and what it endangers.
pub(super) fn conditions(offer: &Offer) -> impl Iterator<Item = Block> {
    let both = [("requires", wording::rights(offer)), ("risk", wording::risks(offer))];
    let both = both.into_iter().filter(|(_, text)| !text.is_empty());
    both.map(|(title, text)| Block::Paragraph(format!("{title}: {text}").into()))
}

/// The commands of an offer.
pub(super) fn commands(offer: &Offer) -> Vec<Block> {
    wording::commands(offer).map(Block::Command).collect()
}

/// The diagnosis of several runs: how many need attention, a line for each of them with
/// the runs of one cause together, then what fixes each cause. `wide` shows each whole.
pub(crate) fn many(reports: &[RunReport], wide: bool) -> Document {
    if reports.is_empty() {
        return Document { blocks: vec![Block::Line("there are no PipelineRuns".into())] };
    }
    let groups = grouping::groups(reports);
    let mut document = Document { blocks: vec![Block::Line(summary(reports, &groups).into())] };
    if groups.is_empty() {
        return document;
    }
    if wide {
        for report in groups.iter().flat_map(|group| &group.runs) {
            document.push(Block::Section(first_line(report), Vec::new()));
            document.append(whole(report));
        }
        return document;
    }
    let rows = groups.iter().flat_map(|group| group.runs.iter().map(|report| row(group.cause, report))).collect();
    let columns = vec![
        Column::needed("CODE"),
        Column::needed("RUN"),
        Column::spare("STATE"),
        Column::spare("AGE"),
        Column::needed("CAUSE"),
    ];
    document.push(Block::Table(Table { columns, rows, is_whole: false, has_header: true }));
    let mut fixes: Vec<Block> = groups.iter().map(fix).collect();
    fixes.dedup();
    document.section(Tone::Strong.of("Fix"), fixes);
    document.push(Block::Note("One run in full: diagnose NAMESPACE/RUN.  All in full: -o wide".to_owned()));
    document
}

/// The line of a run.
fn row(cause: Cause, report: &RunReport) -> Vec<Cell> {
    let further: Vec<&str> = report.findings.iter().skip(1).map(|finding| finding.cause.code()).collect();
    let further = if further.is_empty() { String::new() } else { format!(", then {}", further.join(", ")) };
    let (tone, word) = state(report);
    vec![
        Cell::Text(cause.code().into()),
        Cell::Text(format!("{}/{}", report.namespace, report.name).into()),
        Cell::Text(tone.of(word)),
        Cell::Text(report.age.map(wording::age).unwrap_or_default().into()),
        Cell::Text(format!("{}{further}", cause.id()).into()),
    ]
}

/// What fixes the runs of a cause.
fn fix(group: &grouping::Group<'_>) -> Block {
    let finding = group.runs.first().and_then(|report| report.findings.first());
    let offers = finding.map_or(&[][..], |finding| &finding.offers);
    let best = with(offers, Outcome::GoesOn).next();
    let text = match best {
        Some(best) => wording::summary(best),
        None => "no fix is known to work".to_owned(),
    };
    Block::item(group.cause.code(), text)
}

fn summary(reports: &[RunReport], groups: &[grouping::Group<'_>]) -> String {
    let held = reports.iter().filter(|report| report.is_held()).count();
    let affected = groups.iter().map(|group| group.runs.len()).sum::<usize>() - held;
    let groups = groups.iter().filter(|group| group.runs.iter().any(|report| !report.is_held())).count();
    let all = count(reports.len(), "run", "runs");
    let causes = count(groups, "cause", "causes");
    let held = if held == 0 { String::new() } else { format!("; {held} held") };
    match affected {
        0 => format!("no run needs attention ({all}){held}"),
        1 => format!("1 of {all} needs attention{held}"),
        _ => format!("{affected} of {all} need attention, {causes}{held}"),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What was ruled out, and why.
pub(crate) fn ruled_out(cleared: &[RuledOut]) -> Document {
    let mut document = Document::default();
    let line = |item: &RuledOut| format!("{}: {}", item.suspect.id(), item.because);
    document.section(Tone::Strong.of("Ruled out"), Block::items("–", cleared.iter().map(line)));
    document
}
