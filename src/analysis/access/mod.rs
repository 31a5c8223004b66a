//! Who can read and write what on a shared volume: user, groups, modes, fsGroup and
//! SELinux, and what a log line about a denied path proves.
//!
//! Facts behind the rules: the kernel's `fs/namei.c` (`generic_permission`), the
//! kubelet's `pkg/volume/volume_linux.go` and `pkg/volume/csi/csi_mounter.go`
//! (kubernetes v1.33), CRI-O's `server/sandbox_run_linux.go`.

pub mod denial;
pub mod file;
pub mod fs_group;
pub mod label;
pub mod permission;
pub mod process;
pub mod situation;

pub use denial::{Denial, Proof};
pub use file::{Entry, EntryKind};
pub use fs_group::{ChangePolicy, Ownership};
pub use permission::{Allowed, Obstacle, Wish, judge};
pub use process::Process;
pub use situation::{Cause, Explanation, Party, Remedy, Situation, explain};
