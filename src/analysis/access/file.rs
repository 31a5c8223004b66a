//! Files and directories as `ls -ln` shows them, and how a process makes them.

use super::process::Process;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A file.
    File,
}

/// Owner, group and mode of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits, setgid and sticky included.
    pub mode: u32,
}

/// Set-group-id: what is made in such a directory gets its group.
pub const SET_GID: u32 = 0o2000;
/// Sticky: only owners remove what is in such a directory.
pub const STICKY: u32 = 0o1000;
/// What containers start with unless told otherwise.
pub const USUAL_UMASK: u32 = 0o022;

impl Entry {
    /// A directory.
    pub const fn directory(uid: u32, gid: u32, mode: u32) -> Self {
        Self { kind: EntryKind::Directory, uid, gid, mode }
    }

    /// A file.
    pub const fn file(uid: u32, gid: u32, mode: u32) -> Self {
        Self { kind: EntryKind::File, uid, gid, mode }
    }

    /// The root of a new volume with a file system of its own.
    pub const fn fresh_root() -> Self {
        Self::directory(0, 0, 0o755)
    }

    /// What a process makes in this directory with a mode, under its umask
    /// (kernel `inode_init_owner`). `None` where its user is not known.
    pub fn made_in(&self, process: &Process, kind: EntryKind, wanted: u32, umask: u32) -> Option<Self> {
        let inherits = self.mode & SET_GID != 0;
        let gid = if inherits { self.gid } else { process.gid };
        let set_gid = if inherits && kind == EntryKind::Directory { SET_GID } else { 0 };
        Some(Self { kind, uid: process.uid?, gid, mode: (wanted & !umask) | set_gid })
    }

    /// The three bits that count for a process: the owner's, the group's or the others'
    /// (`acl_permission_check`); no second chance is given.
    pub fn bits_for(&self, process: &Process) -> Option<u32> {
        let shift = match process.uid? {
            uid if uid == self.uid => 6,
            _ if process.is_in(self.gid) => 3,
            _ => 0,
        };
        Some((self.mode >> shift) & 7)
    }

    /// Whose bits these are.
    pub fn class_for(&self, process: &Process) -> &'static str {
        match process.uid {
            Some(uid) if uid == self.uid => "the owner",
            _ if process.is_in(self.gid) => "the group",
            _ => "others",
        }
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o} {}:{}", self.mode, self.uid, self.gid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gid_directory_hands_its_group_down() {
        let (root, process) = (Entry::directory(0, 7, 0o2775), Process::new(5, 0, &[7]));
        let folder = root.made_in(&process, EntryKind::Directory, 0o777, USUAL_UMASK).unwrap();
        assert_eq!(folder, Entry::directory(5, 7, 0o2755));
        let file = folder.made_in(&process, EntryKind::File, 0o666, USUAL_UMASK).unwrap();
        assert_eq!(file, Entry::file(5, 7, 0o644));
        assert_eq!(Entry::fresh_root().made_in(&process, EntryKind::File, 0o600, 0o077).unwrap().gid, 0);
    }

    #[test]
    fn the_owner_is_bound_by_the_owners_bits_alone() {
        let file = Entry::file(5, 7, 0o077);
        assert_eq!(file.bits_for(&Process::new(5, 7, &[])), Some(0));
        assert_eq!(file.bits_for(&Process::new(6, 7, &[])), Some(7));
    }
}
