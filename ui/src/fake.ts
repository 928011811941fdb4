/**
 * A desk for a designer's browser and for tests: shows whatever screen is asked for.
 * `?fake=confirm&lang=en&people=long&rehearsal&offline&countdown&test&camera&scanners=lost`; never in a build for people.
 */
import type { Backend, Sight } from "./backend";
import type { Card } from "./bindings/Card";
import type { Frame } from "./bindings/Frame";
import type { Scanners } from "./bindings/Scanners";
import type { Screen } from "./bindings/Screen";
import type { View } from "./bindings/View";

/** People whose names have taught us something. */
export const PEOPLE: Record<string, Record<string, Card>> = {
  usual: {
    "zh-Hans": {
      name: "欧阳静怡",
      second_name: "OUYANG Jingyi",
      post: "董事长",
      enterprise: "东方海洋新材料有限公司",
      place: "新加坡",
      category: "嘉宾",
    },
    en: {
      name: "欧阳静怡",
      second_name: "OUYANG Jingyi",
      post: "Chairwoman",
      enterprise: "Eastern Ocean New Materials Pte. Ltd.",
      place: "Singapore",
      category: "Delegate",
    },
  },
  /** Twenty Han characters, a long enterprise, a long post. */
  han: {
    "zh-Hans": {
      name: "阿卜杜热合曼·买买提吐尔逊·艾则孜江阿吉",
      second_name: "ABDURAHMAN Maimaitituerxun Aizezijiang",
      post: "董事局主席兼首席执行官、商会常务副会长",
      enterprise: "新疆丝路明珠国际生物科技与文化旅游产业发展集团有限责任公司",
      place: "新疆",
      category: "企业家",
    },
    en: {
      name: "阿卜杜热合曼·买买提吐尔逊·艾则孜江阿吉",
      second_name: "ABDURAHMAN Maimaitituerxun Aizezijiang",
      post: "Chairman of the Board, Chief Executive Officer and Executive Vice President",
      enterprise:
        "Xinjiang Silk Road Pearl International Biotechnology and Cultural Tourism Group Co., Ltd.",
      place: "Xinjiang",
      category: "Entrepreneur",
    },
  },
  /** Characters that most fonts lack. */
  rare: {
    "zh-Hans": {
      name: "江䶮𬸚",
      second_name: "JIANG Yanyi",
      post: "总经理",
      enterprise: "喆堃㛃科技有限公司",
      place: "辽宁",
      category: "企业家",
    },
    en: {
      name: "江䶮𬸚",
      second_name: "JIANG Yanyi",
      post: "General Manager",
      enterprise: "Zhekun Jie Technology Co., Ltd.",
      place: "Liaoning",
      category: "Entrepreneur",
    },
  },
  /** Forty-five Latin letters. */
  latin: {
    "zh-Hans": {
      name: "Maximiliane Wolfeschlegelstein-Hausenbergerdor",
      second_name: "",
      post: "常务董事",
      enterprise: "Norddeutsche Präzisionsmaschinenbau-Gesellschaft mbH & Co. KG",
      place: "德国",
      category: "演讲嘉宾",
    },
    en: {
      name: "Maximiliane Wolfeschlegelstein-Hausenbergerdor",
      second_name: "",
      post: "Managing Director",
      enterprise: "Norddeutsche Präzisionsmaschinenbau-Gesellschaft mbH & Co. KG",
      place: "Germany",
      category: "Speaker",
    },
  },
};

/** The demo convention's frame. */
export function frameIn(language: string): Frame {
  const titles = ["首届全球辽商大会", "1st World Liaoning Entrepreneurs Convention"];
  const [title = "", second_title = ""] = language === "en" ? titles.toReversed() : titles;
  return {
    title,
    second_title,
    station: "K2",
    clock: "07:42",
    rehearsal: null,
    list_at: "07:40",
    list_age_minutes: 2,
    list_stale: false,
    waiting: 0,
    online: true,
    printer: null,
    languages: ["zh-Hans", "en"],
    theme: {
      night: "#14213D",
      dusk: "#1F3A68",
      moon: "#F7E7C1",
      accent: "#C8402F",
      paper: "#FBF8F1",
      ink: "#1B1B1F",
    },
  };
}

