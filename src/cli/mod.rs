//! The rim towards the person: flags, terminal, errors, exit codes.

pub mod args;
pub mod error;
pub mod exit;
pub mod interrupt;
pub mod ui;

pub use args::{Color, GlobalArgs, Output};
pub use error::CommandError;
pub use ui::Ui;
