//! Unknown fields and values of the wrong type, by the table of fields.
//!
//! Mirrors what happens to an object on its way: the API server prunes by the CRD
//! (tektoncd/pipeline config/300-crds, structural since 0.70), and the webhook decodes what
//! is left with `json.Decoder.DisallowUnknownFields` (knative.dev/pkg webhook).

use std::ops::Range;

use serde_json::Value;

use crate::documents::edit::Change;
use crate::documents::scalar::{Resolved, as_json};
use crate::documents::{Content, Entry, Node, Path, Style};

use super::places::{self, Verdict};
use super::values;
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Fix, Problem};
use crate::lint::kind::Kind;
use crate::lint::schema::Shape;

/// Types of items that the webhook refuses where nothing stands in them: those that need a
/// name, or one of several fields. A task's workspaces and a pipeline's parameters do not.
const FILLED: [&str; 9] = [
    "Step",
    "PipelineTask",
    "PipelineWorkspaceDeclaration",
    "WorkspaceBinding",
    "Param",
    "TaskResult",
    "StepResult",
    "TaskRunResult",
    "PipelineResult",
];

/// A mapping above the one that is read, with its type.
#[derive(Debug, Clone)]
pub(crate) struct Level<'a> {
    /// The mapping.
    pub(crate) node: &'a Node,
    /// The name of its type.
    pub(crate) type_name: &'static str,
    /// Where it stands.
    pub(crate) path: Path,
    /// Whether a list lies between it and the level above.
    pub(crate) in_list: bool,
}

/// Reads an object from its root on.
pub(crate) fn check(out: &mut Collector<'_>, node: &Node, type_name: &'static str, path: &Path) {
    let pruned = out.schema.prunes();
    Walk { out, levels: Vec::new() }.object(node, type_name, path, pruned, false);
}

struct Walk<'o, 't, 'a> {
    out: &'o mut Collector<'t>,
    levels: Vec<Level<'a>>,
}

impl<'a> Walk<'_, '_, 'a> {
    fn object(&mut self, node: &'a Node, type_name: &'static str, path: &Path, pruned: bool, in_list: bool) {
        self.levels.push(Level { node: node.target(), type_name, path: path.clone(), in_list });
        for entry in node.entries() {
            let at = path.key(entry.name());
            match self.out.schema.field(type_name, entry.name()) {
                Some(_) if places::is_disallowed(type_name, entry) => {
                    let span = &entry.key.span;
                    self.out.add(Kind::RemovedField, at, span, Problem::Removed, Effect::Webhook);
                }
                Some(field) => {
                    self.value(&entry.value, &field.shape, &at, &entry.key.span, pruned && !field.is_kept, false);
                }
                None if entry.name() == "$patch" => {}
                None => self.unknown(entry, &at, pruned),
            }
        }
        self.levels.pop();
    }

    fn unknown(&mut self, entry: &'a Entry, path: &Path, pruned: bool) {
        if self.out.is_open(&entry.key) {
            return;
        }
        let verdict = places::place(self.out.schema, &self.levels, entry);
        let is_meta = self.levels.last().is_some_and(|level| level.type_name.starts_with("meta."));
        let (kind, problem, right, change) = match verdict {
            Verdict::Misplaced { to, change } => (Kind::MisplacedField, Problem::Misplaced, to, change),
            Verdict::OfTheRun => (Kind::MisplacedField, Problem::OfTheRun, None, None),
            Verdict::OtherVersion { version, to, change } => {
                (Kind::WrongVersionField, Problem::OtherVersion(version), to, change)
            }
            Verdict::Removed => (Kind::RemovedField, Problem::Removed, None, None),
            Verdict::Misspelt { right, only_case, is_safe } => {
                let to = path.parent().unwrap_or_default().key(&right);
                let change = is_safe.then(|| Change::Rename { at: path.clone(), to: right.clone() });
                (Kind::MisspeltField, Problem::Misspelt { right, only_case }, Some(to), change)
            }
            Verdict::Unknown => (Kind::UnknownField, Problem::UnknownField, None, None),
        };
        let effect = match &problem {
            _ if pruned || is_meta => Effect::Pruned,
            Problem::Misspelt { only_case: true, .. } => Effect::Works,
            _ => Effect::Decoder,
        };
        if let Some(finding) = self.out.add(kind, path.clone(), &entry.key.span, problem, effect) {
            finding.fix = match (change, &right) {
                (Some(change), _) => Some(Fix::safe(change)),
                // It is known where it belongs, and something is in the way.
                (None, Some(right)) if right.parent() == path.parent() => {
                    let to = right.last_key().unwrap_or_default().to_owned();
                    Some(Fix::proposed(Change::Rename { at: path.clone(), to }))
                }
                (None, Some(right)) => Some(Fix::proposed(Change::Move { from: path.clone(), to: right.clone() })),
                (None, None) => None,
            };
            finding.right_path = right;
        }
    }

