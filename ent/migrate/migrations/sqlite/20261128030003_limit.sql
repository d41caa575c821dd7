-- +goose Up
-- create "rate_limits" table
CREATE TABLE `rate_limits` (`id` uuid NOT NULL, `full_at` integer NOT NULL, `taken` blob NULL, PRIMARY KEY (`id`));

-- +goose Down
-- reverse: create "rate_limits" table
DROP TABLE `rate_limits`;
