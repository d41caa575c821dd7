-- +goose Up
-- create "audit_people" table
CREATE TABLE "audit_people" ("id" uuid NOT NULL, "lookup" bytea NOT NULL, "wrapped_key" bytea NOT NULL, "sealed" bytea NOT NULL, PRIMARY KEY ("id"));
-- create index "audit_people_lookup_key" to table: "audit_people"
CREATE UNIQUE INDEX "audit_people_lookup_key" ON "audit_people" ("lookup");
-- create "audit_records" table
CREATE TABLE "audit_records" ("id" uuid NOT NULL, "recorded_at" timestamptz NOT NULL, "type" character varying NOT NULL, "actor_kind" character varying NOT NULL, "actor_id" uuid NULL, "actor_agency" character varying NULL, "actor_person" uuid NULL, "owner_id" uuid NULL, "owner_agency" character varying NULL, "person_id" uuid NULL, "subject_kind" character varying NULL, "subject_id" uuid NULL, "address" character varying NULL, "request_id" character varying NULL, "writer" character varying NOT NULL, "detail" character varying NULL, "mac" bytea NOT NULL, PRIMARY KEY ("id"));
-- create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_actor_agency_recorded_at_id" ON "audit_records" ("actor_agency", "recorded_at", "id") WHERE (actor_agency IS NOT NULL);
-- create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_actor_id_recorded_at_id" ON "audit_records" ("actor_id", "recorded_at", "id") WHERE (actor_id IS NOT NULL);
-- create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_actor_person_recorded_at_id" ON "audit_records" ("actor_person", "recorded_at", "id") WHERE (actor_person IS NOT NULL);
-- create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_owner_agency_recorded_at_id" ON "audit_records" ("owner_agency", "recorded_at", "id") WHERE (owner_agency IS NOT NULL);
-- create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_owner_id_recorded_at_id" ON "audit_records" ("owner_id", "recorded_at", "id") WHERE (owner_id IS NOT NULL);
-- create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_person_id_recorded_at_id" ON "audit_records" ("person_id", "recorded_at", "id") WHERE (person_id IS NOT NULL);
-- create index "auditrecord_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_recorded_at_id" ON "audit_records" ("recorded_at", "id");
-- create index "auditrecord_request_id" to table: "audit_records"
CREATE INDEX "auditrecord_request_id" ON "audit_records" ("request_id") WHERE (request_id IS NOT NULL);
-- create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_subject_id_recorded_at_id" ON "audit_records" ("subject_id", "recorded_at", "id") WHERE (subject_id IS NOT NULL);
-- create index "auditrecord_type_recorded_at_id" to table: "audit_records"
CREATE INDEX "auditrecord_type_recorded_at_id" ON "audit_records" ("type", "recorded_at", "id");
-- drop index "invitation_account_ref" from table: "invitations"
DROP INDEX "invitation_account_ref";
-- drop index "invitation_checked_at" from table: "invitations"
DROP INDEX "invitation_checked_at";
-- drop index "invitation_open_number" from table: "invitations"
DROP INDEX "invitation_open_number";
-- modify "invitations" table
ALTER TABLE "invitations" ADD COLUMN "number_key2" character varying NULL, ADD COLUMN "anonymised_at" timestamptz NULL;
-- create index "invitation_open_number" to table: "invitations"
CREATE UNIQUE INDEX "invitation_open_number" ON "invitations" ("number_key") WHERE (open AND (number_key IS NOT NULL));
-- create index "invitation_account" to table: "invitations"
CREATE INDEX "invitation_account" ON "invitations" ("account_ref") WHERE (account_ref IS NOT NULL);
-- create index "invitation_checked" to table: "invitations"
CREATE INDEX "invitation_checked" ON "invitations" ("checked_at") WHERE ((account_ref IS NOT NULL) AND ((provisioning)::text = 'SUCCEEDED'::text) AND ((techpass_status)::text <> 'USER_NOT_FOUND'::text));
-- create index "invitation_open_number2" to table: "invitations"
CREATE UNIQUE INDEX "invitation_open_number2" ON "invitations" ("number_key2") WHERE (open AND (number_key2 IS NOT NULL));
-- drop index "sandbox_person_number" from table: "sandbox_persons"
DROP INDEX "sandbox_person_number";
-- modify "sandbox_persons" table
ALTER TABLE "sandbox_persons" ADD COLUMN "number_key" character varying NULL, ADD COLUMN "number_key2" character varying NULL;
-- create index "sandbox_person_number_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX "sandbox_person_number_key" ON "sandbox_persons" ("number_key") WHERE (((state)::text <> 'TERMINATED'::text) AND (number_key IS NOT NULL));
-- create index "sandbox_person_number_key2" to table: "sandbox_persons"
CREATE UNIQUE INDEX "sandbox_person_number_key2" ON "sandbox_persons" ("number_key2") WHERE (((state)::text <> 'TERMINATED'::text) AND (number_key2 IS NOT NULL));
-- modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "method" character varying NULL, ADD COLUMN "address" character varying NOT NULL DEFAULT '', ADD COLUMN "browser" character varying NOT NULL DEFAULT '';
-- create index "session_officer_id" to table: "sessions"
CREATE INDEX "session_officer_id" ON "sessions" ("officer_id");
-- modify "sign_in_codes" table
ALTER TABLE "sign_in_codes" ADD COLUMN "network" bytea NULL;
-- create index "signincode_network_created_at" to table: "sign_in_codes"
CREATE INDEX "signincode_network_created_at" ON "sign_in_codes" ("network", "created_at");
-- create "audit_blocks" table
CREATE TABLE "audit_blocks" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "sealed_at" timestamptz NOT NULL, "writer" character varying NOT NULL, "entries" bytea NOT NULL, "total" bigint NOT NULL, "previous" bytea NOT NULL, "hash" bytea NOT NULL, PRIMARY KEY ("id"));
-- create "audit_pending" table
CREATE TABLE "audit_pending" ("id" uuid NOT NULL, PRIMARY KEY ("id"));
-- drop index "batchrow_batch_id_email_key" from table: "batch_rows"
DROP INDEX "batchrow_batch_id_email_key";
-- drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
DROP INDEX "batchrow_batch_id_flagged_position";
-- drop index "batchrow_batch_id_number_key" from table: "batch_rows"
DROP INDEX "batchrow_batch_id_number_key";
-- drop index "batchrow_batch_id_username_key" from table: "batch_rows"
DROP INDEX "batchrow_batch_id_username_key";
-- modify "batch_rows" table
ALTER TABLE "batch_rows" ADD COLUMN "number_key2" character varying NULL;
-- create index "batchrow_flagged" to table: "batch_rows"
CREATE INDEX "batchrow_flagged" ON "batch_rows" ("batch_id", "position", "id") WHERE flagged;
-- create index "batchrow_waiting" to table: "batch_rows"
CREATE INDEX "batchrow_waiting" ON "batch_rows" ("batch_id", "position", "id") WHERE NOT looked_up AND NOT submitted;
-- create "audit_seals" table
CREATE TABLE "audit_seals" ("id" uuid NOT NULL, "block" bigint NOT NULL, PRIMARY KEY ("id"));
-- create index "auditseal_block" to table: "audit_seals"
CREATE INDEX "auditseal_block" ON "audit_seals" ("block");
-- modify "allowed_domains" table
ALTER TABLE "allowed_domains" ADD COLUMN "added_by" uuid NULL;
-- create "data_keys" table
CREATE TABLE "data_keys" ("id" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY, "data" character varying NOT NULL, "index" character varying NOT NULL, "changed_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create "sign_in_attempts" table
CREATE TABLE "sign_in_attempts" ("id" uuid NOT NULL, "state" bytea NOT NULL, "browser" bytea NOT NULL, "data" bytea NOT NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
CREATE UNIQUE INDEX "sign_in_attempts_state_key" ON "sign_in_attempts" ("state");
-- create index "signinattempt_browser" to table: "sign_in_attempts"
CREATE INDEX "signinattempt_browser" ON "sign_in_attempts" ("browser");
-- create index "signinattempt_expires_at" to table: "sign_in_attempts"
CREATE INDEX "signinattempt_expires_at" ON "sign_in_attempts" ("expires_at");
-- create "key_holders" table
CREATE TABLE "key_holders" ("id" character varying NOT NULL, "keys" character varying NOT NULL, "use" character varying NOT NULL, "seen_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- create "rate_limits" table
CREATE TABLE "rate_limits" ("id" uuid NOT NULL, "full_at" bigint NOT NULL, "taken" bytea NULL, PRIMARY KEY ("id"));
-- create "domain_requests" table
CREATE TABLE "domain_requests" ("id" uuid NOT NULL, "domain" character varying NOT NULL, "reason" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'OPEN', "requested_at" timestamptz NOT NULL, "decided_at" timestamptz NULL, "decided_by" uuid NULL, "note" character varying NULL, "officer_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "domain_requests_officers_domain_requests" FOREIGN KEY ("officer_id") REFERENCES "officers" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
CREATE INDEX "domainrequest_officer_id_requested_at" ON "domain_requests" ("officer_id", "requested_at");
-- create index "domainrequest_open" to table: "domain_requests"
CREATE UNIQUE INDEX "domainrequest_open" ON "domain_requests" ("domain", "officer_id") WHERE ((state)::text = 'OPEN'::text);
-- create index "domainrequest_state_requested_at" to table: "domain_requests"
CREATE INDEX "domainrequest_state_requested_at" ON "domain_requests" ("state", "requested_at");
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
-- reverse: create index "domainrequest_state_requested_at" to table: "domain_requests"
DROP INDEX "domainrequest_state_requested_at";
-- reverse: create index "domainrequest_open" to table: "domain_requests"
DROP INDEX "domainrequest_open";
-- reverse: create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
DROP INDEX "domainrequest_officer_id_requested_at";
-- reverse: create "domain_requests" table
DROP TABLE "domain_requests";
-- reverse: create "rate_limits" table
DROP TABLE "rate_limits";
-- reverse: create "key_holders" table
DROP TABLE "key_holders";
-- reverse: create index "signinattempt_expires_at" to table: "sign_in_attempts"
DROP INDEX "signinattempt_expires_at";
-- reverse: create index "signinattempt_browser" to table: "sign_in_attempts"
DROP INDEX "signinattempt_browser";
-- reverse: create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
DROP INDEX "sign_in_attempts_state_key";
-- reverse: create "sign_in_attempts" table
DROP TABLE "sign_in_attempts";
-- reverse: create "data_keys" table
DROP TABLE "data_keys";
-- reverse: modify "allowed_domains" table
ALTER TABLE "allowed_domains" DROP COLUMN "added_by";
-- reverse: create index "auditseal_block" to table: "audit_seals"
DROP INDEX "auditseal_block";
-- reverse: create "audit_seals" table
DROP TABLE "audit_seals";
-- reverse: create index "batchrow_waiting" to table: "batch_rows"
DROP INDEX "batchrow_waiting";
-- reverse: create index "batchrow_flagged" to table: "batch_rows"
DROP INDEX "batchrow_flagged";
-- reverse: modify "batch_rows" table
ALTER TABLE "batch_rows" DROP COLUMN "number_key2";
-- reverse: drop index "batchrow_batch_id_username_key" from table: "batch_rows"
CREATE INDEX "batchrow_batch_id_username_key" ON "batch_rows" ("batch_id", "username_key");
-- reverse: drop index "batchrow_batch_id_number_key" from table: "batch_rows"
CREATE INDEX "batchrow_batch_id_number_key" ON "batch_rows" ("batch_id", "number_key");
-- reverse: drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
CREATE INDEX "batchrow_batch_id_flagged_position" ON "batch_rows" ("batch_id", "flagged", "position");
-- reverse: drop index "batchrow_batch_id_email_key" from table: "batch_rows"
CREATE INDEX "batchrow_batch_id_email_key" ON "batch_rows" ("batch_id", "email_key");
-- reverse: create "audit_pending" table
DROP TABLE "audit_pending";
-- reverse: create "audit_blocks" table
DROP TABLE "audit_blocks";
-- reverse: create index "signincode_network_created_at" to table: "sign_in_codes"
DROP INDEX "signincode_network_created_at";
-- reverse: modify "sign_in_codes" table
ALTER TABLE "sign_in_codes" DROP COLUMN "network";
-- reverse: create index "session_officer_id" to table: "sessions"
DROP INDEX "session_officer_id";
-- reverse: modify "sessions" table
ALTER TABLE "sessions" DROP COLUMN "browser", DROP COLUMN "address", DROP COLUMN "method";
-- reverse: create index "sandbox_person_number_key2" to table: "sandbox_persons"
DROP INDEX "sandbox_person_number_key2";
-- reverse: create index "sandbox_person_number_key" to table: "sandbox_persons"
DROP INDEX "sandbox_person_number_key";
-- reverse: modify "sandbox_persons" table
ALTER TABLE "sandbox_persons" DROP COLUMN "number_key2", DROP COLUMN "number_key";
-- reverse: drop index "sandbox_person_number" from table: "sandbox_persons"
CREATE UNIQUE INDEX "sandbox_person_number" ON "sandbox_persons" ("number") WHERE ((state)::text <> 'TERMINATED'::text);
-- reverse: create index "invitation_open_number2" to table: "invitations"
DROP INDEX "invitation_open_number2";
-- reverse: create index "invitation_checked" to table: "invitations"
DROP INDEX "invitation_checked";
-- reverse: create index "invitation_account" to table: "invitations"
DROP INDEX "invitation_account";
-- reverse: create index "invitation_open_number" to table: "invitations"
DROP INDEX "invitation_open_number";
-- reverse: modify "invitations" table
ALTER TABLE "invitations" DROP COLUMN "anonymised_at", DROP COLUMN "number_key2";
-- reverse: drop index "invitation_open_number" from table: "invitations"
CREATE UNIQUE INDEX "invitation_open_number" ON "invitations" ("number_key") WHERE open;
-- reverse: drop index "invitation_checked_at" from table: "invitations"
CREATE INDEX "invitation_checked_at" ON "invitations" ("checked_at");
-- reverse: drop index "invitation_account_ref" from table: "invitations"
CREATE INDEX "invitation_account_ref" ON "invitations" ("account_ref");
-- reverse: create index "auditrecord_type_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_type_recorded_at_id";
-- reverse: create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_subject_id_recorded_at_id";
-- reverse: create index "auditrecord_request_id" to table: "audit_records"
DROP INDEX "auditrecord_request_id";
-- reverse: create index "auditrecord_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_recorded_at_id";
-- reverse: create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_person_id_recorded_at_id";
-- reverse: create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_owner_id_recorded_at_id";
-- reverse: create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_owner_agency_recorded_at_id";
-- reverse: create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_actor_person_recorded_at_id";
-- reverse: create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_actor_id_recorded_at_id";
-- reverse: create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
DROP INDEX "auditrecord_actor_agency_recorded_at_id";
-- reverse: create "audit_records" table
DROP TABLE "audit_records";
-- reverse: create index "audit_people_lookup_key" to table: "audit_people"
DROP INDEX "audit_people_lookup_key";
-- reverse: create "audit_people" table
DROP TABLE "audit_people";
