//! May a second instance be made, there and so? The rows of a group that can be told beforehand, and those of the subnet
//! (facts: failover-groups 1.1, 1.2, 11).

use super::network::DELEGATED_TO;
use super::pairs::plain;
use super::prerequisites::List;
use super::prerequisites::Row;
use super::prerequisites::judge as judge_pair;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Member;
use crate::model::geo::MemberFacts;
use crate::model::new_instance::SubnetFacts;
use crate::rules::network::range::Range;

/// Least and wished size of such a subnet: /27 and /26 (facts: failover-groups 11).
const LEAST: u64 = 32;
const WISHED: u64 = 64;
/// Azure keeps five addresses of each subnet.
const KEPT: u64 = 5;
/// A General Purpose instance takes 6 addresses, a Business Critical one 10; each group of virtual machines 6; while one is
/// scaled it takes 3 or 5 more (facts: failover-groups 11, the newer formula).
const GENERAL: u64 = 6;
const CRITICAL: u64 = 10;
const MACHINES: u64 = 6;
const SCALING: (u64, u64) = (3, 5);

/// Rows of a group that a wish can answer; the others wait until the instance is there.
const TOLD_BEFORE: [&str; 13] = [
    "fog.region",
    "fog.dns_zone",
    "fog.paired",
    "fog.tier",
    "fog.storage",
    "fog.compute",
    "fog.collation",
    "fog.time_zone",
    "fog.policy",
    "fog.pool",
    "fog.next_gen",
    "fog.backup_redundancy",
    "fog.primary_idle",
];

/// Everything that is judged.
pub struct Wish<'a> {
    /// The group; its `b` is not looked at.
    pub group: &'a GroupFacts,
    /// As the instance would be; its zone: the one it would get, none where nobody knows.
    pub member: MemberFacts,
    pub has_partner: bool,
    pub subnet: Fact<Option<SubnetFacts>>,
    /// Security group and route table of the primary's subnet, and that subnet.
    pub primary: Fact<SubnetFacts>,
}

/// Every row, in the order in which people work: region, zone, connectivity, size.
pub fn judge(wish: &Wish<'_>) -> Vec<Row> {
    let mut facts = wish.group.clone();
    facts.b = Member {
        facts: Fact::Known { value: wish.member.clone() },
        databases: Fact::Known { value: Vec::new() },
        links: Fact::Known { value: Vec::new() },
        operations: Fact::Known { value: Vec::new() },
        groups: Fact::Known { value: Vec::new() },
        ..facts.b
    };
    let mut pair = judge_pair(&facts, None);
    pair.retain(|r| TOLD_BEFORE.contains(&r.id));
    let place = |r: &Row| TOLD_BEFORE.iter().position(|id| *id == r.id).unwrap_or(usize::MAX);
    pair.sort_by_key(place);
    let first_size = TOLD_BEFORE.iter().position(|id| *id == "fog.tier").unwrap_or(0);
    if !wish.has_partner
        && let Some(zone) = pair.iter_mut().find(|r| r.id == "fog.dns_zone")
    {
        "made without dnsZonePartner, so its zone is random: it can NEVER join the group".clone_into(&mut zone.found);
        zone.status = super::prerequisites::Status::Fail;
    }
    let (before, after): (Vec<Row>, Vec<Row>) = pair.into_iter().partition(|r| place(r) < first_size);
    let mut list = List(before);
    subnet(wish, &mut list);
    list.0.extend(after);
    list.0
}

/// What lies between the two subnets: judged where both are read as a path; made by `fog network`, so it only warns here.
pub fn path(answer: Result<(bool, String), String>) -> Vec<Row> {
    let mut list = List(Vec::new());
    list.add("secondary.network_path", answer);
    list.0
}

