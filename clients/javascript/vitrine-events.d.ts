import type { Common, EventTypes } from "./event-types.js";

export type { Common, EventTypes };

/** The events that a client may send, by their type. */
export type EventType = keyof EventTypes;

/** An event as it is sent. */
export type SentEvent = { [Type in EventType]: { type: Type; event_id: string } & EventTypes[Type] & Common }[EventType];

type Optional<Fields> = object extends Fields ? [fields?: Fields] : [fields: Fields];

export interface Options {
  /** The address of the shop's intake, such as `https://shop.example/api/events/`. */
  url: string;
  /** What the shopper chose about tracking; null if nothing was chosen. Default: null. */
  consent?: boolean | null;
  /** Whether nothing may be stored or sent without consent. Default: false, objections only. */
  consentRequired?: boolean;
  /** The access token of an account, or a function that returns the current one. */
  token?: Token;
  /** Where the queue and the ids are kept; null for this page's memory. Default: localStorage. */
  storage?: Storage | null;
  /** How the names in the storage begin. Default: `vitrine-events.` */
  prefix?: string;
  /** The number of events that are sent at once. Default: 20. */
  batchSize?: number;
  /** How long an event waits for others. Default: 5. */
  flushSeconds?: number;
  /** How many events are kept; then the oldest are dropped. Default: 1000. */
  maxQueue?: number;
  /** Called for each event that the shop refused, with the reason. */
  onRefused?: (event: SentEvent, reason: string) => void;
}

export type Token = string | null | (() => string | null);

export interface Tracker {
  /** Queue an event; return its id, or null if the shopper may not be tracked. */
  track<Type extends EventType>(type: Type, ...fields: Optional<EventTypes[Type] & Common>): string | null;
  /** Report that a page was opened, with its path, referrer and campaign. */
  pageView(fields?: Partial<EventTypes["page_view"]> & Common): string | null;
  /** Report the view of a product, and how long it is visible; return a function that ends this. */
  view(productId: number, fields?: Partial<EventTypes["view"]> & Common): () => void;
  /**
   * Report which elements with `data-product-id` (and `data-position`) come into view, and clicks on them.
   * Return a function that ends this.
   */
  observe(list: Element, exposureId: string | null): () => void;
  /** Send the queued events, unless the shop asked to wait. */
  flush(): Promise<void>;
  /** Remember the shopper's choice in all tabs; the page has to store it. False removes what was stored. */
  setConsent(choice: boolean | null): void;
  /** Send the events of this guest for the account with this access token. */
  identify(token: Token): void;
  /** Begin with a new guest: call it at the logout. */
  reset(): void;
  /** Stop without sending; what is queued stays in the storage. */
  close(): void;
  /** The guest's random UUID, for the header X-Anonymous-Id of other requests; null without tracking. */
  readonly anonymousId: string | null;
  /** The number of queued events. */
  readonly pending: number;
  /** The number of events that were too many, too old or refused alone. */
  readonly dropped: number;
}

export function createTracker(options: Options): Tracker;
