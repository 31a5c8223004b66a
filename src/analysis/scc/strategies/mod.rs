//! The rules of an SCC, one file per kind of value.

pub(super) mod capabilities;
pub(super) mod group;
pub(super) mod seccomp;
pub(super) mod selinux;
pub(super) mod sysctl;
pub(super) mod user;
pub(super) mod volumes;
