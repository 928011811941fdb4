// Who sits where, at which table, on which bus, and who is in or out of an activity by name.
// What whole categories and delegations may enter stands in `convention.toml`, not here;
// `TRIPS` repeats which delegations travel together and must agree with it.

import { OUYANG } from './fixed.mjs';

const TRIPS = {
  dalian: ['japan', 'korea', 'singapore-malaysia'],
  anshan: ['central-europe'],
  fushun: ['eurasia'],
  benxi: ['western-europe', 'taiwan', 'macao'],
  yingkou: ['southeast-asia', 'oceania'],
  panjin: ['united-states', 'canada'],
};
const CITIES = Object.keys(TRIPS);
const BUS_SEATS = 45;
const ROWS = 20;
const SEATS_IN_ROW = 24;
const ROWS_OF_HONOUR = 3;
const TABLE_PLACES = 10;

const row = ({ number }, activity, fields = {}) => ({ number, activity, state: 'entitled', ...fields });
const seatLabel = (zone, line, seat) => `${zone}区 ${line}排 ${seat}座`;

/** All seats of the hall from the given row of zone A on, in the order in which they are given out. */
function seats(firstRow) {
  const free = [];
  for (const zone of ['A', 'B']) {
    for (let line = zone === 'A' ? firstRow : 1; line <= ROWS; line += 1) {
      for (let seat = 1; seat <= SEATS_IN_ROW; seat += 1) free.push(seatLabel(zone, line, seat));
    }
  }
  return free;
}

function opening(draw, { honoured, entrepreneurs, press }) {
  const front = seats(1).slice(0, ROWS_OF_HONOUR * SEATS_IN_ROW);
  const hall = seats(ROWS_OF_HONOUR + 1).filter((seat) => seat !== OUYANG.seat);
  const late = draw.shuffled(entrepreneurs).slice(0, 34);
  const seated = entrepreneurs.filter((attendee) => !late.includes(attendee) || attendee.number === OUYANG.number);
  return [
    ...honoured.map((attendee, i) => row(attendee, 'opening', { seat: front[i] })),
    ...seated.map((attendee) => row(attendee, 'opening', { seat: attendee.number === OUYANG.number ? OUYANG.seat : hall.shift() })),
    ...press.map((attendee, i) => row(attendee, 'opening', { seat: `媒体席 ${i + 1}座` })),
  ];
}

/** The symposium is for the delegations from overseas; a few from Liaoning are asked in, a few beg off. */
function symposium(draw, { entrepreneurs }) {
  const home = draw.shuffled(entrepreneurs.filter(({ delegation }) => delegation === 'liaoning'));
  const overseas = draw.shuffled(entrepreneurs.filter(({ country_region: region, number }) => region !== 'CN' && number !== OUYANG.number));
  return [
    ...home.slice(0, 8).map((attendee) => row(attendee, 'symposium')),
    ...home.slice(8, 12).map((attendee) => row(attendee, 'symposium', { state: 'waiting' })),
    ...overseas.slice(0, 9).map((attendee) => row(attendee, 'symposium', { state: 'excluded' })),
  ];
}

function gala(draw, { honoured, entrepreneurs, companions }) {
  const choose = draw.shuffled(entrepreneurs.filter(({ number }) => number !== OUYANG.number));
  const state = new Map([
    ...choose.slice(0, 12).map(({ number }) => [number, 'excluded']),
    ...choose.filter(({ delegation }) => delegation === 'liaoning').slice(0, 6).map(({ number }) => [number, 'waiting']),
    ...companions.slice(-7).map(({ number }) => [number, 'waiting']),
  ]);
  const diners = [...honoured, ...entrepreneurs, ...companions];
  const seated = diners.filter(({ number }) => !state.has(number));
  return [
    ...seated.map((attendee, i) => row(attendee, 'gala', { table: String(1 + Math.floor(i / TABLE_PLACES)) })),
    ...diners.filter(({ number }) => state.has(number)).map((attendee) => row(attendee, 'gala', { state: state.get(attendee.number) })),
  ];
}

/** Where someone travels: with the delegation, to another city, or not at all. */
function journey(draw, attendee) {
  const own = CITIES.find((city) => TRIPS[city].includes(attendee.delegation));
  if (attendee.number === OUYANG.number) return { own, city: own };
  if (draw.chance(attendee.delegation === 'liaoning' ? 0.55 : 0.12)) return { own, city: undefined };
  return { own, city: own && draw.chance(0.85) ? own : draw.pick(CITIES) };
}

function travel(draw, { entrepreneurs }) {
  const load = Object.fromEntries(CITIES.map((city) => [city, 0]));
  return entrepreneurs.flatMap((attendee) => {
    const { own, city } = journey(draw, attendee);
    const leaves = own && own !== city ? [row(attendee, `visit-${own}`, { state: 'excluded' }), row(attendee, `negotiation-${own}`, { state: 'excluded' })] : [];
    if (!city) return leaves;
    // Two in a hundred wait for a place on a bus.
    if (attendee.number !== OUYANG.number && draw.chance(0.02)) return [...leaves, row(attendee, `visit-${city}`, { state: 'waiting' })];
    load[city] += 1;
    const bus = String(Math.ceil(load[city] / BUS_SEATS));
    const talks = own === city ? [] : [row(attendee, `negotiation-${city}`)];
    return [...leaves, row(attendee, `visit-${city}`, { bus }), ...talks];
  });
}

const ORDER = ['opening', 'symposium', 'gala', ...CITIES.map((city) => `visit-${city}`), ...CITIES.map((city) => `negotiation-${city}`)];

/** Returns the rows of `assignments.csv`, activity by activity in the order of the list. */
export function assignments(draw, list) {
  const coming = list.filter(({ status }) => status === 'confirmed');
  const of = (...categories) => coming.filter(({ category }) => categories.includes(category));
  const groups = { honoured: of('vip', 'speaker'), entrepreneurs: of('entrepreneur'), press: of('press'), companions: of('companion') };
  const rows = [...opening(draw, groups), ...symposium(draw, groups), ...gala(draw, groups), ...travel(draw, groups)];
  return rows.sort((a, b) => ORDER.indexOf(a.activity) - ORDER.indexOf(b.activity));
}
