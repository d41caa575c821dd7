-- +goose Up
-- create "rate_limits" table
CREATE TABLE "rate_limits" ("id" uuid NOT NULL, "full_at" bigint NOT NULL, "taken" bytea NULL, PRIMARY KEY ("id"));

-- +goose Down
-- reverse: create "rate_limits" table
DROP TABLE "rate_limits";
