//! Log sequence numbers of the lab: (file sequence, block offset, slot), ordered, rendered as numeric(25,0).

/// `VVVVVVVV:BBBBBBBB:SSSS`. Block offsets count 512-byte sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Lsn {
    pub file: u32,
    pub block: u32,
    pub slot: u16,
}

impl Lsn {
    /// 0xFFFFFFFF:0xFFFFFFFF:1, the "maximum" seen in recovery_lsn.
    pub const MAX: Lsn = Lsn { file: u32::MAX, block: u32::MAX, slot: 1 };
    /// The numeric(25,0) form: `VVVVVVVVVV BBBBBBBBBB SSSSS`.
    pub fn numeric(self) -> i128 {
        i128::from(self.file) * 1_000_000_000_000_000 + i128::from(self.block) * 100_000 + i128::from(self.slot)
    }
    /// The block's id, padded: slot 1.
    #[must_use]
    pub fn block_id(self) -> Lsn {
        Lsn { slot: 1, ..self }
    }
}

impl std::fmt::Display for Lsn {
    /// `00000025:00000158:0001`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}:{:08x}:{:04x}", self.file, self.block, self.slot)
    }
}
