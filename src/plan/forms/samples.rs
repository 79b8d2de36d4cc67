//! Geo-replication of one database of a logical server, of a pooled one, and one more database for a group: ordered scripts
//! (facts: failover-groups 9.2).

use super::group::GroupForm;
use super::group::Verb;
use super::group::in_context;
use super::group::subscription;
use super::quote;
use super::quote::command;
use super::server;
use crate::plan::fog::FogMember;
use serde_json::Value;
use serde_json::json;

/// Which script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    /// A database by itself.
    Single { database: String },
    /// One in an elastic pool: the partner needs a pool of the same name.
    Pooled { database: String, pool: String, sku: PoolSku },
    /// One more database for the group.
    Add { database: String },
}

/// What the pool on the partner is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSku {
    /// `GeneralPurpose`, …
    pub tier: String,
    pub capacity: i64,
    /// It is on the partner server already.
    pub is_there: bool,
}

/// A step: what it does, and the call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub words: String,
    pub text: String,
}

/// A request that is to be sent: method, resource id, body.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub words: String,
    pub method: &'static str,
    pub id: String,
    pub body: Option<Value>,
}

impl Sample {
    pub fn database(&self) -> &str {
        match self {
            Self::Single { database } | Self::Pooled { database, .. } | Self::Add { database } => database,
        }
    }

    fn words(&self, form: &GroupForm, step: Step) -> String {
        let (d, a, b) = (self.database(), &form.primary.instance, &form.secondary.instance);
        match step {
            Step::Pool => format!("a pool of the same name on {b}"),
            Step::Copy => format!("copy {d} from {a} to {b}"),
            Step::Add => format!("{d} into failover group {}, at its primary {a}", form.name),
            Step::See => match self {
                Self::Add { .. } => format!("see {d} in the group"),
                _ => format!("see the copy reach CATCH_UP, asked of {a}"),
            },
        }
    }

    fn steps(&self) -> Vec<Step> {
        match self {
            Self::Single { .. } => vec![Step::Copy, Step::See],
            Self::Pooled { sku, .. } if sku.is_there => vec![Step::Copy, Step::See],
            Self::Pooled { .. } => vec![Step::Pool, Step::Copy, Step::See],
            Self::Add { .. } => vec![Step::Add, Step::See],
        }
    }

    fn adds(&self) -> bool {
        matches!(self, Self::Add { .. })
    }

    fn pool(&self) -> Option<&str> {
        match self {
            Self::Pooled { pool, .. } => Some(pool),
            _ => None,
        }
    }

    pub fn az(&self, form: &GroupForm) -> Vec<Call> {
        let (a, b) = (&form.primary, &form.secondary);
        let of = |step| match step {
            Step::Pool => {
                let (pool, sku) = (self.pool().unwrap_or_default(), self.sku());
                let capacity = sku.capacity.to_string();
                let mut options = at_az(b);
                options.push(("--name", Some(pool)));
                options.push(("--edition", Some(&sku.tier)));
                options.push(("--capacity", Some(&capacity)));
                if sku.has_family() {
                    options.push(("--family", Some(FAMILY)));
                }
                command("az sql elastic-pool create", &options, quote::sh)
            }
            Step::Copy => {
                let mut options = at_az(a);
                options.push(("--name", Some(self.database())));
                options.push(("--partner-server", Some(&b.instance)));
                options.push(("--partner-resource-group", Some(&b.resource_group.name)));
                if let Some(pool) = self.pool() {
                    options.push(("--elastic-pool", Some(pool)));
                }
                command("az sql db replica create", &options, quote::sh)
            }
            Step::Add => {
                let mut options = at_az(a);
                options.push(("--name", Some(&form.name)));
                options.push(("--add-db", Some(self.database())));
                command("az sql failover-group update", &options, quote::sh)
            }
            Step::See if self.adds() => server::az(form, Verb::Show),
            Step::See => {
                let mut options = at_az(a);
                options.push(("--name", Some(self.database())));
                command("az sql db replica list-links", &options, quote::sh)
            }
        };
        self.calls(form, of)
    }

