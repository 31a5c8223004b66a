//! A hostile cluster: whatever its names are, a printed command that is pasted into a shell
//! runs one client with the words that it means, and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize as _;
use serde_json::{Value, json};

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const NAMESPACE: &str = "private-models";

/// Endings of names that a shell would act on.
const ENDINGS: [&str; 5] = [
    "$(touch pwned)",
    "`touch pwned`;touch pwned",
    "' \" touch pwned & \\",
    "*?[a]{b,c}~ #!x >pwned",
    "\ntouch pwned\n",
];

/// The objects of the bundled incident, with names that end so.
fn hostile(ending: &str) -> tempfile::NamedTempFile {
    let mut items = Vec::new();
    gather(Path::new(EXPORT), &mut items);
    assert!(items.len() > 20, "{}", items.len());
    let mut text = json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string();
    let ending = json!(ending).to_string();
    let ending = ending.trim_matches('"');
    for name in [
        "mistral-24b-quantized-gx87d",
        "model-source",
        "affinity-assistant-c3bd7a0350",
        "ip-10-0-18-204.eu-west-1.compute.internal",
    ] {
        text = text.replace(&format!("\"{name}\""), &format!("\"{name}{ending}\""));
    }
    text = text.replace("\"name\":\"source\"", &format!("\"name\":\"source{ending}\""));
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

fn gather(folder: &Path, items: &mut Vec<Value>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            gather(&path, items);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            for document in serde_yaml::Deserializer::from_str(&fs::read_to_string(&path).unwrap()) {
                let value = Value::deserialize(document).unwrap();
                match value["items"].as_array() {
                    Some(list) => items.extend(list.iter().cloned()),
                    None => items.push(value),
                }
            }
        }
    }
}

/// Everything that is printed, people's form and programs', of some commands.
fn printed(from: &Path, ending: &str) -> Vec<String> {
    let run = format!("mistral-24b-quantized-gx87d{ending}");
    let mut commands = Vec::new();
    for args in [
        &["diagnose", &run, "-o", "wide"][..],
        &["diagnose", &run, "-o", "json"],
        &["diagnose", "--all", "-o", "wide"],
        &["nodes", &run, "-o", "wide"],
        &["admission", &run, "-o", "wide"],
        &["check", "-o", "wide"],
        &["diff", &run],
        &["repair", &run, "--dry-run=client"],
        &["rerun", &run, "--pin-node", "--dry-run=client"],
        &["workflow", "test", "coschedule-disabled", &run],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
        command.args(args).args(["-n", NAMESPACE, "--from", from.to_str().unwrap()]);
        let output = command.env("COLUMNS", "80").env_remove("KUBECTL_PATH").output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let is_raw = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(is_raw), "{args:?}: {text:?}");
        let shown = text.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).map(str::to_owned);
        commands.extend(shown);
        if let Ok(document) = serde_json::from_str::<Value>(&text) {
            of_document(&document, &mut commands);
        }
    }
    commands.sort();
    commands.dedup();
    commands
}

fn of_document(value: &Value, commands: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(text) = fields.get("command").and_then(Value::as_str) {
                commands.extend(Some(text).filter(|text| !text.is_empty()).map(str::to_owned));
            }
            fields.values().for_each(|field| of_document(field, commands));
        }
        Value::Array(items) => items.iter().for_each(|item| of_document(item, commands)),
        _ => {}
    }
}

/// Clients that only write down the words that they get.
fn stubs(folder: &Path) {
    for name in ["kubectl", "oc"] {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\nprintf '%s\\0' {name} \"$@\" >> \"$CALLS\"\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn printed_commands_do_in_a_shell_only_what_they_say() {
    let mut pasted = 0;
    for ending in ENDINGS {
        let export = hostile(ending);
        let commands = printed(export.path(), ending);
        let reruns = commands.iter().filter(|command| command.contains(" rerun ")).count();
        assert!(reruns > 0 && commands.len() > 2, "{ending:?}: {commands:#?}");
        for shell in ["bash", "zsh", "fish"] {
            let is_there = Command::new(shell).arg("-c").arg("true").stderr(Stdio::null()).status();
            if !is_there.is_ok_and(|status| status.success()) {
                continue;
            }
            for command in &commands {
                let folder = tempfile::tempdir().unwrap();
                let bin = folder.path().join("bin");
                fs::create_dir(&bin).unwrap();
                stubs(&bin);
                let calls = folder.path().join("calls");
                let path = std::env::join_paths([&bin, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
                let mut child = Command::new(shell);
                child.arg("-c").arg(command).current_dir(&folder).env("PATH", path).env("CALLS", &calls);
                let output = child.stdin(Stdio::null()).output().unwrap();
                // fish has no quotes for control characters, which no name in a cluster holds:
                // it refuses the line.
                let is_refused = shell == "fish" && command.contains("$'");
                assert!(is_refused || output.status.success(), "{shell}: {command}: {output:?}");
                let mut left: Vec<String> = fs::read_dir(folder.path())
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                    .collect();
                left.sort();
                let expected: &[&str] = if is_refused { &["bin"] } else { &["bin", "calls"] };
                assert_eq!(left, expected, "{shell}: {command}");
                // What is piped into a client is data.
                if !command.contains("echo ") && !command.contains("$'") {
                    let expected: String =
                        shlex::split(command).unwrap().iter().map(|word| format!("{word}\0")).collect();
                    assert_eq!(fs::read_to_string(&calls).unwrap(), expected, "{shell}: {command}");
                }
                pasted += 1;
            }
        }
    }
    assert!(pasted > 20, "{pasted}");
}
