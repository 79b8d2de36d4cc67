//! The grammar holds together; settings are settled in order; output goes where it belongs.

use super::args::Cli;
use super::args::Format;
use super::args::GlobalArgs;
use super::exit;
use super::output::Printer;
use super::settings::Settings;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::config::load::Environment;
use clap::CommandFactory;
use std::io::ErrorKind;
use std::io::Write;
use std::path::PathBuf;

#[test]
fn the_grammar_is_sound_and_every_word_is_explained() {
    Cli::command().debug_assert();
    let mut open = vec![Cli::command()];
    while let Some(command) = open.pop() {
        assert!(command.get_about().is_some(), "`{}` says nothing about itself", command.get_name());
        open.extend(command.get_subcommands().cloned());
    }
}

#[test]
fn flag_then_environment_then_default() {
    let env = Environment {
        estate: Some("env.toml".into()),
        state_dir: Some("env-state".into()),
        output: Some("jsonl".into()),
        user_state: Some("home".into()),
        ..Environment::default()
    };
    let flags = GlobalArgs {
        estate: Some("flag.toml".into()),
        state_dir: Some("flag-state".into()),
        output: Some(Format::Json),
        ..GlobalArgs::default()
    };
    let seen = |args: GlobalArgs, env: &Environment| {
        let s = Settings::new(args, env.clone()).expect("settled");
        (s.estate.clone(), s.journal_path().expect("a folder"), s.output)
    };
    let path = |p: &str| PathBuf::from(p);
    assert_eq!(seen(flags, &env), (path("flag.toml"), path("flag-state/journal.db"), Format::Json));
    assert_eq!(seen(GlobalArgs::default(), &env), (path("env.toml"), path("env-state/journal.db"), Format::Jsonl));
    let bare = Environment { user_state: Some("home".into()), ..Environment::default() };
    assert_eq!(
        seen(GlobalArgs::default(), &bare),
        (path("milink.toml"), path("home/milink/journal.db"), Format::Table)
    );
    let nowhere = Settings::new(GlobalArgs::default(), Environment::default()).expect("settled");
    assert_eq!(nowhere.journal_path().expect_err("no folder").kind(), Kind::Usage);
}

#[test]
fn errors_are_shown_once_and_the_hint_last() {
    let error = || {
        Error::new(Kind::Denied, "login failed for `app`")
            .number(18456)
            .hint("check the password")
            .caused_by(std::io::Error::other("closed"))
            .during("logging in to sql-a")
    };
    let (mut printer, captured) = Printer::captured(Format::Table);
    assert_eq!(exit::show(&error(), &mut printer).0, 5);
    assert_eq!(captured.out(), "");
    assert_eq!(
        captured.err(),
        "error: logging in to sql-a: login failed for `app`: closed\nhint: check the password\n"
    );
    let (mut printer, captured) = Printer::captured(Format::Jsonl);
    exit::show(&error(), &mut printer);
    assert_eq!(captured.err(), "");
    assert_eq!(
        captured.out(),
        "{\"schema_version\":1,\"kind\":\"denied\",\"message\":\"logging in to sql-a: login failed for `app`: closed\",\
         \"hint\":\"check the password\",\"exit_code\":5,\"number\":18456}\n"
    );
}

struct Failing(ErrorKind);

impl Write for Failing {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
    let write = |kind| {
        let mut printer = Printer::to(Format::Table, Box::new(Failing(kind)), Box::new(std::io::sink()));
        printer.line("a").and_then(|()| printer.line("b"))
    };
    assert!(write(ErrorKind::BrokenPipe).is_ok());
    assert_eq!(write(ErrorKind::StorageFull).expect_err("lost data").kind(), Kind::Usage);
}
