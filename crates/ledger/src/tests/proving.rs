//! An answer that is proved beside the ledger and stored in parts comes to the same.

use super::*;
use crate::proving::{Opened, PART};
use crate::tests::merging::clone;

impl Kiosk {
    /// One exchange as a desk with guests at the door does it; returns what was proved beside it.
    async fn exchange_in_parts(&mut self) -> (usize, Taken) {
        self.count += 1;
        let (ledger, caller) = (&mut self.ledger, &mut self.caller);
        let question = ledger.ask(caller, (Nonce([self.count; 16]), 0), &self.key, MORNING);
        let proving = ledger.proving(None).unwrap();
        let post = self.http.post("/v1/exchange", question.unwrap(), Duration::ZERO);
        let Opened { message, facts } = proving.open(&post.await.unwrap()).unwrap();
        let mut kept = 0;
        for part in facts.chunks(PART) {
            kept += ledger.keep_part(part.to_vec(), MORNING).unwrap();
        }
        let contact = Contact::real(MORNING);
        let taken = ledger.take_opened(caller, (&message, kept), (&self.key, contact)).unwrap();
        (facts.len(), taken)
    }
}

#[tokio::test]
async fn what_others_recorded_is_proved_beside_and_stored_in_parts() {
    let town = Town::new().await;
    let (mut one, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    let drafts: Vec<Draft> = (0..130).map(|guest| draft(guest % 3 + 1)).collect();
    one.ledger.record_all(&drafts, &one.key, MORNING).unwrap();
    one.sync().await;
    let (proved, taken) = other.exchange_in_parts().await;
    assert_eq!((proved, taken.facts, taken.stuck, taken.more), (130, 130, false, false));
    assert_eq!(other.ledger.vector().unwrap(), one.ledger.vector().unwrap());
    assert_eq!(other.ledger.arrivals(false).unwrap(), one.ledger.arrivals(false).unwrap());
    let (proved, taken) = other.exchange_in_parts().await;
    assert_eq!((proved, taken.facts, taken.more), (0, 0, false));
}

#[tokio::test]
async fn what_an_answer_says_of_the_station_itself_or_of_a_stranger_is_not_stored_before() {
    let town = Town::new().await;
    let (mut kiosk, mut other) = (town.kiosk(1).await, town.kiosk(2).await);
    other.scan(1);
    other.sync().await;
    kiosk.sync().await;
    other.note(2, What::Corrected);
    other.sync().await;
    let mut late = town.kiosk(3).await;
    late.scan(2);
    late.sync().await;
    // The list of stations that names the third comes with its fact.
    let (proved, taken) = kiosk.exchange_in_parts().await;
    assert_eq!((proved, taken.facts), (1, 2));
    kiosk.scan(3);
    kiosk.sync().await;
    // The disk is put back to a time before its last fact.
    let mut restored = clone(&kiosk, &town);
    kiosk.note(3, What::Corrected);
    kiosk.sync().await;
    let (proved, taken) = restored.exchange_in_parts().await;
    assert_eq!((proved, taken.facts), (0, 1), "its own past is settled with the rest");
}
