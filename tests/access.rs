//! Access to a shared volume as predicted, against real users and modes on Linux.
//!
//! Writers make files in a volume, the kubelet's work for an fsGroup is done to it, and
//! readers try everything; each answer of the kernel must be the predicted one. Needs
//! root, or a user namespace with a range of ids (`unshare --map-auto`).

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tekton_fix::analysis::access::file::{Entry, EntryKind};
use tekton_fix::analysis::access::fs_group::{self, ChangePolicy};
use tekton_fix::analysis::access::{Allowed, Process, Wish, judge};

/// Start of a namespace's block, small enough for any map of ids.
const START: u32 = 9_700;

#[derive(Debug, Clone, Copy)]
struct Who {
    uid: u32,
    gid: u32,
    group: Option<u32>,
    /// Keeps root's capabilities.
    is_mighty: bool,
}

impl Who {
    fn process(self) -> Process {
        let groups: Vec<u32> = self.group.into_iter().collect();
        Process { overrides_modes: self.is_mighty, ..Process::new(self.uid, self.gid, &groups) }
    }

    /// A shell of this user; what it prints.
    fn shell(self, script: &str, args: &[&Path]) -> String {
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={}", self.uid)).arg(format!("--regid={}", self.gid));
        match self.group {
            Some(group) => command.arg(format!("--groups={group}")),
            None => command.arg("--clear-groups"),
        };
        if !self.is_mighty {
            command.args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]);
        }
        command.args(["sh", "-c", script, "sh"]).args(args).stderr(Stdio::null());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }
}

const ROOT: Who = Who { uid: 0, gid: 0, group: None, is_mighty: true };
const BARE_ROOT: Who = Who { is_mighty: false, ..ROOT };
const fn user(uid: u32, gid: u32, group: Option<u32>) -> Who {
    Who { uid, gid, group, is_mighty: false }
}

const WRITERS: [Who; 5] = [
    ROOT,
    Who { group: Some(START), ..ROOT },
    user(START, 0, Some(START)),
    user(1001, 0, None),
    user(1001, 1001, Some(7000)),
];
const READERS: [Who; 9] = [
    ROOT,
    BARE_ROOT,
    user(1001, 0, None),
    user(1001, 1001, None),
    user(6553, 6553, None),
    user(1001, 0, Some(START)),
    user(START, 0, Some(START)),
    user(START + 1, 0, Some(7000)),
    user(6553, 0, Some(7000)),
];
const UMASKS: [u32; 3] = [0o022, 0o077, 0o002];
/// Modes that a writer gives its file afterwards.
const MODES: [Option<u32>; 3] = [None, Some(0o600), Some(0o640)];

fn seen(path: &Path) -> Entry {
    let meta = fs::symlink_metadata(path).unwrap();
    let kind = if meta.is_dir() { EntryKind::Directory } else { EntryKind::File };
    Entry { kind, uid: meta.uid(), gid: meta.gid(), mode: meta.mode() & 0o7777 }
}

/// What the kubelet does, with the real calls (kubernetes `volume_linux.go`).
fn kubelet(tree: &[PathBuf], group: u32, policy: ChangePolicy) {
    let root = fs::metadata(&tree[0]).unwrap();
    let looks_right = root.gid() == group && root.mode() & 0o770 == 0o770 && root.mode() & 0o2000 != 0;
    if policy == ChangePolicy::OnRootMismatch && looks_right {
        return;
    }
    for path in tree {
        let meta = fs::metadata(path).unwrap();
        lchown(path, None, Some(group)).unwrap();
        let more = if meta.is_dir() { 0o2770 } else { 0o660 };
        fs::set_permissions(path, fs::Permissions::from_mode((meta.mode() & 0o7777) | more)).unwrap();
    }
}

#[derive(Default)]
struct Tally {
    compared: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn compare(&mut self, what: &str, real: impl PartialEq + std::fmt::Debug, ours: impl std::fmt::Debug) {
        self.compared += 1;
        let (real, ours) = (format!("{real:?}"), format!("{ours:?}"));
        if real != ours {
            self.wrong.push(format!("{what}: real {real}, predicted {ours}"));
        }
    }
}

