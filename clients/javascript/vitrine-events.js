// Sends a shopper's events to a Vitrine shop: see README.md. MIT License.

const WEEK = 604_800_000, DAY = 86_400_000, SESSION = 1_800_000, ANSWER = 30_000, LONGEST_WAIT = 300_000;
// The shop accepts 500 events and a megabyte; browsers let a page leave 64 KiB behind.
const MOST = 500, BODY = 500_000, BEACON = 60_000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

// Of version 7 (RFC 9562) with the time in milliseconds, else of version 4. `crypto.randomUUID` needs HTTPS.
function uuid(time) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  let hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (time) hex = `${time.toString(16).padStart(12, "0")}7${hex.slice(13)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Without half of a surrogate pair, which the shop would refuse.
function cut(text, most) {
  return text && [...text].slice(0, most).join("");
}

// A Storage whose names have a prefix. What can't be stored (or may not be yet) is kept in memory.
class Store {
  memory = new Map();

  constructor(storage, prefix) {
    this.prefix = prefix;
    try {
      this.storage = storage === undefined ? localStorage : storage;
    } catch {
      // The browser blocks storage.
    }
  }

  try(action) {
    try {
      return this.storage ? action(this.storage) : null;
    } catch {
      return null;
    }
  }

  get(name) {
    return this.memory.get(name) ?? this.try((storage) => storage.getItem(this.prefix + name));
  }

  set(name, value) {
    this.memory.set(name, value);
    if (this.lasting) this.keep(name);
  }

  keep(name) {
    this.try((storage) => {
      storage.setItem(this.prefix + name, this.memory.get(name));
      this.memory.delete(name);
    });
  }

  remove(name) {
    this.memory.delete(name);
    this.try((storage) => storage.removeItem(this.prefix + name));
  }

  names(beginning) {
    const all = Array.from({ length: this.try((storage) => storage.length) ?? 0 }, (_, index) =>
      this.try((storage) => storage.key(index)),
    );
    const start = this.prefix + beginning;
    const stored = all.filter((key) => key?.startsWith(start)).map((key) => key.slice(this.prefix.length));
    const inMemory = [...this.memory.keys()].filter((name) => name.startsWith(beginning));
    return [...new Set([...stored, ...inMemory])].sort();
  }
}

export function createTracker({
  url,
  consent = null,
  consentRequired = false,
  token = null,
  storage,
  prefix = "vitrine-events.",
  batchSize = 20,
  flushSeconds = 5,
  maxQueue = 1000,
  onRefused = () => {},
}) {
  const store = new Store(storage, prefix);
  // Called with false when the page is hidden or left, and with true when it is shown again.
  const watchers = new Set();
  const beaconed = new Set();
  const closing = new AbortController();
  let timer = 0;
  let failures = 0;
  let dropped = 0;
  let sending = false;
  let stopped = false;

  // True: track; false: don't; null: keep events in this page's memory until the shopper is asked.
  function allowed() {
    if (navigator.globalPrivacyControl || navigator.doNotTrack === "1" || consent === false || stopped) return false;
    return consent === null && consentRequired ? null : true;
  }

  function obey() {
    const may = allowed();
    store.lasting = may;
    if (may === false) store.names("").forEach((name) => store.remove(name));
    if (may) store.names("").forEach((name) => store.memory.has(name) && store.keep(name));
    if (may) schedule();
  }

  function anonymousId() {
    const stored = store.get("id");
    if (UUID.test(stored)) return stored;
    const created = uuid();
    store.set("id", created);
    return created;
  }

  function sessionId() {
    const now = Date.now();
    const [id, last] = (store.get("session") ?? "").split(" ");
    const current = now >= last && now - last < SESSION ? id : uuid();
    store.set("session", `${current} ${now}`);
    return current;
  }

  // Each event has a name of its own in the storage, so that tabs can't overwrite each other's. It is stored
  // after the anonymous id with which it is sent.
  function track(type, fields) {
    if (allowed() === false) return null;
    const event_id = uuid(Date.now());
    const event = { type, event_id, session_id: sessionId(), ...fields };
    store.set(`e.${event_id}`, anonymousId() + JSON.stringify(event));
    const names = store.names("e.");
    for (const name of names.slice(0, Math.max(0, names.length - maxQueue))) drop(name);
    schedule(names.length < batchSize ? flushSeconds * 1000 : 0);
    return event_id;
  }

  function drop(name) {
    store.remove(name);
    dropped += 1;
  }

  // The oldest events of one anonymous id that fit into a request.
  function next(most, skipped) {
    const batch = { who: "", names: [], texts: [] };
    let size = 300;
    for (const name of store.names("e.")) {
      const stored = store.get(name);
      // Another tab may have removed it.
      if (!stored || skipped?.has(name)) continue;
      if (Date.now() - parseInt(name.slice(2, 10) + name.slice(11, 15), 16) > WEEK) {
        drop(name);
        continue;
      }
      const who = stored.slice(0, 36), text = stored.slice(36);
      if (batch.who && batch.who !== who) continue;
      size += new Blob([text]).size + 1;
      if (batch.who && size > most) break;
      batch.who = who;
      batch.names.push(name);
      batch.texts.push(text);
      if (batch.names.length === MOST) break;
    }
    return batch;
  }

  function bodyOf({ who, texts }) {
    const rest = { anonymous_id: who, sent_at: new Date(), tracking_consent: consent };
    return `{"events":[${texts}],${JSON.stringify(rest).slice(1)}`;
  }

  function schedule(milliseconds = flushSeconds * 1000) {
    if (closing.signal.aborted || (timer && milliseconds)) return;
    clearTimeout(timer);
    timer = setTimeout(flush, milliseconds);
  }

  function waiting() {
    const left = store.get("until") - Date.now();
    return left > 0 && left <= DAY ? left : 0;
  }

  async function flush() {
    clearTimeout(timer);
    timer = 0;
    if (!allowed() || navigator.onLine === false || !store.names("e.").length) return;
    if (sending) return schedule();
    if (waiting()) return schedule(waiting());
    sending = true;
    try {
      // One tab sends at a time. That saves requests; the shop would count an event that two tabs send once.
      const one = navigator.locks?.request(prefix, { ifAvailable: true }, (lock) => (lock ? sendAll() : schedule()));
      // A browser that blocks storage refuses locks, too.
      await (one ? one.catch(sendAll) : sendAll());
    } finally {
      sending = false;
    }
  }

  async function sendAll() {
    for (let batch; allowed() && (batch = next(BODY)).who; ) if (!(await post(batch))) return;
  }

  // Its own errors are the page's, and must not stop the sending.
  function refuse(text, reason) {
    setTimeout(() => onRefused(JSON.parse(text), reason));
  }

  function bearer() {
    return typeof token === "function" ? token() : token;
  }

  // Returns whether the shop decided about all of the batch's events.
  async function post(batch, keepalive = false) {
    const { who, names, texts } = batch;
    const access = who === store.get("id") && bearer();
    let status, after, data;
    try {
      const response = await fetch(url, {
        method: "POST",
        // Text needs no preflight request.
        body: bodyOf(batch),
        headers: access ? { Authorization: `Bearer ${access}` } : {},
        credentials: "omit",
        keepalive,
        signal: AbortSignal.timeout(ANSWER),
      });
      ({ status } = response);
      after = Number(response.headers.get("Retry-After")) * 1000;
      if (status === 202) ({ data } = await response.json());
    } catch {
      // No answer: the events may have arrived, and are sent again with the same ids.
    }
    if (data) {
      names.forEach((name) => store.remove(name));
      failures = 0;
      for (const { index, reason } of data.refused) refuse(texts[index], reason);
      stopped = !data.tracked;
      if (stopped) obey();
      return true;
    }
    if ((status === 400 || status === 413) && names.length === 1) {
      drop(names[0]);
      refuse(texts[0], `status ${status}`);
      return true;
    }
    if (status === 400 || status === 413) {
      const part = (from, to) => ({ who, names: names.slice(from, to), texts: texts.slice(from, to) });
      const half = names.length >> 1;
      return (await post(part(0, half))) && post(part(half));
    }
    failures += 1;
    const wait = Math.min(DAY, (after || Math.min(LONGEST_WAIT, 500 * 2 ** failures)) * (1 + Math.random() / 2));
    store.set("until", `${Math.ceil(Date.now() + wait)}`);
    schedule(wait);
    return false;
  }

  // A beacon gives no answer: its events stay in the queue until a request has one.
  function hide() {
    watchers.forEach((watch) => watch(false));
    if (!allowed() || waiting()) return;
    const batch = next(BEACON, beaconed);
    if (!batch.names.length) return;
    // A beacon has no headers, and the shop must see whose account it is: the customer may have objected.
    if (bearer()) post(batch, true);
    else if (!navigator.sendBeacon?.(url, bodyOf(batch))) return;
    batch.names.forEach((name) => beaconed.add(name));
  }

  function show() {
    watchers.forEach((watch) => watch(true));
    beaconed.clear();
    schedule();
  }

  function online() {
    failures = 0;
    store.remove("until");
    flush();
  }

  const options = { signal: closing.signal };
  addEventListener("pagehide", hide, options);
  addEventListener("pageshow", show, options);
  addEventListener("online", online, options);
  document.addEventListener("visibilitychange", () => (document.hidden ? hide() : show()), options);
  // A choice counts in all tabs of the shop.
  const channel = globalThis.BroadcastChannel && new BroadcastChannel(prefix);
  if (channel) channel.onmessage = ({ data }) => choose(data);

  function watched(watch, end = () => {}) {
    watchers.add(watch);
    return () => {
      watch(false);
      watchers.delete(watch);
      end();
    };
  }

  function choose(choice) {
    consent = choice;
    stopped = false;
    obey();
  }

  obey();

  return {
    track,
    flush,

    get anonymousId() {
      return allowed() ? anonymousId() : null;
    },
    get pending() {
      return store.names("e.").length;
    },
    get dropped() {
      return dropped;
    },

    // Reports the page's path without its query, the referrer, and the campaign in the address.
    pageView(fields) {
      const campaign = (name) => new URLSearchParams(location.search).get(`utm_${name}`) ?? undefined;
      return track("page_view", {
        path: cut(location.pathname, 500),
        referrer: cut(document.referrer.split(/[?#]/)[0], 500),
        source: cut(campaign("source"), 100),
        medium: cut(campaign("medium"), 100),
        campaign: cut(campaign("campaign"), 100),
        ...fields,
      });
    },

    // Reports the view of a product's page, and each time that it was visible. Returns a function that ends it.
    view(product_id, fields) {
      const view_id = track("view", { product_id, ...fields });
      let since;
      const watch = (shown) => {
        if (shown) return void (since ??= document.hidden ? undefined : performance.now());
        const visible_ms = Math.min(DAY, Math.round(performance.now() - since));
        if (view_id && visible_ms) track("dwell", { product_id, view_id, visible_ms });
        since = undefined;
      };
      watch(true);
      return watched(watch);
    },

    // Reports which elements with `data-product-id` came into view, and clicks on them, as parts of a list that
    // was shown. Returns a function that ends it.
    observe(list, exposure_id) {
      let product_ids = [];
      const report = () => {
        if (product_ids.length && exposure_id) track("seen", { exposure_id, product_ids });
        product_ids = [];
      };
      const observer = new IntersectionObserver(
        (entries) => {
          for (const { isIntersecting, target } of entries) {
            if (!isIntersecting) continue;
            observer.unobserve(target);
            if (!product_ids.length) setTimeout(report, 1000);
            product_ids.push(+target.dataset.productId);
          }
        },
        { threshold: 0.5 },
      );
      list.querySelectorAll("[data-product-id]").forEach((item) => observer.observe(item));
      const click = ({ target }) => {
        const item = target.closest("[data-product-id]");
        if (!item) return;
        const { productId, position } = item.dataset;
        track("click", { product_id: +productId, exposure_id, position: +position || undefined });
      };
      list.addEventListener("click", click, options);
      return watched(report, () => {
        observer.disconnect();
        list.removeEventListener("click", click);
      });
    },

    setConsent(choice) {
      choose(choice);
      channel?.postMessage(choice);
    },

    identify(accessToken) {
      token = accessToken;
      stopped = false;
    },

    reset() {
      token = null;
      store.remove("id");
      store.remove("session");
    },

    close() {
      clearTimeout(timer);
      closing.abort();
      channel?.close();
    },
  };
}
