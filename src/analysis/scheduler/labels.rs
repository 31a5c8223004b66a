//! How the scheduler evaluates label selectors and node selectors.
//!
//! Mirrors `k8s.io/apimachinery/pkg/labels/selector.go` and
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`
//! (0.33.13).

use crate::model::meta::StringMap;
use crate::model::pod::Pod;
use crate::model::selector::{LabelSelector, NodeSelector, NodeSelectorTerm, Requirement};

/// Whether a label selector has no requirement at all, so that it matches
/// everything.
pub(super) fn is_everything(selector: &LabelSelector) -> bool {
    selector.match_labels.is_empty() && selector.match_expressions.is_empty()
}

/// Whether an optional label selector matches; an absent one matches nothing.
pub(super) fn matches(selector: Option<&LabelSelector>, labels: &StringMap) -> bool {
    selector.is_some_and(|selector| selector.matches(labels))
}

/// What a pod demands of its node: nodeSelector and required node affinity.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequiredNodeAffinity<'a> {
    selector: &'a StringMap,
    affinity: Option<&'a NodeSelector>,
}

impl<'a> RequiredNodeAffinity<'a> {
    /// The demands of a pod.
    pub(super) fn of(pod: &'a Pod) -> Self {
        let affinity = pod.spec.affinity.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
        Self { selector: &pod.spec.node_selector, affinity }
    }

    /// Whether the pod demands nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.selector.is_empty() && self.affinity.is_none()
    }

    /// Whether a node meets the demands.
    pub(super) fn matches(&self, name: &str, labels: &StringMap) -> bool {
        self.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.affinity.is_none_or(|selector| node_selector_matches(selector, Some(name), labels))
    }
}

/// Whether one term of a node selector matches. Without a name, as for volumes,
/// requirements on fields are not looked at.
pub(super) fn node_selector_matches(selector: &NodeSelector, name: Option<&str>, labels: &StringMap) -> bool {
    selector.node_selector_terms.iter().any(|term| term_matches(term, name, labels))
}

/// Whether a term matches; an empty or malformed one never does.
pub(super) fn term_matches(term: &NodeSelectorTerm, name: Option<&str>, labels: &StringMap) -> bool {
    if is_empty_term(term) || malformed(term).is_some() {
        return false;
    }
    term.match_expressions.iter().all(|requirement| requirement.matches(labels))
        && name.is_none_or(|name| term.match_fields.iter().all(|requirement| field_matches(requirement, name)))
}

/// Whether a term demands nothing; such a term is dropped.
pub(super) fn is_empty_term(term: &NodeSelectorTerm) -> bool {
    term.match_expressions.is_empty() && term.match_fields.is_empty()
}

fn field_matches(requirement: &Requirement, name: &str) -> bool {
    let actual = if requirement.key == "metadata.name" { name } else { "" };
    let equal = requirement.values.first().is_some_and(|value| value == actual);
    equal == (requirement.operator == "In")
}

/// What is wrong with a term, as upstream words it, with the path below the term.
pub(super) fn malformed(term: &NodeSelectorTerm) -> Option<String> {
    let expressions = term.match_expressions.iter().enumerate().filter_map(|(at, requirement)| {
        malformed_expression(requirement).map(|what| format!("matchExpressions[{at}].{what}"))
    });
    let fields =
        term.match_fields.iter().enumerate().filter_map(|(at, requirement)| {
            malformed_field(requirement).map(|what| format!("matchFields[{at}].{what}"))
        });
    let mut all = expressions.chain(fields);
    all.next()
}

fn malformed_expression(requirement: &Requirement) -> Option<String> {
    let values = &requirement.values;
    let list = || format!("[{}]", values.join(" "));
    let problem = match requirement.operator.as_str() {
        "In" | "NotIn" if values.is_empty() => {
            "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty".to_owned()
        }
        "In" | "NotIn" => return values.iter().enumerate().find_map(invalid_label_value),
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            format!("values: Invalid value: {}: values set must be empty for exists and does not exist", list())
        }
        "Exists" | "DoesNotExist" => return None,
        "Gt" | "Lt" => match values.as_slice() {
            [value] => {
                if value.parse::<i64>().is_ok() {
                    return invalid_label_value((0, value));
                }
                format!("values[0]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer")
            }
            _ => format!("values: Invalid value: {}: for 'Gt', 'Lt' operators, exactly one value is required", list()),
        },
        other => format!(
            "operator: Unsupported value: {other:?}: supported values: \"In\", \"NotIn\", \"Exists\", \
             \"DoesNotExist\", \"Gt\", \"Lt\""
        ),
    };
    Some(problem)
}

/// A value that cannot be a label's value makes its whole term malformed.
fn invalid_label_value((at, value): (usize, &String)) -> Option<String> {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let valid =
        value.len() <= 63 && edge(value.chars().next()) && edge(value.chars().last()) && value.chars().all(inner);
    (!valid).then(|| format!("values[{at}]: Invalid value: {value:?}: not a valid label value"))
}

fn malformed_field(requirement: &Requirement) -> Option<String> {
    match requirement.operator.as_str() {
        "In" | "NotIn" if requirement.values.len() == 1 => None,
        "In" | "NotIn" => {
            Some(format!("values: Invalid value: [{}]: must have one element", requirement.values.join(" ")))
        }
        other => Some(format!("operator: Unsupported value: {other:?}: supported values: \"In\", \"NotIn\"")),
    }
}
