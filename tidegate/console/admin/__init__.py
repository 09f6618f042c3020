"""The administrator's pages: keys and people, what waits for approval, webhooks, subscriptions."""
