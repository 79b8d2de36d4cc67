//! What in Azure could stand in the way of a change.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::none_of;
use super::case::pass;
use super::case::same;

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
    match links.iter().find(|l| l.databases.iter().any(|d| same(d, &c.link.database))) {
        None => pass("free"),
        Some(other) => fail(format!("link {} carries a database of this name already", other.name)),
    }
}

/// Links of both kinds cannot live side by side.
pub(super) fn link_mode(c: &Case<'_>) -> Judged {
    let multi: Vec<String> = c
        .azure
        .links
        .get()?
        .iter()
        .filter(|l| l.mode.as_deref().is_some_and(|m| same(m, "MultiDatabase")))
        .map(|l| l.name.clone())
        .collect();
    none_of(&multi, "no multi-database link")
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
