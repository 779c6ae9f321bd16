// Loads the panels of a page as they come into view, draws their charts, and shows the dates of a custom period.

import { drawCharts } from "./charts.js";

// The warehouse runs three reports at a time in a web process; a page must not take all of its slots.
const AT_ONCE = 2;
const MOST_ATTEMPTS = 4;
const LONGEST_WAIT_SECONDS = 5;
const BUSY = 503;

const waiting = [];
let running = 0;

function enqueue(body, address, attempt = 1) {
  body.setAttribute("aria-busy", "true");
  waiting.push({ body, address, attempt });
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    load(waiting.shift()).finally(() => {
      running -= 1;
      next();
    });
  }
}

async function load({ body, address, attempt }) {
  let response;
  try {
    response = await fetch(address, { headers: { "X-Dashboard-Fragment": "1" }, redirect: "error" });
  } catch {
    fail(body, address);
    return;
  }
  if (response.status === BUSY && attempt < MOST_ATTEMPTS) {
    const seconds = Math.min(Number(response.headers.get("Retry-After")) || 1, LONGEST_WAIT_SECONDS);
    setTimeout(() => enqueue(body, address, attempt + 1), seconds * 1000);
    return;
  }
  if (!(response.headers.get("Content-Type") || "").startsWith("text/html")) {
    fail(body, address);
    return;
  }
  show(body, address, await response.text());
}

function show(body, address, html) {
  // The server escapes all texts of its templates, and the policy of the page runs no inline script.
  body.innerHTML = html;
  body.removeAttribute("aria-busy");
  body.querySelector("[data-retry]")?.addEventListener("click", (event) => {
    event.preventDefault();
    body.replaceChildren(waitingText());
    enqueue(body, address);
  });
  drawCharts(body);
  announce();
}

function fail(body, address) {
  const message = document.createElement("div");
  message.className = "error";
  message.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = address;
  link.dataset.retry = "";
  link.textContent = "Try again";
  message.append("The shop can't be reached. ", link);
  show(body, address, message.outerHTML);
}

function waitingText() {
  const text = document.createElement("p");
  text.className = "waiting";
  text.textContent = "Loading …";
  return text;
}

function announce() {
  const left = document.querySelectorAll("[aria-busy]").length;
  const status = document.querySelector("[data-status]");
  if (status && !left) status.textContent = "The numbers are loaded.";
}

function loadInView(panels) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(entry.target);
        enqueue(entry.target, entry.target.dataset.panel);
      }
    },
    { rootMargin: "400px" },
  );
  for (const panel of panels) {
    panel.replaceChildren(waitingText());
    observer.observe(panel);
  }
}

function showDatesOfCustomPeriods() {
  const period = document.querySelector("[data-period]");
  const update = () => {
    for (const label of document.querySelectorAll("[data-dates]")) {
      label.hidden = period.value !== "custom";
      label.querySelector("input").disabled = label.hidden;
    }
  };
  period.addEventListener("change", update);
  update();
}

if (document.querySelector("[data-period]")) showDatesOfCustomPeriods();
loadInView(document.querySelectorAll("[data-panel]"));
drawCharts(document);
