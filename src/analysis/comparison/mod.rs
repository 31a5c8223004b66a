//! Two runs side by side: what was asked, what Tekton made of it, how it went.
//!
//! Server-made noise is left out: identities, times, generated names, labels that
//! Tekton adds. Lists whose entries have names are compared by name.

mod drift;
mod pods;
mod spec;

use crate::analysis::tekton::RunTree;
use crate::model::Cluster;
use crate::model::run::PipelineRun;

pub use drift::drift;

/// On which level two runs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What was asked.
    Spec,
    /// What Tekton and admission made of it.
    Pods,
    /// How it went.
    Outcome,
}

impl Level {
    /// The word for it in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Pods => "pods",
            Self::Outcome => "outcome",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Level.
    pub level: Level,
    /// Path of the field; entries of lists by name.
    pub path: String,
    /// Text on the left; absent where the field is.
    pub left: Option<String>,
    /// Text on the right.
    pub right: Option<String>,
}

impl Difference {
    /// A field that v1 does not have, with its place there: what a file says in it never
    /// reached the run.
    pub fn dropped(&self) -> Option<(&'static str, &'static str)> {
        spec::dropped(&self.path).filter(|_| self.level == Level::Spec && (self.left.is_none() || self.right.is_none()))
    }
}

/// All differences, level by level, by path.
pub fn compare(left: (&Cluster, &PipelineRun), right: (&Cluster, &PipelineRun)) -> Vec<Difference> {
    let mut differences = spec::differences(left.1, right.1);
    differences.extend(pods::differences(left, right));
    differences.sort_by(|a, b| (a.level, &a.path).cmp(&(b.level, &b.path)));
    differences
}

/// Everything of a run that is compared on a level, by path.
pub fn facts(level: Level, cluster: &Cluster, run: &PipelineRun) -> Vec<(String, String)> {
    let mut facts = match level {
        Level::Spec => spec::leaves(run),
        Level::Pods => pods::made(&RunTree::of(cluster, run)),
        Level::Outcome => pods::outcome(&RunTree::of(cluster, run)),
    };
    facts.sort();
    facts
}

/// What differs between two sets of `(path, text)`.
fn between(level: Level, left: Vec<(String, String)>, right: Vec<(String, String)>) -> Vec<Difference> {
    use std::collections::BTreeMap;
    let mut all: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (path, text) in left {
        all.entry(path).or_default().0 = Some(text);
    }
    for (path, text) in right {
        all.entry(path).or_default().1 = Some(text);
    }
    all.into_iter()
        .filter(|(_, (left, right))| left != right)
        .map(|(path, (left, right))| Difference { level, path, left, right })
        .collect()
}
