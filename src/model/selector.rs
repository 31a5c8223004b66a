//! Label selectors and node selectors: plain data. How the scheduler evaluates
//! them is in `analysis::scheduler`.

use serde::{Deserialize, Serialize};

use super::meta::{StringMap, null_as_default};

/// A label selector. `None` at the place of use selects nothing, an empty one
/// selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must be there with these values.
    #[serde(deserialize_with = "null_as_default")]
    pub match_labels: StringMap,
    /// Further requirements, all of which must hold.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<Requirement>,
}

/// One requirement of a label or node selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Requirement {
    /// Label key or field name.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`; for nodes also `Gt`, `Lt`.
    pub operator: String,
    /// Values that the operator uses.
    #[serde(deserialize_with = "null_as_default")]
    pub values: Vec<String>,
}

impl Requirement {
    /// Whether a set of labels satisfies the requirement, by the rules of label
    /// selectors (`k8s.io/apimachinery/pkg/labels` v0.35.4): `NotIn` and
    /// `DoesNotExist` hold where the key is absent; `Gt` and `Lt` need integers.
    pub fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.contains(v)),
            "NotIn" => value.is_none_or(|v| !self.values.contains(v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" | "Lt" => {
                let [bound] = self.values.as_slice() else { return false };
                match (value.and_then(|v| v.parse::<i64>().ok()), bound.parse::<i64>().ok()) {
                    (Some(value), Some(bound)) if self.operator == "Gt" => value > bound,
                    (Some(value), Some(bound)) => value < bound,
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

impl LabelSelector {
    /// Whether a set of labels satisfies every part of the selector.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.matches(labels))
    }
}

/// A node selector: satisfied when one of its terms is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Alternatives.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// One alternative of a node selector; an empty one matches no node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelectorTerm {
    /// Requirements on the node's labels.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<Requirement>,
    /// Requirements on the node's fields; only `metadata.name` exists.
    #[serde(deserialize_with = "null_as_default")]
    pub match_fields: Vec<Requirement>,
}
