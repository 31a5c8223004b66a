//! A thousand creates and five hundred patches through a server that loses, delays, refuses
//! and cuts its answers: each takes place once or not at all, and what is said is true.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tekton_fix::model::Kind;
use tekton_fix::ops::{ObjectRef, Request, Write};
use tekton_fix::sources::live::{Access, Connection, connect};
use tekton_fix::workflows::engine::{self, Stop};
use tekton_fix::workflows::journal::Journal;
use tekton_fix::workflows::operation::{Operation, Place};
use tokio::task::JoinSet;

use crate::EXPORT;
use crate::server::{Fault, Server};

const AT_ONCE: usize = 50;

async fn connection(server: &Server) -> Connection {
    let access = Access {
        kubeconfig: Some(server.kubeconfig.clone()),
        // Long enough for any machine: no trouble of the storm depends on it.
        timeout: Duration::from_secs(120),
        ..Access::default()
    };
    connect(&access).await.unwrap()
}

/// Sends a request as a repair does.
async fn send(connection: &Connection, journal: Journal, request: Request) -> Result<(), Stop> {
    let run = ObjectRef::new(Kind::PipelineRun, "ci", "run");
    let place = Place { server: connection.server.clone(), cluster: None, run };
    let id = request.object.name.clone();
    let prepared = engine::prepare(connection, engine::marked(request, &id)).await.unwrap();
    let operation = Operation::new(journal, &id, place, "storm", 1);
    engine::carry_out(connection, &operation, 0, &prepared).await.map(drop)
}

/// Sends requests, many at once; what became of each, by name.
async fn all(server: &Server, requests: Vec<Request>) -> Vec<(String, Result<(), Stop>)> {
    let connection = Arc::new(connection(server).await);
    let journal = Journal::in_folder(server.kubeconfig.parent().unwrap());
    let mut waiting = requests.into_iter();
    let (mut running, mut ended) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < AT_ONCE {
            let Some(request) = waiting.next() else { break };
            let (connection, journal) = (Arc::clone(&connection), journal.clone());
            running.spawn(async move {
                let name = request.object.name.clone();
                (name, send(&connection, journal, request).await)
            });
        }
        match running.join_next().await {
            Some(one) => ended.push(one.unwrap()),
            None => return ended,
        }
    }
}

/// What was said against what is there.
fn judge(server: &Server, outcomes: &[(String, Result<(), Stop>)], is_in_force: impl Fn(&str) -> bool) {
    let (mut done, mut refused, mut unclear) = (0, 0, 0);
    for (name, outcome) in outcomes {
        assert_eq!(server.writes(name), 1, "{name} was sent again: {outcome:?}");
        match outcome {
            Ok(()) => {
                done += 1;
                assert!(is_in_force(name), "{name} did not take place");
            }
            Err(Stop::Refused(_)) => {
                refused += 1;
                assert!(!is_in_force(name), "{name} took place");
            }
            Err(Stop::Unclear(_)) => unclear += 1,
            Err(other) => panic!("{name}: {other:?}"),
        }
    }
    // Six troubles of eleven store, one refuses, four lose the write.
    let share = outcomes.len() / 11;
    assert!(done >= 5 * share && refused >= share && unclear >= 3 * share, "{done} {refused} {unclear}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_creates_take_place_once() {
    let server = Server::start(Path::new(EXPORT), Fault::Storm).await;
    let request = |number: usize| {
        let name = format!("storm-{number}");
        let object =
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name, "namespace": "ci" } });
        Request { object: ObjectRef::new(Kind::ServiceAccount, "ci", name), write: Write::Create(object) }
    };
    let outcomes = all(&server, (0..1000).map(request).collect()).await;
    let there: Vec<Value> = server.all("serviceaccounts");
    let names: Vec<&str> = there.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    judge(&server, &outcomes, |name| names.iter().filter(|known| **known == name).count() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_patches_take_place_once() {
    let server = Server::start(Path::new(EXPORT), Fault::Storm).await;
    for number in 0..500 {
        let name = format!("storm-{number}");
        server.add(
            "resourcequotas",
            json!({ "apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": { "name": name, "namespace": "ci", "uid": name }, "spec": { "hard": { "pods": "1" } } }),
        );
    }
    let request = |number: usize| Request {
        object: ObjectRef::new(Kind::ResourceQuota, "ci", format!("storm-{number}")),
        write: Write::Merge(json!({ "spec": { "hard": { "pods": "2" } } })),
    };
    let outcomes = all(&server, (0..500).map(request).collect()).await;
    let there = server.all("resourcequotas");
    judge(&server, &outcomes, |name| {
        let mut quotas = there.iter().filter(|quota| quota["metadata"]["name"] == name);
        quotas.all(|quota| quota["spec"]["hard"]["pods"] == "2")
    });
}
