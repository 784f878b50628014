package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// apis are the hosts of the APIs, and below them the stage prod.
type apis struct {
	rest string // open, guarded, asked (HTTP_PROXY), lambda (AWS_PROXY)
	http string // an HTTP API: open, guarded (HTTP_PROXY)
	last string // of many, each with the routes r0 to r9, all guarded
}

// Of the many APIs, and the routes of each.
const (
	manyAPIs   = 100
	manyRoutes = 10
)

// programs are the functions: files to be packed as bootstrap.
type programs struct{ welcome, authorizer string }

// workshop builds APIs by the calls that everybody makes.
type workshop struct {
	client *apigateway.Client
	pool   string
	asked  string // URI of the authorizer's function
}

func deploy(ctx context.Context, c aws.Config, t *tokens, upstream string, p programs) (*apis, error) {
	role, err := iam.NewFromConfig(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("bench"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	if err != nil {
		return nil, err
	}
	welcome, err := makeFunction(ctx, c, "welcome", p.welcome, role.Role.Arn)
	if err != nil {
		return nil, err
	}
	authorizer, err := makeFunction(ctx, c, "authorizer", p.authorizer, role.Role.Arn)
	if err != nil {
		return nil, err
	}
	w := &workshop{apigateway.NewFromConfig(c), t.poolARN, invocationURI(authorizer)}
	made := &apis{}
	if made.rest, err = w.api(ctx, "bench", []endpoint{
		{"open", byNobody, apitypes.IntegrationTypeHttpProxy, upstream},
		{"guarded", byPool, apitypes.IntegrationTypeHttpProxy, upstream},
		{"asked", byFunction, apitypes.IntegrationTypeHttpProxy, upstream},
		{"lambda", byPool, apitypes.IntegrationTypeAwsProxy, invocationURI(welcome)},
	}); err != nil {
		return nil, err
	}
	if made.http, err = deployHTTP(ctx, c, t, upstream); err != nil {
		return nil, err
	}
	var routes []endpoint
	for i := range manyRoutes {
		routes = append(routes, endpoint{fmt.Sprintf("r%d", i), byPool, apitypes.IntegrationTypeHttpProxy, upstream})
	}
	for i := range manyAPIs {
		if made.last, err = w.api(ctx, fmt.Sprintf("many-%d", i), routes); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func invocationURI(function string) string {
	return "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// endpoint is GET on a path of one segment.
type endpoint struct {
	path  string
	guard guard
	kind  apitypes.IntegrationType
	uri   string
}

// guard is who decides about a caller.
type guard int

const (
	byNobody guard = iota
	byPool
	byFunction // a Lambda authorizer, whose answer is remembered for five minutes
)

// api deploys a REST API to the stage prod, and returns its host.
func (w *workshop) api(ctx context.Context, name string, endpoints []endpoint) (host string, err error) {
	made, err := w.client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &name})
	if err != nil {
		return "", err
	}
	guards := map[guard]*string{}
	for _, e := range endpoints {
		if guards[e.guard] == nil && e.guard != byNobody {
			if guards[e.guard], err = w.authorizer(ctx, made.Id, e.guard); err != nil {
				return "", err
			}
		}
	}
	for _, e := range endpoints {
		resource, err := w.client.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: made.Id, ParentId: made.RootResourceId, PathPart: &e.path})
		if err != nil {
			return "", err
		}
		method := &apigateway.PutMethodInput{RestApiId: made.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
		switch method.AuthorizerId = guards[e.guard]; e.guard {
		case byPool:
			method.AuthorizationType = aws.String("COGNITO_USER_POOLS")
		case byFunction:
			method.AuthorizationType = aws.String("CUSTOM")
		}
		if _, err := w.client.PutMethod(ctx, method); err != nil {
			return "", err
		}
		verb := "GET"
		if e.kind == apitypes.IntegrationTypeAwsProxy {
			verb = "POST"
		}
		if _, err := w.client.PutIntegration(ctx, &apigateway.PutIntegrationInput{
			RestApiId: made.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), Type: e.kind, IntegrationHttpMethod: &verb, Uri: &e.uri,
		}); err != nil {
			return "", err
		}
	}
	_, err = w.client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: made.Id, StageName: aws.String("prod")})
	return hostOf(*made.Id), err
}

func (w *workshop) authorizer(ctx context.Context, api *string, by guard) (id *string, err error) {
	in := &apigateway.CreateAuthorizerInput{
		RestApiId: api, Name: aws.String("people"), Type: apitypes.AuthorizerTypeCognitoUserPools,
		ProviderARNs: []string{w.pool}, IdentitySource: aws.String("method.request.header.Authorization"),
	}
	if by == byFunction {
		in.Name, in.Type, in.ProviderARNs = aws.String("function"), apitypes.AuthorizerTypeToken, nil
		in.AuthorizerUri, in.AuthorizerResultTtlInSeconds = &w.asked, aws.Int32(300)
	}
	made, err := w.client.CreateAuthorizer(ctx, in)
	if err != nil {
		return nil, err
	}
	return made.Id, nil
}

// makeFunction makes a function that API Gateway may call.
func makeFunction(ctx context.Context, c aws.Config, name, program string, role *string) (arn string, err error) {
	packed, err := zipped(program)
	if err != nil {
		return "", err
	}
	functions := lambda.NewFromConfig(c)
	made, err := functions.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: &name, Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Role: role,
		Code: &lambdatypes.FunctionCode{ZipFile: packed},
	})
	if err != nil {
		return "", err
	}
	_, err = functions.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: &name, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"),
	})
	return *made.FunctionArn, err
}

func zipped(program string) ([]byte, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	f, err := z.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(text); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
