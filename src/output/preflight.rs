//! A preflight as a person reads it.

use std::io::{self, Write};

use crate::checks::preflight::{Note, Place, Preflight};

use super::{Style, plain, wrap};

/// Renders what is known before any run.
///
/// # Errors
/// Those of the writer.
pub fn render(found: &Preflight, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let version = found.tekton_version.as_deref().unwrap_or("of unknown version");
    let place = found.namespace.as_deref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let state = match found.coschedule {
        Some("disabled") => style.good("off"),
        Some(mode) => style.bold(&format!("ON (coschedule: {mode})")),
        None => style.warn("cannot be told"),
    };
    writeln!(out, "Tekton {version}{}; affinity assistant: {state}", plain(&place))?;
    for flag in &found.flags {
        let read = match flag.read {
            // What a run records is not read again: it was in force for that run.
            true if flag.source.starts_with("PipelineRun/") => "in force when it was last reconciled",
            true => "read by this version",
            false => "NOT read by this version",
        };
        writeln!(out, "  {} {}: {:?} ({read})", plain(&flag.source), plain(&flag.key), plain(&flag.value))?;
    }
    for note in &found.notes {
        render_note(note, style, "", out)?;
    }
    for item in &found.cannot_tell {
        writeln!(out, "{}", wrap(&plain(item), style.width, "? cannot tell ", "  "))?;
    }
    for place in &found.namespaces {
        render_place(place, style, out)?;
    }
    Ok(())
}

fn render_note(note: &Note, style: Style, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let mark = match note.severity {
        "error" => style.bad("error"),
        "warning" => style.warn("warning"),
        _ => style.dim("note"),
    };
    let first = format!("{indent}{mark}[{}] ", note.code);
    writeln!(out, "{}", wrap(&plain(&note.text), style.width, &first, &format!("{indent}  ")))
}

fn render_place(place: &Place, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Namespace {}", style.bold(&plain(&place.name)))?;
    let mut facts: Vec<String> = Vec::new();
    if let Some(range) = &place.uid_range {
        facts.push(format!("user ids {range}"));
    }
    if let Some(group) = place.fs_group {
        facts.push(format!("the one fsGroup that restricted-v2 accepts: {group}"));
    }
    if let Some(level) = &place.pod_security {
        facts.push(format!("Pod Security enforces {level}"));
    }
    if !place.service_accounts.is_empty() {
        facts.push(format!("ServiceAccounts {}", place.service_accounts.join(", ")));
    }
    if !facts.is_empty() {
        writeln!(out, "{}", wrap(&plain(&facts.join("; ")), style.width, "  ", "  "))?;
    }
    for note in &place.notes {
        render_note(note, style, "  ", out)?;
    }
    if place.notes.is_empty() && place.cannot_tell.is_empty() {
        writeln!(out, "  nothing here refuses an affinity assistant that carries no setting of a run")?;
    }
    for item in &place.cannot_tell {
        writeln!(out, "{}", wrap(&plain(item), style.width, "  ? cannot tell ", "    "))?;
    }
    Ok(())
}
