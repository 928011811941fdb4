//! Draws the badges that are hardest to draw, to be looked at: `cargo run -p badge --example hardest -- [FOLDER [TEMPLATE]]`.
//!
//! TEMPLATE is a file of `demo/badges`, `badge.svg` if none is named. Writes `extreme.png` (invented extremes), `hardest.png` (the forty hardest of the demo roster), `pass.png` in
//! several languages, and one badge in full; prints how long a badge takes.

use std::path::PathBuf;
use std::time::Instant;

use badge::pass_picture::PassPicture;
use badge::{Badge, Template, Texts, document};
use image::{RgbImage, imageops};

#[path = "../tests/support/mod.rs"]
mod support;

const COLUMNS: u32 = 8;
const WIDTH: u32 = 270;
const MARGIN: u32 = 14;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder =
        PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/badges".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let name = std::env::args().nth(2).unwrap_or_else(|| "badge.svg".to_owned());
    let template = support::template(&name);
    let extreme = fill(&template, &extreme())?;
    sheet(&pictures(&extreme)?).save(folder.join("extreme.png"))?;
    if let Some(first) = extreme.first() {
        std::fs::write(folder.join("badge.svg"), first.svg())?;
        std::fs::write(folder.join("badge.pdf"), first.pdf()?)?;
        std::fs::write(folder.join("badge.png"), first.png(1063)?)?;
        if let Some(back) = first.back() {
            std::fs::write(folder.join("back.png"), back.png(1063)?)?;
        }
    }
    let passes: Result<Vec<Badge>, _> = passes().iter().map(PassPicture::draw).collect();
    let passes = passes?;
    sheet(&pictures(&passes)?).save(folder.join("passes.png"))?;
    if let Some(first) = passes.first() {
        std::fs::write(folder.join("pass.png"), first.png(1080)?)?;
    }
    if support::demo().join("attendees.csv").exists() {
        let mut roster = support::roster();
        roster.sort_by_key(|texts| std::cmp::Reverse(hardness(texts)));
        roster.truncate(40);
        let hardest = fill(&template, &roster)?;
        sheet(&pictures(&hardest)?).save(folder.join("hardest.png"))?;
    }
    measure(&template, &self::extreme())?;
    println!("look at {}", folder.display());
    Ok(())
}

fn fill(template: &Template, all: &[Texts]) -> Result<Vec<Badge>, badge::BadgeError> {
    all.iter().map(|texts| template.fill(texts)).collect()
}

fn pictures(badges: &[Badge]) -> Result<Vec<RgbImage>, Box<dyn std::error::Error>> {
    let picture = |badge: &Badge| Ok(image::load_from_memory(&badge.png(WIDTH)?)?.to_rgb8());
    badges.iter().map(picture).collect()
}

/// Lays pictures out in rows.
fn sheet(pictures: &[RgbImage]) -> RgbImage {
    let height = pictures.iter().map(RgbImage::height).max().unwrap_or(1);
    let count = u32::try_from(pictures.len()).unwrap_or(u32::MAX);
    let (columns, rows) = (COLUMNS.min(count), count.div_ceil(COLUMNS));
    let (cell_width, cell_height) = (WIDTH.saturating_add(MARGIN), height.saturating_add(MARGIN));
    let (width, height) = (columns.saturating_mul(cell_width), rows.saturating_mul(cell_height));
    let mut sheet = RgbImage::from_pixel(width, height, image::Rgb([150, 150, 156]));
    for (n, picture) in (0_i64..).zip(pictures) {
        let (row, column) = (n.div_euclid(i64::from(COLUMNS)), n.rem_euclid(i64::from(COLUMNS)));
        let at = |n: i64, cell: u32| {
            n.saturating_mul(i64::from(cell)).saturating_add(i64::from(MARGIN / 2))
        };
        imageops::replace(&mut sheet, picture, at(column, cell_width), at(row, cell_height));
    }
    sheet
}

