//! One link's share of everything that is known: both ends, Azure, and the slower facts beside them.

use super::aged::Aged;
use super::aged::Freshness;
use super::aged::Reading;
use super::aged::When;
use super::index::Indexed;
use super::plan::WatchedLink;
use super::snapshot::EndSnapshot;
use super::snapshot::Side;
use crate::inventory::fact::Fact;
use crate::inventory::watch::AzureDatabase;
use crate::inventory::watch::AzureLink;
use crate::inventory::watch::AzureSweep;
use crate::inventory::watch::Detail;
use crate::model::database::Role;
use crate::model::group::ReplicaDatabase;
use crate::model::ids::SiteId;
use crate::model::sweep::GroupSweep;
use time::OffsetDateTime;

/// One end, as its collector knows it.
pub(super) struct EndView<'a> {
    pub(super) site: &'a SiteId,
    pub(super) seen: Option<&'a Indexed>,
    pub(super) reading: Reading,
    pub(super) detail: Option<&'a Detail>,
    pub(super) detail_reading: Reading,
}

pub(super) struct View<'a> {
    pub(super) link: &'a WatchedLink,
    pub(super) source: EndView<'a>,
    pub(super) target: EndView<'a>,
    pub(super) azure: Option<&'a AzureSweep>,
    pub(super) azure_reading: Reading,
}

