//! What is offered: the monitor and the journal, as whoever serves them hands them in.

use crate::base::error::Result;
use crate::monitor::handle::MonitorHandle;
use crate::report::cutovers::Cutover;
use crate::report::dto::RunSummary;

/// Read by every request.
pub trait Board: Send + Sync {
    fn monitor(&self) -> &MonitorHandle;
    /// Newest first, bounded.
    fn runs(&self) -> Result<Vec<RunSummary>>;
    /// Cutovers that run now, or ended a while ago.
    fn cutovers(&self) -> Result<Vec<Cutover>>;
}
