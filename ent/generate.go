// Package ent holds the generated client of the model in ent/schema. Only
// generate.go, schema/ and migrate/migrations/ are written by hand.
package ent

//go:generate go tool ent generate --feature privacy,sql/upsert,sql/modifier,sql/versioned-migration ./schema
