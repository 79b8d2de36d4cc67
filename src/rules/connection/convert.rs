//! A connection string led over from an instance's own name to a listener; every other byte of it stays.

use super::make::STANDBY;
use super::names::Covering;
use super::names::Door;
use super::names::Named;
use super::names::Regional;
use super::names::recognise;
use super::parse::Parsed;
use super::parse::parse;
use crate::base::error::Error;
use crate::base::error::Result;

/// Port of an instance's public endpoint (facts: failover-groups 4.1).
const PUBLIC_PORT: u16 = 3342;

/// A string that was led over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    pub string: String,
    pub from: String,
    pub to: String,
    pub group: String,
    pub warnings: Vec<String>,
}

fn public() -> Error {
    Error::refused("it goes to the public endpoint, and a listener does not answer there: only inside the virtual network, on port 1433")
        .hint("bring the client into the network (same, peered, VPN or ExpressRoute) and give the instance's VNet-local name, port 1433")
}

/// `group`: as the user names it; `read_only`: to the secondary's listener.
pub fn convert(text: &str, estate: &[Regional], group: Option<&str>, read_only: bool) -> Result<Converted> {
    let text = text.trim_end_matches(['\r', '\n']);
    let parsed = parse(text).map_err(|why| {
        Error::usage(format!("the connection string cannot be read: {why}"))
            .hint("ADO.NET, ODBC, JDBC and URL forms are known; quote it as one word, or pipe it in: milink listener convert -")
    })?;
    if parsed.server.port == Some(PUBLIC_PORT) {
        return Err(public());
    }
    let host = &parsed.server.host;
    let (server, domain) = match recognise(host, estate) {
        Some(Named::Regional { door: Door::Public, .. }) => return Err(public()),
        Some(Named::Regional { door: Door::Private, .. }) => {
            return Err(Error::refused("it goes to a private endpoint, and that belongs to one server for good")
                .hint("give the server's own name, and reach it without the private endpoint"));
        }
        Some(Named::Regional { server, door: Door::Own, domain }) => (server, domain),
        Some(Named::Listener { group: found, is_read_only }) => {
            if group.is_some_and(|g| !g.eq_ignore_ascii_case(&found)) || is_read_only != read_only {
                return Err(Error::refused(format!("it names a listener of failover group {found} already: {host}"))
                    .hint(format!("milink listener strings {found}")));
            }
            return Ok(Converted {
                string: text.to_owned(),
                from: host.clone(),
                to: host.clone(),
                group: found,
                warnings: warnings(&parsed, None, read_only),
            });
        }
        None => return Err(stranger(host, estate)),
    };
    let covering = choose(server, group, parsed.database.as_deref())?;
    let middle = if read_only { ".secondary." } else { "." };
    let to = format!("{}{middle}{domain}", covering.group);
    let mut string = text.to_owned();
    if read_only && !parsed.is_read_only {
        let (at, before, after) = parsed.more;
        string.insert_str(at, &format!("{before}ApplicationIntent=ReadOnly{after}"));
    }
    if let Some(instance) = &parsed.server.instance {
        string.replace_range(instance.clone(), "");
    }
    string.replace_range(parsed.server.at.clone(), &to);
    Ok(Converted {
        string,
        from: host.clone(),
        to,
        group: covering.group.clone(),
        warnings: warnings(&parsed, Some(covering), read_only),
    })
}

fn stranger(host: &str, estate: &[Regional]) -> Error {
    if let Some(group) = estate.iter().flat_map(|r| &r.groups).find(|g| g.group.eq_ignore_ascii_case(host)) {
        return Error::refused(format!(
            "{host} is the name of a failover group, and no server's: it lacks zone and suffix"
        ))
        .hint(format!("milink listener strings {}", group.group));
    }
    let known: Vec<String> = estate.iter().map(|r| r.label.clone()).collect();
    Error::refused(format!("{host} is no instance and no server of the estate file in Azure"))
        .hint(format!("known: {}; the whole name is needed, such as NAME.ZONE.database.windows.net", known.join(", ")))
}

fn choose<'a>(server: &'a Regional, group: Option<&str>, database: Option<&str>) -> Result<&'a Covering> {
    if let Some(wanted) = group {
        return server.groups.iter().find(|g| g.group.eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            Error::refused(format!("{} is no member of failover group {wanted}", server.site)).hint("milink fog list")
        });
    }
    let all: Vec<&Covering> = match (server.groups.as_slice(), database) {
        ([_], None) => server.groups.iter().collect(),
        (all, Some(database)) => {
            // A list that names it goes before a group that takes the rest.
            let named = all.iter().filter(|g| g.databases.is_some() && g.takes(database)).collect::<Vec<_>>();
            if named.is_empty() { all.iter().filter(|g| g.databases.is_none()).collect() } else { named }
        }
        (all, None) => all.iter().collect(),
    };
    match (all.as_slice(), database) {
        ([one], _) => Ok(one),
        ([], Some(database)) if !server.groups.is_empty() => Err(Error::refused(format!(
            "no failover group of {} takes database {database}: it would not fail over",
            server.site
        ))
        .hint("add it to `databases` of a [[failover_group]], then: milink fog update")),
        ([], _) => Err(Error::refused(format!("{} is in no failover group of the estate file", server.site))
            .hint("add a [[failover_group]]")),
        (several, _) => Err(Error::usage(format!("{} is in several failover groups: name one", server.site)).hint(
            format!("--group {}", several.iter().map(|g| g.group.as_str()).collect::<Vec<_>>().join(" or --group ")),
        )),
    }
}

