//! Badges of the demo roster and of people whom nobody has thought of.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use admission::roster::Picture;
use badge::{Badge, Template, Texts};

use super::support;

fn templates() -> [Template; 7] {
    let shipped = |name| support::template(name);
    let pictured = |name| support::with_photo(name);
    [
        shipped("badge.svg"),
        pictured("label.svg"),
        label(),
        pictured("badge.svg"),
        shipped("a6.svg"),
        support::night(),
        shipped("label.svg"),
    ]
}

/// Gives everybody a photo, and every second one a picture of the name.
fn pictured((n, texts): (usize, Texts)) -> Texts {
    static PICTURES: LazyLock<[Picture; 2]> = LazyLock::new(|| {
        let photo = badge::picture::photo(&support::face(600, 800)).unwrap();
        [photo, badge::picture::name_image(&support::biang()).unwrap()]
    });
    let [photo, name] = PICTURES.clone();
    Texts { photo: Some(photo), name_image: Some(name).filter(|_| n % 2 == 1), ..texts }
}

/// Returns a template that is hard for a label printer: shades behind letters, a small code.
pub fn label() -> Template {
    Template::parse(include_str!("label.svg")).unwrap()
}

/// Returns badges of every `step`th person of the demo roster, by turns on all templates, each with its pass.
pub fn from_the_roster(step: usize) -> Vec<(Badge, String)> {
    let templates = templates();
    let people = support::roster().into_iter().step_by(step).enumerate().map(pictured);
    let drawn = people.zip(templates.iter().cycle()).map(|(texts, template)| {
        (
            template.fill(&texts).unwrap_or_else(|error| panic!("{}: {error}", texts.name)),
            texts.pass,
        )
    });
    drawn.collect()
}

/// Returns badges of invented texts. Set `SEED` to what a failed test has printed to see them again.
pub fn invented(count: usize) -> Vec<(Badge, String)> {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = std::env::var("SEED").ok().map_or_else(now, |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut random = Random(seed | 1);
    let templates = templates();
    let mut badges = Vec::new();
    for (n, template) in templates.iter().cycle().take(count * 3).enumerate() {
        let texts = pictured((n, random.texts()));
        // What is too long for its box is refused, and that is well.
        if let Ok(badge) = template.fill(&texts) {
            badges.push((badge, texts.pass));
        }
    }
    assert!(badges.len() >= count, "only {} of {} could be drawn", badges.len(), count * 3);
    badges.truncate(count);
    badges
}

const SCRIPTS: [&str; 7] = [
    "王伟李娜欧阳静怡买提古丽巴哈尔热合曼繁體鑫龘",
    "さくらタカハシ髙橋渡邉",
    "김민수이서연박지훈",
    "محمدعبدالرحمن",
    "КонстантинАннаЛюбовь",
    "NguyễnThảoŁukaszŻółćÉmileØ",
    "Wolfgang-Maximilian &<>'",
];

/// Xorshift: enough to make names up.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn text(&mut self, longest: usize) -> String {
        let letters: Vec<char> = SCRIPTS[self.below(SCRIPTS.len())].chars().collect();
        let length = self.below(longest) + 1;
        let letter = |random: &mut Random| match random.below(9) {
            0 => ' ',
            _ => letters[random.below(letters.len())],
        };
        let text: String = (0..length).map(|_| letter(self)).collect();
        format!("{}{text}", letters[0])
    }

    fn texts(&mut self) -> Texts {
        let base32: Vec<char> = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().collect();
        let pass = "YB1".chars().chain((0..170).map(|_| base32[self.below(32)])).collect();
        Texts {
            name: self.text(12),
            second_name: self.text(20),
            post: self.text(16),
            enterprise: self.text(24),
            second_enterprise: self.text(40),
            place: self.text(12),
            convention: self.text(10),
            second_convention: self.text(24),
            category: self.text(4),
            second_category: self.text(6),
            band: format!("#{:06X}", self.below(0x0100_0000)),
            language: ["zh-Hans", "ja", "ko", "en", "ar"][self.below(5)].to_owned(),
            pass,
            ..Texts::default()
        }
    }
}
