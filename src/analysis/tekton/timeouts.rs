//! How long a run and its tasks may take.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::model::run::{PipelineRun, TaskRun};

use super::Installation;

/// Where nothing else is said (tektoncd/pipeline pkg/apis/config/default.go
/// `DefaultTimeoutMinutes`, v0.53 to v1.15).
const DEFAULT_MINUTES: i64 = 60;

/// When Tekton ends a run that is still under way then; `None` where it has no timeout, or has
/// not begun.
pub fn end_of_run(run: &PipelineRun, installation: &Installation<'_>) -> Option<Timestamp> {
    let said = run.spec_at("/timeouts/pipeline").or_else(|| run.spec_at("/timeout"));
    end(run.status.start_time?, said, installation)
}

/// When Tekton ends a TaskRun that is still under way then.
pub fn end_of_task_run(task_run: &TaskRun, installation: &Installation<'_>) -> Option<Timestamp> {
    end(task_run.status.start_time?, task_run.spec.get("timeout"), installation)
}

fn end(start: Timestamp, said: Option<&Value>, installation: &Installation<'_>) -> Option<Timestamp> {
    let span = match said {
        // Go's `0` has no unit.
        Some(said) if said.as_str() == Some("0") => return None,
        Some(said) => said.as_str()?.parse().ok()?,
        None => default(installation)?,
    };
    // A timeout of zero is none.
    if span.is_zero() { None } else { start.checked_add(span).ok() }
}

/// `default-timeout-minutes` of ConfigMap config-defaults; `None` where the map was not read.
fn default(installation: &Installation<'_>) -> Option<SignedDuration> {
    let said = installation.defaults?.data.get("default-timeout-minutes");
    let minutes = said.map_or(Some(DEFAULT_MINUTES), |minutes| minutes.parse().ok())?;
    SignedDuration::try_from_mins(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_ends_by_its_own_timeout_or_by_that_of_the_installation() {
        let end = |spec: Value, minutes: Option<&str>| {
            let status = json!({ "startTime": "2026-01-01T10:00:00Z" });
            let run: PipelineRun = serde_json::from_value(json!({ "spec": spec, "status": status })).unwrap();
            let map = minutes.map(|minutes| {
                serde_json::from_value(json!({ "data": { "default-timeout-minutes": minutes } })).unwrap()
            });
            let installation = Installation {
                namespace: None,
                version: None,
                feature_flags: None,
                defaults: map.as_ref(),
                controller: None,
            };
            end_of_run(&run, &installation).map(|end| end.to_string())
        };
        let at = |time: &str| Some(format!("2026-01-01T{time}Z"));
        assert_eq!(end(json!({ "timeouts": { "pipeline": "1h30m0s" } }), None), at("11:30:00"));
        assert_eq!(end(json!({ "timeout": "90s" }), None), at("10:01:30"));
        assert_eq!(end(json!({ "timeouts": { "pipeline": "0s" } }), None), None);
        assert_eq!(end(json!({ "timeouts": { "pipeline": "0" } }), None), None);
        assert_eq!(end(json!({}), Some("20")), at("10:20:00"));
        assert_eq!(end(json!({}), None), None);
    }
}
