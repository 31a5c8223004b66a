//! Reads exports: folders, archives and single files of every collector, by their content.

mod budget;
mod clock;
mod collection;
mod content;
mod entries;
mod files;
mod json;
mod layout;
pub mod manifest;
mod objects;
mod packing;
mod passing;
mod records;
mod seen;
mod tar;
mod texts;
pub mod writer;
mod zip;

use std::fs::File;
use std::path::Path;

use crate::model::Cluster;

use super::{Raw, SourceError};
use collection::Collection;
use content::Content;
use objects::Reader;
use texts::Texts;

/// Reads an export: a folder, an archive, a file, or standard input for `-`.
///
/// # Errors
/// When the path cannot be read or holds nothing that a verdict reads.
pub fn read(from: &str) -> Result<Cluster, SourceError> {
    collect(from, false).map(|(cluster, _)| cluster)
}

/// Reads an export, with all fields of its objects.
///
/// # Errors
/// Those of [`read`].
pub fn read_raw(from: &str) -> Result<(Cluster, Vec<Raw>), SourceError> {
    collect(from, true)
}

/// How to collect an export that holds what verdicts rest on, for somebody who has nothing but
/// a client: `oc adm inspect` leaves Tekton's objects out.
pub const COLLECT: &str = "collect one: kubectl get pipelineruns,taskruns,pods,statefulsets,events,serviceaccounts,persistentvolumeclaims,resourcequotas,limitranges,namespaces,nodes -A -o yaml > cluster.yaml";

fn collect(from: &str, keeps_raw: bool) -> Result<(Cluster, Vec<Raw>), SourceError> {
    let read = std::thread::scope(|scope| gather(from, Collection::new(Texts::start(scope, keeps_raw))))?;
    let Reader { mut cluster, seen, kept, manifest, .. } = read;
    cluster.sort();
    seen.record(&mut cluster, manifest);
    cluster.taken_at = clock::of(&cluster);
    if cluster.origins.is_empty() {
        let mut error = SourceError::new(format!("{from} holds no Kubernetes objects that could be read"));
        for unreadable in cluster.unreadable.iter().take(3) {
            error = error.hint(unreadable.to_string());
        }
        return Err(error.hint(COLLECT));
    }
    Ok((cluster, kept.unwrap_or_default()))
}

/// Reads all files.
fn gather(from: &str, mut collection: Collection) -> Result<Reader, SourceError> {
    if from != "-" && Path::new(from).is_dir() {
        folder(&mut collection, Path::new(from))?;
    } else {
        let name = if from == "-" { "standard input" } else { from };
        files::named(from).and_then(|content| collection.named(name, content)).map_err(|reason| {
            SourceError::new(format!("cannot read {name}: {reason}"))
                .hint("--from takes a folder or an archive (must-gather, oc adm inspect), a YAML or JSON file, or - for standard input")
        })?;
    }
    Ok(collection.finish())
}

fn folder(collection: &mut Collection, root: &Path) -> Result<(), SourceError> {
    let found =
        files::below(root).map_err(|error| SourceError::new(format!("cannot read {}: {error}", root.display())))?;
    for (path, reason) in &found.unread {
        collection.skip(path, reason);
    }
    for (path, target) in &found.links {
        collection.link(Path::new(""), &path.to_string_lossy(), target);
    }
    for path in found.files {
        match File::open(root.join(&path)) {
            Ok(file) => collection.file(&path, Content::File(file), 0),
            Err(error) => collection.skip(&path, &error.to_string()),
        }
    }
    Ok(())
}
