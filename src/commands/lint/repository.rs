//! Paths as a code host knows them.

use std::path::{Component, Path};

/// The path of a file from the root of its repository on, with slashes; where it lies in
/// none, as it was given.
pub(super) fn path_of(file: &str) -> String {
    let given = Path::new(file);
    let inside = given.canonicalize().ok().and_then(|path| {
        let root = path.ancestors().skip(1).find(|folder| folder.join(".git").exists())?;
        path.strip_prefix(root).ok().map(Path::to_owned)
    });
    let path = inside.as_deref().unwrap_or(given);
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        Component::ParentDir => Some("..".to_owned()),
        _ => None,
    });
    let joined = names.collect::<Vec<String>>().join("/");
    if joined.is_empty() { file.to_owned() } else { joined }
}
