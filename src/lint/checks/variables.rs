//! Uses of parameters: whether they are declared, and whether a list or a mapping stands
//! where there is room for text (pkg/substitution/substitution.go,
//! pkg/apis/pipeline/v1/task_validation.go `ValidateUsageOfDeclaredParameters`,
//! `validateStepArrayUsage`, param_types.go `validateStringVariable`).

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use crate::documents::{Content, Node, Path, Segment};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

use super::params::{self, Expression};

/// Parameters that may be used, with what is known of their types.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declared {
    names: HashSet<String>,
    arrays: HashSet<String>,
    /// Parameters of type object with their keys; no keys where they are not known.
    objects: HashMap<String, Option<HashSet<String>>>,
}

impl Declared {
    /// Those that a spec declares.
    pub(crate) fn of(list: &[Rc<Node>]) -> Self {
        let mut declared = Self::default();
        for item in list {
            let Some(name) = item.text_of("name") else { continue };
            match kind_of(item) {
                "array" => declared.add_array(name),
                "object" => {
                    let keys = item.get("properties").filter(|node| node.is_mapping()).map(keys);
                    declared.add_object(name, keys);
                }
                _ => declared.add_text(name),
            }
        }
        declared
    }

    /// Those that a run or a task gives values.
    pub(crate) fn given(list: &[Rc<Node>]) -> Self {
        let mut declared = Self::default();
        for item in list {
            let Some(name) = item.text_of("name") else { continue };
            match item.get("value").map(|value| &value.target().content) {
                Some(Content::List(_)) => declared.add_array(name),
                Some(Content::Mapping(_)) => declared.add_object(name, item.get("value").map(keys)),
                _ => declared.add_text(name),
            }
        }
        declared
    }

    fn add_text(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    fn add_array(&mut self, name: &str) {
        self.names.insert(name.to_owned());
        self.arrays.insert(name.to_owned());
    }

    fn add_object(&mut self, name: &str, keys: Option<HashSet<String>>) {
        self.names.insert(name.to_owned());
        self.objects.insert(name.to_owned(), keys);
    }

    /// Adds others that come from further out or further in. A name that means different
    /// things in different places is only known by its name.
    pub(crate) fn join(&mut self, other: Self) {
        let is_text = |declared: &Self, name: &String| {
            declared.names.contains(name) && !declared.arrays.contains(name) && !declared.objects.contains_key(name)
        };
        let unclear: Vec<String> = (self.names.intersection(&other.names))
            .filter(|name| {
                is_text(self, name) != is_text(&other, name)
                    || self.arrays.contains(*name) != other.arrays.contains(*name)
            })
            .cloned()
            .collect();
        self.names.extend(other.names);
        self.arrays.extend(other.arrays);
        for (name, keys) in other.objects {
            let known = self.objects.entry(name).or_insert_with(|| Some(HashSet::new()));
            match (known.as_mut(), keys) {
                (Some(known), Some(keys)) => known.extend(keys),
                _ => *known = None,
            }
        }
        for name in unclear {
            self.arrays.remove(&name);
            self.objects.insert(name, None);
        }
    }

    /// Whether a parameter of this name is declared.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// The type of a declared parameter, as `ParamSpec.SetDefaults` takes it.
pub(crate) fn kind_of(item: &Node) -> &'static str {
    match item.text_of("type") {
        Some("array") => "array",
        Some("object") => "object",
        Some(text) if !text.is_empty() => "string",
        _ if item.get("properties").is_some() => "object",
        _ => match item.get("default").map(|node| &node.target().content) {
            Some(Content::List(_)) => "array",
            Some(Content::Mapping(_)) => "object",
            _ => "string",
        },
    }
}

fn keys(node: &Node) -> HashSet<String> {
    node.entries().into_iter().map(|entry| entry.name().to_owned()).collect()
}

/// What there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Text of a step.
    Text,
    /// A word of a step's command line: a list that stands alone becomes several.
    Words,
    /// The value of a task's parameter: a whole list or mapping may stand alone.
    Whole,
    /// Anything: only the names are judged.
    Any,
}

/// What a use of a parameter names: `params.NAME`, `params.NAME.KEY`, `params["NAME"]`,
/// with `[0]` or `[*]` behind it.
struct Use<'a> {
    name: &'a str,
    key: Option<&'a str>,
    /// Whether it means the whole list or mapping.
    is_whole: bool,
    /// Whether more than two parts follow each other.
    is_deep: bool,
}

