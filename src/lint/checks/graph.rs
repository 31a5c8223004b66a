//! The order of a pipeline's tasks (pkg/reconciler/pipeline/dag/dag.go).

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::{Node, Path};

use super::params::{expressions, scalars};

/// The task whose result an expression names: `tasks.NAME.results.…`.
pub(crate) fn result_of(inner: &str) -> Option<(&str, &str)> {
    let rest = inner.strip_prefix("tasks.")?;
    let (task, rest) = rest.split_once('.')?;
    let result = if let Some(name) = rest.strip_prefix("results.") {
        name.split(['[', '.']).next().unwrap_or(name)
    } else {
        rest.strip_prefix("results['").and_then(|rest| rest.split_once("']"))?.0
    };
    Some((task, result))
}

/// What a task waits for: `runAfter` and results that it uses.
pub(crate) fn needs(task: &Node) -> BTreeSet<String> {
    let mut needed: BTreeSet<String> =
        task.list("runAfter").iter().filter_map(|item| item.text()).map(str::to_owned).collect();
    for field in ["params", "when", "matrix"] {
        let Some(value) = task.get(field) else { continue };
        scalars(value, &Path::default(), &(0..0), &mut |scalar, _, _| {
            for expression in expressions(scalar.text().unwrap_or_default()) {
                needed.extend(result_of(expression.inner).map(|(task, _)| task.to_owned()));
            }
        });
    }
    needed
}

/// A ring of tasks that wait for each other, beginning with the first one of the list.
pub(crate) fn cycle(tasks: &[std::rc::Rc<Node>]) -> Option<Vec<String>> {
    let mut order = Vec::new();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for task in tasks {
        let Some(name) = task.text_of("name") else { continue };
        order.push(name.to_owned());
        edges.entry(name.to_owned()).or_default().extend(needs(task));
    }
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in &order {
        // Each step of the way with what is left to look at behind it.
        let mut way: Vec<(&str, Vec<&str>)> = vec![(start, next(&edges, start))];
        if done.contains(start.as_str()) {
            continue;
        }
        while let Some((name, rest)) = way.last_mut() {
            let name: &str = name;
            match rest.pop() {
                Some(to) if way.iter().any(|(on, _)| *on == to) => {
                    let ring = way.iter().map(|(on, _)| *on).skip_while(|on| *on != to);
                    return Some(ring.map(str::to_owned).collect());
                }
                Some(to) if !done.contains(to) => way.push((to, next(&edges, to))),
                Some(_) => {}
                None => {
                    done.insert(name);
                    way.pop();
                }
            }
        }
    }
    None
}

fn next<'a>(edges: &'a BTreeMap<String, BTreeSet<String>>, name: &str) -> Vec<&'a str> {
    edges.get(name).into_iter().flatten().map(String::as_str).filter(|to| edges.contains_key(*to)).collect()
}
