//! Host names of the estate's own servers in a text. Nothing of the text but the name is kept: beside it stand passwords.

use super::names::Door;
use super::names::Named;
use super::names::Regional;
use super::names::recognise;

/// A place that bypasses the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub host: String,
    pub site: String,
    pub door: Door,
    /// Listeners that it could name instead; empty: in no group, or the public endpoint, which no listener replaces.
    pub listeners: Vec<String>,
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

/// Every name of an instance or logical server, in order.
pub fn scan(text: &str, estate: &[Regional]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut at = 0;
        while let Some(start) = line[at..].find(is_of_name).map(|n| at + n) {
            let end = line[start..].find(|c| !is_of_name(c)).map_or(line.len(), |n| start + n);
            at = end;
            let host = line[start..end].trim_matches('.');
            let Some(Named::Regional { server, door, domain }) = recognise(host, estate) else { continue };
            let listeners = match door {
                Door::Own => server.groups.iter().map(|g| format!("{}.{domain}", g.group)).collect(),
                Door::Public | Door::Private => Vec::new(),
            };
            hits.push(Hit {
                line: number + 1,
                column: line[..start].chars().count() + 1,
                host: host.to_owned(),
                site: server.site.clone(),
                door,
                listeners,
            });
        }
    }
    hits
}

/// The text of a file; `None`: it is none. UTF-16 is told by its mark, as Windows tools write it.
pub fn text(bytes: &[u8]) -> Option<String> {
    let utf16 = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|c| of([c[0], c[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, ..] => Some(utf16(u16::from_le_bytes)),
        [0xFE, 0xFF, ..] => Some(utf16(u16::from_be_bytes)),
        _ if bytes.contains(&0) => None,
        _ => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::connection::names::estate;

    #[test]
    fn names_are_found_in_any_format_and_listeners_are_not() {
        let text = "\
<add connectionString=\"Server=tcp:mi-a.a1.database.windows.net,1433;Password=hunter2\"/>
url: jdbc:sqlserver://fog.a1.database.windows.net:1433;databaseName=d
export DB='mssql://u:hunter2@MI-B.public.a1.database.windows.net:3342/d'
\"é\", \"srv-a.database.windows.net\", xmi-a.a1.database.windows.net, mi-a.a1.database.windows.net.evil
mi-alone.a1.database.windows.net.
";
        let hits = scan(text, &estate());
        let seen: Vec<(usize, usize, &str, usize)> =
            hits.iter().map(|h| (h.line, h.column, h.site.as_str(), h.listeners.len())).collect();
        assert_eq!(
            seen,
            [
                (1, 35, "mi-a-site", 1),
                (3, 30, "mi-b-site", 0),
                (4, 7, "srv-a-site", 2),
                (4, 67, "mi-a-site", 1),
                (5, 1, "mi-alone-site", 0)
            ]
        );
        assert_eq!(hits[0].listeners, ["fog.a1.database.windows.net"]);
        assert_eq!(hits[1].door, Door::Public);
        assert!(!format!("{hits:?}").contains("hunter2"));
    }

    #[test]
    fn files_of_windows_are_read_and_binaries_are_not() {
        let mut wide = vec![0xFF, 0xFE];
        wide.extend("srv-a.database.windows.net".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(scan(&text(&wide).unwrap(), &estate()).len(), 1);
        assert_eq!(text(b"MZ\0srv-a.database.windows.net"), None);
    }
}
