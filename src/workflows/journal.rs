//! The journal: every write to a cluster, before it goes out and once its outcome is
//! known, as a line of JSON each. Lines are only ever added.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ops::{Edit, Request};

use super::gate::{Guarded, OnFailure};

/// Folder of the journal instead of the user's own.
pub const FOLDER: &str = "TEKTON_FIX_STATE";

/// How a write stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state", content = "reason")]
pub enum State {
    /// It is part of an operation that has begun, and has not been sent.
    Planned,
    /// It is about to go out. When nothing follows, its outcome was never learnt.
    Sent,
    /// The server has carried it out.
    Done,
    /// The server has refused it; in version 1 also: its outcome is unclear.
    Failed(String),
    /// Whether it took place could not be found out.
    Unclear(String),
    /// It was carried out and taken back.
    Undone,
}

/// What an entry has since version 2: its place in an operation, and what takes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Version of the entry.
    pub version: u8,
    /// The uid of namespace kube-system: addresses change, and two clusters may share one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Id of the plan that is carried out.
    pub plan: String,
    /// The run that is repaired.
    pub run: String,
    /// Its namespace.
    #[serde(default)]
    pub run_namespace: String,
    /// Which write of the operation it is, from 0.
    pub step: usize,
    /// How many the operation has.
    pub steps: usize,
    /// The write; of a new object only its mark.
    pub request: Request,
    /// What takes it back, where anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inverse: Option<Request>,
    /// The uid of the object, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The edits that make a new run of the old one; absent for other writes, and where they
    /// may hold secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<Vec<Edit>>,
    /// What stands before it in the operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Guarded>,
    /// What stands behind the last write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Guarded>,
    /// What is done when it fails.
    #[serde(default, skip_serializing_if = "is_stop")]
    pub on_failure: OnFailure,
}

fn is_stop(on_failure: &OnFailure) -> bool {
    *on_failure == OnFailure::Stop
}

impl Part {
    /// The version that is written.
    pub const VERSION: u8 = 2;
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When.
    pub time: Timestamp,
    /// One operation has one mark, in all its lines.
    pub id: String,
    /// Address of the API server.
    pub server: String,
    /// Namespace.
    pub namespace: String,
    /// `create`, `cancel`, `patch` or `delete`.
    pub action: String,
    /// `pipelinerun/NAME`.
    pub object: String,
    /// The command that undoes it; none where nothing can.
    pub undo: Option<String>,
    /// How it stands.
    #[serde(flatten)]
    pub state: State,
    /// Its place in an operation; absent in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

impl Entry {
    /// Whether another line is about the same write.
    fn is_same(&self, other: &Self) -> bool {
        let step = |entry: &Self| entry.part.as_ref().map(|part| part.step);
        self.id == other.id && self.action == other.action && self.object == other.object && step(self) == step(other)
    }
}

/// An operation that this process works on.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock that stays behind holds nobody up: nobody has locked it.
        let _ = fs::remove_file(&self.path);
    }
}

/// The journal of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in the folder for state of this system's conventions, or in
    /// [`FOLDER`]. `None` where there is no home.
    pub fn of_user() -> Option<Self> {
        let given = std::env::var_os(FOLDER).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = given.or_else(|| {
            let folders = directories::ProjectDirs::from("", "", "oc-tekton-fix")?;
            Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned())
        })?;
        Some(Self::in_folder(&folder))
    }

    /// The journal in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("journal.jsonl") }
    }

    /// Holds an operation for this process until the lock is dropped; `None` where another
    /// process works on it.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub fn lock(&self, id: &str) -> io::Result<Option<Lock>> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{id}.lock"));
        let file = File::create(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { path, _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line, which is on the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&self, entry: &Entry) -> io::Result<()> {
        self.add_all(std::slice::from_ref(entry))
    }

    /// Adds lines, which are on the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add_all(&self, entries: &[Entry]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // Names of runs and servers are nobody else's business.
            options.mode(0o600);
        }
        let mut file = options.open(&self.path)?;
        let mut lines = Vec::new();
        // What a full disk or a kill has cut off must not spoil the next line.
        if !ends_a_line(&mut file)? {
            lines.push(b'\n');
        }
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        // One write: lines of two programs do not mix.
        file.write_all(&lines)?;
        file.sync_data()
    }

    /// All writes, oldest first, each as it stands last. A line that cannot be read, as
    /// a full disk leaves one, is left out.
    ///
    /// # Errors
    /// When the file exists and cannot be read.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut entries: Vec<Entry> = Vec::new();
        for line in BufReader::new(file).split(b'\n') {
            let Ok(entry) = serde_json::from_slice::<Entry>(&line?) else { continue };
            match entries.iter_mut().find(|known| known.is_same(&entry)) {
                Some(known) => {
                    let part = known.part.take();
                    *known = entry;
                    // Only the first line has the gates, and not every one the uid.
                    if let (Some(part), Some(earlier)) = (&mut known.part, part) {
                        part.uid = part.uid.take().or(earlier.uid);
                        (part.before, part.after) = (earlier.before, earlier.after);
                        part.edits = part.edits.take().or(earlier.edits);
                        part.on_failure = earlier.on_failure;
                    }
                }
                None => entries.push(entry),
            }
        }
        Ok(entries)
    }
}

/// Whether a file is empty or ends with a line break.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, state: State) -> Entry {
        Entry {
            time: Timestamp::UNIX_EPOCH,
            id: id.to_owned(),
            server: "https://example.com:6443".to_owned(),
            namespace: "ci".to_owned(),
            action: "create".to_owned(),
            object: "pipelinerun/a".to_owned(),
            undo: Some("kubectl delete pipelinerun/a -n ci".to_owned()),
            state,
            part: None,
        }
    }

    #[test]
    fn writes_stand_as_their_last_line_says() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal { path: folder.path().join("deep/journal.jsonl") };
        assert_eq!(journal.entries().unwrap(), []);
        journal.add(&entry("1", State::Sent)).unwrap();
        journal.add(&entry("2", State::Sent)).unwrap();
        journal.add(&entry("2", State::Failed("403".to_owned()))).unwrap();
        let mut cut = fs::read(&journal.path).unwrap();
        cut.extend(b"{\"cut \xc3");
        fs::write(&journal.path, cut).unwrap();
        journal.add(&entry("1", State::Sent)).unwrap();
        let states: Vec<State> = journal.entries().unwrap().into_iter().map(|entry| entry.state).collect();
        assert_eq!(states, [State::Sent, State::Failed("403".to_owned())]);
    }
}
