//! The vectors of `vectors/pass.json`, made anew from fixed seeds at every run.
//!
//! The frames are put together by hand and not by the code under test, so that a fault shared by
//! writer and reader shows.

use std::collections::BTreeMap;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use minicbor::Encoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::ConventionId;

mod structure;

use structure::{frames, headers, payloads};

/// The file as a whole.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Book {
    pub(super) about: String,
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) vectors: Vec<Vector>,
}

/// A key pair that signs test passes, and the convention for which it speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Key {
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    pub(super) public: String,
    pub(super) kid: String,
    pub(super) convention: String,
}

/// One text, what it is made of, and what a reader that knows `known` says about it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) known: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fields: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aad: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cose: Option<String>,
    pub(super) text: String,
    pub(super) result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) convention: Option<String>,
}

/// What a pass says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fields {
    pub(super) kind: u8,
    pub(super) serial: String,
    pub(super) category: u8,
    pub(super) revision: u8,
    pub(super) first_day: u32,
    pub(super) days: u8,
}

/// 25 September 2023, the first day of the demo convention.
const DAY: u32 = 19_625;
const HERE: ConventionId = ConventionId([0xC0; 16]);
const NEXT_DOOR: ConventionId = ConventionId([0xC1; 16]);
const ALL: &[&str] = &["organiser", "neighbour"];

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn serial() -> String {
    "00112233445566778899aabbccddeeff".to_owned()
}

/// Two of these keys share their id: found by trying seeds 0, 1, 2 ... until two collided.
fn seed(name: &str) -> [u8; 32] {
    let counted = |number: u64| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        seed
    };
    match name {
        "organiser" => [1; 32],
        "neighbour" => [2; 32],
        "stranger" => [3; 32],
        "twin-a" => counted(116_215),
        "twin-b" => counted(119_727),
        other => panic!("no key {other}"),
    }
}

fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&seed(name))
}

fn convention(name: &str) -> ConventionId {
    match name {
        "neighbour" | "twin-b" => NEXT_DOOR,
        _ => HERE,
    }
}

fn kid(public: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(public);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The neutral element of the curve: under it, lax verifiers accept anything.
fn weak_public() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
}

fn described(name: &str) -> Key {
    let (seed, public) = match name {
        "weak" => (None, weak_public()),
        _ => (Some(hex(&seed(name))), key(name).verifying_key().to_bytes()),
    };
    Key {
        seed,
        public: hex(&public),
        kid: hex(&kid(&public)),
        convention: convention(name).to_string(),
    }
}

// ---- CBOR by hand ----

/// A CBOR head: major type and argument in its shortest form.
fn head(major: u8, argument: usize) -> Vec<u8> {
    let top = major << 5;
    match argument {
        0..=23 => vec![top | argument as u8],
        24..=255 => vec![top | 24, argument as u8],
        _ => [vec![top | 25], (argument as u16).to_be_bytes().to_vec()].concat(),
    }
}

fn bstr(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len()), items.concat()].concat()
}

fn protected(kid: &[u8]) -> Vec<u8> {
    [unhex("a2012704"), bstr(kid)].concat()
}

fn text_of(cose: &[u8]) -> String {
    format!("YB1{}", BASE32_NOPAD.encode(cose))
}

/// The six items of a payload, each encoded by itself.
fn items(fields: &Fields) -> Vec<Vec<u8>> {
    let number = |value: u32| {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes).u32(value).unwrap();
        bytes
    };
    vec![
        number(fields.kind.into()),
        bstr(&unhex(&fields.serial)),
        number(fields.category.into()),
        number(fields.revision.into()),
        number(fields.first_day),
        number(fields.days.into()),
    ]
}

/// A pass in the making, of which any part can be spoilt.
#[derive(Clone)]
struct Draft {
    signer: SigningKey,
    fields: Fields,
    payload: Vec<u8>,
    protected: Vec<u8>,
    unprotected: Vec<u8>,
    aad: Vec<u8>,
    /// Put in place of the signature that `signer` would make.
    signature: Option<Vec<u8>>,
}

