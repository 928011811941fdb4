// Everyone on top of the 614: guests of honour, speakers, press, companions, and those who receive them.

import { placeOf, delegations } from './places.mjs';
import { drawnName } from './people.mjs';
import { CITIES } from './brands.mjs';

const HOME = placeOf('liaoning');
const OFFICE = { zh: '大会组委会', en: 'Convention Office' };

const person = (name, place, fields) => ({
  name_zh: name.zh, name_latin: name.latin, other_names: name.others, family: name.family, given: name.given, language: name.language,
  country_region: place.region, province: place.province, status: 'confirmed', ...fields,
});

const posted = ([post_zh, post_en], { zh, en }) => ({ post_zh, post_en, enterprise_zh: zh, enterprise_en: en });

const HONOURED = 'HK MO TW JP KR SG TH US US CA AU GB FR DE RU BR beijing liaoning'.split(' ');
const HONOURS = [['名誉会长', 'Honorary President'], ['荣誉顾问', 'Honorary Adviser'], ['创会会长', 'Founding President']];
const SOCIETIES = [['世界辽宁乡亲联谊会', 'World Society of Liaoning Natives'], ['海外辽宁文化基金会', 'Liaoning Culture Foundation Overseas'], ['北方海商研究会', 'Society for the Study of Northern Sea Trade']];

const LECTURERS = 'liaoning liaoning beijing beijing shanghai guangdong HK JP SG US GB CH'.split(' ');
const CHAIRS = [['教授', 'Professor'], ['首席经济学家', 'Chief Economist'], ['首席科学家', 'Chief Scientist'], ['院长', 'Dean']];
const SCHOOLS = [['浑南产业研究院', 'Hunnan Institute of Industry'], ['渤海经济研究所', 'Bohai Economic Research Institute'], ['东北亚创新中心', 'Northeast Asia Innovation Centre'], ['海外华商研究院', 'Institute of Overseas Chinese Enterprise']];

const OUTLETS = [['《辽海晨报》', 'Liaohai Morning Post', 'liaoning', 8], ['浑河电视', 'Hunhe Television', 'liaoning', 7], ['《渤海经济观察》', 'Bohai Economic Review', 'liaoning', 4], ['北斗新闻网', 'Beidou News Online', 'beijing', 5], ['《华商纵横》周刊', 'Overseas Chinese Business Weekly', 'beijing', 3], ['《港湾日报》', 'Harbour Daily', 'HK', 3], ['《东瀛华报》', 'Toei Chinese Journal', 'JP', 2], ['《枫华时报》', 'Maple Chinese Times', 'CA', 2], ['《南十字星》', 'Southern Cross Chinese News', 'AU', 2]];
const REPORTERS = [['记者', 'Reporter'], ['摄影记者', 'Photographer'], ['摄像', 'Camera Operator'], ['编辑', 'Editor']];

const TONGUES = [['英语翻译', 'English Interpreter', 5], ['日语翻译', 'Japanese Interpreter', 3], ['韩语翻译', 'Korean Interpreter', 3], ['俄语翻译', 'Russian Interpreter', 2], ['阿拉伯语翻译', 'Arabic Interpreter', 1], ['法语翻译', 'French Interpreter', 1], ['西班牙语翻译', 'Spanish Interpreter', 1]];
const TEAMS = [['注册组', 'Registration', 12], ['会务组', 'Sessions', 9], ['交通组', 'Transport', 7], ['安保组', 'Security', 5], ['技术组', 'Technology', 4], ['医疗组', 'First Aid', 3]];
const HOSTS = [['接待组组长', 'Head of Reception'], ['投资洽谈专员', 'Negotiations Officer'], ['参观讲解员', 'Visit Guide'], ['车辆调度员', 'Bus Dispatcher']];
const ESCORTS = [['秘书', 'Secretary'], ['随行家属', 'Family Member'], ['助理', 'Assistant'], ['司机', 'Driver']];

const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));

function drawFrom(draw, names) {
  const home = (fields) => person(drawnName(draw, HOME, names), HOME, fields);
  const from = (key, fields) => person(drawnName(draw, placeOf(key), names), placeOf(key), fields);
  const pair = (list) => {
    const [zh, en] = draw.pick(list);
    return { zh, en };
  };
  return { home, from, pair };
}

