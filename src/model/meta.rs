//! Object metadata and the small shapes that every kind shares.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::shared::Shared;

/// Names with values: labels, annotations, node selectors.
pub type StringMap = BTreeMap<String, String>;

/// The part of `metadata` that verdicts need. `managedFields` is never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectMeta {
    /// Name, unique in its namespace and kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Prefix of a name that the server makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate_name: Option<String>,
    /// Namespace; empty for cluster-scoped kinds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Server-made identity; differs between two objects that bore one name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Opaque version, quoted as evidence of when the object was read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// Counts changes of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// When the server stored the object first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Timestamp>,
    /// Set once deletion was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Timestamp>,
    /// Labels.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Shared<StringMap>,
    /// Annotations.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: StringMap,
    /// Owners, for garbage collection.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Shared<Vec<OwnerReference>>,
    /// What still has to happen before a deletion completes.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
}

impl ObjectMeta {
    /// The owner with `controller: true`.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }
}

/// One owner of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference {
    /// Group and version of the owner's kind.
    pub api_version: String,
    /// Owner's kind.
    pub kind: String,
    /// Owner's name, in the same namespace or cluster-scoped.
    pub name: String,
    /// Owner's UID.
    pub uid: String,
    /// Whether this owner manages the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether the owner's deletion waits for this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

/// One entry of `status.conditions`, as core, knative and Tekton write it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// Condition type, for example `Succeeded` or `PodScheduled`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Machine word.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// Human text.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
    /// When `status` changed last.
    pub last_transition_time: Option<Timestamp>,
}

/// Reference to an object by kind and name, as `involvedObject`, `claimRef`
/// and role bindings hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectReference {
    /// Group and version.
    #[serde(deserialize_with = "null_as_default")]
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty when cluster-scoped or implied.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID; empty when the writer did not know it.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
}

/// Reads an explicit `null` as the type's default: Go servers write `null` for
/// empty slices and maps without `omitempty`.
///
/// # Errors
/// Those of the type's own deserializer.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// `null` in a manifest means absent.
pub fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

/// What is kept as JSON, so that nulls in it have to be taken out.
pub trait Prune {
    /// Takes every null out.
    fn prune(&mut self);
}

impl Prune for Value {
    fn prune(&mut self) {
        prune_nulls(self);
    }
}

impl Prune for Option<Value> {
    fn prune(&mut self) {
        self.iter_mut().for_each(prune_nulls);
    }
}

impl Prune for Vec<Value> {
    fn prune(&mut self) {
        self.iter_mut().for_each(prune_nulls);
    }
}

impl Prune for BTreeMap<String, Value> {
    fn prune(&mut self) {
        self.retain(|_, value| !value.is_null());
        self.values_mut().for_each(prune_nulls);
    }
}

/// Reads what is kept as JSON without the nulls in it, one in its place included.
///
/// # Errors
/// Those of the type's own deserializer.
pub fn without_nulls<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de> + Prune,
{
    let mut value: T = null_as_default(deserializer)?;
    value.prune();
    Ok(value)
}
