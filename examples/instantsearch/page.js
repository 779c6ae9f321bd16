// The page: widgets of InstantSearch on the shop's search.
import { createTracker } from "./node_modules/vitrine-events/vitrine-events.js";
import { clickSender } from "./events.js";
import { facetValues } from "./facet-values.js";
import { fetchWithRetries } from "./retries.js";
import { searchClient } from "./vitrine.js";

const { instantsearch } = globalThis;
const { widgets } = instantsearch;
const element = (selector) => document.querySelector(selector);

const shop = element("meta[name=shop]").content || location.origin;
const tracker = createTracker({ url: `${shop}/api/events/` });
// Searches and events have the same id of the browser; none if it sends Global Privacy Control.
const headers = tracker.anonymousId ? { "X-Anonymous-Id": tracker.anonymousId } : {};

// A query is complete if Enter was pressed, or if it comes from the address. Until then its last word may be unfinished.
let complete = new URLSearchParams(location.search).get("relevance[query]");
const more = (query) => (query && query !== complete ? { prefix: "last" } : {});
const options = { shop, headers, more, fetch: fetchWithRetries };

const search = instantsearch({
  indexName: "relevance",
  searchClient: { ...searchClient(options), ...facetValues(options) },
  routing: true,
  insights: { insightsClient: null, onEvent: clickSender(tracker) },
});

element("#search").addEventListener(
  "submit",
  () => {
    complete = element("#search input").value;
    search.refresh();
  },
  true, // The widget stops the event.
);

function priceOf({ sale_price, currency }) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency }).format(sale_price);
}

function hit(product, { html }) {
  const address = `product.html?${new URLSearchParams({ id: product.id, exposure_id: product.__queryID ?? "" })}`;
  const picture = product.thumbnail_url && html`<img src="${new URL(product.thumbnail_url, shop).href}" alt="" />`;
  return html`<a href="${address}">${picture}<span>${product.title}</span><strong>${priceOf(product)}</strong></a>`;
}

function facet(title, widget, parameters) {
  const container = element("#facets").appendChild(document.createElement("section"));
  const panel = widgets.panel({ templates: { header: () => title }, hidden: ({ canRefine }) => canRefine === false });
  return panel(widget)({ container, ...parameters });
}

const list = (title, attribute) =>
  facet(title, widgets.refinementList, { attribute, searchable: true, showMore: true });

search.addWidgets([
  widgets.configure({ hitsPerPage: Number(element("meta[name=hits]").content) }),
  widgets.searchBox({ container: "#search", placeholder: "Search", autofocus: true }),
  widgets.stats({ container: "#stats", templates: { text: ({ nbHits }) => `${nbHits} found` } }),
  widgets.sortBy({
    container: "#order",
    items: [
      { value: "relevance", label: "Relevance" },
      { value: "price_low", label: "Price, lowest first" },
      { value: "price_high", label: "Price, highest first" },
      { value: "popularity", label: "Popularity" },
      { value: "rating", label: "Rating" },
      { value: "newest", label: "Newest" },
    ],
  }),
  widgets.currentRefinements({ container: "#refinements" }),
  widgets.clearRefinements({ container: "#clear" }),
  facet("Category", widgets.hierarchicalMenu, {
    attributes: ["category.lvl0", "category.lvl1", "category.lvl2"],
  }),
  list("Brand", "brand"),
  ...element("meta[name=attributes]").content.split(", ").map((name) => list(name, `attr.${name}`)),
  facet("Price", widgets.rangeInput, { attribute: "price" }),
  facet("Rating", widgets.ratingMenu, { attribute: "rating" }),
  widgets.hits({ container: "#hits", templates: { item: hit, empty: () => "Nothing was found." } }),
  widgets.pagination({ container: "#pages" }),
]);

search.on("error", ({ message }) => (element("#error").textContent = message));
search.on("render", () => search.status === "idle" && (element("#error").textContent = ""));
search.start();
