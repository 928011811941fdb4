use ed25519_dalek::SigningKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ED25519,
    date_time_ymd,
};

use super::*;

const NOW: UnixTime = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_700_000_000));

/// A key of a server and its TLS half.
fn server_key() -> (VerifyingKey, KeyPair) {
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let public: [u8; 32] = pair.public_key_raw().try_into().unwrap();
    (VerifyingKey::from_bytes(&public).unwrap(), pair)
}

fn self_signed(pair: &KeyPair) -> CertificateDer<'static> {
    let params = CertificateParams::new(vec!["yingbin".to_owned()]).unwrap();
    params.self_signed(pair).unwrap().der().clone()
}

/// An authority of a town, and what it vouches for.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn store(&self) -> Arc<RootCertStore> {
        let mut store = RootCertStore::empty();
        store.add(self.0.der().clone()).unwrap();
        Arc::new(store)
    }

    fn vouch(&self, name: &str, last_year: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(last_year, 1, 1);
        let pair = KeyPair::generate().unwrap();
        params.signed_by(&pair, &self.0).unwrap().der().clone()
    }
}

fn judge(
    pin: Pin,
    store: Arc<RootCertStore>,
    certificate: &CertificateDer<'_>,
) -> Result<(), Distrust> {
    let verifier = Verifier::new(pin, store, Arc::new(ring::default_provider())).unwrap();
    let name = ServerName::try_from("venue.example").unwrap();
    let judged = verifier.verify_server_cert(certificate, &[], &name, &[], NOW);
    judged.map(|_| ()).map_err(|error| Distrust::find(&error).unwrap())
}

#[test]
fn the_pinned_key_is_believed_without_name_authority_or_date() {
    let (key, pair) = server_key();
    let store = Authority::new().store();
    let mut params = CertificateParams::new(vec!["other".to_owned()]).unwrap();
    params.not_after = date_time_ymd(2001, 1, 1);
    let expired = params.self_signed(&pair).unwrap().der().clone();
    for certificate in [self_signed(&pair), expired] {
        let code = Code::new([3; 7], &key);
        assert_eq!(judge(Pin::Code(code), store.clone(), &certificate), Ok(()));
        assert_eq!(judge(Pin::Key(key.to_bytes()), store.clone(), &certificate), Ok(()));
    }
}

#[test]
fn another_key_is_refused_with_what_to_check() {
    let (key, _) = server_key();
    let (_, other) = server_key();
    let store = Authority::new().store();
    let certificate = self_signed(&other);
    let code = Pin::Code(Code::new([3; 7], &key));
    assert_eq!(judge(code, store.clone(), &certificate), Err(Distrust::NotTheCodes));
    let stored = Pin::Key(key.to_bytes());
    assert_eq!(judge(stored, store.clone(), &certificate), Err(Distrust::Changed));
    assert_eq!(judge(Pin::Nobody, store, &certificate), Err(Distrust::Unknown));
}

#[test]
fn a_certificate_of_an_authority_is_believed_by_its_name_and_date() {
    let (key, _) = server_key();
    let pin = || Pin::Key(key.to_bytes());
    let authority = Authority::new();
    let judge = |certificate| judge(pin(), authority.store(), &certificate);
    assert_eq!(judge(authority.vouch("venue.example", 2099)), Ok(()));
    assert_eq!(judge(authority.vouch("elsewhere.example", 2099)), Err(Distrust::Name));
    assert_eq!(judge(authority.vouch("venue.example", 2001)), Err(Distrust::Date));
    assert_eq!(judge(Authority::new().vouch("venue.example", 2099)), Err(Distrust::Changed));
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    let verifier =
        Verifier::new(Pin::Nobody, Authority::new().store(), Arc::new(ring::default_provider()));
    let name = ServerName::try_from("venue.example").unwrap();
    let junk = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
    assert!(verifier.unwrap().verify_server_cert(&junk, &[], &name, &[], NOW).is_err());
}

#[test]
fn a_reason_is_found_below_other_errors() {
    let error =
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Distrust::Name))));
    let wrapped = std::io::Error::other(std::io::Error::other(error));
    assert_eq!(Distrust::find(&wrapped), Some(Distrust::Name));
    assert_eq!(Distrust::find(&std::io::Error::other("plain")), None);
}

#[test]
fn an_ed25519_key_is_told_from_others() {
    let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
    let der = [ED25519_SPKI.as_slice(), key.as_bytes()].concat();
    assert_eq!(ed25519(&der.clone().into()), Some(key));
    assert_eq!(ed25519(&[der, vec![0]].concat().into()), None);
}
