//! SELinux labels (openshift/apiserver-library-go `selinux/mustrunas.go`, a8019f39f).

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::pod_security::SeLinuxOptions;

/// Judges a label against the one that an SCC demands. `path` ends in
/// `.seLinuxOptions`.
pub(in crate::analysis::scc) fn validate(
    wanted: &SeLinuxOptions,
    refuser: &Refuser<'_>,
    path: &str,
    actual: Option<&SeLinuxOptions>,
) -> Vec<Refusal> {
    let Some(actual) = actual else {
        return vec![refuser.required(path, "")];
    };
    let mut refusals = Vec::new();
    if !equal_levels(&wanted.level, &actual.level) {
        refusals.push(refuse(refuser, path, "level", &wanted.level, &actual.level));
    }
    for (field, wanted, actual) in [
        ("role", &wanted.role, &actual.role),
        ("type", &wanted.kind, &actual.kind),
        ("user", &wanted.user, &actual.user),
    ] {
        if wanted != actual {
            refusals.push(refuse(refuser, path, field, wanted, actual));
        }
    }
    refusals
}

fn refuse(refuser: &Refuser<'_>, path: &str, field: &str, wanted: &str, actual: &str) -> Refusal {
    refuser.invalid(format!("{path}.{field}"), actual, format!("must be {wanted}"))
}

/// Whether two levels are the same; the order of categories does not matter
/// (`equalLevels`).
pub(in crate::analysis) fn equal_levels(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let categories = |list: &str| {
        let mut sorted: Vec<String> = list.split(',').map(str::to_owned).collect();
        sorted.sort();
        sorted
    };
    match (a.split_once(':'), b.split_once(':')) {
        (Some((sensitivity, ours)), Some((other, theirs))) => {
            sensitivity == other && categories(ours) == categories(theirs)
        }
        _ => false,
    }
}
