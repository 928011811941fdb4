//! Names of the usual sectors. A list may write any other text; it is shown as it stands there.

use std::collections::BTreeMap;

/// How lists write a sector, and its name in Chinese and English.
const USUAL: [(&str, &str, &str); 12] = [
    ("advanced-manufacturing", "先进制造", "Advanced manufacturing"),
    ("foreign-trade", "外经外贸", "Foreign trade"),
    ("new-energy-materials", "新能源新材料", "New energy and materials"),
    ("fine-chemicals", "精细化工", "Fine chemicals"),
    ("real-estate", "房地产", "Real estate"),
    ("financial-services", "金融服务", "Financial services"),
    ("artificial-intelligence", "人工智能", "Artificial intelligence"),
    ("biotechnology", "生物科技", "Biotechnology"),
    ("cultural-tourism", "文化旅游", "Cultural tourism"),
    ("agriculture", "现代农业", "Agriculture"),
    ("logistics", "现代物流", "Logistics"),
    ("education", "教育科研", "Education and research"),
];

/// Returns the names of a sector by language; nothing for one that is not usual.
pub fn title(written: &str) -> BTreeMap<String, String> {
    let found = USUAL.iter().find(|(key, _, _)| *key == written);
    let names = found.map(|(_, zh, en)| [("zh-Hans", *zh), ("en", *en)]);
    let names = names.into_iter().flatten();
    names.map(|(language, name)| (language.to_owned(), name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_sectors_have_names_in_both_languages() {
        let list = include_str!("../../../../demo/attendees.csv");
        let mut reader = csv::Reader::from_reader(list.as_bytes());
        let column = reader.headers().unwrap().iter().position(|name| name == "sector").unwrap();
        for row in reader.records() {
            let sector = row.unwrap()[column].to_owned();
            assert!(sector.is_empty() || title(&sector).len() == 2, "{sector}");
        }
    }

    #[test]
    fn any_other_sector_is_left_as_it_is_written() {
        assert!(title("Fisheries").is_empty());
    }
}
