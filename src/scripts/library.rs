//! Where workflows come from: those of this program, and those of the user's own folder.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Folder of the configuration instead of the user's own.
pub const FOLDER: &str = "TEKTON_FIX_CONFIG";
/// Bytes of a file that are read at most: one more than a workflow may have tells that it
/// is too large.
const SIZE: u64 = (64 << 10) + 1;
/// Files of the folder that are read at most.
const FILES: usize = 200;

/// The workflows of this program.
const BUILT_IN: [(&str, &str); 9] = [
    ("apply-plan", include_str!("built_in/apply-plan.yaml")),
    ("coschedule-disabled", include_str!("built_in/coschedule-disabled.yaml")),
    ("create-claim", include_str!("built_in/create-claim.yaml")),
    ("drop-security-context", include_str!("built_in/drop-security-context.yaml")),
    ("fs-group-only", include_str!("built_in/fs-group-only.yaml")),
    ("lower-request", include_str!("built_in/lower-request.yaml")),
    ("pin-node", include_str!("built_in/pin-node.yaml")),
    ("probe-then-resubmit", include_str!("built_in/probe-then-resubmit.yaml")),
    ("raise-quota", include_str!("built_in/raise-quota.yaml")),
];

/// The JSON Schema of workflows.
pub const SCHEMA: &str = include_str!("../../docs/schema/workflow/v1/RepairWorkflow.json");
/// The file in which an editor finds it, beside a workflow.
const SCHEMA_FILE: &str = "RepairWorkflow.json";
/// The comment by which an editor finds a schema.
const MODELINE: &str = "# yaml-language-server: $schema=";

/// Where a workflow was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is one of this program, by its name.
    BuiltIn(&'static str),
    /// It is in a file.
    File(PathBuf),
}

/// The text of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where it was read.
    pub origin: Origin,
    /// Its text.
    pub text: String,
}

/// The folder of the user's own workflows; `None` where there is no home.
pub fn folder() -> Option<PathBuf> {
    let given = std::env::var_os(FOLDER).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder =
        given.or_else(|| Some(directories::ProjectDirs::from("", "", "oc-tekton-fix")?.config_dir().to_owned()))?;
    Some(folder.join("workflows"))
}

/// The workflows of this program.
pub fn built_in() -> impl Iterator<Item = Document> {
    BUILT_IN.iter().map(|(name, text)| Document { origin: Origin::BuiltIn(name), text: (*text).to_owned() })
}

/// The files of the user's folder, by name; none where there is no such folder.
///
/// # Errors
/// When the folder exists and cannot be read.
pub fn own_files() -> io::Result<Vec<PathBuf>> {
    let Some(folder) = folder() else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_yaml).collect();
    files.sort();
    files.truncate(FILES);
    Ok(files)
}

/// The text of a workflow with a comment that names the schema in the same folder, wherever
/// that is.
pub fn beside_its_schema(text: &str) -> String {
    let rest = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(MODELINE) => rest,
        _ => text,
    };
    format!("{MODELINE}{SCHEMA_FILE}\n{rest}")
}

/// Writes a workflow into a folder, and the schema beside it; what was written. A workflow
/// that is there already is left as it is.
///
/// # Errors
/// When it exists, or one of them cannot be written.
pub fn save(folder: &Path, name: &str, text: &str) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let workflow = folder.join(format!("{name}.yaml"));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&workflow)?;
    file.write_all(text.as_bytes())?;
    let schema = folder.join(SCHEMA_FILE);
    // It is that of this program, whatever version wrote it before.
    fs::write(&schema, SCHEMA)?;
    Ok(vec![workflow, schema])
}

/// The text of a file, as far as a workflow may be long.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> io::Result<Document> {
    let mut text = String::new();
    fs::File::open(path)?.take(SIZE).read_to_string(&mut text)?;
    Ok(Document { origin: Origin::File(path.to_owned()), text })
}
