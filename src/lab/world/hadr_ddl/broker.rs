//! The Service Broker endpoint: it can be made, started and stopped; nobody dials it in the lab.

use super::dispatch::principal;
use super::messages::error;
use super::options;
use super::options::syntax;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::security::ENDPOINT;
use crate::lab::world::server::BrokerEndpoint;

/// Beside the mirroring endpoint, which is the first one made by a user.
const ID: i32 = 65_537;

pub(super) fn is_broker(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("SERVICE_BROKER")
}

fn state_of(word: Option<&str>, now: u8) -> u8 {
    match word {
        Some("STARTED") => 0,
        Some("STOPPED") => 1,
        Some("DISABLED") => 2,
        _ => now,
    }
}

pub(super) fn create(
    s: &mut InstanceState,
    cx: &SessionCx,
    name: &str,
    state: Option<&str>,
    protocol: &[DdlOption],
) -> SqlResult<()> {
    if s.server.broker.is_some() {
        return Err(error(7862, &[]));
    }
    let Some(port) = options::get(protocol, "LISTENER_PORT") else { return Err(syntax(")")) };
    s.server.broker = Some(BrokerEndpoint {
        name: name.to_owned(),
        id: ID,
        owner: principal(s, cx),
        port: options::number(port, 1024, 32_767)? as u16,
        state: state_of(state, 1),
    });
    Ok(())
}

/// True: there is one of this name, and the session may alter it.
fn mine(s: &InstanceState, cx: &SessionCx, name: &str) -> bool {
    let who = principal(s, cx);
    let named = s.server.broker.as_ref().filter(|b| b.name.eq_ignore_ascii_case(name));
    named.is_some_and(|b| s.security.has_on(who, ENDPOINT, b.id, "ALTER"))
}

/// True: it was the Broker's.
pub(super) fn alter(s: &mut InstanceState, cx: &SessionCx, name: &str, state: Option<&str>) -> bool {
    if !mine(s, cx, name) {
        return false;
    }
    if let Some(b) = &mut s.server.broker {
        b.state = state_of(state, b.state);
    }
    true
}

/// True: it was the Broker's.
pub(super) fn drop(s: &mut InstanceState, cx: &SessionCx, name: &str) -> bool {
    let mine = mine(s, cx, name);
    if mine {
        s.server.broker = None;
    }
    mine
}
