import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, describe, expect, test, vi } from "vitest";
import App from "./App.svelte";
import type { Backend } from "./backend";
import type { View } from "./bindings/View";
import { PEOPLE, frameIn, scannersOf, screenOf } from "./fake";
import { Station, soundOf } from "./station.svelte";
import { wordsIn } from "./words";

const KINDS = [
  "attract",
  "confirm",
  "printing",
  "printing-early",
  "done",
  "done-ask",
  "done-plain",
  "done-seat",
  "done-table",
  "done-all",
  "done-since",
  "done-caveat",
  "done-leaving",
  "ask",
  "ask-bus",
  "ask-full",
  "ask-nobody",
  "already_in",
  "help",
];

afterEach(cleanup);

describe.each(["zh-Hans", "en"])("in %s", (language) => {
  describe.each(Object.keys(PEOPLE))("for the %s person", (people) => {
    test.each(KINDS)("%s says what it has to say", async (kind) => {
      const view = viewOf(kind, language, people);
      await open(view);
      const text = (document.body.textContent ?? "").replace(/[\u2068\u2069]/g, "");
      for (const expected of saidBy(view)) expect(text).toContain(expected);
      expect(text).not.toContain("undefined");
      expect(text).not.toContain("null");
    });
  });
});

describe("a touch", () => {
  test("carries the number of the view it was aimed at", async () => {
    const desk = await open({ ...viewOf("confirm", "zh-Hans"), number: 41 });
    await fireEvent.click(screen.getByText("是我，领取证件"));
    expect(desk.touched).toHaveBeenCalledWith("this_is_me", 41);
  });

  test("on a button that belongs to the screen before does nothing", async () => {
    const desk = await open(viewOf("confirm", "zh-Hans"));
    const old = screen.getByText("是我，领取证件");
    await desk.show({ ...viewOf("confirm", "zh-Hans", "latin"), number: 2 });
    expect(old.isConnected).toBe(false);
    expect(screen.getByText("是我，领取证件")).not.toBe(old);
  });

  test("twice in a moment is one answer", async () => {
    const desk = await open(viewOf("already_in", "en"));
    await fireEvent.click(screen.getByText("I have my badge"));
    await fireEvent.click(screen.getByText("Not yet"));
    expect(desk.touched).toHaveBeenCalledTimes(1);
  });

  test("anywhere says that somebody is there, at most once a second", async () => {
    const desk = await open(viewOf("help", "en"));
    await fireEvent.pointerDown(document.body);
    await fireEvent.pointerDown(document.body);
    expect(desk.touched.mock.calls).toEqual([["still_here", 1]]);
  });

  test.each([
    ["done-ask", "No badge came", "no_badge"],
    ["done-ask", "I have my badge", "finished"],
    ["done-plain", "All right", "finished"],
    ["already_in", "Not yet", "no_badge"],
    ["help", "Try another code", "not_me"],
    ["confirm", "Not me", "not_me"],
    ["ask", "Let in", "let_in"],
    ["ask", "Not now", "not_me"],
    ["ask-bus", "Take along", "let_in"],
    ["ask-full", "Let in all the same", "let_in"],
    ["ask-nobody", "All right", "not_me"],
  ])("on %s, %s, is %s", async (kind, text, touch) => {
    const desk = await open(viewOf(kind, "en"));
    await fireEvent.click(screen.getByText(text));
    expect(desk.touched).toHaveBeenCalledWith(touch, 1);
  });

  test("that the desk does not take leaves the screen as it is", async () => {
    const desk = await open(viewOf("confirm", "en"));
    desk.touched.mockRejectedValue(new Error("gone"));
    await fireEvent.click(screen.getByText("Not me"));
    expect(screen.getByText("Is this you?")).toBeTruthy();
  });
});

