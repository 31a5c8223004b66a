//! An API server that misbehaves as it is told: it serves an export, stores what is
//! created, and gets one kind of request wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tekton_fix::model::Kind;
use tokio::net::TcpListener;

use crate::objects;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The create is stored, and the connection breaks before the answer.
    CreateStoredThenBroken,
    /// The connection breaks before anything is stored.
    CreateBroken,
    /// The create is stored after the answer is overdue.
    CreateSlow,
    /// The create is stored, and a proxy answers with this status.
    CreateStoredThenStatus(u16),
    /// The create is refused with this status.
    CreateStatus(u16),
    /// The create is never answered, and never stored.
    CreateHangs,
    /// A patch is stored, and the connection breaks before the answer.
    PatchStoredThenBroken,
    /// A patch is stored, and a proxy answers with this status.
    PatchStoredThenStatus(u16),
    /// Nothing, and a run that is cancelled ends, as by Tekton's controller.
    Cancels,
    /// Each write meets another trouble, by the name of its object.
    Storm,
    /// Lists of this kind answer with a status.
    ListStatus(&'static str, u16),
    /// Lists of this kind are no JSON.
    ListGarbage(&'static str),
    /// Pages after the first of this kind have expired.
    ListExpires(&'static str),
    /// Every list is refused as overloaded once, then served.
    ListsOverloadedOnce,
    /// Tekton's kinds are served as v1beta1 only.
    OnlyV1beta1,
    /// Reads of this kind, or of `version` or `apis`, meet this.
    Read(&'static str, Flaw),
}

/// What a read meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A status, each time.
    Status(u16),
    /// A status, the first time.
    StatusOnce(u16),
    /// It is to come back after half a minute.
    Throttled,
    /// The connection breaks, the first time.
    BrokenOnce,
    /// The connection breaks, each time.
    Broken,
    /// The body ends in the middle.
    Cut,
    /// The body comes, but late.
    Late,
    /// No answer in time.
    Hangs,
    /// No JSON.
    Garbage,
    /// JSON of another kind.
    Other,
    /// Lists come in two pages, and the second one has expired, the first time.
    ExpiresOnce,
    /// The same, each time.
    Expires,
    /// The login has expired before the second page.
    LoggedOut,
    /// Lists come in pages of one, which is no fault at all.
    Pages,
}

/// What a write meets in a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    StoredThenBroken,
    Broken,
    Stored(u16),
    Status(u16),
    Slow,
    HalfABody,
}

impl Trouble {
    /// The trouble of an object's writes: a fixed one for each name.
    fn of(name: &str) -> Self {
        const ALL: [Trouble; 11] = [
            Trouble::None,
            Trouble::StoredThenBroken,
            Trouble::Broken,
            Trouble::Stored(500),
            Trouble::Stored(504),
            Trouble::Status(429),
            Trouble::Status(500),
            Trouble::Status(503),
            Trouble::Status(504),
            Trouble::Slow,
            Trouble::HalfABody,
        ];
        let number: usize = name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default();
        ALL[number % ALL.len()]
    }

    fn stores(self) -> bool {
        !matches!(self, Self::Broken | Self::Status(_))
    }

    async fn answer(self, object: &Value) -> Answer {
        match self {
            Self::None => respond(201, object.to_string()),
            Self::StoredThenBroken | Self::Broken => broken(),
            Self::Stored(code) | Self::Status(code) => status(code, "told to fail"),
            Self::Slow => {
                tokio::time::sleep(Duration::from_secs(2)).await;
                broken()
            }
            Self::HalfABody => {
                let text = object.to_string();
                respond(201, text[..text.len() / 2].to_owned())
            }
        }
    }
}

/// A server of one test.
pub struct Server {
    /// Creates that arrived, dry runs left out.
    creates: Arc<Mutex<u32>>,
    /// Patches and deletions that were stored.
    changes: Arc<Mutex<u32>>,
    /// Writes that arrived, by the name of their object.
    writes: Arc<Mutex<BTreeMap<String, u32>>>,
    objects: Arc<Mutex<BTreeMap<String, Vec<Value>>>>,
    /// Paths with queries that were read.
    requests: Arc<Mutex<Vec<String>>>,
    /// Kubeconfig of it.
    pub kubeconfig: PathBuf,
    _folder: tempfile::TempDir,
}

struct State {
    fault: Fault,
    creates: Arc<Mutex<u32>>,
    changes: Arc<Mutex<u32>>,
    writes: Arc<Mutex<BTreeMap<String, u32>>>,
    objects: Arc<Mutex<BTreeMap<String, Vec<Value>>>>,
    /// What was refused or broken once.
    overloaded: Mutex<Vec<String>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves an export's objects.
    pub async fn start(export: &Path, fault: Fault) -> Self {
        Self::serve(objects::read(export), fault).await
    }

    /// Serves objects by plural.
    pub async fn serve(objects: BTreeMap<String, Vec<Value>>, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let objects = Arc::new(Mutex::new(objects));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (creates, changes) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let writes = Arc::new(Mutex::new(BTreeMap::new()));
        let state = Arc::new(State {
            fault,
            creates: Arc::clone(&creates),
            changes: Arc::clone(&changes),
            writes: Arc::clone(&writes),
            objects: Arc::clone(&objects),
            overloaded: Mutex::default(),
            requests: Arc::clone(&requests),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, Arc::clone(&state)));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u, namespace: default}}}}]\n"
        );
        std::fs::write(&kubeconfig, text).unwrap();
        Self { creates, changes, writes, objects, requests, kubeconfig, _folder: folder }
    }

    /// Paths with queries that were read since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// How many creates arrived.
    pub fn creates(&self) -> u32 {
        *self.creates.lock().unwrap()
    }

    /// How many writes about an object arrived, dry runs left out.
    pub fn writes(&self, name: &str) -> u32 {
        self.writes.lock().unwrap().get(name).copied().unwrap_or_default()
    }

    /// How many patches and deletions were stored.
    pub fn changes(&self) -> u32 {
        *self.changes.lock().unwrap()
    }

    /// A run as it is now.
    pub fn run(&self, name: &str) -> Option<Value> {
        let objects = self.objects.lock().unwrap();
        objects["pipelineruns"].iter().find(|run| run["metadata"]["name"] == name).cloned()
    }

    /// Adds an object.
    pub fn add(&self, plural: &str, object: Value) {
        self.objects.lock().unwrap().entry(plural.to_owned()).or_default().push(object);
    }

    /// Objects of a kind as they are now.
    pub fn all(&self, plural: &str) -> Vec<Value> {
        self.objects.lock().unwrap().get(plural).cloned().unwrap_or_default()
    }

    /// Changes a run, as somebody else does.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut objects = self.objects.lock().unwrap();
        let runs = objects.get_mut("pipelineruns").unwrap();
        edit(runs.iter_mut().find(|run| run["metadata"]["name"] == name).unwrap());
    }

    /// Adds a copy of a run under another name.
    pub fn copy_run(&self, name: &str, copy: &str) {
        let mut objects = self.objects.lock().unwrap();
        let runs = objects.get_mut("pipelineruns").unwrap();
        let mut run = runs.iter().find(|run| run["metadata"]["name"] == name).unwrap().clone();
        run["metadata"]["name"] = json!(copy);
        runs.push(run);
    }

    /// Names of the runs that it holds.
    pub fn runs(&self) -> Vec<String> {
        let objects = self.objects.lock().unwrap();
        let runs = objects.get("pipelineruns").into_iter().flatten();
        runs.map(|run| run["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// What a path is about: the plural of a kind, `version` or `apis`.
pub fn resource(path: &str) -> &str {
    let parts: Vec<&str> = path.split('?').next().unwrap().trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", _, "namespaces", _, plural, ..] | ["apis", _, _, "namespaces", _, plural, ..] => plural,
        ["api", _, plural, ..] | ["apis", _, _, plural, ..] => plural,
        other => other[0],
    }
}

/// The answer to a read that meets a flaw other than one of pages.
async fn flawed(path: &str, query: &str, state: &State) -> Option<Answer> {
    let Fault::Read(of, flaw) = state.fault else { return None };
    if resource(path) != of {
        return None;
    }
    let is_first = {
        let mut seen = state.overloaded.lock().unwrap();
        let key = format!("{path}?{query}");
        let is_first = !seen.contains(&key);
        seen.push(key);
        is_first
    };
    let text = format!("{of}: told to fail");
    Some(match flaw {
        Flaw::Status(403) => status(403, &format!("{of} is forbidden: User \"dev\" cannot list resource \"{of}\"")),
        Flaw::Status(code) => status(code, &text),
        Flaw::StatusOnce(code) if is_first => status(code, &text),
        Flaw::Throttled => {
            let mut answer = status(429, &text).unwrap();
            answer.headers_mut().insert("retry-after", "30".parse().unwrap());
            Ok(answer)
        }
        Flaw::BrokenOnce if is_first => broken(),
        Flaw::Broken => broken(),
        Flaw::Cut => respond(200, r#"{"kind":"List","metadata":{},"items":[{"metadata":{"na"#.to_owned()),
        Flaw::Garbage => respond(200, "<html>login</html>".to_owned()),
        Flaw::Other => respond(200, r#"{"kind":"Table","columnDefinitions":[]}"#.to_owned()),
        Flaw::Late => {
            tokio::time::sleep(Duration::from_millis(150)).await;
            return None;
        }
        Flaw::Hangs => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            broken()
        }
        _ => return None,
    })
}

/// What discovery says: every kind is served, apart from one that a fault says is not.
fn discovery(fault: Fault) -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for kind in Kind::ALL.iter().filter(|kind| !kind.group().is_empty()) {
        if fault == Fault::ListStatus(kind.plural(), 404) {
            continue;
        }
        let resource = json!({ "resource": kind.plural(), "responseKind": { "kind": kind.name() } });
        let is_old = fault == Fault::OnlyV1beta1 && kind.group() == "tekton.dev";
        let version = if is_old { "v1beta1" } else { kind.version() };
        groups.entry(kind.group()).or_default().entry(version).or_default().push(resource);
    }
    let version = |(version, resources): (&str, Vec<Value>)| json!({ "version": version, "resources": resources });
    let items = groups.into_iter().map(|(name, versions)| {
        let versions: Vec<Value> = versions.into_iter().map(version).collect();
        json!({ "metadata": { "name": name }, "versions": versions })
    });
    json!({ "kind": "APIGroupDiscoveryList", "items": items.collect::<Vec<_>>() })
}

type Answer = Result<Response<Full<Bytes>>, std::io::Error>;

fn respond(status: u16, body: String) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    Ok(response)
}

fn status(code: u16, message: &str) -> Answer {
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code });
    respond(code, body.to_string())
}

