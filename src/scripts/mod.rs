//! Workflows: repairs in steps, as people write them. What one says is read and judged
//! here; what it does goes through the one engine of `workflows`.

mod arguments;
pub mod changes;
pub mod expression;
pub mod inputs;
pub mod library;
pub mod lint;
pub mod maker;
pub mod misfit;
pub mod plan;
pub mod schema;
pub mod scope;
