//! Which certificate of a printer is believed: the one whose fingerprint stands in the address, or what an authority of
//! this machine vouches for. A printer's own certificate is named by nobody, so the fingerprint of what came is kept for
//! the sentence that asks a person to compare it.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};

/// SHA-256 of a certificate.
pub(super) type Fingerprint = [u8; 32];

/// The fingerprint of the last certificate that was not believed.
pub(super) type Stranger = Arc<Mutex<Option<Fingerprint>>>;

/// Makes the TLS side of a way to a printer.
pub(super) fn client(
    pin: Option<Fingerprint>,
    stranger: Stranger,
) -> Result<ClientConfig, Box<dyn StdError + Send + Sync>> {
    let provider = Arc::new(ring::default_provider());
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let authorities = match authorities.is_empty() || pin.is_some() {
        // Whoever names one certificate means that one and no other.
        true => None,
        false => Some(
            WebPkiServerVerifier::builder_with_provider(
                Arc::new(authorities),
                Arc::clone(&provider),
            )
            .build()?,
        ),
    };
    let verifier = Verifier { pin, authorities, stranger, provider: Arc::clone(&provider) };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

#[derive(Debug)]
struct Verifier {
    pin: Option<Fingerprint>,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    stranger: Stranger,
    provider: Arc<CryptoProvider>,
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
        let fingerprint: Fingerprint = Sha256::digest(certificate).into();
        let believed = match (&self.pin, &self.authorities) {
            (Some(pin), _) if *pin == fingerprint => Ok(ServerCertVerified::assertion()),
            (None, Some(authorities)) => {
                authorities.verify_server_cert(certificate, chain, name, ocsp, now)
            }
            _ => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        let stranger = believed.is_err().then_some(fingerprint);
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = stranger;
        believed
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
