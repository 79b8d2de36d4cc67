//! The mirroring endpoint of the source (facts: mi-link 4).

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_each;
use super::case::fail_with;
use super::case::none_of;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use crate::model::fact::OrUnknown;
use crate::model::group::Connected;

pub(super) fn settings(c: &Case<'_>) -> Judged {
    let Some(e) = &c.source.door.get()?.endpoint else {
        return if c.purpose == Purpose::Create {
            pass("none yet: `link create` makes it")
        } else {
            fail_with("none", "milink link create {link}")
        };
    };
    // One that is there before the link: `link create` adds the certificate, and leaves the rest alone.
    let adds = c.purpose == Purpose::Create;
    let rules = [
        (e.is_started(), format!("state {}", e.state)),
        (e.role == "ALL", format!("role {}", e.role)),
        (adds || e.accepts_certificates(), format!("authentication {}", e.authentication)),
        (adds || e.requires_encryption(), "encryption is not required".to_owned()),
        (adds || e.offers_aes(), format!("algorithm {}", e.algorithm)),
    ];
    let wrong: Vec<String> = rules.into_iter().filter(|(good, _)| !good).map(|(_, what)| what).collect();
    if wrong.len() == 1 && !e.is_started() {
        return fail_each(wrong.join(", "), vec![e.name.clone()]);
    }
    none_of(&wrong, &format!("{} is started, for ALL, with certificate and AES", e.name))
}

/// The estate says where the managed instance knocks.
pub(super) fn port(c: &Case<'_>) -> Judged {
    let Some(e) = &c.source.door.get()?.endpoint else {
        let wanted = i64::from(c.link.mirroring_port);
        if let Some(other) = c.source.around.get()?.other_ports.iter().find(|o| o.port == wanted) {
            return fail_with(
                format!("{} ({}) listens on {wanted} already", other.endpoint, other.kind),
                "give mirroring another port, and write it into `mirroring` of the [[source]] {source}",
            );
        }
        return if c.purpose == Purpose::Create {
            pass("none yet")
        } else {
            fail_with("no endpoint", "milink link create {link}")
        };
    };
    let port = e.port.or_unknown("the port is not shown")?;
    let wanted = i32::from(c.link.mirroring_port);
    if port == wanted {
        pass(port.to_string())
    } else {
        fail(format!("it listens on {port}, the estate says {wanted}"))
    }
}

/// Both sides see each other; the row of the other side tells.
pub(super) fn connected(c: &Case<'_>) -> Judged {
    let groups = c.source.groups.get()?;
    let other = groups
        .replicas
        .iter()
        .find(|r| r.is_distributed && same(&r.group, c.link.name.as_str()) && r.is_managed_instance_end())
        .or_unknown("no row for the managed instance's end")?;
    match &other.connected {
        Some(Connected::Connected) => pass("CONNECTED"),
        Some(state) => {
            let error = match (other.last_connect_error_number, &other.last_connect_error) {
                (Some(n), Some(text)) if n != 0 => format!(", last error {n}: {text}"),
                _ => String::new(),
            };
            fail(format!("{state}{error}"))
        }
        None => unknown("the source does not tell: it may be the secondary"),
    }
}
