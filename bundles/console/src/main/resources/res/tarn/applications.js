// SPDX-License-Identifier: Apache-2.0
"use strict";
(() => {
  const { make, operate, contentOf } = window.tarn;
  const EVERY_MILLISECONDS = 2000;
  const root = document.querySelector(".tarn");
  const body = root.querySelector("tbody");
  const told = root.querySelector(".told");
  const failed = root.querySelector(".failed");
  let busy = false;
  let lost = false;

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
      say(`${result.name} ${result.version ? "version " + result.version + " " : ""}is ${result.state}`);
    } catch (failure) {
      say([failure.message, ...failure.violations || []].join("; "), true);
    } finally {
      busy = false;
      await refresh();
    }
  }

  function buttons(application) {
    const { name, version, versions = [] } = application;
    const before = versions.filter((each) => each < version).pop();
    const all = [];
    if (before !== undefined) {
      all.push(make("button", { disabled: busy, title: `Version ${before} serves again`, onclick: () => {
        if (confirm(`Go back from version ${version} of ${name} to version ${before}?`)) {
          act("Rolling back " + name, "application_rollback", { name });
        }
      } }, "Roll back"));
    }
    if (versions.length > 0) {
      all.push(make("button", { disabled: busy, className: "danger", onclick: () => {
        if (confirm(`Take ${name} away? Its rows stay, and what was dropped is kept under a hidden name.`)) {
          act("Taking away " + name, "application_undeploy", { name });
        }
      } }, "Undeploy"));
    }
    return all;
  }

  function row(application) {
    const { name, folder, state, version, versions = [], since, tables = [], resources = [], files, problems } = application;
    const wrong = problems.length > 0;
    const pill = state !== "serving" ? "failed" : wrong ? "new version refused" : "serving";
    const kept = versions.length > 1 ? `${versions.length} kept` : "";
    return make("tr", {},
      make("td", {}, make("b", {}, name), make("small", {}, folder || "")),
      make("td", {}, make("span", { className: "pill" + (wrong ? " problem" : ""), title: problems.join("\n") }, pill)),
      make("td", { className: "n" }, version === undefined ? "" : String(version), " ", make("small", {}, kept)),
      make("td", {}, since ? new Date(since).toLocaleString() : ""),
      make("td", {}, tables.join(", ")), make("td", {}, resources.join(", ")),
      make("td", { className: "n" }, files === undefined ? "" : String(files)),
      make("td", { className: "actions" }, ...buttons(application)));
  }

  function show(applications) {
    const problems = applications.flatMap(({ name, problems: all }) => all.map((problem) => ({ name, problem })));
    failed.hidden = problems.length === 0;
    failed.replaceChildren(...problems.map(({ name, problem }) => make("li", {}, make("b", {}, name), " " + problem)));
    body.replaceChildren(...(applications.length > 0 ? applications.map(row)
      : [make("tr", {}, make("td", { colSpan: 8, className: "quiet" }, "No application is deployed."))]));
  }

  async function refresh() {
    try {
      const { applications } = await operate("application_list");
      if (busy) return;
      show(applications);
      if (lost) say("");
      lost = false;
    } catch (failure) {
      lost = true;
      say("The node does not answer; trying again …", true);
    }
  }

  root.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const content = await contentOf(file);
    event.target.value = "";
    const name = file.name.replace(/\.(jar|zip)$/, "").replace(/-[0-9][0-9A-Za-z.+-]*$/, "");
    await act("Deploying " + name, "application_deploy", { name, content });
  });

  refresh();
  setInterval(() => { if (!busy && !document.hidden) refresh(); }, EVERY_MILLISECONDS);
})();
