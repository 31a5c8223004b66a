//! TriggerTemplates: parameters that are used and not declared
//! (tektoncd/triggers pkg/apis/triggers/v1beta1/trigger_template_validation.go).

use crate::documents::Path;
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;
use crate::lint::subject::{RESOURCE_TEMPLATES, Subject};

use super::params;

/// Judges a TriggerTemplate; the objects in it are subjects of their own.
pub(crate) fn check(out: &mut Collector<'_>, subject: &Subject<'_>) {
    let Some(spec) = subject.node.get("spec") else { return };
    let path = subject.path.key("spec");
    params::duplicates(out, spec.list("params"), &path.key("params"), true);
    let declared = params::names(spec.list("params"));
    let mut wrong: Vec<(Path, std::ops::Range<usize>, String)> = Vec::new();
    for name in RESOURCE_TEMPLATES {
        let Some(entry) = spec.entry(name) else { continue };
        params::scalars(&entry.value, &path.key(name), &entry.key.span, &mut |scalar, path, span| {
            for expression in params::expressions(scalar.text().unwrap_or_default()) {
                let Some(name) = params::variable(expression.inner, "tt.params") else { continue };
                if !declared.contains(name) {
                    let place = params::pointed(out, scalar, span, expression.inner);
                    wrong.push((path.clone(), place, name.to_owned()));
                }
            }
        });
    }
    for (path, place, name) in wrong {
        out.add(Kind::UndefinedReference, path, &place, Problem::NoParam(name), Effect::Webhook);
    }
}