fn subnet(wish: &Wish<'_>, list: &mut List) {
    let zone = wish.group.a.facts.known().and_then(|f| f.dns_zone.clone());
    let got = || -> Result<&SubnetFacts, String> {
        match wish.subnet.get() {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err("the subnet is not there".to_owned()),
            Err(why) => Err(why.0),
        }
    };
    let here = match wish.subnet.get() {
        Ok(found) => Ok((found.is_some(), found.as_ref().map_or("not there".to_owned(), |s| s.prefixes.join(", ")))),
        Err(why) => Err(why.0),
    };
    list.add("secondary.subnet", here);
    let region = got().and_then(|s| {
        let at = s.location.as_deref().ok_or_else(|| "Azure does not say where its network is".to_owned())?;
        Ok((
            plain(at) == plain(&wish.member.location),
            format!("network in {at}, instance in {}", wish.member.location),
        ))
    });
    list.add("secondary.location", region);
    let neighbours = got().and_then(|s| {
        let zone = zone.clone().ok_or_else(|| "the primary's zone is not known".to_owned())?;
        if s.instances.is_empty() {
            return Ok((true, "no other instance in it".to_owned()));
        }
        if let Some((name, _)) = s.instances.iter().find(|(_, z)| z.is_none()) {
            return Err(format!("the zone of {name} in the same subnet is not known"));
        }
        let words: Vec<_> =
            s.instances.iter().map(|(n, z)| format!("{n} in {}", z.as_deref().unwrap_or("?"))).collect();
        let same = s.instances.iter().all(|(_, z)| z.as_deref().is_some_and(|z| z.eq_ignore_ascii_case(&zone)));
        Ok((same, format!("{}; the primary is in {zone}", words.join(", "))))
    });
    list.add("secondary.subnet_zone", neighbours);
    let delegated = got().map(|s| {
        let is = s.delegations.iter().any(|d| d.eq_ignore_ascii_case(DELEGATED_TO));
        (is, if s.delegations.is_empty() { "to nothing".to_owned() } else { s.delegations.join(", ") })
    });
    list.add("secondary.delegated", delegated);
    let alone = got()
        .map(|s| (s.others.is_empty(), if s.others.is_empty() { "nothing".to_owned() } else { s.others.join(", ") }));
    list.add("secondary.users", alone);
    let last = |id: &Option<String>| id.as_deref().and_then(|i| i.rsplit('/').next()).unwrap_or("none").to_owned();
    list.add("secondary.security_group", got().map(|s| (s.group.is_some(), last(&s.group))));
    list.add("secondary.route_table", got().map(|s| (s.table.is_some(), last(&s.table))));
    shared(wish, &got, list);
    let odd = got().map(|s| {
        (s.unsupported.is_empty(), if s.unsupported.is_empty() { "none".to_owned() } else { s.unsupported.join(", ") })
    });
    list.add("secondary.unsupported", odd);
    let size = || addresses(got()?);
    let words = |n: u64| format!("{n} addresses");
    list.add("secondary.size", size().map(|n| (n >= LEAST, words(n))));
    list.add("secondary.size_wished", size().map(|n| (n >= WISHED, words(n))));
    let (own, scaling) = needs(wish.member.tier.as_deref());
    let room = || left(got()?);
    list.add(
        "secondary.addresses",
        room().map(|(left, taken)| (left >= own, format!("{left} left, {own} needed ({taken} counted as taken)"))),
    );
    list.add(
        "secondary.addresses_scaling",
        room().map(|(left, _)| {
            (left >= own + scaling, format!("{left} left, {} needed while it is scaled", own + scaling))
        }),
    );
}

/// Addresses of an instance of a tier, and more of them while it is scaled.
fn needs(tier: Option<&str>) -> (u64, u64) {
    let critical = tier.is_some_and(|t| t.eq_ignore_ascii_case("BusinessCritical"));
    if critical { (CRITICAL, SCALING.1) } else { (GENERAL, SCALING.0) }
}

