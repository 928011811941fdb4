/**
 * Lets one guest arrive in the real window, for `./kiosk run --headless`.
 *
 *   node src-tauri/arrival.mjs TOKEN PICTURES PROGRAM ARGUMENT...
 *
 * Opens PROGRAM through WebKit's driver on $DISPLAY, types TOKEN as a keyboard scanner does (an empty
 * one not at all: then the pass has to come from a camera), says
 * "this is me", and leaves attract.png, confirm.png and done.png in PICTURES. Every wait is bounded.
 * Prints "arrived" and goes on running; whoever started this ends its process group, and with it the
 * driver and the window.
 */
import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

const PATIENCE_MS = 30_000;

const [token, pictures, program, ...args] = process.argv.slice(2);

/** Asks until the answer is something, and says what was missing when it never is. */
async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The window, spoken to by WebDriver. */
class Window {
  constructor(driver, url) {
    this.driver = driver;
    this.url = url;
  }

  static async open(binary, args) {
    const port = await freePort();
    const driver = spawn("WebKitWebDriver", ["--host=127.0.0.1", `--port=${port}`], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, TAURI_WEBVIEW_AUTOMATION: "true" },
    });
    const gone = new Promise((_, reject) => {
      driver.on("error", (error) => reject(new Error(`WebKitWebDriver does not start: ${error.message}`)));
    });
    const window = new Window(driver, `http://127.0.0.1:${port}`);
    const listening = () => window.ask("GET", "/status").catch(() => null);
    await Promise.race([gone, until("WebKit's driver to listen", listening)]);
    const wanted = { browserName: "wry", "webkitgtk:browserOptions": { binary, args } };
    const session = await window.ask("POST", "/session", {
      capabilities: { alwaysMatch: wanted },
    });
    window.url += `/session/${session.sessionId}`;
    return window;
  }

  async ask(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`the window does not follow: ${value.message || value.error}`);
    return value;
  }

  script(script) {
    return this.ask("POST", "/execute/sync", { script, args: [] });
  }

  /** Waits until a screen stands there, drawn and at rest; the disc alone may go on glowing. */
  async screen(kind) {
    await until(`the screen ${kind}`, () =>
      this.script(`
        const shown = document.querySelectorAll("[data-screen]");
        const moving = document.getAnimations().some((animation) =>
          animation.playState === "running" &&
          animation.effect.getComputedTiming().iterations !== Infinity);
        return shown.length === 1 && shown[0].dataset.screen === "${kind}" && !moving &&
          document.fonts.status === "loaded" &&
          [...document.images].every((image) => image.complete && image.naturalWidth > 0);`),
    );
  }

  async picture(name) {
    const png = await this.ask("GET", "/screenshot");
    await writeFile(join(pictures, name), Buffer.from(png, "base64"));
  }

  type(text) {
    for (const keys of [
      ["type", "--delay", "4", text],
      ["key", "Return"],
    ]) {
      const typed = spawnSync("xdotool", keys, { stdio: "inherit" });
      if (typed.status !== 0) throw new Error("xdotool cannot type into the window");
    }
  }

  async press(touch) {
    const using = "css selector";
    const button = await this.ask("POST", "/element", {
      using,
      value: `button[data-touch=${touch}]`,
    });
    await this.ask("POST", `/element/${Object.values(button)[0]}/click`, {});
  }
}

async function arrive() {
  const window = await Window.open(program, args);
  // What a camera sees may be read before the first picture is taken.
  if (token) {
    await window.screen("attract");
    await window.picture("attract.png");
    window.type(token);
  }
  await window.screen("confirm");
  await window.picture("confirm.png");
  await window.press("this_is_me");
  await window.screen("done");
  await window.picture("done.png");
}

try {
  await arrive();
  // The record is on its way to the server: the window, a child of the driver, stays open.
  console.log("arrived");
} catch (error) {
  console.error(`the arrival failed: ${error.message}`);
  process.exit(1);
}
