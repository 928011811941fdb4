//! Whom a station believes over TLS.
//!
//! First of all the server's own key: at enrolment the one that the code names, later the one that
//! was stored then. Such a certificate needs no authority, no name and no date, so a venue without a
//! domain, without internet and with a wrong clock is as safe as any. Any other certificate must be
//! vouched for: by the public authorities, or by those that this machine's owner trusts, for the
//! host name and for today.
//!
//! TLS keeps things private and refuses a wrong address early; that the answers are the server's own
//! is proved by the signed messages inside.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};

use ed25519_dalek::VerifyingKey;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use crate::enrol::Code;

/// What a DER encoded Ed25519 public key begins with (RFC 8410); the 32 bytes of the key follow.
pub(crate) const ED25519_SPKI: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

/// The key by which a server is recognised.
#[derive(Clone, PartialEq, Eq)]
pub enum Pin {
    /// The key whose fingerprint an enrolment code names.
    Code(Code),
    /// The key that was stored at enrolment.
    Key([u8; 32]),
    /// None: only authorities count.
    Nobody,
}

impl Pin {
    fn fits(&self, key: &VerifyingKey) -> bool {
        match self {
            Pin::Code(code) => code.names(key),
            Pin::Key(stored) => key.as_bytes() == stored,
            Pin::Nobody => false,
        }
    }

    /// Says of a certificate with another key what that means here.
    fn stranger(&self) -> Distrust {
        match self {
            Pin::Code(_) => Distrust::NotTheCodes,
            Pin::Key(_) => Distrust::Changed,
            Pin::Nobody => Distrust::Unknown,
        }
    }
}

/// Why a server's certificate is not believed, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// At enrolment: neither the code's key nor one that an authority vouches for.
    #[error(
        "it is not the server that the code names; check the address, and take the code from \
         `station add` of this very server"
    )]
    NotTheCodes,
    /// After enrolment: another key than the stored one, and no authority vouches for it.
    #[error(
        "its key is not the one that this station was enrolled with; check the address and that \
         this network leads to your server; enrol anew only if the server was set up anew"
    )]
    Changed,
    /// Nobody said which key to expect, and no authority vouches for this one.
    #[error("no authority that this machine knows vouches for its certificate")]
    Unknown,
    /// An authority vouches for it, but not today.
    #[error(
        "its certificate is not valid at this machine's date; set the clock, or renew the \
         certificate"
    )]
    Date,
    /// An authority vouches for it under another name.
    #[error(
        "its certificate is for another name; use an address with the name that the certificate \
         has"
    )]
    Name,
}

impl Distrust {
    /// Finds the reason in what a failed connection says.
    pub fn find(error: &(dyn StdError + 'static)) -> Option<Distrust> {
        let mut next = Some(error);
        while let Some(cause) = next {
            if let Some(Error::InvalidCertificate(CertificateError::Other(other))) =
                cause.downcast_ref()
            {
                return other.0.downcast_ref::<Distrust>().copied();
            }
            // An IO error hides what it carries from `source`.
            let carried = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = match carried {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        None
    }

    fn of(error: &Error, pin: &Pin) -> Distrust {
        let Error::InvalidCertificate(error) = error else {
            return pin.stranger();
        };
        match error {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Distrust::Date,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Distrust::Name
            }
            _ => pin.stranger(),
        }
    }
}

/// What the TLS library refuses; with its own keys and lists it has no reason to.
pub type Failure = Box<dyn StdError + Send + Sync>;

/// Makes the TLS side of a station that recognises its server by `pin`.
///
/// # Errors
/// The library's error, if it has no authorities to begin with.
pub fn client(pin: Pin) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(pin, authorities(), Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Makes a TLS side that believes nobody, for a way that never uses it.
///
/// # Errors
/// The library's error.
pub(crate) fn nobody() -> Result<ClientConfig, Failure> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Returns the public authorities and those that this machine's owner trusts.
fn authorities() -> Arc<RootCertStore> {
    static AUTHORITIES: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let made = AUTHORITIES.get_or_init(|| {
        let mut store = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let machine = rustls_native_certs::load_native_certs();
        for error in &machine.errors {
            tracing::debug!(%error, "an authority of this machine cannot be read");
        }
        store.add_parsable_certificates(machine.certs);
        Arc::new(store)
    });
    Arc::clone(made)
}

/// Accepts the pinned key, else what an authority vouches for; proves the handshake in both cases.
struct Verifier {
    pin: Pin,
    web: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        pin: Pin,
        authorities: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Verifier, rustls::client::VerifierBuilderError> {
        let web = WebPkiServerVerifier::builder_with_provider(authorities, Arc::clone(&provider))
            .build()?;
        Ok(Verifier { pin, web, provider })
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        if ed25519(&key).is_some_and(|key| self.pin.fits(&key)) {
            return Ok(ServerCertVerified::assertion());
        }
        self.web.verify_server_cert(certificate, chain, name, ocsp, now).map_err(|error| {
            let why = Distrust::of(&error, &self.pin);
            tracing::debug!(%error, "certificate");
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Reads an Ed25519 key out of a certificate's key field.
pub(crate) fn ed25519(key: &SubjectPublicKeyInfoDer<'_>) -> Option<VerifyingKey> {
    let bytes: &[u8; 32] = key.as_ref().strip_prefix(&ED25519_SPKI)?.try_into().ok()?;
    VerifyingKey::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests;
