//! What a fence may change, in one picture: taken before and after, the two must be equal.

use super::kinds::Query;
use super::kinds::script;
use crate::base::error::Result;
use crate::model::catalogue::Fact;
use crate::sql::row::ResultSet;

fn facts(sets: &[ResultSet]) -> Result<Vec<Fact>> {
    let rows = sets.iter().flat_map(|set| &set.rows);
    rows.map(|row| {
        Ok(Fact {
            kind: row.get("kind")?,
            name: row.get("name")?,
            facet: row.get("facet")?,
            value: row.get::<Option<String>>("value")?.unwrap_or_default(),
        })
    })
    .collect()
}

/// Logins, their permissions on the server, jobs, endpoints.
pub fn server() -> Result<Query<Vec<Fact>>> {
    Ok(Query::new(script("catalogue.server")?.done()?, facts))
}

/// Users and their permissions on the database itself.
pub fn database(database: &str) -> Result<Query<Vec<Fact>>> {
    Ok(Query::new(script("catalogue.database")?.text("database", database).done()?, facts))
}
