//! The document: `apiVersion: tekton-fix.dev/v1`, `kind: RepairWorkflow`. Its JSON Schema
//! is published as docs/schema/workflow/v1/RepairWorkflow.json.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::workflows::gate::{OnFailure, Until};
use crate::yaml::Located;

use super::changes;

/// What `apiVersion` has to be.
pub const API_VERSION: &str = "tekton-fix.dev/v1";
/// What `kind` has to be.
pub const KIND: &str = "RepairWorkflow";

/// A repair in steps.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepairWorkflow {
    /// tekton-fix.dev/v1
    #[cfg_attr(test, schemars(extend("const" = API_VERSION)))]
    pub api_version: Located<String>,
    /// RepairWorkflow
    #[cfg_attr(test, schemars(extend("const" = KIND)))]
    pub kind: Located<String>,
    /// What it is called.
    pub metadata: Metadata,
    /// What it does.
    pub spec: Spec,
}

impl RepairWorkflow {
    /// Whether the old run is left as it is where a new one is submitted.
    pub fn keeps_old(&self) -> bool {
        self.spec.steps.iter().filter_map(|step| step.rerun.as_ref()).any(|rerun| rerun.inner.keep_old)
    }
}

/// What a workflow is called.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Name, by which `workflow run` finds it: lower-case letters, digits and hyphens.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")))]
    pub name: Located<String>,
}

/// What a workflow does.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// One sentence for `workflow list`.
    pub description: Located<String>,
    /// For which runs it is.
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// What the forecast has to say for the workflow to be carried out.
    #[serde(default)]
    pub forecast: Demand,
    /// What has to be known.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
}

/// For which runs a workflow is: all of it has to hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// Codes or ids of causes (TKF101, assistant-refused-by-scc), of which the run has at
    /// least one. Empty: any run.
    #[serde(default)]
    pub causes: Vec<Located<String>>,
    /// Conditions in CEL over run, findings, plans, namespace and cluster.
    #[serde(default)]
    pub conditions: Vec<Located<String>>,
}

/// What is done where the forecast does not say that the run goes on.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Demand {
    /// Where it says that the run stays stuck.
    #[serde(default)]
    pub if_blocked: Answer,
    /// Where it cannot tell, because something was not read.
    #[serde(default)]
    pub if_unknown: Answer,
}

/// What is done about a forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// Nothing is changed.
    #[default]
    Refuse,
    /// It is said, and asked whether to go on all the same.
    Warn,
}

/// Something that has to be known. It is given with `--set NAME=VALUE`, or asked for.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    /// Name; expressions call it `inputs.NAME`.
    #[cfg_attr(test, schemars(regex(pattern = "^[a-zA-Z][a-zA-Z0-9_]{0,62}$")))]
    pub name: Located<String>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// The question for it.
    #[serde(default)]
    pub prompt: Option<Located<String>>,
    /// What it is unless it is given; may be an expression.
    #[serde(default)]
    pub default: Option<Located<Scalar>>,
    /// What a choice is between; may be one expression that gives a list.
    #[serde(default)]
    pub options: Option<Located<Options>>,
}

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum InputType {
    /// A node of the cluster.
    Node,
    /// A ServiceAccount of the run's namespace.
    ServiceAccount,
    /// A quantity, 500m or 2Gi for example.
    Quantity,
    /// One of the options.
    Choice,
    /// Any text on one line.
    Text,
}

/// What a choice is between.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Options {
    /// These.
    List(Vec<Scalar>),
    /// What an expression gives: `${{ … }}`.
    Expression(String),
}

