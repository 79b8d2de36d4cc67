//! Ctrl-C: the first asks for a safe stop, the second leaves at once.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use std::io::Write;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Puts the terminal back as it was; called before the process leaves without unwinding.
pub type Restore = Box<dyn FnOnce() + Send>;

/// Listens from now on. The token is cancelled by the first Ctrl-C (or SIGTERM, or a terminal that is gone), which is when
/// `first` says what happens now; `resume` is told as the way to go on when the user leaves at once.
///
/// Only for commands that can stop safely: the others keep the system's own handling.
pub fn safe_stop(first: &str, resume: &str, restore: Restore) -> Result<CancellationToken> {
    let token = CancellationToken::new();
    let (send, interrupts) = mpsc::channel(2);
    forward(send).map_err(|e| Error::bug("Ctrl-C cannot be listened to").caused_by(e))?;
    let stopping = format!("{first}; Ctrl-C once more to leave at once");
    let left = format!("left at once; what was under way is settled by: {resume}");
    let leave = move || {
        restore();
        say(&left);
        leave();
    };
    tokio::spawn(stages(interrupts, token.clone(), move || say(&stopping), leave));
    Ok(token)
}

/// Each Ctrl-C from outside, SIGTERM, or a terminal that has gone, for a screen that decides itself what they mean.
pub fn interrupts() -> Result<mpsc::Receiver<()>> {
    let (send, interrupts) = mpsc::channel(2);
    forward(send).map_err(|e| Error::bug("Ctrl-C cannot be listened to").caused_by(e))?;
    Ok(interrupts)
}

/// First interrupt: cancel, then say so. Second: leave.
async fn stages(
    mut interrupts: mpsc::Receiver<()>,
    token: CancellationToken,
    say_stopping: impl FnOnce() + Send,
    leave: impl FnOnce() + Send,
) {
    if interrupts.recv().await.is_none() {
        return;
    }
    token.cancel();
    say_stopping();
    if interrupts.recv().await.is_some() {
        leave();
    }
}

#[expect(clippy::exit, reason = "the user asked twice: no destructor may hold the process back")]
fn leave() {
    std::process::exit(i32::from(Kind::Interrupted.exit_code()))
}

/// Stderr may be gone, which is no reason not to stop.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "\n{text}");
}

/// Registered before it returns, so that no signal falls between two listeners.
#[cfg(unix)]
fn forward(send: mpsc::Sender<()>) -> std::io::Result<()> {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut signals, send) = (signal(kind)?, send.clone());
        tokio::spawn(async move { while signals.recv().await.is_some() && send.send(()).await.is_ok() {} });
    }
    Ok(())
}

#[cfg(windows)]
fn forward(send: mpsc::Sender<()>) -> std::io::Result<()> {
    let mut signals = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move { while signals.recv().await.is_some() && send.send(()).await.is_ok() {} });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_cancels_and_the_second_leaves() {
        let token = CancellationToken::new();
        let (send, interrupts) = mpsc::channel(2);
        let (told, mut telling) = mpsc::unbounded_channel();
        let (stopping, leaving) = (told.clone(), told);
        let cancelled = token.clone();
        let say = move || stopping.send(("stopping", cancelled.is_cancelled())).expect("heard");
        tokio::spawn(stages(interrupts, token.clone(), say, move || leaving.send(("left", true)).expect("heard")));
        assert!(!token.is_cancelled());
        send.send(()).await.expect("listening");
        assert_eq!(telling.recv().await, Some(("stopping", true)), "cancelled before it is said");
        assert!(telling.try_recv().is_err(), "one interrupt does not leave");
        send.send(()).await.expect("listening");
        assert_eq!(telling.recv().await, Some(("left", true)));
        assert_eq!(telling.recv().await, None);
    }
}
