//! Service Broker of a server and of one of its databases.

use super::kinds::Query;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::model::broker::Broker;

pub fn show(database: &str) -> Result<Query<Broker>> {
    let rendered = script("broker.show")?.text("database", database).text("name", database).done()?;
    Ok(Query::new(rendered, |sets| {
        let endpoint = set(sets, 0)?.rows.first();
        let endpoint = endpoint.map(|row| {
            let state = row.get::<Option<String>>("state")?.unwrap_or_default();
            crate::base::error::Result::Ok((row.get::<String>("name")?, state))
        });
        let enabled = set(sets, 1)?.rows.first().map(|row| row.get("is_enabled"));
        let activated = set(sets, 2)?.rows.iter().map(|row| row.get("name"));
        Ok(Broker {
            endpoint: endpoint.transpose()?,
            is_enabled: enabled.transpose()?.unwrap_or_default(),
            activated: activated.collect::<Result<_>>()?,
        })
    }))
}