/** Returns a screen of every kind for one person. */
export function screenOf(kind: string, card: Card, language: string): Screen {
  const next =
    language === "en"
      ? {
          title: "Opening ceremony",
          at: "09:00",
          place: "Hall 1, area A, row 12, seat 8",
          way: "Follow the red carpet, escalator on the left, second floor",
        }
      : {
          title: "开幕式",
          at: "09:00",
          place: "一号厅　A区 12排 8座",
          way: "沿红毯直行，左侧扶梯上二层",
        };
  const badge = "/src/fake-badge.svg";
  const bus = language === "en" ? "Bus 2" : "2号车";
  const inEnglish = language === "en";
  const seat = {
    seat: inEnglish ? "Area A, row 12, seat 8" : "A区 12排 8座",
    table: "",
    bus: "",
    tray: "",
  };
  /** What a protocol office writes when nobody stops it. */
  const longest = inEnglish
    ? "Presidents of Overseas Liaoning Chambers of Commerce, North America, Table 2 (balcony, east)"
    : "海外辽宁商会会长联席桌（北美洲及大洋洲）二层东侧贵宾观礼区第二桌";
  const table = { seat: "", table: longest, bus: "", tray: "" };
  const done: Screen = {
    kind: "done",
    card,
    badge: null,
    placing: null,
    next,
    ask_badge: false,
    since: null,
    caveat: null,
    leaving: false,
  };
  switch (kind) {
    case "elsewhere":
      return { kind, stations: ["K1", "K3"] };
    case "elsewhere-desk":
      return { kind: "elsewhere", stations: [] };
    case "confirm":
      return { kind, card, prints: true };
    case "printing":
      return { kind, card, badge };
    case "printing-early":
      return { kind: "printing", card, badge: null };
    case "done":
      return { ...done, badge };
    case "done-ask":
      return { ...done, badge, ask_badge: true };
    case "done-plain":
      return done;
    case "done-seat":
      return { ...done, placing: seat };
    case "done-table":
      return { ...done, placing: table };
    case "done-all":
      return { ...done, placing: { seat: "B4", table: "12", bus: "2", tray: "" }, next: null };
    case "done-since":
      return { ...done, placing: seat, since: "08:41" };
    case "done-caveat":
      return { ...done, placing: seat, caveat: "more_may_be_inside" };
    case "done-tray":
      return { ...done, placing: { seat: "", table: "", bus: "", tray: "12" } };
    case "done-leaving":
      return { ...done, leaving: true };
    case "ask":
      return { kind, reason: "invitation_at_door", card, place: next.place, allowed: true };
    case "ask-bus":
      return { kind: "ask", reason: "wrong_site", card, place: bus, allowed: true };
    case "ask-full":
      return { kind: "ask", reason: "full", card, place: "", allowed: true };
    case "ask-nobody":
      return { kind: "ask", reason: "unbound_blank", card: null, place: "", allowed: false };
    case "already_in":
      return { kind, card };
    case "help":
      return { kind, reason: "help-wrong-convention", code: "K2-117" };
    case "help-long":
      return { kind: "help", reason: "help-not-ours", code: "K2-117" };
    default:
      return { kind: "attract" };
  }
}

/** Returns a desk that shows what the address asks for; a scan walks on through the screens. */
export function fake(query: URLSearchParams): Backend {
  const language = query.get("lang") ?? "zh-Hans";
  let hear: (view: View) => void = () => {};
  let view = viewOf(query.get("fake") ?? "attract", language, query);
  const show = (kind: string, tag = view.language) => {
    view = { ...viewOf(kind, tag, query), number: view.number + 1, countdown: null };
    hear(view);
  };
  return {
    view: () => (query.has("silent") ? new Promise<View>(() => {}) : Promise.resolve(view)),
    scanned: async () => show("confirm"),
    touched: async (touch) => {
      if (touch === "this_is_me") show("printing-early");
      if (touch === "this_is_me") setTimeout(() => show("printing"), 900);
      if (touch === "this_is_me") setTimeout(() => show("done"), 2500);
      if (touch === "let_in") show("done-seat");
      if (touch === "not_me" || touch === "finished") show("attract");
      if (touch === "no_badge") show("help");
    },
    language: async (tag) => show(view.screen.kind, tag),
    scanners: async () => scannersOf(query.get("scanners") ?? ""),
    camera: async () => (query.has("camera") ? 0 : null),
    picture: async (_, after) => (after === "1" ? { number: after, picture: null } : picture()),
    hear: async (show) => {
      hear = show;
    },
  };
}