describe("a steward", () => {
  test("is not offered a yes that answers nothing", async () => {
    await open(viewOf("ask-nobody", "en"));
    expect(document.querySelector("[data-touch=let_in]")).toBeNull();
  });

  test("reads what the desk cannot know, and nothing of what a newer desk may say", async () => {
    const view = viewOf("done-caveat", "en");
    const desk = await open(view);
    expect(document.querySelector(".caveat")?.textContent).toContain("More people may be inside");
    if (view.screen.kind !== "done") throw new Error("not done");
    await desk.show({ ...view, number: 2, screen: { ...view.screen, caveat: "from_tomorrow" } });
    expect(document.querySelector(".caveat")).toBeNull();
  });

  test("reads since when somebody is in, and a guest who leaves is sent nowhere", async () => {
    const desk = await open(viewOf("done-since", "en"));
    expect(document.body.textContent).toContain("In since");
    expect(document.body.textContent).toContain("08:41");
    await desk.show({ ...viewOf("done-leaving", "en"), number: 2 });
    expect(document.body.textContent).toContain("See you soon");
    expect(document.body.textContent).not.toContain("Opening ceremony");
  });
});

describe("the own place at a door", () => {
  const labels = () => [...document.querySelectorAll("dt")].map((one) => one.textContent);

  test("is named by what it is, and nothing is said about what there is not", async () => {
    const desk = await open(viewOf("done-seat", "en"));
    expect(labels()).toEqual(["Your seat"]);
    await desk.show({ ...viewOf("done-all", "zh-Hans"), number: 2 });
    expect(labels()).toEqual(["您的座位", "您的桌次", "您的车辆"]);
    await desk.show({ ...viewOf("done-plain", "en"), number: 3 });
    expect(labels()).toEqual([]);
  });

  test("matters more than the post", async () => {
    const view = viewOf("done-seat", "en");
    await open(view);
    expect(document.body.textContent).toContain("OUYANG Jingyi");
    expect(document.body.textContent).not.toContain("Chairwoman");
  });
});

describe("idling", () => {
  test("counts down within the page and offers more time", async () => {
    const desk = await open({ ...viewOf("confirm", "en"), countdown: 18 });
    expect(screen.getByRole("alert").textContent).toContain("18");
    await fireEvent.click(screen.getByText("I am here"));
    expect(desk.touched).toHaveBeenCalledWith("still_here", 1);
  });
});

describe("languages", () => {
  test("are offered in their own names, only those of the convention", async () => {
    const desk = await open(viewOf("attract", "zh-Hans"));
    const offered = [...document.querySelectorAll("[data-language]")].map((one) => one.textContent);
    expect(offered).toEqual(["中文", "English"]);
    await fireEvent.click(screen.getByText("English"));
    expect(desk.language).toHaveBeenCalledWith("en");
  });

  test("set the page's own language", async () => {
    await open(viewOf("confirm", "en"));
    expect(document.documentElement.lang).toBe("en");
  });
});

describe("around the screen", () => {
  test.each(KINDS)("a rehearsal is marked on %s", async (kind) => {
    const view = viewOf(kind, "zh-Hans");
    view.frame.rehearsal = "2023-09-26";
    await open(view);
    const mark = document.querySelector("[data-mark=rehearsal]")?.textContent;
    expect(mark).toContain("演练 Rehearsal");
    expect(mark).toContain("2023-09-26");
  });

  test.each(KINDS)("a test pass is marked on %s", async (kind) => {
    const desk = await open(viewOf(kind, "zh-Hans"));
    expect(document.querySelector("[data-mark=test]")).toBeNull();
    await desk.show({ ...viewOf(kind, "zh-Hans"), test: true });
    expect(document.querySelector("[data-mark=test]")?.textContent).toContain("测试 TEST");
  });

  test("an old list is marked quietly, with its age", async () => {
    const view = viewOf("attract", "en");
    const desk = await open(view);
    expect(document.querySelector(".state .half")).toBeNull();
    const frame = { ...view.frame, list_age_minutes: 11, list_stale: true };
    await desk.show({ ...view, frame });
    expect(document.querySelector(".state .half")?.textContent).toContain("11");
  });

  test("waiting records show only when there are some", async () => {
    const desk = await open(viewOf("attract", "zh-Hans"));
    expect(document.body.textContent).not.toContain("待同步");
    const view = viewOf("attract", "zh-Hans");
    Object.assign(view.frame, { waiting: 3, online: false });
    await desk.show(view);
    expect(document.body.textContent).toContain("待同步");
    expect(document.body.textContent).toContain("离线，签到照常");
  });
});

