//! Cases that the real scheduler judged, read into the model.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, reason = "shared by tests")]

pub mod compare;
pub mod corners;
pub mod generate;
pub mod oracle;

use std::collections::BTreeMap;

use serde_json::Value;
use tekton_fix::model::{Cluster, Kind, Origin, Reading};

/// One line of a corpus.
pub struct Case {
    pub id: String,
    pub tags: Vec<String>,
    pub target: (String, String),
    pub cluster: Cluster,
    pub verdicts: BTreeMap<String, Value>,
}

pub fn cases(file: &str) -> Vec<Case> {
    let path = format!("{}/tests/fixtures/scheduler/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    String::from_utf8(text).unwrap().lines().map(|line| case(serde_json::from_str(line).unwrap())).collect()
}

fn case(mut line: Value) -> Case {
    let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Value::Array(objects) = line["objects"].take() else { panic!("no objects") };
    let cluster = cluster(objects);
    let tags = line["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Case {
        id: text(&line, "/id"),
        tags: tags.collect(),
        target: (text(&line, "/target/namespace"), text(&line, "/target/name")),
        cluster,
        verdicts: serde_json::from_value(line["verdicts"].take()).unwrap(),
    }
}

/// Sorts a cluster of which everything was read.
pub fn all_listed(cluster: &mut Cluster) {
    cluster.sort();
    for kind in Kind::ALL {
        cluster.coverage.record(*kind, "", Reading::Listed);
    }
}

/// A cluster of these objects, of which everything was read.
pub fn cluster(objects: Vec<Value>) -> Cluster {
    let mut cluster = Cluster::default();
    for object in objects {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let kind = Kind::of(text("/apiVersion"), text("/kind")).unwrap();
        cluster.insert(kind, object, Origin::File { path: "corpus".to_owned(), line: 0 }).unwrap();
    }
    all_listed(&mut cluster);
    cluster
}
