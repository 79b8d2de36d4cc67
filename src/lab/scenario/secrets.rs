//! Passwords and SIDs that the scenario leaves open, made anew for each run.

use super::types::Scenario;
use crate::lab::arm::ids::hex;

/// Fills in what is not given. `draw` gives 16 random bytes a call: real randomness in a live lab, a seed in simulation.
/// A login of the same name on several instances is not the same login: it gets a SID of its own there.
pub fn fill(scenario: &mut Scenario, draw: &mut dyn FnMut() -> [u8; 16]) {
    for login in &mut scenario.logins {
        if login.password.is_none() {
            // All four classes, so that any policy is content.
            login.password = Some(format!("Lb1!{}", hex(&draw()).to_ascii_lowercase()));
        }
        if login.sid.is_none() {
            login.sid = Some(format!("0x{}", hex(&draw())));
        }
    }
    let known = scenario.logins.clone();
    for login in scenario.logins.iter_mut().filter(|l| l.same_as.is_some()) {
        let original = known.iter().find(|l| Some(&l.instance) == login.same_as.as_ref() && l.name == login.name);
        if let Some(original) = original {
            login.password.clone_from(&original.password);
            login.sid.clone_from(&original.sid);
        }
    }
}

/// Bytes of the operating system's random source.
pub fn random() -> [u8; 16] {
    // Two v4 GUIDs: each has six fixed bits.
    let (a, b) = (crate::base::random::uuid().into_bytes(), crate::base::random::uuid().into_bytes());
    std::array::from_fn(|i| a[i] ^ b[i].rotate_left(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::Options;
    use crate::lab::scenario::load;

    #[test]
    fn open_secrets_are_filled_and_given_ones_kept() {
        let mut scenario = load("migrate-2019", &Options::default()).unwrap();
        scenario.logins[0].password = Some("given".to_owned());
        let mut n = 0_u8;
        fill(&mut scenario, &mut || {
            n += 1;
            [n; 16]
        });
        assert_eq!(scenario.logins[0].password.as_deref(), Some("given"));
        let all: std::collections::BTreeSet<_> = scenario.logins.iter().map(|l| l.sid.clone().unwrap()).collect();
        let copies = scenario.logins.iter().filter(|l| l.same_as.is_some()).count();
        assert_eq!(all.len(), scenario.logins.len() - copies, "every SID differs, but for logins carried over");
        assert!(all.iter().all(|s| s.len() == 34));
        assert_ne!(random(), random());
    }
}
