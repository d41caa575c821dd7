-- +goose Up
-- create "allowed_domains" table
CREATE TABLE `allowed_domains` (`id` uuid NOT NULL, `domain` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "allowed_domains_domain_key" to table: "allowed_domains"
CREATE UNIQUE INDEX `allowed_domains_domain_key` ON `allowed_domains` (`domain`);
-- create "batches" table
CREATE TABLE `batches` (`id` uuid NOT NULL, `file_name` text NULL, `state` text NOT NULL DEFAULT ('DRAFT'), `directory_check` text NOT NULL DEFAULT ('PENDING'), `notices` json NOT NULL, `created_at` datetime NOT NULL, `submitted_at` datetime NULL, `completed_at` datetime NULL, `owner_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batches_officers_batches` FOREIGN KEY (`owner_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "batch_owner_id_created_at_id" to table: "batches"
CREATE INDEX `batch_owner_id_created_at_id` ON `batches` (`owner_id`, `created_at`, `id`);
-- create "batch_rows" table
CREATE TABLE `batch_rows` (`id` uuid NOT NULL, `position` integer NOT NULL, `number` integer NOT NULL, `sheet` text NULL, `email` text NOT NULL, `username` text NULL, `first_name` text NULL, `last_name` text NULL, `country_code` text NULL, `contact_number` text NULL, `organisation` text NULL, `department` text NULL, `seed_text` text NULL, `reason` text NULL, `user_type` text NOT NULL, `seed_required` bool NULL, `email_key` text NULL, `username_key` text NULL, `number_key` text NULL, `first_name_key` text NOT NULL, `last_name_key` text NOT NULL, `organisation_key` text NOT NULL, `department_key` text NOT NULL, `issues` json NOT NULL, `flagged` bool NOT NULL, `left_out` bool NOT NULL DEFAULT (false), `submitted` bool NOT NULL DEFAULT (false), `batch_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batch_rows_batches_rows` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE CASCADE);
-- create index "batchrow_batch_id_position_id" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_position_id` ON `batch_rows` (`batch_id`, `position`, `id`);
-- create index "batchrow_batch_id_flagged_position" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_flagged_position` ON `batch_rows` (`batch_id`, `flagged`, `position`);
-- create index "batchrow_batch_id_email_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_email_key` ON `batch_rows` (`batch_id`, `email_key`);
-- create index "batchrow_batch_id_username_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_username_key` ON `batch_rows` (`batch_id`, `username_key`);
-- create index "batchrow_batch_id_number_key" to table: "batch_rows"
CREATE INDEX `batchrow_batch_id_number_key` ON `batch_rows` (`batch_id`, `number_key`);
-- create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` uuid NOT NULL, `officer_id` uuid NOT NULL, `mutation` text NOT NULL, `key` text NOT NULL, `input` blob NOT NULL, `result_id` uuid NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "idempotencykey_officer_id_mutation_key" to table: "idempotency_keys"
CREATE UNIQUE INDEX `idempotencykey_officer_id_mutation_key` ON `idempotency_keys` (`officer_id`, `mutation`, `key`);
-- create index "idempotencykey_created_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_created_at` ON `idempotency_keys` (`created_at`);
-- create "invitations" table
CREATE TABLE `invitations` (`id` uuid NOT NULL, `method` text NOT NULL, `user_type` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `first_name_key` text NULL, `last_name` text NULL, `last_name_key` text NULL, `contact_number` text NULL, `number_key` text NULL, `organisation` text NULL, `organisation_key` text NULL, `department` text NULL, `department_key` text NULL, `seed_required` bool NOT NULL, `reason` text NOT NULL, `invited_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `open` bool NOT NULL DEFAULT (true), `provisioning` text NOT NULL DEFAULT ('QUEUED'), `attempts` integer NOT NULL DEFAULT (0), `failure` text NULL, `techpass_status` text NOT NULL DEFAULT ('NOT_ONBOARDED'), `seed_status` text NULL, `account_ref` text NULL, `link` text NULL, `seed_done` bool NOT NULL DEFAULT (false), `withdrawing` bool NOT NULL DEFAULT (false), `expires_at` datetime NULL, `checked_at` datetime NULL, `mail` text NOT NULL DEFAULT ('NONE'), `mail_failure` text NULL, `mails_wanted` integer NOT NULL DEFAULT (1), `mails_done` integer NOT NULL DEFAULT (0), `send_count` integer NOT NULL DEFAULT (0), `last_sent_at` datetime NULL, `resent_at` datetime NULL, `batch_id` uuid NULL, `inviter_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `invitations_batches_invitations` FOREIGN KEY (`batch_id`) REFERENCES `batches` (`id`) ON DELETE SET NULL, CONSTRAINT `invitations_officers_invitations` FOREIGN KEY (`inviter_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "invitation_open_email" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_email` ON `invitations` (`email_key`) WHERE open;
-- create index "invitation_open_username" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_username` ON `invitations` (`username_key`) WHERE open;
-- create index "invitation_open_number" to table: "invitations"
CREATE UNIQUE INDEX `invitation_open_number` ON `invitations` (`number_key`) WHERE open;
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
-- create index "invitation_checked_at" to table: "invitations"
CREATE INDEX `invitation_checked_at` ON `invitations` (`checked_at`);
-- create index "invitation_account_ref" to table: "invitations"
CREATE INDEX `invitation_account_ref` ON `invitations` (`account_ref`);
-- create index "invitation_withdrawing" to table: "invitations"
CREATE INDEX `invitation_withdrawing` ON `invitations` (`withdrawing`) WHERE withdrawing;
-- create "invitation_events" table
CREATE TABLE `invitation_events` (`id` uuid NOT NULL, `at` datetime NOT NULL, `what` text NOT NULL, `officer_id` uuid NULL, `detail` text NULL, `invitation_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `invitation_events_invitations_events` FOREIGN KEY (`invitation_id`) REFERENCES `invitations` (`id`) ON DELETE NO ACTION);
-- create index "invitationevent_invitation_id_id" to table: "invitation_events"
CREATE INDEX `invitationevent_invitation_id_id` ON `invitation_events` (`invitation_id`, `id`);
-- create "markers" table
CREATE TABLE `markers` (`id` uuid NOT NULL, `name` text NOT NULL, `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "markers_name_key" to table: "markers"
CREATE UNIQUE INDEX `markers_name_key` ON `markers` (`name`);
-- create "officers" table
CREATE TABLE `officers` (`id` uuid NOT NULL, `email` text NOT NULL, `agency` text NOT NULL, `name` text NULL, `role` text NOT NULL DEFAULT ('OFFICER'), `created_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "officers_email_key" to table: "officers"
CREATE UNIQUE INDEX `officers_email_key` ON `officers` (`email`);
-- create index "officer_agency" to table: "officers"
CREATE INDEX `officer_agency` ON `officers` (`agency`);
-- create "sandbox_clocks" table
CREATE TABLE `sandbox_clocks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `ahead_seconds` integer NOT NULL);
-- create "sandbox_mails" table
CREATE TABLE `sandbox_mails` (`id` uuid NOT NULL, `message_id` text NOT NULL, `to` text NOT NULL, `to_key` text NOT NULL, `subject` text NOT NULL, `text` text NOT NULL, `html` text NOT NULL, `links` json NOT NULL, `sent_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "sandbox_mails_message_id_key" to table: "sandbox_mails"
CREATE UNIQUE INDEX `sandbox_mails_message_id_key` ON `sandbox_mails` (`message_id`);
-- create index "sandboxmail_to_key_sent_at_id" to table: "sandbox_mails"
CREATE INDEX `sandboxmail_to_key_sent_at_id` ON `sandbox_mails` (`to_key`, `sent_at`, `id`);
-- create index "sandboxmail_sent_at_id" to table: "sandbox_mails"
CREATE INDEX `sandboxmail_sent_at_id` ON `sandbox_mails` (`sent_at`, `id`);
-- create "sandbox_persons" table
CREATE TABLE `sandbox_persons` (`id` uuid NOT NULL, `key` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `username` text NULL, `username_key` text NULL, `first_name` text NULL, `last_name` text NULL, `number` text NULL, `token` text NOT NULL, `round` integer NOT NULL DEFAULT (0), `state` text NOT NULL, `seed` text NOT NULL DEFAULT ('NONE'), `created_at` datetime NOT NULL, `expires_at` datetime NULL, `activated_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "sandbox_persons_key_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_key_key` ON `sandbox_persons` (`key`);
-- create index "sandbox_persons_token_key" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_persons_token_key` ON `sandbox_persons` (`token`);
-- create index "sandbox_person_email" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_email` ON `sandbox_persons` (`email_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_username" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_username` ON `sandbox_persons` (`username_key`) WHERE state <> 'TERMINATED';
-- create index "sandbox_person_number" to table: "sandbox_persons"
CREATE UNIQUE INDEX `sandbox_person_number` ON `sandbox_persons` (`number`) WHERE state <> 'TERMINATED';
-- create index "sandboxperson_email_key" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_email_key` ON `sandbox_persons` (`email_key`);
-- create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_state_expires_at` ON `sandbox_persons` (`state`, `expires_at`);
-- create index "sandboxperson_created_at" to table: "sandbox_persons"
CREATE INDEX `sandboxperson_created_at` ON `sandbox_persons` (`created_at`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` uuid NOT NULL, `hash` blob NOT NULL, `data` blob NOT NULL, `created_at` datetime NOT NULL, `seen_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `officer_id` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_officers_sessions` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE SET NULL);
-- create index "sessions_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_hash_key` ON `sessions` (`hash`);
-- create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- create "sign_in_codes" table
CREATE TABLE `sign_in_codes` (`id` uuid NOT NULL, `email` text NOT NULL, `browser` blob NOT NULL, `hash` blob NOT NULL, `tries` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `used_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "signincode_email_created_at" to table: "sign_in_codes"
CREATE INDEX `signincode_email_created_at` ON `sign_in_codes` (`email`, `created_at`);
-- create index "signincode_browser" to table: "sign_in_codes"
CREATE INDEX `signincode_browser` ON `sign_in_codes` (`browser`);
-- create index "signincode_expires_at" to table: "sign_in_codes"
CREATE INDEX `signincode_expires_at` ON `sign_in_codes` (`expires_at`);
-- create "tokens" table
CREATE TABLE `tokens` (`id` uuid NOT NULL, `name` text NOT NULL, `prefix` text NOT NULL, `hash` blob NOT NULL, `write` bool NOT NULL, `created_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `last_used_at` datetime NULL, `revoked_at` datetime NULL, `officer_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `tokens_officers_tokens` FOREIGN KEY (`officer_id`) REFERENCES `officers` (`id`) ON DELETE NO ACTION);
-- create index "tokens_hash_key" to table: "tokens"
CREATE UNIQUE INDEX `tokens_hash_key` ON `tokens` (`hash`);

-- +goose Down
-- reverse: create index "tokens_hash_key" to table: "tokens"
DROP INDEX `tokens_hash_key`;
-- reverse: create "tokens" table
DROP TABLE `tokens`;
-- reverse: create index "signincode_expires_at" to table: "sign_in_codes"
DROP INDEX `signincode_expires_at`;
-- reverse: create index "signincode_browser" to table: "sign_in_codes"
DROP INDEX `signincode_browser`;
-- reverse: create index "signincode_email_created_at" to table: "sign_in_codes"
DROP INDEX `signincode_email_created_at`;
-- reverse: create "sign_in_codes" table
DROP TABLE `sign_in_codes`;
-- reverse: create index "session_expires_at" to table: "sessions"
DROP INDEX `session_expires_at`;
-- reverse: create index "sessions_hash_key" to table: "sessions"
DROP INDEX `sessions_hash_key`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "sandboxperson_created_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_created_at`;
-- reverse: create index "sandboxperson_state_expires_at" to table: "sandbox_persons"
DROP INDEX `sandboxperson_state_expires_at`;
-- reverse: create index "sandboxperson_email_key" to table: "sandbox_persons"
DROP INDEX `sandboxperson_email_key`;
-- reverse: create index "sandbox_person_number" to table: "sandbox_persons"
DROP INDEX `sandbox_person_number`;
-- reverse: create index "sandbox_person_username" to table: "sandbox_persons"
DROP INDEX `sandbox_person_username`;
-- reverse: create index "sandbox_person_email" to table: "sandbox_persons"
DROP INDEX `sandbox_person_email`;
-- reverse: create index "sandbox_persons_token_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_token_key`;
-- reverse: create index "sandbox_persons_key_key" to table: "sandbox_persons"
DROP INDEX `sandbox_persons_key_key`;
-- reverse: create "sandbox_persons" table
DROP TABLE `sandbox_persons`;
-- reverse: create index "sandboxmail_sent_at_id" to table: "sandbox_mails"
DROP INDEX `sandboxmail_sent_at_id`;
-- reverse: create index "sandboxmail_to_key_sent_at_id" to table: "sandbox_mails"
DROP INDEX `sandboxmail_to_key_sent_at_id`;
-- reverse: create index "sandbox_mails_message_id_key" to table: "sandbox_mails"
DROP INDEX `sandbox_mails_message_id_key`;
-- reverse: create "sandbox_mails" table
DROP TABLE `sandbox_mails`;
-- reverse: create "sandbox_clocks" table
DROP TABLE `sandbox_clocks`;
-- reverse: create index "officer_agency" to table: "officers"
DROP INDEX `officer_agency`;
-- reverse: create index "officers_email_key" to table: "officers"
DROP INDEX `officers_email_key`;
-- reverse: create "officers" table
DROP TABLE `officers`;
-- reverse: create index "markers_name_key" to table: "markers"
DROP INDEX `markers_name_key`;
-- reverse: create "markers" table
DROP TABLE `markers`;
-- reverse: create index "invitationevent_invitation_id_id" to table: "invitation_events"
DROP INDEX `invitationevent_invitation_id_id`;
-- reverse: create "invitation_events" table
DROP TABLE `invitation_events`;
-- reverse: create index "invitation_withdrawing" to table: "invitations"
DROP INDEX `invitation_withdrawing`;
-- reverse: create index "invitation_account_ref" to table: "invitations"
DROP INDEX `invitation_account_ref`;
-- reverse: create index "invitation_checked_at" to table: "invitations"
DROP INDEX `invitation_checked_at`;
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
-- reverse: create index "invitation_open_number" to table: "invitations"
DROP INDEX `invitation_open_number`;
-- reverse: create index "invitation_open_username" to table: "invitations"
DROP INDEX `invitation_open_username`;
-- reverse: create index "invitation_open_email" to table: "invitations"
DROP INDEX `invitation_open_email`;
-- reverse: create "invitations" table
DROP TABLE `invitations`;
-- reverse: create index "idempotencykey_created_at" to table: "idempotency_keys"
DROP INDEX `idempotencykey_created_at`;
-- reverse: create index "idempotencykey_officer_id_mutation_key" to table: "idempotency_keys"
DROP INDEX `idempotencykey_officer_id_mutation_key`;
-- reverse: create "idempotency_keys" table
DROP TABLE `idempotency_keys`;
-- reverse: create index "batchrow_batch_id_number_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_number_key`;
-- reverse: create index "batchrow_batch_id_username_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_username_key`;
-- reverse: create index "batchrow_batch_id_email_key" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_email_key`;
-- reverse: create index "batchrow_batch_id_flagged_position" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_flagged_position`;
-- reverse: create index "batchrow_batch_id_position_id" to table: "batch_rows"
DROP INDEX `batchrow_batch_id_position_id`;
-- reverse: create "batch_rows" table
DROP TABLE `batch_rows`;
-- reverse: create index "batch_owner_id_created_at_id" to table: "batches"
DROP INDEX `batch_owner_id_created_at_id`;
-- reverse: create "batches" table
DROP TABLE `batches`;
-- reverse: create index "allowed_domains_domain_key" to table: "allowed_domains"
DROP INDEX `allowed_domains_domain_key`;
-- reverse: create "allowed_domains" table
DROP TABLE `allowed_domains`;
