//! The font faces that are built in, and which of them draws a character.
//!
//! Every machine draws with these faces alone, so a badge looks the same on a kiosk, at the help desk and on paper.
//! A line is cut into runs of one face each (`runs`), because the fallback of the SVG library gives up
//! when two faces make different numbers of glyphs from one text, and prefers any face over one of the same weight.

use std::sync::{Arc, OnceLock};

use unicode_segmentation::UnicodeSegmentation;
use usvg::fontdb::{Database, ID, Source};
use usvg::{FontFamily, FontResolver};

/// One typeface family; its two weights have the same characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    /// Latin, Cyrillic, Greek, Vietnamese.
    Latin,
    /// Han as written in mainland China.
    Chinese,
    /// Han as written in Taiwan, Hong Kong and Macao.
    Traditional,
    /// Hangul.
    Korean,
    /// Kana, and Han as written in Japan.
    Japanese,
    /// Arabic, Persian, Urdu, Uyghur.
    Arabic,
    /// Thai.
    Thai,
    /// Hindi, Nepali, Marathi.
    Devanagari,
}

/// The two weights of a family, by the names that `build.rs` gives their files.
macro_rules! files {
    ($family:literal) => {
        [
            include_bytes!(env!(concat!("BADGE_", $family, "_REGULAR"))),
            include_bytes!(env!(concat!("BADGE_", $family, "_BOLD"))),
        ]
    };
}

impl Family {
    const ALL: [Family; 8] = [
        Family::Latin,
        Family::Chinese,
        Family::Traditional,
        Family::Japanese,
        Family::Korean,
        Family::Arabic,
        Family::Thai,
        Family::Devanagari,
    ];

    /// Returns the name that `font-family` uses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Family::Latin => "Noto Sans",
            Family::Chinese => "Noto Sans SC",
            Family::Traditional => "Noto Sans TC",
            Family::Korean => "Noto Sans KR",
            Family::Japanese => "Noto Sans JP",
            Family::Arabic => "Noto Sans Arabic",
            Family::Thai => "Noto Sans Thai",
            Family::Devanagari => "Noto Sans Devanagari",
        }
    }

    /// Tells whether letters of this family hang together, so that room between them would tear words apart.
    pub(crate) fn is_joined(self) -> bool {
        matches!(self, Family::Arabic | Family::Devanagari)
    }

    /// Returns the font file of a weight.
    pub(crate) fn file(self, bold: bool) -> &'static [u8] {
        let [regular, heavy] = self.files();
        if bold { heavy } else { regular }
    }

    fn files(self) -> [&'static [u8]; 2] {
        match self {
            Family::Latin => files!("LATIN"),
            Family::Chinese => files!("CHINESE"),
            Family::Traditional => files!("TRADITIONAL"),
            Family::Korean => files!("KOREAN"),
            Family::Japanese => files!("JAPANESE"),
            Family::Arabic => files!("ARABIC"),
            Family::Thai => files!("THAI"),
            Family::Devanagari => files!("DEVANAGARI"),
        }
    }
}

/// How heavy a face is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For text.
    Regular,
    /// For what must be seen first.
    Bold,
}

/// Returns the file of Noto Sans SC (TrueType), for pages on machines that have no Chinese font.
pub fn chinese_face(weight: Weight) -> &'static [u8] {
    let [regular, bold] = Family::Chinese.files();
    match weight {
        Weight::Regular => regular,
        Weight::Bold => bold,
    }
}

/// The order in which faces are asked for a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order([Family; 8]);

impl Order {
    /// Returns the order for a reader of `language` (BCP 47): readers of Japanese, of Korean and of traditional
    /// Chinese see their own Han shapes.
    pub(crate) fn for_language(language: &str) -> Order {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "ja" => Order::japanese(),
            "ko" => Order::korean(),
            "zh" if is_traditional(language) => Order::traditional(),
            _ => Order(Family::ALL),
        }
    }

    /// Returns this order, or that of the script that `text` itself shows: Kana and Hangul tell more than the language.
    pub(crate) fn for_text(self, text: &str) -> Order {
        let shows = |range: &[std::ops::RangeInclusive<char>]| {
            text.chars().any(|c| range.iter().any(|r| r.contains(&c)))
        };
        if shows(&['\u{3041}'..='\u{309F}', '\u{30A1}'..='\u{30FA}']) {
            Order::japanese()
        } else if shows(&['\u{AC00}'..='\u{D7A3}', '\u{1100}'..='\u{11FF}']) {
            Order::korean()
        } else {
            self
        }
    }

    fn traditional() -> Order {
        use Family::{Chinese, Japanese, Korean, Traditional};
        Order::of_han([Traditional, Chinese, Japanese, Korean])
    }

    /// The old shapes of Japan and Korea are nearer to the traditional ones than to those of the mainland.
    fn japanese() -> Order {
        use Family::{Chinese, Japanese, Korean, Traditional};
        Order::of_han([Japanese, Traditional, Chinese, Korean])
    }

    fn korean() -> Order {
        use Family::{Chinese, Japanese, Korean, Traditional};
        Order::of_han([Korean, Traditional, Chinese, Japanese])
    }

    fn of_han([first, second, third, fourth]: [Family; 4]) -> Order {
        use Family::{Arabic, Devanagari, Latin, Thai};
        Order([Latin, first, second, third, fourth, Arabic, Thai, Devanagari])
    }
}

