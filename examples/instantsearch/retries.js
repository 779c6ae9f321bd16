// Fetches, and repeats the request when the shop says so, such as while its search engine is away.
// InstantSearch itself forgets a search that failed: its widgets go back to the selection before.
export async function fetchWithRetries(url, options, attempts = 3) {
  const response = await fetch(url, options);
  const seconds = Number(response.headers.get("Retry-After"));
  if (response.status !== 503 || !seconds || attempts === 1) return response;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  return fetchWithRetries(url, options, attempts - 1);
}
