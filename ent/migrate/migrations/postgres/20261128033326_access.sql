-- +goose Up
-- modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "method" character varying NULL, ADD COLUMN "address" character varying NOT NULL DEFAULT '', ADD COLUMN "browser" character varying NOT NULL DEFAULT '';
-- create index "session_officer_id" to table: "sessions"
CREATE INDEX "session_officer_id" ON "sessions" ("officer_id");
-- modify "sign_in_codes" table
ALTER TABLE "sign_in_codes" ADD COLUMN "network" bytea NULL;
-- create index "signincode_network_created_at" to table: "sign_in_codes"
CREATE INDEX "signincode_network_created_at" ON "sign_in_codes" ("network", "created_at");
-- create "rate_limits" table
CREATE TABLE "rate_limits" ("id" uuid NOT NULL, "full_at" bigint NOT NULL, "taken" bytea NULL, PRIMARY KEY ("id"));
-- create "sign_in_attempts" table
CREATE TABLE "sign_in_attempts" ("id" uuid NOT NULL, "state" bytea NOT NULL, "browser" bytea NOT NULL, "data" bytea NOT NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
CREATE UNIQUE INDEX "sign_in_attempts_state_key" ON "sign_in_attempts" ("state");
-- create index "signinattempt_browser" to table: "sign_in_attempts"
CREATE INDEX "signinattempt_browser" ON "sign_in_attempts" ("browser");
-- create index "signinattempt_expires_at" to table: "sign_in_attempts"
CREATE INDEX "signinattempt_expires_at" ON "sign_in_attempts" ("expires_at");
-- create "officer_identities" table
CREATE TABLE "officer_identities" ("id" uuid NOT NULL, "issuer" character varying NOT NULL, "subject" character varying NOT NULL, "created_at" timestamptz NOT NULL, "last_seen_at" timestamptz NOT NULL, "officer_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "officer_identities_officers_identities" FOREIGN KEY ("officer_id") REFERENCES "officers" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "officeridentity_issuer_officer_id" to table: "officer_identities"
CREATE UNIQUE INDEX "officeridentity_issuer_officer_id" ON "officer_identities" ("issuer", "officer_id");
-- create index "officeridentity_issuer_subject" to table: "officer_identities"
CREATE UNIQUE INDEX "officeridentity_issuer_subject" ON "officer_identities" ("issuer", "subject");

-- +goose Down
-- reverse: create index "officeridentity_issuer_subject" to table: "officer_identities"
DROP INDEX "officeridentity_issuer_subject";
-- reverse: create index "officeridentity_issuer_officer_id" to table: "officer_identities"
DROP INDEX "officeridentity_issuer_officer_id";
-- reverse: create "officer_identities" table
DROP TABLE "officer_identities";
-- reverse: create index "signinattempt_expires_at" to table: "sign_in_attempts"
DROP INDEX "signinattempt_expires_at";
-- reverse: create index "signinattempt_browser" to table: "sign_in_attempts"
DROP INDEX "signinattempt_browser";
-- reverse: create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
DROP INDEX "sign_in_attempts_state_key";
-- reverse: create "sign_in_attempts" table
DROP TABLE "sign_in_attempts";
-- reverse: create "rate_limits" table
DROP TABLE "rate_limits";
-- reverse: create index "signincode_network_created_at" to table: "sign_in_codes"
DROP INDEX "signincode_network_created_at";
-- reverse: modify "sign_in_codes" table
ALTER TABLE "sign_in_codes" DROP COLUMN "network";
-- reverse: create index "session_officer_id" to table: "sessions"
DROP INDEX "session_officer_id";
-- reverse: modify "sessions" table
ALTER TABLE "sessions" DROP COLUMN "browser", DROP COLUMN "address", DROP COLUMN "method";
