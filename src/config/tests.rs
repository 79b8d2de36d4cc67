//! Durations, and the shape of the schema; whole files are tested in `tests/it/config.rs`.

use super::duration::parse;
use super::schema;
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn durations_are_read_exactly() {
    let ms = |n| Some(Duration::from_millis(n));
    let cases = [
        ("90s", ms(90_000)),
        ("15m", ms(900_000)),
        ("1.5h", ms(5_400_000)),
        ("0.1s", ms(100)),
        ("1h30m", ms(5_400_000)),
        ("1h 30m", ms(5_400_000)),
        ("6d", ms(518_400_000)),
        ("250ms", ms(250)),
        ("0s", ms(0)),
        ("", None),
        ("15", None),
        ("m", None),
        ("-1s", None),
        ("1.2.3s", None),
        ("1e3s", None),
        ("1w", None),
        ("99999d", None),
        ("1h30", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_the_duration_parser(text in "\\PC{0,20}") {
        let _ = parse(&text);
    }
    #[test]
    fn no_text_panics_the_file_parser(text in "\\PC{0,200}") {
        let path = std::path::Path::new("f");
        let _ = super::load::parse(&text, path, path, &super::load::Environment::default());
    }
}

#[test]
fn the_json_schema_refuses_unknown_keys_everywhere() {
    let schema = schema::json_schema();
    assert_eq!(schema["additionalProperties"], false);
    let definitions = schema["$defs"].as_object().expect("definitions");
    let sections: Vec<_> = definitions.iter().filter(|(name, _)| name.ends_with("Section")).collect();
    assert!(sections.len() >= 12, "found {} sections", sections.len());
    for (name, section) in sections {
        assert_eq!(section["additionalProperties"], false, "{name}");
    }
}
