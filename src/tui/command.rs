//! Every command once: its keys, its words, its line on the command line. Help, hints and palette come from this list.

use super::event::Key;
use super::screen::Screen;
use super::screen::Screen::Checks;
use super::screen::Screen::Cockpit;
use super::screen::Screen::Fleet;
use super::screen::Screen::Groups;
use super::screen::Screen::Link;
use super::screen::Screen::Objects;
use super::screen::Screen::Runs;
use super::state::State;
use super::state::Subject;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cmd {
    Go(Screen),
    NextScreen,
    PreviousScreen,
    Back,
    Help,
    Palette,
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Filter,
    Sort,
    Reverse,
    Faults,
    Mark,
    ClearMarks,
    NextLink,
    PreviousLink,
    Check,
    Compare,
    Sync,
    Plan,
    Start,
    Resume,
    Abort,
    Hold,
    Pane,
    Reload,
    Play,
    StepBack,
    StepForward,
    LookAtGroups,
    Drill,
    FailOver,
    /// Done on the command line alone: the screen says how.
    Tell(Told),
}

/// What is only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    Plan,
    Protect,
    Listeners,
    Drills,
    Forced,
}

/// A command as it is listed.
#[derive(Debug)]
pub struct Info {
    pub cmd: Cmd,
    pub keys: &'static [Key],
    /// For the line of hints: one word. Empty: not among the hints.
    pub short: &'static str,
    pub title: &'static str,
    /// Screens where its keys work; empty: all.
    pub on: &'static [Screen],
    /// What does the same without this screen; `{links}`, `{link}`, `{run}`, `{group}` are filled in. Empty: it only moves the view.
    pub cli: &'static str,
}

const fn info(
    cmd: Cmd,
    keys: &'static [Key],
    short: &'static str,
    title: &'static str,
    on: &'static [Screen],
    cli: &'static str,
) -> Info {
    Info { cmd, keys, short, title, on, cli }
}

const ONE_LINK: &[Screen] = &[Link, Checks, Objects];
const CHOOSES: &[Screen] = &[Fleet, Link, Checks, Objects, Cockpit];