fn broken() -> Answer {
    Err(std::io::Error::other("the connection breaks here"))
}

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Answer {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    if request.method() == Method::GET {
        state.requests.lock().unwrap().push(format!("{path}?{query}"));
        if let Some(answer) = flawed(&path, &query, &state).await {
            return answer;
        }
    }
    if path == "/version" {
        return respond(200, json!({ "gitVersion": "v1.33.13" }).to_string());
    }
    if request.method() == Method::POST {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let plural = path.rsplit('/').next().unwrap().to_owned();
        return create(plural, serde_json::from_slice(&body).unwrap(), &query, &state).await;
    }
    let method = request.method().clone();
    let content = request.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    if path == "/apis" {
        return respond(200, discovery(state.fault).to_string());
    }
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let rest = if parts[0] == "api" { &parts[2..] } else { &parts[3..] };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let objects = state.objects.lock().unwrap().get(rest[0]).cloned().unwrap_or_default();
    let here = |object: &&Value| namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace);
    if let [plural, name] = rest
        && method != Method::GET
    {
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let is_real = !query.contains("dryRun=All") && body["dryRun"] != json!(["All"]);
        let answer = change(plural, namespace, name, (&method, content.as_deref()), &body, &query, &state);
        if state.fault != Fault::Storm || !is_real {
            return answer;
        }
        let stored = answer?.into_body().collect().await.unwrap().to_bytes();
        return Trouble::of(name).answer(&serde_json::from_slice(&stored).unwrap()).await;
    }
    if let [plural, name] = rest {
        match state.fault {
            Fault::ListStatus(of, code) if of == *plural => return status(code, &format!("{plural}: told to fail")),
            Fault::ListGarbage(of) if of == *plural => return respond(200, "<html>login</html>".to_owned()),
            _ => {}
        }
        return match objects.iter().filter(here).find(|object| object["metadata"]["name"] == *name) {
            Some(object) => respond(200, object.to_string()),
            None => status(404, &format!("{} {name:?} not found", rest[0])),
        };
    }
    let selector = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector=")).unwrap_or_default();
    let selector = selector.replace("%3D", "=").replace("%2C", ",").replace("%2F", "/");
    let fields = query.split('&').find_map(|pair| pair.strip_prefix("fieldSelector=")).unwrap_or_default();
    let fields = fields.replace("%3D", "=").replace("%2C", ",").replace("%21", "!");
    let selected = |object: &&Value| {
        selector.split(',').all(|term| matches(object, term)) && fields.split(',').all(|term| has_field(object, term))
    };
    list(rest[0], objects.iter().filter(here).filter(selected).collect(), &query, &state)
}

