package userpool

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// ResourceServer is an API whose scopes access tokens may carry. A scope is
// written identifier/name; since names have no slash, no two servers can mean
// the same text.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
type ResourceServer struct {
	PoolID     string
	Identifier string
	Name       string
	Scopes     []Scope `json:",omitempty"`
}

// Scope is one thing that a resource server lets tokens ask for.
type Scope struct{ Name, Description string }

const (
	maxResourceServers = 25  // a pool
	maxServerScopes    = 100 // a resource server
	maxServerPage      = 50
)

var (
	serverPattern = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	scopePattern  = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
)

func (s *Service) resourceServerOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onPool(s, "CreateResourceServer", s.CreateResourceServer, func(in *idp.CreateResourceServerInput) *string { return in.UserPoolId }, "Identifier", "Name"),
		onPool(s, "DescribeResourceServer", s.DescribeResourceServer, func(in *idp.DescribeResourceServerInput) *string { return in.UserPoolId }, "Identifier"),
		onPool(s, "UpdateResourceServer", s.UpdateResourceServer, func(in *idp.UpdateResourceServerInput) *string { return in.UserPoolId }, "Identifier", "Name"),
		onPool(s, "DeleteResourceServer", s.DeleteResourceServer, func(in *idp.DeleteResourceServerInput) *string { return in.UserPoolId }, "Identifier"),
		onPool(s, "ListResourceServers", s.ListResourceServers, func(in *idp.ListResourceServersInput) *string { return in.UserPoolId }),
	}
}

// set takes a name and scopes, all of them: what an update leaves out is gone.
func (r *ResourceServer) set(name *string, scopes []types.ResourceServerScopeType) error {
	r.Name, r.Scopes = deref(name), nil
	if n := utf8.RuneCountInString(r.Name); n < 1 || n > 256 || !namePattern.MatchString(r.Name) {
		return invalid(textBadServerName)
	}
	if len(scopes) > maxServerScopes {
		return invalid(textManyScopes)
	}
	for _, in := range scopes {
		scope := Scope{deref(in.ScopeName), deref(in.ScopeDescription)}
		if n := utf8.RuneCountInString(scope.Description); n < 1 || n > 256 || !scopePattern.MatchString(scope.Name) {
			return invalid(textNoScopes)
		}
		if slices.ContainsFunc(r.Scopes, func(s Scope) bool { return s.Name == scope.Name }) {
			return invalid(textScopeTwice)
		}
		r.Scopes = append(r.Scopes, scope)
	}
	return nil
}

func (r *ResourceServer) shape() *types.ResourceServerType {
	out := &types.ResourceServerType{UserPoolId: &r.PoolID, Identifier: &r.Identifier, Name: &r.Name}
	for _, s := range r.Scopes {
		out.Scopes = append(out.Scopes, types.ResourceServerScopeType{ScopeName: &s.Name, ScopeDescription: &s.Description})
	}
	return out
}

// hasScope says whether one of the servers offers a scope, as clients write it.
func hasScope(servers []*ResourceServer, scope string) bool {
	return slices.ContainsFunc(servers, func(r *ResourceServer) bool {
		return slices.ContainsFunc(r.Scopes, func(s Scope) bool { return r.Identifier+"/"+s.Name == scope })
	})
}

// checkScopes refuses what neither OpenID nor a resource server of the pool
// knows. It reads the servers in the transaction that keeps the client: a scope
// that is deleted meanwhile is not given.
func checkScopes(ctx context.Context, tx *store.Tx, poolID string, scopes []string) error {
	var servers []*ResourceServer
	for _, scope := range scopes {
		if slices.Contains(openIDScopes, scope) {
			continue
		}
		if servers == nil {
			var err error
			if servers, err = resourceServerTable.List(ctx, tx, serversOf, poolID); err != nil {
				return err
			}
		}
		if !hasScope(servers, scope) {
			return noScope(scope)
		}
	}
	return nil
}

