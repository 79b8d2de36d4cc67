//! PowerShell as far as a job that tries a port needs it: `Test-NetConnection` (`tnc`) with its parameters, `Select-Object`,
//! `Format-List`, joined by pipes. Everything else is the shell's own error, never an empty answer.

use crate::base::clock::pause;
use crate::lab::world::instance::Instance;
use std::sync::Arc;
use std::time::Duration;

/// How long a try of a port that nothing answers takes. A Windows machine sends three SYNs in 21 s; a lab does not make people
/// wait for a known answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Text that a step wrote, and whether it ended well.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) ok: bool,
}

fn wrong(text: String) -> Said {
    Said { text, ok: false }
}

/// Names and values of one object.
type Object = Vec<(String, String)>;

/// Runs a step's command on the machine of an instance.
pub(super) async fn run(instance: &Arc<Instance>, command: &str) -> Said {
    let mut text = String::new();
    for line in command.split(['\n', ';']).map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match pipeline(instance, line).await {
            Ok(said) => text.push_str(&said),
            Err(why) => return wrong(format!("{text}{why}")),
        }
    }
    Said { text, ok: true }
}

async fn pipeline(instance: &Arc<Instance>, line: &str) -> Result<String, String> {
    let mut stages = line.split('|').map(str::trim);
    let first = words(stages.next().unwrap_or_default());
    let (verb, rest) = first.split_first().ok_or("An empty pipe element is not allowed.")?;
    if !["test-netconnection", "tnc"].contains(&verb.to_ascii_lowercase().as_str()) {
        return Err(unknown(verb));
    }
    let wanted = Wanted::read(rest)?;
    let (open, address) = connect(instance, &wanted.computer, wanted.port).await;
    let mut value = if wanted.quiet {
        vec![(String::new(), word(open).to_owned())]
    } else {
        vec![
            ("ComputerName".to_owned(), wanted.computer.clone()),
            ("RemoteAddress".to_owned(), address),
            ("RemotePort".to_owned(), wanted.port.to_string()),
            ("TcpTestSucceeded".to_owned(), word(open).to_owned()),
        ]
    };
    for stage in stages {
        let stage = words(stage);
        let (verb, rest) = stage.split_first().ok_or("An empty pipe element is not allowed.")?;
        match verb.to_ascii_lowercase().as_str() {
            "select" | "select-object" => value = select(&value, &rest.join(" ")),
            "format-list" | "fl" | "out-string" => {}
            _ => return Err(unknown(verb)),
        }
    }
    Ok(show(&value))
}

fn word(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

fn unknown(verb: &str) -> String {
    format!(
        "The term '{verb}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
    )
}

/// Blanks part words, quotes hold them together.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut open, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c.is_whitespace() => {
                if !open.is_empty() {
                    all.push(std::mem::take(&mut open));
                }
            }
            _ => open.push(c),
        }
    }
    if !open.is_empty() {
        all.push(open);
    }
    all
}

struct Wanted {
    computer: String,
    port: u16,
    quiet: bool,
}

impl Wanted {
    fn read(rest: &[String]) -> Result<Self, String> {
        let (mut computer, mut port, mut quiet) = (None, None, false);
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            let Some(parameter) = word.strip_prefix('-') else {
                computer = Some(word.clone());
                continue;
            };
            let value = rest.next().cloned().unwrap_or_default();
            match parameter.to_ascii_lowercase().as_str() {
                "computername" => computer = Some(value),
                "port" => port = value.parse().ok(),
                "informationlevel" => quiet = value.eq_ignore_ascii_case("Quiet"),
                other => {
                    return Err(format!(
                        "Test-NetConnection : A parameter cannot be found that matches parameter name '{other}'."
                    ));
                }
            }
        }
        let computer = computer.ok_or("Test-NetConnection : a computer name is missing")?;
        let port = port.ok_or("Test-NetConnection : Cannot bind parameter 'Port'.")?;
        Ok(Self { computer, port, quiet })
    }
}

/// Tries the port over the lab's network, from where the instance stands.
async fn connect(instance: &Arc<Instance>, host: &str, port: u16) -> (bool, String) {
    let address = instance.network.address_of(host).unwrap_or_default();
    let dial = instance.network.connect(&instance.config.host, host, port);
    let open = tokio::select! {
        biased;
        dialled = dial => dialled.is_ok(),
        () = pause(PATIENCE) => false,
    };
    (open, address)
}

fn select(value: &Object, names: &str) -> Object {
    let wanted = names.split(',').map(str::trim).filter(|n| !n.is_empty());
    wanted
        .map(|n| {
            let found = value.iter().find(|(name, _)| name.eq_ignore_ascii_case(n));
            found.cloned().unwrap_or_else(|| (n.to_owned(), String::new()))
        })
        .collect()
}

fn show(value: &Object) -> String {
    if let [(name, only)] = value.as_slice()
        && name.is_empty()
    {
        return format!("{only}\r\n");
    }
    let width = value.iter().map(|(n, _)| n.len()).max().unwrap_or(0);
    let lines: Vec<String> = value.iter().map(|(n, v)| format!("{n:width$} : {v}")).collect();
    format!("\r\n{}\r\n\r\n", lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_blanks_and_held_by_quotes() {
        assert_eq!(words("tnc 'a b' -Port 5022"), ["tnc", "a b", "-Port", "5022"]);
        assert!(Wanted::read(&words("h -Port 70000")).is_err());
        assert!(Wanted::read(&words("h -Port 1 -Force x")).is_err());
    }

    #[test]
    fn a_list_has_a_line_a_property() {
        let value = vec![("RemoteAddress".to_owned(), "10.0.16.5".to_owned()), ("X".to_owned(), "y".to_owned())];
        assert_eq!(
            show(&select(&value, "x, remoteaddress")),
            "\r\nX             : y\r\nRemoteAddress : 10.0.16.5\r\n\r\n"
        );
    }
}
