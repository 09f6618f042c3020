-- I-22 opens a task: a merchant's bond is short.

INSERT INTO case_kind (kind) VALUES ('bond_cover');