impl EndView<'_> {
    fn role(&self, link: &str) -> Option<Role> {
        self.seen?.role(link)
    }

    /// Could an application login commit here now? Nobody can where the engine takes no writes.
    pub(super) fn writable(&self, database: &str) -> Aged<bool> {
        let Some(seen) = self.seen else { return self.reading.of(None) };
        if !seen.database(database).is_some_and(crate::model::sweep::WatchedDatabase::accepts_writes) {
            return self.reading.of(Some(false));
        }
        let both = self.reading.and(&self.detail_reading);
        match self.detail.and_then(|d| d.users.get(&database.to_lowercase())) {
            Some(Fact::Known { value }) => both.of(Some(value.lets_in(&seen.sweep.logins))),
            Some(Fact::Unknown { why }) => both.or_why(None, why),
            None => both.or_why(None, "who is known inside the database has not been read yet"),
        }
    }

    fn snapshot(&self, link: &WatchedLink, certificate: Aged<When>) -> EndSnapshot {
        let database = self.seen.map(|s| s.database(&link.database));
        EndSnapshot {
            site: self.site.clone(),
            role: self.reading.of(self.seen.map(|s| s.role(&link.name))),
            state: self.reading.of(database.map(|d| d.map(|d| d.state.clone()))),
            updateability: self
                .reading
                .or_why(database.flatten().and_then(|d| d.updateability.clone()), "the database is not open here"),
            writable: self.writable(&link.database),
            certificate_expires: certificate,
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn end(&self, side: Side) -> &EndView<'a> {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// The side that says so itself, when exactly one does. A side that cannot be asked says nothing: see [`View::primary`].
    pub(super) fn primary_side(&self) -> Option<Side> {
        let is = |end: &EndView<'_>| end.role(&self.link.name) == Some(Role::Primary);
        match (is(&self.source), is(&self.target)) {
            (true, false) => Some(Side::Source),
            (false, true) => Some(Side::Target),
            _ => None,
        }
    }

    pub(super) fn both_primary(&self) -> bool {
        let is = |end: &EndView<'_>| end.role(&self.link.name) == Some(Role::Primary);
        is(&self.source) && is(&self.target)
    }

    /// As trustworthy as the worse side: the other one may have become primary since.
    pub(super) fn primary(&self) -> Aged<Side> {
        let why = if self.both_primary() { "both sides say PRIMARY" } else { "no side says PRIMARY" };
        self.ends_reading().or_why(self.primary_side(), why)
    }

    pub(super) fn ends_reading(&self) -> Reading {
        self.source.reading.and(&self.target.reading)
    }

    /// What the primary sees; nothing when no single side is primary.
    pub(super) fn of_primary<T>(&self, pick: impl FnOnce(&'a Indexed) -> Option<T>) -> Aged<T> {
        let Some(side) = self.primary_side() else {
            let why = if self.both_primary() { "both sides say PRIMARY" } else { "no side says PRIMARY" };
            return self.ends_reading().or_why(None, why);
        };
        let end = self.end(side);
        end.reading.of(end.seen.and_then(pick))
    }

    /// A row of the distributed group: the primary's own, or what it knows of its partner.
    pub(super) fn primary_row<T>(&self, own: bool, pick: impl FnOnce(&ReplicaDatabase) -> Option<T>) -> Aged<T> {
        self.of_primary(|seen| seen.row(&self.link.name, &self.link.database, own).and_then(pick))
    }

    /// The secondary's own row, where it can be asked; else what the primary knows of it.
    pub(super) fn secondary_row<T>(&self, pick: impl Fn(&ReplicaDatabase) -> Option<T>) -> Aged<T> {
        let own = self.primary_side().map(|side| {
            let end = self.end(if side == Side::Source { Side::Target } else { Side::Source });
            let row = end.seen.and_then(|s| s.row(&self.link.name, &self.link.database, true));
            end.reading.of(row.and_then(&pick))
        });
        match own {
            Some(own) if own.freshness == Freshness::Fresh => own,
            _ => self.primary_row(false, pick),
        }
    }

    pub(super) fn azure_link(&self) -> Option<&'a AzureLink> {
        self.azure?.links.get(&self.link.name.to_lowercase())
    }

    /// Outer none: Azure is not known. Inner none: it has no such link, or does not say.
    pub(super) fn azure_says<T>(&self, pick: impl FnOnce(&'a AzureDatabase) -> Option<T>) -> Aged<Option<T>> {
        let database = self.link.database.to_lowercase();
        let said = self.azure.map(|_| self.azure_link().and_then(|l| l.databases.get(&database)).and_then(pick));
        self.azure_reading.of(said)
    }

    pub(super) fn source_end(&self) -> EndSnapshot {
        let own = self.source.reading.or_why(
            self.source.seen.and_then(|s| s.sweep.certificate_expires).map(When),
            "no certificate of a mirroring endpoint is visible",
        );
        // What the instance holds of it is the next best witness.
        let certificate = match own.value {
            Some(_) => own,
            None => match self.azure_says(|d| d.partner_certificate_expires.map(When)) {
                Aged { value: Some(Some(at)), age_ms, freshness, why } => {
                    Aged { value: Some(at), age_ms, freshness, why }
                }
                _ => own,
            },
        };
        self.source.snapshot(self.link, certificate)
    }

    pub(super) fn target_end(&self) -> EndSnapshot {
        let expires = self.azure.and_then(|a| a.certificate_expires).map(When);
        let certificate = self.azure_reading.or_why(expires, "Azure shows no endpoint certificate");
        self.target.snapshot(self.link, certificate)
    }

    /// Newest full backup on the target. Outer none: not known.
    pub(super) fn first_backup(&self) -> Aged<Option<When>> {
        // Read seldom, but no more to be trusted than the instance it stands on.
        let reading = self.target.reading.and(&self.target.detail_reading);
        match self.target.detail.and_then(|d| d.backups.as_ref()) {
            Some(Fact::Known { value }) => {
                let at = value.get(&self.link.database.to_lowercase()).copied().flatten().map(When);
                reading.of(Some(at))
            }
            Some(Fact::Unknown { why }) => reading.or_why(None, why),
            None => reading.or_why(None, "not read yet"),
        }
    }

    /// The failover group of the target, if it replicates the database.
    pub(super) fn group(&self) -> Option<&'a GroupSweep> {
        self.target.detail?.group.as_ref()
    }

    /// When the journal says that the link was cut over.
    pub(super) fn switched(&self) -> Option<OffsetDateTime> {
        self.target.detail?.switched.get(&self.link.name.to_lowercase()).copied()
    }
}
