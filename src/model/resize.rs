//! A setting of a managed instance that is changed in place, one at a time (facts: failover-groups 6.3, 6.4, 6.6).

use serde::Deserialize;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "setting", content = "to", rename_all = "snake_case")]
pub enum InstanceSetting {
    VCores(u32),
    /// GB, a multiple of 32.
    Storage(u32),
    /// Service tier and hardware: `GP_Gen5`, `BC_Gen5`.
    Sku(String),
    /// `SQLServer2022`, `SQLServer2025`, `AlwaysUpToDate`; only forward.
    UpdatePolicy(String),
    /// Next-gen General Purpose.
    NextGen(bool),
    ZoneRedundant(bool),
}

impl InstanceSetting {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Self::VCores(n) => format!("{n} vCores"),
            Self::Storage(gb) => format!("{gb} GB of storage"),
            Self::Sku(sku) => format!("tier {sku}"),
            Self::UpdatePolicy(policy) => format!("update policy {policy}"),
            Self::NextGen(true) => "Next-gen General Purpose".to_owned(),
            Self::NextGen(false) => "General Purpose".to_owned(),
            Self::ZoneRedundant(true) => "zone redundancy".to_owned(),
            Self::ZoneRedundant(false) => "no zone redundancy".to_owned(),
        }
    }

    /// More of it than before; `None`: the two cannot be compared, or are equal.
    pub fn is_up(&self, now: &InstanceSetting) -> Option<bool> {
        let tier = |sku: &str| match sku.split('_').next().map(str::to_ascii_uppercase).as_deref() {
            Some("GP") => Some(1),
            Some("BC") => Some(2),
            _ => None,
        };
        match (self, now) {
            (Self::VCores(a), Self::VCores(b)) | (Self::Storage(a), Self::Storage(b)) => (a != b).then_some(a > b),
            (Self::Sku(a), Self::Sku(b)) => {
                let (a, b) = (tier(a)?, tier(b)?);
                (a != b).then_some(a > b)
            }
            // A policy only goes forward; the new generation counts as the bigger one.
            (Self::UpdatePolicy(a), Self::UpdatePolicy(b)) => (!a.eq_ignore_ascii_case(b)).then_some(true),
            (Self::NextGen(a), Self::NextGen(b)) | (Self::ZoneRedundant(a), Self::ZoneRedundant(b)) => {
                (a != b).then_some(*a)
            }
            _ => None,
        }
    }

    pub fn same(&self, other: &InstanceSetting) -> bool {
        match (self, other) {
            (Self::Sku(a), Self::Sku(b)) | (Self::UpdatePolicy(a), Self::UpdatePolicy(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InstanceSetting as S;

    #[test]
    fn up_and_down() {
        assert_eq!(S::VCores(16).is_up(&S::VCores(8)), Some(true));
        assert_eq!(S::Storage(256).is_up(&S::Storage(512)), Some(false));
        assert_eq!(S::Sku("BC_Gen5".into()).is_up(&S::Sku("gp_gen5".into())), Some(true));
        assert_eq!(S::Sku("GP_Gen5".into()).is_up(&S::Sku("GP_G8IM".into())), None, "no tier is changed");
        assert_eq!(S::Sku("HS_Gen5".into()).is_up(&S::Sku("GP_Gen5".into())), None, "not known here");
        assert_eq!(S::VCores(8).is_up(&S::VCores(8)), None);
        assert_eq!(S::VCores(8).is_up(&S::Storage(256)), None);
        assert!(S::UpdatePolicy("alwaysuptodate".into()).same(&S::UpdatePolicy("AlwaysUpToDate".into())));
    }
}
