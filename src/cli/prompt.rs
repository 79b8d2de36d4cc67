//! Asks on the terminal: secrets without echo, names typed again, yes or no.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::base::redact::secret;
use crate::config::secret::NoPrompt;
use crate::config::secret::Prompt;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::KeyModifiers;
use ratatui::crossterm::event::read;
use ratatui::crossterm::terminal::disable_raw_mode;
use ratatui::crossterm::terminal::enable_raw_mode;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Arc;

/// Longest answer taken, in characters.
const ANSWER_MAX: usize = 4096;

/// Asks the person at the terminal; refuses if there is none or input is off.
pub fn prompt(input: bool) -> Arc<dyn Prompt> {
    if can_ask(input) { Arc::new(Terminal) } else { Arc::new(NoPrompt) }
}

/// Is there somebody to ask?
pub fn can_ask(input: bool) -> bool {
    input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

struct Terminal;

impl Prompt for Terminal {
    fn secret(&self, what: &str) -> Result<SecretString> {
        ask(&format!("{what}: "), false).map(secret)
    }
}

/// Asks for a line; the caller has made sure that there is a terminal.
pub fn line(question: &str) -> Result<String> {
    ask(question, true)
}

fn ask(question: &str, echo: bool) -> Result<String> {
    let failed = |e: std::io::Error| Error::usage("the terminal cannot be read").caused_by(e);
    let mut err = std::io::stderr();
    write!(err, "{question}").and_then(|()| err.flush()).map_err(failed)?;
    let raw = RawMode::enter().map_err(failed)?;
    let answer = keys(echo, &mut err);
    drop(raw);
    writeln!(err).map_err(failed)?;
    answer
}

fn keys(echo: bool, err: &mut std::io::Stderr) -> Result<String> {
    let failed = |e: std::io::Error| Error::usage("the terminal cannot be read").caused_by(e);
    let mut answer = String::new();
    loop {
        let Event::Key(key) = read().map_err(failed)? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let shown = match key.code {
            KeyCode::Enter => return Ok(answer),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Error::new(Kind::Interrupted, "interrupted"));
            }
            KeyCode::Esc => return Err(Error::new(Kind::Interrupted, "interrupted")),
            KeyCode::Backspace => answer.pop().map(|_| "\x08 \x08".to_owned()),
            KeyCode::Char(c) if answer.len() < ANSWER_MAX => {
                answer.push(c);
                Some(c.to_string())
            }
            _ => None,
        };
        if let Some(shown) = shown.filter(|_| echo) {
            write!(err, "{shown}").and_then(|()| err.flush()).map_err(failed)?;
        }
    }
}

/// Raw mode that ends with the scope, however it is left.
struct RawMode;

impl RawMode {
    fn enter() -> std::io::Result<Self> {
        enable_raw_mode().map(|()| Self)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}
