//! A connection string taken apart, as far as its server goes; all else stays where it is. Errors never show the string: it may
//! hold a password.

use std::ops::Range;

/// Where a string says the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    /// Of the host in the string.
    pub at: Range<usize>,
    pub port: Option<u16>,
    /// `host\instance`: with its backslash, in the string.
    pub instance: Option<Range<usize>>,
}

/// What is known of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub server: Server,
    pub database: Option<String>,
    /// It says `ApplicationIntent=ReadOnly`.
    pub is_read_only: bool,
    /// `None`: it does not say.
    pub is_encrypted: Option<bool>,
    /// It takes any certificate.
    pub trusts: bool,
    /// It names a mirroring partner.
    pub has_partner: bool,
    /// Where another `key=value` can be put in, and what goes before and after it.
    pub more: (usize, &'static str, &'static str),
}

/// One `key=value`.
struct Pair {
    /// Lower case, without blanks, `_` and `-`.
    key: String,
    value: String,
    /// Of the value without its quotes.
    at: Range<usize>,
}

fn key(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// Pairs between semicolons, from a byte on. Values stand bare, in quotes, or in braces; the closing sign is doubled inside.
fn pairs(text: &str, from: usize) -> Result<Vec<Pair>, String> {
    let mut all = Vec::new();
    let mut at = from;
    while at < text.len() {
        let rest = &text[at..];
        let Some(equals) = rest.find(['=', ';']) else {
            if rest.trim().is_empty() {
                break;
            }
            return Err("a part of it is no `key=value`".to_owned());
        };
        if rest.as_bytes()[equals] == b';' {
            if !rest[..equals].trim().is_empty() {
                return Err("a part of it is no `key=value`".to_owned());
            }
            at += equals + 1;
            continue;
        }
        let key = key(&rest[..equals]);
        let blank = rest[equals + 1..].len() - rest[equals + 1..].trim_start().len();
        let start = at + equals + 1 + blank;
        let (value, inner, end) = value(text, start)?;
        all.push(Pair { key, value, at: inner });
        let tail = text[end..].find(';').map_or(text.len(), |n| end + n);
        if !text[end..tail].trim().is_empty() {
            return Err("a quoted value in it goes on behind its quotes".to_owned());
        }
        at = tail + 1;
    }
    Ok(all)
}

/// The value that starts at a byte: what it says, where it stands without quotes, and where it ends with them.
fn value(text: &str, start: usize) -> Result<(String, Range<usize>, usize), String> {
    let close = match text[start..].chars().next() {
        Some('{') => '}',
        Some(quote @ ('"' | '\'')) => quote,
        _ => {
            let end = text[start..].find(';').map_or(text.len(), |n| start + n);
            let value = text[start..end].trim_end();
            return Ok((value.to_owned(), start..start + value.len(), end));
        }
    };
    let mut value = String::new();
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((n, c)) = chars.next() {
        if c != close {
            value.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == close) {
            value.push(c);
            chars.next();
        } else {
            let end = start + 1 + n;
            return Ok((value, start + 1..end, end + 1));
        }
    }
    Err("a quoted value in it does not end".to_owned())
}

/// `[tcp:]host[\instance][,port]` or, of a URL, `host[\instance][:port]`.
fn server(text: &str, at: Range<usize>, before_port: char) -> Result<Server, String> {
    let (mut start, end) = (at.start, at.end);
    for prefix in ["tcp:", "admin:", "np:", "lpc:"] {
        if text[start..end].get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix)) {
            if prefix != "tcp:" {
                return Err(format!("it connects by `{prefix}`, and a listener takes TCP alone"));
            }
            start += prefix.len();
        }
    }
    let body = &text[start..end];
    let (name, port) = match body.rfind(before_port) {
        Some(n) => {
            let digits = body[n + 1..].trim();
            let port = digits.parse().map_err(|_| "its port is no number".to_owned())?;
            (&body[..n], Some(port))
        }
        None => (body, None),
    };
    let name = name.trim_end();
    let blank = name.len() - name.trim_start().len();
    start += blank;
    let name = name.trim_start();
    let (host, instance) = match name.find('\\') {
        Some(n) => (&name[..n], Some(start + n..start + name.len())),
        None => (name, None),
    };
    if host.is_empty() {
        return Err("it names no server".to_owned());
    }
    Ok(Server { host: host.to_owned(), at: start..start + host.len(), port, instance })
}

fn is_yes(value: &str) -> bool {
    ["true", "yes", "mandatory", "strict", "1"].iter().any(|w| value.eq_ignore_ascii_case(w))
}

const SERVER_KEYS: [&str; 6] = ["server", "datasource", "address", "addr", "networkaddress", "servername"];

impl Parsed {
    fn new(server: Server, more: (usize, &'static str, &'static str)) -> Self {
        Self {
            server,
            database: None,
            is_read_only: false,
            is_encrypted: None,
            trusts: false,
            has_partner: false,
            more,
        }
    }
    fn take(&mut self, key: &str, value: &str) {
        match key {
            "database" | "initialcatalog" | "databasename" => self.database = Some(value.to_owned()),
            "applicationintent" => self.is_read_only = value.eq_ignore_ascii_case("ReadOnly"),
            "encrypt" => self.is_encrypted = Some(is_yes(value)),
            "trustservercertificate" => self.trusts = is_yes(value),
            "failoverpartner" => self.has_partner = !value.is_empty(),
            _ => {}
        }
    }
}

