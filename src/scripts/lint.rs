//! What is wrong with a workflow, as far as its text alone tells it.

use std::collections::BTreeSet;

use crate::finding::Cause;
use crate::model::Quantity;
use crate::workflows::gate::OnFailure;
use crate::yaml::{self, Located};

use super::arguments::{Form, arguments, is_duration, is_name};
use super::changes::Change;
use super::expression::{Bad, Expression, Template};
use super::schema::{API_VERSION, Input, InputType, KIND, Options, RepairWorkflow, Scalar, Step, Verb};
use super::scope::{BEST_NODE, INPUTS, VARIABLES};

/// Bytes of a workflow at most.
const SIZE: usize = 64 << 10;
/// Steps at most.
const STEPS: usize = 32;
/// Inputs at most.
const INPUTS_MOST: usize = 16;
/// Characters of a sentence at most.
const SENTENCE: usize = 200;

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Line, from 1; 0 when unknown.
    pub line: usize,
    /// Column, from 1; 0 when unknown.
    pub column: usize,
}

/// Reads a workflow.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(text: &str) -> Result<RepairWorkflow, Vec<Problem>> {
    if text.len() > SIZE {
        let message = format!("a workflow has at most {SIZE} bytes; this has {}", text.len());
        return Err(vec![Problem { message, line: 0, column: 0 }]);
    }
    let workflow: RepairWorkflow = yaml::read_typed(text)
        .map_err(|fault| vec![Problem { message: fault.message, line: fault.line, column: fault.column }])?;
    let mut lint = Lint { text, problems: Vec::new() };
    lint.workflow(&workflow);
    let mut problems = lint.problems;
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if problems.is_empty() { Ok(workflow) } else { Err(problems) }
}

