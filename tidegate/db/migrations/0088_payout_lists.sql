-- By which editions of the lists a payment was authorised. One whose lists have changed since is looked at once more.
ALTER TABLE payout ADD COLUMN lists text;  -- a hash of all of them; NULL of our own moves, and of what was queued before
