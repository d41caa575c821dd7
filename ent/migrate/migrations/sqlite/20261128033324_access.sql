-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_sessions" table
CREATE TABLE `new_sessions` (`id` uuid NOT NULL, `hash` blob NOT NULL, `data` blob NOT NULL, `created_at` datetime NOT NULL, `seen_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `method` text NULL, `address` text NOT NULL DEFAULT (''), `browser` text NOT NULL DEFAULT (''), `officer_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_officers_sessions` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE SET NULL);
-- copy rows from old table "sessions" to new temporary table "new_sessions"
INSERT INTO `new_sessions` (`id`, `hash`, `data`, `created_at`, `seen_at`, `expires_at`, `officer_id`) SELECT `id`, `hash`, `data`, `created_at`, `seen_at`, `expires_at`, `officer_id` FROM `sessions`;
-- drop "sessions" table after copying rows
DROP TABLE `sessions`;
-- rename temporary table "new_sessions" to "sessions"
ALTER TABLE `new_sessions` RENAME TO `sessions`;
-- create index "sessions_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_hash_key` ON `sessions` (`hash`);
-- create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- create index "session_officer_id" to table: "sessions"
CREATE INDEX `session_officer_id` ON `sessions` (`officer_id`);
-- create "new_sign_in_codes" table
CREATE TABLE `new_sign_in_codes` (`id` uuid NOT NULL, `email` text NOT NULL, `browser` blob NOT NULL, `network` blob NULL, `hash` blob NOT NULL, `tries` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, PRIMARY KEY (`id`));
-- copy rows from old table "sign_in_codes" to new temporary table "new_sign_in_codes"
INSERT INTO `new_sign_in_codes` (`id`, `email`, `browser`, `hash`, `tries`, `created_at`, `expires_at`, `used_at`) SELECT `id`, `email`, `browser`, `hash`, `tries`, `created_at`, `expires_at`, `used_at` FROM `sign_in_codes`;
-- drop "sign_in_codes" table after copying rows
DROP TABLE `sign_in_codes`;
-- rename temporary table "new_sign_in_codes" to "sign_in_codes"
ALTER TABLE `new_sign_in_codes` RENAME TO `sign_in_codes`;
-- create index "signincode_email_created_at" to table: "sign_in_codes"
CREATE INDEX `signincode_email_created_at` ON `sign_in_codes` (`email`, `created_at`);
-- create index "signincode_network_created_at" to table: "sign_in_codes"
CREATE INDEX `signincode_network_created_at` ON `sign_in_codes` (`network`, `created_at`);
-- create index "signincode_browser" to table: "sign_in_codes"
CREATE INDEX `signincode_browser` ON `sign_in_codes` (`browser`);
-- create index "signincode_expires_at" to table: "sign_in_codes"
CREATE INDEX `signincode_expires_at` ON `sign_in_codes` (`expires_at`);
-- create "officer_identities" table
CREATE TABLE `officer_identities` (`id` uuid NOT NULL, `issuer` text NOT NULL, `subject` text NOT NULL, `created_at` datetime NOT NULL, `last_seen_at` datetime NOT NULL, `officer_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `officer_identities_officers_identities` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "officeridentity_issuer_subject" to table: "officer_identities"
CREATE UNIQUE INDEX `officeridentity_issuer_subject` ON `officer_identities` (`issuer`, `subject`);
-- create index "officeridentity_issuer_officer_id" to table: "officer_identities"
CREATE UNIQUE INDEX `officeridentity_issuer_officer_id` ON `officer_identities` (`issuer`, `officer_id`);
-- create "rate_limits" table
CREATE TABLE `rate_limits` (`id` uuid NOT NULL, `full_at` integer NOT NULL, `taken` blob NULL, PRIMARY KEY (`id`));
-- create "sign_in_attempts" table
CREATE TABLE `sign_in_attempts` (`id` uuid NOT NULL, `state` blob NOT NULL, `browser` blob NOT NULL, `data` blob NOT NULL, `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
CREATE UNIQUE INDEX `sign_in_attempts_state_key` ON `sign_in_attempts` (`state`);
-- create index "signinattempt_browser" to table: "sign_in_attempts"
CREATE INDEX `signinattempt_browser` ON `sign_in_attempts` (`browser`);
-- create index "signinattempt_expires_at" to table: "sign_in_attempts"
CREATE INDEX `signinattempt_expires_at` ON `sign_in_attempts` (`expires_at`);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "signinattempt_expires_at" to table: "sign_in_attempts"
DROP INDEX `signinattempt_expires_at`;
-- reverse: create index "signinattempt_browser" to table: "sign_in_attempts"
DROP INDEX `signinattempt_browser`;
-- reverse: create index "sign_in_attempts_state_key" to table: "sign_in_attempts"
DROP INDEX `sign_in_attempts_state_key`;
-- reverse: create "sign_in_attempts" table
DROP TABLE `sign_in_attempts`;
-- reverse: create "rate_limits" table
DROP TABLE `rate_limits`;
-- reverse: create index "officeridentity_issuer_officer_id" to table: "officer_identities"
DROP INDEX `officeridentity_issuer_officer_id`;
-- reverse: create index "officeridentity_issuer_subject" to table: "officer_identities"
DROP INDEX `officeridentity_issuer_subject`;
-- reverse: create "officer_identities" table
DROP TABLE `officer_identities`;
-- reverse: create index "signincode_expires_at" to table: "sign_in_codes"
DROP INDEX `signincode_expires_at`;
-- reverse: create index "signincode_browser" to table: "sign_in_codes"
DROP INDEX `signincode_browser`;
-- reverse: create index "signincode_network_created_at" to table: "sign_in_codes"
DROP INDEX `signincode_network_created_at`;
-- reverse: create index "signincode_email_created_at" to table: "sign_in_codes"
DROP INDEX `signincode_email_created_at`;
-- reverse: create "new_sign_in_codes" table
DROP TABLE `new_sign_in_codes`;
-- reverse: create index "session_officer_id" to table: "sessions"
DROP INDEX `session_officer_id`;
-- reverse: create index "session_expires_at" to table: "sessions"
DROP INDEX `session_expires_at`;
-- reverse: create index "sessions_hash_key" to table: "sessions"
DROP INDEX `sessions_hash_key`;
-- reverse: create "new_sessions" table
DROP TABLE `new_sessions`;
