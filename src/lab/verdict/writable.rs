//! From samples to the largest number of copies that were surely writable at one moment.

use super::sample::Judgement;
use super::sample::Sample;
use std::collections::BTreeMap;

/// From, to: microseconds.
type Span = (u64, u64);

/// The largest number of copies of one database writable at once, as far as the samples prove it.
///
/// A copy is taken as writable from the end of one successful probe to the start of the next successful one by the same
/// login, if no probe in between was refused: the state cannot be seen between two looks, but two yeses without a no
/// are as good a proof as an outside observer gets. A lone success proves an instant that cannot be placed: it makes one
/// copy, never two.
pub fn max_writable(samples: &[&Sample]) -> u32 {
    let mut by_login: BTreeMap<(&str, &str), Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        by_login.entry((&sample.server, &sample.login)).or_default().push(sample);
    }
    let mut by_copy: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for ((server, _), probes) in &mut by_login {
        probes.sort_by_key(|p| p.from_us);
        by_copy.entry(server).or_default().extend(spans(probes));
    }
    let mut edges: Vec<(u64, i32)> = Vec::new();
    for (from, to) in by_copy.into_values().flat_map(merged) {
        edges.extend([(from, 1), (to, -1)]);
    }
    // At the same microsecond an end comes before a start.
    edges.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in edges {
        now += change;
        most = most.max(now);
    }
    let any = samples.iter().any(|s| s.judgement == Judgement::Writable);
    u32::try_from(most).unwrap_or(0).max(u32::from(any))
}

/// Times in which one login could surely write in one copy.
fn spans(probes: &[&Sample]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut run: Option<Span> = None;
    for probe in probes {
        if probe.judgement == Judgement::Writable {
            run.get_or_insert((probe.to_us, probe.from_us)).1 = probe.from_us;
        } else {
            spans.extend(run.take());
        }
    }
    spans.extend(run);
    spans.retain(|(from, to)| from < to);
    spans
}

/// The union of one copy's spans: several logins make one copy, not several.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut union: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match union.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => union.push((from, to)),
        }
    }
    union
}
