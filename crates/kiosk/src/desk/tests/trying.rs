//! A scanner that somebody tries: the desk says what a scan would be, and does nothing.

use super::*;

fn try_out(story: &mut Story, text: &str) -> (Verdict, Option<&'static str>) {
    let before = (story.facts().len(), story.view());
    story.tell(Input::Tried(Token::assemble(text)));
    let outcome = story.decided();
    assert_eq!(outcome.fact, None);
    assert_eq!((story.facts().len(), story.view()), before);
    (outcome.decision, outcome.reason)
}

#[test]
fn a_scan_that_is_only_tried_says_what_it_would_be_and_leaves_no_trace() {
    let mut story = Story::kiosk();
    assert_eq!(try_out(&mut story, &WANG_XIAOMING.invitation()), (Verdict::Admit, None));
    assert_eq!(try_out(&mut story, "HTTPS://EXAMPLE.COM"), (Verdict::Refuse, Some("not_ours")));
    // Nobody was let in by that.
    story.scan(&WANG_XIAOMING.invitation());
    story.touch(Touch::ThisIsMe);
    let again = try_out(&mut story, &WANG_XIAOMING.invitation());
    assert_eq!(again, (Verdict::Refuse, Some("already_in")));
}
