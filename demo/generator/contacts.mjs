// Numbers, phones and addresses: unique, and none that could reach anybody.

import { placeOf } from './places.mjs';
import { OUYANG } from './fixed.mjs';

const SPARE = '+86 154 00xx xxxx';

function phone(draw, taken, pattern) {
  for (;;) {
    const area = pattern.replace(/\{([^}]*)\}/, (_, areas) => draw.pick(areas.split(',')));
    const number = draw.digits(area);
    if (taken.has(number)) continue;
    taken.add(number);
    return number;
  }
}

const ascii = (text) => text.normalize('NFD').toLowerCase().replace(/ı/g, 'i').replace(/ł/g, 'l').replace(/đ/g, 'd').replace(/ø/g, 'o').replace(/[^a-z]+/g, '');

function email(taken, latin) {
  const words = latin.split(' ');
  const family = words.filter((word) => word === word.toLocaleUpperCase() && word.length > 1);
  const given = words.find((word) => !family.includes(word));
  const stem = [given, family.at(-1)].filter(Boolean).map(ascii).filter(Boolean).join('.').slice(0, 32);
  for (let n = 1; ; n += 1) {
    const local = n === 1 ? stem : `${stem}${n}`;
    const address = `${local}@example.${stem.length % 3 === 0 ? 'org' : 'com'}`;
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
}

function number(draw, taken) {
  for (;;) {
    const value = String(draw.between(100000, 999999));
    if (taken.has(value)) continue;
    taken.add(value);
    return value;
  }
}

/** Gives every attendee a number, and most of them a phone and an address. */
export function reachable(draw, list) {
  const numbers = new Set([OUYANG.number]);
  const phones = new Set([OUYANG.phone]);
  const emails = new Set([OUYANG.email]);
  return list.map((attendee) => {
    const guest = attendee.category === 'entrepreneur' || attendee.category === 'companion';
    const pattern = placeOf(attendee.province || attendee.country_region)?.phone ?? SPARE;
    const silent = guest && draw.chance(0.04);
    const second = !silent && attendee.country_region !== 'CN' && draw.chance(0.12);
    return {
      ...attendee,
      number: attendee.number ?? number(draw, numbers),
      phone: attendee.phone ?? (silent ? '' : phone(draw, phones, pattern)),
      // Guests from abroad often carry a mainland number too.
      other_phones: second ? phone(draw, phones, SPARE) : '',
      email: attendee.email ?? (guest && draw.chance(0.07) ? '' : email(emails, attendee.name_latin)),
    };
  });
}
