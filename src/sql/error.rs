//! What a server's message number means: class, whether to try again, and the next step.

use crate::base::error::Error;
use crate::base::error::Kind;
use std::fmt::Write;

/// Why a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Not let in.
    Login,
    /// Let in, but not allowed.
    Permission,
    /// The object does not exist, or is hidden.
    NotFound,
    AlreadyExists,
    /// The statement belongs on the other side, or on the primary.
    WrongSide,
    /// The object is in a state that forbids it.
    WrongState,
    /// This build or edition cannot do it.
    Unsupported,
    /// The same statement may succeed later.
    Transient,
    /// The session is gone.
    ConnectionLost,
    /// The server says itself that part of it may have been done.
    Ambiguous,
    /// Backup chain or missing log.
    LogChain,
    Certificate,
    /// The link refuses or has failed.
    Link,
    ReadOnly,
    Other,
}

/// Meaning of a message number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    pub class: Class,
    pub retryable: bool,
    pub hint: Option<&'static str>,
}

/// Classifies a number (facts: mi-link 10, sql-server-hadr (e)).
pub fn meaning(number: i32) -> Meaning {
    let class = class(number);
    Meaning { class, retryable: matches!(class, Class::Transient | Class::ConnectionLost), hint: hint(number) }
}

fn class(number: i32) -> Class {
    match number {
        18456 | 18452 | 18470 | 18486..=18488 | 4060 | 4064 | 40532 | 40615 | 17892 | 17806 => Class::Login,
        229 | 230 | 262 | 297 | 300 | 916 | 15247 | 35222 => Class::Permission,
        208 | 911 | 15151 | 19510 | 19508 | 19501 | 35210 | 35238 | 41100 | 41132 | 41133 | 41148 | 41167..=41169 => {
            Class::NotFound
        }
        1801 | 7862 | 7874 | 15025 | 15232 | 15433 | 15578 | 19502 | 19507 | 19509 | 35244 | 35259 | 35280 | 41042
        | 41045 | 41106 | 41114 | 41965 => Class::AlreadyExists,
        35251 | 35252 | 35240 | 41122 | 41140 | 47517 | 41970 | 41195 => Class::WrongSide,
        102 | 156 | 207 | 319 | 2812 | 19499 | 19504 | 35221 | 41199 | 41906 | 41953 | 47105 | 47122 | 41901
        | 41902 | 41904 | 35104 => Class::Unsupported,
        1205
        | 1222
        | 921
        | 922
        | 952
        | 988
        | 983
        | 1807
        | 3023
        | 3948
        | 17187
        | 18401
        | 35220
        | 40613
        | 41113
        | 41138
        | 41186
        | 41187
        | 41190
        | 41954..=41961
        | 41964
        | 41968
        | 47512
        | 47513 => Class::Transient,
        596 | 6005 | 10054 | 10060 | 233 => Class::ConnectionLost,
        41149 | 41153 | 41159 | 41165 | 41184 | 41189 => Class::Ambiguous,
        1408 | 1412 | 1475 | 1478 | 4208 | 4214 | 9002 => Class::LogChain,
        15208
        | 15212..=15215
        | 15297
        | 15315
        | 15352
        | 15559
        | 15581
        | 28055
        | 33111
        | 33127
        | 41963
        | 41973
        | 41974 => Class::Certificate,
        3906 | 3908 | 976 | 978 | 979 => Class::ReadOnly,
        927
        | 942
        | 945
        | 924
        | 957
        | 1465..=1469
        | 1488
        | 3104
        | 3702
        | 3752
        | 5061
        | 5069
        | 5070
        | 35239
        | 35242
        | 35253
        | 41104
        | 41134
        | 41142..=41144
        | 19503
        | 19511
        | 19513
        | 47129 => Class::WrongState,
        41429 | 41907..=41952 | 41962 | 41969 | 41971..=41999 | 47500..=47526 => Class::Link,
        _ => Class::Other,
    }
}

