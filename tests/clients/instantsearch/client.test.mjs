// The search client of examples/instantsearch: what it requests from the shop, and what InstantSearch gets.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clickSender } from "../../../examples/instantsearch/events.js";
import { facetValues } from "../../../examples/instantsearch/facet-values.js";
import { searchClient } from "../../../examples/instantsearch/vitrine.js";

const NO_FACETS = { categories: [], brands: [], prices: [], ratings: [], attributes: [] };
const shop = "https://shop.example";
let requested;

// The shop has this many products, on pages of two.
function serve(count, facets = {}) {
  requested = [];
  globalThis.fetch = async (address, options) => {
    const url = new URL(address), page = Number(url.searchParams.get("page"));
    requested.push({ path: url.pathname, sent: [...url.searchParams], options });
    const total_pages = Math.max(1, Math.ceil(count / 2));
    if (page > total_pages) {
      const details = { page, total_pages };
      return Response.json({ error: "There is no such page.", code: "page_not_found", details }, { status: 404 });
    }
    const results = [{ id: 2 * page - 1 }, { id: 2 * page }].filter(({ id }) => id <= count);
    const exposure_id = `list ${requested.length}`;
    return Response.json({ count, total_pages, current_page: page, results, exposure_id, facets: { ...NO_FACETS, ...facets } });
  };
}

const query = (params, indexName = "relevance") => ({ indexName, params: { query: "", page: 0, hitsPerPage: 2, ...params } });
const client = (options) => searchClient({ shop, ...options });
const values = (name) => requested.at(-1).sent.filter(([each]) => each === name).map(([, value]) => value);

beforeEach(() => serve(5));

test("a page has its hits, and the id of the list", async () => {
  const { results: [result] } = await client().search([query({ query: "tea", page: 2 }, "price_low")]);

  assert.deepEqual(result.hits, [{ id: 5, objectID: "5" }]);
  assert.deepEqual([result.nbHits, result.nbPages, result.page, result.hitsPerPage], [5, 3, 2, 2]);
  assert.equal(result.queryID, "list 1");
  assert.deepEqual(
    [values("q"), values("page"), values("page_size"), values("sort_by"), values("facets")],
    [["tea"], ["3"], ["2"], ["price_low"], [""]],
  );
});

test("a page after the last one has no hits, but counts", async () => {
  const { results: [result] } = await client().search([query({ page: 7 })]);

  assert.deepEqual([result.hits, result.nbHits, result.nbPages, result.page], [[], 5, 3, 7]);
  assert.deepEqual(requested.map(({ sent }) => new Map(sent).get("page")), ["8", "3"]);
});

test("only pages of the first 10,000 hits are requested and offered", async () => {
  serve(30_000);
  const { results: [result] } = await client().search([query({ page: 9_000 })]);

  assert.deepEqual([result.hits, result.nbHits, result.nbPages], [[], 30_000, 5_000]);
  assert.deepEqual(values("page"), ["5000"]);
});

test("names and values are sent as they are", async () => {
  const facets = ["attr.a", "attr.a:b", "brand", "category.lvl0", "category.lvl1"];
  const facetFilters = [["brand:K & C: 100%+?#", "brand:\\-x", "brand:ü=✓"], "attr.a:b:16:9", ["category.lvl1:Tea > Pots"]];
  await client().search([query({ facets, facetFilters })]);

  assert.deepEqual(values("brand"), ["K & C: 100%+?#", "-x", "ü=✓"]);
  assert.deepEqual(values("attr.a:b"), ["16:9"]);
  assert.deepEqual(values("category"), ["Tea > Pots"]);
  assert.deepEqual(values("facets"), ["attr.a,attr.a:b,brands,categories,categories"]);
});

test("limits of prices and ratings are filters", async () => {
  await client().search([query({ numericFilters: ["price>=10.5", "price<=20", "rating<=5", "rating>=4"] })]);

  assert.deepEqual([values("min_price"), values("max_price"), values("rating")], [["10.5"], ["20"], ["4"]]);
});

