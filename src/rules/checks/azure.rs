//! What in Azure could stand in the way of a change.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::none_of;
use super::case::pass;
use super::case::same;
use crate::model::survey::AzureLink;

pub(super) fn operations(c: &Case<'_>) -> Judged {
    none_of(c.azure.operations.get()?, "none is running")
}

/// The deletion of a link is the switch of a one-way cutover: `CanNotDelete` blocks it.
pub(super) fn locks(c: &Case<'_>) -> Judged {
    let stands = |level: &str| same(level, "ReadOnly") || (same(level, "CanNotDelete") && c.purpose != Purpose::Create);
    let found: Vec<String> =
        c.azure.locks.get()?.iter().filter(|l| stands(&l.level)).map(|l| format!("{} ({})", l.name, l.level)).collect();
    none_of(&found, "none")
}

pub(super) fn permissions(c: &Case<'_>) -> Judged {
    none_of(c.azure.forbidden.get()?, "every action of a link is allowed")
}

/// A name is one link's, and a database is in one link.
pub(super) fn link_name(c: &Case<'_>) -> Judged {
    let links = c.azure.links.get()?;
    if let Some(own) = links.iter().find(|l| same(&l.name, c.link.name.as_str())) {
        return if own.databases.iter().any(|d| same(d, &c.link.database)) {
            pass("it is this link")
        } else {
            fail(format!("a link of this name carries {}", own.databases.join(", ")))
        };
    }
    if let Some(other) = links.iter().find(|l| l.databases.iter().any(|d| same(d, &c.link.database))) {
        return fail(format!("link {} carries a database of this name already", other.name));
    }
    let group = |l: &&AzureLink| l.instance_group.as_deref().is_some_and(|g| same(g, &c.link.instance_group));
    match links.iter().find(group) {
        None => pass("free"),
        Some(other) => fail_with(
            format!("link {} has the group {} on the instance", other.name, c.link.instance_group),
            "name another group in `instance_ag` of the [[link]]",
        ),
    }
}

/// Links of both kinds cannot live side by side. Azure shows the kind in its newest api-versions only; a link of several
/// databases shows what it is, and the source has the switch.
pub(super) fn link_mode(c: &Case<'_>) -> Judged {
    let is_multi = |l: &&AzureLink| {
        l.mode.as_deref().is_some_and(|m| same(m, "MultiDatabase")) || (l.mode.is_none() && l.databases.len() > 1)
    };
    let multi: Vec<String> = c.azure.links.get()?.iter().filter(is_multi).map(|l| l.name.clone()).collect();
    if !multi.is_empty() {
        return fail_with(
            format!("links of several databases: {}", multi.join(", ")),
            "links of both modes cannot be on one server: delete the others first",
        );
    }
    match c.source.multi_database.get()? {
        Some(true) => fail("links of several databases are switched on at the source"),
        Some(false) => pass("no multi-database link, and they are switched off at the source"),
        None => pass("no multi-database link, and none is possible at the source"),
    }
}

pub(super) fn link_state(c: &Case<'_>) -> Judged {
    let Some(link) = c.azure_link()? else {
        return fail_with("no such link", "milink link create {link}");
    };
    let state = link.state.as_deref().unwrap_or("no state");
    match (&link.error, state.contains("Error")) {
        (Some(error), _) => fail_with(format!("{state}, last error {error}"), format!("milink explain {error}")),
        (None, true) => fail(state),
        (None, false) => pass(state),
    }
}
