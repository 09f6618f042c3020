// What pages do beyond links and forms: fragments (htmx), keys, copying, local times, drafts, live news.
// Everything works without it; nothing here decides anything.
import "htmx.org";

const once = (selector, mark, act) =>
  document.querySelectorAll(`${selector}:not([data-${mark}])`).forEach((element) => {
    element.setAttribute(`data-${mark}`, "");
    act(element);
  });

// Instants arrive in UTC and stay there on hover.
function localTimes() {
  const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  once("time[datetime]", "local", (time) => {
    const at = new Date(time.dateTime);
    time.title = time.dateTime.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
    if ("until" in time.dataset) countdown(time, at);
    else time.textContent = shown.format(at);
  });
}

function countdown(time, at) {
  const near = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const tell = () => {
    const minutes = Math.round((at - Date.now()) / 60_000);
    time.textContent = Math.abs(minutes) < 90 ? near.format(minutes, "minute")
      : Math.abs(minutes) < 48 * 60 ? near.format(Math.round(minutes / 60), "hour") : near.format(Math.round(minutes / 1440), "day");
  };
  tell();
  setInterval(tell, 30_000);
}

// Names of countries, in the reader's language, behind their codes.
function countries() {
  const named = new Intl.DisplayNames([document.documentElement.lang], { type: "region", fallback: "none" });
  once("[data-country]", "named", (code) => {
    const name = named.of(code.dataset.country.slice(0, 2)); // AE-DU is a part of AE
    if (name) code.append(` ${name}`);
  });
}

// On a phone a row is a card, and every value carries the word of its column; a table of figures fits as it is.
function cards() {
  once(".part table:has(thead)", "card", (table) => {
    const heads = [...table.querySelectorAll("thead tr:first-child > *")];
    if (heads.length < 6 && heads.slice(1).every((head) => head.classList.contains("number"))) return;
    table.classList.add("cards");
    table.querySelectorAll("tbody tr").forEach((row) =>
      [...row.children].forEach((cell, place) => (cell.dataset.label = heads[place]?.textContent ?? "")));
  });
}

// What somebody typed survives a session that ends, until the form was sent and answered. In the portal that is every
// field but secrets; of the staff's it is their texts, and what they choose is chosen anew.
const keeps = "keeps" in document.body.dataset;
const KEPT = keeps
  ? 'main form[method=post]:not([action*="/sign-in"]) :is(textarea, select, ' +
    "input:not([type=hidden], [type=password], [type=file], [autocomplete=one-time-code]))[name]"
  : "textarea[name], input[type=text][name][data-draft]";
const key = (field) => `draft ${field.form?.getAttribute("action")} ${field.name}`;
const forget = (start) => Object.keys(sessionStorage).forEach((name) => name.startsWith(start) && sessionStorage.removeItem(name));

function restore(field, kept) {
  if (field.type === "radio") field.checked = field.value === kept;
  else if (field.type === "checkbox") field.checked = kept === "true";
  else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === kept)) field.value = kept;
}
function drafts() {
  const refused = document.querySelector("[data-refused]"); // then the server wrote down what was sent, as far as it can
  once(KEPT, "kept", (field) => {
    const kept = sessionStorage.getItem(key(field));
    const blank = field.matches("input:not([type=radio], [type=checkbox]), textarea") && field.value === "";
    if (kept !== null && (blank || (keeps && !refused))) restore(field, kept);
    field.addEventListener("input", () =>
      sessionStorage.setItem(key(field), field.type === "checkbox" ? String(field.checked) : field.value));
  });
}

// The form that was sent last is answered, unless this page says why not, or asks first who is there.
const sent = sessionStorage.getItem("sent");
sessionStorage.removeItem("sent");
if (sent !== null && !document.querySelector('[data-refused], form[action*="/sign-in"], [name^="proof"]')) forget(`draft ${sent} `);
const who = document.body.dataset.who;
if (who && who !== sessionStorage.getItem("who")) {
  forget("draft "); // somebody else's
  sessionStorage.setItem("who", who);
}

