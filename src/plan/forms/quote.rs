//! One function a shell: any word, so that the shell hands it on as it is.

fn is_plain(word: &str, more: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c) || more.contains(c))
}

/// For a POSIX shell, in which `az` is called.
pub fn sh(word: &str) -> String {
    if is_plain(word, ":=,@%+") { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// For PowerShell. Typographic apostrophes end a string there, too.
pub fn powershell(word: &str) -> String {
    if is_plain(word, "") && !word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return word.to_owned();
    }
    let mut text = String::from("'");
    for c in word.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201B}') {
            text.push(c);
        }
        text.push(c);
    }
    text.push('\'');
    text
}

/// A string of a Bicep file.
pub fn bicep(word: &str) -> String {
    let mut text = String::from("'");
    for c in word.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\'' => text.push_str("\\'"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c => text.push(c),
        }
    }
    text.push('\'');
    text.replace("${", "\\${")
}

/// A command with its options, each value quoted; an option without a value is a switch.
pub fn command(name: &str, options: &[(&str, Option<&str>)], quote: fn(&str) -> String) -> String {
    let mut text = name.to_owned();
    for (option, value) in options {
        text.push(' ');
        text.push_str(option);
        if let Some(value) = value {
            text.push(' ');
            text.push_str(&quote(value));
        }
    }
    text
}

/// A comment that stays one.
pub fn comment(text: &str) -> String {
    format!("# {}", crate::base::text::one_line(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that each shell would take apart.
    const ODD: [&str; 7] = ["it's", "a b", "$HOME", "`id`", "a;b&c|d", "\"x\"", ""];

    #[test]
    fn a_shell_hands_every_word_on_as_it_is() {
        assert_eq!(sh("rg-lab_1.x"), "rg-lab_1.x");
        assert_eq!(sh("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(sh("-rf"), "'-rf'");
        let words = ODD.map(sh).join(" ");
        // The shell itself is the judge, where there is one.
        if let Ok(done) = std::process::Command::new("sh").args(["-c", &format!("printf '%s\\n' {words}")]).output() {
            let said: Vec<String> = String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect();
            assert_eq!(said, ODD);
        }
    }

    #[test]
    fn powershell_and_bicep_have_rules_of_their_own() {
        assert_eq!(powershell("mi-a"), "mi-a");
        assert_eq!(powershell("it's $HOME"), "'it''s $HOME'");
        assert_eq!(powershell("a\u{2019}b"), "'a\u{2019}\u{2019}b'");
        for word in ["@x", "a,b", "8", "-x", "", "a b", "`n"] {
            assert!(powershell(word).starts_with('\''), "{word}");
        }
        assert_eq!(bicep("it's ${x}\\"), "'it\\'s \\${x}\\\\'");
    }
}
