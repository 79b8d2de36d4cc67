//! Server credentials.

use super::option_text;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::server::Credential;

pub(super) fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<()> {
    let now = host.instance.clock.now();
    host.with(|s| {
        s.demand(cx, "ALTER ANY CREDENTIAL")?;
        match ddl {
            Ddl::CreateCredential { name, options } => {
                if s.server.credentials.contains_key(&name.to_lowercase()) {
                    return Err(SqlError::new(
                        15530,
                        16,
                        format!("The credential with name \"{name}\" already exists."),
                    ));
                }
                let id = s.server.credentials.values().map(|c| c.id).max().map_or(65_536, |m| m + 1);
                let identity = option_text(options, "IDENTITY").unwrap_or_default();
                let made = Credential { id, name: name.clone(), identity, created: now, modified: now };
                s.server.credentials.insert(name.to_lowercase(), made);
                Ok(())
            }
            Ddl::DropCredential { name } => match s.server.credentials.remove(&name.to_lowercase()) {
                Some(_) => Ok(()),
                None => Err(error(15151, &[&"drop", &"credential", name])),
            },
            _ => Ok(()),
        }
    })
}
