-- +goose Up
-- What the activity log has written stays as it is. ent knows no triggers: this file is written by hand.
-- +goose StatementBegin
CREATE FUNCTION "audit_refuse"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the activity log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER "audit_records_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_records" FOR EACH STATEMENT EXECUTE FUNCTION "audit_refuse"();
CREATE TRIGGER "audit_blocks_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_blocks" FOR EACH STATEMENT EXECUTE FUNCTION "audit_refuse"();
CREATE TRIGGER "audit_seals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_seals" FOR EACH STATEMENT EXECUTE FUNCTION "audit_refuse"();
CREATE TRIGGER "audit_people_never_changed" BEFORE UPDATE OR TRUNCATE ON "audit_people" FOR EACH STATEMENT EXECUTE FUNCTION "audit_refuse"();

-- +goose Down
DROP TRIGGER "audit_people_never_changed" ON "audit_people";
DROP TRIGGER "audit_seals_append_only" ON "audit_seals";
DROP TRIGGER "audit_blocks_append_only" ON "audit_blocks";
DROP TRIGGER "audit_records_append_only" ON "audit_records";
DROP FUNCTION "audit_refuse"();
