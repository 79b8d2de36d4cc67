//! `control/<run>/` in the state directory. An order is a file with the name of whoever gave it; who drives the run holds a lock,
//! which the system lets go when the process ends, however it ends.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

/// Longest name of who gave an order, bytes.
const NAME_MAX: u64 = 200;
const HOLD: &str = "hold";
const ABORT: &str = "abort";
const BY_HAND: &str = "by-hand";
const DRIVER: &str = "driver";
/// Apart from the name: on Windows nobody else may read a locked file.
const LOCK: &str = "driver.lock";

/// What may be asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Hold,
    Abort,
}

/// Orders that stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders {
    /// Who gave it.
    pub hold: Option<String>,
    pub abort: Option<String>,
    /// The step that waits for somebody to run its statements.
    pub by_hand: Option<String>,
}

/// Is the run being driven by a process of this machine?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    Alive(String),
    Nobody,
    /// The file system does not lock.
    Unknown,
}

/// One run's place for orders.
#[derive(Debug, Clone)]
pub struct Desk {
    dir: PathBuf,
}

/// As long as it lives, this process counts as the driver.
#[derive(Debug)]
pub struct Seat {
    _lock: File,
}

impl Desk {
    pub fn of(state_dir: &Path, run: &str) -> Self {
        Self { dir: state_dir.join("control").join(run) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn wrong(&self, what: &str, e: std::io::Error) -> Error {
        Error::new(Kind::Refused, format!("{what} in {}", self.dir.display()))
            .caused_by(e)
            .hint("the state directory must be writable by whoever steers a run")
    }

    fn write(&self, name: &str, text: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        // Whole or not at all: a reader never sees half a name.
        let new = self.file(&format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(&new)?.write_all(text.as_bytes())?;
        std::fs::rename(new, self.file(name))
    }

    fn read(&self, name: &str) -> std::io::Result<Option<String>> {
        let file = match File::open(self.file(name)) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut text = Vec::new();
        file.take(NAME_MAX).read_to_end(&mut text)?;
        let name = String::from_utf8_lossy(&text).trim().to_owned();
        // `touch hold` is an order too.
        Ok(Some(if name.is_empty() { "a file".to_owned() } else { name }))
    }

    fn remove(&self, name: &str) -> std::io::Result<bool> {
        match std::fs::remove_file(self.file(name)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Leaves an order; `by` is who gives it.
    pub fn order(&self, order: Order, by: &str) -> Result<()> {
        let name = match order {
            Order::Hold => HOLD,
            Order::Abort => ABORT,
        };
        self.write(name, by).map_err(|e| self.wrong(&format!("the order `{name}` cannot be left"), e))
    }

    /// Takes a hold back, and says of what was to be run by hand that it is done; false: there was neither.
    pub fn release(&self) -> Result<bool> {
        let held = self.remove(HOLD).map_err(|e| self.wrong("the hold cannot be taken back", e))?;
        let waited = self.remove(BY_HAND).map_err(|e| self.wrong("it cannot be said to be done", e))?;
        Ok(held || waited)
    }

    /// A step waits for somebody to run its statements.
    pub fn ask_hand(&self, step: &str) -> Result<()> {
        self.write(BY_HAND, step).map_err(|e| self.wrong("nobody can be asked to run statements", e))
    }

    /// It waits no longer.
    pub fn hand_done(&self) {
        // What cannot be removed is removed with the folder.
        let _ = self.remove(BY_HAND);
    }

    pub fn orders(&self) -> Result<Orders> {
        let read = |name| self.read(name).map_err(|e| self.wrong(&format!("the order `{name}` cannot be read"), e));
        Ok(Orders { hold: read(HOLD)?, abort: read(ABORT)?, by_hand: read(BY_HAND)? })
    }

    /// This process drives the run from now on. An abort that was meant for another process is void; a hold stands.
    /// Without a seat (the file system does not lock, or a process that hangs has it) the run goes on all the same: the lease on
    /// the servers is what keeps two apart.
    pub fn sit(&self, who: &str) -> Result<Option<Seat>> {
        self.remove(ABORT).map_err(|e| self.wrong("an old order cannot be taken away", e))?;
        std::fs::create_dir_all(&self.dir).map_err(|e| self.wrong("orders cannot be heard", e))?;
        let lock = self.lock().map_err(|e| self.wrong("orders cannot be heard", e))?;
        match lock.try_lock() {
            Ok(()) => {
                self.write(DRIVER, who).map_err(|e| self.wrong("the driver's name cannot be left", e))?;
                Ok(Some(Seat { _lock: lock }))
            }
            Err(_) => Ok(None),
        }
    }

    fn lock(&self) -> std::io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.file(LOCK))
    }

    pub fn driver(&self) -> Driver {
        let lock = match OpenOptions::new().read(true).write(true).open(self.file(LOCK)) {
            Ok(lock) => lock,
            Err(e) if e.kind() == ErrorKind::NotFound => return Driver::Nobody,
            Err(_) => return Driver::Unknown,
        };
        match lock.try_lock() {
            Ok(()) => Driver::Nobody,
            Err(TryLockError::WouldBlock) => {
                let name = self.read(DRIVER).ok().flatten();
                Driver::Alive(name.unwrap_or_else(|| "a process of this machine".to_owned()))
            }
            Err(TryLockError::Error(_)) => Driver::Unknown,
        }
    }

    /// The run has ended: nobody is to be told anything any more.
    pub fn clear(&self) {
        // What cannot be removed harms nobody: the journal says that the run has ended.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_stands_until_it_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::of(dir.path(), "cutover-1");
        assert_eq!((desk.orders().unwrap(), desk.driver()), (Orders::default(), Driver::Nobody));
        desk.order(Order::Hold, "ann@laptop").unwrap();
        assert_eq!(desk.orders().unwrap().hold.as_deref(), Some("ann@laptop"));
        assert!(desk.release().unwrap());
        assert!(!desk.release().unwrap());
        assert_eq!(desk.orders().unwrap(), Orders::default());
        std::fs::write(dir.path().join("control/cutover-1/hold"), "").unwrap();
        assert_eq!(desk.orders().unwrap().hold.as_deref(), Some("a file"));
    }

    #[test]
    fn what_is_to_be_run_by_hand_is_released_like_a_hold() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::of(dir.path(), "cutover-1");
        desk.ask_hand("cutover.fence/ledger").unwrap();
        assert_eq!(desk.orders().unwrap().by_hand.as_deref(), Some("cutover.fence/ledger"));
        assert!(desk.release().unwrap());
        assert_eq!(desk.orders().unwrap(), Orders::default());
    }

    #[test]
    fn a_driver_is_seen_as_long_as_it_lives() {
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk::of(dir.path(), "cutover-1");
        desk.order(Order::Abort, "ann").unwrap();
        desk.order(Order::Hold, "ann").unwrap();
        let seat = desk.sit("bob, process 7").unwrap();
        assert!(seat.is_some());
        let left = desk.orders().unwrap();
        assert_eq!((left.abort, left.hold.as_deref()), (None, Some("ann")), "an abort was meant for the one before");
        assert_eq!(desk.driver(), Driver::Alive("bob, process 7".to_owned()));
        assert!(desk.sit("carl").unwrap().is_none(), "there is one seat");
        drop(seat);
        assert_eq!(desk.driver(), Driver::Nobody);
        desk.clear();
        assert_eq!(desk.orders().unwrap(), Orders::default());
    }
}
