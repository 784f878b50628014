package awsapi

import (
	"context"
	"log/slog"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/sigv4"
)

// Config is what an API needs from its surroundings. All fields are required.
type Config struct {
	Account    string
	Region     string // the region of unsigned calls that name none
	Keys       Keys
	Authorizer access.Authorizer
	Clock      *clock.Clock
	Logger     *slog.Logger
	Records    Records
	MaxBody    int64 // bytes, of a request's body; larger ones are refused
}

// Records takes finished records.
type Records interface{ Write(*audit.Record) }

// Keys finds the secret and the owner of an access key. An unknown key is
// ErrUnknownKey, an expired or revoked session ErrExpiredToken.
type Keys interface {
	Key(ctx context.Context, accessKeyID, sessionToken string) (secret string, owner access.Caller, err error)
}

// API serves every registered service on one endpoint. Safe for concurrent use.
type API struct {
	config   Config
	services []*service
	bySign   map[string][]*service // by signing name; REST services may share one
	signing  *sigv4.KeyCache
	cors     bool // a service has CORS
}

// New compiles the services. It panics on a mistake in a registration (two
// operations of one name, a route that hides another).
func New(c Config, services ...*Service) *API {
	if c.Keys == nil || c.Authorizer == nil || c.Clock == nil || c.Logger == nil || c.Records == nil || c.MaxBody <= 0 || c.Account == "" || c.Region == "" {
		panic("awsapi: every field of Config is required")
	}
	a := &API{config: c, bySign: map[string][]*service{}, signing: sigv4.NewKeyCache(1024)}
	var all []route
	for _, s := range services {
		compiled, err := compile(s)
		if err != nil {
			panic("awsapi: " + err.Error())
		}
		for _, other := range a.services {
			for name := range compiled.operations {
				if other.Name == s.Name && other.operations[name] != nil {
					panic("awsapi: " + s.Name + ": two operations " + name)
				}
			}
		}
		if rest, ok := compiled.protocol.(*restProtocol); ok {
			all = append(all, rest.routes...)
		}
		a.services = append(a.services, compiled)
		a.bySign[compiled.signedAs()] = append(a.bySign[compiled.signedAs()], compiled)
		a.cors = a.cors || s.CORS
	}
	if _, err := newRoutes(all); err != nil {
		panic("awsapi: " + err.Error())
	}
	return a
}
