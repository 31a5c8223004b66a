//! Compares a judgement with what the real scheduler said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;
use tekton_fix::analysis::scheduler::{Judgement, Verdict};

/// Our judgement in the corpus' words.
pub fn differences(expected: &Value, ours: &Judgement) -> Vec<(&'static str, String)> {
    let mut differences = Vec::new();
    let mut differ = |what, expected: String, ours: String| {
        if expected != ours {
            differences.push((what, format!("{what}\n      real: {expected}\n      ours: {ours}")));
        }
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("-").to_owned();
    let error = expected.get("error").and_then(Value::as_str);
    // Of several missing nodes the scheduler names any one.
    let shorten = |error: &str| error.split(" node name").next().unwrap_or_default().to_owned();
    differ("error", shorten(error.unwrap_or("-")), shorten(ours.error.as_deref().unwrap_or("-")));
    let prefilter = |code: &str, plugin: &str, message: &str| format!("{code} {plugin}: {message}");
    let real = expected.get("prefilter").map_or("-".to_owned(), |refusal| {
        let field = |name: &str| text(refusal.get(name));
        prefilter(&field("code"), refusal["plugin"].as_str().unwrap_or_default(), &field("message"))
    });
    let own = ours.prefilter.as_ref().map_or("-".to_owned(), |refusal| {
        prefilter(refusal.code.name(), refusal.plugin.map_or("", |plugin| plugin.name()), &refusal.message)
    });
    differ("prefilter", real, own);
    let nodes = expected["nodes"].as_object().unwrap();
    let names = |names: Vec<&String>| format!("{:?}", names.into_iter().collect::<BTreeSet<_>>());
    differ("names", names(nodes.keys().collect()), names(ours.nodes.iter().map(|node| &node.name).collect()));
    let scored = error.is_none();
    for node in &ours.nodes {
        let Some(real) = nodes.get(&node.name) else { continue };
        let mut line = format!("{}: ", node.name);
        if real["fits"] == true {
            line.push_str("fits");
        } else {
            let reasons: BTreeSet<&str> =
                real["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let plugin = real["plugin"].as_str().unwrap_or_default();
            write!(line, "{} {plugin} {reasons:?}", text(real.get("code"))).unwrap();
        }
        let own = match &node.verdict {
            Verdict::Fits => "fits".to_owned(),
            // A plugin ends the whole cycle with an error, whose text is compared above.
            Verdict::Unknown if ours.error.is_some() && node.doubts.is_empty() && text(real.get("code")) == "Error" => {
                continue;
            }
            Verdict::Unknown => format!("unknown {:?}", node.doubts),
            Verdict::Refused(refusal) => {
                let reasons: BTreeSet<&str> = refusal.reasons.iter().map(|reason| &**reason).collect();
                let plugin = refusal.plugin.map_or("", |plugin| plugin.name());
                format!("{} {plugin} {reasons:?}", refusal.code.name())
            }
        };
        differ("node", line, format!("{}: {own}", node.name));
        if scored && real["fits"] == true && real.get("total").is_some() {
            let plugins: BTreeMap<&str, i64> = real["scores"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(name, score)| Some((name.as_str(), score.as_i64().filter(|score| *score != 0)?)))
                .collect();
            let score = node.score.clone().unwrap_or_default();
            let own: BTreeMap<&str, i64> =
                score.plugins.iter().filter(|(_, score)| *score != 0).map(|(p, score)| (p.name(), *score)).collect();
            let total = real["total"].as_i64().unwrap_or_default();
            differ(
                "score",
                format!("{}: {total} {plugins:?}", node.name),
                format!("{}: {} {own:?}", node.name, score.total),
            );
        }
    }
    if let Some(best) = expected.get("chosen_among").filter(|_| scored) {
        let best: BTreeSet<&str> = best.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let own: BTreeSet<&str> = ours.chosen_among.iter().map(String::as_str).collect();
        differ("chosen", format!("{best:?}"), format!("{own:?}"));
    }
    if error.is_none() {
        // Since 1.37 the message names the node and the number of victims that preemption
        // chose, which we leave open: ours says nothing there, as up to 1.36.
        let real = text(expected.get("message"));
        let real = real.split(" preemption: found a potential placement for pod on node ").next().unwrap_or_default();
        differ("message", real.to_owned(), ours.message.clone().unwrap_or_else(|| "-".to_owned()));
    }
    differences
}
