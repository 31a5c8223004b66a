//! Manifests judged before anything is submitted: fields that are dropped or refused,
//! names that nobody declares, runs that will hang; and the safe fixes of them.

pub(crate) mod checks;
mod collector;
pub(crate) mod finding;
mod fixing;
pub(crate) mod kind;
pub(crate) mod schema;
mod silenced;
mod subject;

pub(crate) use checks::assistant::Allowed;
pub(crate) use finding::{Effect, Finding, Problem};
pub(crate) use fixing::{fix, fix_one, propose};
pub(crate) use kind::Kind;
pub(crate) use schema::Schema;

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::{Document, Lines, Node, Path, read, templating};

use checks::assistant::Pipelines;
use checks::variables::Declared;
use checks::{assistant, duplicates, fields, metadata, params, patches, pipeline, run, served, task, triggers};
use collector::Collector;
pub(crate) use subject::subjects;

use subject::Subject;

/// What manifests are judged by.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// The fields of a version of Tekton.
    pub(crate) schema: Schema,
    /// Ids that namespaces allow.
    pub(crate) allowed: Vec<Allowed>,
    /// Whether the file is a patch of a kustomization: a part of an object.
    pub(crate) is_patch: bool,
    /// The API versions in which kinds of Tekton occur among the files that are judged together.
    pub(crate) versions: BTreeMap<String, BTreeSet<String>>,
    /// Findings that are neither reported nor mended.
    pub(crate) suppressed: Vec<Kind>,
}

impl Rules {
    /// Those of the newest version that is known, for a manifest alone.
    pub(crate) fn newest() -> Self {
        Self {
            schema: Schema::newest(),
            allowed: Vec::new(),
            is_patch: false,
            versions: BTreeMap::new(),
            suppressed: Vec::new(),
        }
    }
}

/// What is known of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    /// It was read: its findings.
    Read(Vec<Finding>),
    /// It could not be read, or not wholly: findings, the last of which says why.
    Unreadable(Vec<Finding>),
    /// It is a template that somebody has to fill in first.
    Template,
}

/// Judges a text without a byte order mark.
pub(crate) fn judge(text: &str, rules: &Rules) -> Judgement {
    let (documents, error) = read(text);
    let is_placeholder = || documents.iter().any(|document| templating::is_key(&document.root, text));
    if (error.is_some() || is_placeholder()) && templating::is_template(text) {
        return Judgement::Template;
    }
    let lines = Lines::of(text);
    let pipelines = assistant::pipelines(&documents);
    let mut findings: Vec<Finding> =
        documents.iter().flat_map(|document| judge_document(text, &lines, document, rules, &pipelines)).collect();
    let silenced = silenced::Silenced::of(text);
    findings.retain(|finding| {
        let is_silent = silenced.covers(finding.kind, lines.index(finding.span.start));
        !is_silent && !rules.suppressed.contains(&finding.kind)
    });
    match error {
        None => Judgement::Read(findings),
        Some(error) => {
            let end = (error.offset + 1).min(text.len()).max(error.offset);
            findings.push(Finding {
                kind: Kind::Unreadable,
                document: error.document,
                path: Path::default(),
                span: error.offset..end,
                problem: Problem::Unreadable(error.message),
                effect: Effect::NotRead,
                right_path: None,
                holder: None,
                fix: None,
            });
            Judgement::Unreadable(findings)
        }
    }
}

/// Names of the files that a kustomization uses as patches.
pub(crate) fn patch_files(text: &str) -> Vec<String> {
    read(text).0.iter().flat_map(|document| patches::patch_files(&document.root)).collect()
}

/// Ids that the namespaces of a text allow, by their annotations.
pub(crate) fn allowed(text: &str) -> Vec<Allowed> {
    fn of(node: &Node, found: &mut Vec<Allowed>) {
        if node.text_of("kind") == Some("List") {
            node.list("items").iter().for_each(|item| of(item, found));
        }
        let annotations = node.at(&["metadata", "annotations"]);
        let block = |name: &str| -> Option<(i64, i64)> {
            let text = annotations?.text_of(name)?;
            let (start, size) = text.split(',').next()?.split_once('/')?;
            let (start, size): (i64, i64) = (start.parse().ok()?, size.parse().ok()?);
            Some((start, start.checked_add(size)?.checked_sub(1)?))
        };
        if node.text_of("kind") == Some("Namespace")
            && let Some(name) = node.at(&["metadata", "name"]).and_then(Node::text)
            && let Some(users) = block("openshift.io/sa.scc.uid-range")
        {
            let group = block("openshift.io/sa.scc.supplemental-groups").unwrap_or(users).0;
            found.push(Allowed { namespace: name.to_owned(), users, group });
        }
    }
    let mut found = Vec::new();
    read(text).0.iter().for_each(|document| of(&document.root, &mut found));
    found
}

