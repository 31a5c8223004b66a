//! `check`: which Tekton is installed, and what its flags mean in that version.

use serde::Serialize;

use crate::analysis::tekton::flags::{COSCHEDULE, DISABLE_ASSISTANT};
use crate::analysis::tekton::{Coschedule, Installation, TektonVersion};
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::model::Cluster;
use crate::output::{Style, json_v1, plain, wrap};
use crate::sources::Wanted;
use crate::yaml;

use super::choice;

/// Tell which Tekton is installed and what its affinity-assistant flags really do
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

/// What `check -o json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schema_version: &'static str,
    exit_code: u8,
    tekton_version: Option<String>,
    version_source: Option<String>,
    namespace: Option<String>,
    /// `disabled`, `workspaces`, `pipelineruns`, `isolate-pipelinerun`; absent when
    /// it cannot be told.
    coschedule: Option<&'static str>,
    /// Keys of the ConfigMap that decide, as they stand there.
    flags: Vec<Flag>,
    notes: Vec<Note>,
    cannot_tell: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Flag {
    key: String,
    value: String,
    read: bool,
}

#[derive(Debug, Serialize)]
struct Note {
    code: &'static str,
    severity: &'static str,
    text: String,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let source = super::open(globals).await?;
    let wanted = choice::namespace(&source, globals.namespace.as_deref())
        .map_or_else(|_| Wanted::everything(), |namespace| Wanted::namespace(&namespace));
    let cluster = source.read(&wanted).await?;
    let report = report(&cluster);
    let style = ui.style();
    match args.output {
        Some(Output::Json) => {
            serde_json::to_writer_pretty(ui.out(), &report).map_err(std::io::Error::from)?;
            writeln!(ui.out())?;
        }
        Some(Output::Yaml) => {
            let text = yaml::write(&report).map_err(|error| CommandError::unreadable(error.to_string()))?;
            write!(ui.out(), "{text}")?;
        }
        _ => render(&report, style, ui.out())?,
    }
    Ok(report.exit_code)
}

fn report(cluster: &Cluster) -> Report {
    let installation = Installation::find(cluster);
    let mut notes: Vec<Note> = Vec::new();
    let mut cannot_tell: Vec<String> = Vec::new();
    let mut flags: Vec<Flag> = Vec::new();
    let mut mode: Option<Coschedule> = None;
    let version = installation.tekton();
    if version.is_none() {
        cannot_tell.push(
            "the version of Tekton: ConfigMap pipelines-info and Deployment tekton-pipelines-controller were not read"
                .to_owned(),
        );
    }
    if let (Some(map), Some(version)) = (installation.feature_flags, version) {
        for key in [COSCHEDULE, DISABLE_ASSISTANT] {
            if let Some(value) = map.data.get(key) {
                let read = if key == COSCHEDULE {
                    version.reads_coschedule()
                } else {
                    version.reads_disable_affinity_assistant()
                };
                flags.push(Flag { key: key.to_owned(), value: value.clone(), read });
            }
        }
        notes.extend(flag_notes(&installation, version, &mut mode));
    } else if installation.feature_flags.is_none() {
        cannot_tell.push(
            "the flags: ConfigMap feature-flags was not read; it needs get on configmaps in Tekton's namespace"
                .to_owned(),
        );
        mode = witness(cluster);
        if let Some(mode) = mode {
            notes.push(Note {
                code: "TKF603",
                severity: "info",
                text: format!(
                    "coschedule was {} when the newest run was reconciled, by its status.provenance",
                    mode.as_str()
                ),
            });
        }
    }
    notes.extend(operator_note(cluster, version));
    if let Some(version) = version
        && version > TektonVersion::NEWEST_KNOWN
    {
        notes.push(Note {
            code: "TKF604",
            severity: "info",
            text: format!(
                "Tekton {version} is newer than {}, the newest that is known here; it is judged like that one",
                TektonVersion::NEWEST_KNOWN
            ),
        });
    }
    let warned = notes.iter().any(|note| note.severity != "info");
    let exit_code = if warned {
        exit::FINDINGS
    } else if mode.is_none() {
        exit::INCOMPLETE
    } else {
        exit::OK
    };
    Report {
        schema_version: json_v1::SCHEMA_VERSION,
        exit_code,
        tekton_version: version.map(|version| version.to_string()),
        version_source: installation.version.as_ref().map(|(_, source)| source.clone()),
        namespace: installation.namespace.clone(),
        coschedule: mode.map(Coschedule::as_str),
        flags,
        notes,
        cannot_tell,
    }
}

