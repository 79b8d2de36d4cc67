use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::collate;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::collate::Pattern;
use crate::lab::tsql::eval::decimal;
use proptest::prelude::*;
use std::cmp::Ordering;

/// The textbook matcher, to judge the fast one.
fn slow(p: &[char], s: &[char]) -> bool {
    match p.split_first() {
        None => s.is_empty(),
        Some(('%', rest)) => (0..=s.len()).any(|i| slow(rest, &s[i..])),
        Some(('_', rest)) => !s.is_empty() && slow(rest, &s[1..]),
        Some((c, rest)) => s.first() == Some(c) && slow(rest, &s[1..]),
    }
}

proptest! {
    #[test]
    fn like_agrees_with_the_textbook(p in "[ab%_]{0,8}", s in "[ab]{0,10}") {
        let (pc, sc): (Vec<char>, Vec<char>) = (p.chars().collect(), s.chars().collect());
        prop_assert_eq!(Pattern::new(&p, None, Coll::Ci).matches(&s), slow(&pc, &sc));
    }

    #[test]
    fn decimals_print_and_read_back(v in -10i128.pow(30)..10i128.pow(30), scale in 0u8..20) {
        prop_assert_eq!(decimal::parse(&decimal::print(v, scale)), Some((v, scale)));
    }

    #[test]
    fn products_agree_with_i128(a in -10i128.pow(17)..10i128.pow(17), b in -10i128.pow(17)..10i128.pow(17)) {
        prop_assert_eq!(decimal::mul(a, 3, b, 2, 5), Some(a * b));
        let back = decimal::rescale(a * b, 5, 2);
        prop_assert_eq!(decimal::mul(a, 3, b, 2, 2), back);
    }

    #[test]
    fn a_wide_product_divides_back(a in 1i128..10i128.pow(30), b in 1i128..10i128.pow(8)) {
        // a * b / b, where a * b needs more than 38 digits at this scale
        let scaled = decimal::div(a, 0, b, 0, 8).unwrap();
        let again = decimal::mul(scaled, 8, b, 0, 0).unwrap();
        prop_assert!((again - a).abs() <= 1, "{again} {a}");
    }

    #[test]
    fn days_go_round(d in 0i32..3_652_059) {
        let (y, m, day) = calendar::civil(d);
        prop_assert_eq!(calendar::days(y, m, day), Some(d));
    }

    #[test]
    fn comparison_is_an_order(a in "[aAbB1 é-]{0,5}", b in "[aAbB1 é-]{0,5}", c in "[aAbB1 é-]{0,5}") {
        for coll in [Coll::Ci, Coll::Cs, Coll::CiAi, Coll::Bin] {
            prop_assert_eq!(collate::compare(&a, &b, coll), collate::compare(&b, &a, coll).reverse());
            if collate::compare(&a, &b, coll) == Ordering::Less && collate::compare(&b, &c, coll) == Ordering::Less {
                prop_assert_eq!(collate::compare(&a, &c, coll), Ordering::Less);
            }
            let equal = collate::compare(&a, &b, coll) == Ordering::Equal;
            prop_assert_eq!(equal, collate::fold(&a, coll) == collate::fold(&b, coll));
        }
    }
}

#[test]
fn known_days() {
    assert_eq!(calendar::days(1, 1, 1), Some(0));
    assert_eq!(calendar::days(1900, 1, 1), Some(calendar::EPOCH_1900));
    assert_eq!(calendar::days(1753, 1, 1), Some(calendar::MIN_DATETIME));
    assert_eq!(calendar::days(9999, 12, 31), Some(calendar::MAX_DATE));
    assert_eq!(calendar::weekday(calendar::days(2026, 3, 4).unwrap()), 4);
    assert_eq!(calendar::days(2026, 2, 29), None);
}