/// A value of one word or line; a text may be, or hold, expressions: `${{ … }}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Scalar {
    /// true or false
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// A step: one of the things that can be done, and when.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("oneOf" = Verb::NAMES.map(|name| serde_json::json!({ "required": [name] })))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What it is called where it is shown.
    #[serde(default)]
    pub name: Option<Located<String>>,
    /// Condition in CEL, over what was read at the start and the inputs; the step is left
    /// out where it is false.
    #[serde(default)]
    pub when: Option<Located<String>>,
    /// What is done when the step fails.
    #[serde(default)]
    pub on_failure: Option<Located<OnFailure>>,
    /// Shows what is wrong with the run at this point.
    #[serde(default)]
    pub diagnose: Option<Located<Nothing>>,
    /// Has one of the plans chosen that the findings offer and that are forecast to work.
    #[serde(default)]
    pub choose: Option<Located<Choose>>,
    /// Does what a plan of the findings does, by its id.
    #[serde(default)]
    pub plan: Option<Located<Scalar>>,
    /// Asks before what comes next; fails on a no.
    #[serde(default)]
    pub confirm: Option<Located<Confirm>>,
    /// Waits for the run that is to go on.
    #[serde(default)]
    pub wait: Option<Located<Wait>>,
    /// Reads the run again; fails unless a condition holds.
    #[serde(default)]
    pub verify: Option<Located<Verify>>,
    /// Tries a minimal TaskRun in the place of a task; fails unless it ran.
    #[serde(default)]
    pub probe: Option<Located<Probe>>,
    /// Submits the run again, changed.
    #[serde(default)]
    pub rerun: Option<Located<changes::Rerun>>,
    /// Takes spec.status off a run that is held by it.
    #[serde(default)]
    pub release: Option<Located<Nothing>>,
    /// Has the StatefulSets of the run's affinity assistants try again at once.
    #[serde(default)]
    pub retry: Option<Located<Nothing>>,
    /// Sets feature flags of Tekton, where they last.
    #[serde(default)]
    pub set_flags: Option<Located<changes::SetFlags>>,
    /// Lets pods be scheduled to a node again.
    #[serde(default)]
    pub uncordon: Option<Located<changes::Uncordon>>,
    /// Lets a ServiceAccount of the run's namespace use an SCC.
    #[serde(default)]
    pub grant_scc: Option<Located<changes::GrantScc>>,
    /// Sets the level of Pod Security that the run's namespace enforces.
    #[serde(default)]
    pub enforce_pod_security: Option<Located<changes::Enforce>>,
    /// Raises limits of a ResourceQuota of the run's namespace.
    #[serde(default)]
    pub raise_quota: Option<Located<changes::RaiseQuota>>,
    /// Scales a StatefulSet of the run's namespace.
    #[serde(default)]
    pub scale: Option<Located<changes::Scale>>,
    /// Creates a claim in the run's namespace.
    #[serde(default)]
    pub create_claim: Option<Located<changes::CreateClaim>>,
    /// Creates a ServiceAccount in the run's namespace.
    #[serde(default)]
    pub create_service_account: Option<Located<changes::CreateServiceAccount>>,
    /// Deletes a pod of the run's namespace.
    #[serde(default)]
    pub delete_pod: Option<Located<changes::DeletePod>>,
}

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub enum Verb<'s> {
    /// Shows the diagnosis.
    Diagnose,
    /// Has a plan chosen.
    Choose(&'s Choose),
    /// Takes a plan by its id.
    Plan(&'s Located<Scalar>),
    /// Asks.
    Confirm(&'s Confirm),
    /// Waits.
    Wait(&'s Wait),
    /// Verifies.
    Verify(&'s Verify),
    /// Probes.
    Probe(&'s Probe),
    /// Changes something.
    Change(changes::Change<'s>),
}

impl Verb<'_> {
    /// The names of all verbs.
    pub const NAMES: [&'static str; 19] = [
        "diagnose",
        "choose",
        "plan",
        "confirm",
        "wait",
        "verify",
        "probe",
        "rerun",
        "release",
        "retry",
        "setFlags",
        "uncordon",
        "grantScc",
        "enforcePodSecurity",
        "raiseQuota",
        "scale",
        "createClaim",
        "createServiceAccount",
        "deletePod",
    ];
}

impl Step {
    /// What it does, each with its place; a step that is right does one thing.
    pub fn verbs(&self) -> Vec<(Verb<'_>, (usize, usize))> {
        use changes::Change;
        fn of<'s, T>(
            found: &mut Vec<(Verb<'s>, (usize, usize))>,
            field: &'s Option<Located<T>>,
            make: impl Fn(&'s Located<T>) -> Verb<'s>,
        ) {
            found.extend(field.iter().map(|field| (make(field), (field.line, field.column))));
        }
        let mut found = Vec::new();
        of(&mut found, &self.diagnose, |_| Verb::Diagnose);
        of(&mut found, &self.choose, |it| Verb::Choose(&it.inner));
        of(&mut found, &self.plan, Verb::Plan);
        of(&mut found, &self.confirm, |it| Verb::Confirm(&it.inner));
        of(&mut found, &self.wait, |it| Verb::Wait(&it.inner));
        of(&mut found, &self.verify, |it| Verb::Verify(&it.inner));
        of(&mut found, &self.probe, |it| Verb::Probe(&it.inner));
        of(&mut found, &self.rerun, |it| Verb::Change(Change::Rerun(&it.inner)));
        of(&mut found, &self.release, |_| Verb::Change(Change::Release));
        of(&mut found, &self.retry, |_| Verb::Change(Change::Retry));
        of(&mut found, &self.set_flags, |it| Verb::Change(Change::SetFlags(&it.inner)));
        of(&mut found, &self.uncordon, |it| Verb::Change(Change::Uncordon(&it.inner)));
        of(&mut found, &self.grant_scc, |it| Verb::Change(Change::GrantScc(&it.inner)));
        of(&mut found, &self.enforce_pod_security, |it| Verb::Change(Change::Enforce(&it.inner)));
        of(&mut found, &self.raise_quota, |it| Verb::Change(Change::RaiseQuota(&it.inner)));
        of(&mut found, &self.scale, |it| Verb::Change(Change::Scale(&it.inner)));
        of(&mut found, &self.create_claim, |it| Verb::Change(Change::CreateClaim(&it.inner)));
        of(&mut found, &self.create_service_account, |it| Verb::Change(Change::CreateServiceAccount(&it.inner)));
        of(&mut found, &self.delete_pod, |it| Verb::Change(Change::DeletePod(&it.inner)));
        found
    }
}

/// Nothing has to be said: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Which plans may be chosen.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choose {
    /// Ids of plans, in the order in which they are preferred. Empty: all that work.
    #[serde(default)]
    pub plans: Vec<Located<String>>,
    /// The question.
    #[serde(default)]
    pub question: Option<Located<String>>,
}

/// A question.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confirm {
    /// The question; may hold expressions.
    pub question: Located<String>,
    /// Whether it is asked with --yes as well: a point at which a person has to look. An
    /// unattended workflow stops there, and `resume` goes on.
    #[serde(default)]
    pub always: bool,
}

/// What is waited for, and how long.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wait {
    /// For what.
    pub until: Until,
    /// At most how long, 2m for example; absent: as long as --wait says.
    #[serde(default)]
    pub timeout: Option<Located<String>>,
}

/// What has to hold.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verify {
    /// Condition in CEL over run, findings, namespace and cluster as they are then; run is
    /// the new run where there is one.
    pub that: Located<String>,
}

/// What is probed.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Probe {
    /// The task of the pipeline that the probe stands for; absent: the first that waits.
    #[serde(default)]
    pub task: Option<Located<Scalar>>,
}

/// Values by name.
pub type Named = BTreeMap<String, Located<Scalar>>;

#[cfg(test)]
mod tests {
    //! The published JSON Schema is that of the types. After a wanted change:
    //! `UPDATE_SCHEMA=1 cargo test --lib schema`, and read the diff.

    use std::fs;

    use schemars::generate::SchemaSettings;
    use serde_json::Value;

    use super::*;
    use crate::scripts::{library, lint};
    use crate::yaml;

    const PUBLISHED: &str = "docs/schema/workflow/v1/RepairWorkflow.json";

    fn schema() -> Value {
        let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
        generator.into_root_schema_for::<RepairWorkflow>().to_value()
    }

    #[test]
    fn the_published_schema_is_that_of_the_types() {
        let schema = schema();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::write(PUBLISHED, format!("{schema:#}\n")).unwrap();
        }
        let published: Value = serde_json::from_str(&fs::read_to_string(PUBLISHED).unwrap()).unwrap();
        assert_eq!(published, schema, "UPDATE_SCHEMA=1 cargo test --lib schema");
    }

    #[test]
    fn the_names_of_verbs_are_those_of_the_fields() {
        let schema = schema();
        let fields = schema["$defs"]["Step"]["properties"].as_object().unwrap();
        for name in fields.keys().filter(|name| !matches!(name.as_str(), "name" | "when" | "onFailure")) {
            assert!(Verb::NAMES.contains(&name.as_str()), "{name}");
        }
        assert_eq!(fields.len(), Verb::NAMES.len() + 3);
    }

    /// What an editor accepts by the schema, the program reads, and the other way round.
    #[test]
    fn built_in_workflows_are_valid_by_schema_and_by_lint() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let mut count = 0;
        for document in library::built_in() {
            let workflow = lint::read(&document.text).unwrap_or_else(|problems| panic!("{document:?}: {problems:?}"));
            assert_eq!(document.origin, library::Origin::BuiltIn(Box::leak(workflow.metadata.name.inner.into())));
            let value = &yaml::read_documents(&document.text).unwrap()[0].1;
            let wrong: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{:?}: {wrong:?}", document.origin);
            count += 1;
        }
        assert!(count >= 9, "{count}");
    }

    #[test]
    fn what_the_schema_refuses_is_not_read() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let (_, pin) = library::built_in()
            .find_map(|one| one.text.contains("name: pin-node").then(|| (0, one.text.clone())))
            .unwrap();
        for (from, to) in [
            ("kind: RepairWorkflow", "kind: Workflow"),
            ("tekton-fix.dev/v1", "tekton-fix.dev/v2"),
            ("name: pin-node", "name: Pin_Node"),
            ("type: node", "type: nodes"),
            ("rerun:", "shell:"),
            ("pinNode:", "pinnode:"),
            ("  steps:\n  - rerun:", "  steps:\n  - release: {}\n    rerun:"),
        ] {
            let text = pin.replacen(from, to, 1);
            assert_ne!(text, pin, "{from}");
            let value = &yaml::read_documents(&text).unwrap()[0].1;
            assert!(!validator.is_valid(value), "the schema takes {to}");
            assert!(lint::read(&text).is_err(), "lint takes {to}");
        }
    }
}
