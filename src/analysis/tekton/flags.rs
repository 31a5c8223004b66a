//! Feature flags of Tekton, read as the installed version reads them.
//!
//! Mirrors tektoncd/pipeline pkg/apis/config/feature_flags.go (v0.44.0 to v1.15.0).

use serde_json::Value;

use crate::model::cluster::Opaque;
use crate::model::meta::StringMap;

use super::assistant::Coschedule;
use super::version::TektonVersion;

/// Name of the ConfigMap (`CONFIG_FEATURE_FLAGS_NAME`).
pub const CONFIG_MAP: &str = "feature-flags";
/// The key that was removed in 1.0.0.
pub const DISABLE_ASSISTANT: &str = "disable-affinity-assistant";
/// The key that decides since 0.51.
pub const COSCHEDULE: &str = "coschedule";

/// Whether the containers that Tekton adds, the assistant's included, get a restricted
/// securityContext.
pub const SET_SECURITY_CONTEXT: &str = "set-security-context";

/// Whether `set-security-context` is on: what the ConfigMap says, else what the version
/// does of itself. `None` where neither is known.
pub fn sets_security_context(data: Option<&StringMap>, version: Option<TektonVersion>) -> Option<bool> {
    let by_default = || version.map(TektonVersion::sets_security_context_by_default);
    let Some(data) = data else { return by_default() };
    match data.get(SET_SECURITY_CONTEXT) {
        // A text that is no boolean makes the controller refuse the whole map.
        Some(text) => parse_bool(text).or_else(by_default),
        None => by_default(),
    }
}

/// A boolean as Go reads it (`strconv.ParseBool`).
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Which fields of the API are allowed.
const API_FIELDS: &str = "enable-api-fields";

/// What a ConfigMap says about the assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssistantFlags {
    /// The mode in force, or why the controller refuses the map and keeps the
    /// configuration it had before.
    pub mode: Result<Coschedule, InvalidFlag>,
    /// `disable-affinity-assistant` is set but not read by this version; holds its
    /// value.
    pub dead_key: Option<String>,
}

/// A value that the controller rejects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct InvalidFlag {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// The controller's words.
    pub error: String,
}

/// Reads the flags that govern the assistant, as `version` reads them.
pub fn assistant_flags(data: &StringMap, version: TektonVersion) -> AssistantFlags {
    let legacy = data.get(DISABLE_ASSISTANT);
    let dead_key = (!version.reads_disable_affinity_assistant()).then(|| legacy.cloned()).flatten();
    AssistantFlags { mode: mode(data, version), dead_key }
}

fn mode(data: &StringMap, version: TektonVersion) -> Result<Coschedule, InvalidFlag> {
    // One value that is no good and the controller keeps all that it had before.
    let fields = data.get(API_FIELDS).map(|value| value.to_lowercase());
    if let Some(value) = fields.filter(|value| !matches!(value.as_str(), "stable" | "beta" | "alpha")) {
        return Err(InvalidFlag {
            key: API_FIELDS.to_owned(),
            error: format!("invalid value for feature flag {API_FIELDS:?}: {value:?}"),
            value,
        });
    }
    let off = if version.reads_disable_affinity_assistant() { legacy_off(data)? } else { false };
    if !version.reads_coschedule() {
        return Ok(if off { Coschedule::Disabled } else { Coschedule::Workspaces });
    }
    // An absent key is the default; a present one is lower-cased and checked.
    let value = data.get(COSCHEDULE).map_or_else(|| "workspaces".to_owned(), |v| v.to_lowercase());
    let Some(mode) = Coschedule::parse(&value) else {
        return Err(InvalidFlag {
            key: COSCHEDULE.to_owned(),
            error: format!("invalid value for feature flag \"coschedule\": {value:?}"),
            value,
        });
    };
    if !version.reads_disable_affinity_assistant() {
        return Ok(mode);
    }
    match (off, mode) {
        (false, Coschedule::Workspaces) => Ok(mode),
        (false, _) => Err(InvalidFlag {
            key: COSCHEDULE.to_owned(),
            error: format!("coschedule value {value} is incompatible with {DISABLE_ASSISTANT} setting to false"),
            value,
        }),
        // With the old key on, `workspaces` too means off (v0.51 to v0.70).
        (true, Coschedule::Workspaces | Coschedule::Disabled) => Ok(Coschedule::Disabled),
        (true, _) => Ok(mode),
    }
}

