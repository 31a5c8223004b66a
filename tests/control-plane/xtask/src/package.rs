//! Archives for Krew, and the manifest that describes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_yaml::{Mapping, Value};
use sha2::{Digest, Sha256};

/// What is to be packed.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Target triples; none for this machine's.
    pub targets: Vec<String>,
    /// Where the archives will lie, for the manifest.
    pub uri: Option<String>,
}

/// Files that go with the binary; Krew wants a licence in the archive.
const BESIDE: [(&str, &str, u32); 4] = [
    ("LICENSE", "LICENSE", 0o644),
    ("completions/kubectl_complete-tekton_fix", "kubectl_complete-tekton_fix", 0o755),
    ("completions/oc_complete-tekton_fix", "oc_complete-tekton_fix", 0o755),
    ("completions/oc_complete-tekton-fix", "oc_complete-tekton-fix", 0o755),
];

/// Platforms that Krew's index accepts (krew-index
/// `cmd/validate-krew-manifest/main.go`, v0.5.0).
const KREW: [&str; 10] = [
    "windows/386",
    "windows/amd64",
    "windows/arm64",
    "linux/386",
    "linux/amd64",
    "linux/arm",
    "linux/arm64",
    "linux/ppc64le",
    "darwin/amd64",
    "darwin/arm64",
];

/// A platform in Go's words.
fn platform(target: &str) -> Option<(&'static str, &'static str)> {
    let os = ["linux", "darwin", "windows"].into_iter().find(|os| target.contains(os))?;
    let arch = match target.split('-').next()? {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i686" => "386",
        "powerpc64le" => "ppc64le",
        "s390x" => "s390x",
        arm if arm.starts_with("arm") => "arm",
        _ => return None,
    };
    Some((os, arch))
}

/// Builds, packs, and writes the manifest; returns what was written.
///
/// # Errors
/// A sentence about what could not be built, read or written.
pub fn package(root: &Path, order: &Order) -> Result<Vec<PathBuf>, String> {
    let version = version(root)?;
    let out = root.join("target/package");
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let targets = if order.targets.is_empty() { vec![host()?] } else { order.targets.clone() };
    let (mut written, mut platforms) = (Vec::new(), Vec::new());
    for target in &targets {
        let (os, arch) = platform(target).ok_or_else(|| format!("{target} is no target that can be packed"))?;
        let binary = build(root, target, os)?;
        let archive = out.join(format!("kubectl-tekton_fix-v{version}-{os}-{arch}.tar.gz"));
        let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pack(root, &binary, &name, &archive)?;
        if KREW.contains(&format!("{os}/{arch}").as_str()) {
            platforms.push(entry(&archive, order.uri.as_deref(), (os, arch), &name)?);
        }
        written.push(archive);
    }
    let manifest = out.join("tekton-fix.yaml");
    fs::write(&manifest, describe(root, &version, platforms)?)
        .map_err(|error| format!("{}: {error}", manifest.display()))?;
    written.push(manifest);
    Ok(written)
}

fn version(root: &Path) -> Result<String, String> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let package = text.split("[package]").nth(1).unwrap_or_default();
    package
        .lines()
        .find_map(|line| Some(line.strip_prefix("version = \"")?.trim_end_matches('"').to_owned()))
        .ok_or_else(|| format!("{} names no version", path.display()))
}

fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| "rustc does not name its host".to_owned())
}

fn build(root: &Path, target: &str, os: &str) -> Result<PathBuf, String> {
    let status = Command::new("cargo")
        .args(["build", "--release", "--locked", "--bin", "kubectl-tekton_fix", "--target", target])
        .current_dir(root)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err(format!("building for {target} failed; is it installed? rustup target add {target}"));
    }
    let name = if os == "windows" { "kubectl-tekton_fix.exe" } else { "kubectl-tekton_fix" };
    Ok(root.join("target").join(target).join("release").join(name))
}

