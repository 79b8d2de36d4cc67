//! `ENDPOINT_URL` and `LISTENER_URL` (facts: mi-link 5.1).

/// `tcp://host:port[;Server=[name]][;Database=[name]]`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    pub host: String,
    pub port: u16,
    pub server: Option<String>,
    pub database: Option<String>,
}

fn bracketed(value: &str) -> Option<String> {
    let inner = value.trim().strip_prefix('[')?.strip_suffix(']')?;
    (!inner.is_empty()).then(|| inner.replace("]]", "]"))
}

impl EndpointUrl {
    /// `None` for anything that is not such a URL.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(';');
        let address = parts.next()?;
        let scheme = address.get(..6)?;
        if !scheme.eq_ignore_ascii_case("tcp://") {
            return None;
        }
        let (host, port) = address[6..].trim_end_matches('/').rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(fine) {
            return None;
        }
        let port = port.parse().ok().filter(|p| *p != 0)?;
        let mut url = Self { host: host.to_owned(), port, server: None, database: None };
        for part in parts.filter(|p| !p.trim().is_empty()) {
            let (key, value) = part.split_once('=')?;
            match key.trim().to_ascii_lowercase().as_str() {
                "server" => url.server = Some(bracketed(value)?),
                "database" => url.database = Some(bracketed(value)?),
                _ => return None,
            }
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::EndpointUrl;

    #[test]
    fn takes_a_link_url_apart() {
        let u = EndpointUrl::parse("tcp://mi.zone.database.windows.net:5022;Server=[mi];Database=[a]]b]").unwrap();
        assert_eq!((u.host.as_str(), u.port), ("mi.zone.database.windows.net", 5022));
        assert_eq!((u.server.as_deref(), u.database.as_deref()), (Some("mi"), Some("a]b")));
    }

    #[test]
    fn refuses_what_is_no_endpoint() {
        for bad in [
            "http://a:1",
            "tcp://a",
            "tcp://:5022",
            "tcp://a:0",
            "tcp://a:x",
            "tcp://a:1;Server=mi",
            "tcp://a:1;Foo=[b]",
        ] {
            assert_eq!(EndpointUrl::parse(bad), None, "{bad}");
        }
    }
}