fn judge_document(
    text: &str,
    lines: &Lines,
    document: &Document,
    rules: &Rules,
    pipelines: &Pipelines<'_>,
) -> Vec<Finding> {
    let mut out = Collector::new(text, lines, rules.schema, document.index);
    let root = &document.root;
    if patches::is_kustomization(root) {
        patches::check(&mut out, root, rules);
        return out.finish();
    }
    let subjects = subjects(root, rules.is_patch);
    if subjects.is_empty() {
        return Vec::new();
    }
    duplicates::check(&mut out, root, &Path::default());
    for subject in &subjects {
        judge_object(&mut out, subject, rules, pipelines);
    }
    let mut findings = out.finish();
    for fix in findings.iter_mut().filter_map(|finding| finding.fix.as_mut()) {
        fix.obstacle = fix.change.as_ref().and_then(|change| change.obstacle(text, root));
    }
    findings
}

fn judge_object(out: &mut Collector<'_>, subject: &Subject<'_>, rules: &Rules, pipelines: &Pipelines<'_>) {
    if subject.group == "triggers.tekton.dev" {
        if subject.kind == "TriggerTemplate" {
            triggers::check(out, subject);
        }
        return;
    }
    out.is_beta = subject.version == "v1beta1";
    if !served::check(out, subject) {
        return;
    }
    if let Some(type_name) = rules.schema.type_named(&subject.type_name()) {
        fields::check(out, subject.node, type_name, &subject.path);
    }
    metadata::check(out, subject);
    let spec = subject.node.entry("spec").filter(|entry| entry.value.is_mapping());
    let path = subject.path.key("spec");
    if spec.is_none() && !subject.is_partial {
        no_spec(out, subject, &path);
    }
    match (subject.kind, spec) {
        ("PipelineRun" | "TaskRun", _) => {
            run::check(out, subject);
            assistant::check(out, subject, &rules.allowed, pipelines);
        }
        ("Pipeline", Some(spec)) if !subject.is_partial => {
            let scope = pipeline::Scope {
                params: Declared::of(spec.value.list("params")),
                given: std::collections::HashSet::new(),
                workspaces: params::names(spec.value.list("workspaces")),
                is_embedded: false,
            };
            pipeline::check(out, &spec.value, &path, &spec.key.span, &scope);
        }
        ("Task", Some(spec)) if !subject.is_partial => {
            let scope = task::Scope { params: &Declared::default(), undeclared: Effect::Webhook };
            task::check(out, &spec.value, &path, &spec.key.span, &scope);
        }
        ("StepAction", Some(spec)) if !subject.is_partial => {
            task::step_action(out, &spec.value, &path, &spec.key.span);
        }
        _ => {}
    }
}

/// Objects without a spec; those of runs say what is missing in it.
fn no_spec(out: &mut Collector<'_>, subject: &Subject<'_>, path: &Path) {
    let is_missing = subject.node.entry("spec").is_none_or(|entry| entry.value.is_null());
    if matches!(subject.kind, "Task" | "Pipeline" | "StepAction")
        && is_missing
        && !task::has_near_other(subject.node, "spec")
        && let Some(kind) = subject.node.entry("kind")
    {
        let span = subject.node.entry("spec").map_or(&kind.key.span, |entry| &entry.key.span);
        out.add(Kind::MissingField, path.clone(), span, Problem::Missing("spec"), Effect::Webhook);
    }
}

/// A file with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linted {
    /// Its name, as it was given or found.
    pub(crate) file: String,
    /// Its text, without a byte order mark.
    pub(crate) text: String,
    /// What is known of it.
    pub(crate) judgement: Judgement,
}

impl Linted {
    /// Its findings; none for a template.
    pub(crate) fn findings(&self) -> &[Finding] {
        match &self.judgement {
            Judgement::Read(findings) | Judgement::Unreadable(findings) => findings,
            Judgement::Template => &[],
        }
    }
}