fn warnings(parsed: &Parsed, covering: Option<&Covering>, read_only: bool) -> Vec<String> {
    let mut all = Vec::new();
    if parsed.trusts {
        all.push(
            "it takes any certificate (TrustServerCertificate): remove that; the listener's certificate is valid"
                .to_owned(),
        );
    }
    if parsed.is_encrypted == Some(false) {
        all.push("it does not encrypt: say Encrypt=True".to_owned());
    }
    if parsed.has_partner {
        all.push("it names a mirroring partner: remove that; the listener follows by itself".to_owned());
    }
    if parsed.server.port.is_some_and(|p| p != 1433) {
        all.push("a listener answers on port 1433 alone: the string names another".to_owned());
    }
    if parsed.is_read_only && !read_only {
        all.push("it asks for reads only: --read-only leads it to the secondary's listener".to_owned());
    }
    if read_only && covering.is_some_and(|c| c.standby) {
        all.push(STANDBY.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Kind;
    use crate::rules::connection::names::estate;

    fn to(text: &str) -> String {
        convert(text, &estate(), None, false).unwrap_or_else(|e| panic!("{}: {text}", e.chain())).string
    }

    #[test]
    fn only_the_server_changes() {
        for (from, wanted) in [
            (
                "Server=tcp:mi-a.a1.database.windows.net,1433;Initial Catalog=d;User ID=u;Password=\"mi-a.a1;x\";Encrypt=True",
                "Server=tcp:fog.a1.database.windows.net,1433;Initial Catalog=d;User ID=u;Password=\"mi-a.a1;x\";Encrypt=True",
            ),
            (
                "jdbc:sqlserver://MI-B.a1.database.windows.net:1433;encrypt=true",
                "jdbc:sqlserver://fog.a1.database.windows.net:1433;encrypt=true",
            ),
            (
                "sqlserver://u:p@mi-a.a1.database.windows.net?database=d",
                "sqlserver://u:p@fog.a1.database.windows.net?database=d",
            ),
            ("Server=srv-a.database.windows.net;Database=stock", "Server=rest.database.windows.net;Database=stock"),
            ("Server=fog.a1.database.windows.net;Database=d\n", "Server=fog.a1.database.windows.net;Database=d"),
        ] {
            assert_eq!(to(from), wanted);
        }
        let read = convert("Server=mi-a.a1.database.windows.net;Database=d", &estate(), None, true).unwrap();
        assert_eq!(read.string, "Server=fog.secondary.a1.database.windows.net;Database=d;ApplicationIntent=ReadOnly;");
        let url = convert("sqlserver://u@mi-a.a1.database.windows.net", &estate(), None, true).unwrap();
        assert_eq!(url.string, "sqlserver://u@fog.secondary.a1.database.windows.net?ApplicationIntent=ReadOnly");
    }

    #[test]
    fn what_is_refused_says_why_and_shows_no_password() {
        for (text, kind, word) in [
            ("Server=mi-a.public.a1.database.windows.net;Password=hunter2", Kind::Refused, "public endpoint"),
            ("Server=tcp:mi-a.a1.database.windows.net,3342;Password=hunter2", Kind::Refused, "public endpoint"),
            ("Server=mi-a.privatelink.a1.database.windows.net;Password=hunter2", Kind::Refused, "private endpoint"),
            ("Server=elsewhere;Password=hunter2", Kind::Refused, "no instance"),
            ("Server=fog;Password=hunter2", Kind::Refused, "zone and suffix"),
            ("Server=mi-alone.a1.database.windows.net;Password=hunter2", Kind::Refused, "no failover group"),
            ("Server=srv-a.database.windows.net;Password=hunter2", Kind::Usage, "several"),
            (
                "Server=srv-a.database.windows.net;Database=other;Password=hunter2",
                Kind::Refused,
                "takes database other",
            ),
            ("Server=fog.secondary.a1.database.windows.net;Password=hunter2", Kind::Refused, "already"),
            ("Password=hunter2", Kind::Usage, "no `Server=`"),
        ] {
            let e = convert(text, &estate(), None, false).expect_err(text);
            assert_eq!(e.kind(), kind, "{}", e.chain());
            assert!(e.chain().contains(word), "`{}` does not say `{word}`", e.chain());
            assert!(!format!("{} {:?}", e.chain(), e.get_hint()).contains("hunter2"));
        }
    }
}