/** Two of the press and one speaker had to cancel. */
const cancelled = (list, indices) => list.map((attendee, i) => (indices.includes(i) ? { ...attendee, status: 'cancelled' } : attendee));

function guests(draw, { from, pair }) {
  const vips = HONOURED.map((key) => from(key, { ...posted(draw.pick(HONOURS), pair(SOCIETIES)), category: 'vip', delegation: 'guests-of-honour' }));
  const speakers = LECTURERS.map((key) => from(key, { ...posted(draw.pick(CHAIRS), pair(SCHOOLS)), category: 'speaker', delegation: 'guests-of-honour' }));
  const press = OUTLETS.flatMap(([zh, en, key, count]) => times(count, (i) => from(key, { ...posted(REPORTERS[i % REPORTERS.length], { zh, en }), category: 'press', delegation: 'media' })));
  return [...vips, ...cancelled(speakers, [7]), ...cancelled(press, [13, 33])];
}

function receivers(draw, { home }) {
  const office = (category, post, unit = OFFICE) => home({ ...posted(post, unit), category, delegation: 'convention-office' });
  // A large delegation has two liaisons.
  const liaisons = [...delegations, 'guests-of-honour', 'media', 'liaoning', 'hong-kong', 'japan', 'korea', 'united-states']
    .map((delegation) => ({ ...office('liaison', ['联络员', 'Liaison Officer']), looksAfter: delegation }));
  const interpreters = TONGUES.flatMap(([zh, en, count]) => times(count, () => office('interpreter', [zh, en])));
  const staff = TEAMS.flatMap(([zh, en, count]) => times(count, (i) => office('staff', i === 0 ? ['组长', 'Team Leader'] : ['工作人员', 'Team Member'], { zh: `${OFFICE.zh}${zh}`, en: `${OFFICE.en}, ${en}` })));
  const cities = CITIES.liaoning.filter(({ en }) => 'Dalian Anshan Fushun Benxi Yingkou Panjin'.split(' ').includes(en)).filter(({ en }, i, all) => all.findIndex((city) => city.en === en) === i);
  const hosts = cities.flatMap(({ zh, en }) => HOSTS.map((post) => home({ ...posted(post, { zh: `${zh}市接待组`, en: `${en} City Reception` }), category: 'host', delegation: 'city-hosts' })));
  return [...liaisons, ...interpreters, ...staff, ...hosts];
}

function companions(draw, { from }, principals) {
  const chosen = draw.shuffled(principals.filter(({ status }) => status === 'confirmed')).slice(0, 34);
  return cancelled(chosen.map((principal) => ({
    ...from(principal.province || principal.country_region, {
      ...posted(draw.pick(ESCORTS), { zh: principal.enterprise_zh, en: principal.enterprise_en }),
      category: 'companion',
      delegation: 'companions',
    }),
    looksTo: principal.delegation,
  })), [20]);
}

/** Returns everyone who is not an entrepreneur. */
export function company(draw, names, principals) {
  const from = drawFrom(draw, names);
  return [...guests(draw, from), ...companions(draw, from, principals), ...receivers(draw, from)];
}

/** Ties each guest to a liaison of the own (or the principal's) delegation. */
export function looked(list) {
  const desks = liaisonsByDelegation(list);
  const turn = new Map();
  return list.map((attendee) => {
    const delegation = attendee.looksTo ?? attendee.delegation;
    const liaisons = desks.get(delegation);
    if (!liaisons) return { ...attendee, liaison: '' };
    const next = turn.get(delegation) ?? 0;
    turn.set(delegation, next + 1);
    return { ...attendee, liaison: liaisons[next % liaisons.length].number };
  });
}

function liaisonsByDelegation(list) {
  const desks = new Map();
  for (const attendee of list.filter(({ looksAfter }) => looksAfter)) {
    desks.set(attendee.looksAfter, [...(desks.get(attendee.looksAfter) ?? []), attendee]);
  }
  return desks;
}