test("what the shop can't do is an error", async () => {
  await assert.rejects(client().search([query({ facets: ["brand"], facetFilters: ["brand:-x"] })]), /can't exclude/);

  globalThis.fetch = async () => Response.json({ error: "Busy.", code: "engine_busy", details: {} }, { status: 503 });
  await assert.rejects(client().search([query({})]), /Busy/);
});

test("a long query is shortened to what the shop accepts", async () => {
  await client().search([query({ query: "x".repeat(300) })]);

  assert.equal(values("q")[0].length, 200);
});

test("further parameters and headers are sent", async () => {
  const more = (text) => ({ prefix: text === "te" ? "last" : "none" });
  await client({ more, headers: { "X-Anonymous-Id": "me" } }).search([query({ query: "te" })]);

  assert.deepEqual(values("prefix"), ["last"]);
  assert.deepEqual(requested[0].options.headers, { "X-Anonymous-Id": "me" });
});

test("one response has the counts for all requests of a search", async () => {
  const children = [{ path: "Tea > Pots", count: 3, children: [] }];
  serve(5, {
    brands: [{ value: "Klar", count: 3 }, { value: "Tetsu", count: 2 }],
    attributes: [{ name: "colour", buckets: [{ value: "red", count: 1 }] }],
    categories: [{ path: "Tea", count: 5, children }],
    ratings: [{ minimum: 4, count: 2 }, { minimum: 3, count: 3 }, { minimum: 2, count: 3 }],
    prices: [{ minimum: "20.00", maximum: "50.00" }, { minimum: "50.00", maximum: "100.00" }],
  });
  const facets = ["brand", "attr.Colour", "category.lvl0", "category.lvl1", "price", "rating", "attr.size"];
  const { results } = await client().search([
    query({ facets, facetFilters: [["brand:Klar"]] }),
    query({ facets: "brand", hitsPerPage: 0 }),
    query({ facets: ["price"], hitsPerPage: 0 }),
    query({ facets: ["brand"] }, "newest"),
  ]);

  assert.deepEqual(requested.map(({ sent }) => new Map(sent).get("sort_by")), ["relevance", "newest"]);
  assert.deepEqual(results[0].facets, {
    brand: { Klar: 3, Tetsu: 2 },
    "attr.Colour": { red: 1 },
    "category.lvl0": { Tea: 5 },
    "category.lvl1": { "Tea > Pots": 3 },
    price: {},
    rating: { 4: 2, 3: 1, 2: 0 },
    "attr.size": {},
  });
  assert.deepEqual(results[1].facets, { brand: { Klar: 3, Tetsu: 2 } });
  assert.deepEqual(results[2].facets_stats.price, { min: 20, max: 100 });
  assert.deepEqual([results[0].queryID, results[3].queryID], ["list 1", "list 2"]);
});

test("values of a facet are searched", async () => {
  globalThis.fetch = async (address, options) => {
    requested.push({ sent: [...new URL(address).searchParams], options });
    return Response.json({ data: [{ value: "Klar", count: 3, selected: false }] });
  };
  const asked = query({ facetName: "brand", facetQuery: "kl", facets: ["brand"] });
  const [found] = await facetValues({ shop }).searchForFacetValues([asked]);

  assert.deepEqual([values("facet"), values("facet_q"), values("limit")], [["brands"], ["kl"], ["10"]]);
  assert.deepEqual(found.facetHits, [{ value: "Klar", count: 3, highlighted: "Klar" }]);
});

test("a click on a hit is tracked with the id of its list, other events aren't", () => {
  const tracked = [];
  const send = clickSender({ track: (type, fields) => tracked.push({ type, ...fields }) });
  send({ insightsMethod: "viewedObjectIDs", payload: { objectIDs: ["1"] } });
  send({ insightsMethod: "clickedFilters", payload: { filters: ["brand:Klar"] } });
  send({ insightsMethod: "clickedObjectIDsAfterSearch", payload: { queryID: "list", objectIDs: ["7"], positions: [3] } });

  assert.deepEqual(tracked, [{ type: "click", product_id: 7, exposure_id: "list", position: 3 }]);
});