/// Tells whether Chinese of this tag is written traditionally, as in Taiwan, Hong Kong and Macao.
pub(crate) fn is_traditional(language: &str) -> bool {
    let parts: Vec<String> = language.split(['-', '_']).map(str::to_ascii_lowercase).collect();
    let has = |part: &str| parts.iter().any(|p| p == part);
    has("hant") || (!has("hans") && (has("tw") || has("hk") || has("mo")))
}

/// A stretch of text that one family draws.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) family: Family,
    pub(crate) text: String,
}

struct Face {
    id: ID,
    family: Family,
    bold: bool,
    parsed: ttf_parser::Face<'static>,
}

/// All faces, loaded once for the life of the program.
pub(crate) struct Faces {
    database: Arc<Database>,
    all: Vec<Face>,
}

/// Returns the faces; the first call loads them.
pub(crate) fn faces() -> &'static Faces {
    static FACES: OnceLock<Faces> = OnceLock::new();
    FACES.get_or_init(Faces::load)
}

impl Faces {
    fn load() -> Faces {
        let mut database = Database::new();
        let mut all = Vec::new();
        for family in Family::ALL {
            for (bytes, bold) in family.files().into_iter().zip([false, true]) {
                let ids = database.load_font_source(Source::Binary(Arc::new(bytes)));
                let parsed = ttf_parser::Face::parse(bytes, 0);
                if let (Some(&id), Ok(parsed)) = (ids.first(), parsed) {
                    all.push(Face { id, family, bold, parsed });
                }
            }
        }
        Faces { database: Arc::new(database), all }
    }

    /// Returns the database that the SVG library draws from.
    pub(crate) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// Returns the width of a space between words, in em.
    pub(crate) fn space(&self) -> f32 {
        let latin = self.all.iter().find(|face| face.family == Family::Latin);
        let advance = latin.and_then(|face| {
            let glyph = face.parsed.glyph_index(' ')?;
            let width = face.parsed.glyph_hor_advance(glyph)?;
            Some(f32::from(width) / f32::from(face.parsed.units_per_em()))
        });
        advance.unwrap_or(0.3)
    }

    /// Tells whether some face can draw `c`, or `c` needs no glyph.
    pub(crate) fn can_draw(&self, c: char) -> bool {
        is_ignorable(c) || Family::ALL.into_iter().any(|family| self.has(family, c))
    }

    /// Cuts a line into runs of one family each, whole grapheme clusters, in the given order of preference.
    pub(crate) fn runs(&self, text: &str, order: Order) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for cluster in text.graphemes(true) {
            let previous = runs.last().map(|run| run.family);
            let family = self.family_of(cluster, order, previous);
            match runs.last_mut() {
                Some(run) if run.family == family => run.text.push_str(cluster),
                _ => runs.push(Run { family, text: cluster.to_owned() }),
            }
        }
        runs
    }

    /// Returns the names and weights of the faces with these ids, as tests want to see them.
    #[cfg(test)]
    pub(crate) fn describe(&self, id: ID) -> Option<(Family, bool)> {
        self.face(id).map(|face| (face.family, face.bold))
    }

    /// Returns the rules by which the SVG library finds faces: same weight first, then our order.
    ///
    /// Fitted lines name their faces; only fixed texts of a template need the fallback.
    pub(crate) fn resolver(&'static self, order: Order) -> FontResolver<'static> {
        FontResolver {
            select_font: Box::new(move |font, _| {
                self.id(wanted_family(font.families()), font.weight() >= 600)
            }),
            select_fallback: Box::new(move |c, used, _| self.fallback(c, used, order)),
        }
    }

    fn fallback(&self, c: char, used: &[ID], order: Order) -> Option<ID> {
        let bold = self.face(*used.first()?).is_some_and(|face| face.bold);
        let mut candidates = [bold, !bold]
            .into_iter()
            .flat_map(|weight| order.0.into_iter().map(move |family| (family, weight)));
        candidates.find_map(|(family, weight)| {
            let id = self.id(family, weight)?;
            (!used.contains(&id) && self.has(family, c)).then_some(id)
        })
    }

    /// A mark of punctuation stays in the face of the text before it; a letter takes the first face that has it.
    /// So does the dot inside a name: in the Han faces it is as wide as a character and tears the name apart.
    fn family_of(&self, cluster: &str, order: Order, previous: Option<Family>) -> Family {
        let covers =
            |family: Family| cluster.chars().all(|c| is_ignorable(c) || self.has(family, c));
        if let Some(family) = previous
            && !cluster.chars().any(|c| c.is_alphanumeric() || c == '·')
            && covers(family)
        {
            return family;
        }
        let base = |family: Family| cluster.chars().next().is_some_and(|c| self.has(family, c));
        let mut families = order.0.into_iter();
        families
            .clone()
            .find(|&family| covers(family))
            .or_else(|| families.find(|&family| base(family)))
            .unwrap_or(Family::Latin)
    }

    fn has(&self, family: Family, c: char) -> bool {
        self.all
            .iter()
            .find(|face| face.family == family)
            .is_some_and(|face| face.parsed.glyph_index(c).is_some())
    }

    fn id(&self, family: Family, bold: bool) -> Option<ID> {
        self.all.iter().find(|face| face.family == family && face.bold == bold).map(|face| face.id)
    }

    fn face(&self, id: ID) -> Option<&Face> {
        self.all.iter().find(|face| face.id == id)
    }
}

