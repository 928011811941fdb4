// The entrepreneurs: names, enterprises, posts and how to reach them.

import { places } from './places.mjs';
import { known, capitals } from './known.mjs';
import { hanName } from './han.mjs';
import { customName, westernName } from './custom.mjs';
import { enterprise, party } from './enterprises.mjs';
import { RESERVED, CHAMBERS, ASSISTANT, OUYANG } from './fixed.mjs';

const HEADS = [['董事长', 'Chairman'], ['总裁', 'President'], ['总经理', 'General Manager'], ['创始人兼首席执行官', 'Founder & CEO'], ['董事长兼总经理', 'Chairman & General Manager'], ['执行董事', 'Executive Director'], ['首席执行官', 'Chief Executive Officer']];
const DEPUTIES = [['副总裁', 'Vice President'], ['副总经理', 'Deputy General Manager'], ['首席技术官', 'Chief Technology Officer'], ['中国区总经理', 'General Manager, China'], ['首席财务官', 'Chief Financial Officer'], ['市场总监', 'Marketing Director'], ['总工程师', 'Chief Engineer'], ['合伙人', 'Partner'], ['项目总监', 'Project Director'], ['董事会秘书', 'Board Secretary']];

/** Returns a Han name, in the custom of the place, ready for the list. */
export function drawnName(draw, place, taken) {
  // Some of those who come from elsewhere were born in Liaoning and write themselves in Pinyin.
  if (place.custom !== 'pinyin' && draw.chance(0.6)) {
    const { family, given, pinyin } = customName(draw, taken, place.custom);
    return { zh: family.zh + given.zh, latin: `${capitals(family.latin)} ${given.latin}`, others: pinyin, family: family.zh, given: given.zh, language: place.language };
  }
  const { gender, family, given } = hanName(draw, taken);
  const pinyin = `${capitals(family.latin)} ${given.latin}`;
  const western = draw.chance(place.western) && `${westernName(draw, gender)} ${capitals(family.latin)}`;
  const others = western ? pinyin : family.zh === '吕' ? `LU ${given.latin};LV ${given.latin}` : '';
  return { zh: family.zh + given.zh, latin: western || pinyin, others, family: family.zh, given: given.zh, language: 'zh-Hans' };
}

const isLocal = (name) => !name.language.startsWith('zh');

function named(draw, place, taken, extra) {
  const written = known[place.key] ?? [];
  const drawn = Array.from({ length: place.count - written.length + extra }, () => drawnName(draw, place, taken));
  // The written ones keep their order at the head, so that each meets the enterprise reserved for it.
  return [...written.slice(0, 1), ...draw.shuffled([...written.slice(1), ...drawn])];
}

/** Divides people into enterprises; guests of the place's own tongue mostly come from enterprises of its own. */
function employed(draw, place, people, taken) {
  const reserved = [...(RESERVED[place.key] ?? [])];
  const [locals, others] = [people.filter(isLocal), people.filter((person) => !isLocal(person))];
  return [others, locals].flatMap((group) => {
    let seats = 0;
    let rank = 0;
    let firm;
    return group.map((person) => {
      if (seats === 0) {
        firm = reserved.shift() ?? enterprise(draw, place, taken, isLocal(person));
        seats = party(draw);
        rank = 0;
      }
      seats -= 1;
      rank += 1;
      return { ...person, firm, post: draw.pick(rank === 1 ? HEADS : DEPUTIES) };
    });
  });
}

const entry = (place, person, status) => ({
  name_zh: person.zh,
  name_latin: person.latin,
  other_names: person.others,
  family: person.family,
  given: person.given,
  post_zh: person.post[0],
  post_en: person.post[1],
  enterprise_zh: person.firm.zh,
  enterprise_en: person.firm.en,
  sector: person.firm.sector,
  category: 'entrepreneur',
  delegation: place.delegation,
  country_region: place.region,
  province: place.province,
  language: person.language,
  status,
});

/** The heads of delegations speak for their chambers, and some guests own a second enterprise. */
function withSecondEnterprises(draw, list, firms) {
  const headed = new Set();
  return list.map((attendee) => {
    const chamber = CHAMBERS[attendee.delegation];
    const second = [];
    if (chamber && !headed.has(attendee.delegation)) {
      headed.add(attendee.delegation);
      second.push(chamber);
    }
    if (draw.chance(0.05)) {
      const place = places.find(({ region, province }) => region === attendee.country_region && province === attendee.province);
      second.push(enterprise(draw, place, firms, false).zh);
    }
    return { ...attendee, other_enterprises: second.join(';') };
  });
}

const shared = (list) => {
  let left = ASSISTANT.guests;
  return list.map((attendee) => (attendee.delegation === ASSISTANT.delegation && left-- > 0 ? { ...attendee, phone: ASSISTANT.phone } : attendee));
};

// Where the cancelled come from: besides the confirmed, never instead of them.
const CANCELLED = { HK: 2, JP: 2, KR: 1, TW: 1, SG: 1, TH: 1, DE: 1, GB: 1, US: 3, CA: 1, AU: 1, liaoning: 2, beijing: 1, shanghai: 1, guangdong: 1, shandong: 1, xinjiang: 1 };

/** Returns the last few who are not written down: the hard cases all come. */
function cancelled(people, count) {
  const drawn = people.filter(({ written }) => !written);
  return new Set(drawn.slice(drawn.length - count));
}

/** Returns every entrepreneur, confirmed and cancelled, by delegation and enterprise. */
export function entrepreneurs(draw, names, firms) {
  for (const { zh } of Object.values(known).flat()) names.add(zh);
  for (const { zh, en } of Object.values(RESERVED).flat()) firms.add(zh).add(en);
  const list = places.flatMap((place) => {
    const extra = CANCELLED[place.key] ?? 0;
    const people = employed(draw, place, named(draw, place, names, extra), firms);
    const away = cancelled(people, extra);
    return people.map((person) => entry(place, person, away.has(person) ? 'cancelled' : 'confirmed'));
  });
  return shared(withSecondEnterprises(draw, list, firms)).map((attendee) =>
    attendee.name_latin === OUYANG.latin && attendee.name_zh === OUYANG.zh
      ? { ...attendee, number: OUYANG.number, email: OUYANG.email, phone: OUYANG.phone, post_zh: '执行董事', post_en: 'Executive Director' }
      : attendee);
}
