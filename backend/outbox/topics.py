"""The outbox's topics: what is published, and how it is delivered."""

from enum import Enum, StrEnum, auto


class Kind(Enum):
    """How the messages of a topic are delivered."""

    STATE = auto()
    """A row changed. Messages with the same key are coalesced; subscribers read the row again."""

    FACT = auto()
    """Something happened. Every message is delivered at least once, in commit order, without coalescing."""


class Topic(StrEnum):
    """Every topic, with its kind and the model whose primary key is the key of its messages.

    What the row of a fact says about it never changes, and the row is kept longer than the message, so that
    even a late subscriber reads what happened.
    """

    kind: Kind
    model: str

    PRODUCT = "product", Kind.STATE, "catalog.Product"
    PRODUCT_IMAGE = "product_image", Kind.STATE, "catalog.ProductImage"
    CATEGORY = "category", Kind.STATE, "catalog.Category"
    PROMOTION = "promotion", Kind.STATE, "promotions.Promotion"
    DISPLAY_PRICE = "display_price", Kind.STATE, "catalog.Product"
    ORDER = "order", Kind.STATE, "orders.Order"
    MOVEMENT = "movement", Kind.STATE, "orders.Movement"
    AVAILABILITY = "availability", Kind.STATE, "inventory.AvailabilityChange"
    CART_ITEM = "cart_item", Kind.STATE, "carts.CartItem"
    SESSION = "session", Kind.STATE, "accounts.Session"
    REVIEW = "review", Kind.STATE, "reviews.Review"
    SHOPPER_LINKED = "shopper_linked", Kind.STATE, "accounts.ShopperLink"
    ONE_TIME_PASSWORD = "one_time_password", Kind.FACT, "accounts.OneTimePassword"
    EMAIL_VERIFICATION = "email_verification", Kind.FACT, "accounts.EmailVerification"
    SECURITY_EVENT = "security_event", Kind.FACT, "accounts.SecurityEvent"
    STOCK_ALERT = "stock_alert", Kind.FACT, "inventory.StockAlert"
    BACK_IN_STOCK = "back_in_stock", Kind.FACT, "inventory.BackInStock"
    RESERVATION_SHORT = "reservation_short", Kind.FACT, "inventory.ReservationShortage"
    PRICE_DROP = "price_drop", Kind.FACT, "wish_lists.PriceDrop"
    PAYMENT_EVENT = "payment_event", Kind.FACT, "payments.PaymentEvent"
    PAYMENT_REQUEST = "payment_request", Kind.FACT, "payments.PaymentRequest"
    REPORT_MAIL = "report_mail", Kind.FACT, "dashboard.ReportMail"
    LEDGER_FINDING = "ledger_finding", Kind.FACT, "analytics.LedgerNotice"
    PRICE_CHANGED = "price_changed", Kind.FACT, "catalog.PriceChange"
    SHOPPER_ERASED = "shopper_erased", Kind.FACT, "privacy.Erasure"
    ORDER_STEP = "order_step", Kind.FACT, "orders.OrderStatusHistory"
    SHIPMENT = "shipment", Kind.FACT, "orders.Shipment"
    RETURN_STEP = "return_step", Kind.FACT, "orders.ReturnStep"
    INBOX_MESSAGE = "inbox_message", Kind.FACT, "notifications.InboxMessage"
    CART_LEFT = "cart_left", Kind.FACT, "notifications.CartReminder"

    def __new__(cls, value: str, kind: Kind, model: str) -> "Topic":
        """Return the member whose stored value is `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.kind = kind
        member.model = model
        return member


BY_VALUE = {topic.value: topic for topic in Topic}
"""The topics by the value that is stored in messages."""
