//! One incident in every layout and archive: the same diagnosis, or unknown where a layout
//! cannot hold what proves it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod layouts;
mod pack;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use layouts::{Files, Held, files, write};

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");
const INCIDENT: &str = "examples/incident";
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

fn diagnose(from: &Path) -> Output {
    Command::new(BINARY).args(["diagnose", RUN, "-o", "json", "--from"]).arg(from).output().unwrap()
}

fn report(output: &Output) -> Value {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["kind"], "Diagnosis", "{document:#}\n{}", said(output));
    document["runs"][0].clone()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// State, causes with their certainty, and whether a fix is forecast to work.
fn verdict(report: &Value) -> String {
    let findings = report["findings"].as_array().unwrap();
    let causes: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}", finding["code"].as_str().unwrap(), finding["confidence"].as_str().unwrap()))
        .collect();
    let works = findings.iter().flat_map(|finding| finding["repairs"].as_array().unwrap());
    let works = works.filter(|repair| repair["predicted"] == "heals").count();
    format!("{} {} {works}", report["state"].as_str().unwrap(), causes.join(", "))
}

/// A report without where its evidence stands.
fn without_places(report: &Value) -> Value {
    let mut report = report.clone();
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("source");
                fields.remove("file");
                fields.remove("line");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut report);
    report
}

/// What each layout can prove, as docs/exports.md tells it.
#[test]
fn every_layout_gives_the_same_diagnosis_or_says_what_is_missing() {
    let held = Held::of(Path::new(INCIDENT));
    let loose: Files = held
        .objects
        .iter()
        .enumerate()
        .map(|(at, object)| (format!("notes/object {at}").into(), layouts::yaml(object)))
        .collect();
    let of = |name: &str, bytes: Vec<u8>| Files::from([(name.into(), bytes)]);
    let docs = fs::read_to_string("docs/exports.md").unwrap();
    for (layout, files) in [
        ("`oc adm inspect`", files(Path::new(INCIDENT))),
        ("must-gather, several images", must_gather()),
        ("must-gather of OpenShift Pipelines", held.pipelines_must_gather()),
        ("`kubectl cluster-info dump`", held.cluster_info_dump()),
        ("support bundle (troubleshoot)", held.support_bundle()),
        ("crust-gather", held.crust_gather()),
        ("`kubectl get -o yaml`", of("all.txt", layouts::yaml(&held.kubectl_get()))),
        ("`kubectl get -o json`", of("all", layouts::pretty(&held.kubectl_get()))),
        ("Tekton Results", of("records.json", layouts::pretty(&held.results()))),
        ("loose files", loose),
    ] {
        let row = docs.lines().find(|line| line.starts_with(&format!("| {layout} |")));
        let row = row.unwrap_or_else(|| panic!("docs/exports.md has no row for {layout}"));
        let promised = row.split('|').map(str::trim).nth(3).unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(&files, folder.path());
        let output = diagnose(folder.path());
        let found = match output.status.code() {
            Some(1) => verdict(&report(&output)),
            _ => {
                let document: Value = serde_json::from_slice(&output.stdout).unwrap();
                if document["kind"] == "Error" {
                    document["message"].as_str().unwrap().to_owned()
                } else {
                    verdict(&report(&output))
                }
            }
        };
        assert_eq!(found, promised, "{layout}: {}", said(&output));
        assert!(!said(&output).contains("not read"), "{layout}: {}", said(&output));
    }
}

/// What the default must-gather and another image bring home: folders beside each other, one of
/// which saw a run earlier.
fn must_gather() -> Files {
    let mut gathered = Files::from([("must-gather.logs".into(), b"done\n".to_vec())]);
    for (path, bytes) in files(Path::new(INCIDENT)) {
        let image =
            if path.starts_with("namespaces/private-models") { "quay-io-b-sha256-2" } else { "quay-io-a-sha256-1" };
        if path.ends_with("core/pods.yaml") {
            let old = String::from_utf8(bytes.clone()).unwrap();
            let old =
                old.replace("resourceVersion: '", "resourceVersion: '0").replace("phase: Pending", "phase: Running");
            gathered.insert(Path::new("quay-io-a-sha256-1").join(&path), old.into_bytes());
        }
        gathered.insert(Path::new(image).join(path), bytes);
    }
    gathered
}

