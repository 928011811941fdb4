//! How a station joins that never saw a network: three files on a stick.
//!
//! The server writes an invitation, which says who it is; the code, which travels another way, names
//! the fingerprint of its key. The station answers with an application that only the server can
//! read, and the server with a welcome that only the station can read.

use std::io::{Read, Write};

use admission::exchange::{BlanksHeld, Caller, Envelope, Held, Nonce, seal};
use admission::id::{ConventionId, LogId};
use admission::time::Millis;
use ed25519_dalek::{Signature, Signer, SigningKey};
use minicbor::{Decode, Encode};

use super::container::{BundleError, Frame, Reader, Writer};
use super::read::{ReadError, for_server};
use super::write::WriteError;
use super::{EVERYBODY, nonce};
use crate::blanks;
use crate::enrol::{self, Application, Code, Welcome};
use crate::join::JoinError;
use crate::local::{ReceiveError, ServerCard};
use crate::members::{EnrolError, Station};
use crate::open::Ledger;
use crate::routes::{Server, first_question};

/// The first bytes of an invitation.
const MAGIC: &[u8; 4] = b"YBI1";
const DOMAIN: &[u8] = b"yingbin-invitation-v1";
/// Largest invitation, in bytes.
const LARGEST: u64 = 4096;

/// Who a server is, for a station that cannot ask it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invitation {
    /// The server.
    #[n(0)]
    pub server: ServerCard,
}

/// Why an invitation is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInvitation {
    /// Not one, or damaged.
    #[error("this is no invitation; name the file that station add --offline wrote")]
    Malformed,
    /// Another server's.
    #[error("the invitation is not from the server that the code names; check file and code")]
    WrongServer,
}

impl Invitation {
    /// Signs the invitation.
    pub fn seal(&self, server: &SigningKey) -> Vec<u8> {
        let content = minicbor::to_vec(self).unwrap_or_default();
        let signature = server.sign(&[DOMAIN, &content].concat()).to_bytes();
        [&MAGIC[..], &signature, &content].concat()
    }

    /// Reads an invitation and proves that it is from the server that the code names.
    ///
    /// # Errors
    /// [`BadInvitation`] if it is not.
    pub fn open(bytes: &[u8], code: &Code) -> Result<Invitation, BadInvitation> {
        let malformed = BadInvitation::Malformed;
        let rest = bytes.strip_prefix(MAGIC).ok_or(malformed)?;
        let (signature, content) = rest.split_first_chunk::<64>().ok_or(malformed)?;
        let invitation: Invitation = minicbor::decode(content).map_err(|_| malformed)?;
        let key = invitation.server.key().map_err(|_| malformed)?;
        if !code.names(&key) {
            return Err(BadInvitation::WrongServer);
        }
        let signed = [DOMAIN, content].concat();
        let proved = key.verify_strict(&signed, &Signature::from_bytes(signature));
        proved.map(|()| invitation).map_err(|_| malformed)
    }

    /// Reads an invitation's bytes.
    ///
    /// # Errors
    /// The system's, if it cannot be read.
    pub fn read(from: impl Read) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        from.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// What a folder keeps between its application and the welcome.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Applied {
    /// The server of the invitation.
    #[n(0)]
    pub server: ServerCard,
    /// The code.
    #[n(1)]
    pub code: String,
    /// The application's nonce, which the welcome names.
    #[n(2)]
    pub nonce: Nonce,
}

/// Writes an application that the server of the invitation can read.
///
/// # Errors
/// [`BundleError`] if it cannot be written.
pub fn write_application(
    file: impl Write,
    applied: &Applied,
    (code, key): (&Code, &SigningKey),
) -> Result<(), BundleError> {
    let mut writer = Writer::begin(file, (applied.server.convention, EVERYBODY), 1)?;
    let server = applied.server.key().map_err(|_| BundleError::Reader)?;
    writer.part(&[server])?;
    let application = Application::new(code, key, applied.nonce);
    writer.frame(&Frame::Application(minicbor::to_vec(application).unwrap_or_default()))?;
    writer.end().map(|_| ())
}

/// A station that applied by a bundle, and its welcome.
#[derive(Debug)]
pub struct Applicant {
    /// The station, enrolled.
    pub station: Station,
    /// What it is answered.
    welcome: Vec<u8>,
}

