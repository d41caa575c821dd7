-- +goose Up
-- modify "invitations" table
ALTER TABLE "invitations" ADD COLUMN "replaces_id" uuid NULL;
-- create index "invitation_updated_at_id" to table: "invitations"
CREATE INDEX "invitation_updated_at_id" ON "invitations" ("updated_at", "id");

-- +goose Down
-- reverse: create index "invitation_updated_at_id" to table: "invitations"
DROP INDEX "invitation_updated_at_id";
-- reverse: modify "invitations" table
ALTER TABLE "invitations" DROP COLUMN "replaces_id";
