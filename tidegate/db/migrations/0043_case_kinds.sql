-- Every kind of case there is by now. Several rooms brought kinds of their own at once, and each named only those it knew.

ALTER TABLE case_file DROP CONSTRAINT case_file_kind_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_kind_check
    CHECK (kind IN ('withdrawal_review', 'withdrawal_appeal', 'seizure', 'books', 'webhook',
                    'merchant_exit', 'bond_deduction', 'bond_delisting', 'p2p_dispute'));
