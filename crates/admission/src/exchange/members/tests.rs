use super::*;

const HERE: ConventionId = ConventionId([7; 16]);

fn server() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn member(id: u8) -> Member {
    Member {
        id: StationId([id; 16]),
        name: format!("K{id}"),
        public: SigningKey::from_bytes(&[id; 32]).verifying_key().to_bytes(),
        role: Role::Kiosk,
        site: "hall".parse().unwrap(),
        state: MemberState::Active,
        closed: BTreeMap::new(),
        released: BTreeMap::new(),
    }
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
