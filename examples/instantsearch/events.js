// Sends clicks on hits to the shop, each with the id of the list that was shown (docs/events.md).

// For the option `onEvent` of InstantSearch's insights.
export function clickSender(tracker) {
  return ({ insightsMethod, payload }) => {
    if (insightsMethod !== "clickedObjectIDsAfterSearch") return;
    for (const [at, id] of payload.objectIDs.entries()) {
      const exposure_id = payload.queryID;
      tracker.track("click", { product_id: Number(id), exposure_id, position: payload.positions[at] });
    }
  };
}
