//! The user's hooks within a simulation: repointing moves the application's alias.

use super::gate::Gate;
use crate::base::error::Result;
use crate::lab::workload::alias::Address;
use crate::lab::workload::alias::AliasTable;
use crate::workflow::hooks::Call;
use crate::workflow::hooks::HookRunner;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct AliasHook {
    pub alias: Arc<AliasTable>,
    pub addresses: BTreeMap<String, Address>,
    pub gate: Gate,
}

#[async_trait]
impl HookRunner for AliasHook {
    async fn call(&self, call: &Call<'_>) -> Result<()> {
        self.gate.pass().await;
        if call.point != "repoint" {
            return Ok(());
        }
        let to = call.fact("MILINK_TARGET");
        let address = self.addresses.get(to).ok_or_else(|| call.failed(&format!("knows no server `{to}`")))?;
        let listener = Some(call.fact("MILINK_LISTENER")).filter(|name| !name.is_empty()).map(str::to_owned);
        self.alias.repoint(call.fact("MILINK_DATABASE"), Address { listener, ..address.clone() });
        Ok(())
    }
}
