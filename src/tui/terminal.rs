//! The terminal loop: reads keys, performs actions, draws when something has changed. The only I/O of this layer.

use super::action::Action;
use super::event::Event;
use super::event::Key;
use super::perform::Performer;
use super::state::State;
use super::update::update;
use super::view::draw::draw;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Result;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::KeyModifiers;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;

/// Between two looks at the clock: ages and a running outage are shown to the second.
const TICK: Duration = Duration::from_secs(1);
/// Between two looks of the key reader at whether it is still wanted.
const KEYS_POLL: Duration = Duration::from_millis(250);
/// Events taken before the next drawing.
const BURST_MAX: usize = 256;

/// How the user left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Quit,
    /// At once, with a run under way.
    AtOnce,
}

/// Makes a writer to the terminal: for drawing, and for putting it back from a panic.
pub type Open = fn() -> Box<dyn Write + Send>;

/// The terminal in raw mode on its other screen; put back when dropped, and by a panic of the loop before it is told.
struct Held {
    open: Open,
    /// Panics of tasks, told once the screen is gone: the loop goes on, and shows what they leave unknown.
    panics: Arc<Mutex<Vec<String>>>,
}

impl Held {
    fn take(open: Open) -> Result<Self> {
        let lost = |e| Error::usage("the terminal cannot be taken over").caused_by(e).hint("milink watch");
        crossterm::terminal::enable_raw_mode().map_err(lost)?;
        let held = Self { open, panics: Arc::default() };
        crossterm::execute!(open(), crossterm::terminal::EnterAlternateScreen, crossterm::cursor::Hide)
            .map_err(lost)?;
        let (told, panics, own) = (std::panic::take_hook(), held.panics.clone(), std::thread::current().id());
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == own {
                restore(open);
                told(panic);
            } else {
                panics.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            }
        }));
        Ok(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        restore(self.open);
        if !std::thread::panicking() {
            // The hook that puts the terminal back has no more to do; the default one tells.
            let _ = std::panic::take_hook();
        }
        for panic in self.panics.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let mut to = (self.open)();
            let _ = writeln!(to, "{panic}").and_then(|()| to.flush());
        }
    }
}

/// Best effort: there may be no terminal any more.
pub fn restore(open: Open) {
    let _ = crossterm::execute!(open(), crossterm::terminal::LeaveAlternateScreen, crossterm::cursor::Show);
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Runs until the user leaves.
pub async fn run(
    open: Open,
    state: &mut State,
    mut performer: Performer,
    clock: SharedClock,
    (to, mut events): (UnboundedSender<Event>, UnboundedReceiver<Event>),
    mut interrupts: Receiver<()>,
) -> Result<Left> {
    let held = Held::take(open)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(open())).map_err(lost)?;
    terminal.clear().map_err(lost)?;
    let wanted = Arc::new(AtomicBool::new(true));
    let keys = std::thread::spawn({
        let (to, wanted) = (to.clone(), wanted.clone());
        move || read_keys(&to, &wanted)
    });
    if let Ok(size) = terminal.size() {
        let _ = to.send(Event::Resize { rows: size.height });
    }
    let mut gone = false;
    let left = loop {
        if std::mem::take(&mut state.dirty) && !gone && terminal.draw(|frame| draw(frame, state)).is_err() {
            // A terminal that has gone stops the run safely, as its hang-up would; it does not cut it off.
            gone = true;
            if !state.interrupted {
                let _ = to.send(Event::Interrupt);
            }
        }
        let first = tokio::select! {
            biased;
            Some(()) = interrupts.recv() => Event::Interrupt,
            Some(event) = events.recv() => event,
            () = pause(TICK) => Event::Tick(clock.now()),
        };
        // Time goes on under a stream of events too.
        let mut burst = vec![Event::Tick(clock.now())];
        // Without a terminal nobody can have asked twice.
        if !(gone && state.interrupted && matches!(first, Event::Interrupt)) {
            burst.push(first);
        }
        while burst.len() < BURST_MAX
            && let Ok(event) = events.try_recv()
        {
            burst.push(event);
        }
        if let Some(left) = take(state, &mut performer, burst) {
            break left;
        }
    };
    wanted.store(false, Ordering::Relaxed);
    drop(held);
    // It looks up four times a second, unless its terminal has gone: then it never does, and ends with the process. Nobody
    // may wait for it without a bound, the runtime's own end included.
    let ended = async {
        while !keys.is_finished() {
            pause(KEYS_POLL / 10).await;
        }
    };
    let _ = within(KEYS_POLL * 4, ended).await;
    Ok(left)
}

fn lost(e: std::io::Error) -> Error {
    Error::usage("the terminal cannot be drawn on").caused_by(e).hint("milink watch")
}

fn take(state: &mut State, performer: &mut Performer, events: Vec<Event>) -> Option<Left> {
    for event in events {
        for action in update(state, event) {
            match action {
                Action::Quit => return Some(Left::Quit),
                Action::Leave => return Some(Left::AtOnce),
                other => performer.perform(other),
            }
        }
    }
    None
}

/// Ends when nobody listens, when it is no longer wanted, or when the terminal has gone.
fn read_keys(to: &UnboundedSender<Event>, wanted: &AtomicBool) {
    while wanted.load(Ordering::Relaxed) {
        match crossterm::event::poll(KEYS_POLL) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) => break,
        }
        let event = match crossterm::event::read() {
            Ok(crossterm::event::Event::Key(key)) if key.kind != KeyEventKind::Release => {
                match key_of(key.code, key.modifiers) {
                    Some(key) => Event::Key(key),
                    None => continue,
                }
            }
            Ok(crossterm::event::Event::Resize(_, rows)) => Event::Resize { rows },
            Ok(_) => continue,
            Err(_) => break,
        };
        if to.send(event).is_err() {
            return;
        }
    }
    if wanted.load(Ordering::Relaxed) {
        let _ = to.send(Event::Interrupt);
    }
}

fn key_of(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    if modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match code {
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
