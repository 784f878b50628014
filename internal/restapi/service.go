package restapi

import (
	"io"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// Config is what a Service needs from its surroundings. All fields are required.
type Config struct {
	DB     *store.DB
	Pages  *awsapi.Pages
	Clock  *clock.Clock
	Random io.Reader // crypto/rand.Reader
	Roles  Roles
	// Policies decides on what a call wants beside its own action.
	Policies access.Authorizer
	// Gateway serves what is deployed, and runs authorizers for a trial.
	Gateway *gateway.Gateway
}

// Service is the control plane of REST APIs. Safe for concurrent use.
type Service struct {
	db       *store.DB
	pages    *awsapi.Pages
	clock    *clock.Clock
	chance   *gateway.Chance
	roles    Roles
	policies access.Authorizer
	gateway  *gateway.Gateway
}

// New makes the control plane.
func New(c Config) *Service {
	return &Service{db: c.DB, pages: c.Pages, clock: c.Clock, chance: gateway.NewChance(c.Random), roles: c.Roles, policies: c.Policies, gateway: c.Gateway}
}
