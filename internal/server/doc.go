// Package server is the whole system, wired: the only package that knows every
// service. It opens the data folder, starts the services on it, and sends each
// request to the one it is for.
//
//	Start: data folder -> store -> keyring -> account, outbox -> services -> listener
//	request: host of an API, or /_aws/execute-api/...   -> gateway
//	         /_sallyport/code/...                       -> function (packages, by signed links)
//	         /_sallyport/import/...                     -> userpool (files of users, by signed links)
//	         /_sallyport/...                            -> operator (health, reset, clock, outbox; requests.go: records)
//	         /{poolId}/.well-known/...                  -> userpool
//	         anything else                              -> awsapi
package server
