//! `[target.create]`: what is needed to make a managed instance that is not there yet. All else is copied from the primary of its
//! failover group.

use super::problem::Problem;
use super::schema::TargetSection;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// vCores that an instance can have, at least and at most (facts: arm-api 2).
const V_CORES: std::ops::RangeInclusive<u32> = 4..=128;
/// Storage, GB: the step, and the most.
const STORAGE_STEP: u32 = 32;
const STORAGE_MAX: u32 = 32_768;

/// How a managed instance that is not there yet is made: `milink fog secondary`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSection {
    /// Id of its subnet: `/subscriptions/…/virtualNetworks/…/subnets/…`.
    #[schemars(with = "String")]
    pub subnet: Spanned<String>,
    /// Its region, such as `northeurope`: that of the subnet's network.
    pub location: String,
    /// The Microsoft Entra administrator, where the target says `entra = true`: then nobody logs in with a password.
    pub entra_admin: Option<EntraAdmin>,
    /// Name of the sku, such as `GP_Gen5`. Default: the primary's.
    pub sku: Option<String>,
    /// Default: the primary's.
    #[schemars(with = "Option<u32>")]
    pub v_cores: Option<Spanned<u32>>,
    /// GB, a multiple of 32. Default: the primary's.
    #[schemars(with = "Option<u32>")]
    pub storage_gb: Option<Spanned<u32>>,
    /// `LicenseIncluded` or `BasePrice`. Default: the primary's.
    pub license: Option<String>,
    /// Take over the primary's DNS zone (DNSZonePartner; the portal says "Primary Managed Instance"). Default: true; without it
    /// the instance can never join the group.
    pub dns_zone_partner: Option<bool>,
}

/// A user, group or application of Microsoft Entra.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntraAdmin {
    pub login: String,
    /// Object id.
    pub object_id: String,
    /// `User`, `Group` or `Application`. Default: Group.
    pub kind: Option<String>,
}

/// The same, settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    pub subnet: String,
    pub location: String,
    pub entra_admin: Option<EntraAdmin>,
    pub sku: Option<String>,
    pub v_cores: Option<u32>,
    pub storage_gb: Option<u32>,
    pub license: Option<String>,
    pub dns_zone_partner: bool,
}

pub(super) fn validate(target: &TargetSection, problems: &mut Vec<Problem>) {
    let Some(create) = &target.create else { return };
    let name = target.name.get_ref();
    let subnet = create.subnet.get_ref();
    let segments: Vec<&str> = subnet.split('/').collect();
    let is = |at: usize, word: &str| segments.get(at).is_some_and(|s| s.eq_ignore_ascii_case(word));
    let fits = segments.len() == 11
        && is(1, "subscriptions")
        && is(3, "resourceGroups")
        && is(6, "Microsoft.Network")
        && is(7, "virtualNetworks")
        && is(9, "subnets")
        && segments[1..].iter().all(|s| !s.is_empty());
    if !fits {
        problems.push(Problem::error(
            create.subnet.span(),
            format!("expected the id of a subnet for target `{name}`, found `{subnet}`"),
        )
        .hint("/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/NETWORK/subnets/SUBNET"));
    }
    if let Some(n) = create.v_cores.as_ref().filter(|n| !V_CORES.contains(n.get_ref())) {
        problems.push(Problem::error(n.span(), format!("expected 4 to 128 vCores, found {}", n.get_ref())));
    }
    if let Some(gb) = create.storage_gb.as_ref()
        && (gb.get_ref() % STORAGE_STEP != 0 || !(STORAGE_STEP..=STORAGE_MAX).contains(gb.get_ref()))
    {
        problems.push(Problem::error(
            gb.span(),
            format!("expected a multiple of 32 GB up to {STORAGE_MAX}, found {}", gb.get_ref()),
        ));
    }
    if target.entra != create.entra_admin.is_some() {
        let message = if target.entra {
            format!("expected `entra_admin` to make target `{name}` with `entra = true`, found none")
        } else {
            format!("expected no `entra_admin` beside a login with a password for target `{name}`, found one")
        };
        problems.push(
            Problem::error(create.subnet.span(), message)
                .hint("the administrator of a new instance is the target's `user` and `password`, or with `entra = true` the `entra_admin`"),
        );
    }
}

pub(super) fn resolve(create: CreateSection) -> Creation {
    Creation {
        subnet: create.subnet.into_inner(),
        location: create.location,
        entra_admin: create.entra_admin,
        sku: create.sku,
        v_cores: create.v_cores.map(Spanned::into_inner),
        storage_gb: create.storage_gb.map(Spanned::into_inner),
        license: create.license,
        dns_zone_partner: create.dns_zone_partner.unwrap_or(true),
    }
}
