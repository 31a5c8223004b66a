//! `runAsUser` (openshift/apiserver-library-go `user/*.go`, a8019f39f).

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::access::{IdRange, RunAsUserStrategy};

/// A user id rule with its limits resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis::scc) enum UserRule {
    MustRunAs(i64),
    Range(IdRange),
    NonRoot,
    Any,
}

impl UserRule {
    /// # Errors
    /// With the plugin's words for a rule that lacks its limits or has no known type.
    pub(in crate::analysis::scc) fn new(options: &RunAsUserStrategy) -> Result<Self, String> {
        match options.kind.as_str() {
            "MustRunAs" => options.uid.map(Self::MustRunAs).ok_or_else(|| "MustRunAs requires a UID".to_owned()),
            "MustRunAsRange" => match (options.uid_range_min, options.uid_range_max) {
                (None, _) => Err("MustRunAsRange requires a UIDRangeMin".to_owned()),
                (_, None) => Err("MustRunAsRange requires a UIDRangeMax".to_owned()),
                (Some(min), Some(max)) => Ok(Self::Range(IdRange { min, max })),
            },
            "MustRunAsNonRoot" => Ok(Self::NonRoot),
            "RunAsAny" => Ok(Self::Any),
            other => Err(format!("Unrecognized RunAsUser strategy type {other}")),
        }
    }

    pub(in crate::analysis::scc) const fn generate(self) -> Option<i64> {
        match self {
            Self::MustRunAs(uid) => Some(uid),
            Self::Range(range) => Some(range.min),
            Self::NonRoot | Self::Any => None,
        }
    }

    pub(in crate::analysis::scc) fn validate(
        self,
        refuser: &Refuser<'_>,
        path: &str,
        non_root: Option<bool>,
        uid: Option<i64>,
    ) -> Option<Refusal> {
        let field = || format!("{path}.runAsUser");
        match (self, uid) {
            (Self::Any, _) => None,
            (Self::MustRunAs(_) | Self::Range(_), None) => Some(refuser.required(field(), "")),
            (Self::MustRunAs(wanted), Some(uid)) => {
                (uid != wanted).then(|| refuser.invalid(field(), uid, format!("must be: {wanted}")))
            }
            (Self::Range(IdRange { min, max }), Some(uid)) => (uid < min || uid > max)
                .then(|| refuser.invalid(field(), uid, format!("must be in the ranges: [{min}, {max}]"))),
            (Self::NonRoot, uid) => match (non_root, uid) {
                (None, None) => Some(refuser.required(format!("{path}.runAsNonRoot"), "must be true")),
                (Some(false), _) => Some(refuser.invalid(format!("{path}.runAsNonRoot"), false, "must be true")),
                (_, Some(0)) => Some(refuser.invalid(field(), 0, "running with the root UID is forbidden")),
                _ => None,
            },
        }
    }
}
