//! Which run is meant: `NAME`, `pipelinerun/NAME`, `NAMESPACE/NAME`, or none.

use jiff::Timestamp;

use crate::assess::placement::NoBest;
use crate::checks;
use crate::cli::{CommandError, GlobalArgs, Ui};
use crate::finding::RunReport;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind, Reading};
use crate::repairs;
use crate::report::wording;
use crate::sources::{Source, Wanted, export};

use super::kinds;

/// A run by name, the namespace as far as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// Namespace, when given with the name or by `-n`.
    pub namespace: Option<String>,
    /// Name.
    pub name: Option<String>,
}

impl RunName {
    /// Reads what the person typed.
    ///
    /// # Errors
    /// When it names something else than a run, or two namespaces.
    pub fn parse(text: Option<&str>, globals: &GlobalArgs) -> Result<Self, CommandError> {
        let given = globals.namespace.clone();
        let Some(text) = text else { return Ok(Self { namespace: given, name: None }) };
        let bad = |text: &str| {
            CommandError::usage(format!("{text:?} is not a valid run name"))
                .hint("expected NAME, NAMESPACE/NAME or pipelinerun/NAME")
        };
        let parts: Vec<&str> = text.split('/').collect();
        let (namespace, name) = match parts.as_slice() {
            [name] => (given.clone(), *name),
            [kind, name] if kinds::named(kind) == Some("PipelineRun") => (given.clone(), *name),
            [kind, name] if kinds::is_no_namespace(kind) => {
                return Err(kinds::another(kind, name, "PipelineRun", given.as_deref()).unwrap_or_else(|| bad(text)));
            }
            [namespace, name] => (Some((*namespace).to_owned()), *name),
            _ => return Err(bad(text)),
        };
        if name.is_empty() || namespace.as_deref() == Some("") {
            return Err(bad(text));
        }
        if let (Some(given), Some(namespace)) = (&given, &namespace)
            && given != namespace
        {
            if let Some(error) = kinds::another(namespace, name, "PipelineRun", Some(given)) {
                return Err(error);
            }
            return Err(CommandError::usage(format!("{text} is in namespace {namespace}, but -n says {given}"))
                .hint("omit -n, or name the run without a namespace"));
        }
        Ok(Self { namespace, name: Some(name.to_owned()) })
    }
}

/// What was read, and the run that is meant.
pub struct Chosen {
    /// Everything that was read.
    pub cluster: Cluster,
    /// Namespace of the run.
    pub namespace: String,
    /// Name of the run.
    pub name: String,
}

impl Chosen {
    /// The run itself.
    ///
    /// # Errors
    /// When it is not among the objects read.
    pub fn run(&self) -> Result<&PipelineRun, CommandError> {
        self.cluster
            .pipeline_run(&self.namespace, &self.name)
            .ok_or_else(|| not_found(&self.cluster, &self.namespace, &self.name))
    }

    /// What is wrong with the run, with what can be done about it.
    ///
    /// # Errors
    /// When the run is not among the objects read.
    pub fn diagnosed(&self) -> Result<RunReport, CommandError> {
        let mut report = checks::diagnose(&self.cluster, self.run()?, self.now());
        repairs::attach(&self.cluster, &mut report, self.now());
        Ok(report)
    }

    /// What `look` says of the run, once all was read that it looks for.
    ///
    /// # Errors
    /// When the run does not exist or could not be read.
    pub(super) async fn look<T>(
        &mut self,
        source: &Source,
        look: impl Fn(&Cluster, &PipelineRun, Timestamp) -> T,
    ) -> Result<T, CommandError> {
        let wanted = Wanted::run(&self.namespace, &self.name);
        let (namespace, name) = (&self.namespace, &self.name);
        let seen =
            source.look_again(&wanted, &mut self.cluster, |cluster| match cluster.pipeline_run(namespace, name) {
                Some(run) => Ok(look(cluster, run, now(cluster))),
                None => Err(not_found(cluster, namespace, name)),
            });
        seen.await?
    }

    /// The time against which ages are counted.
    pub fn now(&self) -> Timestamp {
        now(&self.cluster)
    }
}

/// The time of reading, as the source knows it.
pub fn now(cluster: &Cluster) -> Timestamp {
    cluster.taken_at.unwrap_or_else(Timestamp::now)
}

