//! Tests on a real control plane.

mod incident;
mod runs;
mod variants;
