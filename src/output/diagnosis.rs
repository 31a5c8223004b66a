//! A diagnosis as a person reads it: the verdict in one sentence, the chain, the
//! evidence, what could not be told, what heals.

use std::io::{self, Write};

use crate::checks::finding::{Finding, Prediction, Repair, RunReport, RunState, Severity};

use super::{Style, plain, wrap};

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
        finding.code,
        style.bold(finding.cause),
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
    render_repairs(&finding.repairs, style, out)
}

fn render_repairs(repairs: &[Repair], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if repairs.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", style.bold("  Repairs"))?;
    for repair in repairs {
        let mark = match repair.predicted {
            Prediction::Heals => style.good("✓ predicted to heal"),
            Prediction::DoesNotHeal => style.bad("✗ predicted NOT to heal"),
            Prediction::Unknown => style.warn("? outcome not predictable"),
        };
        writeln!(out, "{}", wrap(&format!("{mark}: {}", plain(&repair.summary)), style.width, "  ", "    "))?;
        for line in repair.command.lines() {
            writeln!(out, "      $ {}", plain(line))?;
        }
        if !repair.needs.is_empty() {
            writeln!(out, "{}", wrap(&format!("needs: {}", plain(&repair.needs)), style.width, "      ", "      "))?;
        }
        if !repair.risk.is_empty() {
            writeln!(out, "{}", wrap(&format!("mind: {}", plain(&repair.risk)), style.width, "      ", "      "))?;
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

/// Renders several runs: one line each for those without findings, then causes with
/// the runs that share them.
///
/// # Errors
/// Those of the writer.
pub fn render_many(reports: &[RunReport], style: Style, wide: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut causes: Vec<(&'static str, Vec<&RunReport>)> = Vec::new();
    for report in reports {
        if let Some(first) = report.findings.first() {
            match causes.iter_mut().find(|(cause, _)| *cause == first.cause) {
                Some((_, runs)) => runs.push(report),
                None => causes.push((first.cause, vec![report])),
            }
        }
    }
    let fine = reports.iter().filter(|report| report.findings.is_empty()).count();
    writeln!(
        out,
        "{} runs: {fine} without findings, {} with {} {}",
        reports.len(),
        reports.len() - fine,
        causes.len(),
        if causes.len() == 1 { "cause" } else { "causes" }
    )?;
    for (cause, runs) in causes {
        writeln!(out)?;
        writeln!(out, "{} ({} {})", style.bold(cause), runs.len(), if runs.len() == 1 { "run" } else { "runs" })?;
        for report in runs.iter().skip(1) {
            writeln!(out, "  {}/{} is {}", plain(&report.namespace), plain(&report.name), report.state.as_str())?;
        }
        if let Some(first) = runs.first() {
            render(first, style, wide, out)?;
        }
    }
    Ok(())
}