/// The namespace in which the command works: the one given, else the export's only
/// one with runs, else the context's.
pub fn namespace(source: &Source, given: Option<&str>) -> Result<String, CommandError> {
    if let Some(namespace) = given {
        return Ok(namespace.to_owned());
    }
    match source {
        Source::Live(connection) => Ok(connection.default_namespace.clone()),
        Source::Export(cluster) => match with_runs(cluster).as_slice() {
            [only] => Ok((*only).to_owned()),
            [] => Err(CommandError::incomplete("the export holds no PipelineRun")
                .hint("`oc adm inspect` leaves Tekton's objects out")
                .hint(export::COLLECT)),
            several => Err(CommandError::usage("the export holds runs of several namespaces")
                .hint(format!("choose one with -n: {}", several.join(", ")))),
        },
    }
}

/// Says what of a source could not be read: the first few, and how many more.
pub fn warn_of_unread(ui: &mut Ui, cluster: &Cluster) {
    const SHOWN: usize = 5;
    for unreadable in cluster.unreadable.iter().take(SHOWN) {
        ui.warn(&format!("not read: {unreadable}"));
    }
    match cluster.unreadable.len().saturating_sub(SHOWN) {
        0 => {}
        more => ui.warn(&format!("not read: {more} more files or objects")),
    }
}

/// Says which lists of a live cluster broke off, and tells whether runs may be missing for it.
pub(super) fn warn_of_broken_lists(ui: &mut Ui, source: &Source, cluster: &Cluster) -> bool {
    let Source::Live(_) = source else { return false };
    let mut loses_runs = false;
    for (kind, place, reading) in cluster.coverage.iter() {
        let Reading::Partly(why) = reading else { continue };
        let place = if place.is_empty() { String::new() } else { format!(" of namespace {place}") };
        ui.warn(&format!("not all {}{place} were read: {why}", kind.plural()));
        loses_runs |= matches!(kind, Kind::PipelineRun | Kind::TaskRun | Kind::Pod);
    }
    loses_runs
}

/// The namespaces in which there are runs.
pub fn with_runs(cluster: &Cluster) -> Vec<&str> {
    let mut names: Vec<&str> = cluster.pipeline_runs.iter().map(|run| run.metadata.namespace.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Reads the cluster and finds the run; asks where it was not named.
///
/// # Errors
/// When it does not exist, could not be read, or nobody can be asked.
pub async fn choose(ui: &mut Ui, source: &Source, wanted: &RunName) -> Result<Chosen, CommandError> {
    let namespace = namespace_of(source, wanted)?;
    let cluster = source.read(&Wanted::namespace(&namespace)).await?;
    let name = match &wanted.name {
        Some(name) => name.clone(),
        None => offer(ui, &cluster, &namespace)?,
    };
    if cluster.pipeline_run(&namespace, &name).is_none() {
        return Err(not_found(&cluster, &namespace, &name));
    }
    Ok(Chosen { cluster, namespace, name })
}

/// The same, but reads only what every look at the run needs; the rest is read by
/// [`Chosen::look`].
///
/// # Errors
/// When the cluster could not be read, or nobody can be asked.
pub(super) async fn begin(ui: &mut Ui, source: &Source, wanted: &RunName) -> Result<Chosen, CommandError> {
    let (Source::Live(connection), Some(name)) = (source, &wanted.name) else {
        return choose(ui, source, wanted).await;
    };
    let namespace = namespace_of(source, wanted)?;
    let cluster = connection.begin(&Wanted::run(&namespace, name)).await?;
    Ok(Chosen { cluster, namespace, name: name.clone() })
}

/// A bare name in an export may stand in any namespace, if it stands in one only.
pub fn namespace_of(source: &Source, wanted: &RunName) -> Result<String, CommandError> {
    if let (Source::Export(cluster), None, Some(name)) = (source, &wanted.namespace, &wanted.name) {
        let mut places = cluster.pipeline_runs.iter().filter(|run| run.metadata.name == *name);
        if let (Some(run), None) = (places.next(), places.next()) {
            return Ok(run.metadata.namespace.clone());
        }
    }
    namespace(source, wanted.namespace.as_deref())
}

/// The namespace and the name of a pod, as people type them: `NAME`, `pod/NAME` or
/// `NAMESPACE/NAME`.
///
/// # Errors
/// When it has no namespace and none is known.
pub fn pod_name<'a>(source: &Source, globals: &GlobalArgs, text: &'a str) -> Result<(String, &'a str), CommandError> {
    let bad = || {
        CommandError::usage(format!("{text:?} is not a valid pod name"))
            .hint("expected NAME, NAMESPACE/NAME or pod/NAME")
    };
    let parts: Vec<&str> = text.split('/').collect();
    // A pod that is still to get its name (generateName) has none in a file: `NAMESPACE/`.
    if parts[0].is_empty() {
        return Err(bad());
    }
    let here = || namespace(source, globals.namespace.as_deref());
    match parts.as_slice() {
        [name] => Ok((here()?, name)),
        [kind, name] if kinds::named(kind) == Some("Pod") => Ok((here()?, name)),
        [kind, name] if kinds::is_no_namespace(kind) => {
            Err(kinds::another(kind, name, "Pod", globals.namespace.as_deref()).unwrap_or_else(bad))
        }
        [place, _] if globals.namespace.as_ref().is_some_and(|given| given != place) => {
            let given = globals.namespace.as_deref().unwrap_or_default();
            if let Some(error) = kinds::another(place, parts[1], "Pod", Some(given)) {
                return Err(error);
            }
            Err(CommandError::usage(format!("{text} is in namespace {place}, but -n says {given}"))
                .hint("omit -n, or name the pod without a namespace"))
        }
        [place, name] => Ok(((*place).to_owned(), name)),
        _ => Err(bad()),
    }
}

/// A pod that was named.
///
/// # Errors
/// When it does not exist, or could not be read.
pub fn pod<'a>(cluster: &'a Cluster, namespace: &str, name: &str) -> Result<&'a Pod, CommandError> {
    cluster.pod(namespace, name).ok_or_else(|| {
        if let Some(error) = another_kind(cluster, namespace, name, "Pod") {
            return error;
        }
        if cluster.coverage.proves_absence(Kind::Pod, namespace) {
            return CommandError::incomplete(format!("there is no pod {name} in namespace {namespace}"));
        }
        CommandError::incomplete(format!("pod {namespace}/{name} is not among the objects that were read"))
            .hint("pods of that namespace were not all read: check rights, or the export")
    })
}