impl<'a> Use<'a> {
    fn of(inner: &'a str) -> Option<Self> {
        let rest = inner.strip_prefix("params")?;
        if let Some(dotted) = rest.strip_prefix('.') {
            let bare = dotted.split('[').next().unwrap_or(dotted);
            let index = &dotted[bare.len()..];
            let mut parts = bare.split('.');
            let name = parts.next().filter(|name| !name.is_empty())?;
            let key = parts.next();
            let is_whole = key.is_none() && matches!(index, "" | "[*]");
            return Some(Self { name, key, is_whole, is_deep: parts.next().is_some() });
        }
        let name = params::variable(inner, "params")?;
        let is_whole = matches!(rest.split_once(']').map(|(_, index)| index), Some("" | "[*]"));
        Some(Self { name, key: None, is_whole, is_deep: false })
    }
}

/// Judges the uses of parameters in all scalars below a value.
pub(crate) fn check(
    out: &mut Collector<'_>,
    node: &Node,
    path: &Path,
    span: &Range<usize>,
    declared: &Declared,
    room: Room,
    effect: Effect,
) {
    let mut wrong = Vec::new();
    params::scalars(node, path, span, &mut |scalar, path, span| {
        if params::is_name(path) {
            return;
        }
        let text = scalar.text().unwrap_or_default();
        // An item that is a whole list becomes several items.
        let is_item = matches!(path.0.last(), Some(Segment::Item(_)));
        let room = if room == Room::Whole && is_item { Room::Words } else { room };
        for expression in params::expressions(text) {
            let Some((kind, problem)) = judged(&expression, text, declared, room) else { continue };
            let place = params::pointed(out, scalar, span, expression.inner);
            wrong.push((kind, path.clone(), place, problem));
        }
    });
    for (kind, path, place, problem) in wrong {
        out.add(kind, path, &place, problem, effect);
    }
}

fn judged(expression: &Expression<'_>, text: &str, declared: &Declared, room: Room) -> Option<(Kind, Problem)> {
    let used = Use::of(expression.inner)?;
    if used.is_deep {
        return Some((Kind::UndefinedReference, Problem::NoVariable(expression.inner.to_owned())));
    }
    if !declared.has(used.name) {
        return Some((Kind::UndefinedReference, Problem::NoParam(used.name.to_owned())));
    }
    if let (Some(key), Some(Some(keys))) = (used.key, declared.objects.get(used.name))
        && !keys.contains(key)
    {
        let problem = Problem::NoKey { param: used.name.to_owned(), key: key.to_owned() };
        return Some((Kind::UndefinedReference, problem));
    }
    let kind = if declared.arrays.contains(used.name) {
        "array"
    } else if declared.objects.get(used.name).is_some_and(Option::is_some) {
        "object"
    } else {
        return None;
    };
    let is_alone = expression.span == (0..text.len());
    let fits = match room {
        Room::Any => true,
        Room::Text => false,
        Room::Words => kind == "array" && is_alone,
        Room::Whole => is_alone && expression.inner.ends_with("[*]"),
    };
    (used.is_whole && !fits).then(|| (Kind::WrongType, Problem::NotText { param: used.name.to_owned(), kind }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::read;

    fn problems(spec: &str, text: &str, room: Room) -> Vec<Problem> {
        let (documents, _) = read(spec);
        let declared = Declared::of(documents[0].root.items());
        params::expressions(text)
            .iter()
            .filter_map(|expression| judged(expression, text, &declared, room))
            .map(|(_, problem)| problem)
            .collect()
    }

    const SPEC: &str =
        "- name: list\n  type: array\n- name: git\n  properties: {url: {}, revision: {}}\n- name: a.b\n- name: text\n";

    #[test]
    fn keys_of_objects_are_looked_up() {
        assert_eq!(problems(SPEC, "$(params.git.url) $(params.text)", Room::Text), []);
        let missing = Problem::NoKey { param: "git".into(), key: "branch".into() };
        assert_eq!(problems(SPEC, "$(params.git.branch)", Room::Text), [missing]);
        assert_eq!(problems(SPEC, "$(params.nope)", Room::Text), [Problem::NoParam("nope".into())]);
        assert_eq!(problems(SPEC, "$(params[\"a.b\"])", Room::Text), []);
        // The name before the dot counts.
        assert_eq!(problems(SPEC, "$(params.a.b)", Room::Text), [Problem::NoParam("a".into())]);
        assert_eq!(problems(SPEC, "$(params.git.a.b)", Room::Text), [Problem::NoVariable("params.git.a.b".into())]);
    }

    #[test]
    fn lists_and_mappings_have_their_places() {
        let list = Problem::NotText { param: "list".into(), kind: "array" };
        assert_eq!(problems(SPEC, "$(params.list[*])", Room::Words), []);
        assert_eq!(problems(SPEC, "$(params.list[0]) x", Room::Text), []);
        assert_eq!(problems(SPEC, "x $(params.list[*])", Room::Words), std::slice::from_ref(&list));
        assert_eq!(problems(SPEC, "$(params.list)", Room::Text), [list]);
        assert_eq!(problems(SPEC, "$(params.git[*])", Room::Whole), []);
        assert_eq!(problems(SPEC, "$(params.git)", Room::Whole).len(), 1);
    }
}