describe("pasting", () => {
  test.each([
    ["2023-09-26", [["YB1ABC"]]],
    [null, []],
  ])("with rehearsal %s", async (rehearsal, scans) => {
    const view = viewOf("attract", "en");
    view.frame.rehearsal = rehearsal;
    const desk = await open(view);
    const event = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => "yb1abc\r\n" } });
    await fireEvent(window, event);
    expect(event.defaultPrevented).toBe(true);
    expect(desk.scanned.mock.calls).toEqual(scans);
  });
});

describe("help", () => {
  test.each(["help-print_failed", "help-print-failed", "print_failed"])(
    "knows %s",
    async (reason) => {
      await open({ ...viewOf("help", "en"), screen: { kind: "help", reason, code: "K2-1" } });
      expect(screen.getByText("Your badge is at the help desk")).toBeTruthy();
    },
  );

  test.each(["shut_down", "desk_closed"])(
    "a desk that is closed asks for no other code",
    async (reason) => {
      await open({ ...viewOf("help", "en"), screen: { kind: "help", reason, code: "K2-1" } });
      expect(screen.getByText("This desk is closed")).toBeTruthy();
      expect(document.body.textContent).not.toContain("Try another code");
      expect(document.body.textContent).not.toContain("K2-1");
    },
  );

  test("has a sentence for what it does not know", async () => {
    const reason = "help-of-a-newer-desk";
    await open({ ...viewOf("help", "en"), screen: { kind: "help", reason, code: "K2-1" } });
    expect(document.body.textContent).toContain(wordsIn("en")("help-default"));
  });
});

describe("a desk that is not there yet", () => {
  test("leaves the moon on the screen, and is asked again", async () => {
    vi.useFakeTimers();
    const desk = deskWith(viewOf("attract", "en"));
    desk.view.mockRejectedValueOnce(new Error("not ready"));
    const station = new Station(desk, () => {});
    render(App, { station });
    void station.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(document.body.textContent?.trim()).toBe("");
    expect(document.querySelector(".disc")).toBeTruthy();
    await vi.advanceTimersByTimeAsync(1100);
    expect(document.body.textContent).toContain("Show your registration code");
    vi.useRealTimers();
  });
});

describe("the scanner page", () => {
  const clock = () => document.querySelector("time") as HTMLElement;
  const holdClock = async (milliseconds: number) => {
    await fireEvent.pointerDown(clock());
    await vi.advanceTimersByTimeAsync(milliseconds);
    await fireEvent.pointerUp(clock());
    await vi.advanceTimersByTimeAsync(100);
  };

  test("opens for a finger that rests on the clock, and closes by its button", async () => {
    const desk = await open(viewOf("attract", "en"));
    vi.useFakeTimers();
    await holdClock(2000);
    expect(desk.scanners).not.toHaveBeenCalled();
    await holdClock(3000);
    const text = (document.body.textContent ?? "").replace(/[\u2068\u2069]/g, "");
    for (const said of [
      "HD Pro Webcam C920",
      "30 frames a second",
      "would be let in",
      "not one of ours",
    ]) {
      expect(text).toContain(said);
    }
    await fireEvent.click(screen.getByText("Back to the guests"));
    expect(document.body.textContent).not.toContain("Last codes");
    const asked = desk.scanners.mock.calls.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(desk.scanners.mock.calls.length).toBe(asked);
    vi.useRealTimers();
  });

  test("closes by itself a minute after the last touch", async () => {
    await open(viewOf("attract", "zh-Hans"));
    vi.useFakeTimers();
    await holdClock(3000);
    await vi.advanceTimersByTimeAsync(50_000);
    await fireEvent.pointerDown(document.body);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(document.body.textContent).toContain("最近读到的码");
    await vi.advanceTimersByTimeAsync(11_000);
    expect(document.body.textContent).not.toContain("最近读到的码");
    vi.useRealTimers();
  });
});