#[test]
fn every_archive_gives_the_diagnosis_of_its_folder() {
    let files = files(Path::new(INCIDENT));
    let wanted = without_places(&report(&diagnose(Path::new(INCIDENT))));
    let inner = Files::from([("evidence/must-gather.tar.gz".into(), pack::gzip(&pack::tar(&files)))]);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("tar", pack::tar(&files)),
        ("tar.gz", pack::gzip(&pack::tar(&files))),
        ("tar.zst", pack::zstd(&pack::tar(&files))),
        ("tar.xz", pack::xz(&pack::tar(&files))),
        ("zip", pack::zip(&files, false)),
        ("stream.zip", pack::zip(&files, true)),
        ("in.zip", pack::zip(&inner, false)),
        ("in.tar", pack::tar(&inner)),
    ] {
        // The name tells nothing.
        let path = folder.path().join("export.bin");
        fs::write(&path, &bytes).unwrap();
        let output = diagnose(&path);
        assert_eq!(without_places(&report(&output)), wanted, "{name}: {}", said(&output));
        assert_eq!(said(&output), "", "{name}");
        let piped = piped(&bytes);
        assert_eq!(without_places(&report(&piped)), wanted, "{name} on standard input: {}", said(&piped));
    }
    // An archive in a folder is one of its files.
    write(&inner, folder.path());
    fs::remove_file(folder.path().join("export.bin")).unwrap();
    assert_eq!(without_places(&report(&diagnose(folder.path()))), wanted);
}

fn piped(bytes: &[u8]) -> Output {
    let mut child = Command::new(BINARY)
        .args(["diagnose", RUN, "-o", "json", "--from", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may have seen enough before all is written.
    let _ = child.stdin.take().unwrap().write_all(bytes);
    child.wait_with_output().unwrap()
}

#[test]
fn single_files_are_unpacked() {
    let held = Held::of(Path::new(INCIDENT));
    let wanted =
        [diagnose_bytes(&layouts::yaml(&held.kubectl_get())), diagnose_bytes(&layouts::pretty(&held.kubectl_get()))];
    for (text, wanted) in [layouts::yaml(&held.kubectl_get()), layouts::pretty(&held.kubectl_get())].iter().zip(wanted)
    {
        for packed in [pack::gzip(text), pack::zstd(text), pack::xz(text)] {
            assert_eq!(diagnose_bytes(&packed), wanted);
        }
    }
}

fn diagnose_bytes(bytes: &[u8]) -> Value {
    without_places(&report(&piped(bytes)))
}

/// How sure a report is: whether anything is said to be proven, and how many fixes work.
fn certainty(report: &Value) -> usize {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["repairs"].as_array().unwrap().iter().filter(|fix| fix["predicted"] == "heals").count())
        .sum()
}

#[test]
fn a_torn_archive_gives_what_is_there_and_says_so_once() {
    let files = files(Path::new(INCIDENT));
    let tar = pack::tar(&files);
    let whole = certainty(&report(&diagnose(Path::new(INCIDENT))));
    assert!(whole > 0);
    for (name, bytes) in [
        ("tar", tar.clone()),
        ("tar.gz", pack::gzip(&tar)),
        ("tar.zst", pack::zstd(&tar)),
        ("tar.xz", pack::xz(&tar)),
        ("zip", pack::zip(&files, false)),
        ("stream.zip", pack::zip(&files, true)),
    ] {
        for part in [30, 60, 90, 98] {
            let output = piped(&bytes[..bytes.len() * part / 100]);
            let said = said(&output);
            assert!(said.contains("torn"), "{name} {part} %: {said}");
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            if document["kind"] == "Diagnosis" {
                assert!(said.matches("the archive is torn").count() <= 1, "{name} {part} %: {said}");
                assert!(certainty(&document["runs"][0]) <= whole, "{name} {part} %");
            } else {
                assert!(matches!(output.status.code(), Some(3 | 4)), "{name} {part} %: {document:#}");
            }
        }
    }
    // Cut between two entries, a tar lacks its end mark only: nodes in files of their own are
    // no longer all.
    let mut some = files.clone();
    let last = some.keys().find(|path| path.to_str().unwrap().contains("nodes/")).unwrap().clone();
    some.remove(&last);
    let mut cut = pack::tar(&some);
    cut.truncate(cut.len() - 1024);
    let output = piped(&cut);
    assert!(said(&output).contains("no end mark"), "{}", said(&output));
    assert_eq!(certainty(&report(&output)), 0);
}

#[test]
fn nothing_outside_of_an_archive_is_read() {
    let run = b"{apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {name: r, namespace: n}}".to_vec();
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, target: Option<&str>, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        if let Some(target) = target {
            header.set_link_name_literal(target).unwrap();
        }
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    };
    add("run.yaml", tar::EntryType::Regular, None, &run);
    add(
        "../escape.yaml",
        tar::EntryType::Regular,
        None,
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: escaped, namespace: n}\n",
    );
    add(
        "/etc/absolute.yaml",
        tar::EntryType::Regular,
        None,
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: absolute, namespace: n}\n",
    );
    add("namespaces/n/core/pods.yaml", tar::EntryType::Symlink, Some("../../../../../../etc/passwd"), b"");
    add("again.yaml", tar::EntryType::Symlink, Some("run.yaml"), b"");
    add("hard.yaml", tar::EntryType::Link, Some("run.yaml"), b"");
    for at in 0..3 {
        add(&format!("dev{at}"), tar::EntryType::Block, None, b"");
    }
    let bytes = builder.into_inner().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar");
    fs::write(&path, bytes).unwrap();
    let output = Command::new(BINARY).args(["diagnose", "n/r", "--from"]).arg(&path).output().unwrap();
    let said = said(&output);
    for line in [
        "escape.yaml: a name that leads out of the archive",
        "etc/absolute.yaml: an absolute name",
        "namespaces/n/core/pods.yaml: a link to something that is not in the export",
        "dev0 and 2 more: a device or pipe",
    ] {
        assert_eq!(said.matches(line).count(), 1, "{line}: {said}");
    }
    assert!(!said.contains("again.yaml") && !said.contains("hard.yaml"), "{said}");
}