    /// A value; `span` is that of its key, or its own in a list.
    fn value(&mut self, node: &'a Node, shape: &Shape, path: &Path, span: &Range<usize>, pruned: bool, in_list: bool) {
        let node_itself = node;
        let node = node.target();
        if matches!(shape, Shape::Any) || node.is_null() {
            return;
        }
        if node.text().is_some() && self.out.is_open(node) {
            return;
        }
        match shape {
            Shape::Object(name) if node.is_mapping() => self.object(node, name, path, pruned, in_list),
            Shape::List(inner) if node.is_list() => {
                for (index, item) in node.items().iter().enumerate() {
                    let at = path.item(index);
                    if item.is_null()
                        && let Shape::Object(name) = &**inner
                    {
                        if self.is_filled(name) {
                            self.out.add(Kind::WrongType, at, &item.span, Problem::EmptyItem, Effect::Webhook);
                        }
                        continue;
                    }
                    self.value(item, inner, &at, &item.span, pruned, true);
                }
            }
            Shape::Map(inner) if node.is_mapping() => {
                for entry in node.entries() {
                    self.value(&entry.value, inner, &path.key(entry.name()), &entry.key.span, pruned, in_list);
                }
            }
            Shape::Object(_) | Shape::Map(_) => self.wrong_type(node_itself, "a mapping", path, span, None),
            Shape::List(inner) => {
                let fix = match (&**inner, &node.content) {
                    (Shape::Text, Content::Scalar(text)) if values::is_one_word(text) => self.listed(node_itself, path),
                    (Shape::Object(_), Content::Mapping(_)) => Some(Fix::choice()),
                    _ => None,
                };
                self.wrong_type(node_itself, list_of(inner), path, span, fix);
            }
            Shape::Param => self.param(node, path, span),
            _ => self.scalar(node_itself, shape, path, span),
        }
    }

    /// Whether the webhook refuses an item of this type in which nothing stands.
    fn is_filled(&self, type_name: &str) -> bool {
        let bare = type_name.rsplit('.').next().unwrap_or_default();
        let is_in = |kind: &str| self.levels.last().is_some_and(|level| level.type_name.ends_with(kind));
        let is_of = |kind: &str| self.levels.first().is_some_and(|level| level.type_name.ends_with(kind));
        match bare {
            "ParamSpec" => !is_in(".PipelineSpec"),
            // In an embedded pipeline the run may bring what is not declared.
            "WorkspacePipelineTaskBinding" => is_of(".Pipeline"),
            _ => FILLED.contains(&bare),
        }
    }

    /// A name where a list of names is wanted.
    fn listed(&self, node: &Node, path: &Path) -> Option<Fix> {
        if node.style == Style::Alias || !matches!(node.style, Style::Plain | Style::Quoted) || node.is_anchored {
            return None;
        }
        let source = self.out.text.get(node.span.clone())?;
        let text = node.text()?.to_owned();
        let change = Change::Rewrite {
            at: path.clone(),
            value: Value::Array(vec![Value::String(text)]),
            text: format!("[{source}]"),
        };
        Some(Fix::safe(change))
    }

