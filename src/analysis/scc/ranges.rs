//! The ids that a namespace was given.

use crate::model::Cluster;

/// A block of ids, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First.
    pub start: i64,
    /// Last.
    pub end: i64,
}

/// The blocks of a namespace (openshift/api security/v1 consts.go; grammar as
/// openshift/library-go pkg/security/uid).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges {
    /// `openshift.io/sa.scc.uid-range`.
    pub uid: Block,
    /// `openshift.io/sa.scc.supplemental-groups`, else the uid range.
    pub groups: Vec<Block>,
    /// `openshift.io/sa.scc.mcs`.
    pub mcs: String,
}

fn block(text: &str) -> Option<Block> {
    let text = text.trim();
    if let Some((start, size)) = text.split_once('/') {
        let (start, size) = (start.parse::<i64>().ok()?, size.parse::<i64>().ok()?);
        return Some(Block { start, end: start + size - 1 });
    }
    let (start, end) = text.split_once('-')?;
    Some(Block { start: start.parse().ok()?, end: end.parse().ok()? })
}

impl Ranges {
    /// The blocks of a namespace.
    ///
    /// # Errors
    /// A sentence when an annotation is missing or malformed.
    pub fn of(cluster: &Cluster, namespace: &str) -> Result<Self, String> {
        let meta = cluster
            .namespace(namespace)
            .map(|ns| &ns.metadata)
            .ok_or_else(|| format!("namespace {namespace} was not read"))?;
        let uid_text = meta
            .annotation("openshift.io/sa.scc.uid-range")
            .ok_or_else(|| format!("namespace {namespace} has no annotation openshift.io/sa.scc.uid-range"))?;
        let uid = block(uid_text).ok_or_else(|| format!("openshift.io/sa.scc.uid-range {uid_text:?} is no range"))?;
        let groups_text = meta.annotation("openshift.io/sa.scc.supplemental-groups").unwrap_or(uid_text);
        let groups: Option<Vec<Block>> = groups_text.split(',').map(block).collect();
        let groups =
            groups.ok_or_else(|| format!("openshift.io/sa.scc.supplemental-groups {groups_text:?} is no range"))?;
        let mcs = meta.annotation("openshift.io/sa.scc.mcs").unwrap_or_default().to_owned();
        Ok(Self { uid, groups, mcs })
    }
}
