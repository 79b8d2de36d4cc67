//! The evidence of a run as one HTML page: no script, nothing to fetch, fit for paper.

use super::evidence::Bar;
use super::evidence::Evidence;
use super::evidence::LagLine;
use super::evidence_md::facts;
use super::evidence_md::passed;
use crate::base::text;
use std::fmt::Write;
use std::time::Duration;

const STYLE: &str = include_str!("evidence.css");

/// Text from a server or a person.
fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

pub fn render(e: &Evidence) -> String {
    let s = &e.summary;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style></head><body>\n<h1>{}</h1>\n<p class=\"verdict\">{}</p>\n<table class=\"facts\">",
        esc(&s.run_id),
        esc(&s.run_id),
        esc(&e.verdict())
    );
    for (name, value) in facts(e) {
        let _ = write!(out, "<tr><th>{name}</th><td>{}</td></tr>", esc(&value));
    }
    out.push_str("</table>\n");
    outages(e, &mut out);
    timeline(e, &mut out);
    for lag in &e.lag {
        chart(lag, e.length_ms, &mut out);
    }
    if !e.gates.is_empty() {
        out.push_str(
            "<h2>Gates</h2>\n<table><tr><th>link</th><th>gate</th><th></th><th>expected</th><th>found</th></tr>",
        );
        for g in &e.gates {
            let class = if g.pass == Some(true) { "" } else { " class=\"bad\"" };
            let _ = write!(
                out,
                "<tr{class}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                esc(&g.link),
                esc(&g.gate),
                passed(g.pass),
                esc(&g.expected),
                esc(&g.found)
            );
        }
        out.push_str("</table>\n");
    }
    if !e.proofs.is_empty() {
        out.push_str("<h2>Proven</h2>\n<table><tr><th>step</th><th>what</th><th>value</th></tr>");
        for p in &e.proofs {
            let value = serde_json::to_string_pretty(&p.value).unwrap_or_default();
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td><pre>{}</pre></td></tr>",
                esc(&p.step),
                esc(&p.name),
                esc(&value)
            );
        }
        out.push_str("</table>\n");
    }
    out.push_str("<h2>Sent</h2>\n<table><tr><th>at</th><th>step</th><th>to</th><th>result</th><th>statement or request</th></tr>");
    for c in &e.changes {
        let class = if c.result == "ok" { "" } else { " class=\"bad\"" };
        let _ = write!(
            out,
            "<tr{class}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><pre>{}</pre></td></tr>",
            esc(&c.at),
            esc(&c.step),
            esc(&c.site),
            esc(&c.result),
            esc(&c.shown)
        );
    }
    out.push_str("</table>\n<h2>Signed</h2>\n<table class=\"sign\">");
    for who in ["ran it", "witnessed it", "accepts it"] {
        let _ = write!(out, "<tr><th>{who}</th><td>name</td><td>date</td></tr>");
    }
    out.push_str("</table>\n</body></html>\n");
    out
}

fn outages(e: &Evidence, out: &mut String) {
    if e.outages.is_empty() {
        return;
    }
    out.push_str("<h2>Outage, as the run saw it</h2>\n<table><tr><th>link</th><th>kept out</th><th>fence</th><th>drain</th><th>switch</th><th>open</th></tr>");
    for o in &e.outages {
        let p = o.split;
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            esc(&o.link),
            o.barred_ms.map_or("never opened".to_owned(), ms),
            ms(p.fence_ms),
            ms(p.drain_ms),
            ms(p.switch_ms),
            ms(p.open_ms)
        );
    }
    out.push_str("</table>\n");
}

/// One row an attempt, its bar to scale; every state has a word, colour is not the only sign.
fn timeline(e: &Evidence, out: &mut String) {
    let whole = e.length_ms.max(1) as f64;
    let _ = write!(out, "<h2>Timeline, {} in all</h2>\n<table class=\"time\">", ms(e.length_ms));
    for b in &e.bars {
        let left = b.from_ms as f64 / whole * 100.0;
        let width = (b.to_ms.saturating_sub(b.from_ms) as f64 / whole * 100.0).max(0.3);
        let mut marks = String::new();
        for (name, at) in &e.lines {
            let _ = write!(marks, "<i class=\"line {name}\" style=\"left:{:.2}%\"></i>", *at as f64 / whole * 100.0);
        }
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"lane\"><div>{marks}<b class=\"{}\" style=\"left:{left:.2}%;width:{width:.2}%\"></b></div></td><td>{}</td></tr>",
            esc(&b.step),
            ms(b.to_ms.saturating_sub(b.from_ms)),
            class(b),
            esc(&format!("{}: {}", Evidence::word(b), b.note)),
        );
    }
    out.push_str("</table>\n");
    for (name, at) in &e.lines {
        let _ = write!(out, "<p class=\"key\"><i class=\"{name}\"></i> line {name} after {}</p>", ms(*at));
    }
}

fn class(b: &Bar) -> &'static str {
    match Evidence::word(b) {
        "done" | "found done" => "ok",
        "skipped" => "skip",
        "undone" => "undone",
        _ => "bad",
    }
}

/// Lag over time; a gap is a time at which it was unknown.
fn chart(lag: &LagLine, length_ms: u64, out: &mut String) {
    let from = lag.points.first().map_or(0, |p| p.0).min(0);
    let to = lag.points.last().map_or(0, |p| p.0).max(length_ms as i64).max(from + 1);
    let top = lag.points.iter().filter_map(|p| p.1).max().unwrap_or(0).max(1000);
    let x = |at: i64| (at - from) as f64 / (to - from) as f64 * 1000.0;
    let mut path = String::new();
    let mut pen = false;
    for (at, value) in &lag.points {
        match value {
            Some(v) => {
                let y = 150.0 - *v as f64 / top as f64 * 140.0;
                let _ = write!(path, "{}{:.1} {y:.1}", if pen { "L" } else { "M" }, x(*at));
                pen = true;
            }
            None => pen = false,
        }
    }
    let _ = write!(
        out,
        "<h2>Lag of {}</h2>\n<svg viewBox=\"0 0 1000 170\" role=\"img\" aria-label=\"lag of at most {}\"><rect x=\"{:.1}\" y=\"0\" width=\"{:.1}\" height=\"150\" class=\"run\"/><path d=\"{path}\"/><text x=\"4\" y=\"14\">{}</text><text x=\"4\" y=\"166\">0; the run is shaded</text></svg>\n",
        esc(&lag.link),
        ms(top),
        x(0),
        x(length_ms as i64) - x(0),
        ms(top),
    );
}