/// Long texts are hard, and so are characters that few faces have.
fn hardness(texts: &Texts) -> usize {
    let length = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let rare = texts.name.chars().filter(|&c| matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{20000}'.. | '\u{600}'..='\u{6FF}' | '\u{1E00}'..='\u{1EFF}')).count();
    let name = length(&texts.name).max(length(&texts.second_name)).saturating_mul(3);
    let enterprise = length(&texts.enterprise).max(length(&texts.second_enterprise));
    [name, enterprise, length(&texts.post), rare.saturating_mul(60)].into_iter().sum()
}

fn measure(template: &Template, all: &[Texts]) -> Result<(), Box<dyn std::error::Error>> {
    let rounds = 5_u32;
    let count = u32::try_from(all.len())?.saturating_mul(rounds);
    let mut badges = Vec::new();
    timed("fill", count, || {
        for _ in 0..rounds {
            badges.extend(fill(template, all)?);
        }
        Ok(())
    })?;
    timed("PDF, one alone", count, || badges.iter().try_for_each(|badge| badge.pdf().map(drop)))?;
    timed("PDF, many pages", count, || document(&badges).map(drop))?;
    timed("PNG, 300 dpi", count, || badges.iter().try_for_each(|badge| badge.png(1063).map(drop)))?;
    Ok(())
}

fn timed(
    what: &str,
    count: u32,
    work: impl FnOnce() -> Result<(), badge::BadgeError>,
) -> Result<(), badge::BadgeError> {
    let start = Instant::now();
    work()?;
    println!(
        "{what:16} {:6.2} ms a badge",
        start.elapsed().as_secs_f64() * 1000.0 / f64::from(count)
    );
    Ok(())
}

fn person(
    name: &str,
    second_name: &str,
    post: &str,
    enterprise: &str,
    second_enterprise: &str,
    place: &str,
    language: &str,
) -> Texts {
    Texts {
        name: name.to_owned(),
        second_name: second_name.to_owned(),
        post: post.to_owned(),
        enterprise: enterprise.to_owned(),
        second_enterprise: second_enterprise.to_owned(),
        place: place.to_owned(),
        convention: "首届全球辽商大会".to_owned(),
        second_convention: "1st World Liaoning Entrepreneurs Convention".to_owned(),
        category: "嘉宾".to_owned(),
        second_category: "DELEGATE".to_owned(),
        table: "28".to_owned(),
        band: "#C8402F".to_owned(),
        language: language.to_owned(),
        pass: "YB1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().cycle().take(173).collect(),
        ..Texts::default()
    }
}

fn extreme() -> Vec<Texts> {
    vec![
        person(
            "欧阳静怡",
            "OUYANG Jingyi",
            "董事长",
            "东方海洋新材料有限公司",
            "Oriental Ocean New Materials Co., Ltd.",
            "新加坡 Singapore",
            "zh-Hans",
        ),
        person("王伟", "WANG Wei", "总经理", "沈阳海洋公司", "", "辽宁 Liaoning", "zh-Hans"),
        person(
            "李秀英",
            "LI Xiuying",
            "副董事长兼首席执行官",
            "大连北方精细化工与新能源材料产业发展集团股份有限公司",
            "Dalian Northern Fine Chemicals and New Energy Materials Industrial Development Group Co., Ltd.",
            "中国香港 Hong Kong SAR, China",
            "zh-Hans",
        ),
        person(
            "阿卜杜热西提·阿卜杜吉力力·买买提",
            "ABDURISHIT Abdujelil",
            "总裁",
            "新疆丝路贸易有限公司",
            "Silk Road Trading",
            "新疆 Xinjiang",
            "zh-Hans",
        ),
        person(
            "江䶮𬸚",
            "JIANG Yanzhuo",
            "研究员",
            "人工智能研究院",
            "",
            "北京 Beijing",
            "zh-Hans",
        ),
        person(
            "髙橋 さくら",
            "TAKAHASHI Sakura",
            "代表取締役社長",
            "株式会社東北未来エネルギー研究所",
            "Tohoku Future Energy Institute",
            "日本 Japan",
            "ja",
        ),
        person(
            "김민수",
            "KIM Minsu",
            "대표이사",
            "한중무역주식회사",
            "Korea-China Trading Co., Ltd.",
            "韩国 Republic of Korea",
            "ko",
        ),
        person(
            "محمد بن عبد الرحمن العلي",
            "MOHAMMED bin Abdulrahman AL-ALI",
            "الرئيس التنفيذي",
            "شركة الخليج للطاقة (Gulf Energy)",
            "Gulf Energy Holding",
            "阿联酋 United Arab Emirates",
            "ar",
        ),
        person(
            "Анна Константинопольская",
            "ANNA KONSTANTINOPOLSKAYA",
            "Генеральный директор",
            "ООО «Дальневосточная лесопромышленная компания»",
            "",
            "俄罗斯 Russia",
            "ru",
        ),
        person(
            "NGUYỄN Thị Phương Thảo",
            "",
            "Tổng giám đốc",
            "Công ty Cổ phần Đầu tư Xuất nhập khẩu Miền Bắc",
            "",
            "越南 Viet Nam",
            "vi",
        ),
        person(
            "Wolfeschlegelsteinhausen-Bergerdorff Maximilian",
            "",
            "Chief Executive Officer and Chairman of the Board",
            "Norddeutsche Maschinenbau- und Werkzeugfabrik Aktiengesellschaft",
            "",
            "德国 Germany",
            "de",
        ),
        person("Łukasz Żółć", "", "CEO", "X", "", "波兰 Poland", "pl"),
        person("Bo Li", "", "", "", "", "瑞典 Sweden", "sv"),
        person(
            "<script>alert(1)</script>",
            "{{7*7}} & co",
            "\"quoted\"",
            "A&B <b>Ltd</b>",
            "'",
            "澳大利亚 Australia",
            "en",
        ),
        person(
            "María José de los Ángeles Fernández-Villaverde",
            "",
            "Directora",
            "Grupo Industrial Villaverde S.A.",
            "",
            "西班牙 Spain",
            "es",
        ),
        person("张", "ZHANG", "", "独立投资人", "", "", "zh-Hans"),
    ]
}

fn passes() -> Vec<PassPicture> {
    let pass = |name: &str, convention: &str, days: &str, language: &str| PassPicture {
        number: "482913".to_owned(),
        name: name.to_owned(),
        convention: convention.to_owned(),
        days: days.to_owned(),
        token: "YB1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".chars().cycle().take(173).collect(),
        language: language.to_owned(),
    };
    let english = "1st World Liaoning Entrepreneurs Convention";
    vec![
        pass("欧阳静怡", "首届全球辽商大会", "2023年9月25日至27日", "zh-Hans"),
        pass("歐陽靜怡", "首屆全球遼商大會", "2023年9月25日至27日", "zh-Hant"),
        pass(
            "Wolfeschlegelsteinhausen-Bergerdorff Maximilian",
            english,
            "25–27 September 2023",
            "en",
        ),
        pass("髙橋 さくら", english, "2023年9月25日～27日", "ja"),
        pass("김민수", english, "2023년 9월 25일~27일", "ko"),
        pass("Анна Константинопольская", english, "25–27 сентября 2023", "ru"),
        pass("محمد العلي", english, "25–27/9/2023", "ar"),
        pass("María José Fernández", english, "25–27 de septiembre de 2023", "es"),
    ]
}