/// Why somebody who applies by a bundle does not get in.
#[derive(Debug, thiserror::Error)]
pub enum NoEnrolment {
    /// Not an application, or not proved.
    #[error("this application is damaged or not its sender's; make it again: enrol --offline")]
    Malformed,
    /// There is no way to answer.
    #[error("this bundle is an application; say where its answer goes: --answer FILE")]
    NoAnswer,
    /// The code, or the ledger.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

impl Ledger {
    /// Makes an applicant a member, and its welcome.
    pub(super) fn admit_offline(
        &mut self,
        application: &[u8],
        server: &Server,
        (answering, now): (bool, Millis),
    ) -> Result<Applicant, ReadError> {
        let application: Application =
            minicbor::decode(application).map_err(|_| NoEnrolment::Malformed)?;
        if !application.is_proved() {
            return Err(NoEnrolment::Malformed.into());
        }
        if !answering {
            return Err(NoEnrolment::NoAnswer.into());
        }
        let code = enrol::hash(&application.secret);
        let enrolled = self.enrol_station(&code, application.public, now);
        let station = enrolled.map_err(NoEnrolment::from)?;
        let mut question = first_question(&application, &station, server);
        // Facts follow after the welcome; blanks go on from those that were given out.
        question.vector = self.vector()?;
        question.blanks_held = question.blanks_held.map(|held| BlanksHeld {
            up_to: blanks::highest(&self.db, station.id).unwrap_or(held.up_to),
            ..held
        });
        let mut letter = self.reply(&question, &server.answering(), nonce()?)?;
        self.date(&mut letter, server)?;
        let welcome = Welcome {
            server_key: server.key.verifying_key().to_bytes(),
            server: server.id,
            station: station.id,
            convention: server.convention,
            message: seal(&letter, server.convention, &server.key),
        };
        Ok(Applicant { station, welcome: minicbor::to_vec(welcome).unwrap_or_default() })
    }

    /// Writes the welcome of an applicant, with every fact.
    ///
    /// # Errors
    /// [`WriteError`]; then what was written is no whole bundle.
    pub fn write_welcome<W: Write>(
        &self,
        file: W,
        applicant: &Applicant,
        server: &Server,
    ) -> Result<super::write::Sent, WriteError> {
        self.write_for_newcomer(file, (&applicant.station, applicant.welcome.clone()), server)
    }

    /// Takes a welcome at a folder that applied: it becomes a station.
    ///
    /// # Errors
    /// [`JoinError`] inside if the welcome is not from the server that the code names, or answers
    /// another application; then the ledger is to be thrown away.
    pub fn join_offline(
        &mut self,
        file: impl Read,
        (applied, code): (&Applied, &Code),
        epoch: [u8; 8],
        (station, now): (&SigningKey, Millis),
    ) -> Result<ServerCard, JoinOffline> {
        let mut reader = Reader::begin(file, station)?;
        let server = applied.server.clone();
        let outline = reader.outline().clone();
        let convention: ConventionId = outline.convention;
        if convention != server.convention {
            return Err(BundleError::OtherConvention(convention).into());
        }
        let frame = reader.next_frame().map_err(|error| for_server(error, &outline, None))?;
        let Some(Frame::Welcome(bytes)) = frame else {
            return Err(JoinOffline::NoWelcome);
        };
        let welcome: Welcome = minicbor::decode(&bytes).map_err(|_| JoinError::Malformed)?;
        let key = server.key().map_err(|_| JoinError::Malformed)?;
        if !code.names(&key) || welcome.server_key != server.public || welcome.server != server.id {
            return Err(JoinError::WrongServer.into());
        }
        let letter = Envelope::read(&welcome.message)
            .and_then(|envelope| envelope.open(server.convention, &key))
            .map_err(|error| JoinError::from(ReceiveError::from(error)))?;
        let mut caller = Caller::new(welcome.station, server.id);
        caller.generate(Held::default(), applied.nonce, 0, now);
        caller.receive(&letter).map_err(|_| JoinOffline::Old)?;
        self.begin_log(LogId::new(welcome.station, epoch)).map_err(ReadError::from)?;
        self.take_letter(&letter, &server, (station, now))?;
        // Last, because a station is enrolled when it knows its server.
        self.set_server(&server).map_err(ReadError::from)?;
        Ok(server)
    }
}

/// Why a folder that applied does not become a station.
#[derive(Debug, thiserror::Error)]
pub enum JoinOffline {
    /// A bundle, but no welcome.
    #[error(
        "this folder waits for the server's welcome, and this bundle is something else; name the \
         file that bundle in --answer wrote"
    )]
    NoWelcome,
    /// An earlier application's.
    #[error(
        "this welcome answers another application of this folder; take the latest application to \
         the server, and its answer back"
    )]
    Old,
    /// The welcome.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It cannot be stored.
    #[error(transparent)]
    Read(#[from] ReadError),
}
