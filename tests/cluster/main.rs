//! Tests on a real control plane.

mod causes;
mod given;
mod incident;
mod pins;
mod plugin;
mod processes;
mod reading;
mod rights;
mod runs;
mod variants;
