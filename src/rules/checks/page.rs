//! `docs/checks.md`, made from the registry.

use super::case::Purpose;
use super::registry;
use super::registry::Check;
use super::registry::End;
use std::fmt::Write;

const HEAD: &str = "# Checks\n\n\
Made from `src/rules/checks/registry.toml` and `groups.toml`; `MILINK_WRITE_DOCS=1 cargo test --lib checks` writes it anew.\n\n\
`milink check [LINK…] [--for create|cutover|failback|forced|operate]` reads both servers and Azure, changes nothing, and \
judges these. A failed `block` or an unknown one stands in the way; `warn` and `info` do not. A check is waived by its id \
with a reason: `--waive ID=REASON`, or in the estate file\n\n\
```toml\n[[waiver]]\ncheck = \"database.broker\"\nreason = \"the application has no use for Service Broker\"\nlinks = [\"ledger\"] # all if left out\n```\n\n\
Exit codes: 0 ready, 3 not ready or not known, 5 nothing could be judged, 2 usage.\n\n\
Checks of `fog` and `sqldb` are about failover groups (`src/rules/checks/groups.toml`): `milink fog plan`, `fog \
create` and `fog protect` judge them before they ask; the gate of the run looks again at the members, not at networks, keys \
and contents. They are waived in the estate file, without `links`. \
Those of `secondary` (`secondary.toml`) are about an instance that is to be made: `milink fog secondary plan` judges them.\n";

/// The whole page.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let mut category = "";
    for check in registry::all() {
        if check.category() != category {
            category = check.category();
            let _ = write!(page, "\n## {category}\n");
        }
        one(&mut page, check);
    }
    page
}

fn one(page: &mut String, c: &Check) {
    let purposes: Vec<&str> = c.purposes.iter().copied().map(Purpose::word).collect();
    let _ = write!(
        page,
        "\n### `{}`\n\n{}. **{}** for {}.\n\n- reads: {}\n- expected: {}\n- remedy: {}\n- source: {}\n",
        c.id,
        capital(&c.title),
        c.severity.word(),
        purposes.join(", "),
        c.reads,
        c.expected,
        c.remedy,
        c.source,
    );
    if let Some(statement) = &c.statement {
        let end = if c.at == End::Source { "source" } else { "target" };
        let _ = writeln!(page, "- on the {end}: `{statement}`");
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
