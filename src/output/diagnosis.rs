//! A diagnosis as a person reads it: the verdict in one sentence, the chain, the
//! evidence, what could not be told, what heals.

use std::io::{self, Write};

use crate::checks::grouping;
use crate::checks::ruled_out::RuledOut;
use crate::finding::{Finding, Offer, Outcome, RunReport, RunState, Severity};

use super::{Style, plain, wording, wrap};

/// Longest quoted value without `-o wide`, in characters: a refusal by SCC lists
/// every constraint of the cluster.
const QUOTE: usize = 300;

/// Renders one run.
///
/// # Errors
/// Those of the writer.
pub fn render(report: &RunReport, style: Style, wide: bool, out: &mut dyn Write) -> io::Result<()> {
    let run = format!("{}/{}", report.namespace, report.name);
    let state = match report.state {
        RunState::Healthy => style.good("healthy"),
        RunState::Waiting => style.warn("waiting"),
        RunState::Stuck => style.bad("STUCK"),
        RunState::Failed => style.bad("FAILED"),
        RunState::Cancelled => style.warn("cancelled"),
        RunState::Unknown => style.warn("CANNOT TELL"),
    };
    let headline = format!("PipelineRun {} is {state}: {}", style.bold(&plain(&run)), plain(&report.headline));
    if report.findings.is_empty() {
        // A healthy run is one line, to be grepped.
        return writeln!(out, "{headline}");
    }
    writeln!(out, "{}", wrap(&headline, style.width, "", "  "))?;
    for (number, finding) in report.findings.iter().enumerate() {
        writeln!(out)?;
        render_finding(finding, number + 1, report.findings.len(), style, wide, out)?;
    }
    Ok(())
}

fn render_finding(
    finding: &Finding,
    number: usize,
    of: usize,
    style: Style,
    wide: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let severity = match finding.severity {
        Severity::Error => style.bad("error"),
        Severity::Warning => style.warn("warning"),
        Severity::Info => "info".to_owned(),
    };
    let order = if of > 1 { format!("cause {number} of {of}: ") } else { String::new() };
    writeln!(
        out,
        "{severity}[{}] {order}{} ({})",
        finding.cause.code(),
        style.bold(finding.cause.id()),
        finding.confidence.as_str()
    )?;
    if number > 1 {
        writeln!(out, "{}", wrap(&plain(&finding.summary), style.width, "  ", "  "))?;
    }
    if !finding.chain.is_empty() {
        writeln!(out, "{}", style.bold("  How it comes about"))?;
        for link in &finding.chain {
            writeln!(out, "{}", wrap(&plain(link), style.width, "  → ", "    "))?;
        }
    }
    if !finding.evidence.is_empty() {
        writeln!(out, "{}", style.bold("  Evidence"))?;
        for item in &finding.evidence {
            let value = plain(&item.value);
            let value = if wide { value.into_owned() } else { shorten(&value) };
            let source = if item.source.is_empty() { String::new() } else { format!(" [{}]", item.source) };
            let line = format!("{} {}: {value}{}", plain(&item.object), plain(&item.field), style.dim(&plain(&source)));
            writeln!(out, "{}", wrap(&line, style.width, "  • ", "    "))?;
        }
    }
    if !finding.cannot_tell.is_empty() {
        writeln!(out, "{}", style.bold("  Cannot tell"))?;
        for item in &finding.cannot_tell {
            writeln!(out, "{}", wrap(&plain(item), style.width, "  ? ", "    "))?;
        }
    }
    render_offers(&finding.offers, style, out)
}

/// Renders offers, what works first.
///
/// # Errors
/// Those of the writer.
pub(super) fn render_offers(offers: &[Offer], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if offers.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", style.bold("  Repairs"))?;
    for offer in offers {
        let outcome = offer.forecast.outcome();
        let mark = match outcome {
            Outcome::GoesOn => style.good("works"),
            Outcome::Blocked => style.bad("does not help"),
            Outcome::Unknown => style.warn("unknown"),
        };
        let summary = wording::summary(offer);
        writeln!(out, "{}", wrap(&format!("{mark}: {}", plain(&summary)), style.width, "  ", "    "))?;
        let because = wording::because(&offer.forecast);
        if !because.is_empty() {
            let because = format!("because {}", because.join("; "));
            writeln!(out, "{}", wrap(&plain(&because), style.width, "      ", "      "))?;
        }
        // Nobody should paste what will not work.
        if outcome == Outcome::Blocked {
            continue;
        }
        for command in offer.ops.iter().flat_map(|op| op.commands(wording::caller())) {
            writeln!(out, "      $ {}", plain(&command.line()))?;
        }
        let rights = wording::rights(offer);
        if !rights.is_empty() {
            writeln!(out, "{}", wrap(&format!("requires: {rights}"), style.width, "      ", "      "))?;
        }
        let risk = wording::risks(offer);
        if !risk.is_empty() {
            writeln!(out, "{}", wrap(&format!("risk: {}", plain(&risk)), style.width, "      ", "      "))?;
        }
    }
    Ok(())
}

fn shorten(value: &str) -> String {
    if value.chars().count() <= QUOTE {
        return value.to_owned();
    }
    let kept: String = value.chars().take(QUOTE).collect();
    format!("{kept}… (-o wide shows all)")
}

/// Renders several runs, grouped by root cause: how many there are, then each cause
/// with its runs and what one of them shows.
///
/// # Errors
/// Those of the writer.
pub fn render_many(reports: &[RunReport], style: Style, wide: bool, out: &mut dyn Write) -> io::Result<()> {
    if reports.is_empty() {
        return writeln!(out, "there are no PipelineRuns");
    }
    let groups = grouping::groups(reports);
    let ill: usize = groups.iter().map(|group| group.runs.len()).sum();
    let count = |number: usize, one: &str, many: &str| match number {
        1 => format!("one {one}"),
        _ => format!("{number} {many}"),
    };
    let causes = if ill == 0 {
        "nothing is wrong".to_owned()
    } else {
        format!("{} with {}", count(ill, "run", "runs"), count(groups.len(), "cause", "causes"))
    };
    let further = reports.iter().any(|report| report.findings.len() > 1);
    let causes = if further { causes.replace("one cause", "one first cause") } else { causes };
    let fine = reports.len() - ill;
    writeln!(out, "{causes}; {} without findings", count(fine, "run", "runs"))?;
    for group in groups {
        let Some(first) = group.runs.first() else { continue };
        writeln!(out)?;
        writeln!(out, "{}: {}", style.bold(&count(group.runs.len(), "run", "runs")), style.bold(group.cause.id()))?;
        for report in group.runs.iter().skip(1) {
            writeln!(out, "  {}/{} is {}", plain(&report.namespace), plain(&report.name), report.state.as_str())?;
        }
        render(first, style, wide, out)?;
    }
    Ok(())
}

/// Renders what was ruled out.
///
/// # Errors
/// Those of the writer.
pub fn render_ruled_out(cleared: &[RuledOut], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if cleared.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("Ruled out"))?;
    for item in cleared {
        let line = format!("{}: {}", item.suspect.id(), plain(&item.because));
        writeln!(out, "{}", wrap(&line, style.width, "  – ", "    "))?;
    }
    Ok(())
}
