//! Operations on a failover group as commands. Between instances and between servers they have different names, and each goes to
//! a side of its own (facts: failover-groups 2.1, D28; az-cli 1).

use super::quote;
use super::quote::command;
use super::server;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::network::id_after;
use crate::plan::fog::FogMember;
use crate::plan::fog::FogSettings;

/// What is asked of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Create,
    Update,
    Show,
    List,
    Delete,
    /// Planned: nothing is lost.
    Failover,
    /// Forced: what has not arrived is lost.
    Forced,
}

impl Verb {
    pub const ALL: [Self; 7] =
        [Self::Create, Self::Update, Self::Show, Self::List, Self::Delete, Self::Failover, Self::Forced];

    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Show => "show",
            Self::List => "list",
            Self::Delete => "delete",
            Self::Failover => "failover",
            Self::Forced => "forced",
        }
    }
    /// The side whose address takes it, for people.
    pub fn side(self) -> &'static str {
        match self {
            Self::Failover | Self::Forced => "secondary",
            _ => "primary",
        }
    }
}

/// A group as the commands need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupForm {
    pub name: String,
    /// Primary now, or to be.
    pub primary: FogMember,
    pub secondary: FogMember,
    pub settings: FogSettings,
    /// Of logical servers: what the group is to hold, and what has to leave it.
    pub databases: Vec<String>,
    pub leaving: Vec<String>,
}

pub(super) fn subscription(m: &FogMember) -> &str {
    id_after(&m.id, "subscriptions").unwrap_or_default()
}

impl GroupForm {
    /// The member whose address takes the request.
    pub fn at(&self, verb: Verb) -> &FogMember {
        if verb.side() == "secondary" { &self.secondary } else { &self.primary }
    }
    pub fn crosses_subscriptions(&self) -> bool {
        !subscription(&self.primary).eq_ignore_ascii_case(subscription(&self.secondary))
    }
    pub(super) fn policy(&self) -> &'static str {
        if self.settings.automatic_after_minutes.is_some() { "Automatic" } else { "Manual" }
    }
    /// Both tools take hours where the service takes minutes (facts: failover-groups 2.2).
    pub(super) fn grace_hours(&self) -> Option<String> {
        self.settings.automatic_after_minutes.map(|m| m.div_ceil(60).to_string())
    }
    pub(super) fn kind(&self) -> &'static str {
        if self.settings.standby { "Standby" } else { "Geo" }
    }
    pub(super) fn read_only(&self) -> &'static str {
        if self.settings.read_only_failover { "Enabled" } else { "Disabled" }
    }

    /// A command of the Azure CLI; refused where it has none that does this.
    pub fn az(&self, verb: Verb) -> Result<String> {
        if verb == Verb::Create && self.crosses_subscriptions() {
            return Err(Error::refused(format!(
                "the Azure CLI makes no failover group across subscriptions: {} is in {}, {} in {}",
                self.primary.instance,
                subscription(&self.primary),
                self.secondary.instance,
                subscription(&self.secondary)
            ))
            .hint(format!("milink fog script {} --as powershell, or --as rest", self.name)));
        }
        if self.primary.is_server {
            return Ok(server::az(self, verb));
        }
        let at = self.at(verb);
        let grace = self.grace_hours();
        let mut options = vec![
            ("--subscription", Some(subscription(at))),
            ("--resource-group", Some(at.resource_group.name.as_str())),
        ];
        if verb == Verb::List {
            // There is no `list`: the request itself.
            let url = format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/locations/{}/instanceFailoverGroups?api-version={}",
                subscription(at),
                at.resource_group,
                at.location,
                LIST_VERSION
            );
            return Ok(command("az rest", &[("--method", Some("get")), ("--url", Some(&url))], quote::sh));
        }
        options.push(("--name", Some(&self.name)));
        if verb == Verb::Create {
            options.push(("--mi", Some(&self.primary.instance)));
            options.push(("--partner-mi", Some(&self.secondary.instance)));
            options.push(("--partner-resource-group", Some(&self.secondary.resource_group.name)));
        } else {
            options.push(("--location", Some(&at.location)));
        }
        if matches!(verb, Verb::Create | Verb::Update) {
            options.push(("--failover-policy", Some(self.policy())));
        }
        if verb == Verb::Forced {
            options.push(("--allow-data-loss", None));
        }
        let word = match verb {
            Verb::Failover | Verb::Forced => "set-primary",
            other => other.word(),
        };
        if matches!(verb, Verb::Create | Verb::Update) {
            if let Some(hours) = &grace {
                options.push(("--grace-period", Some(hours)));
            }
            options.push(("--secondary-type", Some(self.kind())));
        }
        Ok(command(&format!("az sql instance-failover-group {word}"), &options, quote::sh))
    }

    /// Cmdlets, the context first: each side may be in a subscription of its own.
    pub fn powershell(&self, verb: Verb) -> String {
        if self.primary.is_server {
            return server::powershell(self, verb);
        }
        let at = self.at(verb);
        let grace = self.grace_hours();
        let mut options = vec![
            ("-ResourceGroupName", Some(at.resource_group.name.as_str())),
            ("-Location", Some(at.location.as_str())),
        ];
        if verb != Verb::List {
            options.push(("-Name", Some(&self.name)));
        }
        if verb == Verb::Create {
            options.push(("-PrimaryManagedInstanceName", Some(&self.primary.instance)));
            options.push(("-PartnerRegion", Some(&self.secondary.location)));
            options.push(("-PartnerManagedInstanceName", Some(&self.secondary.instance)));
            options.push(("-PartnerResourceGroupName", Some(&self.secondary.resource_group.name)));
            if self.crosses_subscriptions() {
                options.push(("-PartnerSubscriptionId", Some(subscription(&self.secondary))));
            }
        }
        if matches!(verb, Verb::Create | Verb::Update) {
            options.push(("-FailoverPolicy", Some(self.policy())));
            if let Some(hours) = &grace {
                options.push(("-GracePeriodWithDataLossHours", Some(hours)));
            }
            options.push(("-AllowReadOnlyFailoverToPrimary", Some(self.read_only())));
            options.push(("-SecondaryType", Some(self.kind())));
        }
        if verb == Verb::Forced {
            options.push(("-AllowDataLoss", None));
        }
        let word = match verb {
            Verb::Create => "New",
            Verb::Update => "Set",
            Verb::Show | Verb::List => "Get",
            Verb::Delete => "Remove",
            Verb::Failover | Verb::Forced => "Switch",
        };
        in_context(at, &command(&format!("{word}-AzSqlDatabaseInstanceFailoverGroup"), &options, quote::powershell))
    }
}

