//! Manual mode at a terminal: statements are shown, and ENTER or `cutover release` says that they were run.

use super::live::Feed;
use super::prompt;
use crate::base::clock::pause;
use crate::base::error::Result;
use crate::control::desk::Desk;
use crate::effects::hand::Asked;
use crate::effects::hand::Hand;
use crate::engine::event::Event;
use crate::engine::event::Observer;
use async_trait::async_trait;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// How soon `cutover release` is heard.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// One asks at a time: steps of several links may run side by side.
pub(super) struct Hands {
    state_dir: PathBuf,
    feed: Arc<Feed>,
    /// ENTER, where there is somebody at a terminal.
    enter: Option<Mutex<UnboundedReceiver<()>>>,
    turn: tokio::sync::Mutex<()>,
}

impl Hands {
    pub(super) fn new(state_dir: PathBuf, feed: Arc<Feed>, input: bool) -> Self {
        let enter = prompt::can_ask(input).then(|| Mutex::new(entered()));
        Self { state_dir, feed, enter, turn: tokio::sync::Mutex::new(()) }
    }

    fn pressed(&self) -> bool {
        let Some(enter) = &self.enter else { return false };
        let mut enter = enter.lock().unwrap_or_else(PoisonError::into_inner);
        let mut any = false;
        while enter.try_recv().is_ok() {
            any = true;
        }
        any
    }
}

/// One thread reads lines for as long as the process lives: a read cannot be taken back.
fn entered() -> UnboundedReceiver<()> {
    let (to, from) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        while std::io::stdin().lock().read_line(&mut line).is_ok_and(|n| n > 0) {
            line.clear();
            if to.send(()).is_err() {
                return;
            }
        }
    });
    from
}

#[async_trait]
impl Hand for Hands {
    async fn please(&self, asked: &Asked) -> Result<()> {
        let _turn = self.turn.lock().await;
        let desk = Desk::of(&self.state_dir, asked.run.as_str());
        desk.ask_hand(asked.step.as_str())?;
        // What was pressed before it was asked answers nothing.
        self.pressed();
        self.feed.on(&Event::ByHand {
            step: asked.step.clone(),
            site: asked.site.clone(),
            statements: asked.statements.clone(),
            enter: self.enter.is_some(),
        });
        let waiting = Waiting(&desk);
        loop {
            pause(LOOK_EVERY).await;
            if self.pressed() || desk.orders()?.by_hand.is_none() {
                drop(waiting);
                return Ok(());
            }
        }
    }
}

/// Nobody is asked any more, however the waiting ends.
struct Waiting<'a>(&'a Desk);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.hand_done();
    }
}
