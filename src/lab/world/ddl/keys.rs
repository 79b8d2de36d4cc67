//! RSA keys of certificates that servers make for themselves.

use rcgen::KeyPair;
use rcgen::RsaKeySize;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

/// A fresh key.
pub(super) fn new(bits: u32) -> Option<KeyPair> {
    let size = if bits >= 3072 { RsaKeySize::_3072 } else { RsaKeySize::_2048 };
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).ok()
}

/// PKCS#8 by bits, made once in a process.
static POOL: Mutex<BTreeMap<u32, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// The key that all simulated servers of this process share: one costs longer than a whole simulated cutover.
pub(super) fn pooled(bits: u32) -> Option<KeyPair> {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(der) = pool.get(&bits) {
        return KeyPair::try_from(der.as_slice()).ok();
    }
    let key = new(bits)?;
    pool.insert(bits, key.serialize_der());
    Some(key)
}