/** Returns what the scanner page shows: `none`, `lost`, or one device of each kind. */
export function scannersOf(kind: string): Scanners {
  if (kind === "none") return { devices: [], last: [] };
  const device = {
    device: "camera:usb-Logitech_HD_Pro_Webcam_C920_8F3A2B1F-video-index0",
    name: "HD Pro Webcam C920",
    condition: "ready",
    sentence: "HD Pro Webcam C920 is ready",
    frame_rate: 29.9,
    look_ms: 2.84,
    longest_look_ms: 31.2,
    heard: 412,
    refused: 3,
    why: "a frame of 1,204 bytes is no JPEG: it ends in the middle",
    camera: 0,
  };
  const serial = {
    ...device,
    device: "serial:0c2e:0b61",
    name: "Honeywell Voyager 1470g",
    condition: kind === "lost" ? "unplugged" : "ready",
    sentence:
      "no serial scanner of vendor 0c2e and product 0b61 is plugged in; plug it in, or set it to USB-COM",
    frame_rate: null,
    look_ms: null,
    longest_look_ms: null,
    heard: kind === "lost" ? 0 : 87,
    refused: 0,
    why: null,
    camera: null,
  };
  const tried = {
    masked: "YB1… (173 characters)",
    source: "camera",
    verdict: "admit" as const,
    reason: null,
    only_tried: true,
    seconds_ago: 0,
  };
  return {
    devices: [device, serial],
    last: [
      tried,
      { ...tried, verdict: "refuse", reason: "already_in", source: "serial", seconds_ago: 9 },
      {
        ...tried,
        masked: "https:… (48 characters)",
        verdict: "refuse",
        reason: "not_ours",
        seconds_ago: 31,
      },
      { ...tried, verdict: "refuse", reason: "newer_pass", source: "keyboard", seconds_ago: 44 },
      { ...tried, verdict: "admit", only_tried: false, source: "serial", seconds_ago: 75 },
    ],
  };
}

/** Draws what a camera might see: somebody's shadow, and a phone with an outlined square. */
async function picture(): Promise<Sight | null> {
  const canvas = new OffscreenCanvas(640, 360);
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  const fill = (colour: string, ...box: [number, number, number, number]) => {
    pen.fillStyle = colour;
    pen.fillRect(...box);
  };
  fill("#4a4a4a", 0, 0, 640, 360);
  fill("#7c7c7c", 60, 40, 200, 320);
  fill("#202020", 330, 60, 150, 260);
  fill("#e8e8e8", 342, 90, 126, 190);
  for (let n = 0; n < 169; n++) {
    if ((n * 7919) % 5 < 2) fill("#111", 353 + (n % 13) * 8, 130 + Math.floor(n / 13) * 8, 8, 8);
  }
  pen.strokeStyle = "#2ed05a";
  pen.lineWidth = 4;
  pen.strokeRect(350, 127, 110, 110);
  return { number: "1", picture: await canvas.convertToBlob() };
}

function viewOf(kind: string, language: string, query: URLSearchParams): View {
  const people = PEOPLE[query.get("people") ?? "usual"] ?? {};
  const card = people[language] ?? people["en"];
  if (!card) throw new Error("no such people");
  const frame = frameIn(language);
  if (query.has("rehearsal")) frame.rehearsal = "2023-09-26";
  if (query.has("offline")) {
    Object.assign(frame, { online: false, waiting: 12, list_age_minutes: 47, list_at: "06:55" });
    frame.list_stale = true;
  }
  frame.printer = query.get("printer");
  if (query.has("many")) {
    frame.languages = ["zh-Hans", "zh-Hant", "en", "ja", "ko", "ru", "fr", "es", "ar"];
  }
  const countdown = query.has("countdown") ? 18 : null;
  const test = query.has("test");
  return { number: 1, language, screen: screenOf(kind, card, language), countdown, test, frame };
}
