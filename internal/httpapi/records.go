package httpapi

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

var apis = store.NewTable(store.Schema[API]{
	Table:   "http_apis",
	Key:     []store.Column[API]{{Name: "id", Value: func(a *API) any { return a.ID }}},
	Columns: []store.Column[API]{{Name: "region", Value: func(a *API) any { return a.Region }}},
})

var routes = store.NewTable(store.Schema[gateway.HTTPRoute]{
	Table: "http_routes",
	Key: []store.Column[gateway.HTTPRoute]{
		{Name: "api_id", Value: func(r *gateway.HTTPRoute) any { return r.APIID }},
		{Name: "id", Value: func(r *gateway.HTTPRoute) any { return r.ID }},
	},
	Columns: []store.Column[gateway.HTTPRoute]{
		{Name: "pattern", Value: patternOf},
		{Name: "integration_id", Value: func(r *gateway.HTTPRoute) any { return r.IntegrationID() }},
		{Name: "authorizer_id", Value: func(r *gateway.HTTPRoute) any { return r.AuthorizerID }},
	},
})

// patternOf keeps routes apart: of one pattern there is one.
func patternOf(r *gateway.HTTPRoute) any {
	key, err := gateway.ParseRouteKey(r.Key)
	if err != nil {
		return r.Key // which Check has refused; a row never has one
	}
	return key.Pattern()
}

var integrations = store.NewTable(store.Schema[gateway.HTTPIntegration]{
	Table: "http_integrations",
	Key: []store.Column[gateway.HTTPIntegration]{
		{Name: "api_id", Value: func(i *gateway.HTTPIntegration) any { return i.APIID }},
		{Name: "id", Value: func(i *gateway.HTTPIntegration) any { return i.ID }},
	},
})

var authorizers = store.NewTable(store.Schema[gateway.HTTPAuthorizer]{
	Table: "http_authorizers",
	Key: []store.Column[gateway.HTTPAuthorizer]{
		{Name: "api_id", Value: func(a *gateway.HTTPAuthorizer) any { return a.APIID }},
		{Name: "id", Value: func(a *gateway.HTTPAuthorizer) any { return a.ID }},
	},
	Columns: []store.Column[gateway.HTTPAuthorizer]{{Name: "name", Value: func(a *gateway.HTTPAuthorizer) any { return a.Name }}},
})

// What is deployed, and where it is served, is the data plane's to read.
var (
	deployments = gateway.Deployments
	stages      = gateway.Stages
)

const (
	ofAPI           = "api_id = $1 order by id"
	ofAPIAfter      = "api_id = $1 and id > $2 order by id limit $3"
	stagesOfAPI     = "api_id = $1 order by name"
	stagesAfter     = "api_id = $1 and name > $2 order by name limit $3"
	apisAfter       = "region = $1 and id > $2 order by id limit $3"
	apisOfRegion    = "region = $1"
	stagesServing   = "api_id = $1 and deployment_id = $2"
	routesTo        = "api_id = $1 and integration_id = $2 order by id"
	routesBehind    = "api_id = $1 and authorizer_id = $2 order by id"
	everythingOfAPI = "api_id = $1"
)

// readAPI finds an API of the call's region, or says NotFoundException.
func readAPI(ctx context.Context, s store.Session, call *access.Call, id *string) (*API, error) {
	api, err := apis.Get(ctx, s, text(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && api.Region != call.Region {
		return nil, notFound("Invalid API identifier specified %s:%s", call.Account, text(id))
	}
	return api, err
}

func readRoute(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.HTTPRoute, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	r, err := routes.Get(ctx, s, text(apiID), text(id))
	return r, orNotFound(err, "Route", text(id))
}

func readIntegration(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.HTTPIntegration, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	i, err := integrations.Get(ctx, s, text(apiID), text(id))
	return i, orNotFound(err, "Integration", text(id))
}

func readAuthorizer(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.HTTPAuthorizer, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	a, err := authorizers.Get(ctx, s, text(apiID), text(id))
	return a, orNotFound(err, "Authorizer", text(id))
}

func readDeployment(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.Deployment, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	d, err := deployments.Get(ctx, s, text(apiID), text(id))
	return d, orNotFound(err, "Deployment", text(id))
}

func readStage(ctx context.Context, s store.Session, call *access.Call, apiID, name *string) (*gateway.Stage, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	st, err := stages.Get(ctx, s, text(apiID), text(name))
	return st, orNotFound(err, "Stage", text(name))
}

func orNotFound(err error, noun, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound("Invalid %s identifier specified %s", noun, id)
	}
	return err
}

// within refuses one more row than an API may have.
func within[T any](ctx context.Context, tx *store.Tx, table *store.Table[T], apiID, noun string, most int) error {
	n, err := table.Count(ctx, tx, everythingOfAPI, apiID)
	if err == nil && n >= int64(most) {
		err = limitExceeded("Maximum number of %s for this API has been reached (%d)", noun, most)
	}
	return err
}
