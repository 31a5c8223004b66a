//! Kubeconfigs: which files are read, and the names in them.

use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

use crate::sources::SourceError;

/// What can be named of a kubeconfig.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Contexts.
    pub contexts: Vec<String>,
    /// Clusters.
    pub clusters: Vec<String>,
    /// Users.
    pub users: Vec<String>,
}

/// The names in this kubeconfig, or in those of the environment; `None` where there is none.
pub fn names(path: Option<&Path>) -> Option<Names> {
    let kubeconfig = read(path).ok()??;
    Some(Names {
        contexts: kubeconfig.contexts.into_iter().map(|context| context.name).collect(),
        clusters: kubeconfig.clusters.into_iter().map(|cluster| cluster.name).collect(),
        users: kubeconfig.auth_infos.into_iter().map(|user| user.name).collect(),
    })
}

/// The kubeconfig that is named, else those of KUBECONFIG in one, else that of the home folder.
/// Of the latter two none need exist, as for kubectl (kubernetes/client-go
/// `tools/clientcmd/loader.go`, `ClientConfigLoadingRules.Load`, v0.36).
///
/// # Errors
/// When one cannot be read, which one and where it breaks off.
pub(super) fn read(path: Option<&Path>) -> Result<Option<Kubeconfig>, SourceError> {
    if let Some(path) = path {
        return Kubeconfig::read_from(path).map(Some).map_err(|error| unreadable(path, &error));
    }
    let mut whole: Option<Kubeconfig> = None;
    for path in places(std::env::var_os("KUBECONFIG").as_deref()) {
        let one = match Kubeconfig::read_from(&path) {
            Ok(one) => one,
            Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&path, &error)),
        };
        whole = Some(match whole {
            Some(before) => before.merge(one).map_err(|error| unreadable(&path, &error))?,
            None => one,
        });
    }
    Ok(whole)
}

/// Where kubeconfigs are looked for, none being named by a flag.
pub(super) fn places(variable: Option<&std::ffi::OsStr>) -> Vec<PathBuf> {
    let listed: Vec<PathBuf> = variable
        .map(|value| std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect())
        .unwrap_or_default();
    if listed.is_empty() {
        std::env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect()
    } else {
        listed
    }
}

fn unreadable(path: &Path, error: &KubeconfigError) -> SourceError {
    let why = match error {
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        // The reader shows the line as well, which may hold a token.
        KubeconfigError::Parse(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            format!("not a kubeconfig: {first}")
        }
        other => other.to_string(),
    };
    SourceError::new(format!("cannot read kubeconfig {}: {why}", path.display()))
        .hint("name another with --kubeconfig or KUBECONFIG, or read an export with --from")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubeconfigs_are_looked_for_as_by_kubectl() {
        let listed = std::env::join_paths(["", "/a", "/b"]).unwrap();
        assert_eq!(places(Some(&listed)), [PathBuf::from("/a"), PathBuf::from("/b")]);
        let home = std::env::home_dir().unwrap().join(".kube/config");
        assert_eq!(places(Some(std::ffi::OsStr::new(""))), std::slice::from_ref(&home));
        assert_eq!(places(None), [home]);
    }

    #[test]
    fn a_broken_kubeconfig_is_named_without_its_content() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["users: [{name: a, user: {token: hunter2secret\n", "hunter2secret\n"] {
            std::fs::write(file.path(), text).unwrap();
            let error = read(Some(file.path())).unwrap_err();
            assert!(error.message.contains(&file.path().display().to_string()), "{error:?}");
            assert!(error.message.contains("line") && !error.message.contains("hunter2"), "{error:?}");
        }
        let error = read(Some(Path::new("/nonexistent/config"))).unwrap_err();
        assert_eq!(error.message, "cannot read kubeconfig /nonexistent/config: No such file or directory (os error 2)");
    }
}