    pub fn powershell(&self, form: &GroupForm) -> Vec<Call> {
        let (a, b) = (&form.primary, &form.secondary);
        let of = |step| match step {
            Step::Pool => {
                let (pool, sku) = (self.pool().unwrap_or_default(), self.sku());
                let capacity = sku.capacity.to_string();
                let mut options = at_powershell(b);
                options.push(("-ElasticPoolName", Some(pool)));
                options.push(("-Edition", Some(&sku.tier)));
                if sku.has_family() {
                    options.push(("-VCore", Some(&capacity)));
                    options.push(("-ComputeGeneration", Some(FAMILY)));
                } else {
                    options.push(("-Dtu", Some(&capacity)));
                }
                in_context(b, &command("New-AzSqlElasticPool", &options, quote::powershell))
            }
            Step::Copy => {
                let mut options = at_powershell(a);
                options.push(("-DatabaseName", Some(self.database())));
                options.push(("-PartnerResourceGroupName", Some(&b.resource_group.name)));
                options.push(("-PartnerServerName", Some(&b.instance)));
                if let Some(pool) = self.pool() {
                    options.push(("-SecondaryElasticPoolName", Some(pool)));
                }
                options.push(("-AllowConnections", Some("All")));
                in_context(a, &command("New-AzSqlDatabaseSecondary", &options, quote::powershell))
            }
            Step::Add => in_context(a, &server::in_or_out(form, "Add-AzSqlDatabaseToFailoverGroup", self.database())),
            Step::See if self.adds() => server::powershell(form, Verb::Show),
            Step::See => {
                let mut options = at_powershell(a);
                options.push(("-DatabaseName", Some(self.database())));
                options.push(("-PartnerResourceGroupName", Some(&b.resource_group.name)));
                options.push(("-PartnerServerName", Some(&b.instance)));
                in_context(a, &command("Get-AzSqlDatabaseReplicationLink", &options, quote::powershell))
            }
        };
        self.calls(form, of)
    }

    /// `held`: ids of the databases that the group has: a PUT replaces the list, so they are sent again.
    pub fn rest(&self, form: &GroupForm, held: &[String]) -> Vec<Request> {
        let (a, b) = (&form.primary, &form.secondary);
        let source = format!("{}/databases/{}", a.id, self.database());
        let of = |step| match step {
            Step::Pool => {
                let sku = self.sku();
                let name = if sku.has_family() { short(&sku.tier) } else { format!("{}Pool", sku.tier) };
                let body = json!({ "location": b.location,
                    "sku": { "name": name, "tier": sku.tier, "capacity": sku.capacity } });
                ("PUT", format!("{}/elasticPools/{}", b.id, self.pool().unwrap_or_default()), Some(body))
            }
            Step::Copy => {
                let mut body = json!({ "location": b.location, "properties": {
                    "createMode": "Secondary", "secondaryType": "Geo", "sourceDatabaseId": source } });
                if let Some(pool) = self.pool() {
                    body["properties"]["elasticPoolId"] = json!(format!("{}/elasticPools/{pool}", b.id));
                }
                ("PUT", format!("{}/databases/{}", b.id, self.database()), Some(body))
            }
            Step::Add => {
                let mut all: Vec<&String> = held.iter().filter(|id| !id.eq_ignore_ascii_case(&source)).collect();
                all.push(&source);
                (
                    "PATCH",
                    format!("{}/failoverGroups/{}", a.id, form.name),
                    Some(json!({ "properties": { "databases": all } })),
                )
            }
            Step::See => match self {
                Self::Add { .. } => ("GET", format!("{}/failoverGroups/{}", a.id, form.name), None),
                _ => ("GET", format!("{source}/replicationLinks"), None),
            },
        };
        let request = |step: Step| {
            let (method, id, body) = of(step);
            Request { words: self.words(form, step), method, id, body }
        };
        self.steps().into_iter().map(request).collect()
    }

