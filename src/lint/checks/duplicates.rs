//! Keys that stand twice in one mapping.

use std::collections::HashMap;

use crate::documents::{Content, Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

/// Looks through a whole document.
pub(crate) fn check(out: &mut Collector<'_>, node: &Node, path: &Path) {
    match &node.content {
        Content::Mapping(entries) => {
            let mut first: HashMap<&str, usize> = HashMap::new();
            for entry in entries {
                let name = entry.name();
                let at = path.key(name);
                if let Some(start) = first.get(name) {
                    let (line, _) = out.lines.place(out.text, *start);
                    let problem = Problem::KeyTwice(line);
                    out.add(Kind::DuplicateKey, at.clone(), &entry.key.span, problem, Effect::Lost);
                } else if !name.is_empty() {
                    first.insert(name, entry.key.span.start);
                }
                check(out, &entry.value, &at);
            }
        }
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                check(out, item, &path.item(index));
            }
        }
        Content::Scalar(_) | Content::Alias(_) => {}
    }
}
