//! Reads exports: `oc adm inspect` and must-gather folders, loose YAML and JSON.

mod clock;
mod files;
mod layout;
mod objects;
mod seen;

use std::path::Path;

use crate::model::Cluster;
use crate::yaml;

use super::SourceError;
use files::Found;
use objects::Reader;

/// Reads an export: a folder, a file, or standard input for `-`.
///
/// # Errors
/// When the path cannot be read or holds nothing that a verdict reads.
pub fn read(from: &str) -> Result<Cluster, SourceError> {
    let mut reader = Reader::default();
    let is_folder = from != "-" && Path::new(from).is_dir();
    if is_folder {
        folder(&mut reader, Path::new(from))?;
    } else {
        let name = if from == "-" { "standard input" } else { from };
        let text = files::whole(from).and_then(yaml::text).map_err(|reason| {
            SourceError::new(format!("cannot read {name}: {reason}")).hint(
                "--from takes a folder (must-gather, oc adm inspect), a YAML or JSON file, or - for standard input",
            )
        })?;
        reader.read(name, &text, None);
    }
    let Reader { mut cluster, seen } = reader;
    cluster.sort();
    seen.record(&mut cluster);
    cluster.taken_at = clock::of(&cluster);
    if cluster.origins.is_empty() {
        let mut error = SourceError::new(format!("{from} holds no Kubernetes objects that could be read"));
        for unreadable in cluster.unreadable.iter().take(3) {
            error = error.hint(unreadable.to_string());
        }
        return Err(error.hint("`oc adm inspect ns/NAMESPACE` leaves Tekton's objects out; collect them with: kubectl get pipelineruns,taskruns,pods,statefulsets,events,serviceaccounts,persistentvolumeclaims -n NAMESPACE -o yaml"));
    }
    Ok(cluster)
}

fn folder(reader: &mut Reader, root: &Path) -> Result<(), SourceError> {
    let found =
        files::below(root).map_err(|error| SourceError::new(format!("cannot read {}: {error}", root.display())))?;
    for (path, reason) in &found.unread {
        reader.unreadable(path, layout::listed_below(Path::new(path)).as_ref(), reason);
    }
    let Found { files, .. } = found;
    for path in files {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let name = relative.to_string_lossy().into_owned();
        let text = || files::regular(&path).and_then(yaml::text);
        match layout::Place::of(relative) {
            layout::Place::Ignored => {}
            // Of several collections in one folder the last in time counts.
            layout::Place::Timestamp => {
                let taken = text().ok().as_deref().and_then(layout::taken_at);
                reader.cluster.taken_at = reader.cluster.taken_at.max(taken);
            }
            layout::Place::Log { namespace, pod, container } => match files::log(&path) {
                Ok(text) => {
                    let logs = std::sync::Arc::make_mut(&mut reader.cluster.logs);
                    logs.insert(format!("{namespace}/{pod}/{container}"), text);
                }
                Err(reason) => reader.unreadable(&name, None, &reason),
            },
            layout::Place::Objects(listed) => match text() {
                Ok(text) => reader.read(&name, &text, listed.as_ref()),
                Err(reason) => reader.unreadable(&name, listed.as_ref(), &reason),
            },
        }
    }
    Ok(())
}
