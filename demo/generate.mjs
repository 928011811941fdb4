// Writes the roster of the demo convention: `node demo/generate.mjs [OUTDIR]`.
// The seed is fixed: every run writes the same bytes, on every machine.
// The programme, `convention.toml`, is written by hand and not touched here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stream } from './generator/random.mjs';
import { csv } from './generator/csv.mjs';
import { PUBLIC } from './generator/han.mjs';
import { entrepreneurs } from './generator/people.mjs';
import { company, looked } from './generator/company.mjs';
import { reachable } from './generator/contacts.mjs';
import { assignments } from './generator/assignments.mjs';

const ATTENDEE_COLUMNS = 'number,name_zh,name_latin,other_names,family,given,post_zh,post_en,enterprise_zh,enterprise_en,other_enterprises,sector,category,delegation,country_region,province,language,phone,other_phones,email,liaison,status'.split(',');
const ASSIGNMENT_COLUMNS = 'number,activity,state,seat,table,bus'.split(',');

function roster() {
  const draw = stream(2023, 9, 25, 614);
  const names = new Set(PUBLIC);
  const firms = new Set();
  const principals = entrepreneurs(draw, names, firms);
  const attendees = looked(reachable(draw, [...principals, ...company(draw, names, principals)]));
  return { attendees, assignments: assignments(draw, attendees) };
}

function write(folder) {
  const made = roster();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'attendees.csv'), csv(ATTENDEE_COLUMNS, made.attendees));
  writeFileSync(join(folder, 'assignments.csv'), csv(ASSIGNMENT_COLUMNS, made.assignments));
  console.error(`${made.attendees.length} attendees and ${made.assignments.length} assignments written to ${folder}`);
}

write(process.argv[2] ?? dirname(fileURLToPath(import.meta.url)));
