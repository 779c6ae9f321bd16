// Version 5 of the vocabulary, written by `python -m analytics_pipeline.vocabulary`.

/** The fields that every event may have. */
export interface Common {
  session_id?: string | null;
  properties?: Record<string, string | number | boolean> | null;
}

/** The fields of each type of event. */
export interface EventTypes {
  /** A shopper sent a search query. */
  search: {
    query: string;
    exposure_id?: string | null;
  };
  /** These products of a list came into view, as the client reports; no revenue is credited for it. */
  seen: {
    exposure_id: string;
    product_ids: number[];
  };
  /** A product in a list was clicked. `position` counts from 1 through all pages of the list, as the client reports it. Reports take it from the list that was shown. */
  click: {
    product_id: number;
    exposure_id?: string | null;
    position?: number | null;
  };
  /** A suggestion was chosen: `query` is its text, `slot` its kind, `position` its place, from 1. The search that follows names the kind in its parameter `suggestion`. A suggested product has the `exposure_id` of its list. */
  suggestion: {
    query: string;
    slot: string;
    position: number;
    product_id?: number | null;
    exposure_id?: string | null;
  };
  /** A product's page was viewed. */
  view: {
    product_id: number;
    exposure_id?: string | null;
  };
  /** Units of a product were added to a cart, as the client reports. Models don't learn from it, only from `carted`. */
  cart_add: {
    product_id: number;
    variant_id?: number | null;
    quantity?: number;
    exposure_id?: string | null;
  };
  /** Units of a product were removed from a cart. */
  cart_remove: {
    product_id: number;
    variant_id?: number | null;
    quantity?: number;
  };
}