/// Regular files only: Krew refuses an archive with links in it.
fn pack(root: &Path, binary: &Path, name: &str, archive: &Path) -> Result<(), String> {
    let text = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::create(archive).map_err(|error| text(archive, error))?;
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::best()));
    let beside = BESIDE.iter().map(|(path, name, mode)| (root.join(path), *name, *mode));
    for (path, name, mode) in [(binary.to_owned(), name, 0o755)].into_iter().chain(beside) {
        let content = fs::read(&path).map_err(|error| text(&path, error))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        header.set_cksum();
        tar.append_data(&mut header, name, content.as_slice()).map_err(|error| text(archive, error))?;
    }
    tar.into_inner().and_then(GzEncoder::finish).map(drop).map_err(|error| text(archive, error))
}

/// One entry of `platforms`.
fn entry(archive: &Path, uri: Option<&str>, platform: (&str, &str), binary: &str) -> Result<Value, String> {
    let content = fs::read(archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    let sum: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let uri = match uri {
        Some(uri) => format!("{}/{name}", uri.trim_end_matches('/')),
        None => format!("file://{}", archive.display()),
    };
    let mut labels = Mapping::new();
    labels.insert("os".into(), platform.0.into());
    labels.insert("arch".into(), platform.1.into());
    let mut selector = Mapping::new();
    selector.insert("matchLabels".into(), labels.into());
    let mut entry = Mapping::new();
    entry.insert("selector".into(), selector.into());
    entry.insert("uri".into(), uri.into());
    entry.insert("sha256".into(), sum.into());
    entry.insert("bin".into(), binary.into());
    Ok(entry.into())
}

fn describe(root: &Path, version: &str, platforms: Vec<Value>) -> Result<String, String> {
    let path = root.join("plugin-manifest/tekton-fix.yaml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut manifest: Value = serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let spec = manifest
        .get_mut("spec")
        .and_then(Value::as_mapping_mut)
        .ok_or_else(|| format!("{}: no spec", path.display()))?;
    spec.insert("version".into(), format!("v{version}").into());
    spec.insert("platforms".into(), platforms.into());
    serde_yaml::to_string(&manifest).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
    }

    #[test]
    fn archives_hold_regular_files_and_the_manifest_tells_their_sum() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("kubectl-tekton_fix");
        fs::write(&binary, "binary").unwrap();
        let archive = folder.path().join("kubectl-tekton_fix-v0.0.0-linux-amd64.tar.gz");
        pack(&root(), &binary, "kubectl-tekton_fix", &archive).unwrap();

        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(File::open(&archive).unwrap()));
        let mut names = Vec::new();
        for entry in tar.entries().unwrap() {
            let entry = entry.unwrap();
            assert!(entry.header().entry_type().is_file());
            names.push(entry.path().unwrap().display().to_string());
        }
        assert!(names.contains(&"LICENSE".to_owned()) && names.contains(&"oc_complete-tekton_fix".to_owned()));

        let entry = entry(&archive, Some("https://example.com/v0/"), ("linux", "amd64"), "kubectl-tekton_fix").unwrap();
        let manifest = describe(&root(), "0.0.0", vec![entry]).unwrap();
        let manifest: Value = serde_yaml::from_str(&manifest).unwrap();
        let spec = &manifest["spec"];
        assert_eq!(manifest["metadata"]["name"], Value::from("tekton-fix"));
        assert_eq!(spec["version"], Value::from("v0.0.0"));
        let platform = &spec["platforms"][0];
        let uri = "https://example.com/v0/kubectl-tekton_fix-v0.0.0-linux-amd64.tar.gz";
        assert_eq!(platform["uri"], Value::from(uri));
        assert_eq!(platform["sha256"].as_str().unwrap().len(), 64);
        assert!(!spec["shortDescription"].as_str().unwrap().contains('\n'));
    }

    #[test]
    fn targets_are_named_as_go_names_them() {
        assert_eq!(platform("x86_64-unknown-linux-musl"), Some(("linux", "amd64")));
        assert_eq!(platform("aarch64-apple-darwin"), Some(("darwin", "arm64")));
        assert_eq!(platform("s390x-unknown-linux-gnu"), Some(("linux", "s390x")));
        assert_eq!(platform("wasm32-wasip1"), None);
    }
}
