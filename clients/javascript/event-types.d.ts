// Version 7 of the vocabulary, written by `python -m analytics_pipeline.vocabulary`.

/** The fields that every event may have. */
export interface Common {
  session_id?: string | null;
  properties?: Record<string, string | number | boolean> | null;
}

/** The fields of each type of event. */
export interface EventTypes {
  /**
   * A page of the shop was opened: `path` is its address without the host. `referrer` is the address of the
   * page that led to it. `source`, `medium` and `campaign` are the values of `utm_source`, `utm_medium` and
   * `utm_campaign` in the page's address.
   */
  page_view: {
    path: string;
    referrer?: string;
    source?: string;
    medium?: string;
    campaign?: string;
  };
  /**
   * A shopper sent a search query.
   */
  search: {
    query: string;
    exposure_id?: string | null;
  };
  /**
   * These products of a list came into view, as the client reports; no revenue is credited for it.
   */
  seen: {
    exposure_id: string;
    product_ids: number[];
  };
  /**
   * A value of a facet was selected beside a list, or with `is_selected` false, deselected.
   */
  facet: {
    facet: string;
    value: string;
    is_selected?: boolean;
    exposure_id?: string | null;
  };
  /**
   * A product in a list was clicked. `position` counts from 1 through all pages of the list, as the client
   * reports it. Reports take it from the list that was shown.
   */
  click: {
    product_id: number;
    exposure_id?: string | null;
    position?: number | null;
  };
  /**
   * A suggestion was chosen: `query` is its text, `slot` its kind, `position` its place, from 1. The search
   * that follows names the kind in its parameter `suggestion`. A suggested product has the `exposure_id` of
   * its list.
   */
  suggestion: {
    query: string;
    slot: string;
    position: number;
    product_id?: number | null;
    exposure_id?: string | null;
  };
  /**
   * A product's page was viewed.
   */
  view: {
    product_id: number;
    exposure_id?: string | null;
  };
  /**
   * For how long the page of a product was visible, in milliseconds; sent when the shopper leaves it.
   * `view_id` is the `event_id` of the page's `view`. That event can't have the time, because an event that
   * is sent twice must have the same content.
   */
  dwell: {
    product_id: number;
    view_id: string;
    visible_ms: number;
  };
  /**
   * Units of a product were added to a cart, as the client reports. Models don't learn from it, only from
   * `carted`.
   */
  cart_add: {
    product_id: number;
    variant_id?: number | null;
    quantity?: number;
    exposure_id?: string | null;
  };
  /**
   * Units of a product were removed from a cart.
   */
  cart_remove: {
    product_id: number;
    variant_id?: number | null;
    quantity?: number;
  };
  /**
   * A product was added to a wishlist, as the client reports. Models don't learn from it.
   */
  wishlist_add: {
    product_id: number;
    variant_id?: number | null;
    exposure_id?: string | null;
  };
  /**
   * A product was removed from a wishlist.
   */
  wishlist_remove: {
    product_id: number;
    variant_id?: number | null;
    exposure_id?: string | null;
  };
  /**
   * A step of the checkout was reached. Recommended names of steps are `contact`, `address`, `shipping`,
   * `payment` and `review`.
   */
  checkout: {
    step: string;
  };
  /**
   * A product was rated, as the client reports. Models don't learn from it. The ratings that the shop shows
   * are those of its own reviews.
   */
  review: {
    product_id: number;
    rating: number;
  };
  /**
   * The page of a product was shared, for example by the `channel` `email`.
   */
  share: {
    product_id: number;
    channel: string;
  };
  /**
   * An event of the shop's own: staff register its `name`, and the names and types of its `properties`.
   * Events with other names or properties are refused, until staff register them at `/api/events/names/`.
   */
  custom: {
    name: string;
    product_id?: number | null;
    exposure_id?: string | null;
  };
}
