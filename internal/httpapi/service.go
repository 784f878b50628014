package httpapi

import (
	"io"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// Config is what a Service needs from its surroundings. All fields are required.
type Config struct {
	DB     *store.DB
	Pages  *awsapi.Pages
	Random io.Reader // crypto/rand.Reader
	Roles  Roles
	URL    string // the server's public base URL
	Domain string // what stands after {api}.execute-api.{region}.: "localhost"
}

// Service is the control plane of HTTP APIs. Safe for concurrent use.
type Service struct {
	db     *store.DB
	pages  *awsapi.Pages
	chance *gateway.Chance
	roles  Roles
	base   *url.URL
	domain string
}

// New makes the control plane. It panics if c.URL is no URL, which the
// configuration has refused before.
func New(c Config) *Service {
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil {
		panic("httpapi: " + err.Error())
	}
	return &Service{db: c.DB, pages: c.Pages, chance: gateway.NewChance(c.Random), roles: c.Roles, base: base, domain: c.Domain}
}

// endpoint is where clients call an API, to which they add /{stage} if it is not
// $default: by a host of its own where the server is known by the domain of these
// hosts or as this machine, otherwise below the server's URL, where the stage
// $default is named, too.
func (svc *Service) endpoint(a *API) string {
	switch host := svc.base.Hostname(); {
	case host == svc.domain, strings.HasSuffix(host, "."+svc.domain), host == "127.0.0.1", host == "::1":
		own := *svc.base
		own.Host = a.ID + ".execute-api." + a.Region + "." + svc.domain
		if port := svc.base.Port(); port != "" {
			own.Host += ":" + port
		}
		own.Path = ""
		return own.String()
	}
	return svc.base.String() + "/_aws/execute-api/" + a.ID
}
