// The search inside the list of a facet, for `refinementList` with `searchable: true`.
import { FACETS, parametersOf } from "./vitrine.js";

export function facetValues({ shop, headers, more = () => ({}), fetch = globalThis.fetch }) {
  async function valuesOf(request) {
    const { facetName, facetQuery, maxFacetHits = 10 } = request.params;
    const sent = parametersOf(request, more);
    sent.set("facet", FACETS[facetName] ?? facetName);
    sent.set("facet_q", facetQuery);
    sent.set("limit", maxFacetHits);
    const response = await fetch(`${shop}/api/search/facets/?${sent}`, { headers });
    const body = await response.json();
    if (!response.ok) throw new Error(body.error);
    return { facetHits: body.data.map(({ value, count }) => ({ value, count, highlighted: value })) };
  }
  return { searchForFacetValues: (requests) => Promise.all(requests.map(valuesOf)) };
}