fn offer(ui: &mut Ui, cluster: &Cluster, namespace: &str) -> Result<String, CommandError> {
    let mut runs: Vec<&PipelineRun> =
        cluster.pipeline_runs.iter().filter(|run| run.metadata.namespace == namespace && !run.is_done()).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.metadata.creation_timestamp));
    match runs.as_slice() {
        [] => Err(unread(cluster, namespace).unwrap_or_else(|| {
            let mut ended: Vec<&PipelineRun> =
                cluster.pipeline_runs.iter().filter(|run| run.metadata.namespace == namespace).collect();
            if ended.is_empty() {
                return none(cluster, Some(&[namespace.to_owned()]), None);
            }
            ended.sort_by_key(|run| std::cmp::Reverse(run.metadata.creation_timestamp));
            let names: Vec<&str> = ended.iter().take(8).map(|run| run.metadata.name.as_str()).collect();
            CommandError::usage(format!("no run of namespace {namespace} is under way"))
                .hint(format!("name one that has ended: {}", names.join(", ")))
        })),
        [only] => Ok(only.metadata.name.clone()),
        [newest, ..] if !ui.can_prompt() => Ok(newest.metadata.name.clone()),
        several => {
            let names: Vec<String> = several.iter().map(|run| run.metadata.name.clone()).collect();
            let index = ui.choose("Which run?", &names)?.ok_or_else(|| CommandError::declined("no run was chosen"))?;
            Ok(names[index].clone())
        }
    }
}

/// Why no node can be chosen for the whole pipeline; `name_it` is the flag that names one.
pub(super) fn no_best_node(none: &NoBest, name_it: impl Fn(&str) -> String) -> CommandError {
    let error = CommandError::incomplete("no node can be chosen for the whole pipeline");
    match none {
        NoBest::Unread => error.hint("nodes were not read"),
        NoBest::FreeUnknown(nodes) => {
            let error = error.hint("pods of other namespaces were not read, so free capacity is unknown");
            match nodes.first() {
                Some(first) => error.hint(format!(
                    "as far as was read it fits on {}; name one to pin to it all the same: {}",
                    nodes.join(", "),
                    name_it(first)
                )),
                None => error,
            }
        }
        NoBest::None(against) => {
            against.iter().take(12).fold(error, |error, item| error.hint(wording::against(std::slice::from_ref(item))))
        }
    }
}

/// Why a run that was not found may exist all the same, with what could not be read.
fn unread(cluster: &Cluster, namespace: &str) -> Option<CommandError> {
    const SHOWN: usize = 3;
    let error = missing(cluster, namespace)?;
    let lost = cluster.unreadable.iter().take(SHOWN);
    Some(lost.fold(error, |error, lost| error.hint(format!("not read: {lost}"))))
}

