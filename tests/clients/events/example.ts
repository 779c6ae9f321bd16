// Only checked by the compiler: what should be an error is marked, and it is an error if it is none.
import { createTracker, type SentEvent } from "./vitrine-events.js";

const refused: SentEvent[] = [];
const tracker = createTracker({
  url: "https://shop.example/api/events/",
  token: () => localStorage.getItem("token"),
  onRefused: (event) => refused.push(event),
});
const id: string | null = tracker.track("cart_add", { product_id: 17, quantity: 2, properties: { theme: "dark" } });
tracker.observe(document.body, id);
const end: () => void = tracker.view(17);
end();
tracker.setConsent(null);

// @ts-expect-error The shop records orders itself.
tracker.track("order", { product_id: 17 });
// @ts-expect-error A view has a product.
tracker.track("view", {});
// @ts-expect-error The product is a number.
tracker.track("click", { product_id: "17" });
// @ts-expect-error A view has no such field.
tracker.track("view", { product_id: 17, product: 17 });
