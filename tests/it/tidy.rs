//! Rules that a compiler does not know. Each failure names file and line.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

/// Folder under `src/`, and all of our modules that it may import. Data flows one way; nothing here forms a cycle.
#[rustfmt::skip]
const LAYERS: &[(&str, &str)] = &[
    ("base",      ""),
    // `open_enum` is a macro of model::open; macros live at the crate's root.
    ("model",     "base open_enum"),
    ("config",    "base model"),
    ("pki",       "base model"),
    ("rules",     "base model"),
    ("check",     "base model config rules"),
    ("plan",      "base model config rules check journal::record"),
    ("sql",       "base model pki"),
    ("arm",       "base model open_enum"),
    ("journal",   "base model"),
    ("effects",   "base model rules sql arm journal"),
    ("probe",     "base model"),
    ("inventory", "base model pki sql arm effects probe"),
    ("engine",    "base model plan journal effects"),
    ("workflow",  "base model pki rules plan sql arm journal::record effects inventory engine"),
    ("monitor",   "base model config effects inventory"),
    ("control",   "base model engine"),
    ("app",       "base model config pki rules check plan sql arm journal effects probe inventory engine workflow monitor control"),
    ("report",    "base model rules plan engine monitor journal"),
    ("export",    "base model engine monitor report"),
    // It explains errors in place, and replays a run from its records.
    ("tui",       "base model rules plan journal::record engine monitor control app report"),
    // Never sql or arm: a bug shared with what is judged would hide itself.
    ("lab",       "base model::ids pki"),
    // It builds an App over a lab: connectors, journal and observer are handed in from here.
    ("sim",       "base model config sql arm::Transport arm::transport journal effects::fault effects::hand inventory engine workflow::hooks report app lab"),
    ("cli",       "base model config rules sql::TcpDialer plan journal effects::fault effects::hand inventory engine monitor control app report export tui lab sim"),
];

/// What is not written, why not, and the paths (parts of them) where it may be after all.
#[rustfmt::skip]
const BANNED: &[(&str, &str, &[&str])] = &[
    (concat!("to", "do!("),        "finish it, or leave it out", &[]),
    (concat!("unimple", "mented!("), "finish it, or leave it out", &[]),
    (concat!("TO", "DO"),          "finish it, or leave it out", &[]),
    (concat!("FIX", "ME"),         "finish it, or leave it out", &[]),
    (concat!("#[al", "low("),      "use expect with a reason", &[]),
    (concat!("#[ig", "nore"),      "a test runs, or is not there", &[]),
    (concat!("env::", "var("),     "config::load reads the environment", &["src/config/load.rs", "tests"]),
    (concat!("io::std", "out("),   "cli::Printer prints", &["src/cli/output.rs"]),
];

const LINES_MAX: usize = 600;

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut open = vec![PathBuf::from(folder)];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.to_string_lossy().ends_with(ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    [files("src", ".rs"), files("tests", ".rs")].concat()
}

#[track_caller]
fn none(failures: Vec<String>) {
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

#[test]
fn modules_import_only_what_their_layer_may() {
    let mut failures = Vec::new();
    for (path, text) in files("src", ".rs") {
        let parts: Vec<String> = path.iter().skip(1).map(|p| p.to_string_lossy().into_owned()).collect();
        let own = parts[0].trim_end_matches(".rs");
        if ["lib", "main", "bin"].contains(&own) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == own) else {
            failures.push(format!("{}: layer `{own}` is not in the table", path.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for import in line.split("crate::").skip(1) {
                let name =
                    |s: &str| s.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned();
                let ok = name(import) == own
                    || allowed.split_whitespace().any(|a| import.starts_with(a) && name(import) == name(a));
                if !ok {
                    failures.push(format!(
                        "{}:{}: `{own}` may not import `{}`",
                        path.display(),
                        number + 1,
                        name(import)
                    ));
                }
            }
        }
    }
    none(failures);
}

#[test]
fn files_are_short_and_mod_files_only_declare() {
    let mut failures = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            failures.push(format!("{}: {lines} lines, at most {LINES_MAX}: one concept a file", path.display()));
        }
        if path.ends_with("mod.rs") {
            let declares = |l: &str| {
                let word =
                    l.trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                l.is_empty()
                    || l.starts_with("//")
                    || l.starts_with("#[")
                    || l.starts_with("#![")
                    || word.starts_with("mod ")
                    || word.starts_with("use ")
            };
            let logic = text.lines().enumerate().find(|(_, l)| !declares(l));
            failures.extend(
                logic.map(|(n, l)| format!("{}:{}: only declarations here, found `{l}`", path.display(), n + 1)),
            );
        }
    }
    none(failures);
}

#[test]
fn banned_words_stay_out() {
    let mut failures = Vec::new();
    for (path, text) in sources() {
        let shown = path.to_string_lossy().replace('\\', "/");
        for (word, instead, except) in BANNED {
            if except.iter().any(|e| shown.contains(e)) {
                continue;
            }
            let lines = text.lines().enumerate().filter(|(_, l)| l.contains(word));
            failures.extend(lines.map(|(n, _)| format!("{shown}:{}: `{word}`: {instead}", n + 1)));
        }
    }
    none(failures);
}

/// `sql/<area>/<verb>.sql` begins with its header, is embedded once, and its id is used outside the list of embedded files.
#[test]
fn each_statement_file_is_headed_and_used() {
    let code = files("src", ".rs");
    let uses = |needle: &str, embedded: bool| {
        code.iter()
            .filter(|(p, _)| p.ends_with("sql/embedded.rs") == embedded)
            .map(|(_, t)| t.matches(needle).count())
            .sum::<usize>()
    };
    let mut failures = Vec::new();
    let statements = if Path::new("sql").exists() { files("sql", ".sql") } else { Vec::new() };
    for (path, text) in statements {
        let shown = path.to_string_lossy().replace('\\', "/");
        let file = shown.trim_start_matches("sql/");
        let id = file.trim_end_matches(".sql").replace('/', ".");
        let head: BTreeSet<&str> =
            text.lines().map_while(|l| l.strip_prefix("-- ")).filter_map(|l| l.split(':').next()).collect();
        for key in ["id", "access", "edition", "permission"].iter().filter(|k| !head.contains(*k)) {
            failures.push(format!("{shown}: no `-- {key}:` in its header"));
        }
        if !text.starts_with(&format!("-- id: {id}\n")) {
            failures.push(format!("{shown}: must begin with `-- id: {id}`"));
        }
        if uses(&format!("(\"{file}\""), true) != 1 {
            failures.push(format!("{shown}: not embedded exactly once"));
        }
        if uses(&format!("\"{id}\""), false) == 0 {
            failures.push(format!("{shown}: nothing uses `{id}`"));
        }
    }
    none(failures);
}

#[test]
fn the_changelog_names_this_version() {
    let changelog = std::fs::read_to_string("CHANGELOG.md").unwrap();
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(changelog.lines().any(|l| l.starts_with(&heading)), "no heading `{heading}` in CHANGELOG.md");
}
