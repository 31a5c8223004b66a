//! `lint` on manifests with known mistakes: every finding at its place, no false alarm, and
//! `--fix` byte for byte.
//!
//! The archive holds folders with `input.*`, `truth.yaml` (what real API servers and Tekton's
//! webhook said of it, and the findings that follow), and `fixed.*` where a safe fix exists.

mod recorded;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).stdin(Stdio::null()).output().unwrap()
}

fn lint(path: &Path, more: &[&str]) -> (i32, Value) {
    let path = path.to_str().unwrap();
    let output = run(&[&["lint", "-f", path, "-o", "json"], more].concat());
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{path}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), json)
}

fn truth(folder: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(folder.join("truth.yaml")).unwrap()).unwrap()
}

fn input(folder: &Path) -> PathBuf {
    let mut found: Vec<PathBuf> = ["input.yaml", "input.json", "input"].map(|name| folder.join(name)).to_vec();
    found.retain(|path| path.exists());
    found.remove(0)
}

fn cases() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = recorded::unpack("manifests.tar.zst");
    let cases = recorded::folders(folder.path());
    assert!(cases.len() >= 32, "{} cases", cases.len());
    (folder, cases)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// JSON pointers in the truth are written as such.
fn plain(path: &str) -> String {
    path.trim_start_matches('/').replace('/', ".")
}

#[test]
fn every_finding_is_at_its_place_and_nothing_else_is_found() {
    let (_folder, cases) = cases();
    let (mut wrong, mut found_all) = (Vec::new(), 0);
    for case in &cases {
        let truth = truth(case);
        let mut more = Vec::new();
        let against = case.join("against");
        if truth["against"].is_string() {
            more.extend(["--against", against.to_str().unwrap()]);
        }
        let (code, json) = lint(&input(case), &more);
        let name = case.file_name().unwrap().to_str().unwrap();
        if !truth["exit"].as_array().unwrap().iter().any(|wanted| wanted == code) {
            wrong.push(format!("{name}: exit code {code}"));
        }
        assert_eq!(json["exitCode"], code, "{name}");
        let mut got: Vec<(String, Value)> = Vec::new();
        for file in json["files"].as_array().unwrap() {
            for finding in file["findings"].as_array().unwrap() {
                got.push((file["file"].as_str().unwrap().to_owned(), finding.clone()));
            }
        }
        for wanted in truth["findings"].as_array().unwrap() {
            let paths: Vec<String> =
                texts(&wanted["also_paths"]).into_iter().chain([wanted["path"].as_str().unwrap().to_owned()]).collect();
            let range = |line: u64| {
                let lines = wanted["line_range"].as_array();
                lines.is_some_and(|lines| (lines[0].as_u64().unwrap()..=lines[1].as_u64().unwrap()).contains(&line))
            };
            let before = got.len();
            got.retain(|(file, finding)| {
                let is_it = finding["kind"] == wanted["kind"]
                    && finding["document"] == wanted["document"]
                    && paths.iter().any(|path| finding["path"] == *path)
                    && wanted["file"].as_str().is_none_or(|wanted| file.ends_with(wanted));
                if is_it && finding["path"] == wanted["path"] {
                    let place = (finding["line"].as_u64().unwrap(), finding["column"].as_u64().unwrap());
                    let is_there = wanted["line"] == place.0 && wanted["column"] == place.1 || range(place.0);
                    if !is_there {
                        wrong.push(format!("{name}: {} at {place:?}", wanted["path"]));
                    }
                    if finding["fix"].as_str().unwrap_or("none") != wanted["fix"] {
                        wrong.push(format!("{name}: {} has fix {}", wanted["path"], finding["fix"]));
                    }
                    let right = wanted["right_path"].as_str().map(plain);
                    if right.is_some() && finding["suggestedPath"].as_str().map(str::to_owned) != right {
                        wrong.push(format!("{name}: {} -> {}", wanted["path"], finding["suggestedPath"]));
                    }
                }
                !is_it
            });
            if before > got.len() {
                found_all += 1;
            } else if wanted["optional"] != true {
                wrong.push(format!("{name}: missed {} {}", wanted["kind"], wanted["path"]));
            }
        }
        wrong.extend(got.iter().map(|(_, finding)| format!("{name}: false alarm {finding}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found_all > 60, "{found_all}");
}

fn tree(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(root: &Path, path: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                collect(root, &entry.unwrap().path(), found);
            }
        } else {
            found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(path).unwrap());
        }
    }
    let mut found = BTreeMap::new();
    collect(path, path, &mut found);
    found
}

#[test]
fn safe_fixes_are_exact_and_nothing_else_is_touched() {
    let (_folder, cases) = cases();
    let (mut wrong, mut fixed) = (Vec::new(), 0);
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let input = input(case);
        let before = tree(&input);
        let mut wanted = Vec::new();
        if case.join("fixed").is_dir() {
            let mut all = before.clone();
            all.extend(tree(&case.join("fixed")));
            wanted.push(all);
        }
        for entry in fs::read_dir(case).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && path.file_name().unwrap().to_str().unwrap().starts_with("fixed") {
                wanted.push(BTreeMap::from([(PathBuf::new(), fs::read(path).unwrap())]));
            }
        }
        run(&["lint", "-f", input.to_str().unwrap(), "--fix", "--yes"]);
        let after = tree(&input);
        if wanted.is_empty() {
            if after != before {
                wrong.push(format!("{name}: touched"));
            }
        } else if wanted.contains(&after) {
            fixed += 1;
        } else {
            wrong.push(format!("{name}: not as wanted"));
        }
        run(&["lint", "-f", input.to_str().unwrap(), "--fix", "--yes"]);
        assert_eq!(tree(&input), after, "{name}: a second run changes more");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fixed >= 13, "{fixed}");
}

