//! The demonstration on the engineer's screen.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::output;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::engine::cancel::Cancel;
use crate::lab::verdict::Report;
use crate::monitor::run::NoStore;
use crate::report::dto::DemoReport;
use crate::sim::demo;
use crate::sim::demo::DemoOptions;
use crate::tui::event::Event;
use crate::tui::perform::Feed;
use crate::tui::perform::Performer;
use crate::tui::screen::Screen;
use crate::tui::state::Live;
use crate::tui::state::State;
use crate::tui::terminal;
use crate::tui::terminal::Left;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

/// Plays it under the screen; the screen leaves when it is over.
pub(super) async fn play(
    options: &DemoOptions,
    settings: &Settings,
    printer: &mut Printer,
) -> Result<(DemoReport, Report)> {
    let interrupts = signal::interrupts()?;
    let cancel = Cancel::new();
    let (events, heard) = mpsc::unbounded_channel();
    let (give, given) = oneshot::channel();
    let feed = Arc::new(Feed { to: events });
    printer.message(&format!("starting the lab `{}` in {}", options.scenario, options.dir.display()))?;
    let work = demo::run_watched(options, feed, cancel.clone(), |app| {
        // Nobody waits any more: the screen could not be opened, and that is told.
        let _ = give.send(app);
    });
    tokio::pin!(work);
    let app = tokio::select! {
        biased;
        result = &mut work => return result,
        app = given => app.map_err(|e| Error::bug("the demonstration opened nothing").caused_by(e))?,
    };
    let monitor = app.watch(&[], None, Arc::new(NoStore))?;
    let theme = super::tui::theme(settings);
    let mut state = State::new(theme, options.scenario.clone(), settings.program.clone(), app.clock.now());
    let links = app.config.links.iter().map(|l| l.name.0.clone()).collect();
    state.live = Some(Live { links, ..Live::default() });
    state.screen = Screen::Cockpit;
    let (to, inbox) = mpsc::unbounded_channel();
    let mut performer = Performer::new(app.clone(), to.clone(), Some(monitor));
    performer.attach(heard, cancel);
    let screen =
        terminal::run(output::screen, &mut state, performer, app.clock.clone(), (to.clone(), inbox), interrupts);
    tokio::pin!(screen);
    tokio::select! {
        biased;
        result = &mut work => {
            let _ = to.send(Event::Close);
            screen.await?;
            result
        }
        left = &mut screen => match left? {
            Left::AtOnce => Err(Error::new(Kind::Interrupted, "left at once; the lab ends with this process")),
            Left::Quit => work.await,
        }
    }
}
