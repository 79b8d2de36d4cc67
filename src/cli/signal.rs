//! Ctrl-C: the first asks for a safe stop, the second leaves at once.

use crate::base::error::Kind;
use std::io::Write;
use tokio_util::sync::CancellationToken;

/// Puts the terminal back as it was; called before the process leaves without unwinding.
pub type Restore = Box<dyn FnOnce() + Send>;

/// Listens from now on. The token is cancelled by the first Ctrl-C (or SIGTERM), and `resume` is told as the way to go on.
///
/// Only for commands that can stop safely: the others keep the system's own handling.
pub fn safe_stop(resume: &str, restore: Restore) -> CancellationToken {
    let token = CancellationToken::new();
    let (cancel, resume) = (token.clone(), resume.to_owned());
    tokio::spawn(async move {
        interrupt().await;
        cancel.cancel();
        say(&format!("stopping at the next safe point; once more to leave at once\ngo on later with: {resume}"));
        interrupt().await;
        restore();
        leave(&resume);
    });
    token
}

#[expect(clippy::exit, reason = "the user asked twice: no destructor may hold the process back")]
fn leave(resume: &str) -> ! {
    say(&format!("left at once; what was under way is settled by: {resume}"));
    std::process::exit(i32::from(Kind::Interrupted.exit_code()))
}

/// Stderr may be gone, which is no reason not to stop.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "\n{text}");
}

#[cfg(unix)]
async fn interrupt() {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                biased;
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn interrupt() {
    let _ = tokio::signal::ctrl_c().await;
}
