// Sends clicks on hits to the shop, each with the id of the list that was shown (docs/events.md).

// A random id of this browser, which searches and events have in common.
export function shopperId() {
  const stored = localStorage.getItem("shopper") ?? crypto.randomUUID();
  localStorage.setItem("shopper", stored);
  return stored;
}

// The time in milliseconds, and random bits (RFC 9562).
function uuid7() {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

// For the option `onEvent` of InstantSearch's insights.
export function clickSender({ shop, shopper }) {
  return ({ insightsMethod, payload }) => {
    if (insightsMethod !== "clickedObjectIDsAfterSearch") return;
    const events = payload.objectIDs.map((id, at) => ({
      type: "click",
      event_id: uuid7(),
      product_id: Number(id),
      exposure_id: payload.queryID,
      position: payload.positions[at],
    }));
    const body = JSON.stringify({ events, anonymous_id: shopper, sent_at: new Date().toISOString() });
    // Text needs no preflight request, and `keepalive` sends it although the link leaves the page.
    fetch(`${shop}/api/events/`, { method: "POST", body, keepalive: true }).catch(console.warn);
  };
}
