//! The files that `lint` reads: named ones, and those below folders.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::cli::CommandError;
use crate::lint::finding::{Effect, Finding, Problem};
use crate::lint::{self, Allowed, Judgement, Kind, Linted, Rules};

/// The largest file that is read.
const LARGEST: u64 = 256 << 20;

/// A file that is to be judged.
pub(in crate::commands) struct Source {
    /// Its path; `-` for standard input.
    pub(in crate::commands) path: PathBuf,
    /// Its bytes.
    bytes: Vec<u8>,
    /// Its text without a byte order mark; where it is none, the offset at which it ends to be.
    text: Result<String, usize>,
    /// Whether the text is UTF-8, with the byte order mark that stands before it.
    pub(super) mark: Option<&'static [u8]>,
    /// Whether a kustomization uses it as a patch.
    pub(in crate::commands) is_patch: bool,
    /// Whether it is a template of a Helm chart.
    is_template: bool,
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

impl Source {
    fn of(path: PathBuf, bytes: Vec<u8>) -> Self {
        let (text, mark) = decode(&bytes);
        let is_template = is_in_chart(&path);
        Self { path, bytes, text, mark, is_patch: false, is_template }
    }

    /// Its text, where it is one that can be written back.
    pub(in crate::commands) fn text(&self) -> Option<(&str, &'static [u8])> {
        Some((self.text.as_deref().ok()?, self.mark?))
    }

    /// Its bytes, as they were read.
    pub(in crate::commands) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is wrong with it.
    pub(super) fn judge(&self, rules: &Rules) -> Linted {
        let file = self.path.display().to_string();
        if self.is_template {
            return Linted { file, text: String::new(), judgement: Judgement::Template };
        }
        match &self.text {
            Ok(text) => Linted { file, judgement: lint::judge(text, rules), text: text.clone() },
            Err(offset) => {
                let text = String::from_utf8_lossy(&self.bytes).into_owned();
                // Up to the offset the text is valid, so its bytes are the same.
                let finding = Finding {
                    kind: Kind::Unreadable,
                    document: 0,
                    path: crate::documents::Path::default(),
                    span: *offset..*offset,
                    problem: Problem::Unreadable("it is not UTF-8".to_owned()),
                    effect: Effect::NotRead,
                    right_path: None,
                    holder: None,
                    fix: None,
                };
                Linted { file, text, judgement: Judgement::Unreadable(vec![finding]) }
            }
        }
    }
}

/// The text of bytes: UTF-8, or UTF-16 with a byte order mark, as kubectl reads them.
fn decode(bytes: &[u8]) -> (Result<String, usize>, Option<&'static [u8]>) {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| 0)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), None),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), None),
        _ => {
            let (rest, mark) = match bytes.strip_prefix(UTF8_MARK) {
                Some(rest) => (rest, UTF8_MARK),
                None => (bytes, b"".as_slice()),
            };
            let text = std::str::from_utf8(rest).map(str::to_owned).map_err(|error| error.valid_up_to());
            (text, Some(mark))
        }
    }
}

/// Whether a path lies in the templates of a Helm chart.
fn is_in_chart(path: &Path) -> bool {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.ancestors().skip(1).any(|folder| {
        folder.file_name().is_some_and(|name| name == "templates")
            && folder.parent().is_some_and(|chart| chart.join("Chart.yaml").is_file())
    })
}

/// The files of some paths.
pub(in crate::commands) fn find(paths: &[PathBuf]) -> Result<Vec<Source>, CommandError> {
    let mut sources = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().take(LARGEST).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
            sources.push(Source::of(path.clone(), bytes));
        } else if path.is_dir() {
            for path in below(path) {
                let bytes = read(&path)?;
                if seen.insert(path.clone()) && is_ours(&bytes) {
                    sources.push(Source::of(path, bytes));
                }
            }
        } else if seen.insert(path.clone()) {
            sources.push(Source::of(path.clone(), read(path)?));
        }
    }
    mark_patches(&mut sources);
    Ok(sources)
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::unreadable(format!("cannot read {}: {error}", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(CommandError::unreadable(format!("cannot read {}: it is larger than 256 MiB", path.display())));
    }
    Ok(bytes)
}

/// Manifests below a folder, in the order of their names.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .filter(|path| {
            path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
        })
        .collect();
    found.sort();
    found
}

/// Whether a file of a folder is any business of a linter for Tekton.
fn is_ours(bytes: &[u8]) -> bool {
    const GROUP: &[u8] = b"tekton.dev";
    const GROUP_IN_UTF16: &[u8] = b"t\0e\0k\0t\0o\0n\0.\0d\0e\0v";
    [GROUP, GROUP_IN_UTF16].iter().any(|group| bytes.windows(group.len()).any(|window| window == *group))
}

/// The API versions of Tekton in which kinds occur at the beginnings of lines: what JSON
/// patches without a version may mean.
pub(super) fn versions(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in sources.iter().filter(|source| !source.is_patch).filter_map(|source| source.text.as_ref().ok()) {
        let (mut version, mut kind) = (None, None);
        for line in text.lines() {
            let value = |key: &str| line.strip_prefix(key).map(|value| value.trim().trim_matches(['"', '\'']));
            if line.starts_with("---") {
                (version, kind) = (None, None);
            } else if let Some(value) = value("apiVersion:") {
                version = value.strip_prefix("tekton.dev/");
            } else if let Some(value) = value("kind:") {
                kind = Some(value);
            }
            if let (Some(version), Some(kind)) = (version, kind) {
                found.entry(kind.to_owned()).or_default().insert(version.to_owned());
            }
        }
    }
    found
}

/// Marks the files that a kustomization beside or above them uses as patches.
fn mark_patches(sources: &mut [Source]) {
    let mut known: HashMap<PathBuf, HashSet<PathBuf>> = HashMap::new();
    for source in sources {
        let Ok(path) = source.path.canonicalize() else { continue };
        source.is_patch = path.ancestors().skip(1).take(3).any(|folder| {
            let patches = known.entry(folder.to_owned()).or_insert_with(|| {
                ["kustomization.yaml", "kustomization.yml", "Kustomization"]
                    .iter()
                    .filter_map(|name| fs::read_to_string(folder.join(name)).ok())
                    .flat_map(|text| lint::patch_files(&text))
                    .filter_map(|name| folder.join(name).canonicalize().ok())
                    .collect()
            });
            patches.contains(&path)
        });
    }
}

/// Replaces a file by a new one of the same mode, unless it has changed since it was read.
/// A link stays one: the file that it names is replaced.
pub(in crate::commands) fn replace(path: &Path, before: &[u8], bytes: &[u8]) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| CommandError::unreadable(format!("cannot write {}: {error}", path.display()));
    let path = path.canonicalize().map_err(failed)?;
    if fs::read(&path).map_err(failed)? != before {
        return Err(CommandError::unreadable(format!("{} has changed meanwhile; nothing was written", path.display())));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let metadata = fs::metadata(&path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The ids that the Namespaces of a file or folder allow.
pub(super) fn namespaces(path: &Path) -> Result<Vec<Allowed>, CommandError> {
    let paths = if path.is_dir() { below(path) } else { vec![path.to_owned()] };
    let mut allowed = Vec::new();
    for path in paths {
        allowed.extend(lint::allowed(&String::from_utf8_lossy(&read(&path)?)));
    }
    Ok(allowed)
}
