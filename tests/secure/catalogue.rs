//! The hostile inputs of the catalogue, by its numbers.

use super::*;

#[test]
fn case_62_a_replayed_question_is_refused() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let question = member.seal(&member.question());
        member.send(question.clone()).await.unwrap();
        for _ in 0..3 {
            let (status, text) = refusal(member.send(question.clone()).await);
            assert_eq!((status, text.contains("asked before")), (409, true), "{text}");
        }
        member.ask(&member.question()).await.unwrap();
    });
}

#[test]
fn case_62_a_clock_that_is_ten_minutes_or_ten_years_off_is_heard() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let now = ledger::clock::Clock::Machine.now();
        let ten_minutes = 600_000;
        for off in [-ten_minutes, ten_minutes, -525_600 * ten_minutes, 525_600 * ten_minutes] {
            let question = Message { sent_at: now.plus(off), ..member.question() };
            member.ask(&question).await.unwrap();
        }
    });
}

#[test]
fn case_62_a_body_swapped_under_the_signature_is_refused() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let parts = |bytes: &[u8]| {
            let mut read = Decoder::new(bytes);
            assert_eq!(read.array().unwrap(), Some(4));
            let protected = read.bytes().unwrap().to_vec();
            read.skip().unwrap();
            (protected, read.bytes().unwrap().to_vec(), read.bytes().unwrap().to_vec())
        };
        let one = parts(&member.seal(&member.question()));
        let (_, other, _) = parts(&member.seal(&member.asking_for(&["visit-dalian"])));
        let envelope = |payload: &[u8]| {
            let mut write = Encoder::new(Vec::new());
            write.array(4).unwrap().bytes(&one.0).unwrap().map(0).unwrap();
            write.bytes(payload).unwrap().bytes(&one.2).unwrap();
            write.into_writer()
        };
        assert_eq!(refusal(member.send(envelope(&other)).await).0, 403);
        member.send(envelope(&one.1)).await.expect("with its own body it is heard");
    });
}

#[test]
fn case_63_a_request_with_two_lengths_is_one_request_and_refused() {
    let venue = Venue::open();
    let smuggled = "GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n";
    let both = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nTransfer-Encoding: \
         chunked\r\n\r\n0\r\n\r\n{smuggled}",
        smuggled.len() + 5
    );
    let twice = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: {}\r\n\r\n\
         {smuggled}",
        smuggled.len()
    );
    let odd = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding : \
         chunked\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let obscure = format!(
        "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, xchunked\r\n\r\n\
         {smuggled}"
    );
    for (request, expected) in [(both, 411), (twice, 400), (odd, 400), (obscure, 400)] {
        let answer = talk(&venue.url, request.as_bytes());
        assert_eq!(status(&answer), expected, "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one request, one answer: {answer}");
    }
    is_well(&venue);
}

