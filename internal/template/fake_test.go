package template

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// account is an AWS account in memory: it records what was called, remembers
// what was made, and refuses what AWS refuses (two things of one name, a parent
// that does not exist). crash makes the nth call the last one.
type account struct {
	t      *testing.T
	calls  []string
	things map[string]any // "pool p1", "client c1", ...
	n      int
	fail   map[string]error // operation -> error
	before func(operation string)
	after  func(operation string)
	frozen map[string][]string // deployment -> methods at that time
	inputs map[string]any      // the last input of each operation
}

func newAccount(t *testing.T) *account {
	return &account{t: t, things: map[string]any{}, fail: map[string]error{}, frozen: map[string][]string{}, inputs: map[string]any{}}
}

func (a *account) id(prefix string) string { a.n++; return fmt.Sprintf("%s%d", prefix, a.n) }

// mutations are the calls that change something.
func (a *account) mutations() (out []string) {
	for _, c := range a.calls {
		if !strings.HasPrefix(c, "Get") && !strings.HasPrefix(c, "List") && !strings.HasPrefix(c, "Describe") {
			out = append(out, c)
		}
	}
	return out
}

// has are the things of one kind, sorted.
func (a *account) has(kind string) (out []string) {
	for k := range a.things {
		if rest, ok := strings.CutPrefix(k, kind+" "); ok {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return out
}

func (a *account) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	if call == nil || call.Caller.Kind != access.Root {
		a.t.Fatalf("%s is called by nobody", operation)
	}
	if a.before != nil {
		a.before(operation)
	}
	a.calls = append(a.calls, operation)
	a.inputs[operation] = in
	if err := a.fail[operation]; err != nil {
		return nil, err
	}
	out, err := a.do(in)
	if err == nil && a.after != nil {
		a.after(operation)
	}
	return out, err
}

func gone(what string) error {
	return &gatewaytypes.NotFoundException{Message: aws.String("no " + what)}
}

func (a *account) drop(key string) error {
	if _, ok := a.things[key]; !ok {
		return gone(key)
	}
	delete(a.things, key)
	return nil
}

func (a *account) do(in any) (any, error) {
	now := time.Now()
	switch in := in.(type) {
	case *cognito.CreateUserPoolInput:
		id := a.id("us-east-1_Pool")
		a.things["pool "+id] = &cognitotypes.UserPoolType{Id: &id, Name: in.PoolName, CreationDate: &now, Arn: aws.String("arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + id)}
		return &cognito.CreateUserPoolOutput{UserPool: a.things["pool "+id].(*cognitotypes.UserPoolType)}, nil
	case *cognito.UpdateUserPoolInput:
		return &cognito.UpdateUserPoolOutput{}, nil
	case *cognito.DescribeUserPoolInput:
		return &cognito.DescribeUserPoolOutput{UserPool: a.things["pool "+*in.UserPoolId].(*cognitotypes.UserPoolType)}, nil
	case *cognito.ListUserPoolsInput:
		out := &cognito.ListUserPoolsOutput{}
		for _, id := range a.has("pool") {
			p := a.things["pool "+id].(*cognitotypes.UserPoolType)
			out.UserPools = append(out.UserPools, cognitotypes.UserPoolDescriptionType{Id: p.Id, Name: p.Name, CreationDate: p.CreationDate})
		}
		return out, nil
	case *cognito.DeleteUserPoolInput:
		return &cognito.DeleteUserPoolOutput{}, a.drop("pool " + *in.UserPoolId)
	case *cognito.CreateUserPoolClientInput:
		id := a.id("client")
		a.things["client "+id] = &cognitotypes.UserPoolClientType{ClientId: &id, ClientName: in.ClientName, ClientSecret: aws.String("s3cret"), CreationDate: &now}
		return &cognito.CreateUserPoolClientOutput{UserPoolClient: a.things["client "+id].(*cognitotypes.UserPoolClientType)}, nil
	case *cognito.UpdateUserPoolClientInput:
		return &cognito.UpdateUserPoolClientOutput{}, nil
	case *cognito.DescribeUserPoolClientInput:
		return &cognito.DescribeUserPoolClientOutput{UserPoolClient: a.things["client "+*in.ClientId].(*cognitotypes.UserPoolClientType)}, nil
	case *cognito.ListUserPoolClientsInput:
		out := &cognito.ListUserPoolClientsOutput{}
		for _, id := range a.has("client") {
			out.UserPoolClients = append(out.UserPoolClients, cognitotypes.UserPoolClientDescription{ClientId: aws.String(id), ClientName: a.things["client "+id].(*cognitotypes.UserPoolClientType).ClientName})
		}
		return out, nil
	case *cognito.DeleteUserPoolClientInput:
		return &cognito.DeleteUserPoolClientOutput{}, a.drop("client " + *in.ClientId)
	case *cognito.AdminCreateUserInput:
		key := "user " + *in.UserPoolId + "/" + *in.Username
		if a.things[key] != nil {
			return nil, &cognitotypes.UsernameExistsException{}
		}
		a.things[key] = &now
		return &cognito.AdminCreateUserOutput{User: &cognitotypes.UserType{Username: in.Username}}, nil
	case *cognito.ListUsersInput:
		out := &cognito.ListUsersOutput{}
		for _, id := range a.has("user") {
			if pool, name, _ := strings.Cut(id, "/"); pool == *in.UserPoolId {
				out.Users = append(out.Users, cognitotypes.UserType{Username: &name})
			}
		}
		return out, nil
	case *cognito.AdminGetUserInput:
		at, ok := a.things["user "+*in.UserPoolId+"/"+*in.Username].(*time.Time)
		if !ok {
			return nil, &cognitotypes.UserNotFoundException{}
		}
		return &cognito.AdminGetUserOutput{UserCreateDate: at}, nil
	case *cognito.AdminSetUserPasswordInput:
		return &cognito.AdminSetUserPasswordOutput{}, nil
	case *cognito.AdminDeleteUserInput:
		return &cognito.AdminDeleteUserOutput{}, a.drop("user " + *in.UserPoolId + "/" + *in.Username)
	}
	return a.doMore(in)
}

func (a *account) doMore(in any) (any, error) {
	now := time.Now()
	switch in := in.(type) {
	case *lambda.CreateFunctionInput:
		if a.things["function "+*in.FunctionName] != nil {
			return nil, &lambdatypes.ResourceConflictException{Message: aws.String("exists")}
		}
		a.things["function "+*in.FunctionName] = now
		return &lambda.CreateFunctionOutput{FunctionArn: aws.String("arn:aws:lambda:us-east-1:000000000000:function:" + *in.FunctionName)}, nil
	case *lambda.GetFunctionConfigurationInput:
		at, ok := a.things["function "+*in.FunctionName].(time.Time)
		if !ok {
			return nil, &lambdatypes.ResourceNotFoundException{}
		}
		return &lambda.GetFunctionConfigurationOutput{FunctionArn: aws.String("arn:aws:lambda:us-east-1:000000000000:function:" + *in.FunctionName),
			LastModified: aws.String(at.Format("2006-01-02T15:04:05.000-0700")), State: lambdatypes.StateActive}, nil
	case *lambda.UpdateFunctionCodeInput:
		return &lambda.UpdateFunctionCodeOutput{}, nil
	case *lambda.UpdateFunctionConfigurationInput:
		return &lambda.UpdateFunctionConfigurationOutput{}, nil
	case *lambda.DeleteFunctionInput:
		return &lambda.DeleteFunctionOutput{}, a.drop("function " + *in.FunctionName)
	case *lambda.AddPermissionInput:
		a.things["permission "+*in.FunctionName+"/"+*in.StatementId] = *in.SourceArn
		return &lambda.AddPermissionOutput{}, nil
	case *lambda.RemovePermissionInput:
		return &lambda.RemovePermissionOutput{}, a.drop("permission " + *in.FunctionName + "/" + *in.StatementId)
	case *apigateway.CreateRestApiInput:
		id := a.id("api")
		a.things["api "+id] = gatewaytypes.RestApi{Id: &id, Name: in.Name, RootResourceId: aws.String("root" + id), CreatedDate: &now}
		return &apigateway.CreateRestApiOutput{Id: &id, RootResourceId: aws.String("root" + id)}, nil
	case *apigateway.GetRestApisInput:
		out := &apigateway.GetRestApisOutput{}
		for _, id := range a.has("api") {
			out.Items = append(out.Items, a.things["api "+id].(gatewaytypes.RestApi))
		}
		return out, nil
	case *apigateway.GetRestApiInput:
		return &apigateway.GetRestApiOutput{}, nil
	case *apigateway.UpdateRestApiInput:
		return &apigateway.UpdateRestApiOutput{}, nil
	case *apigateway.DeleteRestApiInput:
		maps.DeleteFunc(a.things, func(k string, _ any) bool { return strings.Contains(k, " "+*in.RestApiId+"/") })
		return &apigateway.DeleteRestApiOutput{}, a.drop("api " + *in.RestApiId)
	case *apigateway.CreateAuthorizerInput:
		id := a.id("auth")
		a.things["authorizer "+*in.RestApiId+"/"+id] = gatewaytypes.Authorizer{Id: &id, Name: in.Name, ProviderARNs: in.ProviderARNs}
		return &apigateway.CreateAuthorizerOutput{Id: &id}, nil
	case *apigateway.GetAuthorizersInput:
		out := &apigateway.GetAuthorizersOutput{}
		for _, id := range a.has("authorizer") {
			out.Items = append(out.Items, a.things["authorizer "+id].(gatewaytypes.Authorizer))
		}
		return out, nil
	case *apigateway.GetAuthorizerInput:
		item := a.things["authorizer "+*in.RestApiId+"/"+*in.AuthorizerId].(gatewaytypes.Authorizer)
		return &apigateway.GetAuthorizerOutput{ProviderARNs: item.ProviderARNs}, nil
	case *apigateway.UpdateAuthorizerInput:
		return &apigateway.UpdateAuthorizerOutput{}, nil
	case *apigateway.DeleteAuthorizerInput:
		return &apigateway.DeleteAuthorizerOutput{}, a.drop("authorizer " + *in.RestApiId + "/" + *in.AuthorizerId)
	}
	return a.doRoutes(in)
}

func (a *account) doRoutes(in any) (any, error) {
	now := time.Now()
	switch in := in.(type) {
	case *apigateway.CreateResourceInput:
		id := a.id("res")
		path := "/" + *in.PathPart
		if parent, ok := a.things["resource "+*in.RestApiId+"/"+*in.ParentId].(gatewaytypes.Resource); ok {
			path = *parent.Path + path
		}
		a.things["resource "+*in.RestApiId+"/"+id] = gatewaytypes.Resource{Id: &id, ParentId: in.ParentId, PathPart: in.PathPart, Path: &path}
		return &apigateway.CreateResourceOutput{Id: &id, Path: &path}, nil
	case *apigateway.GetResourcesInput:
		out := &apigateway.GetResourcesOutput{Items: []gatewaytypes.Resource{{Id: aws.String("root" + *in.RestApiId), Path: aws.String("/")}}}
		for _, id := range a.has("resource") {
			out.Items = append(out.Items, a.things["resource "+id].(gatewaytypes.Resource))
		}
		return out, nil
	case *apigateway.DeleteResourceInput:
		return &apigateway.DeleteResourceOutput{}, a.drop("resource " + *in.RestApiId + "/" + *in.ResourceId)
	case *apigateway.PutMethodInput:
		key := "method " + *in.RestApiId + "/" + *in.ResourceId + "/" + *in.HttpMethod
		if a.things[key] != nil {
			return nil, &gatewaytypes.ConflictException{Message: aws.String("Method already exists for this resource")}
		}
		a.things[key] = in
		return &apigateway.PutMethodOutput{}, nil
	case *apigateway.GetMethodInput:
		if a.things["method "+*in.RestApiId+"/"+*in.ResourceId+"/"+*in.HttpMethod] == nil {
			return nil, gone("method")
		}
		return &apigateway.GetMethodOutput{}, nil
	case *apigateway.DeleteMethodInput:
		return &apigateway.DeleteMethodOutput{}, a.drop("method " + *in.RestApiId + "/" + *in.ResourceId + "/" + *in.HttpMethod)
	case *apigateway.PutMethodResponseInput:
		return &apigateway.PutMethodResponseOutput{}, nil
	case *apigateway.PutIntegrationInput:
		return &apigateway.PutIntegrationOutput{}, nil
	case *apigateway.PutIntegrationResponseInput:
		return &apigateway.PutIntegrationResponseOutput{}, nil
	case *apigateway.CreateDeploymentInput:
		id := a.id("dep")
		a.things["deployment "+*in.RestApiId+"/"+id] = gatewaytypes.Deployment{Id: &id, Description: in.Description}
		a.frozen[id] = a.has("method")
		return &apigateway.CreateDeploymentOutput{Id: &id}, nil
	case *apigateway.GetDeploymentsInput:
		out := &apigateway.GetDeploymentsOutput{}
		for _, id := range a.has("deployment") {
			out.Items = append(out.Items, a.things["deployment "+id].(gatewaytypes.Deployment))
		}
		return out, nil
	case *apigateway.DeleteDeploymentInput:
		for _, s := range a.has("stage") {
			if *a.things["stage "+s].(*apigateway.GetStageOutput).DeploymentId == *in.DeploymentId {
				return nil, &gatewaytypes.BadRequestException{Message: aws.String("Active stages pointing to this deployment must be moved or deleted")}
			}
		}
		return &apigateway.DeleteDeploymentOutput{}, a.drop("deployment " + *in.RestApiId + "/" + *in.DeploymentId)
	case *apigateway.CreateStageInput:
		a.things["stage "+*in.RestApiId+"/"+*in.StageName] = &apigateway.GetStageOutput{DeploymentId: in.DeploymentId, Variables: in.Variables, CreatedDate: &now}
		return &apigateway.CreateStageOutput{}, nil
	case *apigateway.GetStageInput:
		s, ok := a.things["stage "+*in.RestApiId+"/"+*in.StageName].(*apigateway.GetStageOutput)
		if !ok {
			return nil, gone("stage")
		}
		return s, nil
	case *apigateway.UpdateStageInput:
		s := a.things["stage "+*in.RestApiId+"/"+*in.StageName].(*apigateway.GetStageOutput)
		for _, p := range in.PatchOperations {
			if *p.Path == "/deploymentId" {
				s.DeploymentId = p.Value
			}
		}
		return &apigateway.UpdateStageOutput{}, nil
	case *apigateway.DeleteStageInput:
		return &apigateway.DeleteStageOutput{}, a.drop("stage " + *in.RestApiId + "/" + *in.StageName)
	}
	if out, err := a.doIdentities(in); out != nil || err != nil {
		return out, err
	}
	if out, err := a.doIAM(in); out != nil || err != nil || reflect.TypeOf(in).Elem().PkgPath() == "github.com/aws/aws-sdk-go-v2/service/iam" {
		return out, err
	}
	return nil, fmt.Errorf("unexpected call %T", in)
}

// newDeployer has a database of its own, in memory.
func newDeployer(t *testing.T, operations Operations) (*Deployer, *[]Event) {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{Memory: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := keyring.Open(context.Background(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	events := &[]Event{}
	return &Deployer{
		Operations: operations, Store: db, Keys: keys, Clock: &clock.Clock{}, Random: rand.Reader, URL: "http://127.0.0.1:4566",
		Call:     func() *access.Call { return &access.Call{Caller: access.Caller{Kind: access.Root}} },
		Progress: func(e Event) { *events = append(*events, e) },
	}, events
}