/// Takes a string apart; the error says what is wrong without showing any of it.
pub fn parse(text: &str) -> Result<Parsed, String> {
    let scheme = text
        .find("://")
        .filter(|n| text[..*n].chars().all(|c| c.is_ascii_alphanumeric() || "+.-:".contains(c)) && *n > 0);
    match scheme {
        Some(n) if text[..n].to_lowercase().starts_with("jdbc:") => jdbc(text, n + 3),
        Some(n) => url(text, n + 3),
        None => {
            let all = pairs(text, 0)?;
            let named = all.iter().find(|p| SERVER_KEYS.contains(&p.key.as_str()));
            let Some(named) = named else { return Err("it has no `Server=`".to_owned()) };
            let more = if text.trim_end().ends_with(';') { "" } else { ";" };
            let mut parsed = Parsed::new(server(text, named.at.clone(), ',')?, (text.trim_end().len(), more, ";"));
            for p in &all {
                parsed.take(&p.key, &p.value);
            }
            Ok(parsed)
        }
    }
}

/// `jdbc:sqlserver://[host[\instance][:port]][;key=value…]`.
fn jdbc(text: &str, from: usize) -> Result<Parsed, String> {
    let end = text[from..].find([';', '/', '?']).map_or(text.len(), |n| from + n);
    let all = pairs(text, text[end..].find(';').map_or(text.len(), |n| end + n + 1))?;
    let place = if text[from..end].trim().is_empty() {
        let named = all.iter().find(|p| SERVER_KEYS.contains(&p.key.as_str()));
        named.map(|p| p.at.clone()).ok_or_else(|| "it names no server".to_owned())?
    } else {
        from..end
    };
    let more = if text.trim_end().ends_with(';') { "" } else { ";" };
    let mut parsed = Parsed::new(server(text, place, ':')?, (text.trim_end().len(), more, ";"));
    for p in &all {
        parsed.take(&p.key, &p.value);
        if matches!(p.key.as_str(), "port" | "portnumber") && parsed.server.port.is_none() {
            parsed.server.port = p.value.parse().ok();
        }
    }
    Ok(parsed)
}

/// `scheme://[user[:password]@]host[:port][/database][?key=value&…]`.
fn url(text: &str, from: usize) -> Result<Parsed, String> {
    let end = text[from..].find(['/', '?', '#']).map_or(text.len(), |n| from + n);
    // A password may hold `@`: the last one is before the host.
    let host = text[from..end].rfind('@').map_or(from, |n| from + n + 1);
    let fragment = text.find('#').unwrap_or(text.len());
    let query = text[..fragment].find('?');
    let more = match query {
        Some(n) if n + 1 == fragment => "",
        Some(_) => "&",
        None => "?",
    };
    let mut parsed = Parsed::new(server(text, host..end, ':')?, (fragment, more, ""));
    let path = text[end..query.unwrap_or(fragment)].trim_matches('/');
    if !path.is_empty() {
        parsed.database = Some(decode(path));
    }
    for pair in text[query.map_or(fragment, |n| n + 1)..fragment].split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parsed.take(&key(name), &decode(value));
    }
    Ok(parsed)
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        if let (b'%', Some(byte)) = (first, hex) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn host(text: &str) -> (String, Option<u16>) {
        let p = parse(text).unwrap_or_else(|why| panic!("{why}: {text}"));
        assert_eq!(&text[p.server.at.clone()], p.server.host);
        (p.server.host, p.server.port)
    }

    #[test]
    fn the_server_is_found_in_every_form() {
        let is = |port| ("mi.z.s".to_owned(), port);
        assert_eq!(host("Server=tcp:mi.z.s,1433;Database=d;Password=\"a;Server=x\""), is(Some(1433)));
        assert_eq!(host("Password='it''s;Server=x';Data Source = mi.z.s ; Initial Catalog=d"), is(None));
        assert_eq!(host("DRIVER={ODBC Driver 18};SERVER={mi.z.s,1433};PWD={a}}b;c}"), is(Some(1433)));
        assert_eq!(host("jdbc:sqlserver://mi.z.s:1433;databaseName=d"), is(Some(1433)));
        assert_eq!(host("jdbc:sqlserver://;serverName=mi.z.s;portNumber=3342"), is(Some(3342)));
        assert_eq!(host("sqlserver://u:p@ss@mi.z.s:1433?database=d"), is(Some(1433)));
        assert_eq!(host("mssql+pyodbc://u:p@mi.z.s/d?driver=x"), is(None));
    }

    #[test]
    fn what_is_said_beside_it() {
        let p =
            parse("server=a\\b;Trust Server Certificate=yes;encrypt=no;application intent=readonly;failover partner=c");
        let p = p.unwrap();
        assert!(p.trusts && p.is_read_only && p.has_partner);
        assert_eq!((p.is_encrypted, p.server.instance), (Some(false), Some(8..10)));
        let p = parse("sqlserver://h?database=a%20b&applicationintent=ReadOnly").unwrap();
        assert_eq!((p.database.as_deref(), p.is_read_only), (Some("a b"), true));
        assert_eq!(parse("mssql://h/d").unwrap().database.as_deref(), Some("d"));
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        for text in
            ["Password=hunter2", "hunter2", "Server=a;Password=\"hunter2", "Server=np:hunter2", "Server=a,hunter2", ""]
        {
            let why = parse(text).expect_err(text);
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}
