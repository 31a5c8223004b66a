//! `nodes --for-pipeline`: which nodes take all pods of a run together.

use crate::analysis::pipeline_fit::Answer;
use crate::assess;
use crate::assess::placement::{self, Placement};
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::checks::judged::kubernetes_version;
use crate::cli::{CommandError, Output, Ui, exit};
use crate::commands::choice::Chosen;
use crate::commands::print;
use crate::finding::forecast::Block;
use crate::ops::{edit, resubmission};
use crate::report::json::v1::pipeline_nodes::PipelineNodes;
use crate::report::pipeline_nodes::{self, View};
use crate::report::wording;

/// Judges the run as if it were cancelled and submitted again, every pod pinned to one
/// node.
pub(super) fn show(ui: &mut Ui, chosen: &Chosen, output: Option<&Output>, all: bool) -> Result<u8, CommandError> {
    let old = chosen.run()?;
    let focus = Focus::new(&chosen.cluster, old, chosen.now());
    let new = resubmission::manifest(old, &old.metadata.name);
    let plan = placement::pinned_anywhere(&focus, &new);
    let again = future::as_run(&focus, &edit::unpinned(&new));
    if plan.tasks.is_empty() {
        return Err(CommandError::incomplete(format!("the pipeline of run {} is not known", chosen.name))
            .hint("its status has no resolved pipeline and its spec none of its own"));
    }
    let placement = placement::of(&focus, &plan, &placement::old_pods(&focus)).map_err(|_| {
        CommandError::incomplete("nodes were not read, so none can be judged").hint("ask for get and list on nodes")
    })?;
    // Room is of no use to a pod that is refused.
    let forecast = assess::of_run(&focus, &again, true);
    let blocks = forecast.blocks.iter().filter(|block| !matches!(block, Block::NoNode { .. }));
    let refused: Vec<String> = blocks.map(wording::block).collect();
    let code = code(&placement, &refused);
    let run = format!("{}/{}", chosen.namespace, chosen.name);
    let unread = (!placement.is_complete)
        .then(|| "what pods of other namespaces use (they were not read); less may be free than is counted".to_owned());
    let view = View {
        run: &run,
        version: kubernetes_version(&chosen.cluster),
        fit: &placement.fit,
        refused: &refused,
        unread: unread.as_deref(),
        wide: output == Some(&Output::Wide),
        all,
    };
    if print::document(ui, output, code, || PipelineNodes::of(&view))? {
        return Ok(code);
    }
    if output == Some(&Output::Name) {
        for node in placement.fit.fitting() {
            ui.line(&format!("node/{node}"))?;
        }
        return Ok(code);
    }
    ui.show(&pipeline_nodes::document(&view))?;
    Ok(code)
}

fn code(placement: &Placement, refused: &[String]) -> u8 {
    let fits = placement.fit.fitting().next().is_some();
    let unknown = placement.fit.nodes.iter().any(|node| matches!(node.answer, Answer::Unknown(_)));
    match (fits && refused.is_empty(), unknown || !placement.is_complete) {
        (true, false) => exit::OK,
        (false, false) => exit::FINDINGS,
        (true, true) if placement.is_complete => exit::OK,
        (_, true) => exit::INCOMPLETE,
    }
}