    fn calls(&self, form: &GroupForm, of: impl Fn(Step) -> String) -> Vec<Call> {
        self.steps().into_iter().map(|s| Call { words: self.words(form, s), text: of(s) }).collect()
    }

    fn sku(&self) -> PoolSku {
        match self {
            Self::Pooled { sku, .. } => sku.clone(),
            _ => PoolSku { tier: String::new(), capacity: 0, is_there: true },
        }
    }
}

/// Hardware of the pool; the only one of which every region has some.
const FAMILY: &str = "Gen5";

impl PoolSku {
    /// Counted in vCores, not in DTU.
    fn has_family(&self) -> bool {
        !["Basic", "Standard", "Premium"].iter().any(|t| self.tier.eq_ignore_ascii_case(t))
    }
}

/// `GP_Gen5`, `BC_Gen5`, `HS_Gen5`.
fn short(tier: &str) -> String {
    let letters: String = tier.chars().filter(char::is_ascii_uppercase).collect();
    let letters = if tier.eq_ignore_ascii_case("Hyperscale") { "HS".to_owned() } else { letters };
    format!("{letters}_{FAMILY}")
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Pool,
    Copy,
    Add,
    See,
}

fn at_az(m: &FogMember) -> Vec<(&str, Option<&str>)> {
    vec![
        ("--subscription", Some(subscription(m))),
        ("--resource-group", Some(&m.resource_group.name)),
        ("--server", Some(&m.instance)),
    ]
}

fn at_powershell(m: &FogMember) -> Vec<(&str, Option<&str>)> {
    vec![("-ResourceGroupName", Some(&m.resource_group.name)), ("-ServerName", Some(&m.instance))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::forms::group::form;

    fn texts(calls: &[Call]) -> Vec<String> {
        calls.iter().map(|c| c.text.clone()).collect()
    }

    #[test]
    fn each_script_is_in_order_and_goes_to_the_right_server() {
        let f = form(true);
        let single = Sample::Single { database: "orders".to_owned() };
        let az = texts(&single.az(&f));
        assert!(
            az[0].starts_with("az sql db replica create")
                && az[0].contains("--server a --name orders --partner-server b"),
            "{az:?}"
        );
        assert!(az[1].starts_with("az sql db replica list-links"), "{az:?}");
        let sku = PoolSku { tier: "GeneralPurpose".to_owned(), capacity: 4, is_there: false };
        let pooled = Sample::Pooled { database: "t1".to_owned(), pool: "pool".to_owned(), sku };
        let az = texts(&pooled.az(&f));
        assert!(az[0].starts_with("az sql elastic-pool create") && az[0].contains("--server b --name pool"), "{az:?}");
        assert!(az[1].contains("--server a") && az[1].contains("--elastic-pool pool"), "{az:?}");
        let ps = texts(&pooled.powershell(&f));
        assert!(ps[0].contains("New-AzSqlElasticPool") && ps[1].contains("-SecondaryElasticPoolName pool"), "{ps:?}");
        let rest = pooled.rest(&f, &[]);
        assert!(
            rest[0].id.ends_with("/servers/b/elasticPools/pool") && rest[1].id.ends_with("/servers/b/databases/t1")
        );
        assert_eq!(rest[0].body.as_ref().unwrap()["sku"]["name"], "GP_Gen5");
        let add = Sample::Add { database: "notes".to_owned() };
        assert!(texts(&add.az(&f))[0].ends_with("--server a --name fog --add-db notes"));
        let held = vec![format!("{}/databases/orders", f.primary.id)];
        let rest = add.rest(&f, &held);
        assert_eq!(rest[0].body.as_ref().unwrap()["properties"]["databases"].as_array().unwrap().len(), 2);
        assert!(rest[0].id.contains("/servers/a/failoverGroups/fog"));
    }
}
