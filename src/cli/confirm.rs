//! Approval: a yes for a plan, a name typed again for what cannot be taken back.

use super::prompt;
use super::settings::Settings;
use crate::base::error::Error;
use crate::base::error::Result;

/// Is the plan that was shown approved? `--yes` answers beforehand; without an answer nothing is changed.
pub fn approve(settings: &Settings, question: &str) -> Result<()> {
    if settings.yes {
        return Ok(());
    }
    if !prompt::can_ask(settings.input) {
        return Err(Error::usage("the plan needs approval, but input is off or there is no terminal")
            .hint("approve it beforehand with `--yes`, or look at it with `--dry-run`"));
    }
    let answer = prompt::line(&format!("{question} [y/N] "))?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Error::refused("not approved; nothing was changed"))
}

/// Has the user typed the name? `given` is the value of `--confirm`; a wrong one is never asked again.
pub fn typed(settings: &Settings, given: Option<&str>, name: &str, question: &str) -> Result<()> {
    let answer = match given {
        Some(answer) => answer.to_owned(),
        None if prompt::can_ask(settings.input) => prompt::line(&format!("{question} Type `{name}` to go on: "))?,
        None => {
            return Err(Error::usage(format!(
                "`{name}` must be typed again, but input is off or there is no terminal"
            ))
            .hint(format!("pass `--confirm {name}`")));
        }
    };
    if answer.trim() == name {
        return Ok(());
    }
    Err(Error::refused(format!("expected `{name}`, found `{}`; nothing was changed", answer.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Kind;
    use crate::cli::args::GlobalArgs;
    use crate::config::load::Environment;

    fn settings(yes: bool) -> Settings {
        let args = GlobalArgs { yes, no_input: true, ..GlobalArgs::default() };
        Settings::new(args, Environment::default()).expect("settled")
    }

    #[test]
    fn without_a_terminal_only_flags_answer() {
        assert!(approve(&settings(true), "go?").is_ok());
        let silent = approve(&settings(false), "go?").expect_err("nobody answered");
        assert_eq!(silent.kind(), Kind::Usage);
        let typed = |given| typed(&settings(true), given, "ledger", "This cannot be undone.").map_err(|e| e.kind());
        assert_eq!(typed(Some("ledger")), Ok(()));
        assert_eq!(typed(Some("Ledger")), Err(Kind::Refused));
        assert_eq!(typed(None), Err(Kind::Usage), "`--yes` does not type a name");
    }
}