// Where a refusal names a field, people are led to it; what a choice brings with it is told beside it.
const wrong = document.querySelector("[data-refused]")?.dataset.refused;
const named = wrong && document.querySelector(`main form[method=post] [name="${CSS.escape(wrong)}"]:not([type=hidden])`);
if (named) {
  named.setAttribute("aria-invalid", "true");
  if (named.checkVisibility()) named.focus();
}
// Back to a page that answered a form is a page of the browser's own, about sending it once more; like this it is ours.
if (keeps && wrong !== undefined) history.replaceState(null, "", location.href);
once("select[data-tells]", "telling", (choice) => {
  const tell = () => (document.getElementById(choice.dataset.tells).textContent = choice.selectedOptions[0].dataset.told);
  choice.addEventListener("input", tell);
  addEventListener("pageshow", tell);
});

// A form is sent once, however often the button is pressed; coming back enables it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  const action = form.getAttribute("action") ?? "";
  if (action.endsWith("/sign-out")) forget("draft ");
  else if (!action.includes("/sign-in")) sessionStorage.setItem("sent", action);
  form.dataset.sent = "1";
  setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
});
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => (button.disabled = false));
  });
});

// What takes longer than a moment says that it is under way; the page stays as it is meanwhile.
let waits;
function busy() {
  waits ??= setTimeout(() => {
    const line = document.createElement("div");
    line.className = "progress-line";
    line.setAttribute("role", "status");
    line.append(Object.assign(document.createElement("span"), { className: "sr", textContent: document.body.dataset.busy }));
    (document.querySelector("dialog[open]") ?? document.body).append(line);
  }, 400);
}
function idle() {
  clearTimeout(waits);
  waits = undefined;
  document.querySelectorAll(".progress-line").forEach((line) => line.remove());
}
addEventListener("beforeunload", busy);
addEventListener("pageshow", idle);
addEventListener("pagehide", idle);
document.addEventListener("htmx:before:request", ({ detail }) => detail.ctx.target?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:finally:request", ({ detail }) => detail.ctx.target?.removeAttribute("aria-busy"));

// A file is fetched once, however often its link is pressed; a refusal is shown as a page.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[download]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  busy();
  try {
    const answer = await fetch(link.href);
    if (!answer.ok || answer.redirected) return location.assign(answer.redirected ? answer.url : link.href);
    const kept = document.createElement("a");
    kept.href = URL.createObjectURL(await answer.blob());
    kept.download = answer.headers.get("content-disposition")?.match(/filename="(.+?)"/)?.[1] ?? "";
    kept.click();
    setTimeout(() => URL.revokeObjectURL(kept.href), 60_000);
  } catch {
    location.assign(link.href); // no answer: the browser says why
  } finally {
    link.ariaBusy = null;
    idle();
  }
});

// A passkey signs what a form shows, or is made for it: what the authenticator is asked comes from the server, its
// answer goes with the form. What the server refuses is told in the form.
async function asked(path, sent) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(sent) });
  if (answer.redirected) return leaving(() => location.assign(answer.url)); // signed out meanwhile
  if (answer.status === 401) return leaving(() => location.reload()); // to be proven once more
  const said = await answer.json();
  if (answer.ok) return said;
  throw new Error(said.message, { cause: "refused" });
}
const leaving = (go) => new Promise(() => go());