    fn scalar(&mut self, node: &Node, shape: &Shape, path: &Path, span: &Range<usize>) {
        let resolved = node.resolved();
        let (Some(resolved), Some(text)) = (resolved, node.text()) else {
            let wanted = values::wanted(shape);
            return self.wrong_type(node, wanted, path, span, None);
        };
        let fits = match shape {
            Shape::Text => resolved == Resolved::Text,
            Shape::Int => values::is_whole(resolved),
            Shape::Number => matches!(resolved, Resolved::Int(_) | Resolved::Float(_)),
            Shape::Bool => matches!(resolved, Resolved::Bool(_)),
            Shape::Duration => resolved == Resolved::Text,
            Shape::Quantity | Shape::IntOrText => !matches!(resolved, Resolved::Bool(_)),
            _ => true,
        };
        if !fits {
            let fix = self.retyped(node, shape, resolved, text, path);
            return self.wrong_type(node, values::wanted(shape), path, span, fix);
        }
        let is_valid = match shape {
            Shape::Duration => values::duration(text).is_some(),
            Shape::Quantity => resolved != Resolved::Text || values::is_quantity(text),
            _ => true,
        };
        if !is_valid {
            let wanted = if *shape == Shape::Duration { values::DURATION } else { values::QUANTITY };
            self.out.add(Kind::InvalidValue, path.clone(), span, Problem::Invalid(wanted), Effect::Decoder);
        }
    }

    /// Quotes around a number or boolean, or none around text that is one.
    fn retyped(&self, node: &Node, shape: &Shape, resolved: Resolved, text: &str, path: &Path) -> Option<Fix> {
        if node.is_anchored || node.tag.is_some() || node.style == Style::Alias {
            return None;
        }
        let source = self.out.text.get(node.span.clone())?;
        let rewrite = |value: Value, text: String| Some(Fix::safe(Change::Rewrite { at: path.clone(), value, text }));
        match shape {
            Shape::Text if node.style == Style::Plain && !source.contains(['\n', '"', '\\']) => {
                rewrite(Value::String(text.to_owned()), format!("\"{source}\""))
            }
            Shape::Duration if resolved == Resolved::Int(0) => {
                rewrite(Value::String("0".to_owned()), "\"0\"".to_owned())
            }
            Shape::Int if node.style == Style::Quoted => {
                let number: i64 = text.parse().ok().filter(|number: &i64| number.to_string() == text)?;
                rewrite(Value::from(number), text.to_owned())
            }
            Shape::Bool if node.style == Style::Quoted && matches!(text, "true" | "false") => {
                rewrite(Value::Bool(text == "true"), text.to_owned())
            }
            _ => None,
        }
    }

    fn param(&mut self, node: &Node, path: &Path, span: &Range<usize>) {
        let (Some(resolved), Some(text)) = (node.resolved(), node.text()) else { return };
        let Some(read) = as_json(resolved) else { return };
        if read != text && !matches!(text, "True" | "TRUE" | "False" | "FALSE") {
            let source =
                self.out.text.get(node.span.clone()).filter(|_| node.style == Style::Plain && !node.is_anchored);
            let change = source.map(|source| Change::Rewrite {
                at: path.clone(),
                value: Value::from(text),
                text: format!("\"{source}\""),
            });
            let fix = Some(change.map_or_else(Fix::choice, Fix::proposed));
            self.out.add_fixed(Kind::LossyScalar, path.clone(), span, Problem::Lossy(read), Effect::Lost, fix);
        }
    }

    fn wrong_type(&mut self, node: &Node, wanted: &'static str, path: &Path, span: &Range<usize>, fix: Option<Fix>) {
        let problem = Problem::Type { wanted, found: values::found(node) };
        let is_meta =
            path.0.iter().any(|segment| matches!(segment, crate::documents::Segment::Key(key) if key == "metadata"));
        let effect = if is_meta { Effect::Server } else { Effect::Decoder };
        self.out.add_fixed(Kind::WrongType, path.clone(), span, problem, effect, fix);
    }
}

fn list_of(inner: &Shape) -> &'static str {
    match inner {
        Shape::Text => "a list of texts",
        _ => "a list",
    }
}
