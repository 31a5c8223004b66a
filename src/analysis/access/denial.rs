//! A denied path in a step's log: which call was denied on what, what that proves and
//! what it does not.

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// To see whether it is there: `faccessat`, `stat`, `lstat`.
    Look,
    /// To open it, for reading or writing.
    Open,
    /// To make a directory or file.
    Make,
    /// To list a directory, or go into it.
    Enter,
    /// To remove or rename.
    Remove,
    /// To change mode, owner or times.
    Change,
    /// To run it.
    Execute,
    /// Not told.
    Unknown,
}

/// What a denial proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A directory on the way cannot be searched, or SELinux denies; the mode of the
    /// file does not matter.
    DirectoryOrSeLinux,
    /// The entry's own mode, a directory on the way, or SELinux.
    EntryOrDirectory,
    /// The directory cannot be written, or SELinux denies.
    ParentNotWritable,
    /// The process is not the owner; modes do not matter.
    NotOwner,
    /// Nothing certain.
    Nothing,
}

/// A denial that a log tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The line.
    pub line: String,
    /// The path, where it is told.
    pub path: Option<String>,
    /// What was tried.
    pub tried: Tried,
    /// Whether it was `EPERM` (not permitted) and not `EACCES` (denied).
    pub is_eperm: bool,
}

/// Words that name what was tried, as Go, coreutils, Python, Java and git write them;
/// the first that occurs counts.
const WORDS: [(&str, Tried); 51] = [
    ("faccessat ", Tried::Look),
    ("newfstatat ", Tried::Look),
    ("lstat ", Tried::Look),
    ("stat ", Tried::Look),
    ("cannot stat", Tried::Look),
    ("cannot access", Tried::Look),
    ("failed to stat", Tried::Look),
    ("mkdirat ", Tried::Make),
    ("mkdir", Tried::Make),
    ("cannot create", Tried::Make),
    ("can't create", Tried::Make),
    ("could not create", Tried::Make),
    ("unable to create", Tried::Make),
    ("failed to create", Tried::Make),
    ("failed to mkdir", Tried::Make),
    ("could not lock", Tried::Make),
    ("could not write", Tried::Make),
    ("cannot touch", Tried::Make),
    ("mkstemp", Tried::Make),
    ("mktemp", Tried::Make),
    ("createdirectory", Tried::Make),
    ("symlink ", Tried::Make),
    ("chdir ", Tried::Enter),
    ("cannot open directory", Tried::Enter),
    ("can't cd", Tried::Enter),
    ("cd: ", Tried::Enter),
    ("readdir", Tried::Enter),
    ("opendir", Tried::Enter),
    ("scandir", Tried::Enter),
    ("fdopendir", Tried::Enter),
    ("unlinkat ", Tried::Remove),
    ("unlink", Tried::Remove),
    ("remove ", Tried::Remove),
    ("rename ", Tried::Remove),
    ("rmdir", Tried::Remove),
    ("cannot remove", Tried::Remove),
    ("cannot move", Tried::Remove),
    ("chmod", Tried::Change),
    ("chown", Tried::Change),
    ("changing ", Tried::Change),
    ("utime", Tried::Change),
    ("fork/exec ", Tried::Execute),
    ("cannot execute", Tried::Execute),
    ("exec: ", Tried::Execute),
    ("spawn ", Tried::Execute),
    ("cannot read", Tried::Open),
    ("filenotfoundexception", Tried::Open),
    ("access to the path", Tried::Open),
    ("open", Tried::Open),
    ("permissionerror", Tried::Open),
    ("rb_sysopen", Tried::Open),
];

/// Reads the last denial of a log. Loggers that write JSON put several lines of a tool
/// into one, with `\n` between them.
pub fn last_in(log: &str) -> Option<Denial> {
    log.lines().rev().find_map(|line| line.rsplit("\\n").find_map(of_line))
}

/// Reads one line; `None` where it tells of no denied file.
pub fn of_line(line: &str) -> Option<Denial> {
    let line = line.trim();
    let lower = line.to_lowercase();
    let is_eacces = lower.contains("permission denied")
        || lower.contains("eacces")
        || lower.contains("accessdeniedexception")
        || lower.contains("access to the path") && lower.contains("is denied");
    let is_eperm = lower.contains("operation not permitted") || lower.contains("eperm");
    // A denied key or account is no file; what Tekton copies for the step only warns
    // (tektoncd/pipeline pkg/credentials/writer/writer.go, v1.6), and a container that the
    // runtime could not start has tried nothing.
    let other = [
        "publickey",
        "password",
        "user namespace",
        "uid_map",
        "sudo",
        "docker.sock",
        "lost+found",
        "unsuccessful cred copy",
        "oci runtime",
    ];
    if !(is_eacces || is_eperm) || other.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let path = path(line);
    if path.is_none() && is_eperm && !is_eacces {
        return None;
    }
    let first = WORDS.iter().filter_map(|(word, tried)| Some((lower.find(word)?, word.len(), *tried)));
    let tried = first.min_by_key(|(at, len, _)| (*at, usize::MAX - len)).map_or(Tried::Unknown, |(.., tried)| tried);
    // git init says only this of the directory that it makes (git setup.c `safe_create_dir`).
    let is_git = path.as_deref().is_some_and(|path| path.ends_with("/.git") && line.starts_with(path));
    let tried = if is_git { Tried::Make } else { tried };
    Some(Denial { line: line.to_owned(), path, tried, is_eperm: is_eperm && !is_eacces })
}