#[test]
fn case_63_headers_that_come_twice_are_refused() {
    let venue = Venue::open();
    let right = format!("Authorization: Bearer {}\r\n", venue.token);
    let ask = |headers: &str| {
        talk(
            &venue.url,
            format!("GET /api/arrivals HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
        )
    };
    let host = "Host: x\r\n";
    assert_eq!(status(&ask(&format!("{host}{right}"))), 200);
    for twice in [
        format!("{host}{right}{right}"),
        format!("{host}{right}Authorization: Bearer 0\r\n"),
        format!("{host}{host}{right}"),
        right.clone(),
    ] {
        let answer = ask(&twice);
        assert_eq!(status(&answer), 400, "{answer}");
        assert!(answer.contains("must come once"), "{answer}");
    }
    let many: String = (0..100).map(|number| format!("X-{number}: x\r\n")).collect();
    assert_eq!(status(&ask(&format!("{host}{many}"))), 431);
    assert_eq!(status(&ask(&format!("{host}X-Long: {}\r\n", "x".repeat(100_000)))), 431);
}

#[test]
fn case_63_an_address_in_a_header_buys_no_more_guesses() {
    let venue = Venue::open();
    let guess = |number: usize, token: &str| {
        talk(
            &venue.url,
            format!(
                "GET /api/arrivals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: \
                 10.0.0.{number}\r\nForwarded: for=10.0.0.{number}\r\nX-Real-IP: 10.0.0.{number}\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    let answers: Vec<String> = (0..14).map(|number| guess(number, "0123")).collect();
    assert!(answers[..10].iter().all(|answer| status(answer) == 401));
    assert!(
        answers
            .iter()
            .any(|answer| status(answer) == 429 && answer.to_lowercase().contains("retry-after: "))
    );
    let right = guess(99, &venue.token);
    assert_eq!(status(&right), 429, "also the right one waits: {right}");
    // What needs no token goes on, and so do the stations.
    is_well(&venue);
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        member.ask(&member.question()).await.unwrap();
    });
}

#[test]
fn case_64_a_station_learns_nothing_of_another_site() {
    let venue = Venue::open();
    block_on(async {
        let member = member(&venue, "K1", 1).await;
        let names = |answer: &Message| {
            let rows = answer.roster.iter().flat_map(|change| &change.rows);
            rows.count()
        };
        let own = member.ask(&member.question()).await.unwrap();
        assert!(names(&own) > 0);
        for sites in [&["visit-dalian"][..], &["dalian"], &["dalian", "anshan", "nowhere"]] {
            let answer = member.ask(&member.asking_for(sites)).await.unwrap();
            assert_eq!(names(&answer), 0, "{sites:?}");
        }
        let both = member.ask(&member.asking_for(&["dalian", "hall"])).await.unwrap();
        assert!(both.roster.iter().all(|change| change.state.scope.as_str() == "hall"));
    });
}

#[test]
fn case_64_a_station_cannot_speak_for_another() {
    let venue = Venue::open();
    block_on(async {
        let (one, other) = (member(&venue, "K1", 1).await, member(&venue, "K2", 2).await);
        let as_other = Message { from: other.id, ..one.question() };
        assert_eq!(refusal(one.ask(&as_other).await).0, 403);
        let as_server = Message { from: one.server, ..one.question() };
        assert_eq!(refusal(one.ask(&as_server).await).0, 403);
        let to_other = Message { to: other.id, ..one.question() };
        assert_eq!(refusal(one.ask(&to_other).await).0, 403);
        let nobody = Message { from: StationId([0; 16]), ..one.question() };
        assert_eq!(refusal(one.ask(&nobody).await).0, 403);
        other.ask(&other.question()).await.expect("and the other is heard as ever");
    });
}

#[test]
fn case_65_what_a_station_says_about_itself_changes_nothing() {
    let venue = Venue::open();
    let code = Code::read(&code_of(&venue, "K1")).unwrap();
    let key = SigningKey::from_bytes(&[3; 32]);
    block_on(async {
        let plain = minicbor::to_vec(Application::new(&code, &key, nonce())).unwrap();
        // The map of four entries becomes one of eight: a role, an id, a site, a name.
        assert_eq!(plain[0], 0xa4);
        let mut more = Encoder::new(vec![0xa8]);
        more.writer_mut().extend_from_slice(&plain[1..]);
        more.u8(4).unwrap().str("admin").unwrap().u8(5).unwrap().bytes(&[0; 16]).unwrap();
        more.u8(6).unwrap().str("dalian").unwrap().u8(23).unwrap().u8(2).unwrap();
        let application = more.into_writer();
        let member = Member::join(&venue.url, &code, key.clone(), application).await.unwrap();
        let profile = member.policy.profile.clone();
        assert_eq!((profile.role, profile.site.as_str()), (Role::Kiosk, "hall"));
        assert_eq!((profile.name.as_str(), profile.activities.len()), ("K1", 1));

        let mut policy = member.policy.clone();
        policy.profile.role = Role::Staff;
        policy.profile.site = "dalian".parse().unwrap();
        policy.number = 99;
        let roster = member.ask(&member.question()).await.unwrap().roster;
        let pushy = Message { policy: Some(policy), roster, ..member.question() };
        member.ask(&pushy).await.unwrap();
        let after = member.ask(&member.question()).await.unwrap();
        assert_eq!(after.policy.unwrap(), member.policy);
    });
    let named = br#"{"secret":"AAAAAAAAAA","role":"admin","is_admin":true}"#;
    assert_eq!(status(&post(&venue, "/v1/enrol", "", named)), 400);
}

#[test]
fn case_66_a_gzip_bomb_is_never_unpacked() {
    let venue = Venue::open();
    let mut pack = Command::new("sh");
    pack.args(["-c", "head -c 200000000 /dev/zero | gzip -9"]);
    let mut bomb = pack.output().unwrap().stdout;
    assert!(bomb.len() < 400_000);
    for path in ["/v1/enrol", "/v1/exchange"] {
        for header in ["", "Content-Encoding: gzip\r\n", "Content-Encoding: gzip, gzip\r\n"] {
            let answer = post(&venue, path, header, &bomb);
            assert_eq!(status(&answer), 400, "{answer}");
        }
    }
    // Too large is too large, whatever it would become.
    bomb.resize((1 << 20) + 1, 0);
    assert_eq!(status(&post(&venue, "/v1/enrol", "", &bomb)), 413);
    bomb.resize((4 << 20) + 1, 0);
    assert_eq!(status(&post(&venue, "/v1/exchange", "", &bomb)), 413);
    is_well(&venue);
}

/// JSON that a careless reader chokes on.
fn hostile_json() -> [String; 6] {
    let deep = 10_000;
    [
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep)),
        r#"{"convention":"1","convention":"2"}"#.to_owned(),
        r#"{"convention":1e400}"#.to_owned(),
        format!("{{\"convention\":{}}}", "9".repeat(10_000)),
        "\u{feff}{".to_owned(),
    ]
}

#[test]
fn case_67_hostile_json_is_a_calm_refusal() {
    let venue = Venue::open();
    for json in hostile_json() {
        let typed = "Content-Type: application/json\r\n";
        for path in ["/v1/enrol", "/v1/exchange"] {
            assert_eq!(status(&post(&venue, path, typed, json.as_bytes())), 400);
        }
        let refused = status(&post(&venue, "/api/arrivals", typed, json.as_bytes()));
        assert!([401, 405, 429].contains(&refused), "{refused}");
        let folder = another_server();
        std::fs::write(folder.path().join("srv/server.json"), &json).unwrap();
        let data = folder.path().join("srv");
        let checked =
            program::run("yingbin-server", &["--data", data.to_str().unwrap(), "check"], "");
        self::refused(&checked, "server.json is damaged; put it back");
    }
    is_well(&venue);
}

#[test]
fn case_67_deep_cbor_is_a_calm_refusal() {
    let venue = Venue::open();
    for deep in [10_000, 1_000_000] {
        let lists = [vec![0x81; deep], vec![0x80]].concat();
        // As the whole, as an unknown entry of an application, as a payload of an envelope.
        let unknown = [&[0xa1, 0x17][..], &lists].concat();
        let envelope = [&[0x84, 0x40, 0xa0][..], &lists, &[0x40]].concat();
        for body in [lists, unknown, envelope] {
            for path in ["/v1/enrol", "/v1/exchange"] {
                let answer = status(&post(&venue, path, "", &body));
                assert!([400, 413].contains(&answer), "{path}: {answer}");
            }
        }
    }
    is_well(&venue);
}
