//! How the installed Tekton makes pods, read from its ConfigMaps.

use crate::analysis::tekton::{Defaults, Installation};
use crate::yaml;

/// The settings of an installation; Tekton's own defaults where it was not read.
pub fn of(installation: &Installation<'_>) -> Defaults {
    let data = |map: Option<&crate::model::namespace::ConfigMap>| map.map(|map| map.data.clone());
    let text = |text: &str| yaml::read_documents(text).ok()?.into_iter().next().map(|(_, value)| value);
    Defaults::read(data(installation.defaults).as_ref(), data(installation.feature_flags).as_ref(), text)
}
