//! Service Broker, as far as it can write to a database by itself.

use serde::Deserialize;
use serde::Serialize;

/// What a server and one of its databases say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Broker {
    /// The Broker endpoint of the server, if it has one: name and state.
    pub endpoint: Option<(String, String)>,
    /// The database takes part.
    pub is_enabled: bool,
    /// Queues that start a procedure when something comes in.
    pub activated: Vec<String>,
}

impl Broker {
    /// Messages of other servers come into the database: by this endpoint.
    pub fn hears(&self) -> Option<&str> {
        self.endpoint.as_ref().filter(|(_, state)| self.is_enabled && state == "STARTED").map(|(name, _)| name.as_str())
    }
    /// Queues that may write by themselves.
    pub fn at_work(&self) -> &[String] {
        if self.is_enabled { &self.activated } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_without_broker_hears_nobody() {
        let endpoint = Some(("Broker".to_owned(), "STARTED".to_owned()));
        let mut broker = Broker { endpoint, is_enabled: true, activated: vec!["q".to_owned()] };
        assert_eq!((broker.hears(), broker.at_work().len()), (Some("Broker"), 1));
        broker.is_enabled = false;
        assert_eq!((broker.hears(), broker.at_work().len()), (None, 0));
        broker = Broker { endpoint: Some(("Broker".to_owned(), "STOPPED".to_owned())), is_enabled: true, ..broker };
        assert_eq!(broker.hears(), None);
    }
}
