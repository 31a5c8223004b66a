//! `fsGroup` and `supplementalGroups`
//! (openshift/apiserver-library-go `group/*.go`, a8019f39f).

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::access::IdRange;

/// A group rule with its ranges resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis::scc) enum GroupRule {
    MustRunAs(Vec<IdRange>),
    Any,
}

impl GroupRule {
    /// The group that is filled in.
    pub(in crate::analysis::scc) fn generate(&self) -> Option<i64> {
        match self {
            Self::MustRunAs(ranges) => ranges.first().map(|range| range.min),
            Self::Any => None,
        }
    }

    pub(in crate::analysis::scc) fn validate(
        &self,
        refuser: &Refuser<'_>,
        field: &str,
        groups: &[i64],
    ) -> Vec<Refusal> {
        let Self::MustRunAs(ranges) = self else {
            return Vec::new();
        };
        if groups.is_empty() {
            return vec![refuser.invalid(field, groups, "unable to validate empty groups against required ranges")];
        }
        groups
            .iter()
            .filter(|group| !ranges.iter().any(|range| range.min <= **group && **group <= range.max))
            .map(|group| refuser.invalid(field, groups, format!("{group} is not an allowed group")))
            .collect()
    }
}