struct Lint<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Lint<'_> {
    fn add<T>(&mut self, at: &Located<T>, message: impl Into<String>) {
        self.at((at.line, at.column), message);
    }

    fn at(&mut self, (line, column): (usize, usize), message: impl Into<String>) {
        self.problems.push(Problem { message: message.into(), line, column });
    }

    /// Something in a text, at the character that it is about where that is on one line.
    fn inside(&mut self, at: &Located<String>, bad: Bad) {
        let line = self.text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
        let start = line.char_indices().nth(at.column.saturating_sub(1)).map_or(line.len(), |(start, _)| start);
        let found = line[start..].find(&at.inner).map(|found| line[start..start + found].chars().count());
        let column = found.map_or(at.column, |found| at.column + found + bad.offset);
        self.at((at.line, column), bad.message);
    }

    fn workflow(&mut self, workflow: &RepairWorkflow) {
        if workflow.api_version.inner != API_VERSION {
            self.add(&workflow.api_version, format!("apiVersion: expected {API_VERSION}"));
        }
        if workflow.kind.inner != KIND {
            self.add(&workflow.kind, format!("kind: expected {KIND}"));
        }
        let name = &workflow.metadata.name;
        if !is_workflow_name(&name.inner) {
            self.add(name, "metadata.name: expected lower-case letters, digits and hyphens, at most 63");
        }
        let spec = &workflow.spec;
        self.sentence(&spec.description, "spec.description");
        for cause in &spec.matching.causes {
            if self::cause(&cause.inner).is_none() {
                self.add(cause, format!("{:?} is not the code or id of a cause (`explain` lists them)", cause.inner));
            }
        }
        for condition in &spec.matching.conditions {
            self.condition(condition, &VARIABLES, &[]);
        }
        let mut known: Vec<&str> = Vec::new();
        if let Some(more) = spec.inputs.get(INPUTS_MOST) {
            self.add(&more.name, format!("spec.inputs: at most {INPUTS_MOST}"));
        }
        for input in &spec.inputs {
            self.input(input, &known);
            known.push(&input.name.inner);
        }
        self.steps(&spec.steps, &known);
    }

    fn sentence(&mut self, text: &Located<String>, what: &str) {
        let length = text.inner.chars().count();
        if text.inner.trim().is_empty() || length > SENTENCE || text.inner.chars().any(char::is_control) {
            self.add(text, format!("{what}: expected one line of 1 to {SENTENCE} characters"));
        }
    }

    fn input(&mut self, input: &Input, before: &[&str]) {
        let name = &input.name;
        if !is_input_name(&name.inner) {
            self.add(name, "expected letters, digits and _, beginning with a letter");
        } else if before.contains(&name.inner.as_str()) {
            self.add(name, format!("there is another input {:?}", name.inner));
        }
        if let Some(prompt) = &input.prompt {
            self.sentence(prompt, "prompt");
        }
        let variables: Vec<&str> = VARIABLES.into_iter().chain([INPUTS, BEST_NODE]).collect();
        match (&input.options, input.kind) {
            (None, InputType::Choice) => self.add(name, "an input of type choice needs options"),
            (Some(options), InputType::Choice) => match &options.inner {
                Options::List(list) if list.is_empty() => self.add(options, "options: expected at least one"),
                Options::List(_) => {}
                Options::Expression(text) => {
                    let text = Located { inner: text.clone(), line: options.line, column: options.column };
                    if let Some(template) = self.template(&text, &variables, before)
                        && (template.literal().is_some() || template.expressions().count() != 1)
                    {
                        self.add(options, "options: expected a list, or one expression `${{ … }}` that gives one");
                    }
                }
            },
            (Some(options), _) => self.add(options, "only an input of type choice has options"),
            (None, _) => {}
        }
        let Some(default) = &input.default else { return };
        let form = match input.kind {
            InputType::Node | InputType::ServiceAccount => Form::Name,
            InputType::Quantity => Form::Quantity,
            InputType::Choice | InputType::Text => Form::Text,
        };
        self.scalar(default, form, &variables, before);
        if let Some(Options::List(list)) = input.options.as_ref().map(|options| &options.inner)
            && is_literal(&default.inner)
            && list.iter().all(is_literal)
            && !list.contains(&default.inner)
        {
            self.add(default, "the default is not one of the options");
        }
    }

    fn steps(&mut self, steps: &[Step], inputs: &[&str]) {
        let mut submits = None;
        if steps.is_empty() {
            self.problems.push(Problem { message: "spec.steps: expected at least one".to_owned(), line: 0, column: 0 });
        }
        for (at, step) in steps.iter().enumerate() {
            let verbs = step.verbs();
            let (verb, place) = match verbs.as_slice() {
                [one] => one,
                [] => {
                    let place = step.place();
                    self.at(place, format!("the step does nothing: expected one of {}", Verb::NAMES.join(", ")));
                    continue;
                }
                [_, (_, second), ..] => {
                    self.at(*second, "a step does one thing: this is the second");
                    continue;
                }
            };
            if at == STEPS {
                self.at(*place, format!("spec.steps: at most {STEPS}"));
            }
            self.step(step, (*verb, *place), inputs);
            if matches!(verb, Verb::Choose(_) | Verb::Plan(_) | Verb::Change(Change::Rerun(_))) && step.when.is_none() {
                if submits.is_some() {
                    self.at(
                        *place,
                        "a run is submitted once: of rerun, plan and choose only one may be without `when`",
                    );
                }
                submits = Some(*place);
            }
        }
    }

    fn step(&mut self, step: &Step, (verb, place): (Verb<'_>, (usize, usize)), inputs: &[&str]) {
        let variables: Vec<&str> = VARIABLES.into_iter().chain([INPUTS]).collect();
        if let Some(name) = &step.name {
            self.sentence(name, "name");
        }
        if let Some(when) = &step.when {
            self.condition(when, &variables, inputs);
        }
        let is_gate = matches!(verb, Verb::Wait(_) | Verb::Verify(_) | Verb::Probe(_));
        if let Some(on_failure) = &step.on_failure
            && on_failure.inner == OnFailure::Continue
            && !is_gate
        {
            self.add(on_failure, "onFailure: continue is only for wait, verify and probe");
        }
        match verb {
            Verb::Diagnose => {}
            Verb::Choose(choose) => {
                if let Some(question) = &choose.question {
                    self.sentence(question, "question");
                }
            }
            Verb::Plan(id) => self.scalar(id, Form::Text, &variables, inputs),
            Verb::Confirm(confirm) => {
                self.sentence(&confirm.question, "question");
                self.template(&confirm.question, &variables, inputs);
            }
            Verb::Wait(wait) => {
                if let Some(timeout) = &wait.timeout
                    && !is_duration(&timeout.inner)
                {
                    self.add(timeout, format!("timeout {:?}: expected 30s, 2m or 1h30m for example", timeout.inner));
                }
            }
            // What is verified is written into the journal; what was put in is not.
            Verb::Verify(verify) => self.condition(&verify.that, &VARIABLES, &[]),
            Verb::Probe(probe) => {
                if let Some(task) = &probe.task {
                    self.scalar(task, Form::Text, &variables, inputs);
                }
            }
            Verb::Change(change) => self.change((change, place), &variables, inputs),
        }
    }

    fn change(&mut self, (change, place): (Change<'_>, (usize, usize)), variables: &[&str], inputs: &[&str]) {
        for (scalar, form) in arguments(change) {
            self.scalar(scalar, form, variables, inputs);
        }
        match change {
            Change::Rerun(rerun) => {
                for workspace in &rerun.workspaces {
                    let it = &workspace.inner;
                    let sources = [it.empty_dir.is_some(), it.claim_name.is_some(), it.size.is_some()];
                    if sources.iter().filter(|is_given| **is_given).count() != 1 {
                        self.add(workspace, "a workspace is bound to one of emptyDir, claimName and size");
                    }
                    if it.size.is_none() && (it.storage_class.is_some() || it.access_mode.is_some()) {
                        self.add(workspace, "storageClass and accessMode are for a new claim: with size");
                    }
                }
                if let Some(fields) = &rerun.pod_template {
                    let mut texts = Vec::new();
                    texts_of(&fields.inner, &mut texts);
                    for text in texts {
                        let at = Located { inner: text, line: fields.line, column: fields.column };
                        self.template(&at, variables, inputs);
                    }
                }
            }
            Change::SetFlags(flags) if flags.coschedule.is_none() && flags.set_security_context.is_none() => {
                self.at(place, "setFlags: expected coschedule, setSecurityContext or both");
            }
            _ => {}
        }
    }

    fn scalar(&mut self, scalar: &Located<Scalar>, form: Form, variables: &[&str], inputs: &[&str]) {
        let literal = match &scalar.inner {
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Number(number) => number.to_string(),
            Scalar::Text(text) => {
                let text = Located { inner: text.clone(), line: scalar.line, column: scalar.column };
                let Some(template) = self.template(&text, variables, inputs) else { return };
                let Some(literal) = template.literal() else { return };
                literal.to_owned()
            }
        };
        let expected = match form {
            Form::Name if !is_name(&literal) => "the name of an object",
            Form::Number if literal.parse::<i64>().is_err() => "a whole number",
            Form::Group if literal != "namespace" && literal.parse::<i64>().is_err() => "a number, or `namespace`",
            Form::Quantity if literal.parse::<Quantity>().is_err() => "a quantity, 500m or 2Gi for example",
            Form::Duration if !is_duration(&literal) => "30m or 2h30m for example",
            _ => return,
        };
        self.add(scalar, format!("{literal:?}: expected {expected}"));
    }

    fn template(&mut self, text: &Located<String>, variables: &[&str], inputs: &[&str]) -> Option<Template> {
        match Template::parse(&text.inner) {
            Ok(template) => {
                let mut all_known = true;
                for expression in template.expressions() {
                    all_known &= self.names(text, expression, variables, inputs);
                }
                all_known.then_some(template)
            }
            Err(bad) => {
                self.inside(text, bad);
                None
            }
        }
    }

    fn condition(&mut self, text: &Located<String>, variables: &[&str], inputs: &[&str]) {
        match Expression::parse(&text.inner) {
            Ok(expression) => {
                self.names(text, &expression, variables, inputs);
            }
            Err(bad) => self.inside(text, bad),
        }
    }

    /// Whether an expression speaks of what there is.
    fn names(&mut self, text: &Located<String>, expression: &Expression, variables: &[&str], inputs: &[&str]) -> bool {
        let before = self.problems.len();
        for name in expression.variables() {
            if !variables.contains(&name.as_str()) {
                self.add(text, format!("there is no variable {name:?} here; known: {}", variables.join(", ")));
            }
        }
        let named: BTreeSet<String> = expression.fields_of(INPUTS).into_iter().collect();
        for name in named.iter().filter(|name| !inputs.contains(&name.as_str())) {
            let known = if inputs.is_empty() { "none".to_owned() } else { inputs.join(", ") };
            self.add(text, format!("there is no input {name:?} before this; known: {known}"));
        }
        self.problems.len() == before
    }
}

impl Step {
    /// Where it stands, as far as its parts tell.
    fn place(&self) -> (usize, usize) {
        let name = self.name.as_ref().map(|name| (name.line, name.column));
        let when = self.when.as_ref().map(|when| (when.line, when.column));
        let on_failure = self.on_failure.as_ref().map(|it| (it.line, it.column));
        name.or(when).or(on_failure).unwrap_or_default()
    }
}

/// The cause of a code or an id.
pub fn cause(text: &str) -> Option<Cause> {
    Cause::ALL.iter().copied().find(|cause| cause.code() == text || cause.id() == text)
}

fn is_literal(scalar: &Scalar) -> bool {
    !matches!(scalar, Scalar::Text(text) if text.contains("${{"))
}

fn texts_of(value: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts_of(value, found)),
        _ => {}
    }
}

