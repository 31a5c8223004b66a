//! Label selectors and node selectors: plain data. How the scheduler evaluates
//! them is in `analysis::scheduler`.

use serde::{Deserialize, Serialize};

use super::meta::{StringMap, null_as_default};

/// A label selector. `None` at the place of use selects nothing, an empty one
/// selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

impl std::str::FromStr for LabelSelector {
    type Err = String;

    /// Reads a selector as kubectl's `-l` takes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`
    /// (`k8s.io/apimachinery/pkg/labels/selector.go` v0.35.4).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let match_expressions = parts(text).into_iter().map(requirement).collect::<Result<_, _>>()?;
        Ok(Self { match_labels: StringMap::default(), match_expressions })
    }
}

/// The requirements of a selector: commas within parentheses divide nothing.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let part = part.trim();
    let bad = || format!("{part:?} is no requirement");
    let of = |key: &str, operator: &str, values: Vec<String>| {
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let key = key.trim();
        if key.is_empty() || !key.chars().all(valid) {
            return Err(bad());
        }
        Ok(Requirement { key: key.to_owned(), operator: operator.to_owned(), values })
    };
    if let Some((key, value)) = part.split_once("!=") {
        return of(key, "NotIn", vec![value.trim().to_owned()]);
    }
    if let Some(key) = part.strip_prefix('!') {
        return of(key, "DoesNotExist", Vec::new());
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return of(key, "In", vec![value.trim().to_owned()]);
    }
    for (mark, operator) in [('>', "Gt"), ('<', "Lt")] {
        if let Some((key, value)) = part.split_once(mark) {
            value.trim().parse::<i64>().map_err(|_| bad())?;
            return of(key, operator, vec![value.trim().to_owned()]);
        }
    }
    if let Some(list) = part.strip_suffix(')') {
        let (head, values) = list.split_once('(').ok_or_else(bad)?;
        let (key, word) = head.trim().rsplit_once(char::is_whitespace).ok_or_else(bad)?;
        let operator = match word {
            "in" => "In",
            "notin" => "NotIn",
            _ => return Err(bad()),
        };
        return of(key, operator, values.split(',').map(|value| value.trim().to_owned()).collect());
    }
    of(part, "Exists", Vec::new())
}

/// A node selector: satisfied when one of its terms is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelector {
    /// Alternatives.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector_terms: Vec<NodeSelectorTerm>,
}

/// One alternative of a node selector; an empty one matches no node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelectorTerm {
    /// Requirements on the node's labels.
    #[serde(deserialize_with = "null_as_default")]
    pub match_expressions: Vec<Requirement>,
    /// Requirements on the node's fields; only `metadata.name` exists.
    #[serde(deserialize_with = "null_as_default")]
    pub match_fields: Vec<Requirement>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubectl_reads_them() {
        let labels: StringMap =
            [("app", "web"), ("tier", "front"), ("n", "5")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        for (text, matches) in [
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app!=web", false),
            ("gone!=x", true),
            ("app in (api, web),!gone", true),
            ("app notin (api)", true),
            ("app notin (web,api)", false),
            ("tier,n>4", true),
            ("n<5", false),
            ("gone", false),
        ] {
            let selector: LabelSelector = text.parse().unwrap();
            assert_eq!(selector.matches(&labels), matches, "{text}");
        }
        for text in ["", "a b", "a in b", "in (a)", "=x", "a>x", "a like (b)", "a,,b"] {
            assert!(text.parse::<LabelSelector>().is_err(), "{text}");
        }
    }
}
