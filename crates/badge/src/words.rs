//! The words on a pass picture, in the attendee's language (`words/*.ftl`).

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::faces::is_traditional;

/// Language tag and file; a language that is not here reads English.
const FILES: [(&str, &str); 9] = [
    ("zh-Hans", include_str!("../words/zh-Hans.ftl")),
    ("zh-Hant", include_str!("../words/zh-Hant.ftl")),
    ("en", include_str!("../words/en.ftl")),
    ("ja", include_str!("../words/ja.ftl")),
    ("ko", include_str!("../words/ko.ftl")),
    ("ru", include_str!("../words/ru.ftl")),
    ("ar", include_str!("../words/ar.ftl")),
    ("fr", include_str!("../words/fr.ftl")),
    ("es", include_str!("../words/es.ftl")),
];

/// The messages of one language.
pub(crate) struct Words {
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// Returns the words for a BCP 47 tag.
    pub(crate) fn for_language(language: &str) -> Words {
        let tag = supported(language);
        let source = FILES.iter().find(|(name, _)| *name == tag).map_or("", |(_, source)| *source);
        let locale: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![locale]);
        bundle.set_use_isolating(false);
        // A message that does not parse is left out, and the test of keys names it.
        let resource =
            FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Words { bundle }
    }

    /// Returns a message, or nothing if there is none.
    pub(crate) fn say(&self, key: &str, args: &[(&'static str, &str)]) -> String {
        let mut fluent = FluentArgs::new();
        for (name, value) in args {
            fluent.set(*name, *value);
        }
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        let mut errors = Vec::new();
        pattern
            .map(|pattern| {
                self.bundle.format_pattern(pattern, Some(&fluent), &mut errors).into_owned()
            })
            .unwrap_or_default()
    }
}

/// Returns the tag of the file that serves a language.
fn supported(language: &str) -> &'static str {
    let primary = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match primary.as_str() {
        "zh" if is_traditional(language) => "zh-Hant",
        "zh" => "zh-Hans",
        primary => {
            FILES.iter().map(|(name, _)| *name).find(|name| *name == primary).unwrap_or("en")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<String> {
        let keys = source.lines().filter(|line| !line.starts_with([' ', '#']));
        let mut keys: Vec<String> =
            keys.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())).collect();
        keys.sort();
        keys
    }

    #[test]
    fn every_language_says_the_same_things() {
        let english = FILES.iter().find(|(name, _)| *name == "en").unwrap().1;
        assert_eq!(keys(english).len(), 5);
        for (name, source) in FILES {
            assert_eq!(keys(source), keys(english), "{name}");
            for key in keys(source) {
                let said = Words::for_language(name).say(&key, &[("days", "25–27")]);
                assert!(!said.is_empty(), "{name}: {key}");
                assert_eq!(said.contains("25–27"), key == "pass-days", "{name}: {said}");
            }
        }
    }

    #[test]
    fn a_language_that_is_not_translated_reads_english() {
        assert_eq!(supported("vi"), "en");
        assert_eq!(supported(""), "en");
        assert_eq!(supported("zh-TW"), "zh-Hant");
        assert_eq!(supported("zh"), "zh-Hans");
        assert_eq!(supported("zh-Hans-HK"), "zh-Hans");
        assert_eq!(supported("fr-CA"), "fr");
    }
}
