//! The server's certificate.
//!
//! Without files it is self-signed with the server's own key, by which stations recognise it; it is
//! made anew at each start and kept nowhere. Browsers do not speak Ed25519, so they get another one,
//! which lasts as long as the process and about which they rightly warn. With files, everybody gets
//! those.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use ed25519_dalek::SigningKey;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme};

/// What a DER encoded Ed25519 private key begins with (RFC 8410); the 32 bytes of the seed follow.
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Largest PEM file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// A certificate that somebody else vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate and those between it and its authority, PEM.
    pub certificates: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Makes the TLS side of a server with the key `own` that answers at `address`.
///
/// # Errors
/// A sentence, if the files do not hold a certificate and its key.
pub fn config(
    own: &SigningKey,
    address: IpAddr,
    files: Option<&Files>,
) -> anyhow::Result<Arc<ServerConfig>> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let config = match files {
        Some(files) => {
            let (certificates, key) = (chain(&files.certificates)?, private_key(&files.key)?);
            builder.with_single_cert(certificates, key).with_context(|| {
                let Files { certificates, key } = files;
                format!(
                    "{} is not the key of the certificate in {}; give the two that belong together",
                    key.display(),
                    certificates.display()
                )
            })?
        }
        None => builder.with_cert_resolver(Arc::new(OwnKeys::new(own, address)?)),
    };
    Ok(Arc::new(config))
}

fn chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let bad = || format!("{} holds no certificate in PEM form", path.display());
    let pem = small(path)?;
    let read = CertificateDer::pem_slice_iter(&pem);
    let certificates: Vec<_> = read.collect::<Result<_, _>>().with_context(bad)?;
    ensure!(!certificates.is_empty(), "{}", bad());
    Ok(certificates)
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(&small(path)?).with_context(|| {
        format!("{} holds no private key in PEM form without a passphrase", path.display())
    })
}

/// Reads a file that can only be small: what is no file, or has no end, is refused before it is read.
fn small(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let metadata = std::fs::metadata(path).with_context(cannot)?;
    ensure!(metadata.is_file(), "{} is no file; name a PEM file", path.display());
    ensure!(metadata.len() <= LARGEST, "{} is too large for a PEM file", path.display());
    std::fs::read(path).with_context(cannot)
}

/// The self-signed certificates: one of the server's key, one for those who cannot read it.
#[derive(Debug)]
struct OwnKeys {
    own: Arc<CertifiedKey>,
    browsers: Arc<CertifiedKey>,
}

impl OwnKeys {
    fn new(own: &SigningKey, address: IpAddr) -> anyhow::Result<OwnKeys> {
        let seed = [ED25519_PKCS8.as_slice(), own.as_bytes()].concat();
        let own = KeyPair::try_from(&PrivatePkcs8KeyDer::from(seed))?;
        let names = [address.to_string(), "localhost".to_owned()];
        Ok(OwnKeys {
            own: self_signed(&own, &names)?,
            browsers: self_signed(&KeyPair::generate()?, &names)?,
        })
    }
}

impl ResolvesServerCert for OwnKeys {
    fn resolve(&self, client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let reads_own = client.signature_schemes().contains(&SignatureScheme::ED25519);
        Some(Arc::clone(if reads_own { &self.own } else { &self.browsers }))
    }
}

fn self_signed(pair: &KeyPair, names: &[String]) -> anyhow::Result<Arc<CertifiedKey>> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "Yingbin");
    let certificate = params.self_signed(pair)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let key = ring::sign::any_supported_type(&key)?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::Ipv4Addr;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::server::ParsedCertificate;
    use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, ServerConnection};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[5; 32])
    }

    /// Believes everybody and reads only some signatures.
    #[derive(Debug)]
    struct Reads(Vec<SignatureScheme>);

    impl ServerCertVerifier for Reads {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.clone()
        }
    }

    /// Shakes hands with a client that reads these signatures; tells whether it got the own key.
    fn gets_own_key(reads: Vec<SignatureScheme>) -> bool {
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Reads(reads)))
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
        let mut server = ServerConnection::new(config(&key(), HERE, None).unwrap()).unwrap();
        while client.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            server.read_tls(&mut wire.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            wire.clear();
            server.write_tls(&mut wire).unwrap();
            client.read_tls(&mut wire.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        let certificate = ParsedCertificate::try_from(&client.peer_certificates().unwrap()[0]);
        let public = certificate.unwrap().subject_public_key_info();
        public.as_ref().ends_with(key().verifying_key().as_bytes())
    }

    #[test]
    fn stations_get_the_servers_own_key_and_browsers_one_that_they_can_read() {
        use SignatureScheme::{ECDSA_NISTP256_SHA256, ED25519};
        assert!(gets_own_key(vec![ECDSA_NISTP256_SHA256, ED25519]));
        assert!(!gets_own_key(vec![ECDSA_NISTP256_SHA256]));
    }

    #[test]
    fn files_that_do_not_fit_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (one, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let params = CertificateParams::new(vec!["venue.example".to_owned()]).unwrap();
        let certificates = write("cert.pem", &params.self_signed(&one).unwrap().pem());
        let (right, wrong) =
            (write("key.pem", &one.serialize_pem()), write("b.pem", &other.serialize_pem()));
        let with = |certificates: &Path, private: &Path| {
            let files = Files { certificates: certificates.to_owned(), key: private.to_owned() };
            config(&key(), HERE, Some(&files)).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(with(&certificates, &right), Ok(()));
        assert!(with(&certificates, &wrong).unwrap_err().contains("b.pem is not the key of"));
        assert!(with(&right, &right).unwrap_err().contains("key.pem holds no certificate"));
        assert!(with(&certificates, &certificates).unwrap_err().contains("holds no private key"));
        assert!(with(&dir.path().join("no"), &right).unwrap_err().contains("cannot read"));
        let endless = Path::new("/dev/zero");
        assert!(with(endless, &right).unwrap_err().contains("is no file"));
    }
}