/// `KEY=VALUE` or `KEY`.
fn matches(object: &Value, term: &str) -> bool {
    let label = |key: &str| object["metadata"]["labels"][key].as_str();
    match term.split_once('=') {
        Some((key, value)) => label(key) == Some(value),
        None => term.is_empty() || label(term).is_some(),
    }
}

/// `PATH=VALUE` or `PATH!=VALUE`.
fn has_field(object: &Value, term: &str) -> bool {
    let Some((path, value)) = term.split_once('=') else { return true };
    let (path, is_wanted) = path.strip_suffix('!').map_or((path, true), |path| (path, false));
    let found = object.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Value::as_str).unwrap_or_default();
    (found == value) == is_wanted
}

fn list(plural: &str, items: Vec<&Value>, query: &str, state: &State) -> Answer {
    match state.fault {
        Fault::ListStatus(of, code) if of == plural => return status(code, &format!("{plural}: told to fail")),
        Fault::ListGarbage(of) if of == plural => return respond(200, "<html>login</html>".to_owned()),
        Fault::ListExpires(of) if of == plural => {
            if query.contains("continue=") {
                return status(410, "The provided continue parameter is too old");
            }
            let half: Vec<&Value> = items.iter().take(items.len() / 2).copied().collect();
            return respond(200, json!({ "metadata": { "continue": "token" }, "items": half }).to_string());
        }
        Fault::Read(of, flaw @ (Flaw::Pages | Flaw::Expires | Flaw::ExpiresOnce | Flaw::LoggedOut)) if of == plural => {
            let from: usize = query.split("continue=").nth(1).and_then(|token| token.parse().ok()).unwrap_or_default();
            let is_first =
                state.overloaded.lock().unwrap().iter().filter(|seen| seen.contains("continue=")).count() < 2;
            match flaw {
                Flaw::Expires if from > 0 => return status(410, "The provided continue parameter is too old"),
                Flaw::ExpiresOnce if from > 0 && is_first => {
                    return status(410, "The provided continue parameter is too old");
                }
                Flaw::LoggedOut if from > 0 => return status(401, "Unauthorized"),
                _ => {}
            }
            let size = if flaw == Flaw::Pages { 1 } else { 3 };
            let page: Vec<&Value> = items.iter().skip(from).take(size).copied().collect();
            let next = if from + size < items.len() { (from + size).to_string() } else { String::new() };
            return respond(200, json!({ "metadata": { "continue": next }, "items": page }).to_string());
        }
        Fault::ListsOverloadedOnce => {
            let key = format!("{plural}?{query}");
            let mut seen = state.overloaded.lock().unwrap();
            if !seen.contains(&key) {
                seen.push(key);
                return status(429, "too many requests");
            }
        }
        _ => {}
    }
    respond(200, json!({ "metadata": {}, "items": items }).to_string())
}

