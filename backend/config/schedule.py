"""The schedule of periodic tasks, which are in the apps' `tasks.py`."""

from datetime import timedelta

from celery.schedules import crontab

BEAT_SCHEDULE = {
    "prune the outbox": {"task": "backend.outbox.tasks.prune_messages", "schedule": timedelta(hours=1)},
    "delete old audit entries": {
        "task": "backend.audit.tasks.delete_old_audit_entries",
        "schedule": timedelta(days=1),
    },
    "seal audit entries": {
        "task": "backend.audit.tasks.seal_audit_entries",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "verify the audit log": {
        "task": "backend.audit.tasks.verify_audit_log",
        "schedule": crontab(hour=4, minute=30),
        "options": {"expires": 3_600},
    },
    "forget idempotency keys": {
        "task": "backend.api.tasks.forget_idempotency_keys",
        "schedule": timedelta(hours=1),
    },
    "forget expired sessions": {
        "task": "backend.accounts.tasks.forget_expired_sessions",
        "schedule": timedelta(days=1),
    },
    "forget admin sessions": {
        "task": "backend.config.tasks.forget_admin_sessions",
        "schedule": timedelta(days=1),
    },
    "forget security events": {
        "task": "backend.accounts.tasks.forget_security_events",
        "schedule": timedelta(days=1),
    },
    "forget second factor challenges": {
        "task": "backend.accounts.tasks.forget_second_factor_challenges",
        "schedule": timedelta(days=1),
    },
    "forget one-time passwords": {
        "task": "backend.accounts.tasks.forget_one_time_passwords",
        "schedule": timedelta(days=1),
    },
    "forget attempts and unused devices": {
        "task": "backend.accounts.tasks.forget_attempts",
        "schedule": timedelta(days=1),
    },
    "forget e-mail verifications": {
        "task": "backend.accounts.tasks.forget_email_verifications",
        "schedule": timedelta(days=1),
    },
    "complete availability": {
        "task": "backend.inventory.tasks.complete_availability",
        "schedule": crontab(hour=3, minute=25),
    },
    "complete slugs": {
        "task": "backend.catalog.tasks.complete_slugs",
        "schedule": crontab(hour=3, minute=15),
        "options": {"expires": 3_600},
    },
    "check stock": {"task": "backend.inventory.tasks.check_stock", "schedule": crontab(hour=3, minute=30)},
    "draft purchase orders": {
        "task": "backend.purchasing.tasks.draft_purchase_orders",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expires": 3_600},
    },
    "compare the search index": {
        "task": "backend.search.tasks.compare_index",
        "schedule": crontab(hour=5, minute=0),
        "options": {"expires": 3_600},
    },
    "refresh suggestions": {
        "task": "backend.search.tasks.refresh_suggestions",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},
    },
    "refresh the lexicons of changed indexes": {
        "task": "backend.search.tasks.refresh_lexicons",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 20},
    },
    "refresh all lexicons": {
        "task": "backend.search.tasks.refresh_lexicons",
        "schedule": crontab(hour=3, minute=15),
        "kwargs": {"all_of_them": True},
        "options": {"expires": 3_600},
    },
    "propose synonyms": {
        "task": "backend.search.tasks.propose_synonyms_of_choices",
        "schedule": crontab(hour=3, minute=45),
        "options": {"expires": 3_600},
    },
    "make missing thumbnails": {
        "task": "backend.catalog.tasks.make_missing_thumbnails",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "sweep image files": {
        "task": "backend.catalog.tasks.sweep_image_files",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "perform due payment requests": {
        "task": "backend.payments.tasks.perform_due_requests",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 20},
    },
    "forget guests' carts": {
        "task": "backend.carts.tasks.forget_guest_carts",
        "schedule": timedelta(days=1),
    },
    "expire unpaid orders": {
        "task": "backend.orders.tasks.expire_unpaid_orders",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "refresh popularity": {
        "task": "backend.orders.tasks.refresh_product_popularity",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3_600},
    },
    "mark best sellers": {
        "task": "backend.orders.tasks.mark_best_sellers",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3_600},
    },
    "send due deliveries": {
        "task": "backend.notifications.tasks.send_due_deliveries",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "remind of carts": {
        "task": "backend.notifications.tasks.remind_of_carts",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "delete old deliveries": {
        "task": "backend.notifications.tasks.delete_old_deliveries",
        "schedule": timedelta(days=1),
    },
    "send due webhooks": {
        "task": "backend.webhooks.tasks.send_due_webhooks",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "delete old webhooks": {
        "task": "backend.webhooks.tasks.delete_old_webhooks",
        "schedule": timedelta(days=1),
    },
    "mail due reports": {
        "task": "backend.dashboard.tasks.mail_due_reports",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "delete old reports": {
        "task": "backend.dashboard.tasks.delete_old_reports",
        "schedule": timedelta(days=1),
    },
    "rebuild rollups": {
        "task": "backend.analytics.tasks.rebuild_rollups",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "reconcile orders": {
        "task": "backend.analytics.tasks.reconcile_orders",
        "schedule": crontab(hour=4, minute=45),
        "options": {"expires": 3_600},
    },
    "drop old dead letters": {
        "task": "backend.analytics.tasks.drop_old_dead_letters",
        "schedule": timedelta(days=1),
    },
    "empty old texts of events": {
        "task": "backend.analytics.tasks.empty_old_texts",
        "schedule": timedelta(days=1),
    },
    "empty personal data on old invoices": {
        "task": "backend.invoices.tasks.empty_old_invoices",
        "schedule": timedelta(days=1),
    },
    "train and publish recommendations": {
        "task": "backend.recommendations.tasks.train_and_publish",
        "schedule": crontab(hour=2, minute=15),
        "options": {"expires": 3_600},
    },
}