function ceremony(selector, act) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(selector);
    if (!button || button.disabled || ("passkeyNew" in button.dataset && !button.form.reportValidity())) return;
    const failed = button.form.querySelector("[data-passkey-failed]");
    failed.dataset.passkeyFailed ||= failed.textContent;
    failed.hidden = true;
    button.disabled = true;
    try {
      await act(button, button.form.elements);
      button.form.requestSubmit();
    } catch (fault) {
      failed.textContent = fault.cause === "refused" ? fault.message : failed.dataset.passkeyFailed;
      failed.hidden = false;
      button.disabled = false;
    }
  });
}
ceremony("[data-passkey]", async (button, fields) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await asked(button.dataset.passkey, { csrf: fields.csrf.value }));
  fields[button.dataset.passkeyInto ?? "credential"].value = JSON.stringify(await navigator.credentials.get({ publicKey }));
});
ceremony("[data-passkey-new]", async (button, fields) => {
  const { factor, options } = await asked(button.dataset.passkeyNew, new FormData(button.form));
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  fields.factor.value = factor;
  fields.credential.value = JSON.stringify(await navigator.credentials.create({ publicKey }));
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy);
    copy.dataset.copies ??= copy.getAttribute("aria-label") ?? copy.textContent;
    copy.classList.add("copied");
    copy.setAttribute("aria-label", copy.dataset.copied);
    setTimeout(() => {
      copy.classList.remove("copied");
      copy.setAttribute("aria-label", copy.dataset.copies.trim());
    }, 1500);
  }
  const opens = event.target.closest("[data-opens]");
  if (opens) document.getElementById(opens.dataset.opens).showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-prints]")) print();
});

// j and k walk a list, from its last row to the next page; Enter opens, / searches; a page's own keys stand on its buttons as data-key.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select") || event.metaKey || event.ctrlKey || event.altKey;
  if (event.key === "Escape" && event.target.matches("input, textarea")) event.target.blur();
  if (typing || document.querySelector("dialog[open]")) return;
  const rows = [...document.querySelectorAll("[data-rows] tr[data-href]")];
  const here = rows.findIndex((row) => row.classList.contains("here"));
  if ((event.key === "j" || event.key === "k") && rows.length) {
    if (event.key === "j" && here === rows.length - 1) document.querySelector("a[rel=next]")?.click();
    const next = rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
    rows[here]?.classList.remove("here");
    next.classList.add("here");
    next.scrollIntoView({ block: "nearest" });
    next.querySelector("a")?.focus();
  } else if (event.key === "Enter" && here >= 0 && !event.target.matches("a, button")) {
    location.href = rows[here].dataset.href;
  } else if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) search.focus();
    else return;
  } else {
    const button = [...document.querySelectorAll("[data-key]")].find((found) => found.dataset.key === event.key);
    if (!button) return;
    button.click();
  }
  event.preventDefault();
});

// News of the journal: the parts of a page that name their kinds ask for themselves again. Where there is no stream to
// be had they do so every minute.
const ask = (part) => part.dispatchEvent(new CustomEvent("news"));
function live() {
  if (!document.querySelector("[data-live]")) return;
  const source = new EventSource(document.body.dataset.stream ?? "/console/live");
  const state = document.querySelector("[data-connection]");
  source.addEventListener("news", (event) => {
    const kinds = event.data.split(" ");
    document.querySelectorAll("[data-live]").forEach((part) => {
      if (part.dataset.live.split(" ").some((wanted) => kinds.some((kind) => kind.startsWith(wanted)))) {
        ask(part);
      }
    });
  });
  source.addEventListener("worker", (event) => {
    document.querySelectorAll("[data-worker]").forEach((note) => (note.hidden = event.data !== "late"));
  });
  source.onerror = () => {
    state?.removeAttribute("hidden");
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => {
      document.querySelectorAll("[data-live]").forEach(ask);
      live();
    }, 60_000);
  };
  source.onopen = () => state?.setAttribute("hidden", "");
  addEventListener("pagehide", () => source.close());
}

if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".rail > details")?.removeAttribute("open");

function refresh() {
  localTimes();
  drafts();
  countries();
  cards();
  if (document.querySelector("[data-chart]")) import(document.body.dataset.charts);
}
document.addEventListener("htmx:after:swap", refresh);
refresh();
live();
