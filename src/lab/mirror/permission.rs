//! CONNECT on the endpoint, for the login behind a certificate's owner.

use crate::lab::world::instance::InstanceState;
use crate::lab::world::security::ENDPOINT;

/// Login that a user of master maps to, and whether it may connect to the endpoint.
pub(super) fn endpoint_connect(state: &InstanceState, sid: &[u8], endpoint_id: i32) -> (String, bool) {
    match state.security.by_sid(sid) {
        Some(login) => (login.name.clone(), state.security.has_on(login.id, ENDPOINT, endpoint_id, "CONNECT")),
        None => ("public".to_owned(), false),
    }
}
