// Package awsapi is the door for AWS's protocols: it finds the operation that a
// request means, proves the caller, asks whether they may, and turns wire
// messages into the SDK's shapes and back.
//
//	ServeHTTP -> match -> sigv4.Verify -> scope = operation's service? -> decode -> required members
//	          -> Authorizer -> handler -> encode -> Record
//	Call (templates, console)     ------------> required members -> Authorizer -> handler
package awsapi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
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

// API serves every registered service on one endpoint.
type API struct{}

// New compiles the services. It panics on a mistake in a registration (two
// operations of one name, a route that hides another).
func New(c Config, services ...*Service) *API { panic("not built yet") }

// ServeHTTP answers one AWS call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("not built yet") }

// Call runs an operation in process, for call.Caller, with the same checks as
// the wire: required members, authorisation, record. in and the result are the SDK's shapes.
func (a *API) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	panic("not built yet")
}
