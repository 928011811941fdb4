/**
 * The live page: figures that come as server-sent events, drawn as sorted bars and one line.
 *
 * The token comes behind the # of the address, which no browser sends and no server logs; it is
 * kept for this tab only and travels in a header. That is why the events are read with fetch:
 * EventSource has no headers. Whatever the server says is written as text, never as markup.
 * The page counts nothing: it draws what it is told (crates/server/src/live/figures.rs).
 */

const WORDS = {
  arrived: ["已到", "Arrived"],
  expected: ["应到", "Expected"],
  missing: ["未到", "Still to come"],
  inside: ["在场", "Inside now"],
  line: ["到场人数", "Arrivals"],
  activities: ["各场次", "Sessions"],
  activitiesToday: ["当日场次", "Sessions of the day"],
  regions: ["国家和地区", "Countries and regions"],
  provinces: ["省区市", "Provinces"],
  mainland: ["内地合计", "Mainland"],
  sectors: ["行业", "Sectors"],
  enterprises: ["企业", "Enterprises"],
  latest: ["最近到场", "Latest arrivals"],
  unstated: ["未填写", "Not stated"],
  doubts: ["待核对", "To look at"],
  noDoubts: ["没有需要核对的记录", "Nothing needs a look"],
  doubtsHow: [
    "请核对后在有工作人员的签到台了结，或撤销有误的记录。",
    "Look into each, then settle it at a staffed desk, or annul what is wrong there.",
  ],
  moreDoubts: ["另有 {n} 项", "and {n} more"],
  nameless: ["姓名未知", "Name unknown"],
  andOthers: ["等 {n} 人", "{n} people in all"],
  double_entry: ["重复入场", "Double entry"],
  double_entry_says: [
    "各签到台当时互不知情，共放行 {n} 次。",
    "Let in {n} times, by desks that did not know of each other.",
  ],
  after_revocation: ["失效后入场", "Entry after revocation"],
  revoked_says: ["入场所用的证件现已作废。", "Let in with a pass that is revoked now."],
  replaced_says: [
    "入场时证件已换新，或已由他人代替参会。",
    "Let in after the pass was replaced, or somebody else came instead.",
  ],
  cancelled_says: ["已取消参会，却有入场记录。", "Has called off, and was let in."],
  over_capacity: ["超员", "Over capacity"],
  over_capacity_says: [
    "场内人数超过上限。最后入场：{n} 人。",
    "More people are inside than there is room for. Last to come in: {n}.",
  ],
  unknown_pass: ["名单外来宾", "Unknown guest"],
  unknown_pass_says: [
    "名单上没有此人，也没有现场登记。",
    "Not on the list, and registered at no desk.",
  ],
  impossible_travel: ["时间矛盾", "Impossible travel"],
  impossible_travel_says: [
    "在两地入场的间隔短于路上所需的时间。",
    "Let in at two places within less time than the way takes.",
  ],
  nobody: ["还没有人到场", "Nobody has arrived yet"],
  noList: ["名单还没有导入", "There is no list yet"],
  noListHow: [
    "名单导入以后，这里按国家和地区、省区市、行业和企业显示谁到了、谁还没到。",
    "Once it is imported, this board tells by country and region, province, sector and enterprise who is here.",
  ],
  showAll: ["全部显示", "Show all"],
  showFewer: ["收起", "Show fewer"],
  more: ["另有 {n} 家", "and {n} more"],
  rehearsal: ["演练 · 这里的到场不作数", "REHEARSAL · these arrivals do not count"],
  lost: [
    "连接已断开：{at} 之后的数字可能不是最新",
    "Connection lost since {at}, figures may be old",
  ],
  live: ["实时到场", "Live arrivals"],
  connecting: ["正在连接", "Connecting"],
  connectingHow: ["正在向服务器取数，请稍候。", "The figures are on their way from the server."],
  unreached: ["暂时连不上服务器", "The server cannot be reached"],
  unreachedHow: [
    "会自动重试，不用刷新。如果一直这样，请看服务器是否开着、网络是否接通。",
    "This page tries again by itself. If it stays like this, see whether the server runs and the network is plugged in.",
  ],
  refused: ["请用完整的地址打开", "Please open the whole address"],
  refusedHow: [
    "数字只给有口令的人看：地址里 # 后面要有一长串字符。请向会务组索取完整地址，再打开一次。",
    "Figures are shown to those with the code: the long row of characters behind the # of the address. Ask the organiser for the whole address and open it again.",
  ],
  refusedCommand: ["在服务器上可以这样得到地址：", "On the server this prints it:"],
  noActivity: ["大会没有这个场次", "The convention has no such session"],
  noActivityHow: [
    "地址里的场次名称不对。去掉 activity= 就显示报到。",
    "The address names a session that is not there. Without activity= the page shows registration.",
  ],
};