/// Whether a text can be the name of a workflow.
pub fn is_workflow_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(is_part) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_input_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=63).contains(&text.len()) && text.chars().all(is_part) && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "apiVersion: tekton-fix.dev/v1\nkind: RepairWorkflow\nmetadata: {name: mine}\nspec:\n  description: Mine\n";

    fn problems(rest: &str) -> Vec<Problem> {
        read(&format!("{HEAD}{rest}")).err().unwrap_or_default()
    }

    fn one(rest: &str) -> Problem {
        let found = problems(rest);
        assert_eq!(found.len(), 1, "{rest}: {found:?}");
        found[0].clone()
    }

    #[test]
    fn a_workflow_that_is_right_has_no_problems() {
        let rest = "
  match:
    causes: [TKF101, insufficient-resources]
    conditions: ['run.state == \"stuck\"']
  forecast: {ifBlocked: warn}
  inputs:
  - {name: node, type: node, default: '${{ bestNode }}'}
  - {name: size, type: quantity, default: 2Gi}
  - {name: which, type: choice, options: [a, b], default: b}
  steps:
  - diagnose: {}
  - confirm: {question: 'Pin to ${{ inputs.node }}?', always: true}
  - rerun:
      pinNode: ${{ inputs.node }}
      fsGroup: 1001
      timeout: 2h
      workspaces: [{name: data, size: '${{ inputs.size }}'}]
      podTemplate: {priorityClassName: '${{ inputs.which }}'}
    onFailure: undo
  - wait: {until: succeeded, timeout: 1h30m}
    onFailure: continue
  - verify: {that: findings.size() == 0}
";
        assert_eq!(problems(rest), []);
    }

    #[test]
    fn each_problem_is_told_at_its_place() {
        // What follows HEAD begins at line 6.
        for (rest, line, at, words) in [
            ("  steps: [{rerun: {timeout: soon}}]\n", 6, "soon", "expected 30m"),
            ("  steps: [{rerun: {runAsUser: root}}]\n", 6, "root", "a whole number"),
            ("  steps: [{rerun: {fsGroup: mine}}]\n", 6, "mine", "namespace"),
            ("  steps:\n  - uncordon: {node: 'a b'}\n", 7, "'a b'", "the name of an object"),
            ("  steps:\n  - uncordon: {node: '${{ inputs.node }}'}\n", 7, "'${{", "no input \"node\""),
            ("  steps:\n  - uncordon: {node: '${{ runs.a }}'}\n", 7, "'${{", "no variable \"runs\""),
            ("  steps:\n  - {when: 'run.done ==', release: {}}\n", 7, "", "not a CEL expression"),
            ("  steps:\n  - {when: 'run.done', release: {}, retry: {}}\n", 7, "{}", "one thing"),
            ("  steps:\n  - {name: nothing}\n", 7, "nothing", "does nothing"),
            ("  steps:\n  - {release: {}, onFailure: continue}\n", 7, "continue", "only for wait"),
            ("  steps:\n  - {wait: {until: succeeded, timeout: long}}\n", 7, "long", "expected 30s"),
            ("  steps:\n  - setFlags: {}\n", 7, "{}", "expected coschedule"),
            ("  steps:\n  - rerun: {}\n  - plan: x\n", 8, "x", "submitted once"),
            ("  steps:\n  - rerun: {workspaces: [{name: a}]}\n", 7, "{name: a}", "one of emptyDir"),
            ("  match: {causes: [TKF999]}\n  steps: [{retry: {}}]\n", 6, "TKF999", "not the code or id"),
            ("  inputs: [{name: a, type: choice}]\n  steps: [{retry: {}}]\n", 6, "a,", "needs options"),
            (
                "  inputs: [{name: a, type: text, options: [b]}]\n  steps: [{retry: {}}]\n",
                6,
                "[b]",
                "only an input of type choice",
            ),
            (
                "  inputs: [{name: a, type: choice, options: [b], default: c}]\n  steps: [{retry: {}}]\n",
                6,
                "c}",
                "not one of the options",
            ),
            ("  inputs: [{name: a, type: quantity, default: big}]\n  steps: [{retry: {}}]\n", 6, "big", "a quantity"),
            ("  inputs: [{name: a-b, type: text}]\n  steps: [{retry: {}}]\n", 6, "a-b", "letters, digits"),
            ("  steps: [{verify: {that: inputs.a == 'x'}}]\n", 6, "inputs.a", "no variable \"inputs\""),
            ("  steps: [{sh: 'rm -rf /'}]\n", 6, "sh", "unknown field `sh`"),
            ("  steps: [{rerun: {drop: [everything]}}]\n", 6, "everything", "unknown variant"),
        ] {
            let problem = one_or_more(rest);
            assert!(problem.message.contains(words), "{rest}: {problem:?}");
            assert_eq!(problem.line, line, "{rest}: {problem:?}");
            let text = format!("{HEAD}{rest}");
            let shown = text.lines().nth(line - 1).unwrap();
            // What it points at begins there.
            assert!(shown[problem.column - 1..].starts_with(at), "{rest}: {problem:?}");
        }
    }

    /// An expression may name two things that are not there.
    fn one_or_more(rest: &str) -> Problem {
        let found = problems(rest);
        found.first().cloned().unwrap_or_else(|| panic!("nothing is wrong with {rest}"))
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let found =
            problems("  match: {causes: [TKF999]}\n  steps: [{rerun: {timeout: soon}}, {uncordon: {node: '?'}}]\n");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(one("  steps: []\n").message.contains("at least one"));
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(read(&"#".repeat(SIZE + 1)).is_err());
        let steps = "  - retry: {}\n".repeat(STEPS + 1);
        assert!(one(&format!("  steps:\n{steps}")).message.contains("at most 32"));
        let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n";
        assert!(read(bomb).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in proptest::prelude::any::<String>()) {
            let _ = read(&text);
            let _ = read(&format!("{HEAD}  steps:\n  - when: {text}\n    retry: {{}}\n"));
            let _ = read(&format!("{HEAD}  steps:\n  - uncordon: {{node: {text}}}\n"));
        }
    }
}
