//! Whether a process gets at a path, and what stands in its way.
//!
//! Mirrors the kernel's `fs/namei.c`: every directory on the way must be searchable,
//! then the last entry is asked for what is wanted.

use super::file::{Entry, EntryKind, STICKY};
use super::label::{Label, Shares};
use super::process::Process;

/// What a process wants of the last entry of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To know that it is there (`stat`, `faccessat` with `F_OK`).
    Exists,
    /// To read it, or to list it.
    Read,
    /// To write into it.
    Write,
    /// To make something in it.
    Create,
    /// To remove something of this owner from it.
    Remove(u32),
    /// To change its mode or owner.
    ChangeMode,
}

/// What stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A directory on the way, by its place in the path, has no search bit for the
    /// process.
    NotSearchable(usize),
    /// The entry has no read bit for it.
    NotReadable,
    /// The entry has no write bit for it.
    NotWritable,
    /// The directory is sticky and the process owns neither it nor the entry.
    Sticky,
    /// Only its owner may change it.
    NotOwner,
    /// The labels differ; modes do not matter.
    SeLinux,
}

/// Yes, no with the obstacle, or what would have to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// It may.
    Yes,
    /// It may not.
    No(Obstacle),
    /// What is not known.
    Unknown(&'static str),
}

/// Judges a path: its directories from the volume's root on, the entry asked for last.
/// `label` is that of the volume's content, where it is known.
pub fn judge(process: &Process, path: &[Entry], label: Option<&Label>, wish: Wish) -> Allowed {
    if label.is_some_and(|label| process.label.shares_with(label) == Shares::No) {
        return Allowed::No(Obstacle::SeLinux);
    }
    let Some((last, way)) = path.split_last() else { return Allowed::Unknown("the path") };
    let Some(uid) = process.uid else { return Allowed::Unknown("the user of the image") };
    let has = |entry: &Entry, bits: u32| entry.bits_for(process).is_some_and(|own| own & bits == bits);
    if process.overrides_modes {
        return Allowed::Yes;
    }
    if let Some(at) = way.iter().position(|directory| !has(directory, 1)) {
        return Allowed::No(Obstacle::NotSearchable(at));
    }
    let needs = |bits: u32, obstacle: Obstacle| if has(last, bits) { Allowed::Yes } else { Allowed::No(obstacle) };
    match wish {
        Wish::Exists => Allowed::Yes,
        Wish::Read => needs(4, Obstacle::NotReadable),
        Wish::Write if last.kind == EntryKind::File => needs(2, Obstacle::NotWritable),
        Wish::Write | Wish::Create | Wish::Remove(_) => {
            if !has(last, 1) {
                return Allowed::No(Obstacle::NotSearchable(way.len()));
            }
            match wish {
                Wish::Remove(owner) if last.mode & STICKY != 0 && uid != owner && uid != last.uid && has(last, 2) => {
                    Allowed::No(Obstacle::Sticky)
                }
                _ => needs(2, Obstacle::NotWritable),
            }
        }
        Wish::ChangeMode if uid == last.uid => Allowed::Yes,
        Wish::ChangeMode => Allowed::No(Obstacle::NotOwner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selinux_comes_before_modes_and_binds_root() {
        let mut root = Process::new(0, 0, &[]);
        root.overrides_modes = true;
        let path = [Entry::fresh_root(), Entry::file(0, 0, 0o644)];
        assert_eq!(judge(&root, &path, None, Wish::Read), Allowed::Yes);
        let other = Label::Level("s0:c1,c2".to_owned());
        assert_eq!(judge(&root, &path, Some(&other), Wish::Exists), Allowed::No(Obstacle::SeLinux));
    }

    #[test]
    fn a_directory_is_told_from_a_file() {
        let reader = Process::new(1001, 0, &[]);
        let closed = [Entry::fresh_root(), Entry::directory(0, 0, 0o700), Entry::file(0, 0, 0o644)];
        assert_eq!(judge(&reader, &closed, None, Wish::Exists), Allowed::No(Obstacle::NotSearchable(1)));
        let private = [Entry::fresh_root(), Entry::file(0, 7, 0o600)];
        assert_eq!(judge(&reader, &private, None, Wish::Exists), Allowed::Yes);
        assert_eq!(judge(&reader, &private, None, Wish::Read), Allowed::No(Obstacle::NotReadable));
        assert_eq!(judge(&reader, &private[..1], None, Wish::Create), Allowed::No(Obstacle::NotWritable));
    }

    #[test]
    fn an_unknown_user_is_not_judged() {
        let mut reader = Process::new(1, 0, &[]);
        reader.uid = None;
        assert_eq!(judge(&reader, &[Entry::fresh_root()], None, Wish::Read), Allowed::Unknown("the user of the image"));
    }
}