/// In the order of help.
#[rustfmt::skip]
pub const ALL: &[Info] = &[
    info(Cmd::Go(Fleet),   &[Key::Char('1')], "", "the fleet, worst first", &[], "watch --once"),
    info(Cmd::Go(Link),    &[Key::Char('2')], "", "one link, both ends", &[], "link show {link}"),
    info(Cmd::Go(Checks),  &[Key::Char('3')], "", "what is judged of a link", &[], "watch {link} --once"),
    info(Cmd::Go(Cockpit), &[Key::Char('4')], "", "the cutover", &[], "cutover status"),
    info(Cmd::Go(Runs),    &[Key::Char('5')], "", "runs of the journal", &[], "runs list"),
    info(Cmd::Go(Objects), &[Key::Char('6')], "", "logins, jobs and what else is not replicated", &[], "objects diff {link}"),
    info(Cmd::Go(Groups),  &[Key::Char('7')], "", "failover groups", &[], "fog list"),
    info(Cmd::Open,        &[Key::Enter], "open", "open what is selected", &[Fleet, Runs], ""),
    info(Cmd::Filter,      &[Key::Char('/')], "filter", "filter by any word of a row", &[Fleet], ""),
    info(Cmd::Sort,        &[Key::Char('s')], "sort", "sort by the next column", &[Fleet], ""),
    info(Cmd::Reverse,     &[Key::Char('S')], "", "turn the order round", &[Fleet], ""),
    info(Cmd::Faults,      &[Key::Char('f')], "faults", "faults only", &[Fleet], ""),
    info(Cmd::Mark,        &[Key::Char(' ')], "mark", "mark for a common cutover", &[Fleet], ""),
    info(Cmd::ClearMarks,  &[Key::Char('u')], "", "remove all marks", &[Fleet], ""),
    info(Cmd::PreviousLink, &[Key::Char('['), Key::Left], "", "previous link", ONE_LINK, ""),
    info(Cmd::NextLink,    &[Key::Char(']'), Key::Right], "next link", "next link", ONE_LINK, ""),
    info(Cmd::Check,       &[Key::Char('c')], "check", "judge the link now (reads only)", &[Fleet, Link, Checks, Objects], "check {link}"),
    info(Cmd::Compare,     &[Key::Char('o')], "objects", "compare server objects (reads only)", &[Fleet, Link, Checks, Objects], "objects diff {link}"),
    info(Cmd::Sync,        &[Key::Char('b')], "bring over", "bring over what is missing; asks for the name", &[Objects], "objects sync {link}"),
    info(Cmd::Plan,        &[Key::Char('p')], "plan", "plan a cutover (reads only)", CHOOSES, "cutover plan {links}"),
    info(Cmd::Start,       &[Key::Char('r')], "run", "run the plan; asks for the name", &[Cockpit], "cutover run {links}"),
    info(Cmd::Resume,      &[Key::Char('R')], "resume", "go on with a run; asks for the name", &[Cockpit], "cutover resume {run}"),
    info(Cmd::Abort,       &[Key::Char('a')], "abort", "stop a run and undo it; asks for the name", &[Cockpit], "cutover abort {run}"),
    info(Cmd::Hold,        &[Key::Char('H')], "", "hold a run at its next barrier, or let it go on", &[Cockpit], "cutover hold {run}"),
    info(Cmd::Pane,        &[Key::Tab, Key::Char('d')], "pane", "events, gates or the selected step", &[Cockpit], "runs show {run}"),
    info(Cmd::Play,        &[Key::Char(' ')], "play", "play a finished run, or pause", &[Cockpit], "runs export {run}"),
    info(Cmd::StepBack,    &[Key::Char('['), Key::Left], "", "one record back", &[Cockpit], ""),
    info(Cmd::StepForward, &[Key::Char(']'), Key::Right], "", "one record on", &[Cockpit], ""),
    info(Cmd::Reload,      &[Key::Char('L'), Key::Ctrl('r')], "reload", "read the journal again", &[Runs, Cockpit], "runs list"),
    info(Cmd::LookAtGroups, &[Key::Char('L'), Key::Ctrl('r')], "look", "look at the groups again (reads only)", &[Groups], "fog list"),
    info(Cmd::Drill,       &[Key::Char('d')], "drill", "fail a group over and back; asks for the name", &[Groups], "drill run {group}"),
    info(Cmd::FailOver,    &[Key::Char('v')], "fail over", "planned failover; asks for the name", &[Groups], "fog failover {group}"),
    info(Cmd::Tell(Told::Plan), &[Key::Char('p')], "", "may the group be made? (command line)", &[Groups], "fog plan {group}"),
    info(Cmd::Tell(Told::Protect), &[Key::Char('P')], "", "last link to listener (command line)", &[Groups], "fog protect {group}"),
    info(Cmd::Tell(Told::Listeners), &[Key::Char('l')], "", "who answers the listeners (command line)", &[Groups], "listener check {group}"),
    info(Cmd::Tell(Told::Drills), &[Key::Char('D')], "", "drills so far (command line)", &[Groups], "drill list"),
    info(Cmd::Tell(Told::Forced), &[Key::Char('F')], "", "failover WITH LOSS (command line)", &[Groups], "fog failover {group} --forced --confirm {group}"),
    info(Cmd::Up,          &[Key::Up, Key::Char('k')], "", "up", &[], ""),
    info(Cmd::Down,        &[Key::Down, Key::Char('j')], "", "down", &[], ""),
    info(Cmd::PageUp,      &[Key::PageUp, Key::Ctrl('u')], "", "a page up", &[], ""),
    info(Cmd::PageDown,    &[Key::PageDown, Key::Ctrl('d')], "", "a page down", &[], ""),
    info(Cmd::Top,         &[Key::Home, Key::Char('g')], "", "to the first", &[], ""),
    info(Cmd::Bottom,      &[Key::End, Key::Char('G')], "", "to the last", &[], ""),
    info(Cmd::NextScreen,  &[Key::Tab], "", "next screen", &[Fleet, Link, Checks, Runs, Objects, Groups], ""),
    info(Cmd::PreviousScreen, &[Key::BackTab], "", "previous screen", &[], ""),
    info(Cmd::Back,        &[Key::Esc], "back", "back to the fleet; clear the filter", &[], ""),
    info(Cmd::Palette,     &[Key::Char(':')], "commands", "this list of commands", &[], ""),
    info(Cmd::Help,        &[Key::Char('?'), Key::Char('h')], "help", "help", &[], ""),
    info(Cmd::Quit,        &[Key::Char('q')], "quit", "leave; refused while a run is driven from here", &[], ""),
];

