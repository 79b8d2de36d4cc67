//! `milink tui`

use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::cli::args::ThemeName;
use crate::cli::args::TuiArgs;
use crate::cli::output;
use crate::cli::prompt;
use crate::cli::signal;
use crate::journal::record::RunResult;
use crate::tui::event::Ending;
use crate::tui::perform::Performer;
use crate::tui::state::State;
use crate::tui::terminal;
use crate::tui::terminal::Left;
use crate::tui::theme::Palette;
use crate::tui::theme::Theme;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Exit code of a program that was interrupted.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(args: &TuiArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    if !prompt::can_ask(settings.input) || !printer.refreshes() {
        return Err(
            Error::usage("`tui` needs a terminal, with input and without `--output json`").hint("milink watch --once")
        );
    }
    let interval = args.interval.as_deref().map(|t| super::watch::span("--interval", t)).transpose()?;
    // Secrets are asked for before the screen is taken over.
    let app = Arc::new(super::app::open(settings, &args.links.links, printer).await?);
    let store = super::watch::store(settings, printer)?;
    let monitor = app.watch(&args.links.links, interval, store)?;
    let interrupts = signal::interrupts()?;
    let theme = Theme { palette: palette(args.theme, settings), ascii: args.ascii };
    let mut state = State::new(theme, settings.estate.display().to_string(), settings.program.clone(), app.clock.now());
    let (to, events) = mpsc::unbounded_channel();
    let performer = Performer::new(app.clone(), to.clone(), Some(monitor));
    let left =
        terminal::run(output::screen, &mut state, performer, app.clock.clone(), (to, events), interrupts).await?;
    tell(left, &state, printer)
}

/// What the terminal shows once the screen is gone.
fn tell(left: Left, state: &State, printer: &mut Printer) -> Result<Exit> {
    let run = state.live.as_ref().and_then(|l| l.run.as_ref()).or(state.run());
    let resume = run.map_or("milink runs list".to_owned(), |run| format!("milink cutover resume {run}"));
    if left == Left::AtOnce {
        printer.message("left at once; what was under way is settled by resuming it")?;
        printer.next(&resume)?;
        return Ok(Exit(INTERRUPTED));
    }
    match &state.cockpit.ending {
        None => Ok(Exit::OK),
        Some(Ending::Ended(outcome)) => {
            if let Some(run) = run {
                printer.message(&format!("run {run} {}", outcome.word()))?;
            }
            let stopped = state.interrupted && *outcome == RunResult::RolledBack;
            Ok(if stopped { Exit(INTERRUPTED) } else { Exit::OK })
        }
        Some(Ending::Failed { text, hint, kind }) => {
            printer.message(text)?;
            printer.next(hint.as_deref().unwrap_or(&resume))?;
            Ok(if state.interrupted { Exit::from(*kind) } else { Exit::OK })
        }
    }
}

/// For a screen that has no options of its own.
#[cfg(feature = "lab")]
pub(super) fn theme(settings: &Settings) -> Theme {
    Theme { palette: palette(ThemeName::Auto, settings), ascii: false }
}

fn palette(name: ThemeName, settings: &Settings) -> Palette {
    match name {
        ThemeName::Dark => Palette::Dark,
        ThemeName::Light => Palette::Light,
        ThemeName::None => Palette::Plain,
        ThemeName::Auto if settings.env.no_color => Palette::Plain,
        ThemeName::Auto if settings.env.colorfgbg.as_deref().is_some_and(is_light) => Palette::Light,
        ThemeName::Auto => Palette::Dark,
    }
}

/// The background is the last number: 7 and 9 to 15 are the light ones.
fn is_light(colorfgbg: &str) -> bool {
    colorfgbg.rsplit(';').next().and_then(|n| n.parse::<u8>().ok()).is_some_and(|n| n == 7 || (9..=15).contains(&n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_told_by_the_last_number() {
        for (text, light) in
            [("15;0", false), ("0;15", true), ("0;default;7", true), ("12;8", false), ("", false), ("x", false)]
        {
            assert_eq!(is_light(text), light, "{text}");
        }
    }
}