const RUN: &str =
    "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  name: a\nspec:\n  pipelineRef:\n    name: x\n";

#[test]
fn a_large_file_is_read_and_fixed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    let params: String =
        (0..24).map(|at| format!("    - name: p{at:02}\n      value: \"{}\"  # {at}\n", "x".repeat(20 + at))).collect();
    let documents: Vec<String> = (0..1500)
        .map(|at| {
            let account = "  taskRunTemplate:\n    serviceAccountName: loader\n";
            RUN.replace("name: a", &format!("name: load-{at:05}")) + "  params:\n" + &params + account
        })
        .collect();
    let good = documents.join("---\n");
    let wrong = good.strip_suffix("  taskRunTemplate:\n    serviceAccountName: loader\n").unwrap().to_owned()
        + "  serviceAccountName: loader\n";
    fs::write(&path, &wrong).unwrap();
    let started = std::time::Instant::now();
    let (code, json) = lint(&path, &[]);
    let findings = json["files"][0]["findings"].as_array().unwrap();
    assert_eq!((code, findings.len(), &findings[0]["document"]), (1, 1, &Value::from(1499)));
    assert_eq!(run(&["lint", "-f", path.to_str().unwrap(), "--fix", "--yes"]).status.code(), Some(0));
    assert!(fs::read_to_string(&path).unwrap() == good);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn folders_are_read_as_git_sees_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let bad = RUN.to_owned() + "  timeout: 1h\n";
    write(".tekton/run.yaml", &bad);
    write("ignored/run.yaml", &bad);
    write(".gitignore", "ignored/\n");
    write("chart/Chart.yaml", "name: c\n");
    write("chart/templates/run.yaml", &bad);
    write("other.yaml", "tekton: {no: \"t");
    let (code, json) = lint(folder.path(), &[]);
    let files = json["files"].as_array().unwrap();
    let of: Vec<(bool, usize)> =
        files.iter().map(|file| (file["skipped"] == "template", file["findings"].as_array().unwrap().len())).collect();
    assert_eq!((code, of), (1, vec![(false, 1), (true, 0)]));
}

#[test]
fn standard_input_is_judged_and_its_fix_is_printed() {
    let mut child = Command::new(BINARY)
        .args(["lint", "--fix", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all((RUN.to_owned() + "  timeout: 1h\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), RUN.to_owned() + "  timeouts:\n    pipeline: 1h\n");
    assert!(String::from_utf8(output.stderr).unwrap().contains("no findings"));
    assert_eq!(run(&["lint", "--fix", "-", "-o", "json"]).status.code(), Some(2));
}

#[test]
fn without_consent_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let bad = RUN.to_owned() + "  timeout: 1h\n";
    fs::write(&path, &bad).unwrap();
    let name = path.to_str().unwrap();
    for (args, code) in [(vec!["--fix"], 6), (vec!["--fix", "--diff"], 1), (vec!["--fix", "--check"], 1)] {
        let output = run(&[&["lint", name], args.as_slice()].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), bad, "{args:?}");
        assert!(args.len() < 2 || String::from_utf8_lossy(&output.stdout).contains("+    pipeline: 1h"));
    }
}

#[cfg(unix)]
#[test]
fn mode_and_link_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("run.yaml"), folder.path().join("link.yaml"));
    fs::write(&path, RUN.to_owned() + "  timeout: 1h\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(run(&["lint", link.to_str().unwrap(), "--fix", "-y"]).status.code(), Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::read_to_string(&path).unwrap().contains("timeouts:"));
}

#[test]
fn findings_can_be_silenced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    fs::write(&path, RUN.to_owned() + "  timeout: 1h # tekton-fix: ignore TKF702\n").unwrap();
    assert_eq!(lint(&path, &[]).0, 0);
    fs::write(&path, RUN.to_owned() + "  timeout: 1h\n").unwrap();
    assert_eq!(lint(&path, &[]).0, 1);
    assert_eq!(lint(&path, &["--suppress", "wrong-version-field"]).0, 0);
    let bad = RUN.to_owned() + "  timeout: 1h\n---\n# tekton-fix: ignore-file TKF702\n" + RUN;
    fs::write(&path, &bad).unwrap();
    assert_eq!(run(&["lint", path.to_str().unwrap(), "--fix", "--yes"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    let output = run(&["lint", path.to_str().unwrap(), "--suppress", "nonsense"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_screen_shows_the_line_and_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("run.yaml"),
        RUN.to_owned() + "  podTemplate: # \u{202e}hidden\n    nodeSelector: {a: b}\n",
    )
    .unwrap();
    fs::write(folder.path().join("good.yaml"), RUN).unwrap();
    let show = |file: &str| {
        let output =
            Command::new(BINARY).current_dir(folder.path()).args(["lint", file]).env("COLUMNS", "80").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(show("good.yaml").trim(), "no findings in 1 file");
    let bad = show("run.yaml");
    assert!(!bad.contains(['\u{1b}', '\u{202e}']));
    insta::assert_snapshot!("lint", bad);
}