fn is_same(known: &Value, object: &Value) -> bool {
    known["metadata"]["name"] == object["metadata"]["name"]
        && known["metadata"]["namespace"] == object["metadata"]["namespace"]
}

/// A patch or a deletion.
fn change(
    plural: &str,
    namespace: Option<&str>,
    name: &str,
    (method, content): (&Method, Option<&str>),
    body: &Value,
    query: &str,
    state: &State,
) -> Answer {
    let mut objects = state.objects.lock().unwrap();
    let all = objects.entry(plural.to_owned()).or_default();
    let is_it = |object: &Value| {
        object["metadata"]["name"] == name
            && namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
    };
    let Some(at) = all.iter().position(is_it) else { return status(404, &format!("{plural} {name:?} not found")) };
    let dry_run = query.contains("dryRun=All") || body["dryRun"] == json!(["All"]);
    if *method == Method::DELETE {
        if body["preconditions"]["uid"].is_string() && body["preconditions"]["uid"] != all[at]["metadata"]["uid"] {
            return status(409, "the UID in the precondition does not match");
        }
        if !dry_run {
            *state.changes.lock().unwrap() += 1;
            all.remove(at);
        }
        return respond(200, json!({ "kind": "Status", "status": "Success" }).to_string());
    }
    let mut changed = all[at].clone();
    if content == Some("application/json-patch+json") {
        let patch: json_patch::Patch = serde_json::from_value(body.clone()).unwrap();
        if let Err(error) = json_patch::patch(&mut changed, &patch) {
            return status(422, &error.to_string());
        }
    } else {
        json_patch::merge(&mut changed, body);
    }
    if changed["metadata"]["uid"] != all[at]["metadata"]["uid"] {
        return status(409, "the UID in the precondition does not match");
    }
    if dry_run {
        return respond(200, changed.to_string());
    }
    *state.writes.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    if state.fault == Fault::Storm && !Trouble::of(name).stores() {
        return respond(200, changed.to_string());
    }
    *state.changes.lock().unwrap() += 1;
    all[at] = changed.clone();
    if state.fault == Fault::Cancels && plural == "pipelineruns" && changed["spec"]["status"] == "Cancelled" {
        all[at]["status"]["completionTime"] = json!("2026-01-01T00:00:00Z");
        if let Some(pods) = objects.get_mut("pods") {
            pods.retain(|pod| pod["metadata"]["labels"]["tekton.dev/pipelineRun"] != name);
        }
    }
    match state.fault {
        Fault::PatchStoredThenBroken => broken(),
        Fault::PatchStoredThenStatus(code) => status(code, "told to fail"),
        _ => respond(200, changed.to_string()),
    }
}