// CreateResourceServer adds a resource server to a pool.
func (s *Service) CreateResourceServer(ctx context.Context, call *access.Call, in *idp.CreateResourceServerInput) (*idp.CreateResourceServerOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r := &ResourceServer{PoolID: p.ID, Identifier: deref(in.Identifier)}
	if !serverPattern.MatchString(r.Identifier) {
		return nil, invalid(textBadIdentifier)
	}
	if err := r.set(in.Name, in.Scopes); err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, _ *Pool) error {
		n, err := resourceServerTable.Count(ctx, tx, ofPool, p.ID)
		if err != nil {
			return err
		}
		if n >= maxResourceServers {
			return tooLarge(textManyServers)
		}
		return resourceServerTable.Insert(ctx, tx, r)
	})
	if errors.Is(err, store.ErrExists) {
		return nil, invalid(textServerTaken(r.Identifier, p.ID))
	}
	if err != nil {
		return nil, err
	}
	return &idp.CreateResourceServerOutput{ResourceServer: r.shape()}, nil
}

// DescribeResourceServer shows a resource server.
func (s *Service) DescribeResourceServer(ctx context.Context, call *access.Call, in *idp.DescribeResourceServerInput) (*idp.DescribeResourceServerOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := resourceServerTable.Get(ctx, s.db, p.ID, deref(in.Identifier))
	if err != nil {
		return nil, unlessNoServer(err, in.Identifier)
	}
	return &idp.DescribeResourceServerOutput{ResourceServer: r.shape()}, nil
}

func unlessNoServer(err error, identifier *string) error {
	if errors.Is(err, store.ErrNotFound) {
		return noResource(textNoResourceServer(deref(identifier)))
	}
	return err
}

// UpdateResourceServer replaces a resource server's name and scopes. Clients
// keep scopes that it no longer has, and get no token for them.
func (s *Service) UpdateResourceServer(ctx context.Context, call *access.Call, in *idp.UpdateResourceServerInput) (*idp.UpdateResourceServerOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := resourceServerTable.Update(ctx, s.db, func(r *ResourceServer) error { return r.set(in.Name, in.Scopes) }, p.ID, deref(in.Identifier))
	if err != nil {
		return nil, unlessNoServer(err, in.Identifier)
	}
	return &idp.UpdateResourceServerOutput{ResourceServer: r.shape()}, nil
}

// DeleteResourceServer removes a resource server. Clients that name its scopes
// go on without them, as in AWS.
func (s *Service) DeleteResourceServer(ctx context.Context, call *access.Call, in *idp.DeleteResourceServerInput) (*idp.DeleteResourceServerOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := resourceServerTable.Delete(ctx, s.db, p.ID, deref(in.Identifier)); err != nil {
		return nil, unlessNoServer(err, in.Identifier)
	}
	return &idp.DeleteResourceServerOutput{}, nil
}

// ListResourceServers pages through a pool's resource servers.
func (s *Service) ListResourceServers(ctx context.Context, call *access.Call, in *idp.ListResourceServersInput) (*idp.ListResourceServersOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > maxServerPage) {
		return nil, invalid("MaxResults must be between 1 and 50.")
	}
	page, err := s.openPage("ListResourceServers", p.ID, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	rows, err := resourceServerTable.List(ctx, s.db, resourceServersAfter, p.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(r *ResourceServer) string { return r.Identifier })
	out := &idp.ListResourceServersOutput{NextToken: next, ResourceServers: []types.ResourceServerType{}}
	for _, r := range rows {
		out.ResourceServers = append(out.ResourceServers, *r.shape())
	}
	return out, nil
}

var resourceServerTable = store.NewTable(store.Schema[ResourceServer]{
	Table: "user_pool_resource_servers",
	Key: []store.Column[ResourceServer]{
		{Name: "pool_id", Value: func(r *ResourceServer) any { return r.PoolID }},
		{Name: "identifier", Value: func(r *ResourceServer) any { return r.Identifier }},
	},
	Feed: true,
})

const (
	serversOf            = "pool_id = $1 order by identifier"
	resourceServersAfter = "pool_id = $1 and identifier > $2 order by identifier limit $3"
)
