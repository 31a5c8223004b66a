//! Operations as commands of the caller's own tool, every word quoted for a POSIX shell.

use std::borrow::Cow;

use serde_json::Value;

use super::edit::{Edit, POD_FIELDS, SECURITY_FIELDS};
use super::{Op, Request, Write};

/// How the program was called, and so how it names itself and kubectl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `kubectl`, or `oc`.
    pub client: String,
}

impl Default for Caller {
    fn default() -> Self {
        Self { client: "kubectl".to_owned() }
    }
}

impl Caller {
    /// Told from `argv[0]` and from `KUBECTL_PATH`, which kubectl and oc of late set for
    /// their plugins (kubernetes/kubectl `pkg/cmd/plugin`).
    pub fn detect(program: Option<&str>, kubectl_path: Option<&str>) -> Self {
        let name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let is_oc = match kubectl_path.filter(|path| !path.is_empty()) {
            Some(path) => name(path).trim_end_matches(".exe") == "oc",
            None => program.is_some_and(|program| name(program).starts_with("oc-")),
        };
        if is_oc { Self { client: "oc".to_owned() } } else { Self::default() }
    }

    /// `kubectl tekton-fix`, to be followed by a command.
    pub fn program(&self) -> String {
        self.plugin().join(" ")
    }

    /// `kubectl tekton-fix`, as words.
    fn plugin(&self) -> [&str; 2] {
        [&self.client, "tekton-fix"]
    }
}

/// A command: words, and what goes to its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Standard input.
    pub input: Option<String>,
}

impl Command {
    /// Words that a caller's client carries out.
    pub fn of_client(caller: &Caller, words: &[&str]) -> Self {
        Self::new(std::iter::once(caller.client.as_str()).chain(words.iter().copied()))
    }

    fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self { words: words.into_iter().map(str::to_owned).collect(), input: None }
    }

    /// One line to paste into a shell.
    pub fn line(&self) -> String {
        let quoted: Vec<Cow<'_, str>> = self.words.iter().map(|word| quote(word)).collect();
        let line = quoted.join(" ");
        match &self.input {
            Some(input) => format!("echo {} | {line}", quote(input)),
            None => line,
        }
    }
}

/// A word as a shell reads it back; what no shell can be given, a NUL, is left out. Words
/// that no shell reads otherwise stay bare, `--pin-node=a` for example.
fn quote(word: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(is_bare) {
        return Cow::Borrowed(word);
    }
    if word.contains(char::is_control) {
        return Cow::Owned(escaped(word));
    }
    shlex::try_quote(word).unwrap_or_else(|_| {
        let clean = word.replace('\0', "");
        Cow::Owned(shlex::try_quote(&clean).map_or_else(|_| "''".to_owned(), Cow::into_owned))
    })
}