impl Draft {
    fn new(signer: &str, fields: Fields) -> Draft {
        let (name, signer) = (signer, key(signer));
        let kid = kid(signer.verifying_key().as_bytes());
        Draft {
            payload: array(&items(&fields)),
            fields,
            protected: protected(&kid),
            unprotected: unhex("a0"),
            aad: [b"yingbin-pass-v1".as_slice(), &convention(name).0].concat(),
            signature: None,
            signer,
        }
    }

    fn kid(&self) -> [u8; 4] {
        kid(self.signer.verifying_key().as_bytes())
    }

    /// The bytes that are signed: RFC 9052, section 4.4.
    fn signed_bytes(&self) -> Vec<u8> {
        let context = [head(3, 10), b"Signature1".to_vec()].concat();
        array(&[context, bstr(&self.protected), bstr(&self.aad), bstr(&self.payload)])
    }

    fn signature(&self) -> Vec<u8> {
        let own = || self.signer.sign(&self.signed_bytes()).to_bytes().to_vec();
        self.signature.clone().unwrap_or_else(own)
    }

    fn parts(&self) -> [Vec<u8>; 4] {
        [
            bstr(&self.protected),
            self.unprotected.clone(),
            bstr(&self.payload),
            bstr(&self.signature()),
        ]
    }

    fn cose(&self) -> Vec<u8> {
        array(&self.parts())
    }

    /// A vector of this draft as it stands.
    fn vector(&self, name: &str, result: &str) -> Vector {
        self.framed(name, result, self.cose())
    }

    /// A vector of this draft inside another frame.
    fn framed(&self, name: &str, result: &str, cose: Vec<u8>) -> Vector {
        Vector {
            payload: Some(hex(&self.payload)),
            protected: Some(hex(&self.protected)),
            aad: Some(hex(&self.aad)),
            cose: Some(hex(&cose)),
            ..text(name, result, &text_of(&cose))
        }
    }

    /// A vector that must be read, from a key of `convention`.
    fn accepted(&self, name: &str, convention: ConventionId) -> Vector {
        Vector {
            fields: Some(self.fields.clone()),
            convention: Some(convention.to_string()),
            ..self.vector(name, "ok")
        }
    }
}

impl Vector {
    fn known(self, names: &[&str]) -> Vector {
        Vector { known: names.iter().map(|name| (*name).to_owned()).collect(), ..self }
    }
}

fn plain_fields() -> Fields {
    Fields { kind: 1, serial: serial(), category: 40, revision: 0, first_day: DAY, days: 3 }
}

/// A badge of the organiser, good in every part.
fn good() -> Draft {
    Draft::new("organiser", plain_fields())
}

/// The good badge with one change.
fn spoilt(change: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = good();
    change(&mut draft);
    draft
}

/// A vector of which nothing but the text is told.
fn text(name: &str, result: &str, text: &str) -> Vector {
    Vector {
        name: name.to_owned(),
        known: ALL.iter().map(|name| (*name).to_owned()).collect(),
        fields: None,
        payload: None,
        protected: None,
        aad: None,
        cose: None,
        text: text.to_owned(),
        result: result.to_owned(),
        convention: None,
    }
}

// ---- the book ----

