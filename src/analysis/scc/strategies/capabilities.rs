//! Linux capabilities
//! (openshift/apiserver-library-go `capabilities/mustrunas.go`, a8019f39f).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::access::SecurityContextConstraints;
use crate::model::pod_security::Capabilities;

fn set(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}

/// The container's capabilities with the SCC's additions and drops; unchanged lists
/// keep their order.
pub(in crate::analysis::scc) fn generate(
    scc: &SecurityContextConstraints,
    own: Option<&Capabilities>,
) -> Option<Capabilities> {
    let empty = Capabilities::default();
    let current = own.unwrap_or(&empty);
    let (own_add, own_drop) = (set(&current.add), set(&current.drop));
    let mut add: BTreeSet<&str> = set(&scc.default_add_capabilities).difference(&own_drop).copied().collect();
    add.extend(&own_add);
    let mut drop = set(&scc.required_drop_capabilities);
    drop.extend(&own_drop);
    if add.len() == own_add.len() && drop.len() == own_drop.len() {
        return own.cloned();
    }
    let list = |set: BTreeSet<&str>| set.into_iter().map(str::to_owned).collect();
    Some(Capabilities { add: list(add), drop: list(drop) })
}

/// Judges the capabilities of a container at `path`.
pub(in crate::analysis::scc) fn validate(
    scc: &SecurityContextConstraints,
    refuser: &Refuser<'_>,
    path: &str,
    capabilities: Option<&Capabilities>,
) -> Vec<Refusal> {
    let Some(capabilities) = capabilities else {
        let nothing_wanted = scc.default_add_capabilities.is_empty() && scc.required_drop_capabilities.is_empty();
        return if nothing_wanted {
            Vec::new()
        } else {
            let detail = "required capabilities are not set on the securityContext";
            vec![refuser.invalid(format!("{path}.capabilities"), Value::Null, detail)]
        };
    };
    let (allowed, default) = (set(&scc.allowed_capabilities), set(&scc.default_add_capabilities));
    if allowed.contains("*") {
        return Vec::new();
    }
    let added =
        capabilities.add.iter().filter(|name| !default.contains(name.as_str()) && !allowed.contains(name.as_str()));
    let dropped = set(&capabilities.drop);
    let kept = scc.required_drop_capabilities.iter().filter(|name| !dropped.contains(name.as_str()));
    added
        .map(|name| refuser.invalid(format!("{path}.capabilities.add"), name.as_str(), "capability may not be added"))
        .chain(kept.map(|name| {
            let detail = format!("{name} is required to be dropped but was not found");
            refuser.invalid(format!("{path}.capabilities.drop"), capabilities.drop.clone(), detail)
        }))
        .collect()
}