/** How many rows a panel of the organiser's view shows at first. */
const FIRST_ROWS = 10;
/** How many doubts it shows at first, and of each how many people and times. */
const FIRST_DOUBTS = 5;
const MOST_NAMES = 4;
const MOST_TRACES = 4;
/** How long a wall shows one page of a panel that has too much for one. */
const PAGE_LASTS = 12_000;
/** The server says something every 15 s; after this long without a word the line is dead. */
const SILENCE = 40_000;
/** A break shorter than this needs no words. */
const BLINK = 2_000;
/** The region whose people are told by province. */
const MAINLAND = "CN";
/** The least contrast of text with what it stands on. */
const READABLE = 4.5;
const KEPT_TOKEN = "yingbin-live-token";

const address = new URLSearchParams(location.search);
const language = { en: "en", zh: "zh" }[address.get("lang")] ?? "both";
const byId = (id) => document.getElementById(id);

/** What was told last, when, and what only this page decides. */
const page = { state: null, at: 0, heard: 0, turn: 0, open: new Set() };

// ---------------------------------------------------------------- words

/** Makes an element with a class, and texts or elements in it. */
function make(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

/** Returns one text in the languages of the page, Chinese first. */
function spoken(zh, en, says = {}) {
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => says[name] ?? "");
  const parts = [];
  if (language !== "en" || !en) parts.push(["zh-Hans", zh]);
  if (language !== "zh" || !zh) parts.push(["en", en]);
  const told = parts.filter(([, text]) => text);
  return told.map(([lang, text], place) => {
    const element = make("span", place === 0 ? "first" : "second", fill(text));
    element.lang = lang;
    return element;
  });
}

const say = (element, name, says) => element.replaceChildren(...spoken(...WORDS[name], says));

/** Returns a text that the organiser wrote, in the languages of the page. */
function told(title, otherwise) {
  const zh = title["zh-Hans"] ?? title["zh-Hant"] ?? "";
  const en = title.en ?? "";
  if (zh || en) return spoken(zh, zh === en ? "" : en);
  return otherwise ? [make("span", "first", otherwise)] : spoken(...WORDS.unstated);
}

const plain = (elements) => elements.map((element) => element.textContent).join(" ");
const number = (count) => count.toLocaleString("en-US");

// ---------------------------------------------------------------- the server

/** Takes the token out of the address, so that nobody reads it off the wall. */
function token() {
  const given = location.hash.slice(1);
  if (given) {
    sessionStorage.setItem(KEPT_TOKEN, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT_TOKEN);
}

let attempt = new AbortController();

/** Listens for ever: what breaks is tried again, later and later. */
async function listen() {
  attempt.abort();
  const own = (attempt = new AbortController());
  document.body.dataset.state = "connecting";
  for (let failures = 0; !own.signal.aborted; failures++) {
    const secret = token();
    if (!secret) return refuse("token");
    const since = page.heard;
    const refusal = await hear(secret, own.signal).catch(() => null);
    if (own.signal.aborted) return;
    if (refusal) return refuse(refusal);
    if (page.heard > since) failures = 0;
    setTimeout(lose, BLINK);
    await pause(Math.min(15_000, 1_000 * 2 ** failures) * (0.75 + Math.random() / 2));
  }
}

const pause = (duration) => new Promise((done) => setTimeout(done, duration));

/** Hears events until the line breaks; returns why the server refuses, if it does. */
async function hear(secret, signal) {
  const line = new AbortController();
  let silence = setTimeout(() => line.abort(), SILENCE);
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => line.abort(), SILENCE);
    page.heard = Date.now();
  };
  try {
    const wanted = new URLSearchParams();
    for (const name of ["activity", "wall"]) {
      if (address.has(name)) wanted.set(name, address.get(name));
    }
    const headers = { Authorization: `Bearer ${secret}`, Accept: "text/event-stream" };
    const answer = await fetch(`/api/live?${wanted}`, {
      headers,
      signal: AbortSignal.any([signal, line.signal]),
      cache: "no-store",
    });
    if (answer.status === 401) return "token";
    if (answer.status === 404) return "activity";
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    await read(answer.body.pipeThrough(new TextDecoderStream()).getReader(), heard);
  } finally {
    clearTimeout(silence);
    line.abort();
  }
  return null;
}

