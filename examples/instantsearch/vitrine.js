// A search client for InstantSearch. The name of an "index" is the order of its hits, such as price_low.
export const FACETS = { category: "categories", brand: "brands", price: "prices", rating: "ratings" };
const LIMITS = { "price>=": "min_price", "price<=": "max_price", "rating>=": "rating" };
const list = (values) => [values ?? []].flat(3);
const parameterOf = (attribute) => attribute.replace(/^category\.lvl\d+$/, "category");
const lastPage = (size) => Math.floor(10_000 / size); // The API pages through 10,000 hits.

export function parametersOf({ indexName, params: { query = "", page = 0, hitsPerPage = 20, ...params } }, more) {
  const attributes = list(params.facets), q = query.slice(0, 200);
  const sent = new URLSearchParams({ q, sort_by: indexName, page_size: hitsPerPage, ...more(q) });
  sent.set("page", Math.min(page + 1, lastPage(hitsPerPage)));
  sent.set("facets", attributes.map((attribute) => FACETS[parameterOf(attribute)] ?? attribute));
  for (const filter of list(params.facetFilters)) {
    const attribute = attributes.findLast((each) => filter.startsWith(`${each}:`)) ?? filter.split(":")[0];
    const value = filter.slice(attribute.length + 1);
    if (value.startsWith("-")) throw new Error(`The API can't exclude values: ${filter}`);
    sent.append(parameterOf(attribute), value.replace(/^\\-/, "-"));
  }
  for (const filter of list(params.numericFilters)) {
    const [limit] = filter.match(/^[^<>=]+[<>=]+/);
    if (limit !== "rating<=") sent.append(LIMITS[limit] ?? limit, filter.slice(limit.length));
  }
  return sent;
}

function facetsOf({ categories, brands, prices, ratings, attributes }, wanted) {
  const counts = {}, add = (name, value, count) => ((counts[name.toLowerCase()] ??= {})[value] = count);
  const withChildren = (nodes) => nodes.flatMap((node) => [node, ...withChildren(node.children)]);
  for (const { path, count } of withChildren(categories)) add(`category.lvl${path.split(" > ").length - 1}`, path, count);
  for (const { value, count } of brands) add("brand", value, count);
  for (const { name, buckets } of attributes) for (const { value, count } of buckets) add(`attr.${name}`, value, count);
  // The API counts products with at least a rating; InstantSearch adds up those with each rating.
  ratings.forEach(({ minimum, count }, at) => add("rating", minimum, count - (ratings[at - 1]?.count ?? 0)));
  const facets = Object.fromEntries(wanted.map((each) => [each, counts[each.toLowerCase()] ?? {}]));
  return { facets, facets_stats: { price: { min: Number(prices[0]?.minimum), max: Number(prices.at(-1)?.maximum) } } };
}

function resultOf({ indexName: index, params: { query, page = 0, hitsPerPage = 20, facets } }, found) {
  const products = found.current_page === page + 1 ? found.results : []; // The page may be after the last one.
  const hits = products.map((product) => ({ ...product, objectID: String(product.id) }));
  const pages = { page, hitsPerPage, nbHits: found.count, nbPages: Math.min(found.total_pages, lastPage(hitsPerPage)) };
  return { index, query, hits, queryID: found.exposure_id, ...pages, ...facetsOf(found.facets, list(facets)) };
}

export function searchClient({ shop, headers, more = () => ({}), fetch = globalThis.fetch }) {
  async function responseTo(sent) {
    const response = await fetch(`${shop}/api/search/?${sent}`, { headers }), body = await response.json();
    if (response.ok) return body;
    if (body.code !== "page_not_found") throw new Error(`${body.error} ${JSON.stringify(body.details)}`);
    sent.set("page", body.details.total_pages);
    return responseTo(sent);
  }
  let response; // Requests without hits ask for counts without a facet's own filter, which the response before has.
  const results = (requests) => requests.map(async (request) => {
    if (request.params.hitsPerPage !== 0) response = responseTo(parametersOf(request, more));
    return resultOf(request, await response);
  });
  return { search: async (requests) => ({ results: await Promise.all(results(requests)) }) };
}
