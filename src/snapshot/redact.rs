//! Takes values out of objects that a diagnosis does not need, and keeps their shape.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::model::secrecy::is_secret;
use crate::model::{Kind, Reading};
use crate::report::secrets;
use crate::sources::export::manifest::Redacted;

/// What stands for a value.
const GONE: &str = "***";
/// Fields whose own fields have names that people give.
const NAMED: [&str; 7] = ["labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "binaryData"];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Redacts objects, and counts what it took out.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    patterns: Vec<Regex>,
    /// What stands for each match of a pattern: the same everywhere, so that names still
    /// lead to one another.
    known: BTreeMap<String, String>,
    counts: Redacted,
}

impl Redactor {
    /// With patterns of the caller's own.
    ///
    /// # Errors
    /// The first pattern that is none, and why.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, String> {
        let compiled = patterns.iter().map(|pattern| {
            let regex = Regex::new(pattern).map_err(|error| {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("{pattern:?} is not a regular expression: {reason}")
            })?;
            if regex.is_match("") { Err(format!("{pattern:?} matches the empty text")) } else { Ok(regex) }
        });
        Ok(Self { patterns: compiled.collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// What was taken out.
    pub(super) fn counts(&self) -> &Redacted {
        &self.counts
    }

    /// A name or text without the matches of the caller's patterns.
    pub(crate) fn plain(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for pattern in self.patterns.clone() {
            let mut shown = String::with_capacity(text.len());
            let mut end = 0;
            for found in pattern.find_iter(&text) {
                shown.push_str(&text[end..found.start()]);
                if found.as_str().starts_with("redacted-") {
                    shown.push_str(found.as_str());
                } else {
                    let next = self.known.len() + 1;
                    let known = self.known.entry(found.as_str().to_owned());
                    shown.push_str(known.or_insert_with(|| format!("redacted-{next}")));
                    self.counts.patterns += 1;
                }
                end = found.end();
            }
            shown.push_str(&text[end..]);
            text = shown;
        }
        text
    }

    /// A text without tokens and passwords as well.
    pub(super) fn text(&mut self, text: &str) -> String {
        let masked = secrets::masked(text);
        if masked != text {
            self.counts.texts += 1;
        }
        self.plain(&masked)
    }

    /// How a kind was read, with the reason redacted.
    pub(super) fn reading(&mut self, reading: &Reading) -> Reading {
        match reading {
            Reading::Partly(reason) => Reading::Partly(self.text(reason)),
            Reading::Forbidden(reason) => Reading::Forbidden(self.text(reason)),
            Reading::Listed | Reading::NotServed | Reading::NotRead => reading.clone(),
        }
    }

    /// An object; of Tekton's own settings values are kept.
    pub(super) fn object(&mut self, kind: Kind, is_tektons: bool, object: &mut Value) {
        if kind == Kind::ConfigMap && !is_tektons {
            for field in ["data", "binaryData"] {
                for value in object.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                    *value.1 = Value::from(GONE);
                    self.counts.config_maps += 1;
                }
            }
        }
        self.value(object, is_tektons);
    }

    fn value(&mut self, value: &mut Value, is_tektons: bool) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, is_tektons)),
            Value::Object(fields) => {
                if !is_tektons && let Some(Value::Array(variables)) = fields.get_mut("env") {
                    variables.iter_mut().for_each(|variable| self.variable(variable));
                }
                self.secret(fields);
                if let Some(Value::String(applied)) = fields.get_mut(LAST_APPLIED) {
                    *applied = self.applied(applied, is_tektons);
                }
                let kept = |key: &str| matches!(key, "apiVersion" | "kind" | LAST_APPLIED);
                for (key, value) in fields.iter_mut().filter(|(key, _)| !kept(key)) {
                    self.value(value, is_tektons);
                    if NAMED.contains(&key.as_str())
                        && !self.patterns.is_empty()
                        && let Value::Object(named) = value
                    {
                        let own = std::mem::take(named);
                        *named = own.into_iter().map(|(key, value)| (self.plain(&key), value)).collect();
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The value of a variable, unless it is taken from a parameter.
    fn variable(&mut self, variable: &mut Value) {
        if let Some(Value::String(text)) = variable.get_mut("value")
            && !text.is_empty()
            && !text.starts_with("$(")
        {
            GONE.clone_into(text);
            self.counts.environment += 1;
        }
    }

    /// The value of a parameter or result whose name speaks of a secret.
    fn secret(&mut self, fields: &mut serde_json::Map<String, Value>) {
        let name = fields.get("name").and_then(Value::as_str).unwrap_or_default();
        if !is_secret(name) {
            return;
        }
        for key in ["value", "default"] {
            match fields.get_mut(key) {
                Some(Value::String(text)) if !text.is_empty() && !text.starts_with("$(") && text != GONE => {
                    GONE.clone_into(text);
                    self.counts.secrets += 1;
                }
                Some(Value::Array(items)) => {
                    self.counts.secrets += items.len();
                    items.iter_mut().for_each(|item| *item = Value::from(GONE));
                }
                Some(Value::Object(values)) => {
                    self.counts.secrets += values.len();
                    values.values_mut().for_each(|value| *value = Value::from(GONE));
                }
                _ => {}
            }
        }
    }

    /// What was applied last, redacted like the object itself: fields that the API server has
    /// dropped since show there only.
    fn applied(&mut self, text: &str, is_tektons: bool) -> String {
        let Ok(mut applied) = serde_json::from_str::<Value>(text) else { return GONE.to_owned() };
        self.value(&mut applied, is_tektons);
        format!("{applied}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_go_and_their_shape_stays() {
        let mut redactor = Redactor::new(&[]).unwrap();
        let spec = json!({ "containers": [{ "name": "c", "env": [
            { "name": "HOME", "value": "/tekton" }, { "name": "A", "value": "$(params.a)" },
            { "name": "B", "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } } ] }],
            "params": [{ "name": "api-token", "value": "t0p" }, { "name": "image", "value": "app" },
                { "name": "passwords", "value": ["a", "b"] }],
            "script": "curl -H 'Authorization: Bearer abc.def'" });
        let applied = format!("{}\n", json!({ "spec": spec }));
        let mut object = json!({ "metadata": { "annotations": { LAST_APPLIED: applied } }, "spec": spec });
        redactor.object(Kind::Pod, false, &mut object);
        let text = object.to_string();
        for gone in ["/tekton", "t0p", "abc.def"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        for kept in ["HOME", "$(params.a)", "secretKeyRef", "\"app\"", "api-token"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        let applied = object["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(applied).unwrap()["spec"], object["spec"]);
        assert_eq!((redactor.counts.environment, redactor.counts.secrets, redactor.counts.texts), (2, 6, 2));
    }

    #[test]
    fn own_patterns_are_replaced_alike_everywhere() {
        let mut redactor = Redactor::new(&["acme-\\w+".to_owned(), "[a-z]+-prod".to_owned()]).unwrap();
        let mut pod = json!({ "metadata": { "name": "acme-build", "labels": { "acme-build": "x" } }, "spec": { "nodeName": "acme-node" } });
        redactor.object(Kind::Pod, false, &mut pod);
        assert_eq!(
            pod,
            json!({ "metadata": { "name": "redacted-1", "labels": { "redacted-1": "x" } }, "spec": { "nodeName": "redacted-2" } })
        );
        assert_eq!(redactor.plain("acme-node"), "redacted-2");
        assert_eq!(redactor.counts.patterns, 4);
        assert!(Redactor::new(&["(".to_owned()]).is_err() && Redactor::new(&["x*".to_owned()]).is_err());
    }

    #[test]
    fn of_config_maps_only_tektons_keep_their_values() {
        let mut redactor = Redactor::default();
        let map = json!({ "data": { "coschedule": "workspaces" } });
        let (mut own, mut other) = (map.clone(), map.clone());
        redactor.object(Kind::ConfigMap, true, &mut own);
        redactor.object(Kind::ConfigMap, false, &mut other);
        assert_eq!((own, &other["data"]["coschedule"]), (map, &json!("***")));
    }
}