/** Cuts a stream of text into events; each holds one line of JSON. */
async function read(reader, heard) {
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data:")) show(JSON.parse(event.slice(5)));
    }
  }
}

// ---------------------------------------------------------------- states of the page

function show(state) {
  page.state = state;
  page.at = Date.now();
  document.body.dataset.state = "live";
  document.body.dataset.view = state.view;
  byId("notice").hidden = true;
  byId("figures").hidden = false;
  byId("lost").hidden = true;
  byId("rehearsal").hidden = !state.rehearsal;
  say(byId("rehearsal"), "rehearsal");
  dress(state.theme, state.view);
  draw();
}

/** Says that the figures stand still; without any figures yet, that there is no server. */
function lose() {
  if (Date.now() - page.heard < BLINK || document.body.dataset.state === "refused") return;
  document.body.dataset.state = "lost";
  if (!page.state) return notice("unreached", "unreachedHow");
  say(byId("lost"), "lost", { at: clock(page.heard) });
  byId("lost").hidden = false;
}

function refuse(why) {
  if (why === "token") sessionStorage.removeItem(KEPT_TOKEN);
  page.state = null;
  document.body.dataset.state = "refused";
  for (const id of ["figures", "lost", "rehearsal"]) byId(id).hidden = true;
  if (why === "activity") return notice("noActivity", "noActivityHow");
  notice("refused", "refusedHow");
  const command = make("code", "", "yingbin-server --data DIR live");
  const how = make("p", "", ...spoken(...WORDS.refusedCommand));
  byId("notice").querySelector("div").append(how, command);
}

function notice(title, how) {
  const element = byId("notice");
  say(element.querySelector("h1"), title);
  const parts = spoken(...WORDS[how]).map((part) => make("p", "", part));
  element.querySelector("div").replaceChildren(...parts);
  element.hidden = false;
}

