//! The managed-instance side of a link, as the management API drives it.

mod certificates;
mod create;
mod notes;
mod role;
mod types;
mod view;

pub use certificates::delete_trust_certificate;
pub use certificates::endpoint_certificate;
pub use certificates::list_trust_certificates;
pub use certificates::put_trust_certificate;
pub use create::accept_link;
pub use create::create_link;
pub use create::validate;
pub use role::delete_link;
pub use role::failover;
pub use role::set_replication_mode;
pub use role::set_role;
pub use types::FailoverType;
pub use types::LinkDatabaseView;
pub use types::LinkError;
pub use types::LinkSpec;
pub use types::LinkView;
pub use types::ReplicationMode;
pub use view::link_view;
pub use view::list_links;

pub(super) use notes::accepts;
pub(crate) use notes::full_backup;
pub(super) use notes::note_connected;
pub(super) use notes::note_creation_error;
pub(super) use notes::note_error;
pub(super) use notes::note_partner;
pub(super) use notes::note_refusal;
pub(super) use notes::note_role;
pub(super) use notes::note_state;
pub(super) use notes::note_synchronizing;
pub(crate) use notes::schedule_first_backup;
pub(super) use notes::start;
