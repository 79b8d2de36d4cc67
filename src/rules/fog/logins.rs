//! Logins that a failover needs on the other side: a group replicates none (facts: failover-groups 7.2).

use crate::model::login::Login;

/// What is wrong on the other side with the logins that reach the group's databases on this one, in words; the name alone does not
/// make a login the same.
pub fn missing(here: &[Login], there: &[Login]) -> Vec<String> {
    let mut found = Vec::new();
    for login in here.iter().filter(|l| !l.is_sysadmin && !l.is_internal()) {
        match there.iter().find(|t| t.name.eq_ignore_ascii_case(&login.name)) {
            None => found.push(format!("login `{}` is missing", login.name)),
            Some(t) if !t.sid.eq_ignore_ascii_case(&login.sid) => {
                found.push(format!("login `{}` has another SID: its users would be orphans", login.name));
            }
            Some(t) if login.may_connect() && !t.may_connect() => {
                found.push(format!("login `{}` may not connect", login.name));
            }
            Some(_) => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::login::ConnectSql;

    fn login(name: &str, sid: &str) -> Login {
        Login {
            name: name.to_owned(),
            sid: sid.to_owned(),
            kind: "S".to_owned(),
            is_disabled: false,
            is_sysadmin: false,
            has_control_server: false,
            connect_sql: ConnectSql::Granted,
            default_database: None,
            user: None,
        }
    }

    #[test]
    fn the_name_the_sid_and_the_door_must_be_the_same() {
        let here = [login("app", "0x01"), login("##policy##", "0x09")];
        assert!(missing(&here, &[login("APP", "0x01")]).is_empty());
        assert!(missing(&here, &[])[0].contains("missing"));
        assert!(missing(&here, &[login("app", "0x02")])[0].contains("another SID"));
        let shut = Login { is_disabled: true, ..login("app", "0x01") };
        assert!(missing(&here, std::slice::from_ref(&shut))[0].contains("may not connect"));
        let both = std::slice::from_ref(&shut);
        assert!(missing(both, both).is_empty(), "shut on both");
        let admin = Login { is_sysadmin: true, ..login("dba", "0x03") };
        assert!(missing(&[admin], &[]).is_empty(), "administrators are not the application");
    }
}
