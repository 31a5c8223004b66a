//! Writes an export, whole or not at all: into a folder, a tar.gz or a zip.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::{Builder, NamedTempFile};

/// The files of an export, by their paths below its root, with `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something is there already.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// A folder that no snapshot was written into is not replaced.
    #[error("{} is there already and is no snapshot", .0.display())]
    Foreign(PathBuf),
    /// A file would lie outside of the export.
    #[error("{0:?} leads out of the export")]
    Outside(String),
    /// The system refused.
    #[error("cannot write {}: {error}", .path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why it was not.
        error: io::Error,
    },
}

/// How an export is written, by the name that it is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Folder,
    TarGz,
    Zip,
}

impl Form {
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
            Self::TarGz
        } else if name.ends_with(".zip") {
            Self::Zip
        } else {
            Self::Folder
        }
    }
}

/// Whether something may be written to a path, to be asked before anything is read.
///
/// # Errors
/// When something is there that is not to be replaced.
pub fn check(path: &Path, replace: bool) -> Result<(), WriteError> {
    let io = |error| WriteError::Io { path: path.to_owned(), error };
    let parent = parent(path);
    if !parent.is_dir() {
        return Err(io(io::Error::new(io::ErrorKind::NotFound, format!("{} is no folder", parent.display()))));
    }
    // A link is something as well, whatever it leads to.
    let Ok(there) = fs::symlink_metadata(path) else { return Ok(()) };
    if !replace {
        return Err(WriteError::Exists(path.to_owned()));
    }
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    let is_own = there.is_dir() && (path.join("manifest.yaml").is_file() || is_empty());
    match Form::of(path) {
        Form::Folder if !is_own => Err(WriteError::Foreign(path.to_owned())),
        Form::TarGz | Form::Zip if !there.is_file() => Err(WriteError::Foreign(path.to_owned())),
        _ => Ok(()),
    }
}

/// Writes the files so that they are all there at once, for their owner only.
///
/// # Errors
/// Why nothing was written.
pub fn write(files: &Files, path: &Path, replace: bool) -> Result<(), WriteError> {
    check(path, replace)?;
    if let Some(name) = files.keys().find(|name| !is_below(name)) {
        return Err(WriteError::Outside(name.clone()));
    }
    let written = match Form::of(path) {
        Form::Folder => folder(files, path, replace),
        Form::TarGz => archive(path, replace, |file| tar_gz(files, file)),
        Form::Zip => archive(path, replace, |file| zip(files, file)),
    };
    written.map_err(|error| WriteError::Io { path: path.to_owned(), error })
}

/// Whether a name leads to a place below the root, on every system.
fn is_below(name: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    name.split('/').all(is_plain)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn folder(files: &Files, path: &Path, replace: bool) -> io::Result<()> {
    let staged = Builder::new().prefix(".tekton-fix-").tempdir_in(parent(path))?;
    let root = staged.path().join("new");
    private_folder(&root)?;
    for (name, bytes) in files {
        let target = root.join(name);
        fs::create_dir_all(target.parent().unwrap_or(&root))?;
        private(&target)?.write_all(bytes)?;
    }
    if replace && path.is_dir() {
        // The old one goes only once the new one is whole.
        let old = staged.path().join("old");
        fs::rename(path, &old)?;
        return fs::rename(&root, path).or_else(|error| {
            fs::rename(&old, path)?;
            Err(error)
        });
    }
    fs::rename(&root, path)
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn archive(path: &Path, replace: bool, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut staged: NamedTempFile = Builder::new().prefix(".tekton-fix-").tempfile_in(parent(path))?;
    fill(staged.as_file_mut())?;
    staged.as_file().sync_all()?;
    let kept = if replace { staged.persist(path) } else { staged.persist_noclobber(path) };
    kept.map(drop).map_err(|error| error.error)
}

fn tar_gz(files: &Files, file: &mut File) -> io::Result<()> {
    let mut builder = ::tar::Builder::new(GzEncoder::new(io::BufWriter::new(file), Compression::default()));
    for (name, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, name, bytes.as_slice())?;
    }
    builder.into_inner()?.finish()?.flush()
}

fn zip(files: &Files, file: &mut (impl Write + Seek)) -> io::Result<()> {
    let options = ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Deflated)
        .unix_permissions(0o600);
    let mut writer = ::zip::ZipWriter::new(file);
    for (name, bytes) in files {
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
    }
    writer.finish()?;
    Ok(())
}
