use super::*;
use crate::fixture;

const HERE: ConventionId = ConventionId([7; 16]);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn member(id: u8) -> Member {
    let profile = fixture::profile(&format!("K{id}"), Role::Kiosk);
    let public = SigningKey::from_bytes(&[id; 32]).verifying_key().to_bytes();
    Member::new(StationId([id; 16]), public, profile)
}

fn list(members: &[u8]) -> MemberList {
    let members = members.iter().map(|id| member(*id)).collect();
    MemberList { convention: HERE, number: 3, members }
}

fn opened(list: &MemberList) -> Result<MemberList, MembersError> {
    MemberList::open(&list.sign(&server()), HERE, &server().verifying_key())
}

#[test]
fn a_list_is_taken_as_the_server_signed_it() {
    let mut list = list(&[2, 3]);
    let log = LogId::new(StationId([3; 16]), [9; 8]);
    list.members[1].state = MemberState::Revoked;
    list.members[1].closed.insert(log, Seq(12));
    list.members[1].released.insert(log, Seq(14));
    assert_eq!(opened(&list), Ok(list.clone()));
    assert_eq!(list.key_of(StationId([3; 16])), list.members[1].key());
    assert_eq!(list.key_of(StationId([4; 16])), None);
}

#[test]
fn a_list_of_others_or_changed_on_the_way_is_not_taken() {
    let list = list(&[2]);
    let key = server().verifying_key();
    let stranger = list.sign(&SigningKey::from_bytes(&[66; 32]));
    assert_eq!(MemberList::open(&stranger, HERE, &key), Err(MembersError::NotAuthentic));
    let elsewhere = MemberList { convention: ConventionId([8; 16]), ..list.clone() };
    assert_eq!(opened(&elsewhere), Err(MembersError::NotAuthentic));
    let signed = list.sign(&server());
    for place in 0..signed.len() {
        let mut changed = signed.clone();
        changed[place] ^= 1;
        assert!(MemberList::open(&changed, HERE, &key).is_err(), "byte {place}");
        assert!(MemberList::open(&signed[..place], HERE, &key).is_err(), "cut at {place}");
    }
}

#[test]
fn a_list_without_a_number_or_with_a_station_twice_is_none() {
    assert_eq!(opened(&MemberList { number: 0, ..list(&[2]) }), Err(MembersError::Malformed));
    assert_eq!(opened(&list(&[2, 2])), Err(MembersError::Malformed));
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    #[derive(Encode)]
    #[cbor(map)]
    struct Later<'a> {
        #[n(0)]
        convention: ConventionId,
        #[n(1)]
        number: u64,
        #[n(2)]
        members: &'a [Member],
        #[n(9)]
        addresses: &'a str,
    }
    let list = list(&[2]);
    let later =
        Later { convention: HERE, number: 3, members: &list.members, addresses: "10.0.0.7:7301" };
    let kid = pass::kid(&server().verifying_key());
    let payload = minicbor::to_vec(later).unwrap();
    let signed = cose::sign(&kid.0, payload, &aad(HERE), &server()).unwrap();
    assert_eq!(MemberList::open(&signed, HERE, &server().verifying_key()), Ok(list));
}

fn id(number: u8) -> StationId {
    StationId([number; 16])
}

fn log(epoch: u8) -> LogId {
    LogId::new(id(2), [epoch; 8])
}

/// A station's line, revoked at these places of its logs.
fn revoked(closed: &[(u8, u64)]) -> Member {
    let closed = closed.iter().map(|(epoch, seq)| (log(*epoch), Seq(*seq))).collect();
    Member { state: MemberState::Revoked, closed, ..member(2) }
}

#[test]
fn a_line_tells_what_a_station_is_for() {
    let profile = fixture::profile("K2", Role::Kiosk);
    assert_eq!(member(2).profile(), profile);
    let short = minicbor::to_vec(member(2)).unwrap();
    assert_eq!(minicbor::decode::<Member>(&short).unwrap().profile(), profile);
}

#[test]
fn nobody_comes_back_by_an_older_line() {
    let (active, gone) = (member(2), revoked(&[(1, 5)]));
    let replaced = Member { state: MemberState::Replaced, ..member(2) };
    for (one, other) in [(&active, &gone), (&replaced, &gone), (&gone, &gone)] {
        assert_eq!(one.joined(other), gone);
        assert_eq!(other.joined(one), gone);
    }
    assert_eq!(active.joined(&replaced), replaced);
    assert_eq!(replaced.joined(&active), replaced);
}

#[test]
fn of_a_revoked_station_no_line_alone_believes_more() {
    let (one, other) = (revoked(&[(1, 5), (2, 9)]), revoked(&[(1, 7), (3, 1)]));
    assert_eq!(one.joined(&other), revoked(&[(1, 5)]));
    assert_eq!(other.joined(&one), revoked(&[(1, 5)]));
}

#[test]
fn what_a_person_released_stays_released() {
    let line = |released: &[(u8, u64)]| {
        let released = released.iter().map(|(epoch, seq)| (log(*epoch), Seq(*seq))).collect();
        Member { released, ..member(2) }
    };
    let (one, other) = (line(&[(1, 5), (2, 9)]), line(&[(1, 7), (3, 1)]));
    assert_eq!(one.joined(&other), line(&[(1, 7), (2, 9), (3, 1)]));
    assert_eq!(other.joined(&one), one.joined(&other));
}