async fn create(plural: String, mut object: Value, query: &str, state: &State) -> Answer {
    if query.contains("dryRun=All") {
        return respond(201, object.to_string());
    }
    *state.creates.lock().unwrap() += 1;
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    *state.writes.lock().unwrap().entry(name.clone()).or_default() += 1;
    object["metadata"]["uid"] = json!(format!("uid-{}", object["metadata"]["name"].as_str().unwrap_or_default()));
    object["metadata"]["creationTimestamp"] = json!(format!("{:.0}", jiff::Timestamp::now()));
    let objects = Arc::clone(&state.objects);
    let stored = object.clone();
    if objects.lock().unwrap().get(&plural).is_some_and(|all| all.iter().any(|known| is_same(known, &object))) {
        return status(409, "already exists");
    }
    let store = move || objects.lock().unwrap().entry(plural).or_default().push(stored);
    match state.fault {
        Fault::Storm => {
            let trouble = Trouble::of(&name);
            if trouble.stores() {
                store();
            }
            trouble.answer(&object).await
        }
        Fault::CreateStoredThenBroken => {
            store();
            broken()
        }
        Fault::CreateBroken => broken(),
        Fault::CreateHangs => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            broken()
        }
        Fault::CreateSlow => {
            // A client that has gone away ends this handler, but not the storing.
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                store();
            });
            tokio::time::sleep(Duration::from_secs(60)).await;
            broken()
        }
        Fault::CreateStoredThenStatus(code) => {
            store();
            status(code, "told to fail")
        }
        Fault::CreateStatus(403) => {
            status(403, r#"pipelineruns.tekton.dev is forbidden: User "dev" cannot create resource "pipelineruns""#)
        }
        Fault::CreateStatus(code) => status(code, "told to fail"),
        _ => {
            store();
            respond(201, object.to_string())
        }
    }
}