fn hint(number: i32) -> Option<&'static str> {
    Some(match number {
        18456 => "check the login and its password; the server's error log holds the real state of the failure",
        18452 => "use SQL or Microsoft Entra authentication: Windows authentication does not carry over",
        18470 => "the login is disabled: enable it, or use another one",
        18486..=18488 => "the login is locked, or its password has expired or must be changed",
        4060 | 4064 => "check the database's name and state, and that the login has a user in it",
        229 | 262 | 297 | 300 => "grant the permission that `check` names for this statement",
        15247 | 15151 => "check the name, and that the login may see and alter the object",
        2812 => "install the servicing update that brings the link's procedures, then restart the instance",
        1408 | 1412 => {
            "log needed by the seeding was truncated: delete the link, hold log backups back or use trace flag 12381, create it again"
        }
        1475 => "take a full backup without COPY_ONLY",
        1468 => "a database in an availability group refuses this; take it out of the group first",
        3906 => "this copy is read-only: it is the secondary",
        9002 => "back up the log or add space; on a link the log waits for the secondary",
        15581 | 28055 => "create the master key in `master`; the certificate's private key must be protected by it",
        15578 => "the master key exists already",
        19499 => "this build does not understand `;Server=[…]` in a listener URL: install the Azure Connect pack",
        19504 => "planned failover of a link by T-SQL needs SQL Server 2022 CU13 or later",
        47517 => "run the failover of a link on its current primary",
        47514..=47516 => "the secondary is too far behind: let it catch up, then try again",
        47512 | 47513 => "a failover of this link is running: wait for its end",
        35221 | 47105 => "enable Always On availability groups for the instance and restart it",
        35237 => "the replica must bear the name that `SELECT @@SERVERNAME` answers",
        35250 => "the connection to the primary is down: check endpoint, certificates and firewall",
        41962 | 41986 => "replication did not start: check the network both ways (5022, and 11000-11999 towards Azure)",
        41963 => "the certificate serves another feature: create another one for the endpoint",
        41973 => "upload the SQL Server endpoint certificate to the managed instance",
        41974 => "import the managed instance's certificate under its full domain name, and the Azure roots",
        41976 => {
            "the partner's group does not answer: check the names of AG and DAG and the `;Server=[…]` part of the URL"
        }
        41977 => "connected, but the target database is silent: check names and `GRANT CREATE ANY DATABASE`",
        41947 | 41915 => "memory-optimised data needs the Business Critical tier",
        41948 | 41921 => "a linked database must have exactly one log file",
        41950 | 41907 => "remove FILESTREAM and FileTables",
        41951 => "remove the defunct files",
        41923 | 33111 => "upload the TDE certificate to the managed instance first",
        41939 | 47526 => "move the persistent version store to the PRIMARY filegroup",
        41985 => "this link does not allow a forced failover: deleting it is its failover",
        41988 | 41984 => "the update policy must match the SQL Server version, or make the link one-way",
        41998 => "the mirroring endpoint must require encryption",
        41964 => "a link is being created on the instance: wait, or delete that link",
        41970 => "run the planned failover on the current primary",
        41972 => "single- and multi-database links cannot stand side by side on one instance",
        47500 | 47501 => "create the link with automatic seeding and asynchronous commit",
        41429 | 47502 | 47503 | 47519 => "the availability group of a link must hold exactly one database",
        _ => return None,
    })
}

/// An error that the server answered a statement with.
pub(super) fn from_server(id: &str, change: bool, token: &tiberius::error::TokenError) -> Error {
    let number = i32::try_from(token.code()).unwrap_or(i32::MAX);
    let meaning = meaning(number);
    let kind = match meaning.class {
        Class::Ambiguous | Class::ConnectionLost if change => Kind::AnswerLost,
        Class::ConnectionLost => Kind::Unreachable,
        Class::Permission => Kind::Denied,
        _ => Kind::Server,
    };
    let text = token.message().trim_end_matches(['.', '\r', '\n']);
    let line = token.line();
    let mut message = format!("server error {number}: {text}");
    if line > 1 {
        let _ = write!(message, " (line {line} of {id})");
    }
    let error = Error::new(kind, message).number(number);
    match meaning.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_refusals_of_a_failover_differ() {
        assert_eq!(meaning(19504).class, Class::Unsupported);
        assert_eq!(meaning(47517).class, Class::WrongSide);
        assert_eq!(meaning(47122).class, Class::Unsupported);
        assert!(meaning(47513).retryable && !meaning(47517).retryable);
    }

    #[test]
    fn link_numbers_have_their_own_meaning() {
        for number in [41962, 41973, 41974, 41976, 41977, 41986, 41988] {
            assert!(meaning(number).hint.is_some(), "{number}");
        }
        assert_eq!(meaning(41965).class, Class::AlreadyExists);
        assert_eq!(meaning(41968).class, Class::Transient);
        assert_eq!(meaning(999_999).class, Class::Other);
    }
}
