-- +goose Up
-- modify "batch_rows" table
ALTER TABLE "batch_rows" ADD COLUMN "start_text" character varying NULL, ADD COLUMN "start_on" character varying NULL, ADD COLUMN "hints" jsonb NULL, ADD COLUMN "suggested" boolean NOT NULL DEFAULT false, ADD COLUMN "looked_up" boolean NOT NULL DEFAULT true, ADD COLUMN "replaced" boolean NOT NULL DEFAULT false;
-- modify "batches" table
ALTER TABLE "batches" ADD COLUMN "expires_at" timestamptz NULL, ADD COLUMN "warned_at" timestamptz NULL, ADD COLUMN "recall_until" timestamptz NULL, ADD COLUMN "resumed_at" timestamptz NULL, ADD COLUMN "undone_at" timestamptz NULL, ADD COLUMN "undone_by" uuid NULL, ADD COLUMN "undone" bigint NOT NULL DEFAULT 0, ADD COLUMN "undo_left_out" jsonb NULL;
-- create index "batch_expires_at" to table: "batches"
CREATE INDEX "batch_expires_at" ON "batches" ("expires_at");
-- modify "invitations" table
ALTER TABLE "invitations" ADD COLUMN "start_on" character varying NULL;

-- +goose Down
-- reverse: modify "invitations" table
ALTER TABLE "invitations" DROP COLUMN "start_on";
-- reverse: create index "batch_expires_at" to table: "batches"
DROP INDEX "batch_expires_at";
-- reverse: modify "batches" table
ALTER TABLE "batches" DROP COLUMN "undo_left_out", DROP COLUMN "undone", DROP COLUMN "undone_by", DROP COLUMN "undone_at", DROP COLUMN "resumed_at", DROP COLUMN "recall_until", DROP COLUMN "warned_at", DROP COLUMN "expires_at";
-- reverse: modify "batch_rows" table
ALTER TABLE "batch_rows" DROP COLUMN "replaced", DROP COLUMN "looked_up", DROP COLUMN "suggested", DROP COLUMN "hints", DROP COLUMN "start_on", DROP COLUMN "start_text";
