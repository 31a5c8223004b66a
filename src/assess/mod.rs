//! The one judgement of the future: what would become of a run, as it is, changed, or in a
//! changed cluster. Every command that predicts asks here.

mod admission;
pub mod forecast;
pub mod placement;
pub mod run_pods;
mod surviving;

pub use forecast::{forecast, of_run};