/// Whether a line without an absolute path complains of a file as coreutils do,
/// `cat: model.bin: Permission denied`, and not of an account or a service.
pub fn names_a_file(line: &str) -> bool {
    let lower = line.trim().to_lowercase();
    let Some(before) = lower.strip_suffix(": permission denied") else { return false };
    let mut parts = before.rsplit(": ");
    let file = parts.next().unwrap_or_default();
    let is_word = |text: &str| !text.is_empty() && !text.contains(' ');
    is_word(file) && parts.last().is_some_and(is_word)
}

/// The last absolute path before the words of the denial; a shell writes it first,
/// Python last.
fn path(line: &str) -> Option<String> {
    let is_end = |c: char| {
        c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '(' | ')' | ',' | ';' | '‘' | '’' | '[' | ']' | '=')
    };
    let candidates = line.split(is_end).filter_map(|word| {
        // `oci-archive:/workspace/x:` and `tar:/x` carry a scheme before and a colon after.
        let from = word.find('/')?;
        let is_absolute = from == 0 || word.as_bytes().get(from - 1) == Some(&b':');
        let path = word[from..].trim_end_matches([':', '.', '!']);
        (is_absolute && path.len() > 1 && !path.starts_with("//")).then_some(path)
    });
    let candidates: Vec<&str> = candidates.collect();
    // The interpreter or script that complains comes first, what it complains of last.
    let shown = candidates.iter().rev().find(|path| path.starts_with("/workspace")).or(candidates.last())?;
    let is_script = shown.starts_with("/tekton/scripts/") && candidates.len() == 1;
    (!is_script).then(|| (*shown).to_owned())
}

impl Denial {
    /// What the call proves.
    pub const fn proof(&self) -> Proof {
        if self.is_eperm {
            return Proof::NotOwner;
        }
        match self.tried {
            Tried::Look => Proof::DirectoryOrSeLinux,
            Tried::Open | Tried::Enter | Tried::Execute => Proof::EntryOrDirectory,
            Tried::Make | Tried::Remove => Proof::ParentNotWritable,
            Tried::Change => Proof::DirectoryOrSeLinux,
            Tried::Unknown => Proof::Nothing,
        }
    }