fn addresses(s: &SubnetFacts) -> Result<u64, String> {
    let sizes: Option<Vec<u64>> = s.prefixes.iter().map(|p| Range::parse(p).map(Range::size)).collect();
    let sizes = sizes.filter(|all| !all.is_empty()).ok_or_else(|| "its addresses cannot be read".to_owned())?;
    Ok(sizes.iter().sum())
}

/// Addresses that are left and that are taken. The tier of the neighbours is not read: counted as the larger.
fn left(s: &SubnetFacts) -> Result<(u64, u64), String> {
    let taken = KEPT + MACHINES + CRITICAL * s.instances.len() as u64;
    Ok((addresses(s)?.saturating_sub(taken), taken))
}

/// Are addresses left for the time in which an instance of the subnet is scaled?
pub fn scaling_room(subnet: &SubnetFacts, tier: Option<&str>) -> Result<(bool, String), String> {
    let (_, more) = needs(tier);
    let (left, taken) = left(subnet)?;
    Ok((left >= more, format!("{left} addresses left, {more} needed while it is scaled ({taken} counted as taken)")))
}

/// Each side has its own (N03, N04), and no two instances of a group one subnet.
fn shared<'a>(wish: &Wish<'_>, got: &dyn Fn() -> Result<&'a SubnetFacts, String>, list: &mut List) {
    let primary = || wish.primary.get().map_err(|u| u.0);
    let same = |what: fn(&SubnetFacts) -> Option<String>| {
        let (a, b) = (what(primary()?), what(got()?));
        let is = a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        Ok((!is, if is { "shared with the primary's".to_owned() } else { "its own".to_owned() }))
    };
    list.add("secondary.own_security_group", same(|s| s.group.clone()));
    list.add("secondary.own_route_table", same(|s| s.table.clone()));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rules::fog::prerequisites::Status;
    use crate::rules::fog::tests::fresh;

    fn good() -> SubnetFacts {
        SubnetFacts {
            id: "b".to_owned(),
            prefixes: vec!["10.1.0.0/26".to_owned()],
            delegations: vec!["microsoft.sql/managedInstances".to_owned()],
            group: Some("/x/nsg-b".to_owned()),
            table: Some("/x/rt-b".to_owned()),
            location: Some("North Europe".to_owned()),
            ..SubnetFacts::default()
        }
    }

    fn rows(change: impl FnOnce(&mut SubnetFacts, &mut MemberFacts)) -> Vec<Row> {
        let group = fresh();
        let (mut subnet, mut member) = (good(), group.b.facts.known().unwrap().clone());
        change(&mut subnet, &mut member);
        let primary = SubnetFacts {
            group: Some("/x/nsg-a".to_owned()),
            table: Some("/x/rt-a".to_owned()),
            ..SubnetFacts::default()
        };
        judge(&Wish {
            group: &group,
            member,
            has_partner: true,
            subnet: Fact::Known { value: Some(subnet) },
            primary: Fact::Known { value: primary },
        })
    }

    fn not_passed(rows: &[Row]) -> Vec<(&'static str, bool)> {
        rows.iter().filter(|r| r.status != Status::Pass).map(|r| (r.id, r.blocks())).collect()
    }

    pub(in super::super) fn every_id() -> Vec<&'static str> {
        rows(|_, _| {}).into_iter().chain(path(Err(String::new()))).map(|r| r.id).collect()
    }

    #[test]
    fn a_good_subnet_passes_and_each_fault_is_named() {
        assert_eq!(not_passed(&rows(|_, _| {})), []);
        let zone = fresh().a.facts.known().unwrap().dns_zone.clone();
        let fails = |id: &'static str, blocks: bool, change: &dyn Fn(&mut SubnetFacts)| {
            assert!(not_passed(&rows(|s, _| change(s))).contains(&(id, blocks)), "{id}");
        };
        fails("secondary.delegated", true, &|s| s.delegations.clear());
        fails("secondary.users", true, &|s| s.others = vec!["private endpoint pe-1".to_owned()]);
        fails("secondary.subnet_zone", true, &|s| s.instances = vec![("mi-x".to_owned(), Some("other".to_owned()))]);
        fails("secondary.subnet_zone", true, &|s| s.instances = vec![("mi-x".to_owned(), None)]);
        fails("secondary.size", true, &|s| s.prefixes = vec!["10.1.0.0/28".to_owned()]);
        fails("secondary.size_wished", false, &|s| s.prefixes = vec!["10.1.0.0/27".to_owned()]);
        fails("secondary.security_group", true, &|s| s.group = None);
        fails("secondary.route_table", true, &|s| s.table = None);
        fails("secondary.own_security_group", true, &|s| s.group = Some("/X/NSG-A".to_owned()));
        fails("secondary.own_route_table", true, &|s| s.table = Some("/x/rt-a".to_owned()));
        fails("secondary.unsupported", true, &|s| s.unsupported = vec!["NAT gateway".to_owned()]);
        fails("secondary.location", true, &|s| s.location = Some("uksouth".to_owned()));
        let full = |s: &mut SubnetFacts| s.instances = (0..5).map(|n| (format!("mi-{n}"), zone.clone())).collect();
        fails("secondary.addresses", true, &full);
        let nearly = rows(|s, m| {
            s.prefixes = vec!["10.1.0.0/27".to_owned()];
            s.instances = vec![("mi-x".to_owned(), zone.clone())];
            m.tier = Some("BusinessCritical".to_owned());
        });
        assert!(not_passed(&nearly).contains(&("secondary.addresses_scaling", false)));
        assert!(nearly.iter().any(|r| r.id == "secondary.addresses" && r.status == Status::Pass));
        // /27 is enough for the first instance.
        let small = rows(|s, _| s.prefixes = vec!["10.1.0.0/27".to_owned()]);
        assert_eq!(not_passed(&small), [("secondary.size_wished", false)]);
    }

    #[test]
    fn a_nearly_full_subnet_is_told_before_scaling() {
        let of = |n: usize, tier| {
            let instances = (0..n).map(|i| (format!("mi-{i}"), None)).collect();
            scaling_room(&SubnetFacts { instances, ..good() }, Some(tier)).unwrap().0
        };
        assert!(of(4, "GeneralPurpose") && of(4, "BusinessCritical"));
        assert!(of(5, "GeneralPurpose") && !of(5, "BusinessCritical"), "3 are left, and 5 needed");
        assert!(scaling_room(&SubnetFacts::default(), None).is_err());
    }

    #[test]
    fn an_override_shows_in_the_row_it_belongs_to() {
        assert!(not_passed(&rows(|_, m| m.v_cores = Some(4))).contains(&("fog.compute", false)));
        assert!(not_passed(&rows(|_, m| m.storage_gb = Some(32))).contains(&("fog.storage", true)));
        let order: Vec<&str> = rows(|_, _| {}).iter().map(|r| r.id).collect();
        let at = |id: &str| order.iter().position(|o| *o == id).unwrap();
        assert!(at("fog.region") < at("fog.dns_zone"), "{order:?}");
        assert!(at("fog.dns_zone") < at("secondary.subnet") && at("secondary.addresses") < at("fog.tier"), "{order:?}");
    }

    #[test]
    fn without_a_partner_it_can_never_join() {
        let group = fresh();
        let wish = Wish {
            group: &group,
            member: group.b.facts.known().unwrap().clone(),
            has_partner: false,
            subnet: Fact::unknown("not read"),
            primary: Fact::unknown("not read"),
        };
        let rows = judge(&wish);
        let zone = rows.iter().find(|r| r.id == "fog.dns_zone").unwrap();
        assert!(zone.blocks() && zone.found.contains("NEVER"));
        assert!(rows.iter().filter(|r| r.id.starts_with("secondary.")).all(|r| r.status == Status::Unknown));
    }
}
