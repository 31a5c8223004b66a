//! The `FailedScheduling` message: written as the scheduler does, and read back.

pub mod read;
pub(super) mod write;
