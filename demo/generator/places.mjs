// Where the 614 come from: how many, in which delegation, how they spell names and which languages they read.
// The counts are the convention's; which place sends how many is invented.
// Phone patterns use ranges that regulators keep for fiction where a country has one
// (US and CA 555-01xx, GB 7700 900, DE 176 040690, FR 6 39 98, SE 70 174 06, AU thirty single numbers);
// elsewhere a block of zeros, and for mainland China the prefix 154, which no carrier held in 2023.
// Braces hold alternatives, `x` is any digit.

const table = (text, columns) =>
  text.trim().split('\n').map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
  });

// custom: how guests of Chinese origin are written; share: how many of them bear a Western given name on the badge.
const REGIONS = `
HK|34|hong-kong|cantonese|0|zh-Hant|+852 5000 xxxx
MO|9|macao|cantonese|0|zh-Hant|+853 6000 xxxx
TW|16|taiwan|taiwan|0|zh-Hant|+886 900 000 xxx
JP|38|japan|pinyin|0|zh-Hans|+81 90 0000 xxxx
KR|30|korea|pinyin|0|zh-Hans|+82 10 0000 xxxx
SG|16|singapore-malaysia|straits|0.1|zh-Hans|+65 8000 0xxx
MY|12|singapore-malaysia|straits|0.1|zh-Hans|+60 12 000 0xxx
ID|6|southeast-asia|pinyin|0|zh-Hans|+62 812 0000 xxxx
TH|9|southeast-asia|pinyin|0|zh-Hans|+66 80 000 0xxx
PH|5|southeast-asia|straits|0.3|zh-Hans|+63 917 000 0xxx
VN|5|southeast-asia|pinyin|0|zh-Hans|+84 90 000 0xxx
KH|3|southeast-asia|pinyin|0|zh-Hans|+855 12 000 xxx
MN|4|eurasia|pinyin|0|zh-Hans|+976 8800 0xxx
KZ|4|eurasia|pinyin|0|zh-Hans|+7 700 000 0xxx
RU|12|eurasia|pinyin|0|zh-Hans|+7 900 000 0xxx
AE|6|middle-east-africa|pinyin|0.2|zh-Hans|+971 50 000 0xxx
SA|2|middle-east-africa|pinyin|0|zh-Hans|+966 50 000 0xxx
TR|3|middle-east-africa|pinyin|0|zh-Hans|+90 530 000 0xxx
ZA|5|middle-east-africa|pinyin|0.2|zh-Hans|+27 82 000 0xxx
EG|2|middle-east-africa|pinyin|0|zh-Hans|+20 100 000 0xxx
KE|2|middle-east-africa|pinyin|0|zh-Hans|+254 700 000 xxx
GB|10|western-europe|pinyin|0.4|zh-Hans|+44 7700 900xxx
FR|8|western-europe|pinyin|0.2|zh-Hans|+33 6 39 98 xx xx
NL|4|western-europe|pinyin|0.2|zh-Hans|+31 6 0000 0xxx
BE|2|western-europe|pinyin|0|zh-Hans|+32 470 00 0x xx
DE|11|central-europe|pinyin|0.2|zh-Hans|+49 176 040690 xx
AT|2|central-europe|pinyin|0|zh-Hans|+43 660 000 0xxx
CH|3|central-europe|pinyin|0.2|zh-Hans|+41 79 000 0x xx
SE|3|central-europe|pinyin|0.2|zh-Hans|+46 70 174 06 {1,2,3,4,5,6,7,8,9}x
PL|3|central-europe|pinyin|0|zh-Hans|+48 500 000 xxx
HU|3|central-europe|pinyin|0|zh-Hans|+36 30 000 0xxx
RS|2|southern-europe|pinyin|0|zh-Hans|+381 60 000 0xxx
IT|6|southern-europe|pinyin|0.2|zh-Hans|+39 320 000 0xxx
ES|6|southern-europe|pinyin|0.2|zh-Hans|+34 600 000 xxx
PT|3|southern-europe|pinyin|0|zh-Hans|+351 910 000 xxx
GR|2|southern-europe|pinyin|0|zh-Hans|+30 690 000 0xxx
US|36|united-states|pinyin|0.5|zh-Hans|+1 {212,415,626,312,713,206} 555 01xx
CA|22|canada|pinyin|0.4|zh-Hans|+1 {416,604,514,403} 555 01xx
MX|2|latin-america|pinyin|0|zh-Hans|+52 55 0000 xxxx
BR|4|latin-america|pinyin|0|zh-Hans|+55 11 90000 xxxx
AR|3|latin-america|pinyin|0|zh-Hans|+54 9 11 0000 xxxx
AU|17|oceania|pinyin|0.4|zh-Hans|+61 491 {570 006,570 156,570 157,570 158,570 159,570 110,570 313,570 737,571 266,571 491,571 804,572 549,572 665,572 983,573 770,573 087,574 118,574 632,575 254,575 789,576 398,576 801,577 426,577 644,578 957,578 148,578 888,579 212,579 760,579 455}
NZ|8|oceania|pinyin|0.4|zh-Hans|+64 21 000 xxxx`;

const PROVINCES = `
liaoning|46|liaoning
beijing|21|beijing
tianjin|8|tianjin-hebei
hebei|7|tianjin-hebei
shanghai|14|shanghai
jiangsu|13|jiangsu-anhui
anhui|4|jiangsu-anhui
zhejiang|10|zhejiang
shandong|11|shandong
guangdong|18|guangdong
fujian|6|south-china
guangxi|3|south-china
hainan|4|south-china
jilin|7|jilin-heilongjiang
heilongjiang|7|jilin-heilongjiang
neimenggu|6|north-china
shanxi|3|north-china
henan|5|central-china
hubei|5|central-china
hunan|4|central-china
jiangxi|2|central-china
chongqing|4|southwest-china
sichuan|6|southwest-china
guizhou|2|southwest-china
yunnan|3|southwest-china
shaanxi|5|northwest-china
gansu|2|northwest-china
xinjiang|5|northwest-china`;

const overseas = table(REGIONS, ['region', 'count', 'delegation', 'custom', 'western', 'language', 'phone'])
  .map((place) => ({ ...place, key: place.region, province: '' }));
const domestic = table(PROVINCES, ['province', 'count', 'delegation'])
  .map((place) => ({ ...place, key: place.province, region: 'CN', custom: 'pinyin', western: '0', language: 'zh-Hans', phone: '+86 154 00xx xxxx' }));

/** Every place that sends entrepreneurs, in the order of the list. */
export const places = [...overseas, ...domestic].map((place) => ({ ...place, count: Number(place.count), western: Number(place.western) }));

/** The delegations that entrepreneurs come in, in the order of the list. */
export const delegations = [...new Set(places.map((place) => place.delegation))];

/** Returns the place of a region code or a province slug. */
export const placeOf = (key) => places.find((place) => place.key === key);