fn flag_notes(installation: &Installation<'_>, version: TektonVersion, mode: &mut Option<Coschedule>) -> Vec<Note> {
    let mut notes = Vec::new();
    let Some(flags) = installation.assistant_flags() else { return notes };
    match flags.mode {
        Ok(found) => *mode = Some(found),
        Err(invalid) => notes.push(Note {
            code: "TKF602",
            severity: "error",
            text: format!("{}: {:?} is rejected by the controller ({}); it keeps the configuration it had before, and after a restart it does not start", invalid.key, invalid.value, invalid.error),
        }),
    }
    if let Some(value) = flags.dead_key {
        let on = mode.is_some_and(|mode| mode != Coschedule::Disabled);
        let contradicts = on && matches!(value.to_lowercase().as_str(), "true" | "t" | "1");
        let state = match mode {
            Some(Coschedule::Disabled) => "off",
            Some(_) => "on",
            None => "in an unknown state",
        };
        notes.push(Note {
            code: "TKF601",
            severity: if contradicts { "warning" } else { "info" },
            text: format!("{DISABLE_ASSISTANT}: {value:?} does nothing: Tekton {version} does not read that key (removed in 1.0); coschedule decides, and the affinity assistant is {state}"),
        });
    }
    if let Some(found) = *mode {
        notes.push(Note { code: "TKF603", severity: "info", text: meaning(found, version) });
    }
    // What the same text will mean after the upgrade that drops the old key.
    if version.reads_disable_affinity_assistant()
        && let Some(map) = installation.feature_flags
    {
        let after = crate::analysis::tekton::flags::assistant_flags(&map.data, TektonVersion::new(1, 0, 0)).mode.ok();
        if after != *mode
            && let (Some(now), Some(after)) = (*mode, after)
        {
            notes.push(Note {
                code: "TKF605",
                severity: "warning",
                text: format!("an upgrade to Tekton 1.0 or later turns {} into {} without any change of the ConfigMap; set coschedule: {} before it", now.as_str(), after.as_str(), now.as_str()),
            });
        }
    }
    notes
}

fn meaning(mode: Coschedule, version: TektonVersion) -> String {
    let account = if version.assistant_has_service_account() {
        "the run's ServiceAccount"
    } else {
        "ServiceAccount default, whatever the run's is"
    };
    let context = if version.assistant_has_security_context() {
        "with the run's pod securityContext"
    } else {
        "without the run's pod securityContext"
    };
    match mode {
        Coschedule::Disabled => "the affinity assistant is off: pods of a run may land on different nodes".to_owned(),
        Coschedule::Workspaces => format!(
            "the affinity assistant is on: one for each claim of a run, and every pod that uses the claim must stand beside it; its pod runs as {account}, {context}"
        ),
        Coschedule::PipelineRuns => format!(
            "the affinity assistant is on: one for each run, all its pods on one node; its pod runs as {account}, {context}"
        ),
        Coschedule::IsolatePipelineRun => format!(
            "the affinity assistant is on: one for each run, and no two runs on one node; its pod runs as {account}, {context}"
        ),
    }
}

/// The newest run's own witness of the flag.
fn witness(cluster: &Cluster) -> Option<Coschedule> {
    let newest = cluster.pipeline_runs.iter().max_by_key(|run| run.metadata.creation_timestamp)?;
    newest.status.provenance.as_ref()?.flag("coschedule")?.as_str().and_then(Coschedule::parse)
}

/// The operator still writes the dead key.
fn operator_note(cluster: &Cluster, version: Option<TektonVersion>) -> Option<Note> {
    let config = cluster.tekton_configs.first()?;
    let value = config.spec.pointer("/pipeline/disable-affinity-assistant")?.as_bool()?;
    let version = version.filter(|version| !version.reads_disable_affinity_assistant())?;
    Some(Note {
        code: "TKF606",
        severity: "info",
        text: format!(
            "TektonConfig sets {DISABLE_ASSISTANT}: {value}, which Tekton {version} does not read; the lasting place for the decision is spec.pipeline.coschedule of TektonConfig, edits of the ConfigMap are lost at the next upgrade of the operator"
        ),
    })
}

fn render(report: &Report, style: Style, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let version = report.tekton_version.as_deref().unwrap_or("of unknown version");
    let place = report.namespace.as_deref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let state = match report.coschedule {
        Some("disabled") => style.good("off"),
        Some(mode) => style.bold(&format!("ON (coschedule: {mode})")),
        None => style.warn("cannot be told"),
    };
    writeln!(out, "Tekton {version}{}; affinity assistant: {state}", plain(&place))?;
    for flag in &report.flags {
        let read = if flag.read { "read by this version" } else { "NOT read by this version" };
        writeln!(out, "  feature-flags {}: {:?} ({read})", plain(&flag.key), plain(&flag.value))?;
    }
    for note in &report.notes {
        let mark = match note.severity {
            "error" => style.bad("error"),
            "warning" => style.warn("warning"),
            _ => style.dim("note"),
        };
        writeln!(out, "{}", wrap(&plain(&note.text), style.width, &format!("{mark}[{}] ", note.code), "  "))?;
    }
    for item in &report.cannot_tell {
        writeln!(out, "{}", wrap(&plain(item), style.width, "? cannot tell ", "  "))?;
    }
    Ok(())
}
