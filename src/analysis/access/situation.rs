//! One denied path among the pods that share its volume: why, and the least intrusive
//! remedy.

use super::denial::{Denial, Proof, Tried};
use super::file::{Entry, EntryKind, USUAL_UMASK};
use super::fs_group::{self, ChangePolicy, Ownership};
use super::label::Shares;
use super::permission::{Allowed, Obstacle, Wish, judge};
use super::process::Process;

/// A pod's part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// How it is called, `task build` for example.
    pub name: String,
    /// Its process.
    pub process: Process,
    /// Its pod's fsGroup.
    pub fs_group: Option<u32>,
    /// When the kubelet gives the volume to that group.
    pub policy: ChangePolicy,
    /// The SCC that took the pod.
    pub scc: Option<String>,
    /// Whether it ran at the same time as the one that was denied.
    pub is_concurrent: bool,
}

/// What is known about a denied path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// What the log tells.
    pub denial: Denial,
    /// Who was denied.
    pub reader: Party,
    /// Who used the volume before or beside it, the oldest first.
    pub others: Vec<Party>,
    /// Whether the kubelet gives the volume to an fsGroup.
    pub ownership: Ownership,
    /// Whether a server decides by rules of its own (NFS).
    pub is_remote: bool,
    /// The namespace's group, the one fsGroup that its SCCs take.
    pub block: Option<u32>,
    /// Whether the cluster is OpenShift's, where SCCs decide which ids a pod may have.
    pub is_openshift: bool,
}

/// Why a path was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The SELinux labels of pods on the volume differ.
    SeLinux,
    /// A directory has no search bit for the process.
    DirectoryNotSearchable,
    /// The file has no read bit for it.
    FileNotReadable,
    /// The directory or file has no write bit for it.
    NotWritable,
    /// Only the owner may do this.
    NotOwner,
    /// Modes explain it, but which bit is unknown.
    Modes,
    /// The server of the volume decides.
    Server,
    /// Not to be told.
    Unknown,
}

/// What would lift a denial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// One sentence.
    pub summary: String,
    /// The fsGroup of the pod template that does it, where one does.
    pub fs_group: Option<u32>,
}

impl From<&str> for Remedy {
    fn from(summary: &str) -> Self {
        Self { summary: summary.to_owned(), fs_group: None }
    }
}

impl From<String> for Remedy {
    fn from(summary: String) -> Self {
        Self { summary, fs_group: None }
    }
}

/// The explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Why.
    pub cause: Cause,
    /// Whether it follows from what was read, and not only from what is usual.
    pub is_certain: bool,
    /// How, a sentence each.
    pub chain: Vec<String>,
    /// Remedies, the least intrusive first.
    pub remedies: Vec<Remedy>,
    /// What would tell more.
    pub unknown: Vec<String>,
}

impl Cause {
    /// Half a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SeLinux => "SELinux keeps the pods on the volume from each other's files",
            Self::DirectoryNotSearchable => "a directory on the way cannot be searched by the reader",
            Self::FileNotReadable => "the file's mode does not let the reader open it",
            Self::NotWritable => "the mode does not let it write there",
            Self::NotOwner => "it is not the owner",
            Self::Modes => "modes and owners on the volume keep it out",
            Self::Server => "the volume's server decides who may do what",
            Self::Unknown => "why is not told by what was read",
        }
    }
}

/// Explains a denial.
pub fn explain(situation: &Situation) -> Explanation {
    let Situation { denial, reader, .. } = situation;
    let mut explanation = Explanation {
        cause: Cause::Unknown,
        is_certain: false,
        chain: vec![format!("{} runs as {}, with {}", reader.name, reader.process, reader.process.label)],
        remedies: Vec::new(),
        unknown: Vec::new(),
    };
    explanation.chain.push(denial.lesson().to_owned());
    if denial.proof() == Proof::NotOwner {
        explanation.cause = Cause::NotOwner;
        explanation.is_certain = true;
        explanation.remedies.push("take chown, chmod and preserving copies (cp -p, tar -p, rsync -a) out of the step, or let it own what it changes".into());
        return explanation;
    }
    let apart: Vec<&Party> = situation
        .others
        .iter()
        .filter(|other| reader.process.label.shares_with(&other.process.label) == Shares::No)
        .collect();
    if reader.process.overrides_modes {
        root(situation, &apart, &mut explanation);
    } else if let Some(beside) = apart.iter().find(|other| other.is_concurrent) {
        explanation.cause = Cause::SeLinux;
        explanation.chain.push(differs(reader, beside));
        selinux_remedies(reader, beside, &mut explanation);
        modes(situation, &mut explanation);
        explanation.cause = Cause::SeLinux;
    } else {
        modes(situation, &mut explanation);
        if let (Cause::Unknown | Cause::Modes, Some(before)) = (explanation.cause, apart.first()) {
            explanation.chain.push(differs(reader, before));
            selinux_remedies(reader, before, &mut explanation);
        }
    }
    if explanation.cause == Cause::SeLinux || explanation.cause == Cause::Unknown {
        explanation.unknown.push(
            "whether the node's audit log has an AVC denial for the path (ausearch -m avc -ts recent)".to_owned(),
        );
    }
    if explanation.cause != Cause::SeLinux {
        explanation.unknown.push(format!(
            "owners and modes on the way, from a pod that still sees them: ls -ldn {}",
            ways(denial.path.as_deref().unwrap_or("PATH"))
        ));
    }
    explanation
}

