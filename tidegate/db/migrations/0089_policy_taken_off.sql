-- What is scheduled and would undo a version that is put in force meanwhile loses its time: it is agreed, and starts only when
-- somebody puts it in force again. Nothing else of a version that has its time ever changes.
CREATE OR REPLACE FUNCTION policy_body_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.body, OLD.hash, OLD.created_by, OLD.restores) IS DISTINCT FROM (NEW.body, NEW.hash, NEW.created_by, NEW.restores)
       OR (OLD.active_from IS NOT NULL AND NEW.active_from IS NOT NULL)
       OR (OLD.approved_by IS NOT NULL
           AND (OLD.approved_by, OLD.approved_at) IS DISTINCT FROM (NEW.approved_by, NEW.approved_at)) THEN
        RAISE EXCEPTION 'policy version % is immutable', OLD.version USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
