// Invented enterprises: brand + what it does + legal form, in Chinese and in the Latin letters of the place.
// No name is used twice.

import { sectors } from './sectors.mjs';
import { LOCAL_BRANDS, HARBOUR_BRANDS, CITIES, FORMS } from './brands.mjs';

const syllables = (text) => [...text.matchAll(/(\p{Script=Han})([a-z]+)/gu)].map(([, zh, latin]) => ({ zh, latin }));
const FIRST = syllables('瀚han翊yi珩heng霁ji砚yan栎li衡heng晟sheng榆yu岫xiu澄cheng朔shuo钧jun泓hong璟jing槿jin昶chang骁xiao钰yu颢hao琅lang蔚wei辽liao沈shen渤bo凌ling鞍an岱dai桓huan');
const SECOND = syllables('川chuan原yuan野ye庭ting岚lan禾he翎ling麓lu峦luan垚yao屿yu汀ting柏bai谷gu桥qiao舫fang铎duo衢qu骐qi棠tang槎cha钺yue廷ting');
// Combinations that are, or sound like, an enterprise or a city that exists.
const REAL = new Set('瀚川 翊川 晟禾 泓川 蔚蓝 辽河 辽原 沈桥 渤野 钰泰 昶禾 朔桥 蔚川 琅舫'.split(' '));

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function pinyinBrand(draw) {
  const [one, two] = [draw.pick(FIRST), draw.pick(SECOND)];
  if (REAL.has(one.zh + two.zh) || one.latin === two.latin) return pinyinBrand(draw);
  return { zh: one.zh + two.zh, en: capital(one.latin + (/^[aoe]/.test(two.latin) ? "'" : '') + two.latin) };
}

function brandFor(draw, place, local) {
  const own = LOCAL_BRANDS[place.key];
  if (local && own) return draw.pick(own);
  if (place.region !== 'CN' && FORMS[place.key].english && draw.chance(0.55)) return draw.pick(HARBOUR_BRANDS);
  return own && draw.chance(0.35) ? draw.pick(own) : pinyinBrand(draw);
}

function mainland(draw, place, brand, word) {
  const city = draw.pick(CITIES[place.key]);
  const form = draw.weighted([
    { weight: 60, zh: '有限公司', en: 'Co., Ltd.' },
    { weight: 16, zh: '股份有限公司', en: 'Corp.' },
    { weight: 16, zh: '集团有限公司', en: 'Group Co., Ltd.' },
    { weight: 8, zh: '（集团）有限责任公司', en: 'Group' },
  ]);
  return { zh: `${city.zh}${brand.zh}${word.zh}${form.zh}`, en: `${city.en} ${brand.en} ${word.en} ${form.en}` };
}

function abroad(draw, place, brand, word) {
  const form = FORMS[place.key];
  const what = word[form.words] ?? word.en;
  const zh = `${draw.chance(0.4) ? form.zh : ''}${brand.zh}${word.zh}${draw.pick(form.zhForms)}`;
  return { zh, en: [form.before, brand.en, what, form.after].filter(Boolean).join(' ') };
}

/** Returns a new enterprise of a place: `{zh, en, sector}`. */
export function enterprise(draw, place, taken, local) {
  for (;;) {
    const sector = draw.weighted(sectors);
    const word = draw.pick(sector.words);
    const brand = brandFor(draw, place, local);
    const made = place.region === 'CN' ? mainland(draw, place, brand, word) : abroad(draw, place, brand, word);
    if (taken.has(made.zh) || taken.has(made.en) || made.en.length > 58) continue;
    taken.add(made.zh).add(made.en);
    return { ...made, sector: sector.id };
  }
}

/** Returns how many people an enterprise sends. */
export const party = (draw) => draw.weighted([{ weight: 50, size: 1 }, { weight: 32, size: 2 }, { weight: 18, size: 3 }]).size;