/// Root that kept its capabilities ignores modes on local file systems.
fn root(situation: &Situation, apart: &[&Party], explanation: &mut Explanation) {
    let reader = &situation.reader;
    explanation.chain.push("root with its usual capabilities is not bound by mode bits".to_owned());
    if situation.is_remote {
        explanation.cause = Cause::Server;
        explanation
            .chain
            .push("an NFS server usually makes root nobody (root_squash), so root may do less than others".to_owned());
        explanation
            .remedies
            .push("run as the user that owns the files, with supplementalGroups that the export knows".into());
        return;
    }
    explanation.cause = Cause::SeLinux;
    explanation.chain.push("what is left is SELinux".to_owned());
    match apart.iter().find(|other| other.is_concurrent).or(apart.first()) {
        Some(other) => {
            explanation.is_certain = other.is_concurrent;
            explanation.chain.push(differs(reader, other));
            selinux_remedies(reader, other, explanation);
        }
        None => explanation.remedies.push("look for a pod of another namespace or level that used the volume; give both the same seLinuxOptions.level".into()),
    }
}

fn differs(reader: &Party, other: &Party) -> String {
    let scc = |party: &Party| party.scc.as_ref().map(|scc| format!(" (SCC {scc})")).unwrap_or_default();
    let when = if other.is_concurrent { "ran at the same time" } else { "used the volume before" };
    format!(
        "{}{} {when} with {}, {}{} has {}: the pod that starts last relabels the volume for itself, and the other is denied everything on it",
        other.name,
        scc(other),
        other.process.label,
        reader.name,
        scc(reader),
        reader.process.label
    )
}

fn selinux_remedies(reader: &Party, other: &Party, explanation: &mut Explanation) {
    let mut odd: Vec<&str> = [reader, other]
        .into_iter()
        .filter(|party| matches!(party.process.label, super::label::Label::Random))
        .map(|party| party.name.as_str())
        .collect();
    odd.dedup();
    if !odd.is_empty() {
        explanation.remedies.push(format!(
            "let {} run under an SCC that keeps the namespace's SELinux level: ask for no privileged container and no capability that only privileged grants (pipelines-scc allows SETFCAP)",
            odd.join(" and ")
        ).into());
        explanation.remedies.push(
            format!("set seLinuxOptions.level of {} to the namespace's openshift.io/sa.scc.mcs", odd.join(" and "))
                .into(),
        );
    }
    if other.is_concurrent {
        explanation
            .remedies
            .push(format!("let {} and {} run one after the other (runAfter)", other.name, reader.name).into());
    }
}

