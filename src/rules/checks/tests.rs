use super::case::Purpose;
use super::judges;
use super::page;
use super::registry;
use std::collections::BTreeSet;

#[test]
fn each_row_has_its_function_and_each_function_its_row() {
    let rows: Vec<&str> = registry::all().iter().map(|c| c.id.as_str()).collect();
    let unique: BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), unique.len(), "an id stands twice");
    assert_eq!(registry::of_links().map(|c| c.id.as_str()).collect::<BTreeSet<_>>(), judges::ids().collect());
}

#[test]
fn rows_say_what_a_reader_needs() {
    for c in registry::all() {
        assert!(c.id.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()), "{}", c.id);
        assert!(!c.purposes.is_empty(), "{}", c.id);
        for text in [&c.title, &c.reads, &c.expected, &c.remedy, &c.source] {
            assert!(!text.trim().is_empty(), "{}", c.id);
        }
        // A section of the facts, then the page behind it.
        assert!(c.source.contains("; "), "{}: {}", c.id, c.source);
    }
    for purpose in Purpose::ALL {
        assert!(registry::all().iter().any(|c| c.purposes.contains(&purpose)), "nothing for {}", purpose.word());
    }
}

#[test]
fn a_wrong_id_finds_its_neighbour() {
    assert_eq!(registry::find("database.recovery_mode").unwrap_err(), Some("database.recovery_model"));
    assert!(registry::find("database.recovery_model").is_ok());
}

/// The page is the registry; written where asked for.
#[test]
fn the_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md");
    if option_env!("MILINK_WRITE_DOCS").is_some() {
        std::fs::write(path, page::markdown()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page::markdown(), "docs/checks.md is not fresh");
}
