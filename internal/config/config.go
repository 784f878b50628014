// Package config is the settings of one server, resolved once from flags,
// environment and defaults, and never read again from anywhere else.
package config

import "github.com/sallyport/sallyport/internal/keyring"

// Config is complete and checked after Resolve.
type Config struct {
	Listen    string // host:port
	URL       string // public base URL, no trailing slash; issuers start with it
	Data      string // folder of database, master key and functions; "" when ephemeral
	Database  string // postgres:// URL; "" for SQLite in Data
	Ephemeral bool
	Region    string
	Account   string

	RootAccessKeyID     string         // "" to make one at first start
	RootSecretAccessKey keyring.Secret // likewise
	MasterKey           keyring.Secret // base64; "" to keep one in Data
}
