//! All integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(unreachable_pub, reason = "the support code is shared by modules of this binary only")]

/// Servers and Azure that cannot be reached, or let nobody in.
mod access;
/// The same again: dry runs, second runs, names that need quoting.
mod again;
/// Manual mode.
mod by_hand;
/// The preflight: every condition broken and mended.
mod check;
/// The command line: exit code, stdout and stderr together.
mod cli;
/// Estate files, good and bad.
mod config;
/// The whole job in one command, judged from outside; and an oracle that must turn red.
mod demo;
/// An estate in memory, for the monitor.
#[path = "../fixtures/estate.rs"]
mod estate;
/// What breaks by itself, seen by every pair of eyes.
mod faults;
/// Failover groups on two managed instances: made, failed over, rehearsed, lost and found.
mod fog;
/// The closer look before a group is made.
mod fog_checks;
/// Policy, advice and reminders of failover groups; what keeps people from harm.
mod fog_notes;
/// Several operations on a failover group as one run; the forced drill; logins of both members.
mod fog_runbook;
/// Failover groups of databases of logical servers: several between one pair, and one that is made in part.
mod fog_servers;
/// Several processes, one journal; damage found.
mod journal;
/// SIGKILL inside every step of a cutover; `resume` ends what was begun.
mod kill;
/// Certificates, endpoints and links, one command at a time.
mod links;
/// The connection between the two sides, cut and restored.
mod mirroring;
/// The rules of a cutover, walked through exhaustively.
mod model;
/// The monitor over an estate in memory: metrics, page, conditions.
mod monitor;
/// The network between the two servers, judged and proven.
mod network;
/// Server objects compared and brought over.
mod objects;
/// Estates that were installed in another way.
mod odd;
/// Answers that need no server.
mod offline;
/// The site's own hooks, queries, limits and jobs.
mod policy;
/// The second half of a migration, to the listener of a failover group.
mod protect;
/// Ctrl-C, and two operators at once.
mod steering;
/// Labs, processes and clients for the modules here.
mod support;
/// The rules of this source tree.
mod tidy;
/// Certificates that are not, or not rightly, where they belong.
mod trust;
/// The screen, where there is none to draw on.
mod tui;
/// `watch` and `serve` on a lab.
mod watching;
