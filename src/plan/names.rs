//! Names and URLs of the objects a link is made of (facts: mi-link 3.1, 5.1).

/// Local AG on SQL Server.
pub fn group(link: &str) -> String {
    format!("AG_{link}")
}

/// AG on the managed instance.
pub fn instance_group(link: &str) -> String {
    format!("AG_{link}_MI")
}

/// Endpoint certificate of an instance. `@@SERVERNAME` of a named instance holds a backslash, which a certificate's name must not.
pub fn certificate(server_name: &str) -> String {
    let clean: String = server_name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("Cert_{clean}_endpoint")
}

/// `TCP://10.0.1.8:5022`; IPv6 in brackets.
pub fn endpoint_url(host: &str, port: u16) -> String {
    if host.contains(':') { format!("TCP://[{host}]:{port}") } else { format!("TCP://{host}:{port}") }
}

/// `tcp://<fqdn>:5022;Server=[<short>]`: without the suffix the connection dies with 41976.
pub fn instance_url(fqdn: &str) -> String {
    let short = fqdn.split('.').next().unwrap_or(fqdn);
    format!("tcp://{fqdn}:5022;Server=[{short}]")
}

/// Name patterns the imported roots may vouch for, by the instance's DNS suffix.
/// Only the public cloud's pattern is documented (facts: mi-link 3.3); others follow the same form.
pub fn issuer_pattern(fqdn: &str) -> String {
    let mut labels = fqdn.splitn(3, '.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some(_), Some(_), Some(suffix)) => format!("*.{suffix}"),
        _ => "*.database.windows.net".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_shapes() {
        assert_eq!(certificate("HOST\\SQL1"), "Cert_HOST_SQL1_endpoint");
        assert_eq!(
            instance_url("mi-a.abc.database.windows.net"),
            "tcp://mi-a.abc.database.windows.net:5022;Server=[mi-a]"
        );
        assert_eq!(issuer_pattern("mi-a.abc.database.windows.net"), "*.database.windows.net");
        assert_eq!(endpoint_url("fe80::1", 5022), "TCP://[fe80::1]:5022");
    }
}