#[test]
fn archives_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    // Two entries, of which one is encrypted by its flag.
    let files = Files::from([
        ("pods.yaml".into(), b"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\n".to_vec()),
        (
            "run.yaml".into(),
            b"apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r, namespace: n}\n".to_vec(),
        ),
    ]);
    let mut bytes = pack::zip(&files, false);
    let local = bytes.windows(4).position(|window| window == b"PK\x03\x04").unwrap();
    let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[local + 6] |= 1;
    bytes[central + 8] |= 1;
    fs::write(&path, bytes).unwrap();
    let output = Command::new(BINARY).args(["diagnose", "n/r", "--from"]).arg(&path).output().unwrap();
    assert!(said(&output).contains("pods.yaml: encrypted"), "{}", said(&output));
    // Packed by what is not read, and packed twice.
    for (bytes, why) in [
        (b"BZh91AY&SY\x00\x00\x00\x00".to_vec(), "bzip2"),
        (pack::gzip(&pack::gzip(b"kind: Pod")), "packed twice"),
        (pack::gzip(&vec![0; 1 << 28]), "times its size"),
    ] {
        fs::write(&path, bytes).unwrap();
        let output = Command::new(BINARY).args(["diagnose", "n/r", "--from"]).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{why}");
        assert!(said(&output).contains(why), "{why}: {}", said(&output));
    }
    // Archives in one another end somewhere.
    let mut nested = pack::tar(&files);
    for at in 0..4 {
        nested = pack::tar(&Files::from([(format!("{at}.tar").into(), nested)]));
    }
    fs::write(&path, nested).unwrap();
    let output = Command::new(BINARY).args(["diagnose", "n/r", "--from"]).arg(&path).output().unwrap();
    assert!(said(&output).contains("an archive in an archive in an archive"), "{}", said(&output));
}
