// Package storetest holds every engine of the store to one contract, and lends
// tests a PostgreSQL.
//
//	storetest.Run(t, open)   the contract, on the database that open opens
//	storetest.Each(t, test)  a test of a service, on every engine
//	storetest.Postgres(t)    the URL of a fresh, empty schema
package storetest
