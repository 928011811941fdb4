//! Passes whose COSE or CBOR is put together wrongly: frame, headers, payload.

use super::{Vector, array, bstr, good, hex, items, plain_fields, spoilt, text, text_of, unhex};

pub(super) fn frames() -> Vec<Vector> {
    let draft = good();
    let cose = draft.cose();
    let [header, unprotected, payload, signature] = draft.parts();
    let not_ours = |name: &str, bytes: Vec<u8>| draft.framed(name, "not_ours", bytes);
    let of = |parts: &[&[u8]]| parts.concat();
    let inner = cose[1..].to_vec();
    let long_signature = [unhex("590040"), draft.signature()].concat();
    let long_payload = [unhex("59001a"), draft.payload.clone()].concat();
    let streamed_payload = of(&[&unhex("5f"), &payload, &unhex("ff")]);
    let streamed_header = of(&[&unhex("5f"), &header, &unhex("ff")]);
    vec![
        not_ours("tagged 18, COSE_Sign1", of(&[&unhex("d2"), &cose])),
        not_ours("tagged 18 twice", of(&[&unhex("d2d2"), &cose])),
        not_ours("tagged 61 and 18, CWT", of(&[&unhex("d83dd2"), &cose])),
        not_ours("tagged 55799, self-described CBOR", of(&[&unhex("d9d9f7"), &cose])),
        not_ours("array of indefinite length", of(&[&unhex("9f"), &inner, &unhex("ff")])),
        not_ours("array head not minimal", of(&[&unhex("9804"), &inner])),
        not_ours(
            "protected header of indefinite length",
            array(&[streamed_header, unprotected.clone(), payload.clone(), signature.clone()]),
        ),
        not_ours(
            "protected header a map, not a byte string",
            array(&[
                draft.protected.clone(),
                unprotected.clone(),
                payload.clone(),
                signature.clone(),
            ]),
        ),
        not_ours(
            "protected header's length not minimal",
            array(&[
                of(&[&unhex("5809"), &draft.protected]),
                unprotected.clone(),
                payload.clone(),
                signature.clone(),
            ]),
        ),
        not_ours(
            "unprotected header of indefinite length",
            array(&[header.clone(), unhex("bfff"), payload.clone(), signature.clone()]),
        ),
        not_ours(
            "unprotected header null",
            array(&[header.clone(), unhex("f6"), payload.clone(), signature.clone()]),
        ),
        not_ours(
            "payload of indefinite length",
            array(&[header.clone(), unprotected.clone(), streamed_payload, signature.clone()]),
        ),
        not_ours(
            "payload's length not minimal",
            array(&[header.clone(), unprotected.clone(), long_payload, signature.clone()]),
        ),
        not_ours(
            "payload detached",
            array(&[header.clone(), unprotected.clone(), unhex("f6"), signature.clone()]),
        ),
        not_ours(
            "payload an array, not a byte string",
            array(&[header.clone(), unprotected.clone(), draft.payload.clone(), signature.clone()]),
        ),
        not_ours(
            "signature's length not minimal",
            array(&[header.clone(), unprotected.clone(), payload.clone(), long_signature]),
        ),
        not_ours(
            "signature null",
            array(&[header.clone(), unprotected.clone(), payload.clone(), unhex("f6")]),
        ),
        not_ours("three elements", array(&[header.clone(), unprotected.clone(), payload.clone()])),
        not_ours(
            "fifth element",
            array(&[
                header.clone(),
                unprotected.clone(),
                payload.clone(),
                signature.clone(),
                unhex("f6"),
            ]),
        ),
        not_ours(
            "COSE_Sign with a list of signatures",
            array(&[
                header.clone(),
                unprotected.clone(),
                payload,
                array(&[array(&[header, unprotected, signature])]),
            ]),
        ),
        not_ours("byte after the end", of(&[&cose, &unhex("00")])),
        not_ours("pass after the pass", of(&[&cose, &cose])),
        not_ours("last byte missing", cose[..cose.len() - 1].to_vec()),
        not_ours("wrapped in a byte string", bstr(&cose)),
        text("300 arrays in one another", "not_ours", &text_of(&[0x81; 300])),
        text("byte string of 2^63 bytes", "not_ours", &text_of(&unhex("845b8000000000000000"))),
        text("array of 2^32 elements", "not_ours", &text_of(&unhex("9b0000000100000000"))),
        text("JSON in base32", "not_ours", &text_of(br#"{"kind":1}"#)),
        text("deflated with zlib", "not_ours", &text_of(&unhex("789c4b4c4a06000248012d"))),
    ]
}

pub(super) fn headers() -> Vec<Vector> {
    let kid = good().kid();
    let named = hex(&kid);
    let not_ours = |name: &str, protected: &str| {
        spoilt(|draft| draft.protected = unhex(protected)).vector(name, "not_ours")
    };
    let beside = |name: &str, protected: &str, unprotected: &str| {
        let draft = spoilt(|draft| {
            draft.protected = unhex(protected);
            draft.unprotected = unhex(unprotected);
        });
        draft.vector(name, "not_ours")
    };
    let good_header = format!("a201270444{named}");
    vec![
        not_ours("keys of the protected header swapped", &format!("a20444{named}0127")),
        not_ours("algorithm twice", &format!("a30127012704 44{named}").replace(' ', "")),
        not_ours("key id twice", &format!("a301270444{named}0444{named}")),
        not_ours("algorithm ES256, -7", &format!("a201260444{named}")),
        not_ours("algorithm PS256, -37", &format!("a20138240444{named}")),
        not_ours("algorithm Ed25519, -19", &format!("a201320444{named}")),
        not_ours("algorithm HMAC, 5", &format!("a201050444{named}")),
        not_ours("algorithm 0", &format!("a201000444{named}")),
        not_ours("algorithm text none", &format!("a201646e6f6e650444{named}")),
        not_ours("algorithm text EdDSA", &format!("a201654564445341 0444{named}").replace(' ', "")),
        not_ours("algorithm null", &format!("a201f60444{named}")),
        not_ours("algorithm absent", &format!("a10444{named}")),
        not_ours("algorithm not minimal", &format!("a20138070444{named}")),
        not_ours("header key not minimal", &format!("a21801270444{named}")),
        not_ours("key id's length not minimal", &format!("a20127045804{named}")),
        not_ours("key id absent", "a10127"),
        not_ours("key id of 0 bytes", "a201270440"),
        not_ours("key id of 3 bytes", &format!("a201270443{}", &named[..6])),
        not_ours("key id of 5 bytes", &format!("a201270445{named}00")),
        not_ours("key id of 32 bytes", &format!("a20127045820{}", hex(&[7; 32]))),
        not_ours("key id a text", "a20127046461626364"),
        not_ours(
            "content type in the protected header",
            &format!("a301270300 0444{named}").replace(' ', ""),
        ),
        not_ours("critical header", &format!("a30127028101 0444{named}").replace(' ', "")),
        not_ours("protected header empty", ""),
        not_ours("protected header an empty map", "a0"),
        not_ours("protected header of indefinite length inside", &format!("bf01270444{named}ff")),
        not_ours("byte after the protected header", &format!("{good_header}00")),
        beside("algorithm in the unprotected header", &format!("a10444{named}"), "a10127"),
        beside("key id in the unprotected header", "a10127", &format!("a10444{named}")),
        beside("everything in the unprotected header", "", &format!("a201270444{named}")),
        beside(
            "key id wrong in protected, right in unprotected",
            "a20127044400000000",
            &format!("a10444{named}"),
        ),
        beside("key id also in the unprotected header", &good_header, &format!("a10444{named}")),
        beside("unprotected header not empty", &good_header, "a118630a"),
    ]
}

pub(super) fn payloads() -> Vec<Vector> {
    let not_ours = |name: &str, payload: Vec<u8>| {
        spoilt(|draft| draft.payload = payload).vector(name, "not_ours")
    };
    let items = || items(&plain_fields());
    let item = |name: &str, at: usize, raw: &str| {
        let mut items = items();
        items[at] = unhex(raw);
        not_ours(name, array(&items))
    };
    let whole = array(&items());
    let more =
        |raw: &[&str]| array(&[items(), raw.iter().map(|raw| unhex(raw)).collect()].concat());
    vec![
        item("kind 2", 0, "02"),
        item("kind 24", 0, "1818"),
        item("kind -1", 0, "20"),
        item("kind true", 0, "f5"),
        item("kind a float", 0, "f93c00"),
        item("kind not minimal", 0, "1801"),
        item("serial of 15 bytes", 1, &format!("4f{}", "11".repeat(15))),
        item("serial of 17 bytes", 1, &format!("51{}", "11".repeat(17))),
        item("serial of no bytes", 1, "40"),
        item("serial a text", 1, &format!("70{}", "41".repeat(16))),
        item("serial null", 1, "f6"),
        item("serial of indefinite length", 1, &format!("5f50{}ff", "11".repeat(16))),
        item("serial's length not minimal", 1, &format!("5810{}", "11".repeat(16))),
        item("category 256", 2, "190100"),
        item("category a float", 2, "f94500"),
        item("category not minimal", 2, "190028"),
        item("category -1", 2, "20"),
        item("revision 24", 3, "1818"),
        item("revision null", 3, "f6"),
        item("first day 2^32", 4, "1b0000000100000000"),
        item("first day -1", 4, "20"),
        item("first day a float", 4, "fa46995200"),
        item("first day a text", 4, "6a323032332d30392d3235"),
        item("first day tagged as a date", 4, "d864194ca9"),
        item("first day not minimal", 4, "1a00004ca9"),
        item("no days", 5, "00"),
        item("24 days", 5, "1818"),
        item("-1 days", 5, "20"),
        not_ours("five elements", array(&items()[..5])),
        not_ours("eight elements", more(&["4100", "00"])),
        not_ours("seventh element a number", more(&["00"])),
        not_ours("seventh element a text", more(&["6161"])),
        not_ours("seventh element null", more(&["f6"])),
        not_ours("seventh element of indefinite length", more(&["5f4101ff"])),
        not_ours("seventh element's length not minimal", more(&["580101"])),
        not_ours("bytes after the seventh element", [more(&["4101"]), unhex("00")].concat()),
        not_ours(
            "payload's array of indefinite length",
            [unhex("9f"), whole[1..].to_vec(), unhex("ff")].concat(),
        ),
        not_ours("payload's array head not minimal", [unhex("9806"), whole[1..].to_vec()].concat()),
        not_ours(
            "payload's array head larger than the array",
            [unhex("87"), whole[1..].to_vec()].concat(),
        ),
        not_ours("payload tagged", [unhex("c1"), whole.clone()].concat()),
        not_ours("payload a map", [unhex("a3"), whole[1..].to_vec()].concat()),
        not_ours("payload wrapped in a byte string", bstr(&whole)),
        not_ours("payload empty", Vec::new()),
        not_ours("byte after the payload's array", [whole, unhex("00")].concat()),
    ]
}
