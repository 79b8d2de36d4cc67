//! The same between logical servers of Azure SQL Database: other commands, and a list of databases.

use super::group::GroupForm;
use super::group::Verb;
use super::group::in_context;
use super::group::subscription;
use super::quote;
use super::quote::command;

pub(super) fn az(form: &GroupForm, verb: Verb) -> String {
    let at = form.at(verb);
    let grace = form.grace_hours();
    let mut options = vec![
        ("--subscription", Some(subscription(at))),
        ("--resource-group", Some(at.resource_group.name.as_str())),
        ("--server", Some(at.instance.as_str())),
    ];
    if verb != Verb::List {
        options.push(("--name", Some(&form.name)));
    }
    if verb == Verb::Create {
        options.push(("--partner-server", Some(&form.secondary.instance)));
        options.push(("--partner-resource-group", Some(&form.secondary.resource_group.name)));
    }
    let changes = matches!(verb, Verb::Create | Verb::Update);
    if changes {
        options.push(("--failover-policy", Some(form.policy())));
        if let Some(hours) = &grace {
            options.push(("--grace-period", Some(hours)));
        }
        options.push(("--secondary-type", Some(form.kind())));
    }
    let word = match verb {
        Verb::Failover => "set-primary",
        Verb::Forced => {
            options.push(("--allow-data-loss", None));
            "set-primary"
        }
        other => other.word(),
    };
    let mut line = command(&format!("az sql failover-group {word}"), &options, quote::sh);
    let mut list = |option: &str, names: &[String]| {
        if changes && !names.is_empty() {
            line.push(' ');
            line.push_str(option);
            for name in names {
                line.push(' ');
                line.push_str(&quote::sh(name));
            }
        }
    };
    list("--add-db", &form.databases);
    list("--remove-db", &form.leaving);
    line
}

pub(super) fn powershell(form: &GroupForm, verb: Verb) -> String {
    let at = form.at(verb);
    let grace = form.grace_hours();
    let mut options = vec![
        ("-ResourceGroupName", Some(at.resource_group.name.as_str())),
        ("-ServerName", Some(at.instance.as_str())),
    ];
    if verb == Verb::Create {
        options.push(("-PartnerResourceGroupName", Some(&form.secondary.resource_group.name)));
        options.push(("-PartnerServerName", Some(&form.secondary.instance)));
        if form.crosses_subscriptions() {
            options.push(("-PartnerSubscriptionId", Some(subscription(&form.secondary))));
        }
    }
    if verb != Verb::List {
        options.push(("-FailoverGroupName", Some(&form.name)));
    }
    let changes = matches!(verb, Verb::Create | Verb::Update);
    if changes {
        options.push(("-FailoverPolicy", Some(form.policy())));
        if let Some(hours) = &grace {
            options.push(("-GracePeriodWithDataLossHours", Some(hours)));
        }
        options.push(("-AllowReadOnlyFailoverToPrimary", Some(form.read_only())));
        options.push(("-SecondaryType", Some(form.kind())));
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
    let mut text = in_context(at, &command(&format!("{word}-AzSqlDatabaseFailoverGroup"), &options, quote::powershell));
    if changes {
        for (cmdlet, names) in [
            ("Add-AzSqlDatabaseToFailoverGroup", &form.databases),
            ("Remove-AzSqlDatabaseFromFailoverGroup", &form.leaving),
        ] {
            for name in names {
                text.push('\n');
                text.push_str(&in_or_out(form, cmdlet, name));
            }
        }
    }
    text
}

/// A database into the group, or out of it; sent to the primary.
pub(super) fn in_or_out(form: &GroupForm, cmdlet: &str, database: &str) -> String {
    let at = [
        ("-ResourceGroupName", Some(form.primary.resource_group.name.as_str())),
        ("-ServerName", Some(form.primary.instance.as_str())),
    ];
    let get = [&at[..], &[("-DatabaseName", Some(database))]].concat();
    let put = [&at[..], &[("-FailoverGroupName", Some(form.name.as_str()))]].concat();
    format!("{} | {}", command("Get-AzSqlDatabase", &get, quote::powershell), command(cmdlet, &put, quote::powershell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::forms::group::form;

    #[test]
    fn servers_have_commands_of_their_own() {
        let mut f = form(true);
        f.leaving = vec!["old".to_owned()];
        let create = az(&f, Verb::Create);
        assert!(create.starts_with("az sql failover-group create --subscription sub-1 --resource-group rg-a --server a --name fog --partner-server b"), "{create}");
        assert!(create.ends_with("--add-db orders 'it'\\''s stock' --remove-db old"), "{create}");
        let over = az(&f, Verb::Failover);
        assert!(over.contains("set-primary") && over.contains("--server b") && !over.contains("--add-db"), "{over}");
        assert!(az(&f, Verb::List).ends_with("--server a"));
        let ps = powershell(&f, Verb::Update);
        assert!(ps.contains("Set-AzSqlDatabaseFailoverGroup -ResourceGroupName rg-a -ServerName a"), "{ps}");
        assert!(ps.contains("-DatabaseName 'it''s stock' | Add-AzSqlDatabaseToFailoverGroup"), "{ps}");
        assert!(ps.contains("-DatabaseName old | Remove-AzSqlDatabaseFromFailoverGroup"), "{ps}");
        assert!(powershell(&f, Verb::Forced).contains("Switch-AzSqlDatabaseFailoverGroup"));
        assert!(!powershell(&f, Verb::Create).contains("Instance"));
    }
}
