//! Reads exports: `oc adm inspect` and must-gather folders, loose YAML and JSON.

mod layout;
mod objects;

pub use objects::prune_nulls;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::Cluster;

use super::SourceError;

/// Largest file that is read, in bytes; larger ones are logs or archives.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// Deepest folder that is entered.
const DEEPEST: usize = 16;

/// Reads an export: a folder, a file, or standard input for `-`.
///
/// # Errors
/// When the path cannot be read or holds nothing that a verdict reads.
pub fn read(from: &str) -> Result<Cluster, SourceError> {
    let mut cluster = Cluster::default();
    if from == "-" {
        let mut text = String::new();
        std::io::stdin()
            .take(LARGEST_FILE)
            .read_to_string(&mut text)
            .map_err(|error| SourceError::new(format!("cannot read standard input: {error}")))?;
        objects::read_loose(&mut cluster, "standard input", &text);
    } else {
        let path = Path::new(from);
        let meta = fs::metadata(path).map_err(|error| {
            SourceError::new(format!("cannot read {from}: {error}")).hint(
                "--from takes a folder (must-gather, oc adm inspect), a YAML or JSON file, or - for standard input",
            )
        })?;
        if meta.is_dir() {
            read_folder(&mut cluster, path)?;
        } else {
            let text = read_file(path).map_err(|reason| SourceError::new(format!("cannot read {from}: {reason}")))?;
            objects::read_loose(&mut cluster, from, &text);
        }
    }
    cluster.sort();
    if cluster.origins.is_empty() {
        let mut error = SourceError::new(format!("{from} holds no Kubernetes objects that could be read"));
        for unreadable in cluster.unreadable.iter().take(3) {
            error = error.hint(unreadable.to_string());
        }
        return Err(error.hint("collect one with: oc adm inspect ns/NAMESPACE --dest-dir=DIR"));
    }
    Ok(cluster)
}

fn read_folder(cluster: &mut Cluster, root: &Path) -> Result<(), SourceError> {
    let mut files = Vec::new();
    walk(root, 0, &mut files).map_err(|error| SourceError::new(format!("cannot read {}: {error}", root.display())))?;
    files.sort();
    for path in files {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let place = layout::Place::of(relative);
        let name = relative.to_string_lossy().into_owned();
        match place {
            layout::Place::Ignored => {}
            layout::Place::Timestamp => {
                if let Ok(text) = read_file(&path) {
                    cluster.taken_at = layout::taken_at(&text).or(cluster.taken_at);
                }
            }
            layout::Place::Log { namespace, pod, container } => {
                if let Ok(text) = read_file(&path) {
                    std::sync::Arc::make_mut(&mut cluster.logs).insert(format!("{namespace}/{pod}/{container}"), text);
                }
            }
            layout::Place::Objects(listed) => match read_file(&path) {
                Ok(text) => objects::read_listed(cluster, &name, &text, listed.as_ref()),
                Err(reason) => objects::unreadable(cluster, &name, reason),
            },
        }
    }
    Ok(())
}

/// All plain files below a folder; links are not followed, they could lead anywhere.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if depth > DEEPEST {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), depth + 1, files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_FILE {
        return Err(format!("{size} bytes; files over {LARGEST_FILE} bytes are not read"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