describe("sounds", () => {
  const attract = viewOf("attract", "en");
  const next = (view: View) => ({ ...view, number: 2 });

  test("are good for good news, equal for a hold, and none for nothing", () => {
    expect(soundOf(attract, next(viewOf("confirm", "en")))).toBe("ok");
    expect(soundOf(attract, next(viewOf("help", "en")))).toBe("attention");
    expect(soundOf(attract, next(attract))).toBeNull();
    expect(soundOf(null, attract)).toBeNull();
    expect(soundOf(attract, { ...attract, countdown: 20 })).toBe("attention");
    expect(soundOf({ ...attract, countdown: 20 }, { ...attract, countdown: 19 })).toBeNull();
  });
});

/** What a view must be heard to say: the person, the place, the program's own sentence. */
function saidBy({ screen: shown, language }: View): string[] {
  const words = wordsIn(language);
  switch (shown.kind) {
    case "attract":
      return ["请出示报到码", "Show your registration code", words("attract-no-code")];
    case "elsewhere":
      return ["本机暂停打印", "This printer has stopped", ...shown.stations];
    case "confirm":
      return [words("confirm-title"), words("confirm-yes-badge"), ...Object.values(shown.card)];
    case "printing":
      return [words("printing-title"), shown.card.name];
    case "done":
      if (shown.leaving) return [words("done-leaving"), shown.card.name];
      return [
        shown.since ?? words("done-title"),
        ...Object.values(shown.placing ?? {}),
        shown.caveat ? words("done-more-may-be-inside") : "",
        ...Object.values(shown.next ?? {}),
      ];
    case "ask":
      return [
        words(shown.allowed ? "ask-title" : "ask-look-up"),
        words(`ask-${shown.reason.replaceAll("_", "-")}`),
        ...Object.values(shown.card ?? {}),
        shown.place,
      ];
    case "already_in":
      return [words("already-title"), words("already-ask"), ...Object.values(shown.card)];
    case "help":
      return [words("help-title"), words("help-wrong-convention"), shown.code];
  }
}

function viewOf(kind: string, language: string, people = "usual"): View {
  const card = PEOPLE[people]?.[language];
  if (!card) throw new Error(`nobody called ${people}`);
  const shown = screenOf(kind, card, language);
  const frame = frameIn(language);
  return { number: 1, language, screen: shown, countdown: null, test: false, frame };
}

function deskWith(first: View) {
  let hear: (view: View) => void = () => {};
  return {
    view: vi.fn(async () => first),
    scanned: vi.fn(async (_text: string) => {}),
    touched: vi.fn<Backend["touched"]>(async () => {}),
    language: vi.fn(async (_tag: string) => {}),
    scanners: vi.fn(async () => scannersOf("")),
    camera: vi.fn(async () => null),
    picture: vi.fn(async () => null),
    hear: vi.fn(async (show: (view: View) => void) => {
      hear = show;
    }),
    show: async (view: View) => {
      hear(view);
      await new Promise((done) => setTimeout(done));
    },
  };
}

/** Opens the page on a desk that shows a view. */
async function open(view: View) {
  const desk = deskWith(view);
  const station = new Station(desk, () => {});
  render(App, { station });
  await station.start();
  await new Promise((done) => setTimeout(done));
  return desk;
}