/// What modes say, from how the others usually leave files behind.
fn modes(situation: &Situation, explanation: &mut Explanation) {
    let reader = &situation.reader;
    if situation.is_remote {
        explanation.cause = Cause::Server;
    }
    if reader.process.uid.is_none() {
        explanation.unknown.push("the user that the image of the step runs as".to_owned());
    }
    let wish = wish(situation.denial.tried);
    let left = situation.others.iter().rev().find_map(|writer| Some((writer, left_by(situation, writer)?)));
    let mut path = left.as_ref().map_or_else(|| vec![Entry::fresh_root()], |(_, path)| path.clone());
    if let (Some(group), Ownership::Managed) = (reader.fs_group, &situation.ownership) {
        fs_group::apply(&mut path, group, reader.policy);
    }
    let asked = if matches!(wish, Wish::Create) && path.len() > 1 { &path[..path.len() - 1] } else { &path[..] };
    let verdict = judge(&reader.process, asked, None, wish);
    if let Some((writer, _)) = &left {
        let shown: Vec<String> = path.iter().map(ToString::to_string).collect();
        explanation.chain.push(format!(
            "{} ({}) leaves, with the usual umask 0022: volume, folder, file {}",
            writer.name,
            writer.process,
            shown.join(", ")
        ));
    }
    if let (None, None, Allowed::No(_)) = (&left, reader.fs_group, &verdict) {
        let user = reader.process.uid.map_or_else(|| "the step's user".to_owned(), |uid| format!("UID {uid}"));
        explanation.chain.push(format!(
            "no pod that was read wrote to the volume before: a fresh one belongs to root with mode 0755, and the pod sets no fsGroup, so {user} may not write there"
        ));
    }
    match verdict {
        Allowed::No(obstacle) => {
            explanation.cause = match obstacle {
                Obstacle::NotSearchable(_) => Cause::DirectoryNotSearchable,
                Obstacle::NotReadable => Cause::FileNotReadable,
                Obstacle::NotWritable | Obstacle::Sticky => Cause::NotWritable,
                Obstacle::NotOwner => Cause::NotOwner,
                Obstacle::SeLinux => Cause::SeLinux,
            };
        }
        Allowed::Yes if !situation.is_remote => {
            explanation.chain.push(
                "such files would be no obstacle: the writer made them narrower (umask 077, mktemp, mode 0600 or 0700), or SELinux denies"
                    .to_owned(),
            );
            explanation.cause = match situation.denial.proof() {
                Proof::DirectoryOrSeLinux => Cause::DirectoryNotSearchable,
                _ => Cause::Modes,
            };
        }
        _ => {}
    }
    mode_remedies(situation, &path, wish, explanation);
}

/// What a writer leaves behind in a folder of its own.
fn left_by(situation: &Situation, writer: &Party) -> Option<Vec<Entry>> {
    let mut tree = vec![Entry::fresh_root()];
    if let (Some(group), Ownership::Managed) = (writer.fs_group, &situation.ownership) {
        fs_group::apply(&mut tree, group, writer.policy);
    }
    let folder = tree[0].made_in(&writer.process, EntryKind::Directory, 0o777, USUAL_UMASK)?;
    let file = folder.made_in(&writer.process, EntryKind::File, 0o666, USUAL_UMASK)?;
    tree.extend([folder, file]);
    Some(tree)
}

const fn wish(tried: Tried) -> Wish {
    match tried {
        Tried::Look => Wish::Exists,
        Tried::Make | Tried::Remove => Wish::Create,
        Tried::Change => Wish::ChangeMode,
        Tried::Open | Tried::Enter | Tried::Execute | Tried::Unknown => Wish::Read,
    }
}

fn mode_remedies(situation: &Situation, path: &[Entry], wish: Wish, explanation: &mut Explanation) {
    let reader = &situation.reader;
    match &situation.ownership {
        Ownership::Managed => {
            if reader.fs_group.is_some() && reader.policy == ChangePolicy::OnRootMismatch {
                explanation.remedies.push("take fsGroupChangePolicy: OnRootMismatch away: the volume's root looks right already, so files made later stay as they are".into());
            }
            // Elsewhere any group will do; one that has the step's own number is easy to know
            // again.
            let group =
                if situation.is_openshift { situation.block } else { reader.process.uid.filter(|uid| *uid != 0) };
            if let (None, Some(block)) = (reader.fs_group, group) {
                let mut given = path.to_vec();
                fs_group::apply(&mut given, block, ChangePolicy::Always);
                let mut process = reader.process.clone();
                process.groups.push(block);
                process.uid = process.uid.or(Some(u32::MAX));
                let asked = if matches!(wish, Wish::Create) && given.len() > 1 { &given[..2] } else { &given[..] };
                if judge(&process, asked, None, wish) == Allowed::Yes {
                    let whose =
                        if situation.is_openshift { "the start of the namespace's block" } else { "the step's own id" };
                    let summary = format!(
                        "set fsGroup of the run's pod template to {block}, {whose}: the kubelet then gives all files to that group before each pod starts"
                    );
                    explanation.remedies.push(Remedy { summary, fs_group: Some(block) });
                }
            }
        }
        Ownership::Unmanaged(why) => {
            explanation.chain.push(format!("fsGroup changes nothing on this volume: {why}"));
            explanation.remedies.push("give the volume the right owner where it is made (mount options, access point, StorageClass parameters), or name its group in supplementalGroups".into());
        }
        Ownership::Unknown(what) => explanation.unknown.push(format!("whether fsGroup counts on this volume: {what}")),
    }
    if situation.others.is_empty() {
        return;
    }
    explanation
        .remedies
        .push("let the writer leave files open to the group: umask 002, or chmod -R g+rwX at its end".into());
    let range = if situation.is_openshift { ", in the namespace's range" } else { "" };
    explanation.remedies.push(format!("run both tasks as one user: runAsUser in both{range}").into());
}

