//! Asking a run to stop.

use tokio_util::sync::CancellationToken;

/// Set by Ctrl-C, `cutover abort` or an expired budget. The engine looks at it at every barrier and in every wait.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    token: CancellationToken,
}

impl Cancel {
    pub fn new() -> Self {
        Self::default()
    }
    /// Bound to a token owned elsewhere (the signal handler's).
    pub fn from_token(token: CancellationToken) -> Self {
        Self { token }
    }
    /// For layers below, which wait for it without knowing a run.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }
    pub fn request(&self) {
        self.token.cancel();
    }
    pub fn requested(&self) -> bool {
        self.token.is_cancelled()
    }
    pub async fn wait(&self) {
        self.token.cancelled().await;
    }
}