/// Api version of the list that the Azure CLI has no command for.
const LIST_VERSION: &str = "2025-01-01";

/// The subscription of a member is chosen first.
pub(super) fn in_context(at: &FogMember, line: &str) -> String {
    let context = command("Set-AzContext", &[("-Subscription", Some(subscription(at)))], quote::powershell);
    format!("{context} | Out-Null\n{line}")
}

#[cfg(test)]
pub(super) fn form(is_server: bool) -> GroupForm {
    let member = |name: &str, group: &str, location: &str| {
        let kind = if is_server { "servers" } else { "managedInstances" };
        FogMember {
            site: crate::model::ids::SiteId::from(name),
            resource_group: group.into(),
            location: location.to_owned(),
            instance: name.to_owned(),
            id: format!("/subscriptions/sub-1/resourceGroups/{group}/providers/Microsoft.Sql/{kind}/{name}"),
            fqdn: format!("{name}.database.windows.net"),
            is_server,
        }
    };
    GroupForm {
        name: "fog".to_owned(),
        primary: member("a", "rg-a", "westeurope"),
        secondary: member("b", "rg's $b", "northeurope"),
        settings: FogSettings {
            automatic_after_minutes: None,
            read_only_failover: false,
            standby: false,
            targets: None,
        },
        databases: vec!["orders".to_owned(), "it's stock".to_owned()],
        leaving: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_command_and_goes_to_its_side() {
        let f = form(false);
        let az = |v| f.az(v).unwrap();
        assert_eq!(
            az(Verb::Create),
            "az sql instance-failover-group create --subscription sub-1 --resource-group rg-a --name fog --mi a --partner-mi b --partner-resource-group 'rg'\\''s $b' --failover-policy Manual --secondary-type Geo"
        );
        let (planned, forced) = (az(Verb::Failover), az(Verb::Forced));
        assert_eq!(
            planned,
            "az sql instance-failover-group set-primary --subscription sub-1 --resource-group 'rg'\\''s $b' --name fog --location northeurope"
        );
        assert_eq!(forced, format!("{planned} --allow-data-loss"));
        for verb in [Verb::Update, Verb::Show, Verb::Delete] {
            assert!(az(verb).contains(&format!("group {}", verb.word())) && az(verb).contains("--location westeurope"));
        }
        let ps: Vec<String> = Verb::ALL.iter().map(|v| f.powershell(*v)).collect();
        for (text, word) in ps.iter().zip(["New", "Set", "Get", "Get", "Remove", "Switch", "Switch"]) {
            assert!(text.contains(&format!("{word}-AzSqlDatabaseInstanceFailoverGroup -ResourceGroupName")), "{text}");
        }
        assert!(ps[5].contains("-ResourceGroupName 'rg''s $b' -Location northeurope"), "{}", ps[5]);
        assert_eq!(ps[6], format!("{} -AllowDataLoss", ps[5]));
    }

    /// Seeds print database cmdlets for instances by mistake (facts: failover-groups D27).
    #[test]
    fn an_instance_group_never_gets_a_database_cmdlet() {
        let all: String = Verb::ALL.iter().map(|v| form(false).powershell(*v)).collect();
        for wrong in ["AzSqlDatabaseFailoverGroup", "-ServerName", "AzSqlDatabaseToFailoverGroup"] {
            assert!(!all.contains(wrong), "{wrong} in\n{all}");
        }
    }

    #[test]
    fn across_subscriptions_the_cli_says_why_not() {
        for is_server in [false, true] {
            let mut f = form(is_server);
            f.secondary.id = f.secondary.id.replace("sub-1", "sub-2");
            let e = f.az(Verb::Create).unwrap_err();
            assert!(e.message().contains("across subscriptions") && e.get_hint().unwrap().contains("powershell"));
            let ps = f.powershell(Verb::Create);
            assert!(ps.contains("-PartnerSubscriptionId sub-2"), "{ps}");
            assert!(f.powershell(Verb::Failover).starts_with("Set-AzContext -Subscription sub-2"));
            assert!(f.az(Verb::Failover).unwrap().contains("--subscription sub-2"));
        }
    }

    #[test]
    fn minutes_become_hours() {
        let mut f = form(false);
        f.settings.automatic_after_minutes = Some(120);
        assert!(f.az(Verb::Create).unwrap().contains("--failover-policy Automatic --grace-period 2"));
        assert!(f.powershell(Verb::Update).contains("-FailoverPolicy Automatic -GracePeriodWithDataLossHours '2'"));
    }
}