/// Makes the whole book.
pub(super) fn book() -> Book {
    let names = ["organiser", "neighbour", "stranger", "twin-a", "twin-b", "weak"];
    Book {
        about: "Pass vectors of Yingbin, layout YB1; docs/pass.md explains them. All numbers are \
                test numbers: no key here is used anywhere."
            .to_owned(),
        keys: names.iter().map(|name| ((*name).to_owned(), described(name))).collect(),
        vectors: [
            accepted(),
            by_key(),
            foreign_texts(),
            spoilt_texts(),
            frames(),
            headers(),
            payloads(),
            sealed(),
            signatures(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn accepted() -> Vec<Vector> {
    let with = |name: &str, change: &dyn Fn(&mut Fields)| {
        let mut fields = plain_fields();
        change(&mut fields);
        Draft::new("organiser", fields).accepted(name, HERE)
    };
    vec![
        with("a badge", &|_| ()),
        with("an invitation", &|f| f.kind = 0),
        with("smallest category", &|f| f.category = 0),
        with("largest category in one byte", &|f| f.category = 23),
        with("smallest category in two bytes", &|f| f.category = 24),
        with("largest category", &|f| f.category = 255),
        with("largest revision", &|f| f.revision = 23),
        with("one day", &|f| f.days = 1),
        with("most days", &|f| f.days = 23),
        with("first day in 1970", &|f| f.first_day = 0),
        with("last first day in three bytes, the year 2149", &|f| f.first_day = 65_535),
        with("first day in five bytes", &|f| f.first_day = 65_536),
        with("serial of zeros", &|f| f.serial = "00".repeat(16)),
        with("serial of ones", &|f| f.serial = "ff".repeat(16)),
    ]
}

fn by_key() -> Vec<Vector> {
    let from = |signer: &str| Draft::new(signer, plain_fields());
    let mut borrowed = from("twin-a");
    borrowed.aad = from("twin-b").aad;
    vec![
        from("neighbour").accepted("a known key of another convention", NEXT_DOOR),
        from("twin-a")
            .accepted("key id of two keys, the first signed", HERE)
            .known(&["twin-a", "twin-b"]),
        from("twin-b")
            .accepted("key id of two keys, the second signed", NEXT_DOOR)
            .known(&["twin-a", "twin-b"]),
        from("twin-a")
            .vector("key id of two keys, the known one did not sign", "forged")
            .known(&["twin-b"]),
        borrowed
            .vector("key id of two keys, one signs for the other's convention", "forged")
            .known(&["twin-a", "twin-b"]),
        from("stranger").vector("a key that nobody knows", "unknown_key"),
        good().vector("a reader without keys", "unknown_key").known(&[]),
        good().vector("a reader that knows another key only", "unknown_key").known(&["neighbour"]),
    ]
}

fn foreign_texts() -> Vec<Vector> {
    let not_ours = |name: &str, value: &str| text(name, "not_ours", value);
    vec![
        not_ours("empty", ""),
        not_ours("one blank", " "),
        not_ours("EU digital COVID certificate", "HC1:6BFOXN%TSMAHN-H:ZOI6GP*84%9*VD/HO3C"),
        not_ours(
            "SMART health card",
            "shc:/567629095243206034602924374044603122295953265460346029",
        ),
        not_ours("URL", "https://example.com/YB1"),
        not_ours("URL in capitals", "HTTPS://EXAMPLE.COM/YB1AAAA"),
        not_ours("URL of a script", "javascript:alert(1)"),
        not_ours("URL of the window's own scheme", "tauri://localhost/index.html"),
        not_ours("file URL", "file:///etc/passwd"),
        not_ours("Wi-Fi", "WIFI:T:WPA;S:Venue;P:welcome123;;"),
        not_ours("vCard", "BEGIN:VCARD\nVERSION:3.0\nFN:Lin\nEND:VCARD"),
        not_ours("MeCard", "MECARD:N:Lin;TEL:+8613800000000;;"),
        not_ours("payment", "wxp://f2f0Zx8LwGqk3nPZ2c5mE0b6Wc7hR4sT"),
        not_ours("one byte 01 in base64", "AQ=="),
        not_ours("ticket secret in base64, as pretix signs", &pretix_like()),
        not_ours("opaque ticket secret", "fq7mvdm8z4kkbs9wbbd4mk3ecsuyrzvc"),
        not_ours("JSON web token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
        not_ours("EAN-13", "6901234567892"),
        not_ours("scanner configuration", "\u{1}SCNCFG;KBD=1;RESET"),
        not_ours("command keys", "\u{f}\u{1b}[24~"),
        not_ours("single quote", "'"),
        not_ours("dashes", "------"),
        not_ours("SQL", "' OR 1=1 --"),
        not_ours("markup", "<img src=x onerror=alert(1)>"),
        not_ours("NUL alone", "\0"),
        not_ours("7,089 digits, the most that a QR code holds", &"7".repeat(7_089)),
        not_ours("4,296 capitals, the most that a QR code holds", &"A".repeat(4_296)),
        not_ours("4,296 capitals with our prefix", &format!("YB1{}", "A".repeat(4_293))),
    ]
}

fn pretix_like() -> String {
    let bytes: Vec<u8> = (0..84).map(|i: u8| i.wrapping_mul(37)).collect();
    data_encoding::BASE64.encode(&bytes)
}

fn spoilt_texts() -> Vec<Vector> {
    let good = text_of(&good().cose());
    let body = &good[3..];
    let not_ours = |name: &str, value: String| text(name, "not_ours", &value);
    let with_char = |at: usize, new: &str| format!("{}{new}{}", &good[..at], &good[at + 1..]);
    vec![
        not_ours("prefix only", "YB1".to_owned()),
        not_ours("prefix and one letter", "YB1A".to_owned()),
        not_ours("no prefix", body.to_owned()),
        not_ours("half a pass", good[..86].to_owned()),
        not_ours("last letter missing", good[..good.len() - 1].to_owned()),
        not_ours("one letter more", format!("{good}A")),
        not_ours("lower case", good.to_lowercase()),
        not_ours("prefix in lower case", format!("yb1{body}")),
        not_ours("one small letter", with_char(3, &good[3..4].to_lowercase())),
        not_ours("blank at the end", format!("{good} ")),
        not_ours("blank at the start", format!(" {good}")),
        not_ours("newline at the end", format!("{good}\n")),
        not_ours("CR LF at the end", format!("{good}\r\n")),
        not_ours("tab at the end", format!("{good}\t")),
        not_ours("blank inside", format!("{} {}", &good[..80], &good[80..])),
        not_ours("newline inside", format!("{}\n{}", &good[..80], &good[80..])),
        not_ours("NUL inside", format!("{}\0{}", &good[..80], &good[80..])),
        not_ours("NUL at the end", format!("{good}\0")),
        not_ours("byte order mark", format!("\u{feff}{good}")),
        not_ours("zero-width space inside", format!("{}\u{200b}{}", &good[..80], &good[80..])),
        not_ours("base32 padding", format!("{good}======")),
        not_ours("unused bits of the last letter set", loose_end(&good)),
        not_ours("the digit 1 in the body", with_char(10, "1")),
        not_ours("the digit 0 in the body", with_char(10, "0")),
        not_ours("full-width prefix", format!("ＹＢ１{body}")),
        not_ours("full-width letter in the body", with_char(3, "Ｑ")),
        not_ours("Cyrillic В in the prefix", format!("Y\u{412}1{body}")),
        not_ours("Greek Υ in the prefix", format!("\u{3a5}B1{body}")),
        not_ours("pass twice", format!("{good}{good}")),
        not_ours("pass in a URL", format!("HTTPS://EXAMPLE.COM/{good}")),
        not_ours("513 letters", format!("YB1{}", "A".repeat(510))),
        not_ours("512 letters of nothing", format!("YB1{}", "A".repeat(509))),
        not_ours("prefix of a layout that never was", format!("YB0{body}")),
        not_ours("prefix with a letter", format!("YBA{body}")),
        not_ours("later layout without a body", "YB2".to_owned()),
        not_ours("later layout in lower case", format!("YB2{}", body.to_lowercase())),
        text("layout 2", "newer_pass", &format!("YB2{body}")),
        text("layout 9", "newer_pass", &format!("YB9{body}")),
    ]
}

/// Sets an unused bit in the last letter; lax decoders ignore it.
fn loose_end(good: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let last = good.bytes().next_back().unwrap();
    let place = alphabet.iter().position(|letter| *letter == last).unwrap();
    format!("{}{}", &good[..good.len() - 1], char::from(alphabet[place | 1]))
}

fn sealed() -> Vec<Vector> {
    let mut items = items(&plain_fields());
    items.push(bstr(&[0x5E; 40]));
    let draft = spoilt(|draft| draft.payload = array(&items));
    let mut forged = draft.clone();
    forged.signature = Some(vec![0x11; 64]);
    vec![
        draft.vector("with a sealed block", "newer_pass"),
        draft.vector("with a sealed block, key unknown", "unknown_key").known(&["neighbour"]),
        forged.vector("with a sealed block, not signed by the key", "forged"),
    ]
}

fn signatures() -> Vec<Vector> {
    let right = good().signature();
    let signed = |name: &str, signature: Vec<u8>| {
        spoilt(|draft| draft.signature = Some(signature)).vector(name, "forged")
    };
    let aad = |name: &str, aad: Vec<u8>| spoilt(|draft| draft.aad = aad).vector(name, "forged");
    let flipped = |at: usize| {
        let mut bytes = right.clone();
        bytes[at] ^= 1;
        bytes
    };
    let here: &[u8] = &HERE.0;
    vec![
        signed("signature zero", vec![0; 64]),
        signed("signature of ones", vec![0xFF; 64]),
        signed("signature with R flipped", flipped(0)),
        signed("signature with S flipped", flipped(32)),
        signed("signature with S + L", malleable(&right)),
        signed("signature with R of small order", small_order_r()),
        signed("signature of 63 bytes", right[..63].to_vec()),
        signed("signature of 65 bytes", [right.clone(), vec![0]].concat()),
        signed("signature of no bytes", Vec::new()),
        signed(
            "signature of another pass",
            Draft::new("organiser", Fields { days: 4, ..plain_fields() }).signature(),
        ),
        signed(
            "signature of another key",
            key("stranger").sign(&good().signed_bytes()).to_bytes().to_vec(),
        ),
        signed("signature of a fact", fact_signature()),
        signed(
            "signature over the payload alone",
            key("organiser").sign(&good().payload).to_bytes().to_vec(),
        ),
        aad("signed without a domain", Vec::new()),
        aad("signed without a convention", b"yingbin-pass-v1".to_vec()),
        aad("signed for another convention", [b"yingbin-pass-v1", NEXT_DOOR.0.as_slice()].concat()),
        aad("signed in the domain of an exchange", [b"yingbin-exchange-v1", here].concat()),
        aad("signed in the domain of a fact", [b"yingbin-fact-v1", here].concat()),
        aad("signed in the domain of layout 2", [b"yingbin-pass-v2", here].concat()),
        aad(
            "signed with the convention in hexadecimal",
            format!("yingbin-pass-v1{HERE}").into_bytes(),
        ),
        changed("category changed after signing", |fields| fields.category = 41),
        changed("kind changed after signing", |fields| fields.kind = 0),
        changed("days changed after signing", |fields| fields.days = 23),
        weak_key(),
    ]
}

/// The right signature under a payload that was changed afterwards.
fn changed(name: &str, change: impl FnOnce(&mut Fields)) -> Vector {
    let mut fields = plain_fields();
    change(&mut fields);
    let mut draft = Draft::new("organiser", fields);
    draft.signature = Some(good().signature());
    draft.vector(name, "forged")
}

/// What the organiser's key would sign as a fact, if its bytes were those of the pass.
fn fact_signature() -> Vec<u8> {
    let bytes = [b"yingbin-fact-v1".to_vec(), good().signed_bytes()].concat();
    key("organiser").sign(&bytes).to_bytes().to_vec()
}

/// The same signature in a second spelling: S + L, with L the order of the base point.
fn malleable(signature: &[u8]) -> Vec<u8> {
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut bytes = signature.to_vec();
    let mut carry = 0;
    for (byte, add) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    bytes
}

/// R is the neutral element and S = H(R, A, M) * a, which solves the equation of RFC 8032.
///
/// Made once with big integers from the organiser's seed and the good badge.
fn small_order_r() -> Vec<u8> {
    unhex(
        "0100000000000000000000000000000000000000000000000000000000000000\
         08fc49ee550d9bf840fb2cfef2b9f80716af3cee5240a846016f1f764bcbf10e",
    )
}

/// Key and R are the neutral element and S is zero, which solves the equation for every message.
fn weak_key() -> Vector {
    let signature = [weak_public().to_vec(), vec![0; 32]].concat();
    let draft = spoilt(|draft| {
        draft.protected = protected(&kid(&weak_public()));
        draft.signature = Some(signature);
    });
    draft.vector("key of small order", "forged").known(&["weak"])
}

/// The key of a name as the reader is given it.
pub(super) fn public(key: &Key) -> VerifyingKey {
    VerifyingKey::from_bytes(&unhex(&key.public).try_into().unwrap()).unwrap()
}