/// The directories of a path, one after the other, for `ls`.
fn ways(path: &str) -> String {
    let mut ways: Vec<&str> = path.match_indices('/').skip(1).map(|(at, _)| &path[..at]).collect();
    ways.push(path);
    ways.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::denial::of_line;
    use super::super::label::Label;
    use super::*;

    fn party(name: &str, process: Process, label: Label) -> Party {
        Party {
            name: name.to_owned(),
            process: Process { label, ..process },
            fs_group: None,
            policy: ChangePolicy::Always,
            scc: None,
            is_concurrent: false,
        }
    }

    fn level() -> Label {
        Label::Level("s0:c31,c20".to_owned())
    }

    fn root() -> Process {
        Process { overrides_modes: true, ..Process::new(0, 0, &[]) }
    }

    fn situation(line: &str, reader: Party, others: Vec<Party>) -> Situation {
        let denial = of_line(line).unwrap();
        Situation {
            denial,
            reader,
            others,
            ownership: Ownership::Managed,
            is_remote: false,
            block: Some(9_700),
            is_openshift: true,
        }
    }

    #[test]
    fn root_that_cannot_look_is_denied_by_selinux() {
        let mut beside = party("task push-b", root(), Label::Random);
        (beside.is_concurrent, beside.scc) = (true, Some("privileged".to_owned()));
        let reader = party("task push-a", root(), Label::Random);
        let explanation =
            explain(&situation("faccessat /workspace/s/oci/image.tar: permission denied", reader, vec![beside]));
        assert_eq!((explanation.cause, explanation.is_certain), (Cause::SeLinux, true));
        assert!(explanation.remedies.iter().any(|remedy| remedy.summary.contains("SETFCAP")), "{explanation:#?}");
        assert!(explanation.remedies.last().unwrap().summary.contains("one after the other"), "{explanation:#?}");
    }

    #[test]
    fn a_folder_of_roots_cannot_be_written_by_others() {
        let reader = party("task b", Process::new(1001, 0, &[]), level());
        let writer = party("task a", root(), level());
        let explanation = explain(&situation(
            "mkdir: cannot create directory '/workspace/s/x': Permission denied",
            reader,
            vec![writer],
        ));
        assert_eq!(explanation.cause, Cause::NotWritable);
        assert!(
            explanation.remedies[0].summary.starts_with("set fsGroup of the run's pod template to 9700"),
            "{explanation:#?}"
        );
    }

    #[test]
    fn a_look_that_fails_points_at_a_directory() {
        let reader = party("task b", Process::new(1001, 0, &[]), level());
        let writer = party("task a", root(), level());
        let explanation = explain(&situation("stat /workspace/s/x: permission denied", reader, vec![writer]));
        assert_eq!((explanation.cause, explanation.is_certain), (Cause::DirectoryNotSearchable, false));
        assert!(
            explanation.unknown.iter().any(|text| text.ends_with("ls -ldn /workspace /workspace/s /workspace/s/x")),
            "{explanation:#?}"
        );
    }

    #[test]
    fn what_fs_group_cannot_change_is_not_offered() {
        let reader = party("task b", Process::new(1001, 0, &[]), level());
        let mut asked = situation("open /workspace/s/x: permission denied", reader, Vec::new());
        asked.ownership = Ownership::Unmanaged("CSIDriver efs".to_owned());
        let explanation = explain(&asked);
        assert!(
            explanation.remedies.iter().all(|remedy| !remedy.summary.starts_with("set fsGroup")),
            "{explanation:#?}"
        );
        assert!(explanation.chain.iter().any(|text| text.contains("fsGroup changes nothing")), "{explanation:#?}");
    }

    #[test]
    fn a_change_of_owner_is_no_matter_of_modes() {
        let reader = party("task b", Process::new(1001, 0, &[]), level());
        let explanation = explain(&situation(
            "chown: changing ownership of '/workspace/s': Operation not permitted",
            reader,
            Vec::new(),
        ));
        assert_eq!((explanation.cause, explanation.is_certain), (Cause::NotOwner, true));
    }
}
