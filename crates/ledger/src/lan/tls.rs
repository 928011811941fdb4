//! Whom stations believe on the LAN: TLS 1.3, both sides with their station key as a raw public key
//! (RFC 7250), and nobody whose key the membership list does not have at this site. A key that the list
//! has closed is let through, to be told.

use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme, client, server, version,
};
use tokio::sync::watch;

use super::{Here, Peer};
use crate::tls::{ED25519_SPKI, Failure, ed25519};

/// What a DER encoded Ed25519 private key begins with (RFC 8410); the 32 bytes of the seed follow.
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Both roles of a station: whoever dials is the client.
pub(super) struct Sides {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
}

/// Makes both sides of a station with this key; nothing is resumed, so a key that is revoked is
/// refused at the next handshake.
///
/// # Errors
/// The library's error.
pub(super) fn sides(key: &SigningKey, here: watch::Receiver<Arc<Here>>) -> Result<Sides, Failure> {
    let provider = Arc::new(ring::default_provider());
    let own = Arc::new(own_key(key)?);
    let verifier = Arc::new(Membership { here, provider: Arc::clone(&provider) });
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(Arc::clone(&verifier) as Arc<dyn ClientCertVerifier>)
        .with_cert_resolver(Arc::new(server::AlwaysResolvesServerRawPublicKeys::new(Arc::clone(
            &own,
        ))));
    server.session_storage = Arc::new(server::NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(client::AlwaysResolvesClientRawPublicKeys::new(own)));
    client.resumption = Resumption::disabled();
    client.enable_sni = false;
    Ok(Sides { server: Arc::new(server), client: Arc::new(client) })
}

fn own_key(key: &SigningKey) -> Result<CertifiedKey, Failure> {
    let seed = [ED25519_PKCS8.as_slice(), key.as_bytes()].concat();
    let signer = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(seed))?;
    let public = [ED25519_SPKI.as_slice(), key.verifying_key().as_bytes()].concat();
    Ok(CertifiedKey::new(vec![CertificateDer::from(public)], signer))
}

/// Whose key the other side of a handshake has proved.
pub(super) enum Shown {
    /// That of a peer.
    Peer(Peer),
    /// That of a station of this site that no longer belongs.
    Closed(Peer),
}

/// Finds the station of this site whose key the other side of a handshake has proved.
pub(super) fn proved(shown: Option<&[CertificateDer<'_>]>, here: &Here) -> Option<Shown> {
    let key = raw_key(shown?.first()?)?;
    let peer = here.members.peer_with(&key).cloned().map(Shown::Peer);
    peer.or_else(|| here.members.closed_with(&key).cloned().map(Shown::Closed))
}

fn raw_key(shown: &CertificateDer<'_>) -> Option<VerifyingKey> {
    ed25519(&SubjectPublicKeyInfoDer::from(shown.as_ref()))
}

/// Believes the stations of this site.
struct Membership {
    here: watch::Receiver<Arc<Here>>,
    provider: Arc<CryptoProvider>,
}

impl Membership {
    fn check(&self, shown: &CertificateDer<'_>) -> Result<(), Error> {
        let refused = Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);
        let key = raw_key(shown).ok_or(refused.clone())?;
        let members = Arc::clone(&self.here.borrow().members);
        match members.peer_with(&key).or_else(|| members.closed_with(&key)) {
            Some(_) => Ok(()),
            None => Err(refused),
        }
    }

    fn check_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(shown.as_ref());
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signed, algorithms)
    }
}

/// TLS 1.2 is never spoken here.
fn never() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("TLS 1.3 only".to_owned()))
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership").finish_non_exhaustive()
    }
}

/// What rustls asks of both sides in the same words: TLS 1.3, and keys without certificates.
macro_rules! raw_keys_only {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            never()
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            shown: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.check_signature(message, shown, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Membership {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(shown).map(|()| ServerCertVerified::assertion())
    }

    raw_keys_only!();
}

impl ClientCertVerifier for Membership {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(shown).map(|()| ClientCertVerified::assertion())
    }

    raw_keys_only!();
}