impl Info {
    pub fn works_on(&self, screen: Screen) -> bool {
        self.on.is_empty() || self.on.contains(&screen)
    }

    pub fn key_labels(&self) -> String {
        self.keys.iter().map(|k| k.label()).collect::<Vec<_>>().join(" ")
    }

    /// The whole line as one would type it; `None`: it only moves the view.
    pub fn cli_line(&self, state: &State) -> Option<String> {
        if self.cli.is_empty() {
            return None;
        }
        let or = |text: String, word: &str| if text.is_empty() { word.to_owned() } else { text };
        let line = self
            .cli
            .replace("{links}", &or(about(state).join(" "), "LINK"))
            .replace("{link}", &or(state.link_name().unwrap_or_default(), "LINK"))
            .replace("{group}", &or(state.groups.current().map(|g| g.group.group.clone()).unwrap_or_default(), "GROUP"))
            .replace("{run}", &or(run(state), "RUN"));
        Some(format!("{} {line}", state.program))
    }
}

/// The links of the plan that is shown, else those chosen on the fleet.
fn about(state: &State) -> Vec<String> {
    match &state.cockpit.story {
        Some(story) if state.screen == Cockpit && !story.links.is_empty() => story.links.clone(),
        _ => state.chosen(),
    }
}

fn run(state: &State) -> String {
    if state.screen == Runs {
        return state.runs.list.get(state.runs.selected).map(|r| r.run_id.clone()).unwrap_or_default();
    }
    state.run().map(ToString::to_string).unwrap_or_default()
}

/// Would it do something now? What would only be refused is not among the hints.
pub fn is_offered(state: &State, cmd: Cmd) -> bool {
    let cockpit = &state.cockpit;
    let idle = state.live.is_none();
    let open = state.run().is_some()
        && cockpit.replay.is_none()
        && cockpit.story.as_ref().is_some_and(|s| s.end.is_none() && s.is_cutover());
    match cmd {
        Cmd::Plan => idle,
        Cmd::Start => idle && matches!(cockpit.subject, Subject::Planned { .. }),
        Cmd::Sync => idle && sync_of(state).is_some(),
        Cmd::Resume => idle && open,
        Cmd::Abort => !idle || open,
        Cmd::Play => cockpit.replay.is_some(),
        Cmd::Pane => cockpit.story.is_some(),
        Cmd::Reload => idle,
        Cmd::Drill | Cmd::FailOver => idle && state.groups.current().is_some(),
        _ => true,
    }
}

/// The link whose objects were compared, and how many could be brought over; `None`: nothing is known to be missing.
pub fn sync_of(state: &State) -> Option<(String, usize)> {
    let link = state.link_name()?;
    let (_, found) = state.objects.of.get(&link)?;
    let n = found.as_ref().ok()?.to_sync;
    (n > 0).then_some((link, n))
}

/// What a key means on a screen.
pub fn by_key(screen: Screen, key: Key) -> Option<Cmd> {
    ALL.iter().find(|i| i.works_on(screen) && i.keys.contains(&key)).map(|i| i.cmd)
}

/// Those whose words contain the text, in order.
pub fn matching(text: &str) -> Vec<&'static Info> {
    let wanted = text.trim().to_lowercase();
    let fits = |i: &&Info| {
        wanted.is_empty()
            || i.title.to_lowercase().contains(&wanted)
            || i.cli.contains(&wanted)
            || format!("{:?}", i.cmd).to_lowercase().contains(&wanted)
    };
    ALL.iter().filter(|i| !matches!(i.cmd, Cmd::Palette | Cmd::Up | Cmd::Down)).filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_key_has_one_meaning_on_a_screen_and_none_is_dead() {
        for screen in Screen::ALL {
            let mut seen = BTreeMap::new();
            for i in ALL.iter().filter(|i| i.works_on(screen)) {
                for key in i.keys {
                    let first = seen.insert(key.label(), i.title);
                    assert_eq!(first, None, "{} on {screen:?}: {}", key.label(), i.title);
                }
            }
        }
    }

    #[test]
    fn the_palette_finds_commands_by_their_words() {
        assert!(matching("").len() > 20);
        assert_eq!(matching("cutover plan").first().map(|i| i.cmd), Some(Cmd::Plan));
        assert_eq!(matching("resume").first().map(|i| i.cmd), Some(Cmd::Resume));
        assert!(matching("no such words").is_empty());
    }
}
