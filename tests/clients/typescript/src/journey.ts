// Search for a product, order it and cancel the order, with only the generated types.
// Usage: node build/journey.js ADDRESS PHONE PASSWORD; prints a summary as JSON.
import assert from "node:assert/strict";
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./shop.js";

type Order = components["schemas"]["Order"];
type Bucket = components["schemas"]["CategoryBucket"];

const [address, phone, password] = process.argv.slice(2);
assert(address !== undefined && phone !== undefined && password !== undefined);
const shop = createClient<paths>({ baseUrl: address });

function authenticated(token: string): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  };
}

async function logIn(credentials: components["schemas"]["LoginRequest"]): Promise<void> {
  const { data, error } = await shop.POST("/accounts/login/", { body: credentials });
  assert(data !== undefined, error?.error);
  assert("access_token" in data.data, "the account has a second factor");
  shop.use(authenticated(data.data.access_token));
}

async function search(q: string): Promise<{ product: number; exposure: string; categories: number }> {
  const { data, error } = await shop.GET("/api/search/", {
    params: { query: { q, in_stock: true, sort_by: "relevance" } },
  });
  assert(data !== undefined, error?.error);
  const [hit] = data.results;
  assert(hit !== undefined && data.exposure_id !== null);
  return { product: hit.id, exposure: data.exposure_id, categories: count(data.facets.categories) };
}

async function suggest(q: string): Promise<string[]> {
  const { data, error } = await shop.GET("/api/search/suggestions/", { params: { query: { q } } });
  assert(data !== undefined, error?.error);
  return data.data.flatMap((each) => (each.product === null ? [] : [each.product.sale_price]));
}

function count(buckets: Bucket[]): number {
  return buckets.reduce((sum, bucket) => sum + 1 + count(bucket.children), 0);
}

async function addToCart(product: number, exposure: string): Promise<string> {
  const { data, error } = await shop.POST("/api/orders/cart/", {
    body: { product_id: product, quantity: 2, exposure_id: exposure },
  });
  assert(data !== undefined, error?.error);
  const [line] = data.data.items;
  assert.equal(line?.exposure_id, exposure);
  return data.data.subtotal;
}

async function checkOut(expected_total: string, key: string): Promise<Order> {
  const { data, error } = await shop.POST("/api/orders/orders/", {
    params: { header: { "Idempotency-Key": key } },
    body: {
      shipping_address: { street: "123 Main St", city: "New York", postal_code: "10001", country: "USA" },
      expected_total,
    },
  });
  assert(data !== undefined, error?.error);
  return data.data;
}

async function cancel(order_id: number): Promise<Order> {
  const { data, error } = await shop.POST("/api/orders/orders/{order_id}/cancel/", {
    params: { path: { order_id } },
    body: { note: "changed my mind" },
  });
  assert(data !== undefined, error?.error);
  return data.data;
}

async function codeOfSecondCancel(order_id: number): Promise<string> {
  const { error, response } = await shop.POST("/api/orders/orders/{order_id}/cancel/", {
    params: { path: { order_id } },
    body: {},
  });
  assert(error !== undefined && response.status === 409);
  switch (error.code) {
    case "order_transition_not_allowed":
      return String(error.details["status"]);
    default:
      throw new Error(`unexpected: ${error.code}`);
  }
}

await logIn({ phone, password });
const prices = await suggest("lam");
const found = await search("lamp");
const total = await addToCart(found.product, found.exposure);
const order = await checkOut(total, `typescript-${found.exposure}`);
const repeated = await checkOut(total, `typescript-${found.exposure}`);
assert.equal(repeated.id, order.id);
const [item] = order.items;
assert(item !== undefined);
const cancelled = await cancel(order.id);
console.log(
  JSON.stringify({
    exposure: item.exposure_id === found.exposure,
    title: item.product_snapshot.title,
    total: order.total_amount === total,
    categories: found.categories > 0,
    suggested: prices.length > 0,
    status: cancelled.status,
    second: await codeOfSecondCancel(order.id),
  }),
);
