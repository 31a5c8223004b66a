//! Feature flags that do not say what they seem to say, where a run suffers from them.

pub mod edited;
mod invalid_value;
mod legacy_key;

use crate::analysis::tekton::flags::CONFIG_MAP;
use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Evidence, Finding};

/// Looks behind the findings on a run for a flag that was misread.
pub fn check(focus: &Focus<'_>, others: &[Finding]) -> Option<Finding> {
    invalid_value::finding(focus, others).or_else(|| legacy_key::finding(focus, others))
}

fn quote(focus: &Focus<'_>, key: &str, value: &str) -> Evidence {
    let namespace = focus.installation.namespace.clone().unwrap_or_default();
    Evidence::read(focus.cluster, (Kind::ConfigMap, &namespace, CONFIG_MAP), format!("data[{key}]"), value)
}
