//! Recorded clusters, unpacked.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Unpacks an archive of `tests/fixtures`.
pub fn unpack(archive: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = File::open(Path::new("tests/fixtures").join(archive)).unwrap();
    tar::Archive::new(zstd::Decoder::new(file).unwrap()).unpack(folder.path()).unwrap();
    folder
}

/// The folders in a folder, by name.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_dir());
    paths.sort();
    paths
}
