//! Jobs of the Agent that try ports from where a server stands (facts: mi-link 13.1, 13.2).

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use time::OffsetDateTime;

/// `@on_success_action`, `@on_fail_action`: end with success, and go on with the next step.
const QUIT: i64 = 1;
const NEXT: i64 = 3;
/// Characters of a log that go into a note.
const WORDS_MAX: usize = 160;

/// Where a managed instance hands callers on to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub fqdn: Option<String>,
    /// Full host name of the node.
    pub host: Option<String>,
    pub port: Option<u16>,
}

pub fn node() -> Result<Query<Node>> {
    Ok(Query::new(script("probe.node")?.done()?, |sets| {
        let found = maybe(sets, |row| {
            let text = |name: &str| row.get::<Option<String>>(name);
            let (node, cluster) = (text("node")?, text("cluster")?);
            let host = node.filter(|n| !n.is_empty()).zip(cluster).map(|(n, c)| format!("{n}.{c}"));
            Ok(Node { fqdn: text("fqdn")?, host, port: text("port")?.and_then(|p| p.trim().parse().ok()) })
        })?;
        Ok(found.unwrap_or_default())
    }))
}

/// How a job that tries ports is getting on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub has_begun: bool,
    pub has_ended: bool,
    /// What each step wrote.
    pub logs: Vec<Option<String>>,
}

/// `None`: there is no such job.
pub fn result(job: &str) -> Result<Query<Option<Progress>>> {
    Ok(Query::new(script("probe.result")?.text("job", job).done()?, |sets| {
        let times = maybe(sets, |row| {
            Ok((row.get::<Option<OffsetDateTime>>("started")?, row.get::<Option<OffsetDateTime>>("ended")?))
        })?;
        let Some((started, ended)) = times else { return Ok(None) };
        let logs: Result<Vec<Option<String>>> = set(sets, 1)?.rows.iter().map(|row| row.get("log")).collect();
        Ok(Some(Progress { has_begun: started.is_some(), has_ended: ended.is_some(), logs: logs? }))
    }))
}

/// A job with a step for each host and port, and its start. The steps run one after the other, whatever each finds.
pub fn create(job: &str, description: &str, tries: &[(String, u16)]) -> Result<Vec<Statement>> {
    let rendered = script("probe.create")?.text("job", job).text("description", description).done()?;
    let mut all = vec![Statement::new(rendered)];
    for (at, (host, port)) in tries.iter().enumerate() {
        let after = if at + 1 == tries.len() { QUIT } else { NEXT };
        let rendered = script("probe.add_step")?
            .text("job", job)
            .text("step", &format!("{host}:{port}"))
            .text("command", &command(host, *port))
            .int("success", after)
            .int("failure", after)
            .done()?;
        all.push(Statement::new(rendered));
    }
    all.push(Statement::new(script("probe.start")?.text("job", job).done()?));
    Ok(all)
}

/// The vendor's test. The host stands in quotes that it cannot leave.
fn command(host: &str, port: u16) -> String {
    let host = host.replace('\'', "''");
    format!(
        "Test-NetConnection -ComputerName '{host}' -Port {port} | Select-Object RemoteAddress, TcpTestSucceeded | Format-List"
    )
}

/// Whether a step's output says that the port answered, and the address that the name led to.
pub fn said(log: &str) -> (Option<bool>, Option<String>) {
    let value = |name: &str| {
        log.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let open = match value("TcpTestSucceeded").as_deref() {
        Some(word) if word.eq_ignore_ascii_case("True") => Some(true),
        Some(word) if word.eq_ignore_ascii_case("False") => Some(false),
        _ => None,
    };
    (open, value("RemoteAddress").filter(|a| !a.is_empty()))
}

/// A line of a log, for a note.
pub fn first_words(log: &str) -> String {
    log.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("nothing").chars().take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_step_is_read_or_is_unknown() {
        let log = "\r\nRemoteAddress    : 10.0.16.5\r\nTcpTestSucceeded : True\r\n";
        assert_eq!(said(log), (Some(true), Some("10.0.16.5".to_owned())));
        assert_eq!(said("RemoteAddress : \nTcpTestSucceeded : False"), (Some(false), None));
        assert_eq!(said("The term 'x' is not recognized").0, None);
        assert_eq!(said("").0, None);
    }

    #[test]
    fn a_job_goes_on_whatever_a_step_finds_and_is_started_last() {
        let tries = [("a.b".to_owned(), 5022), ("o'x".to_owned(), 11_002)];
        let all = create("j", "d", &tries).unwrap();
        assert_eq!(all.len(), 4);
        assert!(all[1].rendered.shown.contains("@on_fail_action = 3"), "{}", all[1].rendered.shown);
        assert!(all[2].rendered.shown.contains("@on_fail_action = 1"), "{}", all[2].rendered.shown);
        assert!(all[3].rendered.shown.contains("sp_start_job"));
    }
}
