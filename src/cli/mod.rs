//! The rim towards the person: flags, terminal, errors, exit codes.

pub mod args;
pub mod error;
pub mod exit;
pub mod interrupt;
pub mod output;
pub mod refusal;
pub mod ui;

pub use args::{Color, GlobalArgs};
pub use error::CommandError;
pub use output::Output;
pub use ui::Ui;
