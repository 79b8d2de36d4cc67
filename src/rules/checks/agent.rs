//! Jobs, linked servers, credentials, operators.

use super::case::Case;
use super::case::Judged;
use super::case::fail_each;
use super::case::none_of;
use super::case::pass;
use super::case::same;

/// Steps of other kinds do not run on a managed instance (facts: cutover-night 5).
const SUBSYSTEMS: [&str; 3] = ["TSQL", "SSIS", "PowerShell"];

pub(super) fn jobs(c: &Case<'_>) -> Judged {
    let theirs = &c.target.agent.get()?.jobs;
    let missing: Vec<String> = c
        .source
        .agent
        .get()?
        .jobs
        .iter()
        .filter(|j| j.touches(&c.link.database))
        .filter(|j| !theirs.iter().any(|t| same(&t.name, &j.name)))
        .map(|j| j.name.clone())
        .collect();
    none_of(&missing, "every job of the database is there")
}

/// Kept off until the target is open: two of them must never run at once.
pub(super) fn jobs_disabled(c: &Case<'_>) -> Judged {
    let theirs = &c.target.agent.get()?.jobs;
    let awake: Vec<String> =
        theirs.iter().filter(|j| j.is_enabled && j.touches(&c.link.database)).map(|j| j.name.clone()).collect();
    if awake.is_empty() { pass("none is enabled") } else { fail_each(awake.join(", "), awake) }
}

pub(super) fn job_steps(c: &Case<'_>) -> Judged {
    let jobs = &c.source.agent.get()?.jobs;
    let mut found = Vec::new();
    for j in jobs.iter().filter(|j| j.touches(&c.link.database)) {
        for s in &j.steps {
            if !SUBSYSTEMS.iter().any(|k| same(k, &s.subsystem)) {
                found.push(format!("{}: step {} is {}", j.name, s.name, s.subsystem));
            }
            if s.has_proxy {
                found.push(format!("{}: step {} uses a proxy", j.name, s.name));
            }
        }
    }
    none_of(&found, "every step can run there")
}

pub(super) fn linked_servers(c: &Case<'_>) -> Judged {
    let theirs = &c.target.outside.get()?.linked_servers;
    let own = &c.source.outside.get()?.linked_servers;
    let missing: Vec<String> =
        own.iter().filter(|s| !theirs.iter().any(|t| same(&t.name, &s.name))).map(|s| s.name.clone()).collect();
    none_of(&missing, "all there")
}

pub(super) fn credentials(c: &Case<'_>) -> Judged {
    let theirs = &c.target.outside.get()?.credentials;
    let own = &c.source.outside.get()?.credentials;
    let missing: Vec<String> =
        own.iter().filter(|s| !theirs.iter().any(|t| same(&t.name, &s.name))).map(|s| s.name.clone()).collect();
    none_of(&missing, "all there")
}

pub(super) fn operators(c: &Case<'_>) -> Judged {
    let theirs = &c.target.agent.get()?.operators;
    let own = &c.source.agent.get()?.operators;
    let missing: Vec<String> =
        own.iter().filter(|s| !theirs.iter().any(|t| same(&t.name, &s.name))).map(|s| s.name.clone()).collect();
    none_of(&missing, "all there")
}
