//! Keys of a US keyboard, by the numbers of Linux; the same as the page makes of what is typed into it.

/// Keys that write, from the number of the first, in two rows: alone and with Shift. A blank place writes nothing.
///
/// Letters are capitals either way: scanners are set to any CapsLock.
const ROWS: [(u16, &[u8], &[u8]); 6] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"QWERTYUIOP[]", b"QWERTYUIOP{}"),
    (30, b"ASDFGHJKL;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\ZXCVBNM,./", b"|ZXCVBNM<>?"),
    (71, b"789-456+1230.", b"789-456+1230."),
    (57, b" ", b" "),
];

const TAB: u16 = 15;
const ENTER: u16 = 28;
const LEFT_CTRL: u16 = 29;
const J: u16 = 36;
const LEFT_SHIFT: u16 = 42;
const M: u16 = 50;
const RIGHT_SHIFT: u16 = 54;
const PAD_TIMES: u16 = 55;
const LEFT_ALT: u16 = 56;
const PAD_ENTER: u16 = 96;
const RIGHT_CTRL: u16 = 97;
const PAD_OVER: u16 = 98;
const RIGHT_ALT: u16 = 100;
const LEFT_META: u16 = 125;
const RIGHT_META: u16 = 126;

/// Keys that are held.
const HELD: [u16; 8] =
    [LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, RIGHT_ALT, LEFT_META, RIGHT_META];

/// Turns keys that go down and up into bytes.
#[derive(Default)]
pub(super) struct Typist {
    held: [bool; HELD.len()],
}

impl Typist {
    /// Takes a key: 1 is down, 0 is up, 2 is held down for long. Returns what it writes; CR for what ends a code.
    pub(super) fn key(&mut self, key: u16, value: i32) -> Option<u8> {
        let is_key = |held: &(&u16, &mut bool)| *held.0 == key;
        if let Some((_, held)) = HELD.iter().zip(&mut self.held).find(is_key) {
            *held = value != 0;
            return None;
        }
        if value != 1 {
            return None;
        }
        let [left, right, commands @ ..] = self.held;
        if commands.contains(&true) {
            // Some scanners send LF and CR as Ctrl+J and Ctrl+M; any other command is nobody's.
            return matches!(key, J | M).then_some(b'\r');
        }
        match key {
            ENTER | PAD_ENTER | TAB => Some(b'\r'),
            PAD_TIMES => Some(b'*'),
            PAD_OVER => Some(b'/'),
            _ => ROWS.iter().find_map(|(first, alone, shifted)| {
                let row = if left || right { shifted } else { alone };
                row.get(usize::from(key.checked_sub(*first)?)).copied()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what keys write, each pressed and let go; with a minus the key before stays down.
    fn typed(events: &[(u16, i32)]) -> String {
        let mut typist = Typist::default();
        let bytes = events.iter().filter_map(|(key, value)| typist.key(*key, *value)).collect();
        String::from_utf8(bytes).unwrap()
    }

    fn press(keys: &[u16]) -> Vec<(u16, i32)> {
        keys.iter().flat_map(|key| [(*key, 1), (*key, 0)]).collect()
    }

    #[test]
    fn every_key_writes_what_a_us_keyboard_writes() {
        let all: Vec<u16> = (0..128).filter(|key| !HELD.contains(key)).collect();
        let shifted = [vec![(LEFT_SHIFT, 1)], press(&all)].concat();
        assert_eq!(
            typed(&press(&all)),
            "1234567890-=\rQWERTYUIOP[]\rASDFGHJKL;'`\\ZXCVBNM,./* 789-456+1230.\r/"
        );
        assert_eq!(
            typed(&shifted),
            "!@#$%^&*()_+\rQWERTYUIOP{}\rASDFGHJKL:\"~|ZXCVBNM<>?* 789-456+1230.\r/"
        );
    }

    #[test]
    fn a_recorded_scan_of_a_scanner_that_holds_shift_for_each_capital() {
        // Y, B, 1, A with the events as evtest shows them, and Enter.
        let recorded = [
            (LEFT_SHIFT, 1),
            (21, 1),
            (21, 0),
            (LEFT_SHIFT, 0),
            (LEFT_SHIFT, 1),
            (48, 1),
            (48, 2),
            (48, 0),
            (LEFT_SHIFT, 0),
            (2, 1),
            (2, 0),
            (30, 1),
            (30, 0),
            (ENTER, 1),
            (ENTER, 0),
        ];
        assert_eq!(typed(&recorded), "YB1A\r");
    }

    #[test]
    fn commands_write_nothing_but_for_those_that_end_a_code() {
        let with = |held: u16, key: u16| typed(&[vec![(held, 1)], press(&[key, 30])].concat());
        for held in [LEFT_CTRL, RIGHT_ALT, LEFT_META] {
            assert_eq!(with(held, 24), "", "Ctrl+O");
            assert_eq!(with(held, J), "\r");
            assert_eq!(with(held, M), "\r");
        }
        // Function keys, arrows, keys that nobody knows.
        assert_eq!(typed(&press(&[59, 88, 103, 108, 240, 767, u16::MAX])), "");
    }
}
