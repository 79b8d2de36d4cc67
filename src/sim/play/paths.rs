//! The sources and targets that a link can have: each version's way of cutting over (facts: mi-link 1).

use crate::base::random::Seeded;
use crate::lab::scenario::types::Scenario;

/// A source's build, its update, and the format of the instance it is linked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    pub scenario: &'static str,
    pub version: &'static str,
    pub update_level: Option<&'static str>,
    pub database_format: &'static str,
    pub tier: &'static str,
}

const fn ends(scenario: &'static str, version: &'static str, update_level: Option<&'static str>) -> Ends {
    Ends { scenario, version, update_level, database_format: "SQLServer2022", tier: "GeneralPurpose" }
}

/// One way: 2016 and 2017 with the Azure Connect pack, 2019, 2022 before CU13, and a newer format than the source's.
/// Two ways: 2022 from CU13 and 2025, each with its own format. Business Critical on both ways.
pub const ALL: [Ends; 8] = [
    ends("migrate-2019", "13.0.7050.2", None),
    ends("migrate-2019", "14.0.3490.10", Some("CU31")),
    ends("migrate-2019", "15.0.4312.2", Some("CU20")),
    ends("migrate-2019", "16.0.4115.5", Some("CU12")),
    Ends { database_format: "AlwaysUpToDate", ..ends("migrate-2019", "16.0.4125.3", Some("CU13")) },
    Ends { tier: "BusinessCritical", ..ends("migrate-2019", "15.0.4312.2", Some("CU20")) },
    Ends { tier: "BusinessCritical", ..ends("two-way-2022", "16.0.4125.3", Some("CU13")) },
    Ends { database_format: "SQLServer2025", ..ends("two-way-2022", "17.0.1050.2", None) },
];

impl Ends {
    /// Puts them into a scenario of its kind.
    pub fn put(&self, scenario: &mut Scenario) {
        for server in &mut scenario.sql_servers {
            self.version.clone_into(&mut server.version);
            server.update_level = self.update_level.map(ToOwned::to_owned);
            server.update_reference = None;
        }
        for instance in &mut scenario.managed_instances {
            self.database_format.clone_into(&mut instance.database_format);
            self.tier.clone_into(&mut instance.tier);
        }
    }

    /// The scenario's own most of the time, else one of those that go its way.
    pub fn draw(scenario: &str, rng: &Seeded) -> Option<Self> {
        // Of its own, so that the rest of a seed's night stays what it was.
        let mut own = rng.fork("ends");
        let fitting: Vec<_> = ALL.into_iter().filter(|e| e.scenario == scenario).collect();
        own.percent(40).then(|| own.pick(&fitting).copied()).flatten()
    }
}
