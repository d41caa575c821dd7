-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- add column "added_by" to table: "allowed_domains"
ALTER TABLE `allowed_domains` ADD COLUMN `added_by` uuid NULL;
-- create "new_invitations" table
CREATE TABLE `new_invitations` (`id` uuid NOT NULL, `replaces_id` uuid NULL, `method` text NOT NULL, `user_type` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `first_name_key` text NULL, `last_name` text NULL, `last_name_key` text NULL, `contact_number` text NULL, `number_key` text NULL, `number_key2` text NULL, `organisation` text NULL, `organisation_key` text NULL, `department` text NULL, `department_key` text NULL, `seed_required` bool NOT NULL, `reason` text NOT NULL, `start_on` text NULL, `invited_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `open` bool NOT NULL DEFAULT (true), `provisioning` text NOT NULL DEFAULT ('QUEUED'), `attempts` integer NOT NULL DEFAULT (0), `failure` text NULL, `techpass_status` text NOT NULL DEFAULT ('NOT_ONBOARDED'), `seed_status` text NULL, `account_ref` text NULL, `link` text NULL, `seed_done` bool NOT NULL DEFAULT (false), `withdrawing` bool NOT NULL DEFAULT (false), `expires_at` datetime NULL, `checked_at` datetime NULL, `mail` text NOT NULL DEFAULT ('NONE'), `mail_failure` text NULL, `mails_wanted` integer NOT NULL DEFAULT (1), `mails_done` integer NOT NULL DEFAULT (0), `send_count` integer NOT NULL DEFAULT (0), `last_sent_at` datetime NULL, `resent_at` datetime NULL, `anonymised_at` datetime NULL, `batch_id` uuid NULL, `inviter_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `invitations_batches_invitations` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE SET NULL, CONSTRAINT `invitations_officers_invitations` FOREIGN KEY (`inviter_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- copy rows from old table "invitations" to new temporary table "new_invitations"
INSERT INTO `new_invitations` (`id`, `replaces_id`, `method`, `user_type`, `email`, `email_key`, `username`, `username_key`, `first_name`, `first_name_key`, `last_name`, `last_name_key`, `contact_number`, `number_key`, `organisation`, `organisation_key`, `department`, `department_key`, `seed_required`, `reason`, `start_on`, `invited_at`, `updated_at`, `open`, `provisioning`, `attempts`, `failure`, `techpass_status`, `seed_status`, `account_ref`, `link`, `seed_done`, `withdrawing`, `expires_at`, `checked_at`, `mail`, `mail_failure`, `mails_wanted`, `mails_done`, `send_count`, `last_sent_at`, `resent_at`, `batch_id`, `inviter_id`) SELECT `id`, `replaces_id`, `method`, `user_type`, `email`, `email_key`, `username`, `username_key`, `first_name`, `first_name_key`, `last_name`, `last_name_key`, `contact_number`, `number_key`, `organisation`, `organisation_key`, `department`, `department_key`, `seed_required`, `reason`, `start_on`, `invited_at`, `updated_at`, `open`, `provisioning`, `attempts`, `failure`, `techpass_status`, `seed_status`, `account_ref`, `link`, `seed_done`, `withdrawing`, `expires_at`, `checked_at`, `mail`, `mail_failure`, `mails_wanted`, `mails_done`, `send_count`, `last_sent_at`, `resent_at`, `batch_id`, `inviter_id` FROM `invitations`;
-- drop "invitations" table after copying rows
DROP TABLE `invitations`;
-- rename temporary table "new_invitations" to "invitations"
ALTER TABLE `new_invitations` RENAME TO `invitations`;
-- create index "invitation_open_email" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_email` ON `invitations` (`email_key`) WHERE open;
-- create index "invitation_open_username" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_username` ON `invitations` (`username_key`) WHERE open;
-- create index "invitation_open_number" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_number` ON `invitations` (`number_key`) WHERE open AND number_key IS NOT NULL;
-- create index "invitation_open_number2" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_number2` ON `invitations` (`number_key2`) WHERE open AND number_key2 IS NOT NULL;
-- create index "invitation_inviter_id_invited_at_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_invited_at_id` ON `invitations` (`inviter_id`, `invited_at`, `id`);
-- create index "invitation_inviter_id_updated_at_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_updated_at_id` ON `invitations` (`inviter_id`, `updated_at`, `id`);
-- create index "invitation_inviter_id_email_key_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_email_key_id` ON `invitations` (`inviter_id`, `email_key`, `id`);
-- create index "invitation_inviter_id_techpass_status_id" to table: "invitations"
CREATE INDEX `invitation_inviter_id_techpass_status_id` ON `invitations` (`inviter_id`, `techpass_status`, `id`);
-- create index "invitation_invited_at_id" to table: "invitations"
CREATE INDEX `invitation_invited_at_id` ON `invitations` (`invited_at`, `id`);
-- create index "invitation_batch_id_provisioning" to table: "invitations"
CREATE INDEX `invitation_batch_id_provisioning` ON `invitations` (`batch_id`, `provisioning`);
-- create index "invitation_updated_at_id" to table: "invitations"
CREATE INDEX `invitation_updated_at_id` ON `invitations` (`updated_at`, `id`);
-- create index "invitation_search_email" to table: "invitations"
CREATE INDEX `invitation_search_email` ON `invitations` (`email_key`);
-- create index "invitation_search_username" to table: "invitations"
CREATE INDEX `invitation_search_username` ON `invitations` (`username_key`);
-- create index "invitation_search_first_name" to table: "invitations"
CREATE INDEX `invitation_search_first_name` ON `invitations` (`first_name_key`);
-- create index "invitation_search_last_name" to table: "invitations"
CREATE INDEX `invitation_search_last_name` ON `invitations` (`last_name_key`);
-- create index "invitation_search_organisation" to table: "invitations"
CREATE INDEX `invitation_search_organisation` ON `invitations` (`organisation_key`);
-- create index "invitation_search_department" to table: "invitations"
CREATE INDEX `invitation_search_department` ON `invitations` (`department_key`);
-- create index "invitation_open_expiry" to table: "invitations"
CREATE INDEX `invitation_open_expiry` ON `invitations` (`expires_at`) WHERE open;
-- create index "invitation_checked" to table: "invitations"
CREATE INDEX `invitation_checked` ON `invitations` (`checked_at`) WHERE account_ref IS NOT NULL AND provisioning = 'SUCCEEDED' AND techpass_status <> 'USER_NOT_FOUND';
-- create index "invitation_account" to table: "invitations"
CREATE INDEX `invitation_account` ON `invitations` (`account_ref`) WHERE account_ref IS NOT NULL;
-- create index "invitation_withdrawing" to table: "invitations"
CREATE INDEX `invitation_withdrawing` ON `invitations` (`withdrawing`) WHERE withdrawing;
-- create "new_sandbox_persons" table
CREATE TABLE `new_sandbox_persons` (`id` uuid NOT NULL, `key` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `last_name` text NULL, `number` text NULL, `number_key` text NULL, `number_key2` text NULL, `token` text NOT NULL, `round` integer NOT NULL DEFAULT (0), `state` text NOT NULL, `seed` text NOT NULL DEFAULT ('NONE'), `created_at` datetime NOT NULL, `expires_at` datetime NULL, `activated_at` datetime NULL, PRIMARY KEY (`id`));
-- copy rows from old table "sandbox_persons" to new temporary table "new_sandbox_persons"
INSERT INTO `new_sandbox_persons` (`id`, `key`, `email`, `email_key`, `username`, `username_key`, `first_name`, `last_name`, `number`, `token`, `round`, `state`, `seed`, `created_at`, `expires_at`, `activated_at`) SELECT `id`, `key`, `email`, `email_key`, `username`, `username_key`, `first_name`, `last_name`, `number`, `token`, `round`, `state`, `seed`, `created_at`, `expires_at`, `activated_at` FROM `sandbox_persons`;
-- drop "sandbox_persons" table after copying rows
DROP TABLE `sandbox_persons`;
-- rename temporary table "new_sandbox_persons" to "sandbox_persons"
ALTER TABLE `new_sandbox_persons` RENAME TO `sandbox_persons`;
-- create index "sandbox_persons_key_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_key_key` ON `sandbox_persons` (`key`);
-- create index "sandbox_persons_token_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_token_key` ON `sandbox_persons` (`token`);
-- create index "sandbox_person_email" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_email` ON `sandbox_persons` (`email_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_username" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_username` ON `sandbox_persons` (`username_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_number_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_number_key` ON `sandbox_persons` (`number_key`) WHERE state <> 'TERMINATED' AND number_key IS NOT NULL;
-- create index "sandbox_person_number_key2" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_number_key2` ON `sandbox_persons` (`number_key2`) WHERE state <> 'TERMINATED' AND number_key2 IS NOT NULL;
-- create index "sandboxperson_email_key" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_email_key` ON `sandbox_persons` (`email_key`);
-- create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_state_expires_at` ON `sandbox_persons` (`state`, `expires_at`);
-- create index "sandboxperson_created_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_created_at` ON `sandbox_persons` (`created_at`);
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
-- add column "number_key2" to table: "batch_rows"
ALTER TABLE `batch_rows` ADD COLUMN `number_key2` text NULL;
-- drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_flagged_position`;
-- drop index "batchrow_batch_id_email_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_email_key`;
-- drop index "batchrow_batch_id_username_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_username_key`;
-- drop index "batchrow_batch_id_number_key" from table: "batch_rows"
DROP INDEX `batchrow_batch_id_number_key`;
-- create index "batchrow_flagged" to table: "batch_rows"
CREATE INDEX `batchrow_flagged` ON `batch_rows` (`batch_id`, `position`, `id`) WHERE flagged;
-- create index "batchrow_waiting" to table: "batch_rows"
CREATE INDEX `batchrow_waiting` ON `batch_rows` (`batch_id`, `position`, `id`) WHERE NOT looked_up AND NOT submitted;
-- create "audit_blocks" table
CREATE TABLE `audit_blocks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `sealed_at` datetime NOT NULL, `writer` text NOT NULL, `entries` blob NOT NULL, `total` integer NOT NULL, `previous` blob NOT NULL, `hash` blob NOT NULL);
-- create "audit_pending" table
CREATE TABLE `audit_pending` (`id` uuid NOT NULL, PRIMARY KEY (`id`));
-- create "audit_people" table
CREATE TABLE `audit_people` (`id` uuid NOT NULL, `lookup` blob NOT NULL, `wrapped_key` blob NOT NULL, `sealed` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "audit_people_lookup_key" to table: "audit_people"
CREATE UNIQUE INDEX `audit_people_lookup_key` ON `audit_people` (`lookup`);
-- create "audit_records" table
CREATE TABLE `audit_records` (`id` uuid NOT NULL, `recorded_at` datetime NOT NULL, `type` text NOT NULL, `actor_kind` text NOT NULL, `actor_id` uuid NULL, `actor_agency` text NULL, `actor_person` uuid NULL, `owner_id` uuid NULL, `owner_agency` text NULL, `person_id` uuid NULL, `subject_kind` text NULL, `subject_id` uuid NULL, `address` text NULL, `request_id` text NULL, `writer` text NOT NULL, `detail` text NULL, `mac` blob NOT NULL, PRIMARY KEY (`id`));
-- create index "auditrecord_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_recorded_at_id` ON `audit_records` (`recorded_at`, `id`);
-- create index "auditrecord_type_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_type_recorded_at_id` ON `audit_records` (`type`, `recorded_at`, `id`);
-- create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_id_recorded_at_id` ON `audit_records` (`actor_id`, `recorded_at`, `id`) WHERE actor_id IS NOT NULL;
-- create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_agency_recorded_at_id` ON `audit_records` (`actor_agency`, `recorded_at`, `id`) WHERE actor_agency IS NOT NULL;
-- create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_owner_id_recorded_at_id` ON `audit_records` (`owner_id`, `recorded_at`, `id`) WHERE owner_id IS NOT NULL;
-- create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_owner_agency_recorded_at_id` ON `audit_records` (`owner_agency`, `recorded_at`, `id`) WHERE owner_agency IS NOT NULL;
-- create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_actor_person_recorded_at_id` ON `audit_records` (`actor_person`, `recorded_at`, `id`) WHERE actor_person IS NOT NULL;
-- create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_person_id_recorded_at_id` ON `audit_records` (`person_id`, `recorded_at`, `id`) WHERE person_id IS NOT NULL;
-- create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
CREATE INDEX `auditrecord_subject_id_recorded_at_id` ON `audit_records` (`subject_id`, `recorded_at`, `id`) WHERE subject_id IS NOT NULL;
-- create index "auditrecord_request_id" to table: "audit_records"
CREATE INDEX `auditrecord_request_id` ON `audit_records` (`request_id`) WHERE request_id IS NOT NULL;
-- create "audit_seals" table
CREATE TABLE `audit_seals` (`id` uuid NOT NULL, `block` integer NOT NULL, PRIMARY KEY (`id`));
-- create index "auditseal_block" to table: "audit_seals"
CREATE INDEX `auditseal_block` ON `audit_seals` (`block`);
-- create "data_keys" table
CREATE TABLE `data_keys` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `data` text NOT NULL, `index` text NOT NULL, `changed_at` datetime NOT NULL);
-- create "domain_requests" table
CREATE TABLE `domain_requests` (`id` uuid NOT NULL, `domain` text NOT NULL, `reason` text NOT NULL, `state` text NOT NULL DEFAULT ('OPEN'), `requested_at` datetime NOT NULL, `decided_at` datetime NULL, `decided_by` uuid NULL, `note` text NULL, `officer_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `domain_requests_officers_domain_requests` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "domainrequest_open" to table: "domain_requests"
CREATE UNIQUE INDEX `domainrequest_open` ON `domain_requests` (`domain`, `officer_id`) WHERE state = 'OPEN';
-- create index "domainrequest_state_requested_at" to table: "domain_requests"
CREATE INDEX `domainrequest_state_requested_at` ON `domain_requests` (`state`, `requested_at`);
-- create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
CREATE INDEX `domainrequest_officer_id_requested_at` ON `domain_requests` (`officer_id`, `requested_at`);
-- create "key_holders" table
CREATE TABLE `key_holders` (`id` text NOT NULL, `keys` text NOT NULL, `use` text NOT NULL, `seen_at` datetime NOT NULL, PRIMARY KEY (`id`));
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
-- reverse: create "key_holders" table
DROP TABLE `key_holders`;
-- reverse: create index "domainrequest_officer_id_requested_at" to table: "domain_requests"
DROP INDEX `domainrequest_officer_id_requested_at`;
-- reverse: create index "domainrequest_state_requested_at" to table: "domain_requests"
DROP INDEX `domainrequest_state_requested_at`;
-- reverse: create index "domainrequest_open" to table: "domain_requests"
DROP INDEX `domainrequest_open`;
-- reverse: create "domain_requests" table
DROP TABLE `domain_requests`;
-- reverse: create "data_keys" table
DROP TABLE `data_keys`;
-- reverse: create index "auditseal_block" to table: "audit_seals"
DROP INDEX `auditseal_block`;
-- reverse: create "audit_seals" table
DROP TABLE `audit_seals`;
-- reverse: create index "auditrecord_request_id" to table: "audit_records"
DROP INDEX `auditrecord_request_id`;
-- reverse: create index "auditrecord_subject_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_subject_id_recorded_at_id`;
-- reverse: create index "auditrecord_person_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_person_id_recorded_at_id`;
-- reverse: create index "auditrecord_actor_person_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_person_recorded_at_id`;
-- reverse: create index "auditrecord_owner_agency_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_owner_agency_recorded_at_id`;
-- reverse: create index "auditrecord_owner_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_owner_id_recorded_at_id`;
-- reverse: create index "auditrecord_actor_agency_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_agency_recorded_at_id`;
-- reverse: create index "auditrecord_actor_id_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_actor_id_recorded_at_id`;
-- reverse: create index "auditrecord_type_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_type_recorded_at_id`;
-- reverse: create index "auditrecord_recorded_at_id" to table: "audit_records"
DROP INDEX `auditrecord_recorded_at_id`;
-- reverse: create "audit_records" table
DROP TABLE `audit_records`;
-- reverse: create index "audit_people_lookup_key" to table: "audit_people"
DROP INDEX `audit_people_lookup_key`;
-- reverse: create "audit_people" table
DROP TABLE `audit_people`;
-- reverse: create "audit_pending" table
DROP TABLE `audit_pending`;
-- reverse: create "audit_blocks" table
DROP TABLE `audit_blocks`;
-- reverse: create index "batchrow_waiting" to table: "batch_rows"
DROP INDEX `batchrow_waiting`;
-- reverse: create index "batchrow_flagged" to table: "batch_rows"
DROP INDEX `batchrow_flagged`;
-- reverse: drop index "batchrow_batch_id_number_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_number_key` ON `batch_rows` (`batch_id`, `number_key`);
-- reverse: drop index "batchrow_batch_id_username_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_username_key` ON `batch_rows` (`batch_id`, `username_key`);
-- reverse: drop index "batchrow_batch_id_email_key" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_email_key` ON `batch_rows` (`batch_id`, `email_key`);
-- reverse: drop index "batchrow_batch_id_flagged_position" from table: "batch_rows"
CREATE INDEX `batchrow_batch_id_flagged_position` ON `batch_rows` (`batch_id`, `flagged`, `position`);
-- reverse: add column "number_key2" to table: "batch_rows"
ALTER TABLE `batch_rows` DROP COLUMN `number_key2`;
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
-- reverse: create index "sandboxperson_created_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_created_at`;
-- reverse: create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_state_expires_at`;
-- reverse: create index "sandboxperson_email_key" to table: "sandbox_persons"
DROP INDEX `sandboxperson_email_key`;
-- reverse: create index "sandbox_person_number_key2" to table: "sandbox_persons"
DROP INDEX `sandbox_person_number_key2`;
-- reverse: create index "sandbox_person_number_key" to table: "sandbox_persons"
DROP INDEX `sandbox_person_number_key`;
-- reverse: create index "sandbox_person_username" to table: "sandbox_persons"
DROP INDEX `sandbox_person_username`;
-- reverse: create index "sandbox_person_email" to table: "sandbox_persons"
DROP INDEX `sandbox_person_email`;
-- reverse: create index "sandbox_persons_token_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_token_key`;
-- reverse: create index "sandbox_persons_key_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_key_key`;
-- reverse: create "new_sandbox_persons" table
DROP TABLE `new_sandbox_persons`;
-- reverse: create index "invitation_withdrawing" to table: "invitations"
DROP INDEX `invitation_withdrawing`;
-- reverse: create index "invitation_account" to table: "invitations"
DROP INDEX `invitation_account`;
-- reverse: create index "invitation_checked" to table: "invitations"
DROP INDEX `invitation_checked`;
-- reverse: create index "invitation_open_expiry" to table: "invitations"
DROP INDEX `invitation_open_expiry`;
-- reverse: create index "invitation_search_department" to table: "invitations"
DROP INDEX `invitation_search_department`;
-- reverse: create index "invitation_search_organisation" to table: "invitations"
DROP INDEX `invitation_search_organisation`;
-- reverse: create index "invitation_search_last_name" to table: "invitations"
DROP INDEX `invitation_search_last_name`;
-- reverse: create index "invitation_search_first_name" to table: "invitations"
DROP INDEX `invitation_search_first_name`;
-- reverse: create index "invitation_search_username" to table: "invitations"
DROP INDEX `invitation_search_username`;
-- reverse: create index "invitation_search_email" to table: "invitations"
DROP INDEX `invitation_search_email`;
-- reverse: create index "invitation_updated_at_id" to table: "invitations"
DROP INDEX `invitation_updated_at_id`;
-- reverse: create index "invitation_batch_id_provisioning" to table: "invitations"
DROP INDEX `invitation_batch_id_provisioning`;
-- reverse: create index "invitation_invited_at_id" to table: "invitations"
DROP INDEX `invitation_invited_at_id`;
-- reverse: create index "invitation_inviter_id_techpass_status_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_techpass_status_id`;
-- reverse: create index "invitation_inviter_id_email_key_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_email_key_id`;
-- reverse: create index "invitation_inviter_id_updated_at_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_updated_at_id`;
-- reverse: create index "invitation_inviter_id_invited_at_id" to table: "invitations"
DROP INDEX `invitation_inviter_id_invited_at_id`;
-- reverse: create index "invitation_open_number2" to table: "invitations"
DROP INDEX `invitation_open_number2`;
-- reverse: create index "invitation_open_number" to table: "invitations"
DROP INDEX `invitation_open_number`;
-- reverse: create index "invitation_open_username" to table: "invitations"
DROP INDEX `invitation_open_username`;
-- reverse: create index "invitation_open_email" to table: "invitations"
DROP INDEX `invitation_open_email`;
-- reverse: create "new_invitations" table
DROP TABLE `new_invitations`;
-- reverse: add column "added_by" to table: "allowed_domains"
ALTER TABLE `allowed_domains` DROP COLUMN `added_by`;