fn missing(cluster: &Cluster, namespace: &str) -> Option<CommandError> {
    let runs = format!("PipelineRuns of namespace {namespace}");
    match cluster.coverage.of(Kind::PipelineRun, namespace) {
        Reading::Forbidden(reason) => Some(
            CommandError::unreadable(format!("{runs} cannot be read: {reason}"))
                .hint("you need get and list on pipelineruns.tekton.dev in that namespace"),
        ),
        Reading::Partly(reason) => Some(
            CommandError::unreadable(format!("it is not among the {runs} that were read, and not all were: {reason}"))
                .hint(format!(
                    "run the command again, or collect them all: kubectl get pipelineruns -n {namespace} -o yaml"
                )),
        ),
        Reading::NotRead => Some(
            with_places(CommandError::incomplete(format!("{runs} are not in what was read")), cluster)
                .hint(format!("collect them: kubectl get pipelineruns,taskruns -n {namespace} -o yaml")),
        ),
        Reading::Listed | Reading::NotServed => None,
    }
}

/// Why there is no run to look at: nothing wrong was not seen, for nothing was.
pub fn none(cluster: &Cluster, namespaces: Option<&[String]>, selector: Option<&str>) -> CommandError {
    let place = match namespaces {
        Some([namespace]) => {
            if let Some(error) = unread(cluster, namespace) {
                return error;
            }
            format!("in namespace {namespace}")
        }
        _ => "in any namespace".to_owned(),
    };
    let which = selector.map(|selector| format!(" with labels {selector}")).unwrap_or_default();
    with_places(CommandError::incomplete(format!("there is no PipelineRun{which} {place}")), cluster)
}

/// Whether it is certain that there are no runs: the namespace is one that was read.
pub fn has_no_runs(cluster: &Cluster, namespaces: Option<&[String]>) -> bool {
    match namespaces {
        Some(namespaces) => namespaces.iter().all(|namespace| {
            cluster.namespace(namespace).is_some() && cluster.coverage.proves_absence(Kind::PipelineRun, namespace)
        }),
        None => cluster.pipeline_runs.is_empty() && cluster.coverage.proves_absence(Kind::PipelineRun, ""),
    }
}

/// Adds the namespaces in which there are runs.
fn with_places(error: CommandError, cluster: &Cluster) -> CommandError {
    let places = with_runs(cluster);
    if places.is_empty() {
        error.hint("is it another namespace? use -n NAMESPACE")
    } else {
        error.known("runs were read of", "", places)
    }
}

/// That the word before the slash was meant as a kind: there is no such namespace.
fn another_kind(cluster: &Cluster, namespace: &str, name: &str, expected: &str) -> Option<CommandError> {
    let is_there = cluster.namespace(namespace).is_some() || with_runs(cluster).contains(&namespace);
    if is_there { None } else { kinds::another(namespace, name, expected, None) }
}

pub(super) fn not_found(cluster: &Cluster, namespace: &str, name: &str) -> CommandError {
    if let Some(error) = another_kind(cluster, namespace, name, "PipelineRun") {
        return error;
    }
    if let Some(mut error) = unread(cluster, namespace) {
        error.message = format!("PipelineRun {name} was not found: {}", error.message);
        return error;
    }
    let known: Vec<&str> = cluster
        .pipeline_runs
        .iter()
        .filter(|run| run.metadata.namespace == namespace)
        .map(|run| run.metadata.name.as_str())
        .collect();
    let error = CommandError::incomplete(format!("there is no PipelineRun {name} in namespace {namespace}"));
    if known.is_empty() { with_places(error, cluster) } else { error.known("runs there", name, known) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_named_as_people_type_them() {
        let globals = GlobalArgs { namespace: Some("a".to_owned()), ..GlobalArgs::default() };
        let parsed = |text| RunName::parse(Some(text), &globals).map(|run| (run.namespace, run.name));
        let expected = Ok((Some("a".to_owned()), Some("r".to_owned())));
        assert_eq!(parsed("r"), expected);
        assert_eq!(parsed("a/r"), expected);
        assert_eq!(parsed("pipelinerun/r"), expected);
        for text in ["pr/r", "PipelineRun/r", "pipelineruns.tekton.dev/r", "pipelineruns.v1.tekton.dev/r"] {
            assert_eq!(parsed(text), expected, "{text}");
        }
        for text in ["b/r", "", "a/", "a/b/c", "Pod/r", "pods.v1/r", "b.c/r"] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