fn wanted_family(names: &[FontFamily]) -> Family {
    let named = names.iter().find_map(|name| match name {
        FontFamily::Named(name) => Family::ALL.into_iter().find(|family| family.name() == name),
        _ => None,
    });
    named.unwrap_or(Family::Latin)
}

/// Tells whether a character shapes or selects others and is never drawn itself: joiners and variation selectors.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{180B}'..='\u{180D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
        || is_bidi_control(c)
}

/// Tells whether a character only steers the direction of text.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str, language: &str) -> Vec<(Family, String)> {
        let runs = faces().runs(text, Order::for_language(language).for_text(text));
        runs.into_iter().map(|run| (run.family, run.text)).collect()
    }

    #[test]
    fn all_sixteen_faces_are_there() {
        assert_eq!(faces().all.len(), 16);
    }

    #[test]
    fn both_weights_of_a_family_have_the_same_characters() {
        for family in Family::ALL {
            let of =
                |bold| faces().all.iter().find(|f| f.family == family && f.bold == bold).unwrap();
            let differing = ('\u{20}'..='\u{2FFFF}')
                .filter(|&c| {
                    of(false).parsed.glyph_index(c).is_some()
                        != of(true).parsed.glyph_index(c).is_some()
                })
                .count();
            assert_eq!(differing, 0, "{}", family.name());
        }
    }

    #[test]
    fn the_dot_in_a_name_is_the_narrow_one_and_a_bracket_is_the_wide_one() {
        let dotted =
            [(Family::Chinese, "阿迪力"), (Family::Latin, "·"), (Family::Chinese, "买买提")];
        assert_eq!(runs("阿迪力·买买提", "zh-Hans"), dotted.map(|(f, t)| (f, t.to_owned())));
        let bracketed = [(Family::Chinese, "海洋（大连）".to_owned())];
        assert_eq!(runs("海洋（大连）", "zh-Hans"), bracketed);
    }

    #[test]
    fn a_japanese_name_gets_japanese_shapes() {
        assert_eq!(runs("髙橋", "ja"), [(Family::Japanese, "髙橋".to_owned())]);
        assert_eq!(runs("髙橋", "zh-Hans"), [(Family::Chinese, "髙橋".to_owned())]);
        assert_eq!(runs("髙橋さくら", "en"), [(Family::Japanese, "髙橋さくら".to_owned())]);
    }

    #[test]
    fn a_guest_from_taiwan_or_hong_kong_gets_traditional_shapes() {
        for language in ["zh-Hant", "zh-TW", "zh_HK", "zh-Hant-MO"] {
            assert_eq!(runs("骨直", language), [(Family::Traditional, "骨直".to_owned())]);
        }
        for language in ["zh-Hans", "zh", "zh-Hans-HK", "en", ""] {
            assert_eq!(runs("骨直", language), [(Family::Chinese, "骨直".to_owned())]);
        }
    }

    #[test]
    fn arabic_and_latin_in_one_line_each_have_their_face() {
        let expected = [(Family::Arabic, "شركة ".to_owned()), (Family::Latin, "ABC".to_owned())];
        assert_eq!(runs("شركة ABC", "ar"), expected);
    }

    #[test]
    fn a_decomposed_vietnamese_name_is_one_run() {
        assert_eq!(runs("Nguye\u{302}\u{303}n", "vi").len(), 1);
    }
}
