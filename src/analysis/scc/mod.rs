//! SCC.
