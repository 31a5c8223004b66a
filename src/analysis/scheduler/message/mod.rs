//! The `FailedScheduling` message: written as the scheduler does, read back, and
//! compared.

pub mod compare;
pub mod read;
pub mod reason;
pub(super) mod write;

pub use compare::{Agreement, compare};
pub use read::{Counted, Message, PostFilter, Preemption, Unschedulable, read};
pub use reason::{Detail, Meaning, meaning};
