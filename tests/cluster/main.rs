//! Tests on a real control plane.

mod admission;
mod causes;
mod given;
mod incident;
mod pins;
mod plugin;
mod probing;
mod processes;
mod reading;
mod repairing;
mod repairs;
mod rights;
mod runs;
mod variants;