/// A word with line breaks and the like, which no name of a cluster has: written so that it
/// stays on one line, since a second one would be a command of its own (`$'…'` of bash, zsh
/// and POSIX.1-2024).
fn escaped(word: &str) -> String {
    let mut text = String::from("$'");
    for c in word.chars().filter(|c| *c != '\0') {
        match c {
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\\' | '\'' => text.extend(['\\', c]),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}

impl Op {
    /// The commands that carry it out; none where only a person can.
    pub fn commands(&self, caller: &Caller) -> Vec<Command> {
        let client = |words: &[&str]| vec![Command::of_client(caller, words)];
        match self {
            Self::Submit { run, edits, cancel_old } => {
                let target = format!("{}/{}", run.namespace, run.name);
                let mut command = Command::new(caller.plugin().into_iter().chain(["rerun", target.as_str()]));
                command.words.extend(edits.iter().flat_map(flags));
                if *cancel_old {
                    command.words.push("--cancel-old".to_owned());
                }
                vec![command]
            }
            Self::Release { .. } | Self::SetFlags { .. } | Self::RaiseQuota { .. } | Self::MoveBounds { .. } => {
                self.requests("").iter().filter_map(|request| patch(caller, request)).collect()
            }
            Self::Delete { object, force } => {
                let target = object.target();
                let mut words = vec!["delete", target.as_str()];
                if !object.namespace.is_empty() {
                    words.extend(["-n", object.namespace.as_str()]);
                }
                if *force {
                    words.extend(["--grace-period=0", "--force"]);
                }
                client(&words)
            }
            Self::Create { object, manifest } => {
                let namespace = ["-n", object.namespace.as_str()];
                let namespace = if object.namespace.is_empty() { &[][..] } else { &namespace[..] };
                let words: Vec<&str> = ["create"].iter().chain(namespace).chain(&["-f", "-"]).copied().collect();
                let mut command = Command::of_client(caller, &words);
                command.input = Some(manifest.to_string());
                vec![command]
            }
            // Only oc has this one.
            Self::Grant { namespace, grant } => vec![Command::new([
                "oc",
                "adm",
                "policy",
                "add-scc-to-user",
                grant.scc.as_str(),
                "-z",
                grant.account.as_str(),
                "-n",
                namespace.as_str(),
            ])],
            Self::Uncordon { node } => client(&["uncordon", node]),
            Self::Enforce { namespace, level } => {
                let label = format!("pod-security.kubernetes.io/enforce={level}");
                client(&["label", &format!("namespace/{namespace}"), &label, "--overwrite"])
            }
            Self::Scale { set, to, .. } => {
                client(&["scale", &set.target(), "-n", &set.namespace, &format!("--replicas={to}")])
            }
            Self::Unannotate { object, key } => {
                client(&["annotate", &object.target(), "-n", &object.namespace, &format!("{key}-")])
            }
            Self::Retry { set } => {
                client(&["annotate", &set.target(), "-n", &set.namespace, "tekton-fix/retry=now", "--overwrite"])
            }
            Self::Manual { look, .. } => look
                .iter()
                .map(|words| Command::of_client(caller, &words.iter().map(String::as_str).collect::<Vec<_>>()))
                .collect(),
        }
    }
}

/// A patch as a command.
fn patch(caller: &Caller, Request { object, write }: &Request) -> Option<Command> {
    let (kind, patch) = match write {
        Write::Merge(patch) => ("--type=merge", patch.to_string()),
        Write::Json(patch) => ("--type=json", patch.to_string()),
        Write::Create(_) | Write::Ensure(_) | Write::Delete { .. } => return None,
    };
    let target = object.target();
    let mut words = vec!["patch", target.as_str()];
    if !object.namespace.is_empty() {
        words.extend(["-n", object.namespace.as_str()]);
    }
    words.extend([kind, "-p", patch.as_str()]);
    Some(Command::of_client(caller, &words))
}

/// The flags of `rerun` that make an edit.
pub fn flags(edit: &Edit) -> Vec<String> {
    let flag = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let word_of = |table: &[(&str, &'static str)], field: &str| {
        table.iter().find(|(known, _)| *known == field).map_or("", |(_, word)| *word)
    };
    match edit {
        Edit::PinNode { node, .. } => vec![format!("--pin-node={node}")],
        Edit::NodeSelector { key, value } => flag(&["--node-selector", &format!("{key}={value}")]),
        Edit::FsGroup { of_namespace: true, .. } => flag(&["--fs-group", "namespace"]),
        Edit::FsGroup { group, .. } => flag(&["--fs-group", &group.to_string()]),
        Edit::RunAsUser { user } => flag(&["--run-as-user", &user.to_string()]),
        Edit::Param { name, value: Value::String(text) } => flag(&["--param", &format!("{name}={text}")]),
        Edit::Param { name, value } => flag(&["--param", &format!("{name}={value}")]),
        Edit::Timeout { timeout } => flag(&["--timeout", timeout]),
        // A file that only its owner has.
        Edit::MergeTemplate { .. } => flag(&["--pod-template", "FILE"]),
        Edit::DropSecurityField { field } => flag(&["--drop", word_of(&SECURITY_FIELDS, field)]),
        Edit::DropSecurityContext => flag(&["--drop-security-context"]),
        Edit::SecurityContextToTasks => flag(&["--security-context-to-tasks"]),
        Edit::Toleration { toleration } => flag(&["--toleration", &taint(toleration)]),
        Edit::DropNodeSelection => flag(&["--drop", "node-selector"]),
        Edit::DropTaskPlacement => flag(&["--drop", "task-placement"]),
        Edit::PlacementOf { task } => flag(&["--placement-of", task]),
        Edit::ServiceAccount { name } => flag(&["--service-account", name]),
        Edit::TaskServiceAccount { task, name } => flag(&["--task-service-account", &format!("{task}={name}")]),
        Edit::Workspace { name, binding } => flag(&["--workspace", &workspace(name, binding)]),
        Edit::DropPodField { field } => flag(&["--drop", word_of(&POD_FIELDS, field)]),
        Edit::Request { task, step, resource, quantity } => {
            let step = step.as_ref().map(|step| format!("/{step}")).unwrap_or_default();
            flag(&["--request", &format!("{task}{step}:{resource}={quantity}")])
        }
        // What was typed is known to its owner only.
        Edit::Patch { .. } => flag(&["--edit"]),
        Edit::OnlyTasks { .. } => flag(&["--only-failed"]),
        Edit::PodTemplate { .. } => flag(&["--correct-pod-template"]),
    }
}

/// `KEY=VALUE:EFFECT`, or `KEY:EFFECT` for any value.
fn taint(toleration: &Value) -> String {
    let text = |key: &str| toleration.get(key).and_then(Value::as_str).unwrap_or_default();
    let value = if text("operator") == "Exists" { String::new() } else { format!("={}", text("value")) };
    format!("{}{value}:{}", text("key"), text("effect"))
}

/// A binding as `rerun --workspace` takes it.
fn workspace(name: &str, binding: &Value) -> String {
    let text = |at: &str| binding.pointer(at).and_then(Value::as_str);
    let path = text("/subPath").map(|path| format!(",subPath={path}")).unwrap_or_default();
    if binding.get("emptyDir").is_some() {
        return format!("name={name},emptyDir=");
    }
    if let Some(claim) = text("/persistentVolumeClaim/claimName") {
        return format!("name={name},claimName={claim}{path}");
    }
    let spec = "/volumeClaimTemplate/spec";
    let size = text(&format!("{spec}/resources/requests/storage")).unwrap_or_default();
    let class = text(&format!("{spec}/storageClassName")).map(|class| format!(",storageClass={class}"));
    let mode = text(&format!("{spec}/accessModes/0")).filter(|mode| *mode != "ReadWriteOnce");
    let mode = mode.map(|mode| format!(",accessMode={mode}")).unwrap_or_default();
    format!("name={name},size={size}{}{mode}{path}", class.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;
    use crate::ops::ObjectRef;

    #[test]
    fn a_hostile_name_stays_one_word() {
        let command = |name: &str| {
            let run = ObjectRef::new(Kind::PipelineRun, "ns", "r");
            let edits = vec![Edit::Workspace { name: name.to_owned(), binding: json!({ "emptyDir": {} }) }];
            Op::Submit { run, edits, cancel_old: true }.commands(&Caller::default()).remove(0)
        };
        let plain = command("left$(touch X); rm -rf 'a");
        assert_eq!(shlex::split(&plain.line()).unwrap(), plain.words);
        assert!(plain.line().ends_with("--cancel-old"));
        // A second line would be a command of its own.
        let lines = command("a\ntouch X\n'\u{7}\u{85}\0\\").line();
        assert!(lines.ends_with(r"--workspace $'name=a\ntouch X\n\'\007\302\205\\,emptyDir=' --cancel-old"), "{lines}");
    }

    #[test]
    fn the_program_is_named_as_it_was_called() {
        let client = |program, path| Caller::detect(program, path).client;
        assert_eq!(client(Some("/usr/bin/kubectl-tekton_fix"), None), "kubectl");
        assert_eq!(client(Some("/usr/bin/oc-tekton_fix"), None), "oc");
        assert_eq!(client(Some("kubectl-tekton_fix"), Some("/usr/local/bin/oc")), "oc");
        assert_eq!(client(Some("oc-tekton_fix"), Some("/usr/local/bin/kubectl")), "kubectl");
    }
}
