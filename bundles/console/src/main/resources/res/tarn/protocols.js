// SPDX-License-Identifier: Apache-2.0
"use strict";
(() => {
  const { make, operate, contentOf } = window.tarn;
  const root = document.querySelector(".tarn");
  const body = root.querySelector("tbody");
  const told = root.querySelector(".told");
  const removed = root.querySelector(".removed");
  const failed = root.querySelector(".failed");
  const MINUTE = 60;
  const history = new Map();
  let before = null;
  let busy = false;

  const number = new Intl.NumberFormat("en");
  const bytes = (n) => {
    const units = ["B", "KB", "MB", "GB", "TB"];
    let unit = 0;
    while (n >= 1000 && unit < units.length - 1) { n /= 1000; unit++; }
    return (unit === 0 ? Math.round(n) : n.toFixed(n < 10 ? 1 : 0)) + " " + units[unit];
  };
  const rate = (n) => number.format(n < 10 ? Math.round(n * 10) / 10 : Math.round(n));
  const span = (s) => s < 60 ? s + " s" : s < 3600 ? Math.floor(s / 60) + " min"
    : s < 86400 ? Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min"
    : Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";

  function say(text, bad) {
    told.textContent = text;
    told.classList.toggle("bad", Boolean(bad));
    told.hidden = !text;
  }

  async function act(words, operation, given) {
    if (busy) return;
    busy = true;
    say(words + " …");
    root.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    try {
      const result = await operate(operation, given);
      say(`${result.name || ""} ${result.version || ""} is ${result.state}`.trim());
    } catch (failure) {
      say(failure.message, true);
    } finally {
      busy = false;
      await listRemoved();
    }
  }

  async function listRemoved() {
    try {
      const { bundles } = await operate("bundle_list");
      const gone = bundles.filter((bundle) => bundle.state === "removed");
      removed.hidden = gone.length === 0;
      removed.lastElementChild.replaceChildren(...gone.map((bundle) =>
        make("button", { onclick: () => act("Bringing back " + bundle.file, "bundle_install", { file: bundle.file }) },
          "bring back " + bundle.file)));
    } catch (failure) {
      say(failure.message, true);
    }
  }

  function spark(points) {
    const most = Math.max(1, ...points.flatMap((point) => [point.in, point.out]));
    const line = (key) => points.map((point, i) =>
      `${i ? "L" : "M"}${(MINUTE - points.length + i) * 2} ${(26 - point[key] / most * 24).toFixed(1)}`).join("");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "spark");
    svg.setAttribute("viewBox", "0 0 120 28");
    for (const key of ["out", "in"]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", key);
      path.setAttribute("d", line(key));
      svg.append(path);
    }
    return svg;
  }

  function buttons(protocol) {
    if (!protocol.removable) return [];
    const bundle = protocol.bundle;
    const running = protocol.state === "running";
    const name = protocol.name;
    return [
      make("button", { disabled: busy, onclick: () => act((running ? "Stopping " : "Starting ") + name,
        running ? "bundle_stop" : "bundle_start", { bundle }) }, running ? "Stop" : "Start"),
      make("button", { disabled: busy, className: "danger", onclick: () => {
        if (confirm(`Remove ${name}? Its connections are closed. It can be brought back from this page.`)) {
          act("Removing " + name, "bundle_uninstall", { bundle });
        }
      } }, "Remove"),
    ];
  }

  function row(protocol) {
    const running = protocol.state === "running";
    const cell = (text, className = "n") => make("td", { className }, running ? text : "");
    const faults = (n) => make("td", { className: "n" + (n > 0 ? " bad-number" : "") }, running ? number.format(n) : "");
    return make("tr", {},
      make("td", {}, make("b", {}, protocol.name), make("small", {}, `${protocol.bundle} ${protocol.version}`)),
      make("td", {}, make("span", { className: "pill " + (protocol.problem ? "problem" : protocol.state),
        title: protocol.problem || "" }, protocol.problem ? "not listening" : protocol.state)),
      make("td", {}, !running ? "" : protocol.over ? make("small", {}, "over " + protocol.over)
        : protocol.listeners.join(", ") || make("small", {}, protocol.problem || "no listener")),
      cell(protocol.over ? "" : number.format(protocol.connections)),
      cell(rate(protocol.inRate)), cell(rate(protocol.outRate)),
      make("td", {}, running ? spark(history.get(protocol.name)) : ""),
      cell(bytes(protocol.bytesIn)), cell(bytes(protocol.bytesOut)),
      faults(protocol.dropped), faults(protocol.refused),
      make("td", { className: "actions" }, ...buttons(protocol)));
  }

  function show(now) {
    const seconds = before ? Math.max(0.2, (now.time - before.time) / 1000) : 1;
    const earlier = new Map((before ? before.protocols : now.protocols).map((p) => [p.name, p]));
    const sums = { connections: 0, inRate: 0, outRate: 0, bytesInRate: 0, bytesOutRate: 0 };
    for (const protocol of now.protocols) {
      const then = earlier.get(protocol.name) || protocol;
      for (const key of ["in", "out", "bytesIn", "bytesOut"]) {
        protocol[key + "Rate"] = Math.max(0, (protocol[key] - then[key]) / seconds) || 0;
        sums[key + "Rate"] += protocol[key + "Rate"];
      }
      sums.connections += protocol.over ? 0 : protocol.connections || 0;
      const points = history.get(protocol.name) || [];
      points.push({ in: protocol.inRate, out: protocol.outRate });
      history.set(protocol.name, points.slice(-MINUTE));
    }
    before = now;
    for (const [key, value] of Object.entries(sums)) {
      const text = key.startsWith("bytes") ? bytes(value) : key === "connections" ? number.format(value) : rate(value);
      root.querySelector(`[data-sum=${key}]`).textContent = text;
    }
    root.querySelector("[data-sum=uptime]").textContent = span(now.uptime);
    failed.hidden = now.failed.length === 0;
    failed.replaceChildren(...now.failed.map(({ file, problem }) => make("li", {}, make("b", {}, file), " " + problem)));
    const own = (protocol) => protocol.over === "admin" || protocol.name === "admin";
    const byName = (a, b) => a.name.localeCompare(b.name);
    body.replaceChildren(
      ...now.protocols.filter((p) => !own(p)).sort(byName).map(row),
      make("tr", { className: "group" }, make("td", { colSpan: 12 }, "Administration")),
      ...now.protocols.filter(own).sort(byName).map(row));
  }

  root.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const content = await contentOf(file);
    event.target.value = "";
    await act("Installing " + file.name, "bundle_install", { file: file.name, content, update: true });
  });

  const feed = new EventSource("/system/console/protocols/live");
  feed.onmessage = (event) => {
    if (told.dataset.lost) { delete told.dataset.lost; say(""); }
    show(JSON.parse(event.data));
  };
  feed.onerror = () => { told.dataset.lost = "1"; say("The node does not answer; trying again …", true); };
  listRemoved();
})();
