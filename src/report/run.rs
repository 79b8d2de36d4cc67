//! Journal records -> the public summary of a run. Pure.

use super::dto::HeldLine;
use super::dto::RunStatus;
use super::dto::RunSummary;
use super::dto::SCHEMA_VERSION;
use super::dto::StepLine;
use super::dto::StepWord;
use crate::base::error::Result;
use crate::journal::fold;
use crate::journal::fold::StepStatus;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::journal::record::Stored;

/// Summary of one run; an impossible journal is an error.
pub fn summary(records: &[Stored]) -> Result<RunSummary> {
    let state = fold::fold(records)?;
    let at = |stored: Option<&Stored>| stored.map(|s| s.at.clone()).unwrap_or_default();
    let steps = state.order.iter().filter_map(|id| state.steps.get(id).map(|s| (id, s)));
    Ok(RunSummary {
        schema_version: SCHEMA_VERSION,
        run_id: state.run.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: match &state.finished {
            None => RunStatus::Open,
            Some((RunResult::Committed, _)) => RunStatus::Committed,
            Some((RunResult::RolledBack, _)) => RunStatus::RolledBack,
        },
        started_at: at(records.first()),
        last_at: at(records.last()),
        lines: state.lines.iter().map(|l| format!("{l:?}")).collect(),
        open_changes: state.open_changes().count(),
        held: state.held.clone().map(|(before, by)| HeldLine { before, by }),
        held_ms: state.held_ms,
        records: records.len(),
        steps: steps
            .map(|(id, s)| StepLine {
                step: id.to_string(),
                status: word(s.status),
                attempts: s.attempts,
                duration_ms: s.duration_ms,
                note: s.note.clone(),
            })
            .collect(),
        kind: state.kind,
        host: state.host,
        user: state.user,
        version: state.version,
        resumes: state.resumes,
    })
}

fn word(status: StepStatus) -> StepWord {
    match status {
        StepStatus::NotStarted => StepWord::NotStarted,
        StepStatus::Started { .. } => StepWord::Started,
        StepStatus::Finished(StepResult::Done) => StepWord::Done,
        StepStatus::Finished(StepResult::AlreadyDone) => StepWord::AlreadyDone,
        StepStatus::Finished(StepResult::Skipped) => StepWord::Skipped,
        StepStatus::Finished(StepResult::Failed) => StepWord::Failed,
        StepStatus::UndoStarted => StepWord::Undoing,
        StepStatus::Undone => StepWord::Undone,
    }
}