/** Tells the time at the convention, as the server's clock has it; `page.at` is when it said so. */
function clock(moment) {
  const { as_of } = page.state;
  const [hours, minutes, seconds] = as_of.slice(11, 19).split(":").map(Number);
  const passed = Math.floor((moment - page.at) / 1000);
  const now = ((((hours * 60 + minutes) * 60 + seconds + passed) % 86_400) + 86_400) % 86_400;
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(now / 3600))}:${two(Math.floor(now / 60) % 60)}`;
}

// ---------------------------------------------------------------- colours

/** Sets the convention's colours. What is read on a ground is chosen by contrast. */
function dress(theme, view) {
  const { night, dusk, moon, accent, paper, ink } = theme;
  const isWall = view === "wall";
  const [ground, raised] = isWall ? [night, dusk] : [paper, paper];
  const text = readableOn([ground, raised], isWall ? [paper, moon, ink] : [ink, night]);
  const data = readableOn([ground, raised], isWall ? [moon, paper, accent] : [dusk, night, ink]);
  const onAccent = readableOn([accent], [paper, ink]);
  const colours = { ground, raised, text, data, accent, onAccent };
  for (const [name, colour] of Object.entries(colours)) {
    document.documentElement.style.setProperty(`--${name}`, colour);
  }
}

function readableOn(grounds, choices) {
  const worst = (choice) => Math.min(...grounds.map((ground) => contrast(choice, ground)));
  const best = [...choices].sort((a, b) => worst(b) - worst(a))[0];
  return choices.find((choice) => worst(choice) >= READABLE) ?? best;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const part = (from) => {
    const value = parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

// ---------------------------------------------------------------- drawing

function draw() {
  const { state } = page;
  if (!state) return;
  drawHead(state);
  drawHero(state);
  drawActivities(state);
  const mainland = state.provinces.length
    ? state.regions.find((row) => row.key === MAINLAND)
    : null;
  drawGroup(
    "regions",
    state.regions.filter((row) => row !== mainland),
  );
  drawGroup("provinces", state.provinces, { total: mainland });
  drawGroup("sectors", state.sectors);
  drawGroup("enterprises", state.enterprises, { all: state.enterprises_all });
  drawEmpty(state);
  drawDoubts(state);
  drawLatest(state);
  drawLine(state);
}

function drawHead(state) {
  byId("convention").replaceChildren(...told(state.title));
  byId("activity").replaceChildren(...told(state.activity.title, state.activity.id));
  document.title = `${plain(told(state.activity.title))} · ${plain(spoken(...WORDS.live))}`;
  tick();
}

function tick() {
  if (page.state) byId("clock").textContent = clock(Date.now());
}

function drawHero(state) {
  const { expected, arrived, inside } = state.activity;
  say(byId("arrived-title"), "arrived");
  byId("arrived").textContent = number(arrived);
  const share = expected ? Math.min(1, (expected - state.missing) / expected) : 0;
  // 100 % is said when nobody is missing, not when it is nearly so.
  const percent = share === 1 ? 100 : Math.min(99, Math.round(share * 100));
  byId("percent").textContent = expected ? `${percent}%` : "";
  byId("share-bar").firstElementChild.style.inlineSize = `${share * 100}%`;
  const others = [
    ["expected", expected],
    ["missing", state.missing],
    ["inside", inside],
  ];
  byId("others").replaceChildren(
    ...others.map(([name, count]) => {
      const pair = make(
        "div",
        "",
        make("dt", "", ...spoken(...WORDS[name])),
        make("dd", "", number(count)),
      );
      pair.dataset.figure = name;
      return pair;
    }),
  );
}

/** Puts a title and a short figure over a panel. */
function head(panel, name, tally) {
  say(panel.querySelector("h2"), name);
  panel.querySelector(".tally").replaceChildren(...tally);
}

/** Returns "31 / 49" in parts, so that numbers stand under each other. */
function pair(arrived, expected) {
  const of = make("i", "of", number(expected));
  return make("span", "pair", make("b", "", number(arrived)), make("i", "", " / "), of);
}

/** Returns how wide the figures of these rows are, in digits. */
function digits(panel, rows) {
  const longest = (name) => Math.max(1, ...rows.map((row) => number(row[name]).length));
  panel.style.setProperty("--arrived", longest("arrived"));
  panel.style.setProperty("--expected", longest("expected"));
}

function drawActivities(state) {
  const panel = byId("activities");
  const isWall = state.view === "wall";
  const today = state.activities.filter((activity) => activity.day === state.line.day);
  const isNear = (activity) => activity.day >= state.line.day || activity.id === state.activity.id;
  const near = state.activities.filter(isNear);
  const shown = page.open.has(panel.id) || near.length < 2 ? state.activities : near;
  const isToday = isWall && today.length > 0;
  const all = isToday ? today : shown;
  digits(panel, all);
  head(panel, isToday ? "activitiesToday" : "activities", []);
  const rows = all.map((activity) => {
    const name = make("span", "name", ...told(activity.title, activity.id));
    const date = activity.day.slice(5);
    const when = make(
      "time",
      "",
      isToday ? activity.starts : isWall ? date : `${date} ${activity.starts}`,
    );
    const row = make(
      "li",
      "row",
      when,
      name,
      pair(activity.arrived, activity.expected),
      bar(activity, 1),
    );
    row.dataset.key = activity.id;
    if (activity.id === state.activity.id) row.setAttribute("aria-current", "true");
    return isWall ? row : linked(row, activity.id);
  });
  fill(panel, rows, FIRST_ROWS, { whole: state.activities.length });
}

/** Lets the organiser choose an activity; the token stays in this tab. */
function linked(row, activity) {
  const wanted = new URLSearchParams(address);
  wanted.set("activity", activity);
  const link = make("a", "", ...row.childNodes);
  link.href = `?${wanted}`;
  row.replaceChildren(link);
  return row;
}

/** The length of a bar is how many are expected; what is filled of it has arrived. */
function bar(row, share) {
  const whole = Math.max(row.expected, row.arrived);
  const track = make("span", "track", make("span", "fill"));
  track.style.inlineSize = `${share * 100}%`;
  track.firstElementChild.style.inlineSize = `${whole ? (row.arrived / whole) * 100 : 0}%`;
  return make("span", "bar", track);
}

/**
 * Draws a group of rows, the largest first. One that would make all others vanish is drawn to the
 * end of the panel with a cut through it.
 */
function drawGroup(id, rows, { total, all } = {}) {
  const panel = byId(id);
  if (!panel.firstChild)
    panel.append(make("div", "head", make("h2"), make("p", "tally")), make("ol", "rows"));
  panel.hidden = rows.length === 0;
  const named = rows.filter((row) => row.key);
  const count = all ?? {
    arrived: named.filter((row) => row.arrived > 0).length,
    expected: named.filter((row) => row.expected > 0).length,
  };
  const sum = total ? [...spoken(...WORDS.mainland), pair(total.arrived, total.expected)] : [];
  head(panel, id, [
    make("span", "sum", ...sum),
    make("span", "groups", `${number(count.arrived)} / ${number(count.expected)}`),
  ]);
  digits(panel, rows);
  const size = (row) => Math.max(row.expected, row.arrived);
  const [first = 1, second = first] = named.map(size);
  const scale = Math.max(1, first > 3 * second ? second * 1.6 : first);
  const drawn = rows.map((row) => drawRow(row, Math.min(1, size(row) / scale), size(row) > scale));
  fill(panel, drawn, FIRST_ROWS, { more: all ? Math.max(0, all.expected - rows.length) : 0 });
}

function drawRow(row, share, isCut) {
  const name = make("span", "name", ...told(row.title, row.key));
  const element = make("li", "row", name, pair(row.arrived, row.expected), bar(row, share));
  element.dataset.key = row.key;
  element.classList.toggle("cut", isCut);
  element.classList.toggle("nobody", row.arrived === 0);
  element.classList.toggle("complete", row.expected > 0 && row.arrived >= row.expected);
  return element;
}

/** Puts rows into a panel: on a wall a page of them, else the first ones and a way to the rest. */
function fill(panel, rows, first, { more = 0, whole = rows.length, moreWords = "more" } = {}) {
  const list = panel.querySelector(".rows");
  if (page.state.view === "wall") return fillWall(panel, list, rows);
  const isOpen = page.open.has(panel.id);
  list.replaceChildren(...(isOpen ? rows : rows.slice(0, first)));
  let foot = panel.querySelector(".foot");
  if (!foot) panel.append((foot = make("p", "foot")));
  const parts = [];
  if (whole > first) parts.push(toggle(panel, isOpen, whole));
  if (more && (isOpen || whole <= first))
    parts.push(make("span", "", ...spoken(...WORDS[moreWords], { n: number(more) })));
  // A button that is in use must not vanish under the finger.
  if (foot.dataset.says !== `${parts.map((part) => part.textContent)}`)
    foot.replaceChildren(...parts);
  foot.dataset.says = `${parts.map((part) => part.textContent)}`;
}

function toggle(panel, isOpen, count) {
  const button = make(
    "button",
    "",
    ...spoken(...WORDS[isOpen ? "showFewer" : "showAll"]),
    isOpen ? "" : ` ${count}`,
  );
  button.type = "button";
  button.setAttribute("aria-expanded", String(isOpen));
  button.addEventListener("click", () => {
    page.open[isOpen ? "delete" : "add"](panel.id);
    draw();
    panel.querySelector(".foot button")?.focus();
  });
  return button;
}

/** Whole rows only; what does not fit has its turn later, all panels at the same moment. */
function fillWall(panel, list, rows) {
  const height = parseFloat(getComputedStyle(panel).getPropertyValue("--row")) * rem();
  const room = Math.max(1, Math.floor((list.clientHeight + 1) / height));
  const pages = Math.ceil(rows.length / room);
  const turn = pages ? page.turn % pages : 0;
  // The last page is as full as the others: it begins earlier.
  const from = Math.max(0, Math.min(turn * room, rows.length - room));
  list.style.gridTemplateRows = `repeat(${room}, minmax(0, 1fr))`;
  list.replaceChildren(...rows.slice(from, from + room));
  for (const name of list.querySelectorAll(".name")) shrink(name);
  let dots = panel.querySelector(".pages");
  if (!dots) panel.querySelector(".head").after((dots = make("p", "pages")));
  dots.replaceChildren(
    ...Array.from({ length: pages > 1 ? pages : 0 }, (_, n) =>
      make("span", n === turn ? "now" : ""),
    ),
  );
}

/** Sets a name that is too long for its row a little smaller. */
function shrink(name) {
  const first = name.firstElementChild;
  first.classList.toggle("long", first.scrollWidth > name.clientWidth);
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Says why there is nothing: nobody is on the list. */
function drawEmpty(state) {
  const panel = byId("empty");
  panel.hidden =
    state.activities.some((activity) => activity.expected > 0) || state.regions.length > 0;
  say(panel.querySelector("h2"), "noList");
  say(panel.querySelector("p"), "noListHow");
}

/** Says what a person has to look at; a wall is told nothing of it. */
function drawDoubts(state) {
  const panel = byId("doubts");
  panel.hidden = state.view === "wall";
  if (panel.hidden) return;
  const count = state.doubts_all;
  panel.classList.toggle("none", count === 0);
  const tally = count ? [make("span", "groups", number(count))] : spoken(...WORDS.noDoubts);
  head(panel, "doubts", tally);
  const how = panel.querySelector(".how");
  how.hidden = count === 0;
  say(how, "doubtsHow");
  const today = state.line.today ? state.line.day : "";
  const rows = state.doubts.map((doubt) => drawDoubt(doubt, today));
  fill(panel, rows, FIRST_DOUBTS, { more: count - rows.length, moreWords: "moreDoubts" });
}

function drawDoubt(doubt, today) {
  const kind = make("h3", "", ...spoken(...WORDS[doubt.doubt]));
  const words = WORDS[`${doubt.because ?? doubt.doubt}_says`];
  const n = number(doubt.doubt === "over_capacity" ? doubt.people.length : doubt.traces.length);
  const says = make("p", "says", ...spoken(...words, { n }));
  const session = doubt.activity
    ? [make("p", "session", ...told(doubt.title, doubt.activity))]
    : [];
  const named = doubt.people.slice(0, MOST_NAMES).map(drawPerson);
  if (doubt.people.length > MOST_NAMES) {
    const others = spoken(...WORDS.andOthers, { n: number(doubt.people.length) });
    named.push(make("li", "others", ...others));
  }
  const shown = doubt.traces.slice(0, MOST_TRACES).map((trace) => drawTrace(trace, today));
  if (doubt.traces.length > MOST_TRACES) {
    const left = { n: number(doubt.traces.length - MOST_TRACES) };
    shown.push(make("li", "others", ...spoken(...WORDS.moreDoubts, left)));
  }
  const row = make(
    "li",
    "doubt",
    make("div", "what", kind, ...session, says),
    make("ul", "people", ...named),
    make("ol", "traces", ...shown),
  );
  row.dataset.doubt = doubt.doubt;
  return row;
}

function drawPerson(person) {
  const isNamed = person.name || person.latin;
  const name = isNamed
    ? told({ "zh-Hans": person.name, en: person.latin })
    : spoken(...WORDS.nameless);
  const mark = person.number || (isNamed ? "" : person.attendee.slice(0, 8));
  return make("li", "", make("span", "who", ...name), make("span", "mark", mark));
}

function drawTrace(trace, today) {
  const [date, time] = [trace.at.slice(0, 10), trace.at.slice(11, 16)];
  const when = make("time", "", date === today ? time : `${date.slice(5)} ${time}`);
  when.dateTime = trace.at;
  const place = make("span", "place", ...told(trace.place, trace.site ?? " "));
  return make("li", "", when, place, make("span", "desk", trace.station ?? ""));
}

function drawLatest(state) {
  const panel = byId("latest");
  panel.hidden = state.latest.length === 0;
  say(panel.querySelector("h2"), "latest");
  const rows = state.latest.map((one) => {
    const name = make("span", "name", ...told({ "zh-Hans": one.name, en: one.latin }));
    const enterprise = make("span", "enterprise", told(one.enterprise, " ")[0]?.textContent ?? "");
    return make(
      "li",
      "row",
      make("time", "", one.at),
      name,
      enterprise,
      make("span", "station", one.station),
    );
  });
  panel.querySelector(".rows").replaceChildren(...rows);
}

// ---------------------------------------------------------------- one line over time

function svg(name, attributes, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

/** Draws the day: steps up with every arrival, under the height of those expected. */
function drawLine(state) {
  const { line, activity } = state;
  const panel = byId("line");
  head(panel, "line", [make("span", "", day(line.day))]);
  const chart = byId("chart");
  const [width, height, unit] = [chart.clientWidth, chart.clientHeight, rem()];
  if (!width || !height) return;
  const top = Math.max(activity.expected, activity.arrived, 1);
  const text = (state.view === "wall" ? 1.5 : 0.85) * unit;
  const [left, right, above, below] = [0, 0.6 * text, 1.5 * text, 1.6 * text];
  const x = (minute) =>
    left + ((minute - line.from) / (line.until - line.from)) * (width - left - right);
  const y = (count) => above + (1 - count / top) * (height - above - below);
  const end = ends(line);
  let path = `M${x(line.from)} ${y(line.before)}`;
  for (const [minute, count] of line.points)
    path += `H${x(minute).toFixed(1)}V${y(count).toFixed(1)}`;
  path += `H${x(end).toFixed(1)}`;
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "font-size": text });
  drawing.append(...hours(line, x, height - below, text, height));
  if (activity.expected) {
    const goal = `${plain(spoken(...WORDS.expected))} ${number(activity.expected)}`;
    drawing.append(
      svg("line", {
        class: "goal",
        x1: left,
        x2: width,
        y1: y(activity.expected),
        y2: y(activity.expected),
      }),
      svg("text", { x: left, y: y(activity.expected) - 0.45 * text }, goal),
    );
  }
  if (activity.arrived) {
    drawing.append(
      svg("path", { class: "area", d: `${path}V${y(0)}H${x(line.from)}Z` }),
      svg("path", { class: "step", d: path }),
      svg("circle", { class: "now", cx: x(end), cy: y(activity.arrived), r: 0.36 * text }),
    );
  } else {
    const middle = {
      class: "nobody",
      x: width / 2,
      y: height / 2 + 0.3 * text,
      "text-anchor": "middle",
    };
    drawing.append(svg("text", middle, plain(spoken(...WORDS.nobody))));
  }
  drawing.setAttribute(
    "aria-label",
    `${plain(spoken(...WORDS.line))}: ${activity.arrived} / ${activity.expected}`,
  );
  chart.replaceChildren(drawing);
}

/** The line goes on to this minute, if its day is today. */
function ends(line) {
  const last = line.points.at(-1)?.[0] ?? line.from;
  if (!line.today) return last;
  const [hours, minutes] = clock(Date.now()).split(":").map(Number);
  return Math.min(line.until, Math.max(last, hours * 60 + minutes));
}

function hours(line, x, base, text, height) {
  const every = Math.max(1, Math.ceil((line.until - line.from) / 60 / 6));
  const marks = [
    svg("line", { class: "base", x1: x(line.from), x2: x(line.until), y1: base, y2: base }),
  ];
  for (let minute = line.from; minute <= line.until; minute += 60 * every) {
    const anchor = minute === line.from ? "start" : minute === line.until ? "end" : "middle";
    marks.push(
      svg(
        "text",
        { class: "hour", x: x(minute), y: height - 0.25 * text, "text-anchor": anchor },
        `${String(minute / 60).padStart(2, "0")}:00`,
      ),
    );
  }
  return marks;
}

/** Returns a day as people say it. */
function day(iso) {
  const [, month, date] = iso.split("-").map(Number);
  const english = new Date(Date.UTC(2000, month - 1, date));
  const en = english.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  });
  return plain(spoken(`${month}月${date}日`, en));
}

// ---------------------------------------------------------------- begin

document.documentElement.lang = language === "en" ? "en" : "zh-Hans";
document.body.dataset.view = address.get("wall") === "1" ? "wall" : "";
notice("connecting", "connectingHow");
const sizes = new ResizeObserver(draw);
for (const element of [document.body, byId("chart")]) sizes.observe(element);
document.fonts?.ready.then(draw);
window.addEventListener("hashchange", listen);
setInterval(tick, 1_000);
setInterval(() => {
  page.turn += 1;
  if (page.state?.view === "wall") draw();
}, PAGE_LASTS);
listen();
