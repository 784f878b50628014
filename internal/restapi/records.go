package restapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

var apis = store.NewTable(store.Schema[API]{
	Table:   "gateway_apis",
	Key:     []store.Column[API]{{Name: "id", Value: func(a *API) any { return a.ID }}},
	Columns: []store.Column[API]{{Name: "region", Value: func(a *API) any { return a.Region }}},
})

// Methods live in the row of their resource: one PutMethod writes one small
// row, however large the API.
var resources = store.NewTable(store.Schema[gateway.Resource]{
	Table: "gateway_resources",
	Key: []store.Column[gateway.Resource]{
		{Name: "api_id", Value: func(r *gateway.Resource) any { return r.APIID }},
		{Name: "id", Value: func(r *gateway.Resource) any { return r.ID }},
	},
	Columns: []store.Column[gateway.Resource]{
		{Name: "parent_id", Value: func(r *gateway.Resource) any { return r.ParentID }},
		{Name: "path_part", Value: func(r *gateway.Resource) any { return r.PathPart }},
	},
})

var authorizers = store.NewTable(store.Schema[gateway.Authorizer]{
	Table: "gateway_authorizers",
	Key: []store.Column[gateway.Authorizer]{
		{Name: "api_id", Value: func(a *gateway.Authorizer) any { return a.APIID }},
		{Name: "id", Value: func(a *gateway.Authorizer) any { return a.ID }},
	},
	Columns: []store.Column[gateway.Authorizer]{{Name: "name", Value: func(a *gateway.Authorizer) any { return a.Name }}},
})

var gatewayResponses = store.NewTable(store.Schema[gateway.GatewayResponse]{
	Table: "gateway_responses",
	Key: []store.Column[gateway.GatewayResponse]{
		{Name: "api_id", Value: func(r *gateway.GatewayResponse) any { return r.APIID }},
		{Name: "type", Value: func(r *gateway.GatewayResponse) any { return r.Type }},
	},
})

var accounts = store.NewTable(store.Schema[Account]{
	Table: "gateway_accounts",
	Key:   []store.Column[Account]{{Name: "region", Value: func(a *Account) any { return a.Region }}},
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
	apisAfter       = "region = $1 and id > $2 order by id limit $3"
	childrenOf      = "api_id = $1 and parent_id = $2 order by id"
	stagesServing   = "api_id = $1 and deployment_id = $2"
	everythingOfAPI = "api_id = $1"
	responsesOfAPI  = "api_id = $1 order by type"
)

// readAPI finds an API of the call's region, or says NotFoundException.
func readAPI(ctx context.Context, s store.Session, call *access.Call, id *string) (*API, error) {
	api, err := apis.Get(ctx, s, text(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && api.Region != call.Region {
		return nil, noSuchAPI(call, text(id))
	}
	return api, err
}

func readResource(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.Resource, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	r, err := resources.Get(ctx, s, text(apiID), text(id))
	return r, orNotFound(err, noResource)
}

// readPlace finds the resource that a method hangs on. Of an API that is not
// there AWS says no more here than that it has no such resource.
func readPlace(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.Resource, error) {
	r, err := readResource(ctx, s, call, apiID, id)
	if _, gone := errors.AsType[*types.NotFoundException](err); gone {
		return nil, notFound(noResource)
	}
	return r, err
}

func readAuthorizer(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.Authorizer, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	a, err := authorizers.Get(ctx, s, text(apiID), text(id))
	return a, orNotFound(err, "Invalid Authorizer identifier specified")
}

func readDeployment(ctx context.Context, s store.Session, call *access.Call, apiID, id *string) (*gateway.Deployment, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	d, err := deployments.Get(ctx, s, text(apiID), text(id))
	return d, orNotFound(err, "Invalid Deployment identifier specified")
}

func readStage(ctx context.Context, s store.Session, call *access.Call, apiID, name *string) (*gateway.Stage, error) {
	if _, err := readAPI(ctx, s, call, apiID); err != nil {
		return nil, err
	}
	st, err := stages.Get(ctx, s, text(apiID), text(name))
	return st, orNotFound(err, noStage)
}

func orNotFound(err error, message string) error {
	if errors.Is(err, store.ErrNotFound) {
		return notFound(message)
	}
	return err
}