    /// What the call proves, and what not, as a sentence.
    pub fn lesson(&self) -> &'static str {
        match self.proof() {
            Proof::DirectoryOrSeLinux => {
                "looking for a path needs no right to the file itself: a directory on the way cannot be searched, or SELinux denies; the file's own mode is not at fault"
            }
            Proof::EntryOrDirectory => {
                "opening was denied: by the mode of the entry, by a directory on the way, or by SELinux; the line does not tell which"
            }
            Proof::ParentNotWritable => {
                "making or removing something needs the right to write into its directory, which the process lacks, or SELinux denies"
            }
            Proof::NotOwner => {
                "\"operation not permitted\" is no matter of mode bits: only the owner, or root, may change mode, owner or times"
            }
            Proof::Nothing => "the line does not tell which call was denied",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_many_tools_are_read() {
        let cases = [
            (
                "time=\"2026-11-22T12:40:04Z\" level=fatal msg=\"Invalid source name oci-archive:/workspace/source/oci/image.tar: faccessat /workspace/source/oci/image.tar: permission denied\"",
                "/workspace/source/oci/image.tar",
                Tried::Look,
            ),
            ("tar: /workspace/source/x: Cannot open: Permission denied", "/workspace/source/x", Tried::Open),
            (
                "mkdir: cannot create directory '/workspace/output/repo': Permission denied",
                "/workspace/output/repo",
                Tried::Make,
            ),
            ("cp: cannot stat '/workspace/a/b': Permission denied", "/workspace/a/b", Tried::Look),
            ("ls: cannot open directory '/workspace/a': Permission denied", "/workspace/a", Tried::Enter),
            ("cat: /workspace/a/b: Permission denied", "/workspace/a/b", Tried::Unknown),
            ("open /workspace/a/b: permission denied", "/workspace/a/b", Tried::Open),
            ("PermissionError: [Errno 13] Permission denied: '/workspace/a/b'", "/workspace/a/b", Tried::Open),
            (
                "/tekton/scripts/script-0-abc: line 3: /workspace/out/x: Permission denied",
                "/workspace/out/x",
                Tried::Unknown,
            ),
            ("rm: cannot remove '/workspace/a/b': Permission denied", "/workspace/a/b", Tried::Remove),
            ("unlinkat /workspace/a/b: permission denied", "/workspace/a/b", Tried::Remove),
            ("chmod: changing permissions of '/workspace/a': Operation not permitted", "/workspace/a", Tried::Change),
            (
                "error: could not create work tree dir '/workspace/output/x': Permission denied",
                "/workspace/output/x",
                Tried::Make,
            ),
            ("sh: can't create /workspace/x: Permission denied", "/workspace/x", Tried::Make),
            ("touch: cannot touch '/workspace/x': Permission denied", "/workspace/x", Tried::Make),
            ("/workspace/output/.git: Permission denied", "/workspace/output/.git", Tried::Make),
            (
                "fatal: Unable to create '/workspace/s/.git/index.lock': Permission denied",
                "/workspace/s/.git/index.lock",
                Tried::Make,
            ),
            (
                "error: could not lock config file /workspace/s/.git/config: Permission denied",
                "/workspace/s/.git/config",
                Tried::Make,
            ),
            ("java.nio.file.AccessDeniedException: /workspace/s/target", "/workspace/s/target", Tried::Unknown),
            (
                "Caused by: java.io.FileNotFoundException: /workspace/s/a.log (Permission denied)",
                "/workspace/s/a.log",
                Tried::Open,
            ),
            (
                "Error: EACCES: permission denied, mkdir '/workspace/s/node_modules'",
                "/workspace/s/node_modules",
                Tried::Make,
            ),
            ("Error: EACCES: permission denied, open '/workspace/s/a.json'", "/workspace/s/a.json", Tried::Open),
            ("Error: EACCES: permission denied, scandir '/workspace/s'", "/workspace/s", Tried::Enter),
            ("npm ERR! Error: spawn /workspace/s/run.sh EACCES", "/workspace/s/run.sh", Tried::Execute),
            ("failed to load: mkdir /workspace/s/bin: permission denied", "/workspace/s/bin", Tried::Make),
            ("exec: \"/workspace/s/run.sh\": permission denied", "/workspace/s/run.sh", Tried::Execute),
            ("tar: /workspace/s/a: Cannot mkdir: Permission denied", "/workspace/s/a", Tried::Make),
            (
                "rsync: [receiver] mkstemp \"/workspace/s/.a.Xy1\" failed: Permission denied (13)",
                "/workspace/s/.a.Xy1",
                Tried::Make,
            ),
            (
                "Unhandled exception. System.UnauthorizedAccessException: Access to the path '/workspace/s/obj' is denied.",
                "/workspace/s/obj",
                Tried::Open,
            ),
            (
                "Errno::EACCES: Permission denied @ dir_s_mkdir - /workspace/s/vendor",
                "/workspace/s/vendor",
                Tried::Make,
            ),
        ];
        for (line, path, tried) in cases {
            let denial = of_line(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((denial.path.as_deref(), denial.tried), (Some(path), tried), "{line}");
        }
    }

    #[test]
    fn lines_inside_a_line_of_json_are_read() {
        let log = r#"{"level":"error","msg":"Error running git [init /workspace/output/]: exit status 1\n/workspace/output/.git: Permission denied\n","stacktrace":"github.com/x"}"#;
        let denial = last_in(log).unwrap();
        assert_eq!((denial.path.as_deref(), denial.tried), (Some("/workspace/output/.git"), Tried::Make));
        assert_eq!(denial.line, "/workspace/output/.git: Permission denied");
    }

    #[test]
    fn a_file_is_told_from_an_account() {
        for line in ["cat: model.bin: Permission denied", "/bin/sh: 1: ./run.sh: Permission denied"] {
            assert!(names_a_file(line), "{line}");
        }
        for line in [
            "error: failed to push: denied: permission denied for \"acme/app\"",
            "rpc error: code = PermissionDenied desc = permission denied",
            "auth_test.go:12: expected \"permission denied\", got nil",
        ] {
            assert!(!names_a_file(line), "{line}");
        }
    }

    #[test]
    fn other_denials_are_left_alone() {
        for line in [
            "git@github.com: Permission denied (publickey).",
            "Error: writing to /proc/12/uid_map: operation not permitted",
            "operation not permitted",
            "all is well",
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_look_proves_the_files_mode_innocent() {
        assert_eq!(of_line("stat /workspace/a: permission denied").unwrap().proof(), Proof::DirectoryOrSeLinux);
        assert_eq!(of_line("chown: /workspace/a: Operation not permitted").unwrap().proof(), Proof::NotOwner);
    }
}
