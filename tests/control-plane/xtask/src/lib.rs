//! The programs of the test control plane: what they are built from, and where the
//! builds are kept.
//!
//! Each program lives in a folder of the cache that is named after the content of
//! everything it is built from, so that a build is made once and never goes stale.

pub mod build;
pub mod package;
pub mod schemas;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

/// A program: a Go module below `tests/control-plane`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// Folder of the module, and name of the program.
    pub name: &'static str,
    /// What is built of it.
    pub packages: &'static [&'static str],
    /// Linker flags beside `-s -w`.
    pub linker_flags: &'static str,
    /// A module whose files are needed at run time, with what is copied of it.
    pub files: Option<(&'static str, &'static str)>,
}

const TEKTON: &[&str] = &["github.com/tektoncd/pipeline/cmd/controller", "github.com/tektoncd/pipeline/cmd/webhook"];
const TEKTON_FILES: Option<(&str, &str)> = Some(("github.com/tektoncd/pipeline", "config"));
const SCC_FILES: Option<(&str, &str)> = Some((
    "github.com/openshift/api",
    "payload-manifests/crds/0000_03_config-operator_01_securitycontextconstraints.crd.yaml",
));

macro_rules! kubernetes_flags {
    ($minor:literal, $patch:literal) => {
        concat!(
            "-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=",
            $minor,
            " -X k8s.io/component-base/version.gitVersion=v1.",
            $minor,
            ".",
            $patch
        )
    };
}

/// All programs, the longest builds first.
pub const PROGRAMS: [Program; 9] = [
    Program {
        name: "kubernetes-1.33",
        packages: &["."],
        linker_flags: kubernetes_flags!("33", "13"),
        files: SCC_FILES,
    },
    Program { name: "kubernetes-1.35", packages: &["."], linker_flags: kubernetes_flags!("35", "4"), files: SCC_FILES },
    Program { name: "kubernetes-1.37", packages: &["."], linker_flags: kubernetes_flags!("37", "2"), files: None },
    Program { name: "tekton-1.15.1", packages: TEKTON, linker_flags: "", files: TEKTON_FILES },
    Program { name: "tekton-1.12.2", packages: TEKTON, linker_flags: "", files: TEKTON_FILES },
    Program { name: "tekton-1.9.6", packages: TEKTON, linker_flags: "", files: TEKTON_FILES },
    Program { name: "tekton-1.6.6", packages: TEKTON, linker_flags: "", files: TEKTON_FILES },
    Program { name: "tekton-0.68.1", packages: TEKTON, linker_flags: "", files: TEKTON_FILES },
    Program { name: "etcd", packages: &["."], linker_flags: "", files: None },
];

/// Folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).map(Path::to_path_buf).unwrap_or_default()
}

/// The folder `tests/control-plane` of this checkout.
pub fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where builds are kept: `TEKTON_FIX_CONTROL_PLANE`, else a folder of the user's
/// cache.
pub fn cache() -> PathBuf {
    let given = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    given("TEKTON_FIX_CONTROL_PLANE").unwrap_or_else(|| {
        let base = given("XDG_CACHE_HOME")
            .or_else(|| given("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(env::temp_dir);
        base.join("oc-tekton-fix/control-plane")
    })
}

/// Removes builds that nothing uses any more: those of other contents than this
/// checkout's, and seeds of rigs that were made of them. Returns what was removed.
///
/// # Errors
/// When the cache cannot be read.
pub fn prune() -> io::Result<Vec<PathBuf>> {
    let mut kept: Vec<PathBuf> = Vec::new();
    for program in PROGRAMS {
        kept.push(program.folder()?);
    }
    let mut removed = Vec::new();
    let entries =
        |folder: &Path| -> io::Result<Vec<PathBuf>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    for path in entries(&cache())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_build = PROGRAMS.iter().any(|program| name.starts_with(&format!("{}-", program.name)));
        if path.is_dir() && is_build && !kept.contains(&path) {
            removed.push(path);
        }
    }
    // A seed is cheap to make again; which programs it is of stands in its hash only.
    if !removed.is_empty() && cache().join("seeds").is_dir() {
        removed.extend(entries(&cache().join("seeds"))?);
    }
    for path in &removed {
        fs::remove_dir_all(path)?;
    }
    Ok(removed)
}

impl Program {
    /// A program by name.
    pub fn named(name: &str) -> Option<Self> {
        PROGRAMS.into_iter().find(|program| program.name == name)
    }

    /// Folder of its module.
    pub fn module(&self) -> PathBuf {
        modules().join(self.name)
    }

    /// Hash of everything that the build depends on but the Go toolchain, which the
    /// module's `go` line pins well enough for a test program.
    ///
    /// # Errors
    /// When the module cannot be read.
    pub fn key(&self) -> io::Result<String> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.module())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.extension().is_some_and(|extension| extension == "go" || extension == "mod" || extension == "sum")
            })
            .collect();
        files.sort();
        let mut hash = Sha256::new();
        hash.update(format!("{self:?}"));
        for file in files {
            hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update([0]);
            hash.update(fs::read(&file)?);
            hash.update([0]);
        }
        Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Folder of the finished build, whether or not it is there.
    ///
    /// # Errors
    /// When the module cannot be read.
    pub fn folder(&self) -> io::Result<PathBuf> {
        Ok(cache().join(format!("{}-{}", self.name, self.key()?)))
    }

    /// Folder of the finished build, when it is there.
    pub fn built(&self) -> Option<PathBuf> {
        self.folder().ok().filter(|folder| folder.is_dir())
    }
}