/// The writer's pod starts with its fsGroup, makes a folder and a file in it.
fn write(volume: &Path, writer: Who, umask: u32, mode: Option<u32>, tally: &mut Tally) -> Option<Vec<PathBuf>> {
    let (folder, file) = (volume.join("oci"), volume.join("oci/image.tar"));
    let mut root = [seen(volume)];
    if let Some(group) = writer.group {
        kubelet(&[volume.to_owned()], group, ChangePolicy::Always);
        fs_group::apply(&mut root, group, ChangePolicy::Always);
    }
    tally.compare("root", seen(volume), root[0]);
    let chmod = mode.map(|mode| format!("&& chmod {mode:o} \"$2\"")).unwrap_or_default();
    let script = format!("umask {umask:04o}; mkdir \"$1\" && echo x > \"$2\" {chmod} && echo made");
    let made = writer.shell(&script, &[&folder, &file]).trim() == "made";
    let process = writer.process();
    let may = judge(&process, &root, None, Wish::Create);
    tally.compare(&format!("{writer:?} makes a folder"), made, may == Allowed::Yes);
    if !made {
        return None;
    }
    let own_folder = root[0].made_in(&process, EntryKind::Directory, 0o777, umask).unwrap();
    let own_file = own_folder.made_in(&process, EntryKind::File, 0o666, umask).unwrap();
    let own_file = Entry { mode: mode.unwrap_or(own_file.mode), ..own_file };
    tally.compare(&format!("{writer:?} umask {umask:04o}: folder"), seen(&folder), own_folder);
    tally.compare(&format!("{writer:?} umask {umask:04o}: file"), seen(&file), own_file);
    Some(vec![volume.to_owned(), folder, file])
}

/// Everything that a reader may want, tried at once.
const TRIES: &str = r#"
try() { if "$@"; then printf 1; else printf 0; fi; }
look() { [ -e "$1" ]; }
read_it() { [ "$(head -c 1 "$1")" = x ]; }
list() { [ -n "$(ls "$1")" ]; }
append() { (: >> "$1"); }
make() { (: > "$1/new") && rm -f "$1/new"; }
mode() { chmod u+r "$1"; }
try look "$2"; try read_it "$2"; try append "$2"; try make "$1"; try mode "$2"; try list "$1"
"#;

fn read(tree: &[PathBuf], reader: Who, what: &str, tally: &mut Tally) {
    let path: Vec<Entry> = tree.iter().map(|path| seen(path)).collect();
    let process = reader.process();
    let real = reader.shell(TRIES, &[&tree[1], &tree[2]]);
    let ask = |path: &[Entry], wish| judge(&process, path, None, wish) == Allowed::Yes;
    let folder = &path[..2];
    let ours = [
        ask(&path, Wish::Exists),
        ask(&path, Wish::Read),
        ask(&path, Wish::Write),
        ask(folder, Wish::Create),
        // Changing a mode looks the path up first.
        ask(&path, Wish::Exists) && ask(&path, Wish::ChangeMode),
        ask(folder, Wish::Read),
    ];
    let ours: String = ours.iter().map(|may| if *may { '1' } else { '0' }).collect();
    tally.compare(&format!("{what}; {reader:?} on {path:?}"), real, ours);
}

fn stage(tally: &mut Tally) {
    let base = tempfile::tempdir().unwrap();
    fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut at = 0;
    for writer in WRITERS {
        for umask in UMASKS {
            for mode in MODES {
                for policy in [None, Some(ChangePolicy::Always), Some(ChangePolicy::OnRootMismatch)] {
                    at += 1;
                    let volume = base.path().join(format!("v{at}"));
                    fs::create_dir(&volume).unwrap();
                    fs::set_permissions(&volume, fs::Permissions::from_mode(0o755)).unwrap();
                    let Some(tree) = write(&volume, writer, umask, mode, tally) else { continue };
                    for reader in READERS {
                        let what = format!("{writer:?} umask {umask:04o} mode {mode:?} {policy:?}");
                        // Without a policy the reader's pod has no fsGroup of its own on this volume.
                        if let (Some(policy), Some(group)) = (policy, reader.group) {
                            let mut entries: Vec<Entry> = tree.iter().map(|path| seen(path)).collect();
                            fs_group::apply(&mut entries, group, policy);
                            kubelet(&tree, group, policy);
                            let real: Vec<Entry> = tree.iter().map(|path| seen(path)).collect();
                            tally.compare(&what, real, entries);
                        }
                        read(&tree, reader, &what, tally);
                    }
                }
            }
        }
    }
}

/// Runs this test again as root of a user namespace.
fn in_a_user_namespace() -> bool {
    let probe = ["--user", "--map-root-user", "--map-auto", "--"];
    let works = Command::new("unshare").args(probe).arg("true").status().is_ok_and(|status| status.success());
    if works {
        let status = Command::new("unshare")
            .args(probe)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "predictions_are_what_the_kernel_does", "--nocapture"])
            .status()
            .unwrap();
        assert!(status.success(), "failed in the user namespace");
    }
    works
}

#[test]
fn predictions_are_what_the_kernel_does() {
    let own = fs::metadata("/proc/self").unwrap().uid();
    if own != 0 {
        assert!(
            in_a_user_namespace() || std::env::var_os("CI").is_none(),
            "neither root nor a user namespace with a range of ids: access was not compared with the kernel"
        );
        eprintln!("not root: compared in a user namespace, if there is one with a range of ids");
        return;
    }
    let mut tally = Tally::default();
    stage(&mut tally);
    println!("{} answers of the kernel compared", tally.compared);
    assert!(tally.compared > 1000);
    let shown: Vec<&String> = tally.wrong.iter().take(10).collect();
    assert!(shown.is_empty(), "{} of {} differ: {shown:#?}", tally.wrong.len(), tally.compared);
}
