/** Starts the page: the real desk, or in development a fake one (`?fake=confirm`). */
import { mount } from "svelte";
import App from "./App.svelte";
import { type Backend, tauri } from "./backend";
import "./look/fonts.css";
import "./look/look.css";
import { Station } from "./station.svelte";

async function backend(): Promise<Backend> {
  // In a build for people this is `if (false)`, and the fake is not in it.
  if (import.meta.env.DEV && location.search.includes("fake")) {
    return (await import("./fake")).fake(new URLSearchParams(location.search));
  }
  return tauri;
}

const station = new Station(await backend());
mount(App, { target: document.body, props: { station } });
await station.start();
if (import.meta.env.DEV && location.search.includes("scanners")) station.openScanners();