/// The old key, as `strconv.ParseBool` reads it.
fn legacy_off(data: &StringMap) -> Result<bool, InvalidFlag> {
    let Some(value) = data.get(DISABLE_ASSISTANT) else { return Ok(false) };
    parse_bool(value).ok_or_else(|| InvalidFlag {
        key: DISABLE_ASSISTANT.to_owned(),
        value: value.clone(),
        error: format!(
            "failed parsing feature flags config {value:?}: strconv.ParseBool: parsing {value:?}: invalid syntax"
        ),
    })
}

/// What the operator's TektonConfig sets a key of `feature-flags` to: its own field, or
/// an option, which is applied last and wins (tektoncd/operator
/// pkg/reconciler/kubernetes/tektonpipeline/transform.go, v0.77).
pub fn of_operator(config: &Opaque, key: &str) -> Option<String> {
    let option = config.spec.pointer(&format!("/pipeline/options/configMaps/feature-flags/data/{key}"));
    option.or_else(|| config.spec.pointer(&format!("/pipeline/{key}"))).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(version: &str, pairs: &[(&str, &str)]) -> AssistantFlags {
        let data = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assistant_flags(&data, TektonVersion::parse(version).unwrap())
    }

    #[test]
    fn the_security_context_is_on_by_default_since_1_16() {
        let on = |version: Option<&str>, value: Option<&str>| {
            let data: StringMap =
                value.into_iter().map(|value| (SET_SECURITY_CONTEXT.to_owned(), value.to_owned())).collect();
            sets_security_context(Some(&data), version.and_then(TektonVersion::parse))
        };
        for (version, value, expected) in [
            (Some("1.15.1"), None, Some(false)),
            (Some("1.16.0"), None, Some(true)),
            (Some("1.16.0"), Some("false"), Some(false)),
            (Some("1.16.0"), Some("F"), Some(false)),
            (Some("0.65.0"), Some("T"), Some(true)),
            (Some("1.15.0"), Some("True"), Some(true)),
            (Some("1.15.0"), Some("yes"), Some(false)),
            (None, Some("1"), Some(true)),
            (None, None, None),
        ] {
            assert_eq!(on(version, value), expected, "{version:?} {value:?}");
        }
        assert_eq!(sets_security_context(None, TektonVersion::parse("1.17.0")), Some(true));
    }

    #[test]
    fn one_text_means_off_before_1_0_and_on_after() {
        let pair = [(DISABLE_ASSISTANT, "true"), (COSCHEDULE, "workspaces")];
        assert_eq!(flags("0.68.1", &pair).mode, Ok(Coschedule::Disabled));
        assert_eq!(flags("0.68.1", &pair).dead_key, None);
        for version in ["1.0.0", "1.3.0", "1.6.6", "1.15.0"] {
            assert_eq!(flags(version, &pair).mode, Ok(Coschedule::Workspaces));
            assert_eq!(flags(version, &pair).dead_key.as_deref(), Some("true"));
        }
    }

    #[test]
    fn combinations_follow_the_table_of_0_51_to_0_70() {
        let on = (DISABLE_ASSISTANT, "false");
        let off = (DISABLE_ASSISTANT, "true");
        assert_eq!(flags("0.68.1", &[]).mode, Ok(Coschedule::Workspaces));
        assert_eq!(flags("0.68.1", &[off, (COSCHEDULE, "pipelineruns")]).mode, Ok(Coschedule::PipelineRuns));
        let error = flags("0.68.1", &[on, (COSCHEDULE, "pipelineruns")]).mode.unwrap_err();
        assert_eq!(
            error.error,
            "coschedule value pipelineruns is incompatible with disable-affinity-assistant setting to false"
        );
        assert_eq!(flags("0.49.0", &[off, (COSCHEDULE, "pipelineruns")]).mode, Ok(Coschedule::Disabled));
    }

    #[test]
    fn values_that_the_controller_rejects_are_named() {
        let bogus = flags("1.6.6", &[(COSCHEDULE, "Bogus")]).mode.unwrap_err();
        assert_eq!(bogus.error, "invalid value for feature flag \"coschedule\": \"bogus\"");
        assert_eq!(flags("1.6.6", &[(COSCHEDULE, "Disabled")]).mode, Ok(Coschedule::Disabled));
        let gamma = flags("1.6.6", &[(COSCHEDULE, "disabled"), ("enable-api-fields", "gamma")]).mode.unwrap_err();
        assert_eq!((gamma.key.as_str(), gamma.value.as_str()), ("enable-api-fields", "gamma"));
        assert!(flags("0.68.1", &[(DISABLE_ASSISTANT, "yes")]).mode.is_err());
        assert_eq!(flags("1.6.6", &[(DISABLE_ASSISTANT, "yes")]).mode, Ok(Coschedule::Workspaces));
    }
}
