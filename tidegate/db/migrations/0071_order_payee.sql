-- Where to pay, for the payer of an order while it is open; nothing of it is left when the order has ended.

CREATE TABLE p2p_order_payee (
    order_id    text        PRIMARY KEY REFERENCES p2p_order,
    account_id  text        NOT NULL REFERENCES p2p_account,   -- which it is a copy of
    party_id    text        NOT NULL REFERENCES party,             -- whose it is: the seller
    institution text        NOT NULL,
    holder_name text        NOT NULL,
    sealed      bytea,                                             -- the number, sealed for its account; NULL = cash
    shown_at    timestamptz                                        -- to the payer, the first time
);

CREATE FUNCTION p2p_order_payee_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM p2p_order WHERE id = NEW.order_id AND ended_at IS NOT NULL) THEN
        RAISE EXCEPTION 'order % has ended: nobody is to be paid', NEW.order_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER p2p_order_payee_open BEFORE INSERT OR UPDATE ON p2p_order_payee
    FOR EACH ROW EXECUTE FUNCTION p2p_order_payee_open();
